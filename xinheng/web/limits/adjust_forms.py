"""The form of a bulk adjustment: which lines, by which rule, on which days.

Amounts are typed in the currency that was chosen, percentages with a sign: "-10" is ten percent
less. Example: −10 %, rounded down to 1,000.00, at least 50,000.00, from today, each until its own
last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms

from xinheng.credit.adjusting import KINDS, Rule
from xinheng.credit.money import to_text
from xinheng.credit.scale import GRADES
from xinheng.people.models import BusinessUnit
from xinheng.texts import T
from xinheng.web.limits.change_forms import FILL_IN, day_field, typed_amount

PERCENT_STEPS: Final = 100  # basis points are hundredths of a percent
RULES: Final = {
    "percent": T("按百分比", "By percent"),
    "amount": T("加减金额", "By an amount"),
    "fixed": T("统一为", "All to one amount"),
}
ROUNDINGS: Final = [
    ("down", T("向下", "Down")),
    ("half", T("四舍五入", "To the nearest")),
    ("up", T("向上", "Up")),
]
USES: Final = [
    ("", T("不限", "Any")),
    ("idle", T("使用不足 20%", "Less than 20% used")),
    ("high", T("使用超过 80%", "More than 80% used")),
    ("over", T("超出额度", "Beyond the limit")),
]
LEVELS: Final = [
    ("own", T("本户额度", "Own limits")),
    ("group", T("集团额度", "Group limits")),
    ("part", T("分项额度", "Sub-limits")),
]
PERCENT: Final = T("请填百分比，例如 -10 或 7.5。", "Give a percentage, such as -10 or 7.5.")
assert set(RULES) == set(KINDS)


@dataclass(frozen=True)
class Wanted:
    """Which lines: every field narrows."""

    currency: str
    level: str
    grade: str
    unit: int | None
    use: str
    text: str


def _amount(label: T, *, required: bool = False, help_text: T | str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=30,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )


class AdjustForm(forms.Form):
    """Lines and rule in one: what it comes to is looked at before anything is changed."""

    currency = forms.ChoiceField(label=T("币种", "Currency"))
    level = forms.ChoiceField(label=T("哪一级", "Which limits"), choices=LEVELS)
    grade = forms.ChoiceField(label=T("等级", "Grade"), required=False)
    unit = forms.ChoiceField(label=T("业务单元", "Unit"), required=False)
    use = forms.ChoiceField(label=T("使用率", "Use"), choices=USES, required=False)
    q = forms.CharField(
        label=T("客户", "Customers"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=T("方式", "How"), choices=list(RULES.items()))
    value = _amount(
        T("百分比或金额", "Percent or amount"),
        required=True,
        help_text=T("下调写负号，例如 -10。", "With a minus to lower, such as -10."),
    )
    step = _amount(T("取整到", "Round to"))
    rounding = forms.ChoiceField(label=T("取整方向", "Rounding"), choices=ROUNDINGS)
    lowest = _amount(T("最低", "At least"))
    highest = _amount(T("最高", "At most"))
    valid_from = day_field(T("自", "From"))
    valid_until = day_field(
        T("至", "Until"),
        T("空着：各自的到期日不变。", "Empty: each keeps its own."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        currencies: list[str],
        units: list[BusinessUnit],
        day: Any,
        **kwargs: Any,
    ) -> None:
        step = to_text(100_000, "CNY").removesuffix(".00")
        usual = {"level": "own", "kind": "percent", "step": step, "valid_from": day}
        kwargs["initial"] = usual | {"currency": currencies[0] if currencies else "CNY"}
        super().__init__(*args, **kwargs)
        every = T("全部", "All")
        self.choices("currency", [(code, code) for code in currencies])
        self.choices("grade", [("", every), *((grade, grade) for grade in GRADES)])
        self.choices("unit", [("", every), *((str(one.pk), one.name) for one in units)])

    def choices(self, name: str, given: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = given

    def clean(self) -> dict[str, Any]:
        """Texts become figures of the chosen currency; each mistake stands beside its field."""
        said = super().clean() or self.cleaned_data
        currency = said.get("currency")
        if currency:
            for name in ("step", "lowest", "highest"):
                self._figure(name, currency)
            if said.get("kind") == "percent":
                self._percent()
            else:
                self._figure("value", currency, signed=said.get("kind") == "amount")
        return said

    def _figure(self, name: str, currency: str, *, signed: bool = False) -> None:
        text = (self.cleaned_data.get(name) or "").strip()
        if not text:
            self.cleaned_data[name] = None
            return
        minus = signed and text.startswith(("-", "\N{MINUS SIGN}"))
        try:
            minor = typed_amount(text[1:] if minus else text, currency)
        except forms.ValidationError as error:
            self.add_error(name, error)
        else:
            self.cleaned_data[name] = -minor if minus else minor

    def _percent(self) -> None:
        text = (self.cleaned_data.get("value") or "").replace("\N{MINUS SIGN}", "-").strip(" %％")
        try:
            bps = Decimal(text) * PERCENT_STEPS
            if not bps.is_finite() or bps != bps.to_integral_value() or abs(bps) > 10**7:
                raise InvalidOperation
        except InvalidOperation:
            if "value" in self.cleaned_data:
                self.add_error("value", str(PERCENT))
        else:
            self.cleaned_data["value"] = int(bps)

    def wanted(self) -> Wanted:
        said = self.cleaned_data
        unit = int(said["unit"]) if said["unit"] else None
        text = said["q"].strip().replace("\0", "")
        return Wanted(said["currency"], said["level"], said["grade"], unit, said["use"], text)

    def rule(self) -> Rule:
        said = self.cleaned_data
        return Rule(
            said["kind"],
            said["value"],
            said["step"] or 0,
            said["rounding"],
            said["lowest"],
            said["highest"],
        )
