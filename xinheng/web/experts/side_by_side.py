"""All models of one customer side by side: the behaviour card of the ledger, the cards that persons
fill in, what reads the statement; each with its class, band, coverage, day and person.

Nothing is averaged: models that disagree are a reason to look, so the page shows how each came to
its answer. Example: behaviour card BBB (612 points), 6C CA2 worth BB by Anna, Z″ 2.8626 safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.modelling import expert_reading, expert_runs
from xinheng.modelling.expert_grades import MODELS, ExpertModel
from xinheng.web.decisions.words import ref
from xinheng.web.experts import words
from xinheng.web.experts.words import Shown
from xinheng.web.files.finding import customer_of

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

VIEW = "models.view"


class Row(Struct, frozen=True):
    """A model and its newest run, if there is one."""

    model: ExpertModel
    one: Shown | None


@require_safe
def models_page(request: HttpRequest, code: str) -> HttpResponse:
    """Every model with its newest answer, challengers, and all runs so far."""
    customer = customer_of(request, code)
    runs = expert_reading.runs_of(request.user, customer.pk)
    newest = expert_reading.newest_of_each(runs)
    compared = [
        found
        for run in newest.values()
        if (found := expert_reading.compared(run, runs)) is not None
    ]
    behaviour = expert_reading.newest_by_card(request.user, customer.pk)
    context = {
        "customer": customer,
        "rows": rows_of(newest),
        "behaviour": behaviour,
        "behaviour_name": ref(behaviour.card) if behaviour else None,
        "rating": rating_of(customer),
        "shadows": expert_reading.shadows_of(request.user, behaviour),
        "runs": [words.shown(run) for run in runs],
        "compared": [
            (words.shown(one.one), words.shown(one.other), one.agreement) for one in compared
        ],
        "may_rate": request.user.may(expert_runs.RATE),
    }
    return render(request, "experts/models.html", context)


def rows_of(newest: dict[str, Any]) -> list[Row]:
    return [
        Row(model, words.shown(newest[code]) if code in newest else None)
        for code, model in MODELS.items()
    ]


def rating_of(customer: Customer) -> dict[str, Any] | None:
    """The rating in force, with the name of what it stands on."""
    rating = Rating.objects.select_related("assessment").filter(customer=customer).first()
    if rating is None:
        return None
    return {"rating": rating, "name": ref(rating.assessment.card)}


def models_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any] | None:
    """The grades of all models that were run, for the overview of a file; of today only."""
    if seen.known_at is not None or not request.user.may(VIEW):
        return None
    runs = expert_reading.runs_of(request.user, customer.pk)
    behaviour = expert_reading.newest_by_card(request.user, customer.pk)
    newest = expert_reading.newest_of_each(runs)
    shown = [words.shown(newest[code]) for code in MODELS if code in newest]
    return {
        "behaviour": behaviour,
        "behaviour_name": ref(behaviour.card) if behaviour else None,
        "shown": shown,
        "may_rate": request.user.may(expert_runs.RATE),
    }
