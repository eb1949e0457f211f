"""Registrations that outsiders handed in: the queue, and one of them with what stands beside it.

A colleague who did not make the link decides. The page shows each answer with the state of its
fact, papers, consent, what else the book knows by the same number or name, and says what must be
verified before the company can be taken on. Example: eleven answers wait, three bar the way.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.credit.identity import check
from xinheng.customers.models import AlikePair, Customer
from xinheng.customers.prospects import twins
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.inquiries import registering
from xinheng.inquiries import registration as form
from xinheng.inquiries.deciding import REVIEW, accept, refuse, send_back, unverified
from xinheng.inquiries.models import Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.sealing import opened
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.permissions import PERMISSIONS
from xinheng.web.frame.tables import tabs
from xinheng.web.outside.registering import brought, shown_answer

SHOWN_MAX: Final = 200
STATES: Final = {
    "submitted": (T("待决定", "Waits"), "watch"),
    "draft": (T("填写中", "Being written"), "quiet"),
    "returned": (T("已退回", "Returned"), "act"),
    "accepted": (T("已接受", "Accepted"), "within"),
    "refused": (T("已拒绝", "Refused"), "stop"),
}
OF_FACT: Final = {
    "verified": (T("已核验", "verified"), "within"),
    "second": (T("待复核", "second check"), "watch"),
    "waiting": (T("待核验", "waits"), "watch"),
    "conflict": (T("有分歧", "disputed"), "act"),
    "rejected": (T("已退回", "turned down"), "stop"),
}


@require_safe
def registrations(request: HttpRequest) -> HttpResponse:
    """Those that wait first, the longest wait on top."""
    seen = Registration.objects.all().visible_to(request.user)
    asked = request.GET.get("state", "submitted")
    asked = asked if asked in STATES else "submitted"
    order = "submitted_at" if asked == "submitted" else "-changed_at"
    rows = seen.filter(state=asked).select_related("customer", "link__made_person")
    choices = [
        (state, name, seen.filter(state=state).count()) for state, (name, _) in STATES.items()
    ]
    context = {
        "rows": rows.order_by(order, "pk")[:SHOWN_MAX],
        "state": asked,
        "tone": STATES[asked],
        "tabs": tabs(_with_default(request, asked), "state", choices),
        "may_decide": request.user.may(REVIEW),
        "may_link": request.user.may(PERMISSIONS["links"]),
        "now": timezone.now(),
    }
    return render(request, "inquiries/registrations.html", context)


def _with_default(request: HttpRequest, asked: str) -> HttpRequest:
    """Tabs mark what is shown, also where the address does not say it."""
    query = request.GET.copy()
    query["state"] = asked
    request.GET = query
    return request


@require_safe
def registration(request: HttpRequest, registration: UUID) -> HttpResponse:
    """One of them."""
    return _page(request, _found(request, registration))


@require_POST
def decide(request: HttpRequest, registration: UUID) -> HttpResponse:
    """Accept it, return it or refuse it; a refusal comes back beside the form."""
    row = _found(request, registration)
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    actor, now = actor_of(request), timezone.now()
    try:
        if verdict == "accept":
            accept(row.pk, actor=actor, at=now)
            done = T("{c} 已成为客户。", "{c} is a customer now.")
        elif verdict == "return":
            send_back(row.pk, reason, actor=actor, at=now)
            done = T("已退回 {c}，申请人会看到原因。", "{c} is returned; the applicant reads why.")
        elif verdict == "refuse":
            refuse(row.pk, reason, actor=actor, at=now)
            done = T("已拒绝 {c}。", "{c} is refused.")
        else:
            return _page(request, row, wrong=InquiryRefusal.NOT_SUBMITTED.value, status=422)
    except Refused as refused:
        return _page(request, row, wrong=refused.text, reason=reason, status=422)
    messages.success(request, str(done.format(c=row.customer.name)))
    return redirect("registrations")


def _found(request: HttpRequest, registration: UUID) -> Registration:
    rows = Registration.objects.all().visible_to(request.user)
    joined = rows.select_related("customer", "link__made_person", "decided_person")
    row: Registration = get_object_or_404(joined, pk=registration)
    if row.state == "draft":  # nobody reads what was not handed in
        raise Http404
    return row


def _page(
    request: HttpRequest,
    row: Registration,
    *,
    wrong: T | None = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    sheet = registering.sheet_of(row)
    sealed = row.reason_sealed
    said = opened(row.customer, "registration", "reason_sealed", row.pk, sealed) or ""
    notice = form.notice()
    context = {
        "row": row,
        "customer": row.customer,
        "state": STATES[row.state],
        "told": _told(row, sheet),
        "erased": row.answers_sealed is not None and not sheet.answers,
        "brought": brought(row),
        "consents": [one.text for one in notice.purposes if one.code in sheet.consents],
        "number": check("uscc", row.customer.uscc) if row.customer.uscc else None,
        "alike": _alike(request, row.customer),
        "licence": OF_FACT.get(_states(row.customer).get("business_licence", "")),
        "missing": unverified(row.customer),
        "own_link": row.link.made_person_id == request.user.pk,
        "said": said,
        "wrong": wrong,
        "reason": reason,
    }
    return render(request, "inquiries/registration.html", context, status=status)


def _told(row: Registration, sheet: registering.Sheet) -> list[dict[str, Any]]:
    """Step by step: field, answer, and how its fact stands."""
    states = _states(row.customer)
    told = []
    for step in form.steps():
        rows = [
            {
                "name": asked.name,
                "value": shown_answer(asked, sheet.answers),
                "fact": asked.fact,
                "state": OF_FACT.get(states.get(asked.fact, "")),
            }
            for asked in step.fields
            if sheet.answers.get(asked.code)
        ]
        told.append({"step": step, "rows": rows})
    return told


def _states(customer: Customer) -> dict[str, str]:
    """Field → how what the customer said of it stands, the newest fact counting."""
    facts = Fact.objects.filter(customer=customer, source=registering.SOURCE)
    cases = ConflictCase.objects.filter(customer=customer, resolved_at__isnull=True)
    found = {}
    for one in facts.order_by("entered_at", "pk"):
        if one.rejected_at is not None:
            found[one.field] = "rejected"
        elif one.known_since is not None:
            found[one.field] = "verified"
        else:
            found[one.field] = "second" if one.verified_by_id else "waiting"
    return found | dict.fromkeys(cases.values_list("field", flat=True), "conflict")


def _alike(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    """Other companies of the book that may be this one, as far as this person may see them."""
    found = [
        {"customer": one, "why": T("统一社会信用代码相同", "same USCC")}
        for one in twins(customer).visible_to(request.user)[:10]
    ]
    pairs = AlikePair.objects.visible_to(request.user).filter(different_at=None)
    mine = pairs.filter(Q(one=customer) | Q(other=customer)).select_related("one", "other")
    known = {one["customer"].pk for one in found}
    for pair in mine[:10]:
        other = pair.other if pair.one_id == customer.pk else pair.one
        if other.pk not in known:
            found.append({"customer": other, "why": T("名称或号码相近", "name or number alike")})
    return found
