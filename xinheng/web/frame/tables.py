"""Tables that stay fast: sorting, filter tabs and paging by key, all of it kept in the address.

A page ends with the sort value and the id of its last row; the next page starts after them, so
that page 900 costs what page 1 costs and nothing is skipped when rows are added. Example:
`?sort=-overdue&after=WzEyMzAwLDdd` goes on after the row with 12300 and id 7. Columns are
`Column`, heads and pages are made by `heads` and `page_by_key`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from xinheng.texts import T

PAGE_ROWS: Final = 50
CURSOR_CHARS_MAX: Final = 400


@dataclass(frozen=True)
class Column:
    """A column of a table. `field` is what it sorts by (None: it doesn't); amounts sort largest
    first.
    """

    key: str
    label: T
    field: str | None = None
    numeric: bool = False
    css: str = ""


@dataclass(frozen=True)
class Sorting:
    column: Column
    descending: bool

    @property
    def word(self) -> str:
        return f"-{self.column.key}" if self.descending else self.column.key


@dataclass(frozen=True)
class Head:
    """A column's head: where a click leads, and what `aria-sort` says."""

    column: Column
    href: str
    aria: str


@dataclass(frozen=True)
class Tab:
    label: Any
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_url: str
    first_url: str


def sorting_of(request: HttpRequest, columns: Sequence[Column], default: str) -> Sorting:
    """The sorting that the address asks for; an unknown word means the default."""
    known = {column.key: column for column in columns if column.field}
    word = request.GET.get("sort", default)
    if word.lstrip("-") not in known:
        word = default
    return Sorting(known[word.lstrip("-")], word.startswith("-"))


def heads(request: HttpRequest, columns: Sequence[Column], sorting: Sorting) -> list[Head]:
    """Heads with links: a second click turns the order round; amounts start with the largest."""
    return [_head(request, column, sorting) for column in columns]


def _head(request: HttpRequest, column: Column, sorting: Sorting) -> Head:
    if column.field is None:
        return Head(column, "", "")
    if column.key == sorting.column.key:
        turned = column.key if sorting.descending else f"-{column.key}"
        return Head(
            column,
            url_with(request, sort=turned),
            "descending" if sorting.descending else "ascending",
        )
    first = f"-{column.key}" if column.numeric else column.key
    return Head(column, url_with(request, sort=first), "")


def url_with(request: HttpRequest, **changes: str | None) -> str:
    """This address with some of its query changed (None takes a name out); paging starts again."""
    query = request.GET.copy()
    for gone in ("after", "_"):
        query.pop(gone, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


def tabs(
    request: HttpRequest, name: str, choices: Sequence[tuple[str, Any, int | None]]
) -> list[Tab]:
    """Filter tabs on the query word `name`; the choice "" is "all"."""
    now = request.GET.get(name, "")
    return [
        Tab(label, url_with(request, **{name: value or None}), value == now, count)
        for value, label, count in choices
    ]


def pack(values: Sequence[Any]) -> str:
    """A key as a word for the address."""
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(word: str, size: int) -> list[Any] | None:
    """The key in a word, or None where the word is not one of ours."""
    if not word or len(word) > CURSOR_CHARS_MAX:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, binascii.Error):
        return None
    fine = isinstance(values, list) and len(values) == size
    return values if fine and all(_storable(value) for value in values) else None


def _storable(value: Any) -> bool:
    """Whether the database could hold it: it refuses other numbers and texts only when asked."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str) and not re.search("[\0\ud800-\udfff]", value)


def page_by_key(
    request: HttpRequest, rows: QuerySet[Any], sorting: Sorting, size: int = PAGE_ROWS
) -> Page:
    """One page of a query set, sorted by the column and then by `pk`. The sort field must not be
    null.
    """
    field = sorting.column.field or "pk"
    sign, compare = ("-", "lt") if sorting.descending else ("", "gt")
    after = unpack(request.GET.get("after", ""), 2)
    ordered = rows.order_by(f"{sign}{field}", f"{sign}pk")
    if after is not None:
        beyond = Q(**{f"{field}__{compare}": after[0]})
        beyond |= Q(**{field: after[0], f"pk__{compare}": after[1]})
        with suppress(ValueError, TypeError, ValidationError):  # a forged key: the first page
            ordered = ordered.filter(beyond)
    found = list(ordered[: size + 1])
    return page_of(request, found, size, lambda row: [_value(row, field), row.pk])


def page_of(request: HttpRequest, found: Sequence[Any], size: int, key: Any) -> Page:
    """A page from `size` + 1 rows: the one too many says that there is a next page."""
    shown = list(found[:size])
    more = len(found) > size
    next_url = url_with_after(request, pack(key(shown[-1]))) if more else ""
    first_url = url_with(request) if request.GET.get("after") else ""
    return Page(shown, next_url, first_url)


def url_with_after(request: HttpRequest, word: str) -> str:
    address = url_with(request)
    return f"{address}{'&' if '?' in address else '?'}after={word}"


def _value(row: Any, field: str) -> Any:
    for part in field.split("__"):
        row = getattr(row, part)
    return row
