"""A new customer introduces itself: a start page, four steps, papers, consent and review, a status.

Each step is a page of its own that works without a script, keeps what was typed and says at the box
what is wrong; the draft is kept at every step and has an address of its own. After handing in there
is only the status, until it comes back with a reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from msgspec import Struct

from xinheng.credit.divisions import division, divisions_named
from xinheng.credit.industries import industries_named, industry
from xinheng.credit.money import display, to_minor
from xinheng.dossiers.fields import BadValue
from xinheng.dossiers.models import Document
from xinheng.dossiers.uploads import BYTES_MAX, ENDINGS, check_upload
from xinheng.inquiries import registering
from xinheng.inquiries import registration as form
from xinheng.inquiries.handing_in import submit
from xinheng.inquiries.models import Link, Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.sealing import opened
from xinheng.people.queries import company
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.documents import weight_text
from xinheng.web.outside.answering import answer_page
from xinheng.web.outside.applying import apply_page
from xinheng.web.outside.entry import TOO_OFTEN, Opened, outsider
from xinheng.web.outside.pace import CHECKS_MAX, UPLOADS_MAX, pace
from xinheng.web.outside.step_form import StepForm

OFFERED_MAX: Final = 12
FURTHER: Final = {
    "papers": T("文件", "Papers"),
    "review": T("核对与提交", "Review and hand in"),
}
STATES: Final = {
    "submitted": T("已提交，正在核验", "Handed in, being verified"),
    "accepted": T("已通过", "Accepted"),
    "refused": T("未通过", "Not accepted"),
    "returned": T("请补充后重新提交", "Please mend it and hand it in again"),
}


class Mark(Struct, frozen=True):
    """One step in the row of steps; `done`: nothing required is missing there."""

    code: str
    name: T
    current: bool
    done: bool


@require_http_methods(["GET", "HEAD", "POST"])
@outsider
def door(request: HttpRequest, token: str, found: Opened) -> HttpResponse:
    """Where a token leads first: a start page, the draft, its status, or questions to answer."""
    if isinstance(found, Link) and found.kind == "reference":
        return answer_page(request, found)
    if isinstance(found, Link) and found.kind == "apply":
        return apply_page(request, token, found)
    if request.method == "POST":
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if isinstance(found, Registration):
        where = "status" if not registering.may_change(found, timezone.now()) else "review"
        return redirect("outside-step", token=token, step=where)
    return render(
        request,
        "outside/start.html",
        {"token": token, "link": found, "steps": form.steps(), "papers": form.papers()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@outsider
def step(request: HttpRequest, token: str, found: Opened, step: str) -> HttpResponse:
    """One step: its form, or what its form keeps."""
    if isinstance(found, Link):
        if found.kind != "register" or step != "company":
            raise Refused(InquiryRefusal.NO_ENTRY)
        return _fill_in(request, token, found, "company")
    closed = not registering.may_change(found, timezone.now())
    if step == "status" or closed:
        return _status(request, token, found, step)
    if step == "review":
        return _review(request, token, found)
    return _fill_in(request, token, found, step)


def _fill_in(request: HttpRequest, token: str, found: Opened, code: str) -> HttpResponse:
    asked = next((one for one in form.steps() if one.code == code), None)
    if asked is None:
        raise Refused(InquiryRefusal.NO_ENTRY)
    sheet = _sheet(found)
    later = "later" in request.POST
    typed = request.POST if request.method == "POST" else None
    shown = StepForm(asked, token, typed, sheet.answers, later=later)
    if typed is not None and shown.is_valid():
        now = timezone.now()
        token = _keep(found, token, shown.cleaned_data, now)
        onward = "review" if later else _after(code)
        return redirect(
            "outside-papers" if onward == "papers" else "outside-step", **_to(token, onward)
        )
    context = {"form": shown, "step": asked, "token": token, "marks": _marks(found, code)}
    kinds = {one.code: one.form for one in asked.fields}
    context["said"] = {
        name: _named(kinds[name], value)
        for name, value in sheet.answers.items()
        if kinds.get(name) in ("place", "industry")
    }
    context |= {"own": _own(request, token) if isinstance(found, Registration) else ""}
    return render(request, "outside/step.html", context, status=422 if shown.errors else 200)


def _own(request: HttpRequest, token: str) -> str:
    """The address by which a draft is taken up again."""
    return request.build_absolute_uri(reverse("outside", kwargs={"token": token}))


def _to(token: str, onward: str) -> dict[str, str]:
    return {"token": token} if onward == "papers" else {"token": token, "step": onward}


def _keep(found: Opened, token: str, answers: dict[str, str], at: datetime) -> str:
    """The answers kept; the token under which the draft goes on."""
    if isinstance(found, Link):
        told = {name: value for name, value in answers.items() if value}
        actor = registering.guest_with(found)
        return registering.begin(found.pk, told, actor=actor, at=at).token
    registering.save_step(found.pk, answers, actor=registering.guest_of(found), at=at)
    return token


def _sheet(found: Opened) -> registering.Sheet:
    return registering.Sheet() if isinstance(found, Link) else registering.sheet_of(found)


def _after(code: str) -> str:
    codes = [one.code for one in form.steps()]
    place = codes.index(code) + 1
    return codes[place] if place < len(codes) else "papers"


def _marks(found: Opened, current: str) -> list[Mark]:
    sheet = _sheet(found)
    missing = {step for step, _ in form.gaps(sheet.answers, set(sheet.papers.values()))}
    begun = isinstance(found, Registration)
    named = [(one.code, one.name) for one in form.steps()] + list(FURTHER.items())
    return [
        Mark(code, name, code == current, begun and code != "review" and code not in missing)
        for code, name in named
    ]


# --- Said while typing


@require_safe
@outsider
def check(request: HttpRequest, token: str, found: Opened, field: str) -> HttpResponse:
    """What is to be said of one box: fine, or how to mend it; names that fit."""
    if not pace.takes("checks", found.pk.hex, CHECKS_MAX):
        return HttpResponse(str(TOO_OFTEN), status=429)
    asked = form.fields().get(field)
    if asked is None:
        raise Http404
    typed = request.GET.get(field, "")[: asked.most + 1]
    context: dict[str, Any] = {"field": field, "offers": _offers(asked.form, typed)}
    try:
        value = form.checked(asked, typed, {"abroad": request.GET.get("abroad", "")})
    except BadValue as bad:
        context["wrong"] = bad.text
    else:
        context["fine"] = _named(asked.form, value)
    return render(request, "outside/_said.html", context)


def _offers(kind: str, typed: str) -> list[Any]:
    words = typed.strip()
    if kind == "place" and words:
        return divisions_named(words)[:OFFERED_MAX]
    if kind == "industry" and words:
        return industries_named(words)[:OFFERED_MAX]
    return []


def _named(kind: str, value: str) -> str:
    """What a value stands for: the name of a code, an amount as it is kept."""
    if kind == "place":
        place = division(value)
        return place.full if place else value
    if kind == "industry":
        trade = industry(value)
        return trade.full if trade else value
    if kind == "money" and value:
        amount, currency = value.split()
        return f"{display(to_minor(amount, currency), currency)} {currency}"
    return value


# --- Papers


@require_http_methods(["GET", "HEAD", "POST"])
@outsider
def papers(request: HttpRequest, token: str, found: Opened) -> HttpResponse:
    """The papers brought so far, one more, one less."""
    if isinstance(found, Link):
        return redirect("outside", token=token)
    if not registering.may_change(found, timezone.now()):
        return redirect("outside-step", token=token, step="status")
    if request.method != "POST":
        return _papers(request, token, found)
    try:
        _change_papers(request, found)
    except Refused as refused:
        if refused.code is InquiryRefusal.NO_ENTRY:
            raise
        return _papers(request, token, found, refused.text)
    return redirect("outside-papers", token=token)


def _change_papers(request: HttpRequest, found: Registration) -> None:
    actor, now = registering.guest_of(found), timezone.now()
    if gone := request.POST.get("remove", ""):
        registering.remove_paper(found.pk, _uuid(gone), actor=actor, at=now)
        return
    if not pace.takes("uploads", found.pk.hex, UPLOADS_MAX):
        raise Refused(InquiryRefusal.PAPERS_FULL, most=registering.PAPERS_MAX, mega=60)
    given = request.FILES.get("file")
    upload = check_upload(
        given.name or "" if given else "", given.read(BYTES_MAX + 1) if given else b""
    )
    kind, until = request.POST.get("kind", ""), request.POST.get("until", "")
    registering.add_paper(found.pk, kind, upload, until, actor=actor, at=now)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(InquiryRefusal.UNKNOWN_PAPER) from error


def _papers(
    request: HttpRequest, token: str, found: Registration, wrong: T | None = None
) -> HttpResponse:
    context = {
        "token": token,
        "marks": _marks(found, "papers"),
        "brought": brought(found),
        "asked": form.papers(),
        "wrong": wrong,
        "kind": request.POST.get("kind", "licence"),
        "until": request.POST.get("until", ""),
        "most": BYTES_MAX // 1024 // 1024,
        "endings": ",".join(ending for one in ENDINGS.values() for ending in one),
    }
    return render(request, "outside/papers.html", context, status=422 if wrong else 200)


def brought(found: Registration) -> list[dict[str, Any]]:
    """The papers of this registration: which is asked for, what it is, how large."""
    sheet = registering.sheet_of(found)
    names = {one.code: one.name for one in form.papers()}
    rows = Document.objects.filter(customer=found.customer, pk__in=list(sheet.papers))
    return [
        {
            "id": row.pk,
            "name": names[sheet.papers[str(row.pk)]],
            "form": row.form.upper(),
            "size": weight_text(row.bytes_count),
            "until": row.valid_until,
        }
        for row in rows.filter(withdrawn_at__isnull=True).order_by("uploaded_at", "id")
    ]


# --- Review, and afterwards


def _review(request: HttpRequest, token: str, found: Registration) -> HttpResponse:
    sheet, notice, wrong = registering.sheet_of(found), form.notice(), None
    if request.method == "POST":
        boxes = frozenset(request.POST.getlist("consent"))
        try:
            submit(
                found.pk,
                boxes,
                request.POST.get("notice", ""),
                actor=registering.guest_of(found),
                at=timezone.now(),
            )
        except Refused as refused:
            wrong = refused.text
        else:
            return redirect("outside-step", token=token, step="status")
    gaps = form.gaps(sheet.answers, set(sheet.papers.values()))
    context = {
        "token": token,
        "marks": _marks(found, "review"),
        "told": told(sheet),
        "brought": brought(found),
        "gaps": gaps,
        "notice": notice,
        "sections": _sections(notice),
        "ticked": request.POST.getlist("consent"),  # nothing is ticked before somebody did
        "wrong": wrong,
        "reason": _reason(found),
    }
    return render(request, "outside/review.html", context, status=422 if wrong else 200)


def _sections(notice: form.Notice) -> list[tuple[T, T]]:
    """The notice with the seller's name in it."""
    seller = company()
    zh = seller.name if seller else "—"
    en = (seller.name_en or seller.name) if seller else "—"
    return [
        (head, T(text.zh.format(seller=zh), text.en.format(seller=en)))
        for head, text in notice.sections
    ]


