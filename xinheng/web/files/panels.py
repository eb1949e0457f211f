"""What other rooms show on the tabs of a credit file, below the facts of the tab's block.

A panel is read for one customer and one view of the file. `Seen.day` is the day the page speaks
of; `known_at` is None for the file as it stands, else the instant up to which things were known:
a file looked at as of 2026-03-01 is Seen(2026-03-01, the last instant of that day where we are).
A panel honours it or says in its own words that it shows today's state. A reader returns what its
template needs, or None where there is nothing to show at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.http import HttpRequest

from xinheng.customers.models import Customer
from xinheng.texts import T
from xinheng.web.contracts.panel import contracts_panel
from xinheng.web.customers.identity_panel import identity_panel
from xinheng.web.experts.side_by_side import models_panel
from xinheng.web.files.licences import read as read_licences
from xinheng.web.files.paying import payment_panel
from xinheng.web.inquiries.bureaus import reports_panel
from xinheng.web.inquiries.panel import references_panel
from xinheng.web.inquiries.visits import visits_panel
from xinheng.web.relations.views import talks_panel
from xinheng.web.statements.panel import statements_panel


class Seen(NamedTuple):
    """The view: the day it speaks of, and until when what became known counts (None: now)."""

    day: date
    known_at: datetime | None


class Panel(NamedTuple):
    """`template` is included with what `read` returned, `panel`, `customer` and `seen`."""

    block: str
    title: T
    template: str
    read: Callable[[HttpRequest, Customer, Seen], dict[str, Any] | None]


PANELS: tuple[Panel, ...] = (
    # "" is the overview
    Panel("", T("各模型等级", "Grades of all models"), "experts/_panel.html", models_panel),
    Panel("contracts", T("合同", "Contracts"), "contracts/_panel.html", contracts_panel),
    Panel("basic", T("身份", "Identity"), "customers/_identity_panel.html", identity_panel),
    Panel(
        "external",
        T("外部信用报告", "Bureaus' reports"),
        "inquiries/_reports_panel.html",
        reports_panel,
    ),
    Panel("payment", T("付款表现", "Payment"), "files/_paying.html", payment_panel),
    Panel("contact", T("沟通", "Talks"), "relations/_panel.html", talks_panel),
    Panel("contact", T("实地走访", "Visits"), "inquiries/_visits_panel.html", visits_panel),
    Panel("trade", T("资信证明", "References"), "inquiries/_panel.html", references_panel),
    Panel("licences", T("证照文件", "Licence papers"), "files/_licences.html", read_licences),
    Panel(
        "finance",
        T("财务报表", "Financial statements"),
        "statements/_panel.html",
        statements_panel,
    ),
)
