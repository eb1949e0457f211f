"""The rating board: how the book is graded now, how it moved, and what stands behind it.

    expected loss = middle of the grade's PD band × exposure (× loss given default, if one is set)

A grade on a day is that of the newest assessment by then, while it was valid, with the override
that stood on that day; an expert's valid rating is not pushed out by a card that can't rate. New
are customers entered since, gone are those closed or merged since. Worked: BBB 0.60 to 1.50 %,
middle 1.05 %; 2,000,000.00 used → 21,000.00 expected loss before any recovery.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from xinheng.credit import grade_override, scale, scorecard
from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document
from xinheng.decisions.models import GradeOverride
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.policies.queries import live
from xinheng.portfolio.overview import OWN, USED
from xinheng.receivables.as_of import rows

RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("ratings_v1.json").read_text(encoding="utf-8")
)
RUNS_OUT: Final[tuple[int, ...]] = tuple(RULES["runs_out_days"])
TIERS: Final = ("normal", "watch")
NEW: Final = "new"
GONE: Final = "gone"
_BANDS: Final = {row["grade"]: row["pd_bps"] for row in document("scale_v1.json")["grades"]}


class Asked(NamedTuple):
    """What the board is about: a day, an earlier one to compare with, a currency; None and "" mean
    all.
    """

    day: date
    before: date
    currency: str
    unit_id: int | None = None
    tier: str = ""


class Standing(NamedTuple):
    """One grade now; "" is not rated, or rated too long ago. loss None: no PD is known."""

    grade: str
    customers: int
    used_minor: int
    pd: Decimal | None
    loss_minor: int | None
    runs_out: dict[int, int]  # within so many days → customers


class Flow(NamedTuple):
    """How many went from one grade to another; NEW and GONE besides the grades and ""."""

    before: str
    after: str
    customers: int
    used_minor: int


class Mover(NamedTuple):
    """A customer whose grade is another than before, with the assessments that say why."""

    customer_id: int
    code: str
    name: str
    name_en: str
    before: str
    after: str
    used_minor: int
    before_id: int
    after_id: int
    override_id: int | None


class RunsOut(NamedTuple):
    """A rating that ends soon."""

    code: str
    name: str
    name_en: str
    grade: str
    valid_until: date
    used_minor: int


class RedLined(NamedTuple):
    """A customer whose grade is capped by a red line, whatever its points say."""

    code: str
    name: str
    name_en: str
    grade: str
    points: int | None
    line: str
    used_minor: int


class Line(NamedTuple):
    """One customer for the file that one takes along."""

    code: str
    name: str
    name_en: str
    unit: str
    grade: str
    model_grade: str
    points: int | None
    valid_until: date | None
    used_minor: int


def pd_mid(grade: str) -> Decimal | None:
    """The middle of the grade's PD band: BBB → 0.0105; not rated → None."""
    if grade not in _BANDS:
        return None
    low, high = _BANDS[grade]
    return Decimal(low + high) / 20_000


def expected_loss(grade: str, used_minor: int) -> int | None:
    """PD × what is used × loss given default; None without a grade. What is owed to the customer
    loses nothing.
    """
    if grade not in _BANDS:
        return None
    low, high = _BANDS[grade]
    lgd = 10_000 if RULES["lgd_bps"] is None else RULES["lgd_bps"]
    return divide_half_up(max(0, used_minor) * (low + high) * lgd, 20_000 * 10_000)


_FROM: Final = """
from limits_creditline l
join customers_customer c on c.id = l.customer_id
left join decisions_rating g on g.customer_id = l.customer_id
"""
_BOOK: Final = f"{_FROM} where {OWN} and l.currency = %(currency)s"
_GRADE = "coalesce(case when g.valid_until >= %(as_of)s then g.grade end, '')"
_RUN_OUT = ", ".join(
    f"count(*) filter (where g.grade <> '' and g.valid_until between %(as_of)s"
    f" and %(as_of)s + {days})"
    for days in RUNS_OUT
)


def standings(asked: Asked, user: Any) -> list[Standing]:
    """Every grade that somebody has, best first, "" last."""
    where, values = _narrowed(asked, user)
    found = rows(
        f"select {_GRADE}, count(*), sum({USED})::bigint, sum(greatest({USED}, 0))::bigint,"
        f" {_RUN_OUT} {_BOOK} {where} group by 1",
        values,
        asked.day,
    )
    told = [
        Standing(
            grade,
            customers,
            used,
            pd_mid(grade),
            expected_loss(grade, owed),
            dict(zip(RUNS_OUT, ends, strict=True)),
        )
        for grade, customers, used, owed, *ends in found
    ]
    return sorted(told, key=lambda one: scale.grade_rank(one.grade))


# --- Grades of a day gone by

