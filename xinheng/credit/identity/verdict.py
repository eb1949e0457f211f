"""What a check of a number says: the number as it is written properly, a verdict, and words.

`valid`: nothing is wrong. `warn`: it may be used and somebody should look. `override`: it was
issued, and fails the standard; a person must take it on, with a reason. `invalid`: it can't be
right. `unchecked`: no rule is known that could tell. Example: "９１ 3501…" is compacted first, so
that full-width digits and spaces are never the reason of a refusal.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from msgspec import Struct

from xinheng.credit.words import Words

VALID: Final = "valid"
WARN: Final = "warn"
OVERRIDE: Final = "override"
INVALID: Final = "invalid"
UNCHECKED: Final = "unchecked"

VALUE_MAX: Final = 40


class Checked(Struct, frozen=True):
    """value: the number without spaces, in capitals; code: the reason as a word; reason: how to
    mend it, None where nothing is wrong.
    """

    value: str
    verdict: str
    code: str = ""
    reason: Words | None = None

    @property
    def usable(self) -> bool:
        """May be used without anybody taking it on himself."""
        return self.verdict in (VALID, WARN, UNCHECKED)


def compact(value: str) -> str:
    """Half-width, without spaces, hyphens, dots and slashes, in capitals."""
    folded = unicodedata.normalize("NFKC", value)
    return "".join(one for one in folded if not one.isspace() and one not in "-‐–—./·").upper()


def shown(value: str) -> str:
    """A number as a sentence may repeat it: never more than its place allows."""
    return value if len(value) <= VALUE_MAX else value[:VALUE_MAX] + "…"


def invalid(value: str, code: str, reason: Words) -> Checked:
    return Checked(value, INVALID, code, reason)


def no_rule(value: str) -> Checked:
    """A number of a kind that nobody here can check: anything that is there, and not too long."""
    written = " ".join(unicodedata.normalize("NFKC", value).split())
    if not written:
        return invalid(written, "empty", EMPTY)
    if len(written) > VALUE_MAX:
        return invalid(written[:VALUE_MAX], "length", TOO_LONG.format(most=VALUE_MAX))
    if not written.isprintable():
        return invalid("", "character", UNPRINTABLE)
    return Checked(written, UNCHECKED, "no_rule", NO_RULE)


EMPTY: Final = Words("请填写号码。", "Give the number.")
TOO_LONG: Final = Words("号码最多 {most} 个字符。", "A number has at most {most} characters.")
UNPRINTABLE: Final = Words(
    "号码中有不可见的字符，请重新输入。", "The number holds invisible characters; type it again."
)
NO_RULE: Final = Words(
    "这类号码没有可用的校验规则，请对照原件核对。",
    "No rule is known that checks this number; compare it with the document.",
)
