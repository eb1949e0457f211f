"""The form for a bureau's report: which, for what, on which basis; and the file if one is in hand.

What a report is for and on which basis it is asked is chosen each time, never ticked beforehand
(征信业管理条例 18–20). A refusal stands beside the field that it is about.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import lazystr

from xinheng.credit.money import to_text
from xinheng.dossiers.queries import documents_of
from xinheng.inquiries.bureau_rows import Asking
from xinheng.inquiries.bureau_terms import BureauTerms, Product, terms
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.refusals import Refused
from xinheng.texts import T

BASES = {
    "contract": T("订立或履行合同所必需", "needed for a contract"),
    "consent": T("本人书面同意", "the person's written consent"),
    "legal_obligation": T("法定义务", "a legal duty"),
    "legitimate_interest": T("正当商业需要（企业信息）", "a legitimate interest (companies)"),
    "public": T("依法公开的信息", "lawfully public"),
}
CHOOSE = lazystr(T("请从列表中选择。", "Choose one of the list."))
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
_FIELD_OF = {
    InquiryRefusal.UNKNOWN_PRODUCT: "report",
    InquiryRefusal.NO_CONNECTION: "report",
    InquiryRefusal.BUREAU_TROUBLE: "report",
    InquiryRefusal.NEEDS_PURPOSE: "purpose",
    InquiryRefusal.NEEDS_LEGAL_BASIS: "legal_basis",
    InquiryRefusal.PERSON_CONSENT: "consent",
    InquiryRefusal.CONSENT_UNFIT: "consent",
    InquiryRefusal.REPORT_UNREADABLE: "file",
    InquiryRefusal.REPORT_TOO_LARGE: "file",
    InquiryRefusal.WRONG_COMPANY: "file",
    InquiryRefusal.BAD_REPORT_DATE: "reported_on",
}


def product_name(bureau: BureauTerms, product: Product) -> T:
    """启信宝 · 工商照面 · 0.15 CNY."""
    cost = f"{to_text(product.cost_minor, product.currency)} {product.currency}"
    return T(
        f"{bureau.name.zh} · {product.name.zh} · {cost}",
        f"{bureau.name.en} · {product.name.en} · {cost}",
    )


def _choice(label: T, help_text: T | str = "") -> forms.ChoiceField:
    wrong = {"required": CHOOSE, "invalid_choice": CHOOSE}
    return forms.ChoiceField(label=label, help_text=help_text, error_messages=wrong)


class AskForm(forms.Form):
    """One question to a bureau."""

    report = _choice(T("报告", "Report"))
    purpose = _choice(T("查询目的", "What it is for"))
    legal_basis = _choice(T("处理依据", "Legal basis"))
    consent = forms.ChoiceField(
        label=T("同意书", "Written consent"),
        required=False,
        help_text=T(
            "个体工商户必须选；先把同意书存入档案文件。",
            "Needed for an individual business; file the paper under documents first.",
        ),
        error_messages={"invalid_choice": CHOOSE},
    )

    def __init__(self, *args: Any, user: Any, customer: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{kwargs.get('prefix', 'buy')}_%s", **kwargs)
        papers = documents_of(user, customer.pk)
        standing = [one for one in papers if one.withdrawn_at is None and one.title]
        choices: dict[str, list[Any]] = {
            "report": [
                (f"{bureau.code}/{one.code}", product_name(bureau, one))
                for bureau in terms().bureaus.values()
                for one in bureau.products.values()
            ],
            "purpose": [("", "–"), *terms().purposes.items()],
            "legal_basis": [("", "–"), *BASES.items()],
            "consent": [("", "–"), *((str(one.id), one.title) for one in standing)],
        }
        for name, known in choices.items():
            self.fields[name].choices = known  # type: ignore[attr-defined]

    def asking(self, customer_code: str) -> Asking:
        told = self.cleaned_data
        bureau, _, product = told["report"].partition("/")
        return Asking(
            customer_code=customer_code,
            bureau=bureau,
            product=product,
            purpose=told["purpose"],
            legal_basis=told["legal_basis"],
            consent=UUID(told["consent"]) if told["consent"] else None,
        )

    def add_refusal(self, refused: Refused) -> None:
        field = _FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        beside = field if field in self.fields else None
        self.add_error(beside, forms.ValidationError(str(refused.text)))


class HandOverForm(AskForm):
    """A report that is in hand as a file."""

    file = forms.FileField(
        label=T("报告文件", "The report"),
        help_text=T("机构给出的 JSON 原文。", "The JSON of the bureau, unchanged."),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages=dict.fromkeys(("required", "invalid", "missing", "empty"), FILL_IN),
    )
    reported_on = forms.DateField(
        label=T("报告日期", "Date of the report"),
        required=False,
        help_text=T("报告自己写明时可留空。", "Empty where the report says it itself."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": DAY},
    )
    field_order = ["report", "file", "reported_on", "purpose", "legal_basis", "consent"]
