"""Judge: read what is known of customers, set-based, and score each; nothing is written here.

A customer is judged by what is known on the day asked for. One that has been silent for over a
year and owes nothing overdue is judged by the days when it last was active, because otherwise
nothing at all would be known of it; its rating is then as old as those days and has run out, so
that its next order is referred to a person. Example: a ledger of 2018 to 2020 imported in 2026
rates a punctual customer AA with a rating valid until November 2020.

Reading (`read`) and judging (`judge_one`) are apart: all that was read stands in one value, so
that the same value gives the same judgement again, byte for byte, years later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from xinheng.credit import scale, scorecard
from xinheng.credit.limit_method import Combined
from xinheng.credit.scorecard import Card, Input, Score
from xinheng.customers.models import Customer
from xinheng.decisions import features, known
from xinheng.decisions.features import Filed, Settings
from xinheng.decisions.records import Further, Read, Said, Told, Used, packed
from xinheng.decisions.suggesting import Suggested, Ways, suggest
from xinheng.receivables import queries as receivables
from xinheng.receivables.queries import Behaviour


class Rules(NamedTuple):
    """The versions that an assessment uses, and by which ids a record names them."""

    card: Card
    settings: Settings
    ways: Ways
    used: Used
    base_currency: str

    @property
    def card_name(self) -> str:
        return f"{self.card.name} v{self.card.version}"


class Assessed(NamedTuple):
    """One customer's result, not yet written. `unverified`: what counted though nobody verified
    it.
    """

    customer_id: int
    as_of: date
    currency: str
    score: Score
    inputs: dict[str, str | None]
    combined: Combined
    terms_days: int
    said: Said
    unverified: list[str]
    read: Read

    def record(self) -> bytes:
        return packed(self.read, self.said)


def judge(
    ids: Sequence[int], rules: Rules, as_of: date, at: datetime, known_at: datetime | None = None
) -> list[Assessed]:
    """The result of each customer that exists, in the order of their ids.

    `at` is the instant of the reading; `known_at` reads the file as it was known at a past one.
    """
    return [judge_one(one, rules) for one in read(ids, rules, as_of, at, known_at)]


# --- Reading


def read(
    ids: Sequence[int], rules: Rules, as_of: date, at: datetime, known_at: datetime | None = None
) -> list[Read]:
    """Everything that an assessment of these customers looks at, each with a fixed number of
    statements for all.
    """
    industries = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "industry"))
    customers = sorted(industries)
    behaviours = receivables.behaviour(customers, as_of)
    days: dict[int, date] = {}
    quiet = [customer_id for customer_id, paying in behaviours.items() if is_silent(paying)]
    for day, silent in _last_active(quiet, as_of).items():
        behaviours |= receivables.behaviour(silent, day)
        days |= dict.fromkeys(silent, day)
    statements = known.statements(customers, as_of, known_at)
    further = known.further(customers, as_of, known_at) if rules.ways.further else {}
    return [
        _read_one(
            customer_id,
            (as_of, days.get(customer_id, as_of), known_at or at),
            behaviours.get(customer_id),
            statements.get(customer_id),
            further.get(customer_id),
            manufacturing=_manufacturing(industries[customer_id]),
            rules=rules,
        )
        for customer_id in customers
    ]


def _read_one(
    customer_id: int,
    when: tuple[date, date, datetime],
    paying: Behaviour | None,
    filed: known.Statements | None,
    beyond: known.Known | None,
    *,
    manufacturing: bool,
    rules: Rules,
) -> Read:
    as_of, day, known_at = when
    # A fact that became known in the same instant is stamped a tick later: it was read, so the
    # record's instant is not before it.
    stamps = [filed.since if filed else None, beyond.since if beyond else None]
    return Read(
        customer=customer_id,
        as_of=as_of,
        day=day,
        known_at=max([known_at, *(one for one in stamps if one is not None)]),
        base_currency=rules.base_currency,
        used=rules.used,
        manufacturing=manufacturing,
        paying=paying,
        statement=filed.newest if filed else None,
        verified=filed.verified if filed else None,
        further=beyond.further if beyond else None,
    )


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


def _manufacturing(industry: str) -> bool:
    return "制造" in industry or "manufactur" in industry.lower()


# --- Judging: pure


class _Weighed(NamedTuple):
    """What the card makes of a customer with one of its statements, or with none."""

    told: Told | None
    inputs: dict[str, Input]
    score: Score


def judge_one(given: Read, rules: Rules) -> Assessed:
    """The assessment of what was read, by these rules and nothing else.

    Where a statement counts only if it makes things worse, the customer is judged with it and
    without it: the worse score counts, and under its grade the lower limit.
    """
    tolds = _tolds(given, rules.settings)
    counted = min((_weighed(given, told, rules) for told in tolds), key=_goodness)
    currency = _currency(given, counted.told, rules)
    made = [(_suggested(given, told, counted.score.grade, currency, rules), told) for told in tolds]
    suggested, basis = min(made, key=lambda one: _amount(one[0]))
    unsure = any(told is not None and not told.verified for told in (counted.told, basis))
    combined, score = suggested.combined, counted.score
    terms_days = features.terms_of(given.paying, rules.settings)
    said = Said(
        limit_minor=combined.limit_minor,
        terms_days=terms_days,
        median_minor=combined.median_minor,
        decisive=combined.decisive,
        values={one.method: one.value_minor for one in combined.methods},
        caps=combined.caps,
        secured_minor=suggested.secured_minor,
        red_lines=score.red_lines,
        statement=_word(given, rules.settings, counted.told or basis, unsure=unsure),
    )
    texts = {key: None if value is None else str(value) for key, value in counted.inputs.items()}
    return Assessed(
        given.customer,
        given.day,
        currency,
        score,
        texts,
        combined,
        terms_days,
        said,
        ["statement"] if unsure else [],
        given,
    )


def _tolds(given: Read, settings: Settings) -> list[Told | None]:
    """The statements to judge with; of equal results the first one counts, which is the sure
    one.
    """
    newest = _usable(given.statement, given.day, settings)
    sure = _usable(given.verified, given.day, settings)
    if newest is None:
        return [sure]
    if newest.verified or settings.unverified_statements == "use":
        return [newest]
    return [sure] if settings.unverified_statements == "ignore" else [sure, newest]


def _usable(told: Told | None, day: date, settings: Settings) -> Told | None:
    return told if features.usable(_filed(told), day, settings) is not None else None


def _filed(told: Told | None) -> Filed | None:
    return None if told is None else Filed(told.period_end, told.currency, told.figures)


def _weighed(given: Read, told: Told | None, rules: Rules) -> _Weighed:
    inputs = features.card_inputs(given.paying, _filed(told), manufacturing=given.manufacturing)
    return _Weighed(told, inputs, scorecard.score(rules.card, inputs))


def _goodness(one: _Weighed) -> tuple[bool, int, int]:
    """Not rated is the least, then the grade, then the points."""
    score = one.score
    if score.grade is None or score.points is None:
        return (False, 0, 0)
    return (True, -scale.grade_rank(score.grade), score.points)


def _currency(given: Read, told: Told | None, rules: Rules) -> str:
    if given.paying is not None:
        return given.paying.currency
    return told.currency if told is not None else rules.base_currency


def _suggested(
    given: Read, told: Told | None, grade: str | None, currency: str, rules: Rules
) -> Suggested:
    return suggest(
        given.paying,
        _filed(told),
        told.capital_minor if told is not None else None,
        given.further or Further(),
        grade,
        currency,
        rules.settings,
        rules.ways,
    )


def _amount(one: Suggested) -> int:
    """Nothing to suggest is less than zero to suggest."""
    limit = one.combined.limit_minor
    return -1 if limit is None else limit


def _word(given: Read, settings: Settings, told: Told | None, *, unsure: bool) -> str:
    newest = _usable(given.statement, given.day, settings)
    if unsure:
        return "used"
    if newest is not None and not newest.verified:
        return "left_out"
    return "verified" if told is not None else ""
