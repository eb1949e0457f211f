"""The form of a contract, turned into what the actions take.

An amount and its currency belong together: "5000000.00" and CNY is 500,000,000 minor units; both
empty means that no ceiling is agreed. Refusals of the action stand beside the field they are about.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.functional import lazystr

from xinheng.contracts.actions import TERMS_MAX
from xinheng.contracts.refusals import ContractRefusal
from xinheng.contracts.rows import NewContract
from xinheng.credit.money import EXPONENTS, MoneyError, to_minor
from xinheng.refusals import Refused
from xinheng.texts import T

KINDS: Final = {
    "frame": T("框架合同", "Frame contract"),
    "single": T("单笔合同", "Single contract"),
    "guarantee": T("保证合同", "Guarantee"),
    "security": T("担保物合同", "Security"),
}
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
AMOUNT = lazystr(T("请写成 5000000.00 这样的金额。", "Give an amount such as 5000000.00."))
_FIELD_OF = {
    ContractRefusal.BAD_NUMBER: "number",
    ContractRefusal.NUMBER_TAKEN: "number",
    ContractRefusal.BAD_AMOUNT: "amount",
    ContractRefusal.BAD_TERMS: "terms_days",
    ContractRefusal.BAD_DATES: "valid_until",
    ContractRefusal.PAPER_UNFIT: "document",
    ContractRefusal.NEEDS_REASON: "reason",
}


def _date(label: T, *, required: bool = False, help_text: T | str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": DAY, "required": FILL_IN},
    )


class ContractForm(forms.Form):
    """The words of a contract; `papers` are the customer's filed contracts."""

    number = forms.CharField(
        label=T("合同编号", "Number"), max_length=40, error_messages={"required": FILL_IN}
    )
    kind = forms.ChoiceField(label=T("种类", "Kind"), choices=list(KINDS.items()))
    title = forms.CharField(
        label=T("标题", "Title"), max_length=120, error_messages={"required": FILL_IN}
    )
    valid_from = _date(T("生效日", "First day"), required=True)
    valid_until = _date(
        T("终止日", "Last day"), help_text=T("没有约定则留空。", "Empty where none is agreed.")
    )
    amount = forms.DecimalField(
        label=T("金额上限", "Ceiling"),
        required=False,
        max_digits=18,
        help_text=T("合同没有上限则留空。", "Empty where none is agreed."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": AMOUNT},
    )
    currency = forms.ChoiceField(label=T("币种", "Currency"), required=False)
    terms_days = forms.IntegerField(
        label=T("账期（天）", "Terms in days"),
        required=False,
        min_value=0,
        max_value=TERMS_MAX,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    signed_on = _date(T("签署日", "Signed on"))
    our_signatory = forms.CharField(
        label=T("我方签署人", "Our signatory"), max_length=60, required=False
    )
    their_signatory = forms.CharField(
        label=T("对方签署人", "Their signatory"),
        max_length=60,
        required=False,
        help_text=T("加密保存。", "Kept encrypted."),
    )
    governing_law = forms.CharField(
        label=T("适用法律", "Governing law"), max_length=60, required=False
    )
    jurisdiction = forms.CharField(
        label=T("管辖地", "Place of jurisdiction"), max_length=120, required=False
    )
    retention_of_title = forms.BooleanField(
        label=T("约定所有权保留", "Title is retained until paid"), required=False
    )
    document = forms.ChoiceField(
        label=T("签署的文件", "The signed paper"),
        required=False,
        help_text=T("也可以稍后上传。", "It can be uploaded afterwards."),
    )
    reason = forms.CharField(
        label=T("为什么更正", "Why it is corrected"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": FILL_IN},
    )

    def __init__(
        self, *given: Any, papers: list[tuple[str, str]], correcting: bool, **kwargs: Any
    ) -> None:
        super().__init__(*given, **kwargs)
        none: list[Any] = [("", T("—", "—"))]
        self.fields["document"].choices = none + papers  # type: ignore[attr-defined]
        codes = ["CNY", *sorted(code for code in EXPONENTS if code != "CNY")]
        self.fields["currency"].choices = none + [(code, code) for code in codes]  # type: ignore[attr-defined]
        if not correcting:
            del self.fields["reason"]

    def told(self) -> NewContract | None:
        """What was typed; None where the amount does not fit its currency, then it says so."""
        said = dict(self.cleaned_data)
        said.pop("reason", None)
        amount, currency, paper = said.pop("amount"), said.pop("currency"), said.pop("document")
        minor = None
        try:
            if amount is not None and currency:
                minor = to_minor(amount, currency)
            elif amount is not None or currency:
                raise Refused(ContractRefusal.BAD_AMOUNT)
        except MoneyError:
            self.add_error("amount", str(AMOUNT))
            return None
        except Refused as refused:
            self.add_refusal(refused)
            return None
        document = UUID(paper) if paper else None
        return NewContract(**said, amount_minor=minor, currency=currency, document_id=document)

    def add_refusal(self, refused: Refused) -> None:
        field = _FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        place = field if field in self.fields else None
        self.add_error(place, forms.ValidationError(str(refused.text)))
