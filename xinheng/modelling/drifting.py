"""Drift: does today's book still look like the one that the live card was made for?

Month by month each characteristic, and the score itself, is compared with what is expected: the
sample that a learnt card was taught on, or, for a shipped card, the first month in which enough
customers were assessed. Actual is each customer's newest assessment of the month. PSI .10 and .25
are convention: below 1,000 rows the interval is shown, below 200 nothing is judged ("few"). Worked:
expected .1 .2 .4 .2 .1, actual .05 .10 .30 .30 .25 → PSI .3107, shift. Readings of a month that is
over stay; the running month is read again each day. A reading is no decision.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from xinheng.credit import scorecard
from xinheng.credit.money import round_half_up
from xinheng.credit.scorecard import Card
from xinheng.learning import card as learnt
from xinheng.learning.binning import Bins
from xinheng.learning.measures import PSI_BOOTSTRAP_BELOW, stability
from xinheng.modelling import bands
from xinheng.modelling.inputs import between, of_card
from xinheng.modelling.models import DriftReading, LearntModel
from xinheng.modelling.telling import tell_model_people
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.policies.queries import live

RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("drift_v1.json").read_text(encoding="utf-8")
)
LEAST_ROWS: Final[int] = RULES["least_rows"]
MONTHS: Final[int] = RULES["months_shown"]
PLACES: Final = 6


class Watched(NamedTuple):
    """The card that is watched: the champion, or the shipped card while there is none."""

    model: LearntModel | None
    policy_id: int | None
    name: str
    card: Card
    bins: dict[str, Bins]

    def readings(self) -> Any:
        """Its rows, whoever reads."""
        return DriftReading.objects.filter(
            model_id=self.model.pk if self.model else None, policy_id=self.policy_id
        )


class Expected(NamedTuple):
    """What the actual counts are held against; `month`: from when on the own book tells."""

    month: date | None
    counts: bands.Counts


def watched() -> Watched | None:
    """Who is watched now; None while no card is live."""
    model = LearntModel.objects.filter(state="champion", kind="scorecard").first()
    if model is not None:
        body = learnt.load(json.dumps(model.body).encode())
        name = f"{model.name} v{model.version}"
        return Watched(
            model, None, name, scorecard.load(body.card), {one.key: one for one in body.bins}
        )
    policy = live("scorecard")
    if policy is None:
        return None
    card = scorecard.load(policy.body)
    return Watched(None, policy.pk, f"{card.name} v{card.version}", card, {})


def watch(*, at: datetime, again: bool = False) -> int:
    """A round: read what is due, and tell who may edit models of a shift, once a month. `again`:
    every month, also those that were read.
    """
    made = look(at=at, again=again)
    one = watched()
    if one is not None:
        tell_shift(one, made, at=at)
    return len(made)


def tell_shift(one: Watched, made: Sequence[DriftReading], *, at: datetime) -> int:
    """A notice to each person who may edit models, for each month with a shift."""
    months = {row.month for row in made if row.verdict == "shift"}
    return tell_model_people("drift", [f"{month:%Y-%m}:{one.name}" for month in months], at=at)


def look(*, at: datetime, again: bool = False) -> list[DriftReading]:
    """Read the months that are due: those that are over and unread, and the running one daily."""
    one = watched()
    if one is None or (_is_fresh(one, at) and not again):
        return []
    expected = expectation(one)
    if expected is None:
        return []
    months = due(one, expected, at, again=again)
    return [row for month in months for row in read(one, expected, month, at=at)]


def read(one: Watched, expected: Expected, month: date, *, at: datetime) -> list[DriftReading]:
    """One month's readings, written over those of the same month; [] where nobody was assessed."""
    rows = between(*span(month))
    if not rows:
        return []
    actual = bands.counts(one.card, rows, one.bins)
    made = [
        _reading(one, month, key, expected.counts[key], actual[key], at)
        for key in actual
        if key in expected.counts
    ]
    return DriftReading.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["model", "policy_id", "month", "characteristic"],
        update_fields=["psi", "low", "high", "rows", "expected", "actual", "verdict", "read_at"],
    )


