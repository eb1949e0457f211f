"""Invented figures for the living page of components: every state a drawing can be in, and
nothing of the book.
"""

from __future__ import annotations

from typing import Any

from xinheng.credit.scale import GRADES
from xinheng.web.frame.drawings import PLAIN, Ceiling

# reference.md's example EXP-1, in fen
EXP_1 = {
    "open_items": 60_000_000,
    "unbilled": 12_000_000,
    "orders": 9_000_000,
    "bills": 15_000_000,
    "unapplied": 3_000_000,
    "prepaid": 5_000_000,
}
BILLS = EXP_1 | {"bank_bills": 8_000_000, "listed_bills": 2_000_000, "guarantees": 10_000_000}
ALL = Ceiling(covered=30_000_000, base=100_000_000, group_room=25_000_000)
# the way of EXP-1 as a waterfall: component, amount, weight, what counts
WAY = [
    ("open_items", 60_000_000, 10_000, 60_000_000),
    ("unbilled", 12_000_000, 10_000, 12_000_000),
    ("orders", 9_000_000, 10_000, 9_000_000),
    ("bills", 15_000_000, 10_000, 15_000_000),
    ("unapplied", 3_000_000, 10_000, -3_000_000),
    ("prepaid", 5_000_000, 10_000, -5_000_000),
]
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
        ("within", EXP_1, 200_000_000, False, 0, PLAIN),
        ("watch", EXP_1, 100_000_000, False, 0, PLAIN),
        ("asked, within", EXP_1, 120_000_000, False, 18_000_000, PLAIN),
        ("asked, over", EXP_1, 100_000_000, False, 18_000_000, PLAIN),
        ("stop", EXP_1, 60_000_000, False, 0, PLAIN),
        ("zero limit", EXP_1, 0, False, 0, PLAIN),
        ("unset", EXP_1, None, False, 0, PLAIN),
        ("unlimited", EXP_1, None, True, 0, PLAIN),
        ("empty", {}, 50_000_000, False, 0, PLAIN),
        ("temporary limit", EXP_1, 120_000_000, False, 18_000_000, Ceiling(base=100_000_000)),
        ("covered", EXP_1, 140_000_000, False, 0, Ceiling(covered=40_000_000)),
        ("all at once", BILLS, 170_000_000, False, 12_000_000, ALL),
        ("the group leaves less", EXP_1, 200_000_000, False, 0, Ceiling(group_room=20_000_000)),
        ("within the group only", EXP_1, None, False, 0, Ceiling(group_room=60_000_000)),
        ("out of date", EXP_1, 120_000_000, False, 0, Ceiling(lapsed=True)),
    ]
    return {
        "bars": bars,
        "falls": [("watch", WAY, 100_000_000), ("stop", WAY, 60_000_000), ("unset", WAY, None)],
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
        "statuses": ["prospect", "active", "watch", "blocked", "closed"],
        "minor": 123_456_700,
        "negative": -1_230_000,
    }
