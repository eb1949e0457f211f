"""VAT numbers of the European Union: a country prefix, a shape of each country, some check digits.

Shapes are of all 27 members and Northern Ireland (vat_shapes_v1.json). Check digits are computed
where their rule is public and certain: DE (ISO 7064 MOD 11,10), FR (MOD 97 of the SIREN), NL
(weights 9…2 modulo 11, or MOD 97-10 since 2020), IT (Luhn), ES (three alphabets). Others have the
verdict `unchecked`: the shape is right, the rest the register knows. Worked: DE136695976 is valid;
NL004495445B01 weighs 104, and 104 mod 11 = 5 = its ninth digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from xinheng.credit.identity.lei import as_number
from xinheng.credit.identity.verdict import (
    EMPTY,
    UNCHECKED,
    VALID,
    Checked,
    compact,
    invalid,
    shown,
)
from xinheng.credit.shipped import document
from xinheng.credit.words import Words


@lru_cache(maxsize=1)
def shapes() -> dict[str, Any]:
    """Country prefix → its pattern and an example."""
    found: dict[str, Any] = document("identity/vat_shapes_v1.json")["countries"]
    return found


def check_vat(value: str) -> Checked:
    """The verdict on an EU VAT number with its prefix, and what to mend."""
    code = compact(value)
    if not code:
        return invalid(code, "empty", EMPTY)
    prefix, body = code[:2], code[2:]
    shape = shapes().get(prefix)
    if shape is None:
        return invalid(code, "country", _COUNTRY.format(prefix=shown(prefix)))
    if not re.fullmatch(shape["pattern"], body):
        return invalid(code, "shape", _SHAPE.format(country=prefix, example=shape["example"]))
    rule = _RULES.get(prefix)
    if rule is None:
        return Checked(code, UNCHECKED, "no_check_digit", _UNCHECKED.format(country=prefix))
    return Checked(code, VALID) if rule(body) else invalid(code, "check", _CHECK)


def _de(body: str) -> bool:
    product = 10
    for one in body[:8]:
        product = ((int(one) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(body[8])


def _fr(body: str) -> bool:
    key, siren = body[:2], body[2:]
    if not key.isdecimal():
        return True  # the newer keys with letters have no published rule
    return int(key) == (12 + 3 * (int(siren) % 97)) % 97


def _nl(body: str) -> bool:
    weighed = sum(int(one) * weight for one, weight in zip(body[:8], range(9, 1, -1), strict=True))
    return weighed % 11 == int(body[8]) or as_number("NL" + body) % 97 == 1


def luhn(digits: str) -> bool:
    """Every second digit from the right doubled, their digits added: a multiple of ten."""
    total = 0
    for place, one in enumerate(reversed(digits)):
        doubled = int(one) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


_NIF: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_CIF: Final = "JABCDEFGHI"


def _es(body: str) -> bool:
    first, last = body[0], body[-1]
    if first.isdecimal():
        return _NIF[int(body[:8]) % 23] == last
    if first in "XYZ":
        return _NIF[int(str("XYZ".index(first)) + body[1:8]) % 23] == last
    if first in "KLM":
        return _NIF[int(body[1:8]) % 23] == last or _company(body)
    return _company(body)


def _company(body: str) -> bool:
    """A Spanish company: a digit, or its letter; some kinds of company allow only one of them."""
    check = next(one for one in range(10) if luhn(body[1:8] + str(one)))
    digit, letter = str(check), _CIF[check]
    allowed = letter if body[0] in "PQRSNW" else digit if body[0] in "ABEH" else digit + letter
    return body[8] in allowed


_RULES: Final[Mapping[str, Callable[[str], bool]]] = {
    "DE": _de,
    "FR": _fr,
    "NL": _nl,
    "IT": luhn,
    "ES": _es,
}

_COUNTRY: Final = Words(
    "欧盟增值税号以两位国家代码开头（如 DE、FR，希腊为 EL），“{prefix}”不是；请补上国家代码。",
    "An EU VAT number begins with its country (DE, FR, EL for Greece), “{prefix}” is none; add it.",
)
_SHAPE: Final = Words(
    "{country} 的增值税号应形如 {example}；请对照发票或登记证改正。",
    "A VAT number of {country} looks like {example}; correct it from an invoice or certificate.",
)
_CHECK: Final = Words(
    "增值税号的校验位不符，可能抄错或颠倒了一位；请对照发票或登记证。",
    "The check digits of the VAT number don't fit: one may be wrong or two swapped; look at an "
    "invoice or the certificate.",
)
_UNCHECKED: Final = Words(
    "{country} 的增值税号格式正确；校验位未核对，请在欧盟 VIES 查询。",
    "The VAT number of {country} has the right shape; its check digits stay unchecked, ask VIES.",
)
