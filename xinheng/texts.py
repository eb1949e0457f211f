"""Both languages at the place where they are used.

`T("放行", "Release")` is a lazy text: it renders in the language of the current request, so a label
can live in a module constant. Templates say `{% t "放行" "Release" %}`. There is no catalogue that
could lag behind: a text without its other language cannot be written. Example: `T("共 {n} 户", "{n}
customers").format(n=3)`.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language


class T:
    """A text in Chinese and English, chosen when it is shown.

    zh, en: both non-empty; `format` fills `{name}` fields in both and returns a new lazy text.
    """

    __slots__ = ("en", "zh")

    def __init__(self, zh: str, en: str) -> None:
        if not zh or not en:
            raise ValueError("a text needs both languages: T('中文', 'English')")
        self.zh = zh
        self.en = en

    def format(self, **fields: Any) -> T:
        """Fields filled in; one that is a text itself speaks the language of its sentence."""
        zh = {name: one.zh if isinstance(one, T) else one for name, one in fields.items()}
        en = {name: one.en if isinstance(one, T) else one for name, one in fields.items()}
        return T(self.zh.format(**zh), self.en.format(**en))

    def both(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}

    def __str__(self) -> str:
        return self.en if (get_language() or "zh").startswith("en") else self.zh

    def __repr__(self) -> str:
        return f"T({self.zh!r}, {self.en!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, T) and (self.zh, self.en) == (other.zh, other.en)

    def __hash__(self) -> int:
        return hash((self.zh, self.en))
