"""The numbers that name a company, and whether they can be right: USCC, LEI, DUNS, EU VAT.

A check digit says that a number was copied without a slip, never that the company exists. Every
check returns a verdict and words that say how to mend it, and none raises. Worked:
`check("uscc", "91350100m000100y43")` is `valid` as 91350100M000100Y43; with 44 at the end it is
`invalid`, and the words name the character that belongs there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from xinheng.credit.identity.duns import check_duns
from xinheng.credit.identity.lei import check_lei
from xinheng.credit.identity.uscc import check_uscc
from xinheng.credit.identity.vat import check_vat
from xinheng.credit.identity.verdict import (
    INVALID,
    OVERRIDE,
    UNCHECKED,
    VALID,
    WARN,
    Checked,
    no_rule,
)

CHECKS: Final[Mapping[str, Callable[[str], Checked]]] = {
    "uscc": check_uscc,
    "lei": check_lei,
    "duns": check_duns,
    "vat": check_vat,
    "other": no_rule,
}
KINDS: Final = tuple(CHECKS)
VERDICTS: Final = (VALID, WARN, OVERRIDE, INVALID, UNCHECKED)


def check(kind: str, value: str) -> Checked:
    """What is to be said about `value` as a number of this kind (one of KINDS)."""
    return CHECKS[kind](value)


__all__ = [
    "CHECKS",
    "INVALID",
    "KINDS",
    "OVERRIDE",
    "UNCHECKED",
    "VALID",
    "VERDICTS",
    "WARN",
    "Checked",
    "check",
    "check_duns",
    "check_lei",
    "check_uscc",
    "check_vat",
]
