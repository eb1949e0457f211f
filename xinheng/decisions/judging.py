"""Judge: read what is known of customers, set-based, and score each; nothing is written here.

A customer is judged by what is known on the day asked for. One that has been silent for over a
year and owes nothing overdue is judged by the days when it last was active, because otherwise
nothing at all would be known of it; its rating is then as old as those days and has run out, so
that its next order is referred to a person. Example: a ledger of 2018 to 2020 imported in 2026
rates a punctual customer AA with a rating valid until November 2020.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from xinheng.credit import limit_method, scorecard
from xinheng.credit.limit_method import Combined
from xinheng.credit.scorecard import Card, Score
from xinheng.customers.models import Customer
from xinheng.decisions import features
from xinheng.decisions.features import Filed, Settings
from xinheng.dossiers import queries as dossiers
from xinheng.receivables import queries as receivables
from xinheng.receivables.queries import Behaviour


class Rules(NamedTuple):
    """The live versions that an assessment uses."""

    card: Card
    settings: Settings
    base_currency: str

    @property
    def card_name(self) -> str:
        return f"{self.card.name} v{self.card.version}"


class Assessed(NamedTuple):
    """One customer's result, not yet written."""

    customer_id: int
    as_of: date
    currency: str
    score: Score
    inputs: dict[str, str | None]
    combined: Combined
    terms_days: int


def judge(ids: Sequence[int], rules: Rules, as_of: date) -> list[Assessed]:
    """The result of each customer that exists, in the order of their ids."""
    industries = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "industry"))
    behaviours = receivables.behaviour(list(industries), as_of)
    days: dict[int, date] = {}
    quiet = [customer_id for customer_id, paying in behaviours.items() if is_silent(paying)]
    for day, silent in _last_active(quiet, as_of).items():
        behaviours |= receivables.behaviour(silent, day)
        days |= dict.fromkeys(silent, day)
    statements = dossiers.latest(list(industries), as_of)
    return [
        _judge_one(
            customer_id,
            behaviours.get(customer_id),
            _filed(statements.get(customer_id)),
            _manufacturing(industries[customer_id]),
            rules,
            days.get(customer_id, as_of),
        )
        for customer_id in sorted(industries)
    ]


def is_silent(paying: Behaviour) -> bool:
    """Nothing bought and nothing paid for a year, and nothing overdue that would tell of today."""
    return not (paying.experiences or paying.sales_minor or paying.open_minor)


_LAST_ACTIVE = """
select customer_id, max(day) from (
  select customer_id, issued_on as day from receivables_invoice
  where customer_id = any(%(customers)s) and issued_on <= %(as_of)s
  union all
  select customer_id, received_on from receivables_receipt
  where customer_id = any(%(customers)s) and received_on <= %(as_of)s
) t group by customer_id
"""


def _last_active(customer_ids: list[int], as_of: date) -> Mapping[date, list[int]]:
    """Silent customers by month of their last invoice or receipt; the day is the month's latest.

    Months, so that any number of customers costs at most as many reads as the ledger has months.
    """
    if not customer_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ACTIVE, {"customers": customer_ids, "as_of": as_of})
        by_month: dict[tuple[int, int], list[tuple[int, date]]] = defaultdict(list)
        for customer_id, day in cursor.fetchall():
            by_month[day.year, day.month].append((customer_id, day))
    return {
        max(day for _, day in rows): [customer_id for customer_id, _ in rows]
        for rows in by_month.values()
    }


def _filed(statement: Any) -> Filed | None:
    if statement is None:
        return None
    return Filed(statement.period_end, statement.currency, statement.figures)


def _manufacturing(industry: str) -> bool:
    return "制造" in industry or "manufactur" in industry.lower()


def _judge_one(
    customer_id: int,
    paying: Any,
    filed: Filed | None,
    manufacturing: bool,
    rules: Rules,
    as_of: date,
) -> Assessed:
    filed = features.usable(filed, as_of, rules.settings)
    inputs = features.card_inputs(paying, filed, manufacturing=manufacturing)
    score = scorecard.score(rules.card, inputs)
    terms_days = features.terms_of(paying, rules.settings)
    combined = limit_method.combine(
        features.methods_of(paying, filed, terms_days),
        score.grade,
        features.caps_of(paying, rules.settings),
    )
    currency = paying.currency if paying else filed.currency if filed else rules.base_currency
    texts = {key: None if value is None else str(value) for key, value in inputs.items()}
    return Assessed(customer_id, as_of, currency, score, texts, combined, terms_days)
