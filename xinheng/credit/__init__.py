"""What credit is, as plain rules: figures and words in, figures and words out.

Nothing here reads a database, a file of the installation, a clock or a random source; what a rule
needs is an argument. Thresholds, weights and bands are data files beside the code (versioned,
with their source), so that a reader can check a number without reading Python. Rooms import this
package; it imports nobody.

Start with `decide.py` (an order's answer) and `exposure.py` (what is already in use).
"""
