"""What the credit lines say against what the documents say, to the minor unit, at any time.

A line's `orders` are the documents' open orders and what is still promised to orders beyond what
documents cover. A difference is an alarm with both figures; `actions.rebuild` posts it away.
Worked: open items of 80.00 on the line, its only invoice open at 60.00: Off(7, "CNY", "",
"open_items", None, counter=8000, documents=6000).

Reads only, by way of a temporary table of the customers and currencies concerned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from xinheng.receivables import settling
from xinheng.receivables.balances import COMPONENTS, Account, Balances
from xinheng.receivables.tables import TABLES, Pair


class Off(NamedTuple):
    """A figure of a line that its documents do not bear out. Minor units."""

    customer_id: int
    currency: str
    scope: str
    component: str  # or "due", "order_due", "disputed": the same by day
    day: date | None
    counter: int
    documents: int


_COUNTERS: Final = f"""
select customer_id, currency, scope, {", ".join(f"{name}_minor" for name in COMPONENTS)}
from limits_creditline join touched_pair using (customer_id, currency)
"""
_PROMISED: Final = """
select l.customer_id, l.currency, l.scope, r.delivery_on,
  sum(r.amount_minor - r.posted_minor)::bigint
from limits_reservation r join limits_creditline l on l.id = r.line_id
join touched_pair using (customer_id, currency) where r.state = 'pending' group by 1, 2, 3, 4
"""
# Live reservations that promise another amount than their order's chain leaves.
_PROMISED_OFF: Final = """
select l.customer_id, l.currency, l.scope, 'promised:' || r.order_ref, r.delivery_on,
  r.amount_minor - r.posted_minor, r.amount_minor - w.posted
from limits_reservation r join limits_creditline l on l.id = r.line_id
join touched_pair using (customer_id, currency)
left join receivables_orderchain c on c.number = r.order_ref and c.customer_id = l.customer_id
  and c.currency = l.currency
cross join lateral (select case when c.ended then r.amount_minor else
  least(greatest(greatest(c.ordered_minor, c.delivered_minor, c.invoiced_minor, 0)
    - r.covered_before_minor, 0), r.amount_minor) end as posted) w
where r.state in ('pending', 'posted') and r.posted_minor <> w.posted order by 1, 2, 3, 4
"""
_BY_DAY: Final = {
    "due": ("limits_opendue", "d.due_on"),
    "order_due": ("limits_orderdue", "d.due_on"),
    "disputed": ("limits_disputeddue", "d.due_on, d.accepted_on"),
}


def touch_customers(cursor: Any, customer_ids: Sequence[int] | None) -> set[Pair]:
    """Name the pairs of these customers (None: of all) that have a line or a document."""
    sources = ["limits_creditline", *(table.name for table in TABLES)]
    narrowed = "" if customer_ids is None else " where customer_id = any(%(ids)s)"
    cursor.execute(
        " union ".join(f"select customer_id, currency from {name}{narrowed}" for name in sources),
        {"ids": None if customer_ids is None else list(customer_ids)},
    )
    pairs = {(row[0], row[1]) for row in cursor.fetchall()}
    settling.touch(cursor, pairs)
    return pairs


def carried(cursor: Any) -> Balances:
    """What the lines of the touched pairs say, without what is promised to orders."""
    cursor.execute(_COUNTERS)
    components: dict[str, dict[Account, int]] = {name: {} for name in COMPONENTS}
    for (*account,) in cursor.fetchall():
        key: Account = (account[0], account[1], account[2])
        for name, minor in zip(COMPONENTS, account[3:], strict=True):
            if minor:
                components[name][key] = minor
    days = {name: _by_day(cursor, *source) for name, source in _BY_DAY.items()}
    cursor.execute(_PROMISED)
    for customer, currency, scope, day, minor in cursor.fetchall():
        account = (customer, currency, scope)
        components["orders"][account] = components["orders"].get(account, 0) - minor
        if day is not None:
            days["order_due"][*account, day] = days["order_due"].get((*account, day), 0) - minor
    return Balances(components, **days)


def _by_day(cursor: Any, table: str, days: str) -> dict[tuple[Any, ...], int]:
    cursor.execute(
        f"select l.customer_id, l.currency, l.scope, {days}, d.open_minor from {table} d"
        " join limits_creditline l on l.id = d.line_id"
        " join touched_pair using (customer_id, currency) where d.open_minor <> 0"
    )
    return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}


def differences(lines: Balances, documents: Balances) -> list[Off]:
    """Where they differ, in the order of customers."""
    off = [
        Off(*account, name, None, have, want)
        for name in COMPONENTS
        for account, have, want in _unequal(lines.components[name], documents.components[name])
    ]
    for name in _BY_DAY:
        found = _unequal(getattr(lines, name), getattr(documents, name))
        off += [Off(*key[:3], name, key[3], have, want) for key, have, want in found]
    return sorted(off, key=lambda one: (one[:4], str(one.day)))


def promised_off(cursor: Any) -> list[Off]:
    """Reservations of the touched pairs that documents should have reduced, or handed back to."""
    cursor.execute(_PROMISED_OFF)
    return [Off(*row) for row in cursor.fetchall()]


def _unequal(old: dict[Any, int], new: dict[Any, int]) -> list[tuple[Any, int, int]]:
    pairs = ((key, old.get(key, 0), new.get(key, 0)) for key in old.keys() | new.keys())
    return [one for one in pairs if one[1] != one[2]]
