"""A customer's grade: the model's, the one in force with who said so until when, and asking for
another; the list of those that wait, and the rate of overrides.

Example: the model says BBB, A in force until 2027-05-20 because its parent vouches, asked by Anna,
confirmed by Fred; 3 of 40 ratings stand overridden, 7.50 %, within the 10 % aimed at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.credit import grade_override, scale
from xinheng.customers.models import Customer
from xinheng.decisions import overrides as reads
from xinheng.decisions import overriding
from xinheng.decisions.effective import newest_of_ledger, red_lines_of
from xinheng.decisions.models import GradeOverride, Rating
from xinheng.decisions.queries import assessments_of
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.reading import person_name
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.permissions import PERMISSIONS
from xinheng.web.grades.forms import OverrideForm

ASSESSMENTS_SHOWN: Final = 24
STATES: Final = {
    "asked": (T("待确认", "Waits"), "watch"),
    "in_force": (T("生效中", "In force"), "within"),
    "refused": (T("未同意", "Refused"), "stop"),
    "ended": (T("已结束", "Ended"), "none"),
}


def row_of(one: GradeOverride, user: Any) -> dict[str, Any]:
    """An override as lists show it, with what this person may do about it."""
    mine = one.asked_by_id == user.pk
    live = one.state in ("asked", "in_force")
    may_confirm = user.may(overriding.CONFIRM)
    return {
        "row": one,
        "state": STATES[one.state],
        "asked_by": person_name(one.asked_by),
        "decided_by": person_name(one.decided_by) if one.decided_by else "",
        "may_judge": one.state == "asked" and may_confirm and not mine,
        "may_end": live and (may_confirm or (user.may(overriding.OVERRIDE) and one.notches > 0)),
        "mine": mine,
    }


@require_safe
def grade(request: HttpRequest, code: str) -> HttpResponse:
    """The grade page of a customer."""
    return _page(request, _customer(request, code))


@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Want another grade; what is wrong stands beside its box."""
    customer, at = _customer(request, code), timezone.now()
    _, model = _rated(customer)
    form = OverrideForm(request.POST, model_grade=model, day=today(at))
    if not form.is_valid():
        return _page(request, customer, form)
    try:
        made = overriding.ask_override(form.told(customer.pk), actor=actor_of(request), at=at)
    except Refused as refused:
        form.add_refusal(refused)
        return _page(request, customer, form)
    messages.success(request, str(_DONE[made.state]))
    return redirect("grade", code=customer.code)


def _customer(request: HttpRequest, code: str) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    return found


def _rated(customer: Customer) -> tuple[Rating | None, str]:
    """The rating in force, and what the model says."""
    rows = Rating.objects.select_related("assessment", "override").filter(customer=customer)
    rated = rows.first()
    return rated, (rated.model_grade or rated.grade) if rated else ""


def _page(
    request: HttpRequest, customer: Customer, form: OverrideForm | None = None
) -> HttpResponse:
    day = today(timezone.now())
    rated, model = _rated(customer)
    context = _grade(request.user, customer, rated, model)
    context |= {"today": day, "form": form or OverrideForm(model_grade=model, day=day)}
    return render(request, "grades/grade.html", context, status=422 if form else 200)


_DONE: Final = {
    "asked": T("已提交，待另一位有权限的人确认。", "Asked: another person must confirm it."),
    "in_force": T("已下调，立即生效。", "Lowered, in force at once."),
}


def _grade(user: Any, customer: Customer, rated: Rating | None, model: str) -> dict[str, Any]:
    history = [row_of(one, user) for one in reads.of_customer(user, customer.pk)]
    ledger = newest_of_ledger(customer.pk) if rated and rated.assessment.by_expert else None
    lines = red_lines_of(rated.assessment) if rated else ()
    return {
        "customer": customer,
        "rating": rated,
        "model": model,
        "meaning": scale.meaning(rated.grade) if rated and rated.grade else None,
        "card": words.ref(rated.assessment.card) if rated else None,
        "ledger": ledger,
        "red_lines": [RED_LINES[one] for one in lines if one in RED_LINES],
        "history": history,
        "now": next((one for one in history if one["row"].state == "in_force"), None),
        "asked": next((one for one in history if one["row"].state == "asked"), None),
        "assessments": [
            (one, words.ref(one.card))
            for one in assessments_of(user, customer.pk, ASSESSMENTS_SHOWN)
        ],
        "may_list": user.may(PERMISSIONS["overrides"]),
        "may_ask": bool(model) and user.may(overriding.OVERRIDE),
    }


RED_LINES: Final = {row["code"]: T(row["zh"], row["en"]) for row in scale.red_line_rows()}


@require_safe
def overrides(request: HttpRequest) -> HttpResponse:
    """What waits for another person, what is in force, and how many there are."""
    user = request.user
    told = reads.rate_now(user)
    context = {
        "waiting": [row_of(one, user) for one in reads.waiting(user)],
        "in_force": [row_of(one, user) for one in reads.in_force(user)],
        "rate": told,
        "percent": None if told.rate is None else f"{told.rate * 100:.2f}",
        "aim": f"{grade_override.RATE_AIM * 100:.0f}",
    }
    return render(request, "grades/overrides.html", context)


@require_POST
def confirm(request: HttpRequest, override: int) -> HttpResponse:
    """Another person puts an upgrade in force."""
    said = T("已确认，等级已上调。", "Confirmed: the grade is raised.")
    return _act(request, override, overriding.confirm_override, said)


@require_POST
def refuse(request: HttpRequest, override: int) -> HttpResponse:
    """Another person turns it down."""
    return _act(request, override, overriding.refuse_override, T("未予同意。", "Turned down."))


@require_POST
def end(request: HttpRequest, override: int) -> HttpResponse:
    """The model's grade counts again; or what was asked is taken back."""
    said = T("已结束，恢复模型等级。", "Ended: the model's grade counts.")
    return _act(request, override, overriding.end_override, said)


def _act(
    request: HttpRequest, override: int, act: Callable[..., GradeOverride], said: T
) -> HttpResponse:
    """Carry it out and go back to the customer's grade."""
    found = reads.find(request.user, override)
    if found is None:
        raise Http404
    try:
        act(found.pk, request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.text))
    else:
        messages.success(request, str(said))
    return redirect("grade", code=found.customer.code)
