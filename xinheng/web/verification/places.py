"""Where the pages of verification lead: to one another, and into a customer's file."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from xinheng.texts import T
from xinheng.web.frame.permissions import PERMISSIONS
from xinheng.web.frame.tables import Tab

PAGES: Final = {  # url name → label
    "verification": T("待核验", "Queue"),
    "conflicts": T("来源冲突", "Conflicts"),
    "verification-mine": T("我的录入", "My entries"),
    "freshness": T("到期日历", "Calendar"),
    "file-measures": T("四性", "Measures"),
}


def pages(request: HttpRequest, here: str) -> list[Tab]:
    """The pages side by side, as far as the person may open them."""
    return [
        Tab(label, reverse(name), name == here)
        for name, label in PAGES.items()
        if request.user.may(PERMISSIONS[name])
    ]


def field_href(code: str, field: str) -> str:
    """Everything that was ever said of the field."""
    return reverse("file-field", args=[code, field])


def enter_href(code: str, field: str) -> str:
    """The form that enters the field anew."""
    return f"{reverse('file-enter', args=[code])}?{urlencode({'field': field})}"


def block_href(code: str, block: str) -> str:
    """The tab of a block."""
    return reverse("file-block", args=[code, block])
