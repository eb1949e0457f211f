"""Talks: follow-ups due for me and for those I see, the newest talks, one talk, writing one down.

A talk is on a page of its own, with its follow-up to close; the list shows who has to do what and
how late it is. Example: due on 2026-11-20, on the 22nd "2 days late".
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.customers.models import Customer
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.relations import actions, queries
from xinheng.relations.queries import Told
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs
from xinheng.web.relations.forms import CONCERNS, KINDS, TalkForm, colleagues

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

NO_DAY: Final = T("请填写跟进日期。", "Give the day to follow up.")
TABS: Final = {
    "mine": T("我的跟进", "Mine"),
    "all": T("全部跟进", "All follow-ups"),
    "newest": T("最近沟通", "Newest talks"),
}


def row_of(one: Told) -> dict[str, Any]:
    """A talk as lists show it."""
    return {"told": one, "kind": KINDS[one.row.kind], "concerns": CONCERNS[one.row.concerns]}


def talks_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """The newest talks with a customer, as they were known; what is due comes first."""
    rows = queries.talks_of(request.user, customer.pk, seen.day, known_at=seen.known_at)
    rows.sort(key=lambda one: one.due is None)
    may_write = seen.known_at is None and request.user.may(actions.WRITE)
    return {"rows": [row_of(one) for one in rows], "may_write": may_write}


@require_safe
def talks(request: HttpRequest) -> HttpResponse:
    """Follow-ups due, mine or all in sight; or the newest talks."""
    day, user = today(timezone.now()), request.user
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in TABS else "mine"
    counted = {name: queries.due(user, mine=name == "mine").count() for name in ("mine", "all")}
    if tab == "newest":
        rows = queries.newest(user, day)
    else:
        rows = queries.talks_due(user, day, mine=tab == "mine")
    context = {
        "rows": [row_of(one) for one in rows],
        "tabs": tabs(request, "tab", [(name, TABS[name], counted.get(name)) for name in TABS]),
        "tab": tab,
    }
    return render(request, "relations/talks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Write one down."""
    customer: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    at = timezone.now()
    first = {"day": today(at), "person": str(request.user.pk)}
    form = TalkForm(request.POST or None, initial=first, unit_id=customer.business_unit_id)
    if request.method == "POST" and form.is_valid():
        try:
            words = form.told(customer.code, today(at))
            row = actions.record_talk(words, actor=actor_of(request), at=at)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, str(T("已记录。", "It is on record.")))
            return redirect("talk", talk=row.pk)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "relations/new_talk.html", {"customer": customer, "form": form}, status=status
    )


@require_safe
def talk(request: HttpRequest, talk: UUID) -> HttpResponse:
    """One of them."""
    return _page(request, _found(request, talk))


@require_POST
def follow_up(request: HttpRequest, talk: UUID) -> HttpResponse:
    """A further day to follow it up."""
    one, said = _found(request, talk), request.POST
    try:
        day = date.fromisoformat(said.get("due_on", "")[:10])
    except ValueError:
        return _page(request, one, wrong=NO_DAY, where="follow", status=422)
    person = int(said["person"]) if said.get("person", "").isdecimal() else None
    try:
        actions.set_follow_up(one.row.pk, day, person, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, one, wrong=refused.text, where="follow", status=422)
    messages.success(request, str(T("已安排跟进。", "It will be followed up.")))
    return redirect("talk", talk=one.row.pk)


@require_POST
def done(request: HttpRequest, talk: UUID) -> HttpResponse:
    """The follow-up was done."""
    one, outcome = _found(request, talk), request.POST.get("outcome", "")
    try:
        actions.close_follow_up(one.row.pk, outcome, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, one, wrong=refused.text, where="done", status=422)
    messages.success(request, str(T("跟进已完成。", "The follow-up is done.")))
    return redirect("talk", talk=one.row.pk)


@require_POST
def withdraw(request: HttpRequest, talk: UUID) -> HttpResponse:
    """It was written down wrongly."""
    one, reason = _found(request, talk), request.POST.get("reason", "")
    try:
        actions.withdraw_talk(one.row.pk, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, one, wrong=refused.text, where="withdraw", status=422)
    messages.success(request, str(T("已撤回，仍可查阅。", "Withdrawn; it stays readable.")))
    return redirect("talk", talk=one.row.pk)


def _found(request: HttpRequest, talk: UUID) -> Told:
    one = queries.one_talk(request.user, talk, today(timezone.now()))
    if one is None:
        raise Http404
    return one


def _page(
    request: HttpRequest, one: Told, *, wrong: T | None = None, where: str = "", status: int = 200
) -> HttpResponse:
    customer = one.row.customer
    context = {
        **row_of(one),
        "customer": customer,
        "may_write": request.user.may(actions.WRITE) and not one.withdrawn,
        "people": colleagues(customer.business_unit_id),
        "me": str(request.user.pk),
        "today": today(timezone.now()),
        "typed": request.POST,
        "wrong": wrong,
        "where": where,
    }
    return render(request, "relations/talk.html", context, status=status)
