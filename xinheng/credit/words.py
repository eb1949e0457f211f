"""A sentence in Chinese and English, as the pure floor says it; the doors make a lazy text of it.

`Words("缺 {n} 位", "{n} characters are missing").format(n=2)` fills both. The pure floor knows no
request and so no language of it: both sentences always travel together.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Words(Struct, frozen=True):
    """Both sentences; `format` fills the fields of both."""

    zh: str
    en: str

    def format(self, **fields: Any) -> Words:
        return Words(self.zh.format(**fields), self.en.format(**fields))

    def both(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}
