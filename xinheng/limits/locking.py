"""The one lock of the house: credit lines, in key order, before anything about them is read.

A line is locked together with all lines above it in its tree, because whoever promises credit needs
the room of every limit on the way up. Two orders of one group therefore wait for each other; two
customers on their own never do. Example: branch 17 within group line 4 → both are locked, 4 first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections

from xinheng.credit.decide import Limit
from xinheng.credit.exposure import Components
from xinheng.limits import sql
from xinheng.limits.arrays import numbers
from xinheng.limits.sql import COLUMNS, WIDTH
from xinheng.limits.values import LockedLine

__all__ = ["COLUMNS", "WIDTH", "lock_exactly", "lock_lines", "locked_of", "read_lines"]

_LOCK = " for no key update"


def lock_lines(line_ids: Iterable[int], *, using: str = "default") -> dict[int, LockedLine]:
    """Lock lines, and all lines above them, in key order, and read them. Take it before reading
    whatever you will change.
    """
    ids = set(line_ids)
    if not ids:
        return {}
    with connections[using].cursor() as cursor:
        cursor.execute(sql.PATHS, [numbers(sorted(ids))])
        ids |= {row[0] for row in cursor.fetchall()}
    return lock_exactly(ids, using=using)


def read_lines(line_ids: Iterable[int], *, using: str = "default") -> dict[int, LockedLine]:
    """The same without the lock, for who only looks: the lines and all above them."""
    ids = set(line_ids)
    if not ids:
        return {}
    with connections[using].cursor() as cursor:
        cursor.execute(sql.PATHS, [numbers(sorted(ids))])
        ids |= {row[0] for row in cursor.fetchall()}
        cursor.execute(sql.LOCK_LINES.replace(_LOCK, ""), [numbers(sorted(ids))])
        return {row[0]: locked_of(row) for row in cursor.fetchall()}


def lock_exactly(line_ids: Iterable[int], *, using: str = "default") -> dict[int, LockedLine]:
    """Lock these lines in key order; for a caller that knows the lines above them already."""
    ids = sorted(set(line_ids))
    if not ids:
        return {}
    with connections[using].cursor() as cursor:
        cursor.execute(sql.LOCK_LINES, [numbers(ids)])
        return {row[0]: locked_of(row) for row in cursor.fetchall()}


def locked_of(row: Sequence[Any]) -> LockedLine:
    """A line as `sql.LOCK_LINES` reads it."""
    path = tuple(row[26]) if row[26] else ()
    counters = Components(*row[15:24])
    return LockedLine(*row[:3], Limit(*row[3:15]), counters, *row[24:26], path, *row[27:])
