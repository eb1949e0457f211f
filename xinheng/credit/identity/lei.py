"""The legal entity identifier (ISO 17442): 18 letters and digits and two check digits.

Letters become numbers (A = 10 … Z = 35), and the whole, read as one number, leaves 1 when divided
by 97 (ISO 7064 MOD 97-10). Two swapped characters or one wrong one are always found. Worked:
`check_lei("213800699Y1P5GMARI40")` is valid; with 41 at the end the words say that 40
belongs there.
"""

from __future__ import annotations

from typing import Final

from xinheng.credit.identity.verdict import EMPTY, VALID, Checked, compact, invalid, shown
from xinheng.credit.words import Words

LENGTH: Final = 20
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def as_number(text: str) -> int:
    """The text with every letter as its two digits, read as one number."""
    return int("".join(str(_LETTERS.index(one)) for one in text))


def check_digits(body: str) -> str:
    """The two digits that belong behind 18 characters."""
    return f"{98 - as_number(body + '00') % 97:02}"


def check_lei(value: str) -> Checked:
    """The verdict on an LEI, and what to mend."""
    code = compact(value)
    if not code:
        return invalid(code, "empty", EMPTY)
    if len(code) != LENGTH:
        return invalid(code, "length", _LENGTH.format(n=len(code), code=shown(code)))
    for place, one in enumerate(code, 1):
        if one not in _LETTERS or (place > LENGTH - 2 and not one.isdecimal()):
            return invalid(code, "character", _CHARACTER.format(one=one, place=place))
    if as_number(code) % 97 != 1:
        right = check_digits(code[:18])
        return invalid(code, "check", _CHECK.format(last=code[18:], right=right))
    return Checked(code, VALID)


_LENGTH: Final = Words(
    "LEI 应为 20 位，现有 {n} 位（{code}）；请对照 LEI 登记页补全。",
    "An LEI has 20 characters, this one has {n} ({code}); complete it from the LEI register.",
)
_CHARACTER: Final = Words(
    "第 {place} 位“{one}”不会出现在 LEI 的这个位置（前 18 位为字母或数字，末两位为数字）；请改正。",
    "Character {place}, “{one}”, can't stand there in an LEI (18 letters or digits, then two "
    "digits); correct it.",
)
_CHECK: Final = Words(
    "校验不符：按前 18 位末两位应为 {right}，现为 {last}；请对照 LEI 登记页核对每一位。",
    "The check digits don't fit: the first 18 characters give {right}, not {last}; compare every "
    "character with the LEI register.",
)