_RANK: Final = "array_position(%(grades)s::text[], {}::text)"
# As `credit.grade_override.grade_on` says it; ranks count from 1.
_OVERRIDDEN = f"""case when o.id is null or base.grade = '' then base.grade
  when o.notches <= 0 then (%(grades)s::text[])[greatest({_RANK.format("base.grade")},
    {_RANK.format("o.grade")})]
  when base.grade = (%(grades)s::text[])[array_length(%(grades)s::text[], 1)] then base.grade
  else (%(grades)s::text[])[least({_RANK.format("base.grade")},
    greatest({_RANK.format("base.grade")} - o.notches, {_RANK.format("o.grade")}))] end"""
# `till`: the first instant after the day. A rating that is older than that was in force then, too;
# only who was assessed since is looked up.
_ON_A_DAY = """
left join lateral (
  select a.id, a.grade, a.valid_until, a.by_expert from decisions_assessment a
  where a.customer_id = b.customer_id and a.assessed_at < %({till})s
  order by a.assessed_at desc, a.id desc limit 1 offset 0
) n on true
left join lateral (
  select a.id, a.grade, a.valid_until from decisions_assessment a
  where n.grade = '' and not n.by_expert and a.customer_id = b.customer_id
    and a.assessed_at < %({till})s and a.grade <> '' and a.by_expert
    and a.valid_until >= %({day})s
    and not exists (select 1 from decisions_assessment m where m.customer_id = a.customer_id
      and m.assessed_at < %({till})s and m.grade <> '' and not m.by_expert
      and (m.assessed_at, m.id) > (a.assessed_at, a.id))
  order by a.assessed_at desc, a.id desc limit 1 offset 0
) e on true
cross join lateral (
  select coalesce(e.id, n.id) as id,
    coalesce(e.grade, case when n.valid_until >= %({day})s then n.grade end, '') as grade
) base
left join decisions_gradeoverride o on o.customer_id = b.customer_id
  and o.state in ('in_force', 'ended') and coalesce(o.decided_at, o.asked_at) < %({till})s
  and (o.ended_at is null or o.ended_at >= %({till})s) and o.valid_until >= %({day})s
"""


def _moves(asked: Asked, user: Any, today: date) -> tuple[str, dict[str, Any]]:
    """(statement, values): one row a customer with its grades before and after."""
    where, values = _narrowed(asked, user)
    values |= {
        "grades": list(scale.GRADES),
        "before": asked.before,
        "before_till": _after(asked.before),
        "after": asked.day,
        "after_till": _after(asked.day),
    }
    book = (
        f"select l.customer_id, {USED} as used, c.created_at, c.status, c.merged_into_id,"
        " c.updated_at, g.grade, g.valid_until, g.assessment_id, g.override_id"
        f" {_BOOK} {where}"
    )
    before = _ON_A_DAY.format(till="before_till", day="before")
    start = (
        f"select b.*, base.id as before_id, case when b.created_at >= %(before_till)s then '{NEW}'"
        f" else {_OVERRIDDEN} end as before from book b {before}"
    )
    if asked.day >= today:  # the row in force is at hand, with its override
        end = (
            "select s.*, s.assessment_id as after_id, coalesce(case when s.valid_until >= %(as_of)s"
            " then s.grade end, '') as graded from started s"
        )
    else:
        after = _ON_A_DAY.format(till="after_till", day="after")
        end = f"select b.*, base.id as after_id, {_OVERRIDDEN} as graded from started b {after}"
    gone = "(m.status = 'closed' or m.merged_into_id is not null)"
    return (
        f"with book as materialized ({book}), started as ({start}), moved as ({end})"
        f" select m.*, case when {gone} then '{GONE}' else m.graded end as after from moved m"
        f" where not ({gone} and m.updated_at < %(before_till)s)"
        f" and m.created_at < %(after_till)s",
        values,
    )


def flows(asked: Asked, user: Any, today: date) -> list[Flow]:
    """The migration matrix as a list of its cells."""
    statement, values = _moves(asked, user, today)
    found = rows(
        f"select before, after, count(*), sum(used)::bigint from ({statement}) x group by 1, 2",
        values,
        asked.day,
    )
    return [Flow(*row) for row in found]


def movers(asked: Asked, user: Any, today: date) -> tuple[list[Mover], list[Mover]]:
    """(worse, better) than before, the most notches first and then the most exposure."""
    statement, values = _moves(asked, user, today)
    gap = f"{_RANK.format('x.after')} - {_RANK.format('x.before')}"
    found = rows(
        "select y.customer_id, c.code, c.name, c.name_en, y.before, y.after, y.used, y.before_id,"
        " y.after_id, y.override_id, y.gap from (select x.*,"
        f" {gap} as gap, row_number() over (partition by sign({gap})"
        f" order by abs({gap}) desc, x.used desc, x.customer_id) as place from ({statement}) x"
        f" where {gap} <> 0) y join customers_customer c on c.id = y.customer_id"
        " where y.place <= %(most)s order by y.place",
        values | {"most": RULES["movers_shown"]},
        asked.day,
    )
    worse = [Mover(*row[:10]) for row in found if row[10] > 0]
    return worse, [Mover(*row[:10]) for row in found if row[10] < 0]


