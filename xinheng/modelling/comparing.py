"""Champion against challenger: where they agree, where they part, and who was right.

Both have judged the same customers from the same inputs. Until outcomes are known only their grades
can be laid over each other; afterwards AUC, KS and calibration of both are reckoned on the very
same customers. Bad is 90 days past due on at least the larger of 1,000 and 1 % of what was open,
within 12 months of the assessment; who was 30 to 89 days late is neither, who was bad already is
not counted. With fewer than 50 bads nothing is concluded. Example: 1,240 customers, 61 bads; AUC
champion .71 ± .06, challenger .78 ± .05.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from xinheng.credit import scale
from xinheng.credit.money import exponent
from xinheng.customers.models import Customer
from xinheng.modelling.models import LearntModel, ShadowScore

RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("comparing_v1.json").read_text(encoding="utf-8")
)
LEAST_BADS: Final[int] = RULES["least_bads"]
GRADES: Final = (*scale.GRADES, "")


class Agreement(NamedTuple):
    """`table[i][j]`: customers that the champion grades GRADES[i] and the challenger GRADES[j]."""

    table: list[list[int]]
    customers: int
    same: int
    within_one: int  # the same or one notch apart, both rated
    better: int  # the challenger grades better
    worse: int


class Outcome(NamedTuple):
    """One customer whose outcome is known: both probabilities of bad, and what became of it."""

    customer_id: int
    champion: float
    challenger: float
    bad: bool


class Power(NamedTuple):
    """What one of the two is worth on these customers. auc: value, low, high."""

    auc: tuple[float, float, float]
    ks: float
    predicted: float
    observed: float
    curve: list[tuple[int, int, float, float]]  # rows, bads, predicted, observed
    fit_p: float


class Trial(NamedTuple):
    """Both on the same customers; the powers are None while there are too few bads (or goods)."""

    customers: int
    bads: int
    unclear: int
    since: date | None
    champion: Power | None
    challenger: Power | None


def challengers() -> QuerySet[LearntModel]:
    """The models that score beside the champion, the newest first."""
    return LearntModel.objects.filter(state="challenger").order_by("-decided_at", "-pk")


_PAIRS = """
select distinct on (s.customer_id) s.id, s.customer_id, a.grade as champion, s.grade as challenger,
  a.points as champion_points, s.points as challenger_points
from modelling_shadowscore s
join decisions_assessment a on a.id = s.assessment_id
join customers_customer c on c.id = s.customer_id
where s.model_id = %(model)s {seen}
order by s.customer_id, s.assessment_id desc
"""


def agreement(model_id: int, user: Any) -> Agreement:
    """The newest of each customer that this person may see, counted by both grades."""
    found = _rows(
        f"select champion, challenger, count(*) from ({_PAIRS}) p group by 1, 2", model_id, user
    )
    at = {grade: i for i, grade in enumerate(GRADES)}
    table = [[0] * len(GRADES) for _ in GRADES]
    for champion, challenger, count in found:
        table[at[champion]][at[challenger]] += count
    both = [(i, j, table[i][j]) for i in range(len(GRADES) - 1) for j in range(len(GRADES) - 1)]
    return Agreement(
        table=table,
        customers=sum(map(sum, table)),
        same=sum(table[i][i] for i in range(len(GRADES))),
        within_one=sum(n for i, j, n in both if abs(i - j) <= 1),
        better=sum(n for i, j, n in both if j < i),
        worse=sum(n for i, j, n in both if j > i),
    )


def largest_differences(model_id: int, user: Any) -> list[ShadowScore]:
    """The customers on whom the two part most, by points, with assessment and customer."""
    found = _rows(
        f"select id from ({_PAIRS}) p"
        " where champion_points is not null and challenger_points is not null"
        " and champion_points <> challenger_points"
        " order by abs(champion_points - challenger_points) desc, customer_id limit %(most)s",
        model_id,
        user,
        most=RULES["cases_shown"],
    )
    ids = [row[0] for row in found]
    scores = ShadowScore.objects.visible_to(user).filter(pk__in=ids)
    by_id = {one.pk: one for one in scores.select_related("assessment", "customer")}
    return [by_id[one] for one in ids if one in by_id]


def without_score(model_id: int, user: Any) -> int:
    """How many rated customers this challenger has never scored."""
    values = _seen(user)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from decisions_rating r"
            " join customers_customer c on c.id = r.customer_id"
            " where not exists (select 1 from modelling_shadowscore s"
            "  where s.customer_id = r.customer_id and s.model_id = %(model)s)"
            f" {values[0]}",
            {"model": model_id, **values[1]},
        )
        return int(cursor.fetchone()[0])


# The first judgement of each customer that is old enough to be proved wrong; what was still open of
# an invoice so many days after it fell due is what is open now plus what was paid later.
_OUTCOMES = """
with first as (
  select distinct on (s.customer_id) s.customer_id, a.as_of, a.points, s.probability, a.currency
  from modelling_shadowscore s
  join decisions_assessment a on a.id = s.assessment_id
  join customers_customer c on c.id = s.customer_id
  where s.model_id = %(model)s and a.as_of <= %(today)s - %(bad_days)s {seen}
  order by s.customer_id, s.assessment_id
), items as (
  select f.customer_id, f.as_of, i.due_on, i.open_minor,
    i.due_on + %(unclear_days)s as unclear_on, i.due_on + %(bad_days)s as bad_on, i.id,
    least(%(today)s, f.as_of + %(window_days)s) as until, i.issued_on
  from first f join receivables_invoice i
    on i.customer_id = f.customer_id and i.currency = f.currency and i.amount_minor > 0
), late as (
  select t.customer_id,
    sum(t.open_minor + p.after_bad)
      filter (where t.bad_on > t.as_of and t.bad_on <= t.until) as bad_minor,
    sum(t.open_minor + p.after_unclear)
      filter (where t.unclear_on > t.as_of and t.unclear_on <= t.until) as unclear_minor,
    sum(t.open_minor + p.after_start)
      filter (where t.bad_on <= t.as_of) as before_minor,
    sum(t.open_minor + p.after_start) filter (where t.issued_on <= t.as_of) as exposure_minor
  from items t, lateral (
    select
      coalesce(sum(a.amount_minor) filter (where a.applied_on > t.bad_on), 0) as after_bad,
      coalesce(sum(a.amount_minor) filter (where a.applied_on > t.unclear_on), 0) as after_unclear,
      coalesce(sum(a.amount_minor) filter (where a.applied_on > t.as_of), 0) as after_start
    from receivables_allocation a where a.invoice_id = t.id offset 0
  ) p
  group by t.customer_id
)
select f.customer_id, f.points, f.probability, f.currency, f.as_of,
  coalesce(l.bad_minor, 0)::bigint, coalesce(l.unclear_minor, 0)::bigint,
  coalesce(l.before_minor, 0)::bigint, coalesce(l.exposure_minor, 0)::bigint