def told(sheet: registering.Sheet) -> list[dict[str, Any]]:
    """Step by step: each field with its answer as people read it."""
    return [
        {
            "step": one,
            "rows": [(asked.name, shown_answer(asked, sheet.answers)) for asked in one.fields],
        }
        for one in form.steps()
    ]


def shown_answer(asked: form.Asked, answers: dict[str, str]) -> str:
    """An answer as people read it: codes by their names."""
    value = answers.get(asked.code, "")
    if asked.form == "choice":
        return str(dict(asked.choices).get(value, "")) if value or asked.required else ""
    return _named(asked.form, value) if value else ""


def _reason(found: Registration) -> str:
    sealed = found.reason_sealed
    said = opened(found.customer, "registration", "reason_sealed", found.pk, sealed)
    return str(said or "")


def _status(request: HttpRequest, token: str, found: Registration, asked: str) -> HttpResponse:
    if asked != "status" and request.method != "POST":
        return redirect("outside-step", token=token, step="status")
    if request.method == "POST":
        raise Refused(InquiryRefusal.CLOSED)
    context = {
        "token": token,
        "registration": found,
        "state": STATES.get(found.state),
        "reason": _reason(found) if found.state in ("returned", "refused") else "",
        "open": registering.may_change(found, timezone.now()),
    }
    return render(request, "outside/status.html", context)
