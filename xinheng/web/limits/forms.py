"""Forms of a grant: until when and under which conditions; and an amount of one's own.

Shares are typed as percentages with at most two decimals and kept as basis points: "5" is 500.
Amounts may be typed with thousands separators. Every mistake is said in both languages.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import lazystr

from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.limits.conditions import latest_end, shipped, usual, usual_end
from xinheng.limits.proposing import REASON_MAX, REASON_MIN
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import Conditions
from xinheng.texts import T

# Django fills limits into its messages with %, which only a (lazy) string takes.
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2027-11-22 这样的日期。", "Give a date such as 2027-11-22."))
PERCENT = lazystr(
    T("请填 0 到 100 之间的数，最多两位小数。", "Give 0 to 100, with at most two decimals.")
)
DAYS = lazystr(T("请填 0 到 365 的整数。", "Give a whole number from 0 to 365."))
REASON = lazystr(LimitRefusal.NEEDS_REASON.value)


def _percent(label: T, help_text: T, *, required: bool = True) -> forms.DecimalField:
    said = dict.fromkeys(
        ("invalid", "min_value", "max_value", "max_decimal_places", "max_digits"), PERCENT
    )
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=required,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=said | {"required": FILL_IN},
    )


class GrantForm(forms.Form):
    """Until when the lines hold, and what is agreed besides the amount."""

    valid_until = forms.DateField(
        label=T("有效至", "Valid until"),
        help_text=T("到期后额度为零，须重新审视。", "After it the line gives nothing."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": FILL_IN, "invalid": DAY},
    )
    overdue_pct = _percent(
        T("容许逾期（占额度 %）", "Overdue borne, % of limit"),
        T("逾期不超过这个份额时照常放单。", "Orders pass while overdue stays within it."),
    )
    overdue_days = forms.IntegerField(
        label=T("容许逾期天数", "Days overdue borne"),
        min_value=0,
        max_value=365,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), DAYS)
        | {"required": FILL_IN},
    )
    cap_pct = _percent(
        T("单笔订单上限（占额度 %）", "Single order, % of limit"),
        T("空着表示不约定。", "Empty: none agreed."),
        required=False,
    )

    def __init__(self, *args: Any, start: date, **kwargs: Any) -> None:
        rules = usual()
        kwargs["initial"] = {
            "valid_until": usual_end(start),
            "overdue_pct": _pct_text(rules.overdue_allowed_bps),
            "overdue_days": rules.overdue_days_allowed,
            "cap_pct": _pct_text(rules.single_order_cap_bps),
        }
        super().__init__(*args, **kwargs)
        self.start = start

    def clean_valid_until(self) -> date:
        day: date = self.cleaned_data["valid_until"]
        if day < self.start:
            raise forms.ValidationError(str(LimitRefusal.BAD_PERIOD.value))
        if day > (latest := latest_end(self.start)):
            raise forms.ValidationError(str(LimitRefusal.TOO_LONG.value.format(until=latest)))
        return day

    def conditions(self) -> Conditions:
        said = self.cleaned_data
        return Conditions(
            overdue_allowed_bps=_bps(said["overdue_pct"]),
            overdue_days_allowed=said["overdue_days"],
            single_order_cap_bps=_bps(said["cap_pct"]),
        )


def _bps(percent: Decimal | None) -> int | None:
    return None if percent is None else int(percent * 100)


def _pct_text(bps: int | None) -> str:
    return "" if bps is None else f"{Decimal(bps) / 100:f}"


class AmountForm(forms.Form):
    """An amount that a person proposes instead of, or without, a calculated one."""

    amount = forms.CharField(
        label=T("提出额度", "Amount"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    terms_days = forms.IntegerField(
        label=T("账期（天）", "Terms (days)"),
        required=False,
        min_value=0,
        max_value=shipped()["terms_days_max"],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), DAYS),
    )
    reason = forms.CharField(
        label=T("理由", "Why"),
        help_text=T(
            "写进存证账本；须由另一位有权限的人授予。",
            "It goes into the ledger; another person with authority grants the amount.",
        ),
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), REASON),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].help_text = T("例如 {a} {c}", "Such as {a} {c}").format(
            a=to_text(50_000_000, currency), c=currency
        )

    def clean_amount(self) -> int:
        """Minor units of what was typed."""
        text = re.sub(r"[,，\s]", "", self.cleaned_data["amount"])
        try:
            minor = to_minor(text, self.currency)
        except MoneyError as error:
            raise forms.ValidationError(str(T(error.zh, error.en))) from None
        if minor < 0:
            raise forms.ValidationError(str(LimitRefusal.BAD_AMOUNT.value))
        return minor
