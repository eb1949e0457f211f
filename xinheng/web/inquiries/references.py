"""References: whom we asked about a customer, what came back, what it is worth, who reviewed it.

The address for the one asked is shown once, with words to send; late ones are marked, with words to
remind. Answers are read by those who review; reviewing enters a fact that waits. Example: asked on
the 2nd, due on the 16th, two days late on the 18th, taken until the 30th.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.customers.models import Customer
from xinheng.inquiries import referring
from xinheng.inquiries.models import Reference
from xinheng.inquiries.reference_form import weigh
from xinheng.people.queries import company, today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs
from xinheng.web.inquiries.links import TONGUES, address_of, qr_of

SHOWN_MAX: Final = 200
DUE_DAYS: Final = 14
KINDS: Final = {"trade": T("供应商", "Supplier"), "bank": T("银行", "Bank")}
STATES: Final = {
    "asked": (T("等待答复", "Waits"), "watch"),
    "answered": (T("已答复", "Answered"), "within"),
    "declined": (T("谢绝", "Declined"), "quiet"),
    "withdrawn": (T("已撤回", "Withdrawn"), "quiet"),
}
VIEWS: Final = {
    "": T("全部", "All"),
    "review": T("待审阅", "To review"),
    "asked": T("等待答复", "Waiting"),
    "late": T("已逾期", "Late"),
}
SENT: Final = T(
    "您好，{company}：{seller}正在考虑与 {customer} 建立赊销往来，想请您就其付款情况给一份简短的"
    "资信答复，约两分钟。请在 {due} 前打开：{address}\n您的答复保密，也不承担任何责任；不便答复时请"
    "点“不便答复”。谢谢。",
    "Dear {company}: {seller} is considering selling to {customer} on account and would be "
    "grateful for a short reference on how they pay; it takes two minutes. Please open by {due}: "
    "{address}\nYour answer stays with us and binds you to nothing; if you would rather not, you "
    "can say so there. Thank you.",
)
REMIND: Final = T(
    "您好，{company}：{due} 前请您就 {customer} 给一份资信答复，尚未收到。原网址到 {last} 仍可"
    "打开；如已找不到，请告诉我们，我们另发一个。谢谢。",
    "Dear {company}: we asked you for a reference on {customer} by {due} and have not received it "
    "yet. The address works until {last}; tell us if it was lost and we will send another. Thanks.",
)


class AskForm(forms.Form):
    """Who is asked, why, until when, in which language."""

    kind = forms.ChoiceField(label=T("问谁", "Whom"), choices=list(KINDS.items()))
    company = forms.CharField(label=T("单位名称", "Company"), max_length=referring.NAME_MAX)
    person = forms.CharField(
        label=T("联系人", "Person"), max_length=referring.NAME_MAX, required=False
    )
    address = forms.CharField(
        label=T("邮箱、电话或地址", "Mail, phone or address"),
        max_length=referring.NAME_MAX,
        required=False,
        help_text=T("加密保存，只用于联系。", "Kept encrypted, only to get in touch."),
    )
    purpose = forms.CharField(
        label=T("用途", "Purpose"),
        max_length=referring.PURPOSE_MAX,
        initial=T("评估是否赊销", "to decide whether to sell on account"),
        help_text=T("对方会看到。", "The one asked reads it."),
    )
    due = forms.DateField(
        label=T("请在此日前答复", "Answer by"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    language = forms.ChoiceField(label=T("语言", "Language"), choices=list(TONGUES.items()))
    consent = forms.CharField(
        label=T("客户后来的同意写在哪里", "Where a later consent of the customer is written"),
        max_length=referring.NAME_MAX,
        required=False,
        help_text=T(
            "登记时没有同意向第三方询问的客户才需要。",
            "Only where it did not agree on registering.",
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask somebody about a customer; the address and words to send are shown once."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    due = today(timezone.now()) + timedelta(days=DUE_DAYS)
    shown = AskForm(request.POST or None, initial={"due": due})
    context: dict[str, Any] = {"customer": customer, "form": shown}
    status = 200
    if request.method == "POST":
        status = 422
        if shown.is_valid():
            try:
                asked = referring.ask_reference(
                    _new(customer, shown.cleaned_data), actor=actor_of(request), at=timezone.now()
                )
            except Refused as refused:
                shown.add_error(None, str(refused.text))
            else:
                status = 200
                context |= _to_send(request, customer, asked, shown.cleaned_data["language"])
    return render(request, "inquiries/ask_reference.html", context, status=status)


def _new(customer: Customer, said: dict[str, Any]) -> referring.NewReference:
    return referring.NewReference(
        customer.code,
        said["kind"],
        said["company"],
        said["person"],
        said["address"],
        said["purpose"],
        said["due"],
        said["language"],
        said["consent"],
    )


def _to_send(
    request: HttpRequest, customer: Customer, asked: referring.Asked, language: str
) -> dict[str, Any]:
    seller, english = company(), language == "en"
    name = (seller.name_en if seller and english else "") or (seller.name if seller else "—")
    address = address_of(request, asked.token)
    words = (SENT.en if english else SENT.zh).format(
        company=referring.giver_words(asked.reference)["company"],
        seller=name,
        customer=(customer.name_en if english else "") or customer.name,
        due=asked.reference.due_on.isoformat(),
        address=address,
    )
    drawn = qr_of(address)
    return {"address": address, "qr": drawn, "words": words, "asked": asked.reference}


@require_safe
def references(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first; late and unreviewed ones by a tab."""
    seen = Reference.objects.all().visible_to(request.user)
    day = today(timezone.now())
    views = {
        "": seen,
        "review": seen.filter(state="answered", reviewed_at__isnull=True),
        "asked": seen.filter(state="asked"),
        "late": seen.filter(state="asked", due_on__lt=day),
    }
    asked = request.GET.get("view", "")
    chosen = views.get(asked, seen).select_related("customer", "asked_person", "reviewed_by")
    context = {
        "rows": [reference_row(one, day) for one in chosen.order_by("-asked_at")[:SHOWN_MAX]],
        "tabs": tabs(request, "view", [(v, VIEWS[v], views[v].count()) for v in VIEWS]),
    }
    return render(request, "inquiries/references.html", context)


