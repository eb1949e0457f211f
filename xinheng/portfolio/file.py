"""A credit file in figures: what the API, the command line and the page's head tell about one
customer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from xinheng.credit.ageing import LATENESS_BUCKETS, NOT_DUE
from xinheng.credit.money import to_text
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import lines_of, usage
from xinheng.people.queries import today
from xinheng.portfolio.book import bucket_sql
from xinheng.receivables.as_of import open_parts_sql, rows


def credit_file_summary(customer: Customer, reader: Any, at: datetime) -> dict[str, Any]:
    """Who, rating, and per currency: limit and use, open, overdue, ageing. `reader` has been let
    in to this customer already; money is decimal strings.
    """
    rating = Rating.objects.filter(customer=customer).first()
    owing = owing_of(customer.pk, today(at))
    lines = {line.currency: line for line in lines_of(customer.pk)}
    currencies = list(lines) + sorted(owing.keys() - lines.keys())
    return {
        "code": customer.code,
        "name": customer.name,
        "name_en": customer.name_en,
        "status": customer.status,
        "grade": rating.grade or None if rating else None,
        "points": rating.points if rating else None,
        "rating_valid_until": rating.valid_until.isoformat() if rating else None,
        "limits": [
            {
                **_line(lines.get(currency), currency),
                **_open(owing.get(currency, NOTHING), currency),
            }
            for currency in currencies
        ],
        "simulated": customer.simulated,
    }


def _line(line: CreditLine | None, currency: str) -> dict[str, Any]:
    """Limit, validity and use of one line; without a line there is no limit and nothing in use."""
    if line is None:
        nothing = to_text(0, currency)
        return {"currency": currency, "limit": None, "valid_until": None, "used": nothing}
    found = usage(line)
    amount = None if line.amount_minor is None else to_text(line.amount_minor, currency)
    return {
        "currency": currency,
        "limit": "unlimited" if line.unlimited else amount,
        "valid_until": line.valid_until.isoformat() if line.valid_until else None,
        "terms_days": line.terms_days_max,
        "used": to_text(found.used_minor, currency),
        "headroom": None
        if found.headroom_minor is None
        else to_text(found.headroom_minor, currency),
        "components": {
            name: to_text(getattr(found.components, name), currency)
            for name in found.components.__struct_fields__
        },
    }


class Owing(NamedTuple):
    """All that is open in a currency, however many items: per bucket, how many, the oldest."""

    ageing: dict[str, int]
    items: int
    oldest_dpd: int

    @property
    def total_minor(self) -> int:
        return sum(self.ageing.values())

    @property
    def overdue_minor(self) -> int:
        return self.total_minor - self.ageing[NOT_DUE]


def owing_of(customer_id: int, day: date) -> dict[str, Owing]:
    """By currency, summed where the items are: a list of them has a maximum, a sum has none."""
    where = "and i.customer_id = %(customer)s"
    found = rows(
        f"select p.currency, {bucket_sql('p.due_on')}, sum(p.part)::bigint, count(distinct p.id),"
        f" max(%(as_of)s - p.due_on) from ({open_parts_sql(where)}) p group by 1, 2",
        {"customer": customer_id},
        day,
    )
    owing: dict[str, Owing] = {}
    for currency, bucket, part, items, dpd in found:
        before = owing.get(currency, NOTHING)
        ageing = {**before.ageing, bucket: part}
        owing[currency] = Owing(ageing, before.items + items, max(before.oldest_dpd, dpd))
    return owing


NOTHING = Owing(dict.fromkeys(LATENESS_BUCKETS, 0), 0, 0)


def _open(owing: Owing, currency: str) -> dict[str, Any]:
    """What is open and overdue in a currency, by lateness."""
    return {
        "open": to_text(owing.total_minor, currency),
        "open_items": owing.items,
        "overdue": to_text(owing.overdue_minor, currency),
        "oldest_overdue_days": owing.oldest_dpd,
        "ageing": {name: to_text(minor, currency) for name, minor in owing.ageing.items()},
    }
