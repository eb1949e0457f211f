"""The shipped roles: which duty has which permission words, and up to which amount it decides.

The file roles_v1.json is a starting point; what counts are the rows of `Role` and `Authority`,
which an installation edits. Amounts are stated once in CNY and multiplied by a coarse factor per
currency, so that a book in USD has an authority from the first day. Example: credit_manager,
release_hold: 5,000,000.00 CNY and 1,000,000.00 USD; special_approval (what exceeds the limit):
500,000.00 CNY for at most 30 days.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from xinheng.credit.money import round_half_up, to_minor

_FILE = Path(__file__).with_name("roles_v1.json")


class Line(NamedTuple):
    """One row of the authority table: a role decides an action up to an amount (and for days)."""

    role: str
    action: str
    currency: str
    up_to_minor: int
    days_max: int | None


@cache
def shipped() -> dict[str, Any]:
    """The file as it ships; callers only read it."""
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def permission_words() -> frozenset[str]:
    """Every permission word there is."""
    return frozenset(shipped()["permissions"])


def authority_lines(base_currency: str) -> list[Line]:
    """The authority table for every listed currency and the base currency.

    A base currency that is not listed gets the CNY figures: somebody must be able to decide on the
    first day, and the rows can be edited. Amount = CNY amount × multiple, HALF_UP to whole units,
    then to minor units.
    """
    multiples: dict[str, str] = {base_currency: "1", **shipped()["authority_multiples_of_cny"]}
    return [
        Line(role["code"], action, currency, _minor(amount, multiple, currency), days)
        for role in shipped()["roles"]
        for action, given in role.get("authority_cny", {}).items()
        for amount, days in [_amount_and_days(given)]
        for currency, multiple in multiples.items()
    ]


def _amount_and_days(given: str | dict[str, Any]) -> tuple[str, int | None]:
    return (given, None) if isinstance(given, str) else (given["amount"], given["days"])


def _minor(amount: str, multiple: str, currency: str) -> int:
    whole = round_half_up(Decimal(amount) * Decimal(multiple), 0)
    return to_minor(whole, currency)
