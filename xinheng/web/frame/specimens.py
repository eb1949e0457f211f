"""Invented figures for the living page of components: every state a drawing can be in, and
nothing of the book.
"""

from __future__ import annotations

from typing import Any

from xinheng.credit.scale import GRADES

# reference.md's example EXP-1, in fen
EXP_1 = {
    "open_items": 60_000_000,
    "unbilled": 12_000_000,
    "orders": 9_000_000,
    "bills": 15_000_000,
    "unapplied": 3_000_000,
    "prepaid": 5_000_000,
}
AGES = {
    "not_due": 612_300_00,
    "1-30": 184_500_00,
    "31-60": 91_250_00,
    "61-90": 40_020_00,
    "91-180": 22_000_00,
    "181-365": 9_100_00,
    "365+": 3_400_00,
}


def context() -> dict[str, Any]:
    """What components/all.html shows."""
    bars = [
        ("within", EXP_1, 200_000_000, False, 0),
        ("watch", EXP_1, 100_000_000, False, 0),
        ("asked, within", EXP_1, 120_000_000, False, 18_000_000),
        ("asked, over", EXP_1, 100_000_000, False, 18_000_000),
        ("stop", EXP_1, 60_000_000, False, 0),
        ("zero limit", EXP_1, 0, False, 0),
        ("unset", EXP_1, None, False, 0),
        ("unlimited", EXP_1, None, True, 0),
        ("empty", {}, 50_000_000, False, 0),
    ]
    return {
        "bars": bars,
        "ages": AGES,
        "no_ages": {},
        "grades": GRADES,
        "grade_amounts": {grade: (n + 1) * 7_000_000 for n, grade in enumerate(GRADES)}
        | {"": 5_000_000},
        "grade_counts": {grade: 12 - n for n, grade in enumerate(GRADES)} | {"": 31},
        "used": [
            (10, 100),
            (85, 100),
            (97, 100),
            (130, 100),
            (0, 100),
            (50, 0),
            (50, None),
            (None, None),
        ],
        "outcomes": ["approve", "refer", "hold", "decline"],
        "statuses": ["active", "watch", "blocked", "closed"],
        "minor": 123_456_700,
        "negative": -1_230_000,
    }
