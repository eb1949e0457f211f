"""How figures stand on paper: exact, with separators, a real minus; days and moments as on pages.

Example: −1234567 fen → "−12,345.67"; None → "–".
"""

from __future__ import annotations

from typing import Any

from xinheng.texts import T
from xinheng.web.templatetags.xinheng import day, english, moment, money, pct, short

__all__ = ["day", "english", "moment", "money", "pct", "per_cent", "plain", "short", "so_many"]


def per_cent(value: Any) -> str:
    """A Decimal of per cent as people write it: 76.00 → 76.00%."""
    return "–" if value is None else f"{value}%".replace("-", "−")


def plain(value: Any) -> str:
    """A number or a text as it is; – where there is none."""
    return "–" if value in (None, "") else str(value).replace("-", "−")


def so_many(value: Any, unit: T) -> str:
    return "–" if value is None else f"{plain(value)} {unit}"
