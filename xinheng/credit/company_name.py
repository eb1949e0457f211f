"""What of a company's name is its own: folded to one spelling, the legal form taken off.

Two files rarely write a name alike: full width or half, 貿易 or 贸易, “Co., Ltd.” or “Limited”.
The key keeps letters, digits and Chinese characters in one spelling. Worked:
华贸（集团）有限公司 and 華貿(集團)股份有限公司 both have the key 华贸集团; “ACME Cement Co., Ltd.”
and “Acme-Cement GmbH” both acmecement. A key that would be empty stays the whole name.

Which forms are taken off, and which traditional characters are read as simplified, is data
(company_names_v1.json): the characters that company names use, not the whole of Chinese.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from xinheng.credit.shipped import document

_APART: Final = re.compile(r"[^\w]+|_+")
_DOTS: Final = re.compile(r"[.'’]")


@lru_cache(maxsize=1)
def _rules() -> tuple[dict[int, int], tuple[str, ...], frozenset[str]]:
    listed: dict[str, Any] = document("company_names_v1.json")
    pairs = "".join(listed["traditional"]).replace(" ", "")
    simplified = {ord(old): ord(new) for old, new in zip(pairs[::2], pairs[1::2], strict=True)}
    endings = tuple(sorted(listed["endings"], key=len, reverse=True))
    return simplified, endings, frozenset(listed["words"])


def folded(name: str) -> str:
    """One spelling: half width, small letters without accents, simplified characters."""
    simplified, _, _ = _rules()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return unicodedata.normalize("NFKC", bare).translate(simplified)


def name_key(name: str) -> str:
    """What is compared; empty only for a name without a letter or digit."""
    _, endings, forms = _rules()
    words = [word for word in _APART.split(_DOTS.sub("", folded(name))) if word]
    whole = "".join(words)
    while len(words) > 1 and words[-1] in forms:
        words.pop()
    key = "".join(words)
    for _ in range(2):  # （有限合伙） behind 有限公司
        ending = next((one for one in endings if key.endswith(one) and key != one), "")
        key = key.removesuffix(ending)
    return key or whole