def _reading(
    one: Watched,
    month: date,
    key: str,
    expected: Sequence[int],
    actual: Sequence[int],
    at: datetime,
) -> DriftReading:
    found = stability(expected, actual, RULES["seed"])
    low, high = found.interval if found.interval is not None else (None, None)
    return DriftReading(
        model=one.model,
        policy_id=one.policy_id,
        month=month,
        characteristic=key,
        psi=_decimal(found.psi),
        low=None if low is None else _decimal(low),
        high=None if high is None else _decimal(high),
        rows=found.rows,
        expected={str(i): n for i, n in enumerate(expected)},
        actual={str(i): n for i, n in enumerate(actual)},
        verdict=found.reading if found.rows >= LEAST_ROWS else "few",
        read_at=at,
    )


def _decimal(value: float) -> Decimal:
    return round_half_up(Decimal(repr(value)), PLACES)


def expectation(one: Watched) -> Expected | None:
    """The sample that the card was taught on, or the own book's first full month."""
    first = first_full_month()
    of_book = {} if first is None else bands.counts(one.card, between(*span(first)), one.bins)
    if one.model is None:
        return None if first is None else Expected(first, of_book)
    of_sample = bands.taught(list(one.bins.values()))
    score = _score_of_sample(one)
    if score is None:  # the sample is gone: the score alone is held against the own book
        return Expected(first, {**of_book, **of_sample})
    return Expected(None, {**of_sample, bands.SCORE: score})


def _score_of_sample(one: Watched) -> list[int] | None:
    if one.model is None or one.model.sample is None:
        return None
    # only who has a learnt champion needs what reads samples
    from xinheng.learning.preparing import prepare
    from xinheng.modelling import samples

    sample = one.model.sample
    columns = prepare(samples.opened(sample), samples.wish_of(sample)).columns
    keys = of_card(one.card)
    if not set(keys) <= set(columns):
        return None
    return bands.score_counts(one.card, {key: columns[key] for key in keys})


_FULL_MONTH = """
select date_trunc('month', a.assessed_at at time zone %s)::date
from decisions_assessment a where not a.by_expert
group by 1 having count(distinct a.customer_id) >= %s order by 1 limit 1
"""


def first_full_month() -> date | None:
    """The first month in which enough customers were assessed to hold later ones against."""
    with connection.cursor() as cursor:
        cursor.execute(_FULL_MONTH, [str(_zone()), LEAST_ROWS])
        row = cursor.fetchone()
    return row[0] if row else None


def span(month: date) -> tuple[datetime, datetime]:
    """From the first instant of a month of the company's calendar to that of the next."""
    zone = _zone()
    return _start(month, zone), _start(next_month(month), zone)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def due(one: Watched, expected: Expected, at: datetime, *, again: bool = False) -> list[date]:
    """The months to read, oldest first: not read since they ended; the newest MONTHS at most."""
    zone = _zone()
    running = at.astimezone(zone).date().replace(day=1)
    since = _start_month(one, expected, running, zone)
    read_at = dict(one.readings().filter(characteristic="").values_list("month", "read_at"))
    found = []
    while since <= running:
        ended = _start(next_month(since), zone)
        last = read_at.get(since)
        late = last is None or (last < ended and (since < running or _is_old(last, at)))
        if late or again:
            found.append(since)
        since = next_month(since)
    return found[-MONTHS:]


def _start_month(one: Watched, expected: Expected, running: date, zone: ZoneInfo) -> date:
    """The month after that of the expectation; for a learnt card the month it came to work."""
    if expected.month is not None:
        return next_month(expected.month)
    decided = one.model.decided_at if one.model is not None else None
    return decided.astimezone(zone).date().replace(day=1) if decided else running


def _is_fresh(one: Watched, at: datetime) -> bool:
    """Spares the look at all assessments while the running month was read within the day."""
    running = at.astimezone(_zone()).date().replace(day=1)
    newest = one.readings().filter(month=running).order_by("-read_at").first()
    return newest is not None and not _is_old(newest.read_at, at)


def _is_old(read_at: datetime, at: datetime) -> bool:
    return at - read_at >= timedelta(hours=RULES["read_again_hours"])


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, 1, tzinfo=zone)


def _zone() -> ZoneInfo:
    seller = company()
    return ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)


def has_interval(rows: int) -> bool:
    """Whether so few rows were drawn again to say how sure the figure is."""
    return rows < PSI_BOOTSTRAP_BELOW
