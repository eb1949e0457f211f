"""What somebody typed at a command, as what it means: a person, a customer, a currency, an amount.

Each is found, or ends the command with one line that says what is missing and exit code 1. Example:
`--by alice` is the active user alice, who acts with her own authority; "120000.5" CNY is
12_000_050 minor units; "12.5" % is 1_250 basis points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.customers.models import Customer
    from xinheng.people.actor import Actor
    from xinheng.people.models import User

By = Annotated[
    str, typer.Option("--by", help="以谁的权限，用户名 · On whose authority: a user name")
]


def person_named(username: str) -> User:
    """The active user of this name."""
    from xinheng.people.models import User

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Trouble(
            f"没有可用的用户“{username}”；用 xinheng user list 查看。",
            f"There is no active user “{username}”: see `xinheng user list`.",
            Exit.FAILED,
        )
    return found


def actor_named(username: str) -> Actor:
    """The active user of this name, as who acts."""
    from xinheng.people.actor import of_user

    return of_user(person_named(username))


def customer_coded(code: str) -> Customer:
    """The customer of this code."""
    from xinheng.customers.models import Customer

    found = Customer.objects.filter(code=code).first()
    if found is None:
        raise Trouble(f"没有编码为“{code}”的客户。", f"There is no customer “{code}”.", Exit.FAILED)
    return found


def currency_or_own(asked: str | None) -> str:
    """The currency asked for, or the company's own."""
    from xinheng.people.queries import company

    seller = company()
    return (asked or "").upper() or (seller.base_currency if seller else "CNY")


def minor(amount: str, currency: str) -> int:
    """An amount as typed, in minor units."""
    from xinheng.credit.money import MoneyError, to_minor

    try:
        return to_minor(amount, currency)
    except MoneyError as error:
        raise Trouble(error.zh, error.en, Exit.FAILED) from None


def bps(percent: str) -> int:
    """A percentage as typed, in basis points: "12.5" → 1250."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(percent) * 100
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != value.to_integral_value():
        raise Trouble(
            f"“{percent}”不是百分比：最多两位小数，如 12.5。",
            f"“{percent}” is no percentage: at most two decimals, such as 12.5.",
            Exit.FAILED,
        )
    return int(value)
