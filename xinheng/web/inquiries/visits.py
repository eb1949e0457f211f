"""Visits: the list and the day, one planned, one visit to fill in on a phone, to review, to print.

Each section of the form is sent by itself as soon as it changes, and answers with one line: kept at
14:03, or what is wrong. Without script every section has its own button. Example: in a dead spot
the page says “not kept yet, will try again”, and what was typed stays where it is.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.customers.models import Customer
from xinheng.dossiers import filing
from xinheng.dossiers.uploads import BYTES_MAX, check_upload
from xinheng.inquiries import visit_review, visiting, visits
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import Tab
from xinheng.web.inquiries.visit_forms import PlanForm, position_of, taken_of

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

STATES = {
    "planned": (T("已计划", "planned"), "quiet"),
    "overdue": (T("已逾期", "overdue"), "act"),
    "done": (T("待复核", "waits for review"), "watch"),
    "reviewed": (T("已复核", "reviewed"), "within"),
    "cancelled": (T("已取消", "called off"), "quiet"),
}
TOLD_BY = {
    "picture": T("照片自带", "told by the picture"),
    "device": T("设备定位", "told by the device"),
    "person": T("人工填写", "told by the visitor"),
}
WHERE_ALLOWED = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"
SEALED_OFF = "sandbox; default-src 'none'; frame-ancestors 'none'"


def visits_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """A customer's visits; looked back at, those that had been handed in."""
    rows = visits.visits_of(request.user, customer, seen.day, known_at=seen.known_at)
    now = seen.known_at is None
    return {
        "visits": rows,
        "states": STATES,
        "may_plan": now and request.user.may(visiting.ASK),
        "now": now,
    }


