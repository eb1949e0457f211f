"""What a grant adds to an amount unless the person who grants says otherwise.

The figures are data (conditions_v1.json): how long a line is valid, how much overdue is borne, how
much of it one order may take. Example: a limit of 1,000,000.00 granted on 2026-11-22 holds to
2027-11-22, bears 50,000.00 overdue for 15 days and takes orders of up to 600,000.00 each.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from xinheng.limits.values import Conditions


@cache
def shipped() -> dict[str, Any]:
    """The file as it ships; callers only read it."""
    text = Path(__file__).with_name("conditions_v1.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def usual() -> Conditions:
    """The conditions that a grant has by default."""
    rules = shipped()
    return Conditions(
        overdue_allowed_bps=rules["overdue_allowed_bps"],
        overdue_days_allowed=rules["overdue_days_allowed"],
        single_order_cap_bps=rules["single_order_cap_bps"],
        grace_days=rules["grace_days"],
    )


def usual_end(start: date) -> date:
    """The last day of a line that begins on `start`."""
    return start + timedelta(days=shipped()["line_valid_days"])


def latest_end(start: date) -> date:
    """The last day that a line beginning on `start` can have: then somebody looks again."""
    return start + timedelta(days=shipped()["line_valid_days_max"])


def temporary_end(start: date) -> date:
    """The last day that a temporary limit beginning on `start` can have."""
    return start + timedelta(days=shipped()["temporary_days_max"] - 1)