def reference_row(row: Reference, day: Any) -> dict[str, Any]:
    """One of them as lists show it."""
    return {
        "row": row,
        "kind": KINDS[row.kind],
        "state": STATES[row.state],
        "late": referring.overdue_by(row, day),
    }


@require_safe
def reference(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One of them, with its answers for who reviews."""
    return _page(request, _found(request, reference))


@require_POST
def review(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Somebody who did not ask has read it."""
    row = _found(request, reference)
    try:
        note = request.POST.get("note", "")
        referring.review_reference(row.pk, note, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, wrong=refused.text, status=422)
    messages.success(
        request, str(T("已审阅，结果等待核验。", "Reviewed; what it says waits to be verified."))
    )
    return redirect("reference", reference=row.pk)


@require_POST
def withdraw(request: HttpRequest, reference: UUID) -> HttpResponse:
    """We don't want an answer any more."""
    row = _found(request, reference)
    try:
        referring.withdraw_reference(row.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, wrong=refused.text, status=422)
    messages.success(request, str(T("已撤回，网址不再有效。", "Withdrawn; the address is dead.")))
    return redirect("reference", reference=row.pk)


def _found(request: HttpRequest, reference: UUID) -> Reference:
    rows = Reference.objects.all().visible_to(request.user)
    joined = rows.select_related("customer", "asked_person", "reviewed_by", "link")
    row: Reference = get_object_or_404(joined, pk=reference)
    return row


def _page(
    request: HttpRequest, row: Reference, *, wrong: T | None = None, status: int = 200
) -> HttpResponse:
    may_read = request.user.may(referring.REVIEW)
    told = referring.answers_of(row) if may_read else {"answers": {}, "words": ""}
    giver = referring.giver_words(row)
    day = today(timezone.now())
    context = {
        **reference_row(row, day),
        "customer": row.customer,
        "giver": giver,
        "may_read": may_read,
        "may_ask": request.user.may(referring.ASK),
        "weighed": weigh(row.kind, told["answers"]),
        "words": told["words"],
        "own": row.asked_person_id == request.user.pk,
        "remind": _reminder(row, giver),
        "wrong": wrong,
    }
    return render(request, "inquiries/reference.html", context, status=status)


def _reminder(row: Reference, giver: dict[str, str]) -> str:
    text = REMIND.en if row.link.language == "en" else REMIND.zh
    return text.format(
        company=giver["company"],
        customer=row.customer.name,
        due=row.due_on.isoformat(),
        last=referring.last_answer(row).isoformat(),
    )
