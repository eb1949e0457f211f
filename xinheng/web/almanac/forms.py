"""Forms of one rate, one holiday, one term of payment: read as strictly as a row of a file.

What can't be taken says so in the almanac's own words, above the form. Example: "7,8123" is not
understood, 0 is no rate, and 78.123 after 7.8123 wants the tick "checked".
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import lazystr

from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.connectors.files.almanac_fields import RATE_KIND
from xinheng.connectors.files.values import Unreadable, amount, currency
from xinheng.texts import T

FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
LONG = lazystr(T("太长了，请缩短。", "Too long: make it shorter."))
_OFF = {"autocomplete": "off"}


def _text(label: T, most: int, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs=dict(_OFF)),
        error_messages={"required": FILL_IN, "max_length": LONG},
    )


def _day(label: T) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": FILL_IN, "invalid": DAY},
    )


class RateForm(forms.Form):
    """One unit of a currency in another, from a day on."""

    day = _day(T("日期", "Date"))
    base = _text(T("1 单位外币", "One unit of"), 20, help_text=T("例如 EUR", "such as EUR"))
    quote = _text(T("折合币种", "In"), 20)
    rate = _text(T("汇率", "Rate"), 40, help_text=T("例如 7.8123", "such as 7.8123"))
    kind = _text(
        T("类型", "Type"),
        40,
        help_text=T(
            "mid 中间价、buy、sell、month_end，或自定", "mid, buy, sell, month_end or your own"
        ),
    )
    source = _text(T("来源", "Source"), 80, required=False)
    confirmed = forms.BooleanField(
        label=T("变动很大，已核对无误", "A large move, checked and meant"), required=False
    )

    def clean_base(self) -> str:
        return self._currency("base")

    def clean_quote(self) -> str:
        return self._currency("quote")

    def _currency(self, name: str) -> str:
        try:
            return currency(self.cleaned_data[name])
        except Unreadable as unreadable:
            raise forms.ValidationError(str(unreadable.reason)) from None

    def clean_rate(self) -> Decimal:
        try:
            found = amount(self.cleaned_data["rate"])
        except Unreadable as unreadable:
            raise forms.ValidationError(str(unreadable.reason)) from None
        return found if found is not None else Decimal(0)

    def row(self) -> RateRow:
        told = self.cleaned_data
        kind = told["kind"].strip().casefold()
        return RateRow(**told | {"kind": RATE_KIND.get(kind, kind)})


class HolidayForm(forms.Form):
    """A day off, or a weekend that is worked instead."""

    calendar = _text(T("日历", "Calendar"), 12, help_text=T("例如 CN", "such as CN"))
    day = _day(T("日期", "Date"))
    name = _text(T("名称", "Name"), 80)
    name_en = _text(T("英文名称", "English name"), 80, required=False)
    working = forms.ChoiceField(
        label=T("休 / 班", "Off or worked"),
        choices=[("", T("休：放假", "off")), ("1", T("班：调休上班", "worked instead"))],
        required=False,
    )
    source = _text(T("依据", "Source"), 80, required=False)

    def row(self) -> HolidayRow:
        told = self.cleaned_data
        fixed = {"calendar": told["calendar"].upper(), "working": told["working"] == "1"}
        return HolidayRow(**told | fixed)


class TermForm(forms.Form):
    """A term of payment under the seller's own code."""

    code = _text(T("代码", "Code"), 20, help_text=T("例如 月结30", "such as EOM30A"))
    rule = _text(
        T("规则", "Rule"),
        40,
        help_text=T(
            "N30 票到 30 天；EOM+30 月末后 30 天；STM25+1M10 每月 25 日结、次月 10 日付",
            "N30: 30 days; EOM+30: month's end + 30; STM25+1M10: stated on the 25th, due on the "
            "10th of the next month",
        ),
    )
    name = _text(T("名称", "Name"), 120)
    name_en = _text(T("英文名称", "English name"), 120, required=False)
    calendar = _text(
        T("日历", "Calendar"),
        12,
        required=False,
        help_text=T("到期日遇休顺延；空则不顺延", "due dates move on to a working day; empty: no"),
    )

    def row(self) -> TermRow:
        told = self.cleaned_data
        return TermRow(
            **told | {"code": told["code"].upper(), "calendar": told["calendar"].upper()}
        )


def first_rate(today: date, base_currency: str) -> dict[str, Any]:
    """What an empty form of a rate begins with."""
    return {"day": today, "quote": base_currency, "kind": "mid"}
