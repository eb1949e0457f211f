"""Consents under which bureaus were asked about a person: beside the reports, taken back here.

A withdrawal has the day on which the person said so, and words; the page says beforehand what it
closes, because nothing opens it again. Example: “同意书 · 2026-09-01 起 · 查询 2 次 · 撤回”.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.customers.models import Customer
from xinheng.inquiries import consents
from xinheng.inquiries.consents import Consent, withdraw_consent
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.inquiries.report_forms import DAY, FILL_IN

DONE = T(
    "已登记撤回：{r} 份报告已关闭，{f} 项信息不再采用。",
    "The withdrawal is recorded. Reports closed: {r}; facts that count no more: {f}.",
)
_FIELD_OF = {
    InquiryRefusal.CONSENT_DAY: "told_on",
    InquiryRefusal.CONSENT_WORDS: "words",
}


class WithdrawForm(forms.Form):
    """When the person took it back, and how and why."""

    told_on = forms.DateField(
        label=T("本人撤回的日期", "Day on which it was taken back"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": DAY, "required": FILL_IN},
    )
    words = forms.CharField(
        label=T("怎样撤回、为何撤回", "How it was told, and why"),
        help_text=T(
            "例如：来电说明，不再申请赊销。", "Such as: by phone; no credit wanted any more."
        ),
        max_length=consents.WORDS_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": FILL_IN},
    )

    def __init__(self, *args: Any, consent: UUID, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"consent_{consent}_%s", **kwargs)
        self.consent = consent

    def add_refusal(self, refused: Refused) -> None:
        field = _FIELD_OF[refused.code]  # type: ignore[index]
        self.add_error(field, forms.ValidationError(str(refused.text)))


def consents_part(
    request: HttpRequest, customer: Customer, *, now: bool, tried: WithdrawForm | None = None
) -> dict[str, Any]:
    """The rows for a panel: each consent, and the form to take it back where it still stands."""
    may = now and request.user.may(consents.REVIEW)

    def form_for(one: Consent) -> WithdrawForm | None:
        if not may or one.told_on is not None:
            return None
        if tried is not None and tried.consent == one.document:
            return tried
        return WithdrawForm(consent=one.document)

    rows = consents.consents_of(request.user, customer)
    return {"consents": [(one, form_for(one)) for one in rows]}


@require_POST
def withdraw(request: HttpRequest, code: str, consent: UUID) -> HttpResponse:
    """Record that a person took back the consent."""
    from xinheng.web.inquiries.bureaus import customer_in_sight, page_of

    customer = customer_in_sight(request, code)
    found = consents.consents_of(request.user, customer)
    if all(one.document != consent for one in found):
        raise Http404
    form = WithdrawForm(request.POST, consent=consent)
    if form.is_valid():
        told = form.cleaned_data
        now = timezone.now()
        try:
            done = withdraw_consent(
                consent, told["told_on"], told["words"], actor=actor_of(request), at=now
            )
        except Refused as refused:
            if refused.code in _FIELD_OF:
                form.add_refusal(refused)
            else:  # it is over, so that there is no form any more beside which it could stand
                messages.error(request, str(refused.text))
        else:
            messages.success(request, str(DONE.format(r=done.reports, f=done.facts)))
            return redirect("reports", code=customer.code)
    return page_of(request, customer, withdrawing=form, status=422)
