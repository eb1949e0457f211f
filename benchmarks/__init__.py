"""Measured figures, each against a yardstick in the same run on the same machine.

`make bench` writes latest.json: {"name": {"value", "yardstick", "ratio", "unit"}}. Absolute numbers
differ between machines; only ratios carry over.
"""