@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """By tab, or one day with all its visits."""
    day, now = _day(request.GET.get("day", "")), today(timezone.now())
    tab = request.GET.get("tab", "planned")
    tab = tab if tab in visits.TABS else "planned"
    numbers = visits.counts(request.user, now)
    here = reverse("visits")
    tabs = [
        Tab(STATES[name][0], f"{here}?tab={name}", name == tab and day is None, numbers[name])
        for name in visits.TABS
    ]
    context = {
        "rows": visits.visits(request.user, tab, now, day=day),
        "tabs": tabs,
        "tab": tab,
        "day": day,
        "today": now,
        "states": STATES,
    }
    return render(request, "inquiries/visits.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """One for the calendar."""
    customer: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    first = {"planned_on": today(timezone.now()), "visitor": str(request.user.pk)}
    unit = customer.business_unit_id
    form = PlanForm(request.POST or None, unit_id=unit, initial=first)
    if request.method == "POST" and form.is_valid():
        new = form.told(customer.code)
        try:
            made = visiting.plan_visit(new, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, str(T("已列入计划。", "It is on the calendar.")))
            return redirect("visit", visit=made)
    status = 422 if request.method == "POST" else 200
    context = {"customer": customer, "form": form}
    return render(request, "inquiries/visit_plan.html", context, status=status)


@require_safe
def visit(request: HttpRequest, visit: UUID) -> HttpResponse:
    """The visit: to fill in for who goes, to review for who stayed, to read for all."""
    return _page(request, visit)


def _page(
    request: HttpRequest,
    visit_id: UUID,
    *,
    wrong: Refused | None = None,
    at: str = "",
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    """The page; `wrong` stands at the part `at`, with what was typed there."""
    whole = visits.one_visit(request.user, visit_id, today(timezone.now()))
    if whole is None:
        raise Http404
    mine = request.user.pk in visiting.there(whole.row)
    told = dict(whole.told or {})
    filled = [code for code in told if told[code].get("rating")]
    if wrong is not None and at in whole.form.sections:
        told[at] = typed or {}
    context = {
        "whole": whole,
        "visit": whole.row,
        "seen": whole.seen,
        "customer": whole.row.customer,
        "state": STATES["overdue" if whole.seen.overdue_days else whole.row.state],
        "sections": [(one, told.get(one.code, {})) for one in whole.form.sections.values()],
        "filled": len(filled),
        "editable": mine and whole.row.state == "planned" and request.user.may(visiting.ASK),
        "reviewable": not mine
        and whole.row.state == "done"
        and request.user.may(visit_review.REVIEW),
        "may_cancel": whole.row.state == "planned" and request.user.may(visiting.ASK),
        "told_by": TOLD_BY,
        "wrong": {"at": at, "text": wrong.text} if wrong else None,
        "typed": typed or {},
    }
    response = render(request, "inquiries/visit.html", context, status=422 if wrong else 200)
    if context["editable"]:  # the one page that asks the device where it is, when told to
        response["Permissions-Policy"] = WHERE_ALLOWED
    return response


# --- What is done to it


@require_POST
def begin(request: HttpRequest, visit: UUID) -> HttpResponse:
    """On the spot: where."""
    place = request.POST.get("place", "")
    position = position_of(request.POST)
    told = {"actor": actor_of(request), "at": timezone.now()}
    return _did(
        request, visit, "where", lambda: visiting.begin_visit(visit, position, place, **told)
    )


@require_POST
def section(request: HttpRequest, visit: UUID, section: str) -> HttpResponse:
    """One section of the draft."""
    typed = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    told = {"actor": actor_of(request), "at": timezone.now()}
    wrong: Refused | None = None
    try:
        visiting.save_section(visit, section, typed, **told)
    except Refused as refused:
        _absent(refused)
        wrong = refused
    if request.htmx:
        context = {"wrong": wrong, "now": timezone.now()}
        status = 422 if wrong else 200
        return render(request, "inquiries/_section_status.html", context, status=status)
    if wrong:
        return _page(request, visit, wrong=wrong, at=section, typed=typed)
    return redirect(f"{reverse('visit', args=[visit])}#section-{section}")


@require_POST
def photo(request: HttpRequest, visit: UUID) -> HttpResponse:
    """One photo; what it says of time and place is read before it is taken off."""
    file = request.FILES.get("file")

    def file_it() -> None:
        content = file.read(BYTES_MAX + 1) if file else b""
        now = timezone.now()
        taken = taken_of(request.POST, content, zone=timezone.get_current_timezone(), now=now)
        upload = check_upload(file.name or "" if file else "", content)
        about = request.POST.get("section", "")
        visiting.add_photo(visit, upload, about, taken, actor=actor_of(request), at=now)

    return _did(request, visit, "photos", file_it)


@require_POST
def submit(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Hand it in."""
    told = {"actor": actor_of(request), "at": timezone.now()}
    return _did(request, visit, "submit", lambda: visiting.submit_visit(visit, **told))


@require_POST
def cancel(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Call it off."""
    reason = request.POST.get("reason", "")
    told = {"actor": actor_of(request), "at": timezone.now()}
    return _did(request, visit, "cancel", lambda: visiting.cancel_visit(visit, reason, **told))


@require_POST
def review(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Accept it, or give it back."""
    statement = request.POST.get("statement", "")
    told = {"actor": actor_of(request), "at": timezone.now()}
    if request.POST.get("decision") == "back":
        return _did(
            request, visit, "review", lambda: visit_review.send_back(visit, statement, **told)
        )
    sure = request.POST.get("confidence", "")
    confidence = int(sure) if sure.isdecimal() and len(sure) <= 3 else -1
    return _did(
        request,
        visit,
        "review",
        lambda: visit_review.review_visit(visit, statement, confidence, **told),
    )


def _did(request: HttpRequest, visit_id: UUID, at: str, act: Any) -> HttpResponse:
    """Do it and go back to its place on the page; a refusal stands there."""
    try:
        act()
    except Refused as refused:
        _absent(refused)
        typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        return _page(request, visit_id, wrong=refused, at=at, typed=typed)
    return redirect(f"{reverse('visit', args=[visit_id])}#{at}")


def _absent(refused: Refused) -> None:
    if refused.code is InquiryRefusal.UNKNOWN_VISIT:
        raise Http404


@require_safe
def open_photo(request: HttpRequest, visit: UUID, photo: int) -> HttpResponse:
    """The picture itself; who was given it is on record."""
    whole = visits.one_visit(request.user, visit, today(timezone.now()))
    rows = [one for one in whole.photos if one.pk == photo] if whole else []
    if not rows:
        raise Http404
    given = filing.hand_out(rows[0].document_id, actor=actor_of(request), at=timezone.now())
    if not given.media_type.startswith("image/"):
        raise Http404
    response = HttpResponse(given.content, content_type=given.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SEALED_OFF
    response["Cache-Control"] = "private, no-store"
    return response
