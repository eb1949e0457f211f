"""The form of an application: how much, on which terms, for what, and what one expects to buy.

Amounts are typed in the currency's unit or in ten thousands of it (80 万元 is 800,000.00 CNY) and
kept in minor units; below the field the amount stands written out.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.utils.functional import lazystr

from xinheng.applications.applying import TERMS_MAX
from xinheng.applications.rows import NewApplication
from xinheng.credit.money import EXPONENTS, MAX_MINOR, MoneyError, to_minor
from xinheng.customers.models import Customer
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.words import KINDS

FILL_IN: Final = lazystr(T("请填写此项。", "Fill this in."))
AMOUNT: Final = T("请写成 800000 或 800,000.00 这样的金额。", "Give an amount such as 800,000.00.")
TOO_LARGE: Final = T("金额太大。", "The amount is too large.")
UNITS: Final = {"one": T("元", "1"), "wan": T("万元", "10,000")}


class ApplyForm(forms.Form):
    """What is asked for."""

    kind = forms.ChoiceField(label=T("种类", "Kind"), choices=list(KINDS.items()))
    amount = forms.CharField(
        label=T("申请额度", "Limit asked for"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    unit = forms.ChoiceField(label=T("单位", "Unit"), choices=list(UNITS.items()))
    currency = forms.ChoiceField(label=T("币种", "Currency"))
    terms_days = forms.IntegerField(
        label=T("账期（天）", "Terms in days"),
        min_value=0,
        max_value=TERMS_MAX,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    purpose = forms.CharField(
        label=T("用途", "What it is for"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=T(
            "例如：明年框架合同，每月发货约 40 万元。",
            "Such as: next year's frame contract, about 400,000 a month.",
        ),
        error_messages={"required": FILL_IN},
    )
    valid_from = forms.DateField(
        label=T("自", "From"),
        required=False,
        help_text=T("只有临时额度要填起止日。", "Only a temporary limit has days."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_until = forms.DateField(
        label=T("至", "Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    purchases = forms.CharField(
        label=T("预计一年采购额", "Purchases expected in a year"),
        required=False,
        max_length=30,
        help_text=T("同一单位和币种；没有则留空。", "In the same unit and currency; may be empty."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    share = forms.IntegerField(
        label=T("我方占其采购的比例（%）", "Our share of them, %"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *given: Any, **kwargs: Any) -> None:
        super().__init__(*given, **kwargs)
        codes = ["CNY", *sorted(code for code in EXPONENTS if code != "CNY")]
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in ("amount", "purchases"):
            typed = said.get(name, "")
            if not typed:
                continue
            try:
                said[name] = minor_of(typed, said.get("unit", "one"), said.get("currency", "CNY"))
            except MoneyError:
                self.add_error(name, str(AMOUNT))
        return said

    def told(self, customer: Customer) -> NewApplication:
        """What was typed."""
        said = self.cleaned_data
        temporary = said["kind"] == "temporary"
        forecast: dict[str, Any] = {}
        if said["purchases"]:
            forecast["purchases_year_minor"] = said["purchases"]
        if said["share"] is not None:
            forecast["our_share_pct"] = said["share"]
        days: tuple[date | None, date | None] = (said["valid_from"], said["valid_until"])
        return NewApplication(
            customer_id=customer.pk,
            currency=said["currency"],
            asked_minor=said["amount"],
            terms_days=said["terms_days"],
            kind=said["kind"],
            purpose=said["purpose"].strip(),
            valid_from=days[0] if temporary else None,
            valid_until=days[1] if temporary else None,
            forecast=forecast or None,
        )

    def say_refusal(self, refused: Refused) -> None:
        self.add_error(None, forms.ValidationError(str(refused.text)))


def minor_of(typed: str, unit: str, currency: str) -> int:
    """Minor units of what was typed: "80", ten thousands, CNY → 80,000,000. Raises MoneyError."""
    text = re.sub(r"[,，\s]", "", typed)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise MoneyError("text", AMOUNT.zh, AMOUNT.en) from None
    if not number.is_finite():
        raise MoneyError("text", AMOUNT.zh, AMOUNT.en)
    minor = to_minor(number * (10_000 if unit == "wan" else 1), currency)
    if abs(minor) > MAX_MINOR:
        raise MoneyError("bounds", TOO_LARGE.zh, TOO_LARGE.en)
    return minor
