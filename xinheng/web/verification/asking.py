"""What the address of the verification queue asks for, and what the reader may ask next.

Everything stands in the address: tab, block, source, customer, batch; so a link to a colleague
shows the same. Words that are not ours mean nothing. Example: `?tab=second&block=basic&q=长江`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, QueryDict

from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.waiting import TABS, Survey, Wanted
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.tables import Column, Tab, tabs

TEXT_MAX: Final = 80
DEFAULT_SORT: Final = "entered"
KEPT: Final = ("tab", "block", "source", "q", "batch", "sort")
NAMES: Final = {
    "": T("全部", "All"),
    "first": T("待核验", "First check"),
    "second": T("待复核", "Second review"),
    "critical": T("关键字段", "Critical"),
    "corrected": T("更正", "Corrections"),
    "late": T("超过两个工作日", "Over two working days"),
}
COLUMNS: Final = (
    Column("entered", T("等待", "Waiting"), "entered_at"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("field", T("字段", "Field"), "field"),
    Column("value", T("录入内容与在档内容", "Entered, and what stands")),
    Column("source", T("来源与依据", "Source and evidence")),
)


@dataclass(frozen=True)
class Option:
    value: str
    label: str


def wanted_of(said: QueryDict) -> Wanted:
    """From an address, or from the kept query of a form."""
    tab, block = said.get("tab", ""), said.get("block", "")
    batch = said.get("batch", "")
    return Wanted(
        tab=tab if tab in TABS else "",
        block=block if block in {one.code for one in catalogue().blocks} else "",
        source=said.get("source", "").strip()[:TEXT_MAX],
        text=said.get("q", "").strip()[:TEXT_MAX],
        batch=int(batch) if batch.isascii() and batch.isdigit() and len(batch) < 16 else None,
    )


def filter_tabs(request: HttpRequest, told: Survey) -> list[Tab]:
    """Tabs with their counts under the filters."""
    return tabs(request, "tab", [(tab, NAMES[tab], told.tabs[tab]) for tab in TABS])


def block_options(told: Survey) -> list[Option]:
    """Blocks of which something waits, with how much."""
    found = [(one, told.blocks.get(one.code, 0)) for one in catalogue().blocks]
    return [Option(one.code, f"{one.name} ({n:,})") for one, n in found if n]


def source_options(told: Survey) -> list[Option]:
    """Sources of which something waits, the most first."""
    return [Option(one, f"{words.source(one)} ({n:,})") for one, n in told.sources.items()]


def back_to(query: str) -> str:
    """A query that a form carried, reduced to our own words."""
    said = QueryDict(query[:1000], mutable=True)
    for name in list(said):
        if name not in KEPT:
            del said[name]
    return said.urlencode()
