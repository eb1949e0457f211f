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
    # One row per customer before the sums: counting customers then needs no sort.
    parts = ", ".join(
        f"sum(p.part) filter (where {within}) as bucket_{n}"
        for n, within in enumerate(_within("p.due_on"))
    )
    sums = ", ".join(f"coalesce(sum(bucket_{n}), 0)::bigint" for n in range(len(BOUNDS)))
    late = ", ".join(f"bucket_{n}" for n in range(1, len(BOUNDS)))
    *minor, customers, overdue_customers = rows(
        f"with owing as (select {parts} from ({open_parts_sql(where)}) p group by p.customer_id)"
        f" select {sums}, count(*), count(*) filter (where coalesce({late}) is not null)"
        " from owing",
        values,
        as_of,
    )[0]
    ageing = dict(zip(LATENESS_BUCKETS, minor, strict=True))
    total = sum(ageing.values())
    overdue = total - ageing[NOT_DUE]
    unapplied = _unapplied(values, as_of)
    return Book(as_of, currency, total, overdue, ageing, unapplied, customers, overdue_customers)


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


def _within(due_on: str) -> list[str]:
    """A condition per lateness bucket, in the order of BOUNDS, of which exactly one holds."""
    days = f"(%(as_of)s - {due_on})"
    found, after = [], ""
    for _, up_to in BOUNDS:
        until = f"{days} <= {up_to}" if up_to is not None else ""
        found.append(" and ".join(filter(None, (after, until))))
        after = f"{days} > {up_to}"
    return found


def bucket_sql(due_on: str = "i.due_on") -> str:
    """The lateness bucket as an SQL expression, from the bounds that `credit.ageing` reads."""
    whens = [
        f"when %(as_of)s - {due_on} <= {up_to} then '{name}'"
        for name, up_to in BOUNDS
        if up_to is not None
    ]
    return f"case {' '.join(whens)} else '{BOUNDS[-1][0]}' end"
