"""统一社会信用代码, the code of every organisation in China: 18 characters, two of them check.

Department, kind of body, six digits of the division, the nine of the organisation code, a check
character. The last one (GB 32100) weighs the first 17 by powers of 3 modulo 31; the seventeenth
(GB 11714) checks the eight before it. Worked: 91350100M000100Y4 weighs 1640, 1640 mod 31 = 28,
31 - 28 = 3, so the code ends in 3. Where the remainder is 0 the check is 0,
not 31: 911100000000004570.

The first check failing means a slip. The second one alone failing is told and let pass, because
registries issued such codes. Codes known to be issued against the standard are a list
(early_codes_v1.json); they pass only when a person takes them on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from xinheng.credit.identity.verdict import (
    EMPTY,
    OVERRIDE,
    VALID,
    WARN,
    Checked,
    compact,
    invalid,
    shown,
)
from xinheng.credit.shipped import document
from xinheng.credit.words import Words

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z, which look like 1 0 5 U 2
INNER_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
INNER_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
LENGTH: Final = 18


def check_character(body: str) -> str:
    """The eighteenth character of the 17 before it."""
    total = sum(ALPHABET.index(one) * weight for one, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(body: str) -> str:
    """The ninth character of an organisation code, of the eight before it."""
    pairs = zip(body, INNER_WEIGHTS, strict=True)
    check = 11 - sum(INNER_ALPHABET.index(one) * weight for one, weight in pairs) % 11
    return {10: "X", 11: "0"}.get(check, str(check))


@lru_cache(maxsize=1)
def early_codes() -> dict[str, str]:
    """Codes issued before the standard, and to whom."""
    listed = document("identity/early_codes_v1.json")["codes"]
    return {one["code"]: one["name"] for one in listed}


def division_of(code: str) -> str:
    """The six digits of the administrative division."""
    return code[2:8]


def is_personal(code: str) -> bool:
    """Whether a natural person stands behind it: 92 is a 个体工商户."""
    return code[:2] == "92"


def check_uscc(value: str) -> Checked:
    """The verdict on a USCC, and what to mend."""
    code = compact(value)
    if not code:
        return invalid(code, "empty", EMPTY)
    if len(code) != LENGTH:
        return invalid(code, "length", _LENGTH.format(n=len(code), code=shown(code)))
    for place, one in enumerate(code, 1):
        if one not in ALPHABET or (2 < place <= 8 and not one.isdecimal()):
            meant = _MEANT.get(one)
            words = _CHARACTER_MEANT if meant and place not in range(3, 9) else _CHARACTER
            return invalid(code, "character", words.format(one=one, place=place, meant=meant))
    return _weighed(code)


def _weighed(code: str) -> Checked:
    if code in early_codes():
        name = early_codes()[code]
        return Checked(code, OVERRIDE, "early_code", _EARLY.format(name=name))
    if (right := check_character(code[:17])) != code[17]:
        return invalid(code, "check", _CHECK.format(last=code[17], right=right))
    inner = organisation_check(code[8:16])
    if inner != code[16]:
        return Checked(code, WARN, "inner_check", _INNER.format(found=code[16], right=inner))
    return Checked(code, VALID)


_MEANT: Final = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}
_LENGTH: Final = Words(
    "统一社会信用代码应为 18 位，现有 {n} 位（{code}）；请对照营业执照补全或删去多余字符。",
    "A USCC has 18 characters, this one has {n} ({code}); complete it from the business licence.",
)
_CHARACTER: Final = Words(
    "第 {place} 位“{one}”不会出现在统一社会信用代码的这个位置；请对照营业执照改正。",
    "Character {place}, “{one}”, can't stand there in a USCC; look at the business licence.",
)
_CHARACTER_MEANT: Final = Words(
    "第 {place} 位“{one}”不用于统一社会信用代码，可能是“{meant}”；请对照营业执照改正。",
    "Character {place}, “{one}”, is never in a USCC and may be “{meant}”; look at the licence.",
)
_CHECK: Final = Words(
    "校验位不符：按前 17 位应为“{right}”，现为“{last}”；可能抄错或颠倒了一位，请对照营业执照。",
    "The check character doesn't fit: the first 17 give “{right}”, not “{last}”. One character may "
    "be wrong or two swapped; look at the business licence.",
)
_INNER: Final = Words(
    "末位校验通过，但第 17 位（组织机构代码校验位）应为“{right}”，现为“{found}”；请对照营业执照。",
    "The last character checks, but the seventeenth (organisation code) should be “{right}”, not "
    "“{found}”; compare it with the business licence.",
)
_EARLY: Final = Words(
    "这是标准实施前试点发出的代码（{name}），不符合校验规则；如确属该企业，请由有权限的人写明理由后采用。",
    "This code was issued by a pilot before the standard ({name}) and fails its check. If it is "
    "this company, a person must take it on with a reason.",
)