from first f left join late l on l.customer_id = f.customer_id
where f.points is not null and f.probability is not null
order by f.customer_id
"""


def outcomes(model_id: int, user: Any, today: date) -> tuple[list[Outcome], int, date | None]:
    """(customers with a known outcome, how many are unclear, the oldest judgement)."""
    days = {name: RULES[name] for name in ("bad_days", "unclear_days", "window_days")}
    found: list[Outcome] = []
    unclear, since = 0, None
    for row in _rows(_OUTCOMES, model_id, user, today=today, **days):
        customer, points, probability, currency, as_of, bad, late, before, exposure = row
        least = max(
            RULES["least_major"] * 10 ** exponent(currency),
            exposure * RULES["least_share_bps"] // 10_000,
        )
        if before >= least:  # was bad when it was judged: nothing is foretold here
            continue
        if bad < least and late >= least:
            unclear += 1
            continue
        since = as_of if since is None else min(since, as_of)
        found.append(
            Outcome(customer, float(scale.pd_of(points)), float(probability), bad >= least)
        )
    return found, unclear, since


def trial(model_id: int, user: Any, today: date) -> Trial:
    """Who was right so far; without powers while there are too few of either outcome."""
    known, unclear, since = outcomes(model_id, user, today)
    bads = sum(one.bad for one in known)
    if bads < LEAST_BADS or len(known) - bads < LEAST_BADS:
        return Trial(len(known), bads, unclear, since, None, None)
    truth = [one.bad for one in known]
    return Trial(
        len(known),
        bads,
        unclear,
        since,
        power([one.champion for one in known], truth),
        power([one.challenger for one in known], truth),
    )


def power(p: Sequence[float], bad: Sequence[bool]) -> Power:
    """Discrimination and calibration of probabilities against what became of the rows."""
    import numpy as np

    from xinheng.learning import measures

    scores, truth = np.array(p, dtype=np.float64), np.array(bad, dtype=np.bool_)
    auc = measures.discrimination(scores, truth)
    curve = measures.curve(scores, truth)
    return Power(
        auc=(auc.value, auc.low, auc.high),
        ks=measures.ks(scores, truth),
        predicted=float(scores.mean()),
        observed=float(truth.mean()),
        curve=[(one.rows, one.bads, one.predicted, one.observed) for one in curve],
        fit_p=measures.hosmer_lemeshow(curve, fitted_on=False).p,
    )


def _rows(statement: str, model_id: int, user: Any, **values: Any) -> list[tuple[Any, ...]]:
    seen, who = _seen(user)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(seen=seen), {"model": model_id, **who, **values})
        return list(cursor.fetchall())


def _seen(user: Any) -> tuple[str, dict[str, Any]]:
    """The condition on customer `c` that goes with what this person may see."""
    if user.is_authenticated and user.sees_all_units:
        return "", {}
    visible = Customer.objects.all().visible_to(user)
    return "and c.id = any(%(visible)s)", {"visible": list(visible.values_list("id", flat=True))}
