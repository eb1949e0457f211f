"""The forms of a fact: entering one, and correcting what one says.

A field's form decides the input: money is an amount and a currency, a choice a list in words, a
date a date. What the action refuses stands beside the field that it is about; nothing typed is
lost. Example: "1,200.50" and "cny" are handed on as "1,200.50 CNY".
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.functional import lazystr

from xinheng.credit.money import EXPONENTS
from xinheng.dossiers.facts import REASON_MAX
from xinheng.dossiers.fields import YES_NO, Field
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import NewFact
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files import fact_words as words

FIELD_OF: Final = {
    DossierRefusal.BAD_VALUE: "value",
    DossierRefusal.BAD_SOURCE: "source",
    DossierRefusal.BAD_DATES: "observed_on",
    DossierRefusal.NEEDS_BASIS: "legal_basis",
    DossierRefusal.NEEDS_REASON: "reason",
}
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
CHOOSE = lazystr(T("请从列表中选择。", "Choose one of the list."))
CURRENCY = T("请填三个字母的币种代码，如 CNY。", "Give the currency's three letters, as CNY.")
_SAID = {"required": FILL_IN, "invalid": DAY, "invalid_choice": CHOOSE}
_LONG = lazystr(T("太长了，请缩短。", "Too long: shorten it."))


def _day(label: T, help_text: T | str = "", *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages=_SAID,
    )


def _line(
    label: T, most: int, help_text: T | str = "", *, required: bool = True
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        help_text=help_text,
        required=required,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=_SAID | {"max_length": _LONG},
    )


def _pick(label: T, choices: list[tuple[str, Any]], **told: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, error_messages=_SAID, **told)


class ValueForm(forms.Form):
    """A value of the field's form, as people write it."""

    def __init__(self, *given: Any, field: Field, currency: str = "CNY", **told: Any) -> None:
        super().__init__(*given, **told)
        self.field = field
        value = _value_field(field)
        rest = dict(self.fields)
        self.fields = {"value": value}
        if field.form == "money":
            self.fields["currency"] = _line(T("币种", "Currency"), 3)
            self.initial.setdefault("currency", currency)
        self.fields |= rest

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code not in EXPONENTS:
            raise forms.ValidationError(str(CURRENCY))
        return code

    def typed(self) -> str:
        """The value as the action takes it."""
        value = str(self.cleaned_data["value"])
        if self.field.form == "money":
            return f"{value.replace(' ', '')} {self.cleaned_data['currency']}"
        return value

    def say_refusal(self, refused: Refused) -> None:
        """What the action refused, beside the field that it is about, else above the form."""
        name = FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        self.add_error(name if name in self.fields else None, str(refused.text))


def _value_field(field: Field) -> forms.Field:
    if field.form in ("choice", "yes_no"):
        allowed = field.choices or YES_NO
        return _pick(field.name, [("", "–"), *((one, words.choice(field, one)) for one in allowed)])
    if field.form == "date":
        return _day(field.name, required=True)
    made = _line(field.name, 1000)
    if field.form in ("money", "number"):
        made.widget.attrs["inputmode"] = "decimal"
    return made


class EnterForm(ValueForm):
    """A new fact: what, who says so, how reliable that is, and when it is true."""

    source = _line(
        T("来源", "Source"),
        60,
        T(
            "谁这样说：营业执照、审计报告、某机构。",
            "Who says so: the licence, an audit, a bureau.",
        ),
    )
    reliability = _pick(
        T("来源可靠性", "How reliable the source is"),
        [
            ("", "–"),
            *(
                (letter, T(f"{letter} {said.zh}", f"{letter} {said.en}"))
                for letter, said in words.RELIABILITY.items()
            ),
        ],
    )
    observed_on = _day(
        T("取得日", "As of"),
        T("来源说的是哪一天；时限从这天算起。", "The day the source speaks of."),
        required=True,
    )
    valid_from = _day(T("有效期自", "Valid from"))
    valid_until = _day(
        T("有效期至", "Valid until"), T("没有期限则留空。", "Empty where it has no end.")
    )
    evidence = _line(
        T("依据", "Evidence"),
        200,
        T("文件编号、页码或网址。", "A document's number, a page, an address."),
        required=False,
    )
    legal_basis = _pick(
        T("处理依据", "Legal basis"),
        [("", "–"), *words.BASES.items()],
        required=False,
        help_text=T("个人信息必填。", "Needed for a person's details."),
    )

    def told(self, customer_code: str) -> NewFact:
        kept = ("source", "reliability", "observed_on", "valid_from", "valid_until", "evidence")
        return NewFact(
            customer_code=customer_code,
            field=self.field.code,
            value=self.typed(),
            legal_basis=self.cleaned_data["legal_basis"],
            **{name: self.cleaned_data[name] for name in kept},
        )


class CorrectForm(ValueForm):
    """What a fact should have said, from the same source, and why it did not."""

    observed_on = _day(T("取得日", "As of"), required=True)
    reason = forms.CharField(
        label=T("更正理由", "Why it is corrected"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=T("原值保留在历史里。", "The old value stays in the history."),
        error_messages=_SAID | {"max_length": _LONG},
    )


def first_values(field: Field, value: str | None, observed_on: date) -> dict[str, Any]:
    """What a correction begins with: the value that stands."""
    begun: dict[str, Any] = {"observed_on": observed_on, "value": value or ""}
    if field.form == "money" and value:
        amount, _, currency = value.rpartition(" ")
        begun |= {"value": amount, "currency": currency}
    return begun
