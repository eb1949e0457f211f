"""The form that names a deputy: who, from day to day, and up to which amount."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.functional import lazystr

from xinheng.credit.money import MoneyError, to_minor
from xinheng.people.deputies import STOOD_IN_FOR
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.people.forms import currencies

# Django fills limits into its messages with %, which only a (lazy) string takes.
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2027-11-22 这样的日期。", "Give a date such as 2027-11-22."))
CHOOSE = lazystr(T("请从名单中选择。", "Choose somebody from the list."))


class _Person(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return person_name(obj)


def _day(label: T, help_text: T | None = None) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text or "",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": FILL_IN, "invalid": DAY},
    )


class DeputyForm(forms.Form):
    """What can't be known: the rest (whether both may release, overlaps) the action judges."""

    deputy = _Person(
        queryset=User.objects.none(),
        label=T("代理人", "Deputy"),
        help_text=T(
            "只列出可放行订单或审批授信的同事。",
            "Colleagues who may release holds or decide on applications.",
        ),
        empty_label="",
        error_messages={"required": FILL_IN, "invalid_choice": CHOOSE},
    )
    valid_from = _day(T("从", "From"))
    valid_until = _day(T("到（含当天）", "Until, that day included"))
    ceiling = forms.CharField(
        label=T("代理上限", "Ceiling"),
        required=False,
        max_length=30,
        help_text=T(
            "放行后占用不超过此数；空着即与您本人的授权相同。",
            "Of the use after a release; empty: as far as your own authority.",
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(
        label=T("上限的币种", "Its currency"),
        help_text=T("设了上限，就只能放行这个币种。", "With a ceiling, only this currency."),
        error_messages={"invalid_choice": CHOOSE},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(
            is_active=True, roles__permissions__overlap=list(STOOD_IN_FOR)
        ).exclude(pk=user.pk)
        self.fields["deputy"].queryset = others.distinct().order_by("name")  # type: ignore[attr-defined]
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]

    def clean_ceiling(self) -> int | None:
        """Minor units of what was typed; the currency box comes later, so it is read here."""
        text = re.sub(r"[,，\s]", "", self.cleaned_data["ceiling"])
        if not text:
            return None
        try:
            return to_minor(text, self.data.get("currency", ""))
        except MoneyError as error:
            raise forms.ValidationError(str(T(error.zh, error.en))) from None
