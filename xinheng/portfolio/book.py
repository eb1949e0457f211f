"""The whole book at once, as of a day and in one currency: what is open, how late, who owes it.

Amounts of different currencies are never added. *Open* is gross: money in hand is its own figure,
`unapplied`, and never silently netted; a credit note that is not used up counts there too.
*Overdue* is what fell due before the day. Example AGE-1, 2026-10-31: open 470,000.00, overdue
260,000.00, of which 1–30 days 120,000.00.

This is the columnar evaluator of `credit.ageing`: its bounds are read from the same data, and
tests/laws hold the two equal to the cent. `user` None means the whole book (commands, jobs); a user
sees the customers that `Customer.objects.visible_to` gives.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct

from xinheng.credit.ageing import LATENESS_BUCKETS, NOT_DUE
from xinheng.credit.money import to_text
from xinheng.credit.shipped import document
from xinheng.customers.models import Customer
from xinheng.receivables.as_of import open_parts_sql, rows, unapplied_sql

BOUNDS = [(row["name"], row["up_to"]) for row in document("ageing_v1.json")["lateness"]]


class Book(Struct, frozen=True):
    """Minor units of `currency`; `customers` counts those with open items."""

    as_of: date
    currency: str
    open_minor: int
    overdue_minor: int
    ageing: dict[str, int]
    unapplied_minor: int
    customers: int
    overdue_customers: int

    def in_words(self) -> dict[str, Any]:
        """As `xinheng portfolio --json` prints it: amounts as decimal strings."""
        return {
            "open": to_text(self.open_minor, self.currency),
            "overdue": to_text(self.overdue_minor, self.currency),
            "ageing": {name: to_text(part, self.currency) for name, part in self.ageing.items()},
            "unapplied": to_text(self.unapplied_minor, self.currency),
            "customers": self.customers,
        }


def book(as_of: date, currency: str, user: Any = None) -> Book:
    """The book on the day, of all customers or of those that the user may see."""
    values = {"currency": currency, **scope(user)}
    where = narrow("i", values) + " and i.currency = %(currency)s"
    found = rows(
        f"with late as (select p.customer_id, {bucket_sql('p.due_on')} as bucket,"
        f" sum(p.part)::bigint as open_minor from ({open_parts_sql(where)}) p group by 1, 2)"
        " select bucket, sum(open_minor)::bigint, count(distinct customer_id),"
        f" count(distinct customer_id) filter (where bucket <> '{NOT_DUE}'), grouping(bucket)"
        " from late group by grouping sets ((bucket), ())",
        values,
        as_of,
    )
    ageing = dict.fromkeys(LATENESS_BUCKETS, 0) | {row[0]: row[1] for row in found if not row[4]}
    whole = next(row for row in found if row[4])
    total = sum(ageing.values())
    overdue = total - ageing[NOT_DUE]
    unapplied = _unapplied(values, as_of)
    return Book(as_of, currency, total, overdue, ageing, unapplied, whole[2], whole[3])


def _unapplied(values: dict[str, Any], as_of: date) -> int:
    where = narrow("r", values) + " and r.currency = %(currency)s"
    found = rows(
        f"select coalesce(sum(unapplied_minor), 0)::bigint from ({unapplied_sql(where)}) h",
        values,
        as_of,
    )
    return int(found[0][0])


def scope(user: Any) -> dict[str, Any]:
    """{} for the whole book, else the customers that the user may see, as a parameter."""
    if user is None or (user.is_authenticated and user.sees_all_units):
        return {}
    visible = Customer.objects.all().visible_to(user)
    return {"visible": list(visible.values_list("id", flat=True))}


def narrow(alias: str, values: dict[str, Any]) -> str:
    """The condition that goes with `scope`."""
    return f"and {alias}.customer_id = any(%(visible)s)" if "visible" in values else ""


def bucket_sql(due_on: str = "i.due_on") -> str:
    """The lateness bucket as an SQL expression, from the bounds that `credit.ageing` reads."""
    whens = [
        f"when %(as_of)s - {due_on} <= {up_to} then '{name}'"
        for name, up_to in BOUNDS
        if up_to is not None
    ]
    return f"case {' '.join(whens)} else '{BOUNDS[-1][0]}' end"
