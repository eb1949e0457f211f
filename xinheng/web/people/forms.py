"""Forms of signing in and setting up: they ask only what can't be known, in the order in which
people know it.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from xinheng.credit.money import EXPONENTS
from xinheng.texts import T

COMMON_CURRENCIES = ("CNY", "HKD", "USD", "EUR", "JPY", "GBP", "SGD")


class SignInForm(AuthenticationForm):
    """Name and password; one sentence for every failure: nobody learns which names exist."""

    error_messages = {
        "invalid_login": T(
            "用户名或密码不正确。请检查大小写后再试。",
            "This name and password don't match. Check capitals and try again.",
        ),
        "inactive": T(
            "此账户已停用。请联系管理员。", "This account is off. Ask your administrator."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = T("用户名", "User name")
        self.fields["password"].label = T("密码", "Password")
        for field in self.fields.values():
            field.error_messages["required"] = T("请填写此项。", "Fill this in.")

    def get_invalid_login_error(self) -> forms.ValidationError:
        """The sentence as it is: Django would fill the user name into it."""
        return forms.ValidationError(str(self.error_messages["invalid_login"]), "invalid_login")


class SetUpForm(forms.Form):
    """The company once, and its first administrator."""

    company = forms.CharField(label=T("公司名称", "Company name"), max_length=200)
    base_currency = forms.ChoiceField(
        label=T("记账本位币", "Base currency"),
        help_text=T(
            "额度与报表的主要币种，之后不能更改。",
            "The main currency of limits and reports; it can't be changed later.",
        ),
    )
    time_zone = forms.ChoiceField(
        label=T("时区", "Time zone"),
        help_text=T(
            "“今天”和“逾期几天”按此时区计算。", "“Today” and days past due follow this zone."
        ),
    )
    username = forms.CharField(
        label=T("您的用户名", "Your user name"),
        max_length=60,
        help_text=T("第一位管理员。", "The first administrator."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=T("密码", "Password"),
        max_length=200,
        strip=False,
        help_text=T(
            "至少 12 个字符，不要用常见密码。", "At least 12 characters, and not a common one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    again = forms.CharField(
        label=T("再输入一次密码", "Password once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_currency"].choices = currencies()  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [(z, z) for z in zones()]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["required"] = T("请填写此项。", "Fill this in.")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("password") and found.get("again") and found["password"] != found["again"]:
            self.add_error("again", str(T("两次输入的密码不一样。", "The two passwords differ.")))
        return found


def currencies() -> list[tuple[str, str]]:
    """Currencies with minor units, the usual ones first."""
    rest = sorted(
        c for c, digits in EXPONENTS.items() if digits is not None and c not in COMMON_CURRENCIES
    )
    return [(code, code) for code in (*COMMON_CURRENCIES, *rest)]


@cache
def zones() -> list[str]:
    """Asia/Shanghai first, then every zone with a place in its name."""
    named = sorted(
        z
        for z in available_timezones()
        if "/" in z and not z.startswith(("Etc/", "posix/", "right/"))
    )
    return ["Asia/Shanghai", "UTC", *(z for z in named if z != "Asia/Shanghai")]
