"""China's administrative divisions (GB/T 2260): six digits, and the name they stand for.

Two digits are a province, four a prefecture, six a county. A USCC keeps the division of the day it
was issued, so retired codes are known too, marked with the last table that had them. Worked:
`division("330106")` is 西湖区 in 浙江省 杭州市, `division("110103")` is 崇文区, retired
after 2009-12.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from xinheng.credit.shipped import document

FOUND_MAX: Final = 50
_FILE: Final = "divisions_v1.json"


class Division(Struct, frozen=True):
    """above: the names of what it lies in, the widest first; retired: "2009-12", or empty."""

    code: str
    name: str
    above: tuple[str, ...] = ()
    retired: str = ""

    @property
    def full(self) -> str:
        return " ".join((*self.above, self.name))


def division(code: str) -> Division | None:
    """The division of a code, current or retired; None where no table ever had it."""
    listed: dict[str, Any] = document(_FILE)
    name, retired = listed["current"].get(code), ""
    if name is None:
        name, last = listed["retired"].get(code, ("", ""))
        retired = f"{last[:4]}-{last[4:]}"
    if not name:
        return None
    above = dict.fromkeys((code[:2] + "0000", code[:4] + "00"))
    names = (_name(one) for one in above if one != code)
    return Division(code, name, tuple(filter(None, names)), retired)


def _name(code: str) -> str:
    listed: dict[str, Any] = document(_FILE)
    return str(listed["current"].get(code) or listed["retired"].get(code, ("",))[0])


def divisions_named(text: str) -> list[Division]:
    """Current divisions whose code begins with the text or whose name contains it."""
    wanted = text.strip()
    if not wanted:
        return []
    names: dict[str, str] = document(_FILE)["current"]
    codes = [code for code, name in names.items() if code.startswith(wanted) or wanted in name]
    return [one for one in map(division, codes[:FOUND_MAX]) if one is not None]
