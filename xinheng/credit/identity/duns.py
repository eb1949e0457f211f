"""The D-U-N-S number: nine digits, often written 12-345-6789. It has no public check digit.

So its shape is all that can be told: `check_duns("15-048-3782")` is `valid` as 150483782, which
means that nothing is wrong with it; eight digits, a letter or nine equal digits are not.
"""

from __future__ import annotations

from typing import Final

from xinheng.credit.identity.verdict import EMPTY, VALID, Checked, compact, invalid, shown
from xinheng.credit.words import Words

LENGTH: Final = 9


def check_duns(value: str) -> Checked:
    """The verdict on a DUNS number's shape."""
    code = compact(value)
    if not code:
        return invalid(code, "empty", EMPTY)
    digits = code.isascii() and code.isdecimal()
    if not digits or len(code) != LENGTH:
        return invalid(code, "length", _SHAPE.format(code=shown(code)))
    if len(set(code)) == 1:
        return invalid(code, "placeholder", _PLACEHOLDER.format(code=code))
    return Checked(code, VALID)


_SHAPE: Final = Words(
    "邓白氏编码应为 9 位数字（可写作 12-345-6789），现为 {code}；请补全前导零或改正。",
    "A DUNS number has 9 digits (12-345-6789), not {code}; add its leading zeros or correct it.",
)
_PLACEHOLDER: Final = Words(
    "{code} 是占位号码，不是邓白氏编码；不知道就留空。",
    "{code} is a placeholder, not a DUNS number; leave it empty if it isn't known.",
)
