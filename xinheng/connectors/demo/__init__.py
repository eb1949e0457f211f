"""The demonstration book: real orders, simulated names, terms and payments, loaded as any file is.

Read README.md for what is real and what is made up, and `model.py` for how. It goes in through the
same imports, the same assessment, the same grant and the same order checks as a customer's own
data, and it comes out again in one step (`removal.py`).
"""
