"""Reads of expert runs: all of a customer, the newest of each model, how far two raters agree.

Two runs of the same model by different persons, at most 30 days apart, are two readings of one
customer; weighted kappa says how far they agree and which items lie farthest apart. Example: 18
factors scored by Bob and by Alice with κ 0.71, farthest apart on "bank credit" (8 against 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.agreement import Agreement, cohen
from xinheng.decisions.models import Assessment
from xinheng.modelling.expert_grades import CARDS, COMPARE_WITHIN_DAYS
from xinheng.modelling.models import ExpertRun, ShadowScore

RUNS_MAX: Final = 200
SCORES: Final = range(1, 11)
SHADOWS_MAX: Final = 20


class Compared(Struct, frozen=True):
    """Two runs and how far they agree; `farthest` are the items where they differ most."""

    one: ExpertRun
    other: ExpertRun
    agreement: Agreement


def runs_of(user: Any, customer_id: int) -> list[ExpertRun]:
    """A customer's runs that the user may see, the newest first."""
    rows = ExpertRun.objects.visible_to(user).filter(customer_id=customer_id)
    people = rows.select_related("run_by", "adopted_by", "customer")
    return list(people.order_by("-run_at", "-pk")[:RUNS_MAX])


def run_of(user: Any, customer_id: int, run_id: int) -> ExpertRun | None:
    """One run of a customer, if the user may see it."""
    rows = ExpertRun.objects.visible_to(user).filter(customer_id=customer_id, pk=run_id)
    found: ExpertRun | None = rows.select_related("run_by", "adopted_by", "customer").first()
    return found


def newest_of_each(runs: Sequence[ExpertRun]) -> dict[str, ExpertRun]:
    """The newest run of each model; `runs` come newest first."""
    found: dict[str, ExpertRun] = {}
    for run in runs:
        found.setdefault(run.model, run)
    return found


def compared(run: ExpertRun, runs: Sequence[ExpertRun]) -> Compared | None:
    """A run beside the newest one of the same card by another person, near it in time."""
    if run.model not in CARDS:
        return None
    near = timedelta(days=COMPARE_WITHIN_DAYS)
    others = (
        one
        for one in runs
        if one.model == run.model
        and one.version == run.version
        and one.run_by_id != run.run_by_id
        and abs(one.as_of - run.as_of) <= near
    )
    other = next(others, None)
    if other is None:
        return None
    return Compared(run, other, cohen(_scores(run), _scores(other), list(SCORES)))


def _scores(run: ExpertRun) -> Mapping[str, int | None]:
    return {key: given["score"] for key, given in run.answers.items()}


def newest_by_card(user: Any, customer_id: int) -> Assessment | None:
    """The newest assessment of the ledger by the card."""
    rows = Assessment.objects.visible_to(user).filter(customer_id=customer_id, by_expert=False)
    found: Assessment | None = rows.order_by("-assessed_at", "-pk").first()
    return found


def shadows_of(user: Any, assessment: Assessment | None) -> list[ShadowScore]:
    """What challengers say of the customer on the same assessment."""
    if assessment is None:
        return []
    rows = ShadowScore.objects.visible_to(user).filter(assessment=assessment)
    return list(
        rows.select_related("model").order_by("model__name", "-model__version")[:SHADOWS_MAX]
    )
