"""The own ledger as a sample: what was known of each customer on a day, and what became of it in
the year after.

Observation days are month ends, the newest a whole year before the book's newest day, so that every
outcome is over. A row holds exactly the inputs of an assessment of that day (so a card learnt here
can go live), read as of that day, statements as they were known then. Bad: within 365 days at least
90 days past due on at least 1,000 units or 1 % of what was open, whichever is more; 30 to 89 days
past due is neither and left out, as is who was 90 days late already, or silent in the year.

Worked: invoice 5,000.00 due 10 March, paid 20 June (102 days late); observed 31 January with
8,000.00 open → threshold 1,000.00, 90 days past due from 8 June to 19 June: bad.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.db import connection

from xinheng.credit.money import exponent
from xinheng.customers.models import Customer
from xinheng.decisions import features
from xinheng.decisions.features import Filed, Settings
from xinheng.decisions.judging import is_silent
from xinheng.dossiers import queries as dossiers
from xinheng.policies.queries import live
from xinheng.receivables import queries as receivables
from xinheng.receivables.queries import Behaviour

RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("own_book_v1.json").read_text(encoding="utf-8")
)
DIRECTIONS: Final[Mapping[str, str]] = RULES["directions"]
BAD, GOOD = "1", "0"
OUTCOME, CUSTOMER, DAY = "bad", "customer", "day"
A_READ: Final = 5_000  # customers whose behaviour is read at once

Texts = dict[str, list[str]]


class Late(NamedTuple):
    """A part of an invoice that stayed open beyond 30 days past due; until None: open today."""

    due_on: date
    until: date | None
    amount_minor: int


def observation_days(first: date, newest: date) -> list[date]:
    """Month ends from the third month of the book to a year before its newest day, the newest 36 at
    most: 2024-01-10 to 2026-03-15 → 2024-04-30 … 2025-02-28.
    """
    last = newest - timedelta(days=RULES["window_days"])
    found = []
    day = _month_end(first + timedelta(days=90))
    while day <= last:
        found.append(day)
        day = _month_end(day + timedelta(days=1))
    return found[-int(RULES["most_days"]) :]


def draw() -> Texts:
    """The sample's columns, ordered by day and customer; empty where the book is too young."""
    ends = _ends()
    texts: Texts = {}
    if ends is None:
        return texts
    late = _late_parts()
    industries = dict(Customer.objects.order_by("pk").values_list("pk", "industry"))
    settings = _settings()
    for day in observation_days(*ends):
        for row in _of_day(day, industries, settings, late):
            for key, value in row.items():
                texts.setdefault(key, []).append(value)
    return texts


def outcome(late: Sequence[Late], day: date, open_minor: int, currency: str) -> str | None:
    """ "1" bad, "0" good, None neither: of the year after the day."""
    least = max(
        RULES["least_units"] * 10 ** exponent(currency),
        -(-open_minor * RULES["least_share_pct"] // 100),
    )
    if most_late(late, day, RULES["bad_days"]) >= least:
        return BAD
    return None if most_late(late, day, RULES["unclear_days"]) >= least else GOOD


def most_late(late: Sequence[Late], day: date, days: int) -> int:
    """The largest amount that was at least so many days past due at once, in the year after."""
    first, end = day + timedelta(days=1), day + timedelta(days=RULES["window_days"] + 1)
    moves: list[tuple[date, int]] = []
    for one in late:
        start = max(first, one.due_on + timedelta(days=days))
        stop = end if one.until is None else min(end, one.until)
        if start < stop:
            moves += [(start, one.amount_minor), (stop, -one.amount_minor)]
    running = most = 0
    # What is paid on a day is gone before what turns late on it.
    for _, amount in sorted(moves):
        running += amount
        most = max(most, running)
    return most


def _of_day(
    day: date,
    industries: Mapping[int, str],
    settings: Settings,
    late: Mapping[tuple[int, str], list[Late]],
) -> Iterator[dict[str, str]]:
    """The row of each customer whose year after the day says something."""
    buying = _bought_within(day)
    ids = list(industries)
    for start in range(0, len(ids), A_READ):
        part = ids[start : start + A_READ]
        behaviours = receivables.behaviour(part, day)
        statements = dossiers.latest(list(behaviours), day, known_at=_end_of(day))
        for customer_id, paying in sorted(behaviours.items()):
            if is_silent(paying) or paying.oldest_dpd >= RULES["bad_days"]:
                continue
            if not paying.open_minor and customer_id not in buying:
                continue
            parts = late.get((customer_id, paying.currency), [])
            said = outcome(parts, day, paying.open_minor, paying.currency)
            if said is None:
                continue
            filed = _filed(statements.get(customer_id), day, settings)
            inputs = _inputs(paying, filed, industries[customer_id])
            aside = {CUSTOMER: str(customer_id), DAY: day.isoformat(), OUTCOME: said}
            yield inputs | aside


def _inputs(paying: Behaviour, filed: Filed | None, industry: str) -> dict[str, str]:
    """The inputs of an assessment, as texts."""
    manufacturing = "制造" in industry or "manufactur" in industry.lower()
    found = features.card_inputs(paying, filed, manufacturing=manufacturing)
    return {key: "" if value is None else str(value) for key, value in found.items()}


def _filed(statement: Any, day: date, settings: Settings) -> Filed | None:
    if statement is None:
        return None
    filed = Filed(statement.period_end, statement.currency, statement.figures)
    return features.usable(filed, day, settings)


def _settings() -> Settings:
    policy = live("assessment")
    if policy is None:
        raise LookupError("no live policy of assessments: nothing is set up")
    return features.settings_of(policy.body)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _month_end(day: date) -> date:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following - timedelta(days=1)


def _ends() -> tuple[date, date] | None:
    """The book's first and newest day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select min(issued_on), greatest(max(issued_on), (select max(received_on)"
            " from receivables_receipt)) from receivables_invoice"
        )
        first, newest = cursor.fetchone()
    return None if first is None else (first, newest)


def _bought_within(day: date) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct customer_id from receivables_invoice"
            " where issued_on > %s and issued_on <= %s",
            [day, day + timedelta(days=RULES["window_days"])],
        )
        return {row[0] for row in cursor.fetchall()}


def _late_parts() -> dict[tuple[int, str], list[Late]]:
    """By customer and currency: what was paid, or is open, more than 30 days past due."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select i.customer_id, i.currency, i.due_on, a.applied_on, a.amount_minor"
            " from receivables_allocation a join receivables_invoice i on i.id = a.invoice_id"
            " where a.applied_on > i.due_on + %(days)s"
            " union all"
            " select customer_id, currency, due_on, null, open_minor"
            " from receivables_invoice where open_minor > 0",
            {"days": RULES["unclear_days"]},
        )
        found: dict[tuple[int, str], list[Late]] = defaultdict(list)
        for customer_id, currency, *rest in cursor.fetchall():
            found[customer_id, currency].append(Late(*rest))
    return found
