"""What every page knows: the company, the rail, the person's unit of amounts, theme and language.

What costs a query is a callable that a template has to ask for, so that an htmx part pays for
nothing it does not show. Example: `unit` is "wan" where the reader chose 万元, and `{% amount %}`
writes 123.46 for 1,234,567.00.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from xinheng.decisions.notices import unread
from xinheng.people.queries import company
from xinheng.web.frame.rail import RailItem, rail_of

UNIT_COOKIE = "xinheng_unit"
THEME_COOKIE = "xinheng_theme"
RAIL_COOKIE = "xinheng_rail"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html and of the template library."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    theme = request.COOKIES.get(THEME_COOKIE, "")

    @cache
    def rail() -> list[RailItem]:
        return list(rail_of(user, request.path)) if signed_in else []

    @cache
    def notices_unread() -> int:
        return unread(user).count() if signed_in else 0

    return {
        "company": company,
        "rail": rail,
        "notices_unread": notices_unread,
        "signed_in": signed_in,
        "may_deputise": lambda: bool(signed_in and user.may("holds.release")),
        "unit": "wan" if request.COOKIES.get(UNIT_COOKIE) == "wan" else "one",
        "theme": theme if theme in ("light", "dark") else "",
        "rail_folded": request.COOKIES.get(RAIL_COOKIE) == "folded",
        "english": (get_language() or "zh").startswith("en"),
    }
