"""Forms that change a line's limit: a limit for a period, a cover, a reason for a hold or an end.

What was typed is kept, mistakes stand beside their field, and what the action refuses is put beside
the field that it is about (`say_refusal`). Example: "1,200,000.00" from 2026-12-01 to 2026-12-10,
temporary, "双十二备货": refused TOO_LONG stands under "to".
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.limits.conditions import temporary_end, usual_end
from xinheng.limits.proposing import REASON_MAX, REASON_MIN
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import NewCover, NewLimit
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.limits.card import COVER_KINDS
from xinheng.web.limits.forms import DAY, DAYS, FILL_IN, PERCENT, REASON

FIELD_OF: Final = {
    LimitRefusal.BAD_AMOUNT: "amount",
    LimitRefusal.ABOVE_AUTHORITY: "amount",
    LimitRefusal.BAD_TERMS: "terms_days",
    LimitRefusal.BAD_PERIOD: "valid_until",
    LimitRefusal.TOO_LONG: "valid_until",
    LimitRefusal.PAST_PERIOD: "valid_from",
    LimitRefusal.NEEDS_REASON: "reason",
    LimitRefusal.BAD_SCOPE: "name",
    LimitRefusal.COVER_ONCE: "reference",
}
SCOPES: Final = [
    ("", T("本户额度", "Own limit")),
    ("group", T("集团额度（含下属）", "Group limit, all below included")),
    ("unit", T("业务单元", "Business unit")),
    ("product", T("产品", "Product")),
    ("project", T("项目", "Project")),
]
PERIODS: Final = [
    ("base", T("基本额度：从某日起", "Base limit, from a day on")),
    (
        "temporary",
        T("临时额度：期内取代基本额度，期满恢复", "Temporary: replaces it, then it returns"),
    ),
]


def say_refusal(form: forms.Form, refused: Refused) -> None:
    """What the action refused, beside the field that it is about, else above the form."""
    name = FIELD_OF.get(refused.code)  # type: ignore[call-overload]
    form.add_error(name if name in form.fields else None, str(refused.text))


def typed_amount(text: str, currency: str) -> int:
    """Minor units of a typed amount, thousands separators allowed."""
    try:
        minor = to_minor(re.sub(r"[,，\s]", "", text), currency)
    except MoneyError as error:
        raise forms.ValidationError(str(T(error.zh, error.en))) from None
    if minor < 0:
        raise forms.ValidationError(str(LimitRefusal.BAD_AMOUNT.value))
    return minor


def day_field(label: T, help_text: T | str = "", *, required: bool = True) -> forms.DateField:
    """A day as browsers and people type it: 2027-11-22."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": FILL_IN, "invalid": DAY},
    )


def _text(
    label: T, most: int, *, required: bool = True, help_text: T | str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )


def _amount(label: T, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=30,
        required=required,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )


def _reason(label: T) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=T("写进存证账本。", "It goes into the ledger."),
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), REASON),
    )


class ReasonForm(forms.Form):
    """Why a line is held, or a limit or a cover ends."""

    reason = _reason(T("理由", "Why"))


class LimitForm(forms.Form):
    """A limit for a period: of the customer's own line, its group's, or a part of it."""

    scope = forms.ChoiceField(label=T("哪一级", "Which limit"), choices=SCOPES, required=False)
    name = _text(
        T("名称或代码", "Name or code"),
        50,
        required=False,
        help_text=T("业务单元、产品或项目的代码。", "Code of the unit, product or project."),
    )
    kind = forms.ChoiceField(label=T("种类", "Kind"), choices=PERIODS)
    amount = _amount(T("金额", "Amount"), required=False)
    unlimited = forms.BooleanField(
        label=T("不限额", "Unlimited"),
        required=False,
        help_text=T("是一个词，不是数字。", "A word, not a number."),
    )
    valid_from = day_field(T("自", "From"))
    valid_until = day_field(T("至", "To"))
    terms_days = forms.IntegerField(
        label=T("账期上限（天）", "Longest terms (days)"),
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value"), DAYS),
    )
    reason = _reason(T("理由", "Why"))

    def __init__(self, *args: Any, currency: str, day: date, **kwargs: Any) -> None:
        given = kwargs.get("initial") or {}
        temporary = given.get("kind") == "temporary"
        end = (temporary_end if temporary else usual_end)(day)
        kwargs["initial"] = {"kind": "base", "valid_from": day, "valid_until": end} | given
        super().__init__(*args, **kwargs)
        self.currency = currency
        example = T("例如 {a} {c}", "Such as {a} {c}")
        self.fields["amount"].help_text = example.format(
            a=to_text(50_000_000, currency), c=currency
        )

    def clean_amount(self) -> int | None:
        text = self.cleaned_data["amount"]
        return typed_amount(text, self.currency) if text else None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not said.get("unlimited") and "amount" in said and said["amount"] is None:
            self.add_error("amount", str(FILL_IN))
        if said.get("unlimited") and said.get("amount") is not None:
            text = T("不限额时不填金额。", "An unlimited line has no amount.")
            self.add_error("amount", str(text))
        if said.get("scope") in ("unit", "product", "project") and not said.get("name", "").strip():
            self.add_error("name", str(FILL_IN))
        return said

    def limit(self, customer_id: int) -> NewLimit:
        said = self.cleaned_data
        scope = said["scope"]
        return NewLimit(
            customer_id,
            self.currency,
            said["amount"],
            said["valid_from"],
            said["valid_until"],
            said["reason"],
            f"{scope}:{said['name'].strip()}" if scope not in ("", "group") else scope,
            said["unlimited"],
            said["kind"] == "temporary",
            said["terms_days"],
        )


class CoverForm(forms.Form):
    """What secures a line: it adds amount × share while it is valid."""

    kind = forms.ChoiceField(label=T("种类", "Kind"), choices=list(COVER_KINDS.items()))
    reference = _text(T("保单或合同号", "Policy or contract"), 80)
    provider = _text(T("保险人、担保人", "Insurer, guarantor"), 200, required=False)
    amount = _amount(T("金额", "Amount"))
    share = forms.DecimalField(
        label=T("计入比例 %", "Share that counts, %"),
        help_text=T("承保比例，或折扣后的比例。", "The insured share, or what a haircut leaves."),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_decimal_places", "max_digits"), PERCENT
        )
        | {"required": FILL_IN},
    )
    valid_from = day_field(T("自", "From"))
    valid_until = day_field(
        T("至", "To"), T("次日起不再计入。", "From the day after it adds nothing.")
    )

    def __init__(self, *args: Any, currency: str, day: date, **kwargs: Any) -> None:
        given = kwargs.get("initial") or {}
        usual = {"valid_from": day, "valid_until": usual_end(day), "share": "90"}
        kwargs["initial"] = usual | given
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> int:
        return typed_amount(self.cleaned_data["amount"], self.currency)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if {"valid_from", "valid_until"} <= said.keys() and said["valid_until"] < said[
            "valid_from"
        ]:
            self.add_error("valid_until", str(LimitRefusal.BAD_PERIOD.value))
        return said

    def cover(self, line_id: int) -> NewCover:
        said = self.cleaned_data
        return NewCover(
            line_id,
            said["kind"],
            said["reference"].strip(),
            said["amount"],
            int(Decimal(said["share"]) * 100),
            said["valid_from"],
            said["valid_until"],
            said["provider"].strip(),
        )
