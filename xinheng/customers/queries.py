"""Finding customers: by any part of a name, pinyin, initials, USCC or code, page after page by key.

Every word of the question must stand somewhere in the customer's search text; a trigram index
answers words of three letters or one Chinese character and more, shorter ones are looked for while
walking the sort index. A page continues after the last row's key, never by offset, so page 900
costs what page 1 costs. Grade and line belong to rooms above: doors start from `matching` and join
there. Example: `search(user, "cqca")` finds 重庆长安.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import F, Q

from xinheng.customers.models import Customer, CustomerQuery, OtherName
from xinheng.customers.search_text import fold, sought

LIMIT_MAX = 200
WORDS_MAX = 8
TEXT_MAX = 200

# What may be sorted by; the second key makes every order total.
SORTS = {"code": "code", "name": "name", "pinyin": "pinyin", "newest": "id"}


class Page(NamedTuple):
    """Some customers, and the key to ask for more with (None: that was the end)."""

    items: list[Customer]
    next: tuple[Any, int] | None


def matching(
    user: Any,
    text: str = "",
    *,
    statuses: Iterable[str] = (),
    units: Iterable[str] = (),
    simulated: bool | None = None,
) -> CustomerQuery:
    """The user's customers that match, unordered: the base that a list joins its own columns to."""
    found = Customer.objects.visible_to(user)
    for word in fold(text[:TEXT_MAX]).split()[:WORDS_MAX]:
        found = found.filter(search_text__contains=sought(word))
    if statuses := list(statuses):
        found = found.filter(status__in=statuses)
    if units := list(units):
        found = found.filter(business_unit__code__in=units)
    if simulated is not None:
        found = found.filter(simulated=simulated)
    return found


def search(
    user: Any,
    text: str = "",
    *,
    sort: str = "code",
    after: tuple[Any, int] | None = None,
    limit: int = 50,
    **filters: Any,
) -> Page:
    """One page; `sort` is a word of SORTS, "-" before it turns it round. `after`: a Page's
    `next`.
    """
    found = matching(user, text, **filters)
    down, column = sort.startswith("-"), SORTS[sort.removeprefix("-")]
    if after is not None:
        found = found.filter(_beyond(column, after, down))
    keys = [column] if column == "id" else [column, "id"]
    order = [F(key).desc() if down else F(key).asc() for key in keys]
    limit = max(1, min(limit, LIMIT_MAX))
    items = list(found.select_related("business_unit").order_by(*order)[: limit + 1])
    last = items[limit - 1] if len(items) > limit else None
    return Page(items[:limit], (getattr(last, column), last.pk) if last else None)


def _beyond(column: str, after: tuple[Any, int], down: bool) -> Q:
    """Rows after a key in a total order (column, id)."""
    word = "lt" if down else "gt"
    if column == "id":
        return Q(**{f"id__{word}": after[1]})
    # The first condition alone bounds the index scan; the rest steps over equal values.
    return Q(**{f"{column}__{word}e": after[0]}) & (
        Q(**{f"{column}__{word}": after[0]}) | Q(**{column: after[0], f"id__{word}": after[1]})
    )


def by_code(user: Any, code: str) -> Customer | None:
    """One customer that the user may see, else None: a stranger's row is not there."""
    visible = Customer.objects.visible_to(user)
    return visible.select_related("business_unit").filter(code=code).first()


def other_names(customer_ids: Iterable[int]) -> dict[int, list[str]]:
    """The other names of some customers, oldest first."""
    found: dict[int, list[str]] = {}
    rows = OtherName.objects.filter(customer_id__in=list(customer_ids)).order_by("pk")
    for customer_id, name in rows.values_list("customer_id", "name"):
        found.setdefault(customer_id, []).append(name)
    return found
