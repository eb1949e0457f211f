"""One field of a credit file opened, and the forms that enter or correct a fact.

The drawer has an address of its own: with htmx it fills a dialog beside the file, without script it
is a page. It shows every source, the evidence, who entered, verified and reviewed, the legal basis,
the conflict cases and the whole history. Entering and correcting wait for another person; while one
looks back at a past day neither is there (409).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.credit_file import HistoryRow, entries_of, history
from xinheng.dossiers.fields import Field, catalogue
from xinheng.dossiers.lineage import records_of, whole_file
from xinheng.dossiers.measures import tier_of
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.ledger.queries import Status, statuses
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.files.block import Line, line_of
from xinheng.web.files.fact_form import CorrectForm, EnterForm, ValueForm, first_values
from xinheng.web.files.finding import base_currency, customer_of
from xinheng.web.files.looking_back import View, view_of
from xinheng.web.frame.access import actor_of

CASES_MAX = 20
ENTERED = T("已录入，等待另一人核验。", "Entered; it waits for another person to verify it.")


class Past(Struct, frozen=True):
    """A row of the history in words."""

    row: HistoryRow
    line: Line
    state: T
    tone: str
    proofs: list[Status] = []


class Case(Struct, frozen=True):
    """A conflict case; `open` as of the day one looks at."""

    id: int
    opened_at: datetime
    open: bool
    resolved_at: datetime | None
    resolved_by: str
    reason: str


@require_safe
def field_page(request: HttpRequest, code: str, field: str) -> HttpResponse:
    """The drawer of one field."""
    customer, found = customer_of(request, code), _field(field)
    view = view_of(request)
    context = _opened(request, customer, found, view)
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "files/_field.html" if part else "files/field.html", context)


def _opened(request: HttpRequest, customer: Customer, field: Field, view: View) -> dict[str, Any]:
    day, known_at = view.seen
    whole = whole_file(request.user, customer, valid_on=day, known_at=known_at, opened=[field.code])
    held = next(one for one in whole.file.fields if one.field == field.code)
    members = records_of(request.user, customer)
    past, records = _past(request.user, members, field, known_at)
    cases = _cases(request.user, members, field.code, known_at)
    entries = entries_of([row.fact.id for row in past], known_at=known_at)
    proofs = statuses(entry for ids in entries.values() for entry in ids)
    names = words.names_of(
        [*held.facts, *(row.fact for row in past)], (case.resolved_by_id for case in cases)
    )
    tier = tier_of(customer.status)
    may_enter = view.back is None and request.user.may(facts.ENTER)
    return {
        "customer": customer,
        "view": view,
        "field": field,
        "part": next(one for one in catalogue().blocks if one.code == field.block),
        "held": held,
        "state": words.STATES[held.state],
        "secrecy": words.SECRECY[field.secrecy],
        "max_age": field.max_age_days[tier],
        "tier": tier,
        "lines": [line_of(field, fact, names, tier, day, whole.records) for fact in held.facts],
        "past": [
            Past(
                row,
                line_of(field, row.fact, names, tier, day, records),
                *words.STANDINGS[row.state],
                [proofs[entry] for entry in entries.get(row.fact.id, ())],
            )
            for row in past
        ],
        "cases": [_case(case, names, known_at) for case in cases],
        "bases": words.BASES,
        "may_enter": may_enter,
        "may_prove": request.user.may("ledger.verify"),
        "may_verify": view.back is None and request.user.may(facts.VERIFY),
        "enter": f"{reverse('file-enter', args=[customer.code])}?field={field.code}",
    }


def _past(
    user: Any, members: list[Customer], field: Field, known_at: datetime | None
) -> tuple[list[HistoryRow], dict[int, str]]:
    """Everything ever entered for a field, the newest first, and which merged record holds it."""
    found, records = [], {}
    for place, one in enumerate(members):
        rows = history(user, one, field.code, known_at=known_at)
        found += rows
        if place:
            records |= {row.fact.id: one.code for row in rows}
    if members[1:]:
        found.sort(key=lambda row: (row.fact.entered_at, row.fact.id), reverse=True)
    return found, records


def _cases(user: Any, members: list[Customer], field: str, known_at: Any) -> list[ConflictCase]:
    rows = ConflictCase.objects.visible_to(user).filter(customer__in=members, field=field)
    if known_at is not None:
        rows = rows.filter(opened_at__lte=known_at)
    return list(rows.order_by("-opened_at")[:CASES_MAX])


def _case(case: ConflictCase, names: dict[int, str], known_at: datetime | None) -> Case:
    decided = case.resolved_at
    if decided is None or (known_at is not None and decided > known_at):
        return Case(case.pk, case.opened_at, True, None, "", "")
    by = names.get(case.resolved_by_id or 0, "")
    return Case(case.pk, case.opened_at, False, decided, by, case.reason)


# --- Entering and correcting


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a field of the catalogue, then say what it is."""
    customer = customer_of(request, code)
    if (refused := _looking_back(request)) is not None:
        return refused
    chosen = request.GET.get("field", "")
    if not chosen:
        return _choose(request, customer)
    field = _field(chosen)
    begun = {"observed_on": today(timezone.now())}
    form = EnterForm(request.POST or None, field=field, currency=base_currency(), initial=begun)
    if request.method == "POST":
        done = _try(form, lambda: facts.enter_fact(form.told(customer.code), **_who(request)))
        if done:
            return _entered(request, customer, field)
    title = T("录入：{zh}", "Enter: {en}").format(zh=field.name.zh, en=field.name.en)
    return _form_page(request, customer, field, form, title, _standing(request, customer, field))


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, code: str, fact: int) -> HttpResponse:
    """Say what a fact that stands in the file should have said."""
    customer = customer_of(request, code)
    if (refused := _looking_back(request)) is not None:
        return refused
    row = get_object_or_404(
        Fact.objects.visible_to(request.user).current().filter(customer=customer), pk=fact
    )
    field = _field(row.field)
    shown = next(
        one.fact for one in history(request.user, customer, row.field) if one.fact.id == row.pk
    )
    begun = first_values(field, shown.value, row.observed_on)
    form = CorrectForm(request.POST or None, field=field, currency=base_currency(), initial=begun)
    if request.method == "POST":
        done = _try(form, lambda: _correct(request, row.pk, form))
        if done:
            return _entered(request, customer, field)
    title = T("更正：{zh}", "Correct: {en}").format(zh=field.name.zh, en=field.name.en)
    context = {"was": words.told(field, shown.value), "source": words.source(row.source)}
    return _form_page(request, customer, field, form, title, context)