def _after(day: date) -> datetime:
    """The first instant after a day of the company's calendar."""
    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


# --- What stands behind the grades now


def runs_out(asked: Asked, user: Any) -> list[RunsOut]:
    """Ratings in force that end within the longest window, the soonest first."""
    where, values = _narrowed(asked, user)
    found = rows(
        f"select c.code, c.name, c.name_en, g.grade, g.valid_until, {USED} {_BOOK} {where}"
        " and g.grade <> '' and g.valid_until between %(as_of)s and %(as_of)s + %(days)s"
        " order by g.valid_until, 6 desc, c.code limit %(most)s",
        values | {"days": RUNS_OUT[-1], "most": RULES["rows_shown"]},
        asked.day,
    )
    return [RunsOut(*row) for row in found]


# The worst line that the newest inputs draw; a text that is no number draws none.
_DRAWN: Final = """
join decisions_assessment a on a.id = g.assessment_id and not a.by_expert
join lateral (
  select t.code from unnest(%(codes)s::text[], %(keys)s::text[], %(bounds)s::numeric[],
    %(ranks)s::int[]) as t(code, key, bound, rank)
  where a.inputs ->> t.key ~ '^-?[0-9]+([.][0-9]+)?$' and (a.inputs ->> t.key)::numeric >= t.bound
  order by t.rank desc, t.code limit 1
) r on true
"""


def red_lined(asked: Asked, user: Any) -> tuple[list[RedLined], int]:
    """(the largest of them, how many): customers whose inputs draw a red line of the live card."""
    policy = live("scorecard")
    lines = scorecard.load(policy.body).red_lines if policy is not None else ()
    if not lines:
        return [], 0
    ranks = [scale.grade_rank(scale.RED_LINES[one.code]) for one in lines]
    where, values = _narrowed(asked, user)
    values |= {
        "codes": [one.code for one in lines],
        "keys": [one.key for one in lines],
        "bounds": [one.at_least for one in lines],
        "ranks": ranks,
        # no red line leaves more than the first of these, so better grades need not be read
        "poor": list(scale.GRADES[min(ranks) :]),
        "most": RULES["rows_shown"],
    }
    found = rows(
        f"select c.code, c.name, c.name_en, g.grade, g.points, r.code, {USED}, count(*) over ()"
        f" {_FROM} {_DRAWN} where {OWN} and l.currency = %(currency)s {where}"
        " and g.grade = any(%(poor)s) and g.valid_until >= %(as_of)s"
        " order by 7 desc, c.code limit %(most)s",
        values,
        asked.day,
    )
    return [RedLined(*row[:7]) for row in found], found[0][7] if found else 0


def overrides(asked: Asked, user: Any) -> Any:
    """Overrides in force of the customers asked about, those that end first at the top."""
    found = GradeOverride.objects.visible_to(user).filter(
        state="in_force", valid_until__gte=asked.day
    )
    if asked.unit_id is not None:
        found = found.filter(customer__business_unit_id=asked.unit_id)
    if asked.tier:
        watch = Q(customer__status="watch")
        found = found.filter(watch if asked.tier == "watch" else ~watch)
    return found.select_related("customer", "asked_by", "decided_by").order_by("valid_until", "pk")


def override_rate(count: int, told: Iterable[Standing]) -> Decimal | None:
    """Overrides as a share of the ratings in force; to be kept within `grade_override.RATE_AIM`."""
    return grade_override.rate(count, sum(one.customers for one in told if one.grade))


def lines(asked: Asked, user: Any) -> list[Line]:
    """Every customer of the board, by code, RULES["export_rows_max"] at most."""
    where, values = _narrowed(asked, user)
    found = rows(
        f"select c.code, c.name, c.name_en, coalesce(u.code, ''), {_GRADE}, coalesce(case when"
        " g.valid_until >= %(as_of)s then coalesce(nullif(g.model_grade, ''), g.grade) end, ''),"
        f" g.points, g.valid_until, {USED}"
        f" {_FROM} left join people_businessunit u on u.id = c.business_unit_id"
        f" where {OWN} and l.currency = %(currency)s {where} order by c.code limit %(most)s",
        values | {"most": RULES["export_rows_max"]},
        asked.day,
    )
    return [Line(*row) for row in found]


def _narrowed(asked: Asked, user: Any) -> tuple[str, dict[str, Any]]:
    """The conditions on customer `c`, after a "where": what is asked for, and what may be seen."""
    said, values = [""], {"currency": asked.currency, "unit": asked.unit_id}
    if asked.unit_id is not None:
        said.append("c.business_unit_id = %(unit)s")
    if asked.tier:
        said.append("c.status = 'watch'" if asked.tier == "watch" else "c.status <> 'watch'")
    if user is not None and not (user.is_authenticated and user.sees_all_units):
        said.append("c.business_unit_id = %(own_unit)s")
        values["own_unit"] = user.business_unit_id if user.is_authenticated else None
    return " and ".join(said), values
