"""Every background task on one page (`rounds.py`): work is found by state, a tick only looks."""