def _correct(request: HttpRequest, fact: int, form: CorrectForm) -> int:
    told = form.cleaned_data
    observed = told["observed_on"]
    return facts.correct_fact(
        fact, form.typed(), told["reason"], observed_on=observed, **_who(request)
    )


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "at": timezone.now()}


def _try(form: ValueForm, act: Any) -> bool:
    """Whether it was done; a refusal stands in the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except Refused as refused:
        form.say_refusal(refused)
        return False
    return True


def _entered(request: HttpRequest, customer: Customer, field: Field) -> HttpResponse:
    messages.success(request, str(ENTERED))
    return redirect(reverse("file-block", args=[customer.code, field.block]) + f"#{field.code}")


def _looking_back(request: HttpRequest) -> HttpResponse | None:
    """Forms belong to the file as it stands: with a past day in the address there is none."""
    if view_of(request).back is None:
        return None
    text = T(
        "正在回看过去某一天的档案，不能录入。请先回到今天。",
        "You look at a past day of the file, where nothing is entered: return to today first.",
    )
    return render(request, "parts/refused.html", {"text": text}, status=409)


def _standing(request: HttpRequest, customer: Customer, field: Field) -> dict[str, Any]:
    """What the file says of the field while one enters another fact of it."""
    day = today(timezone.now())
    whole = whole_file(request.user, customer, valid_on=day, opened=[field.code])
    held = next(one for one in whole.file.fields if one.field == field.code)
    names, tier = words.names_of(held.facts), tier_of(customer.status)
    return {
        "held": held,
        "state": words.STATES[held.state],
        "lines": [line_of(field, fact, names, tier, day, whole.records) for fact in held.facts],
    }


def _field(code: str) -> Field:
    found = catalogue().fields.get(code)
    if found is None:
        raise Http404("no such field")
    return found


def _choose(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The catalogue by block; the block that one came from stands first."""
    first = request.GET.get("block", "")
    blocks = sorted(catalogue().blocks, key=lambda block: block.code != first)
    fields = catalogue().fields.values()
    groups = [(block, [one for one in fields if one.block == block.code]) for block in blocks]
    address = reverse("file-enter", args=[customer.code])
    context = {"customer": customer, "groups": groups, "address": address}
    status = 422 if request.method == "POST" else 200
    return render(request, "files/enter_choose.html", context, status=status)


def _form_page(
    request: HttpRequest,
    customer: Customer,
    field: Field,
    form: ValueForm,
    title: T,
    further: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "customer": customer,
        "field": field,
        "form": form,
        "title": title,
        "secrecy": words.SECRECY[field.secrecy],
        "back": reverse("file-field", args=[customer.code, field.code]),
        "here": f"{request.path}?{urlencode({'field': field.code})}",
        **(further or {}),
    }
    return render(request, "files/fact_form.html", context, status=422 if form.errors else 200)
