"""The panel of the tab “finance”: the newest statements in a few figures, and what to do next.

It honours the day that one looks back at: what was known then, verified as it was then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from xinheng.customers.models import Customer
from xinheng.texts import T
from xinheng.web.statements.reading import Years, years
from xinheng.web.statements.words import FIGURES

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

_SHOWN = (
    *("current", "quick", "liabilities_to_assets", "interest_cover", "gross_margin", "margin"),
    *("receivable_days", "inventory_days", "cash_flow_to_debt"),
)


def statements_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any] | None:
    """Always there: an empty state leads to the form."""
    shown = years(request.user, customer.pk, "", "amounts", known_at=seen.known_at)
    rows = [row for _, group in shown.ratios for row in group] if shown else []
    may_enter = request.user.may("facts.enter") and seen.known_at is None
    return {
        "years": shown,
        "figure_rows": key_figures(shown) if shown else [],
        "ratio_rows": [row for row in rows if row.first.code in _SHOWN],
        "as_of": f"?as_of={seen.day.isoformat()}" if seen.known_at else "",
        "may_enter": may_enter,
    }


_KEY = ("total_assets", "total_liabilities", "equity", "sales", "net_income", "operating_cash_flow")


def key_figures(shown: Years) -> list[tuple[T, list[int | None]]]:
    """Six figures over the years, those that any year tells."""
    rows = [
        (FIGURES[name], [one.statement.figures.get(name) for one in shown.columns]) for name in _KEY
    ]
    return [row for row in rows if any(value is not None for value in row[1])]
