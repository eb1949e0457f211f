"""The grade that counts: the model's, or what a person put in its place for a while.

After each assessment and each act on an override, the ratings concerned are read again against the
overrides in force: an upgrade carries at most the notches that were granted, falls with the model's
grade and never past a red line (`credit.grade_override`). A rating that stands on an upgrade is
good until the upgrade's last day at most, so that an order check the day after refers it even if no
round has ended the upgrade yet. Example: model BBB until 2027-05-19, raised to A until 2027-01-31:
the rating is A until 2027-01-31.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.db.models.expressions import RawSQL

from xinheng.credit import grade_override, scale
from xinheng.credit.grade_override import Granted
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.decisions.records import unpacked
from xinheng.policies.queries import live


class Standing(NamedTuple):
    """What counts of a customer's grade on a day, and what it was made of."""

    grade: str
    model_grade: str
    override: GradeOverride | None  # only where it makes a difference
    valid_until: date


def settle_ratings(customer_ids: Collection[int], day: date) -> dict[int, str]:
    """Write what counts on a day into these customers' ratings; a step of `assess` and of the acts
    on overrides. Returns the grades of those that stand otherwise than the model says.
    """
    mine = RawSQL("select unnest(%s::bigint[])", [list(customer_ids)])
    in_force = GradeOverride.objects.filter(customer_id__in=mine, state="in_force")
    overrides = {one.customer_id: one for one in in_force}
    concerned = Rating.objects.filter(
        ~Q(model_grade="") | Q(customer_id__in=list(overrides)), customer_id__in=mine
    )
    found: dict[int, str] = {}
    rows = (
        concerned.select_related("assessment")
        .order_by("customer_id")
        .select_for_update(of=("self",))
    )
    for rating in rows:
        stands = standing(rating.assessment, overrides.get(rating.customer_id), day)
        rating.grade, rating.model_grade = stands.grade, stands.model_grade
        rating.override, rating.valid_until = stands.override, stands.valid_until
        rating.save(update_fields=["grade", "model_grade", "override", "valid_until"])
        if stands.override is not None:
            found[rating.customer_id] = stands.grade
    return found


def standing(made: Assessment, override: GradeOverride | None, day: date) -> Standing:
    """The grade of an assessment on a day with an override, or without one."""
    model = made.grade
    plain = Standing(model, "", None, made.valid_until)
    if override is None or not model:
        return plain
    lines = red_lines_of(made)
    counts = grade_override.grade_on(day, model, granted_of(override), lines)
    if counts is None or counts == model:
        return plain
    raised = scale.grade_rank(counts) < scale.grade_rank(model)
    until = min(made.valid_until, override.valid_until) if raised else made.valid_until
    return Standing(counts, model, override, until)


def granted_of(override: GradeOverride) -> Granted:
    """The row as the pure rule reads it; it counts from the day it was decided."""
    return Granted(
        grade_override.VERSION,
        override.model_grade,
        override.grade,
        override.notches,
        date.min,
        override.valid_until,
    )


def red_lines_of(made: Assessment) -> tuple[str, ...]:
    """The red lines that an assessment drew. Of a person's rating: those of the ledger beside it.

    Older assessments kept no record; theirs are found again from their inputs by the live card.
    """
    if made.by_expert:
        ledger = newest_of_ledger(made.customer_id)
        return red_lines_of(ledger) if ledger is not None else ()
    if made.record is not None:
        return unpacked(made.record).said.red_lines
    card = live("scorecard")
    lines = card.body.get("red_lines", []) if card is not None else []
    return tuple(one["code"] for one in lines if _drawn(made.inputs, one))


def newest_of_ledger(customer_id: int) -> Assessment | None:
    """The newest assessment by a card, whatever rating is in force."""
    mine = Assessment.objects.filter(customer_id=customer_id, by_expert=False)
    return mine.order_by("-assessed_at", "-pk").first()


def _drawn(inputs: Mapping[str, str | None], line: Mapping[str, str]) -> bool:
    value = inputs.get(line["key"])
    try:
        return value is not None and Decimal(value) >= Decimal(line["at_least"])
    except ArithmeticError:
        return False
