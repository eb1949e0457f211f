"""Arrays for set-based statements, written as PostgreSQL's array texts.

psycopg's general list dumper costs several microseconds an element; these columns hold only
numbers, ids, times and short texts, so they are written by hand: `numbers([1, None])` is
"{1,NULL}", `texts(['a"b'])` is '{"a\\"b"}'. The statement casts each parameter to its type.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any


def numbers(values: Iterable[int | None]) -> str:
    """Integers, None as NULL."""
    return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"


def texts(values: Iterable[str]) -> str:
    """Texts of any content but NUL, which PostgreSQL's text can't hold."""
    quoted = ['"' + _escaped(value) + '"' for value in values]
    return "{" + ",".join(quoted) + "}"


def _escaped(value: str) -> str:
    if "\\" in value or '"' in value:
        return value.replace("\\", "\\\\").replace('"', '\\"')
    return value


def plain(values: Iterable[Any]) -> str:
    """Values whose text needs no quoting: ids, dates, booleans; None as NULL."""
    return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"


def instants(values: Iterable[datetime]) -> str:
    """Instants, quoted because their text has a blank."""
    return "{" + ",".join(['"' + _moment(v) + '"' for v in values]) + "}"


@lru_cache(maxsize=256)
def _moment(at: datetime) -> str:
    """The orders of a batch share their instants: write each once."""
    return str(at)
