"""The industries of China's economy (GB/T 4754-2017): a section's letter, then two to four digits.

20 sections, 97 divisions, 473 groups, 1,381 classes. Worked: `industry("C3011")` is 水泥制造, a
class of C301 水泥、石灰和石膏制造, of C30 非金属矿物制品业, of C 制造业. 3011 without its
letter is found too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct

from xinheng.credit.shipped import document

FOUND_MAX: Final = 50


class Industry(Struct, frozen=True):
    """above: the names of what it belongs to, the widest first."""

    code: str
    name: str
    above: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        return " / ".join((*self.above, self.name))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    found: dict[str, str] = document("industries_v1.json")["industries"]
    return found


@lru_cache(maxsize=1)
def _by_digits() -> dict[str, str]:
    return {code[1:]: code for code in _names() if len(code) > 1}


def industry(code: str) -> Industry | None:
    """The industry of a code, with or without its letter; None where the standard has none."""
    wanted = code.strip().upper()
    wanted = _by_digits().get(wanted, wanted)
    name = _names().get(wanted)
    if name is None:
        return None
    above = (wanted[:1], wanted[:3], wanted[:4])
    return Industry(wanted, name, tuple(_names()[one] for one in above if len(one) < len(wanted)))


def industries_named(text: str) -> list[Industry]:
    """Industries whose code begins with the text (with or without letter) or whose name has it."""
    wanted = text.strip().upper()
    if not wanted:
        return []
    found = [
        code
        for code, name in _names().items()
        if code.startswith(wanted) or code[1:].startswith(wanted) or wanted in name
    ]
    return [one for one in map(industry, found[:FOUND_MAX]) if one is not None]
