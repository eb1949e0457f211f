"""Reads of the credit file's papers: the newest statement of each customer, ratios for its page,
documents and those that expire.

Ratios are `Decimal`, rounded once, HALF_UP, to the digits shown; None where the statement does not
tell a figure or the denominator is not positive. Example Z-1: current assets 1,200 over current
liabilities 800 → current ratio 1.50, liabilities 1,500 over assets 2,500 → 60.00 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.dossiers.models import Document, Statement
from xinheng.texts import T
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

STATEMENTS_MAX = 40
DOCUMENTS_MAX = 1_000
EXPIRING_MAX = 10_000


class Ratio(Struct, frozen=True):
    """One line of the file page: what it says, how it is reckoned, its value ("%" or "×")."""

    code: str
    name: T
    formula: T
    value: Decimal | None
    unit: str


def latest(customer_ids: Iterable[int], as_of: date | None = None) -> dict[int, Statement]:
    """Each customer's newest statement (period ended by `as_of`); customers without are absent.

    Of two currencies with the same period end the alphabetically first counts.
    """
    found = Statement.objects.filter(customer_id__in=list(customer_ids))
    if as_of is not None:
        found = found.filter(period_end__lte=as_of)
    ordered = found.order_by("customer_id", "-period_end", "currency").distinct("customer_id")
    return {statement.customer_id: statement for statement in ordered}


def statements_of(user: Any, customer_id: int, limit: int = 10) -> list[Statement]:
    """A customer's statements that the user may see, the newest first."""
    visible = Statement.objects.all().visible_to(user).filter(customer_id=customer_id)
    return list(visible.order_by("-period_end", "currency")[: min(limit, STATEMENTS_MAX)])


def ratios(figures: dict[str, int]) -> list[Ratio]:
    """The ratios of a statement's figures (integer minor units), in the order of the page."""
    quick = _less(figures.get("current_assets"), figures.get("inventory"))
    current = figures.get("current_liabilities")
    return [
        _ratio("current", figures.get("current_assets"), current),
        _ratio("quick", quick, current),
        _ratio("liabilities_to_assets", figures.get("total_liabilities"), _assets(figures)),
        _ratio("equity_to_assets", figures.get("equity"), _assets(figures)),
        _ratio("margin", figures.get("net_income"), figures.get("sales")),
        _ratio("return_on_assets", figures.get("net_income"), _assets(figures)),
        _ratio("return_on_equity", figures.get("net_income"), figures.get("equity")),
        _ratio("asset_turnover", figures.get("sales"), _assets(figures)),
        _ratio("interest_cover", figures.get("ebit"), figures.get("interest")),
    ]


class Filed(Struct, frozen=True, kw_only=True):
    """A document as the file lists it; title, name and reason are None where the key is gone."""

    id: UUID
    kind: str
    form: str
    title: str | None
    file_name: str | None
    secrecy: int
    bytes_count: int
    pages: int | None
    width: int | None
    height: int | None
    sha256: str
    valid_from: date | None
    valid_until: date | None
    uploaded_by: str
    uploaded_at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


def documents_of(user: Any, customer_id: int) -> list[Filed]:
    """A customer's documents that the user may see, the newest first, withdrawn ones too."""
    visible = Document.objects.all().visible_to(user).filter(customer_id=customer_id)
    rows = list(visible.select_related("customer").order_by("-uploaded_at", "id")[:DOCUMENTS_MAX])
    keys = open_living_keys({row.customer.data_key_id for row in rows})
    return [_filed(row, keys.get(row.customer.data_key_id)) for row in rows]


def document_place(column: str, document_id: UUID) -> str:
    """Where a document's text is sealed for."""
    return f"dossiers_document.{column}.{document_id}"


def _filed(row: Document, key: Any) -> Filed:
    def told(column: str) -> str | None:
        sealed = getattr(row, f"{column}_sealed")
        if key is None or sealed is None:
            return None
        return open_sealed(key, document_place(column, row.pk), bytes(sealed)).decode()

    fields = Filed.__struct_fields__
    columns: dict[str, Any] = {name: getattr(row, name) for name in fields if hasattr(row, name)}
    for name in ("title", "file_name", "withdrawn_reason"):
        columns[name] = told(name)
    return Filed(**columns)


class Expiring(Struct, frozen=True):
    """A document whose validity ends, or has ended."""

    document_id: UUID
    customer_id: int
    kind: str
    valid_until: date


def expiring(days: int, *, today: date, kinds: Iterable[str] = ("licence",)) -> list[Expiring]:
    """Documents that stand in a file and end within so many days, those that have ended included,
    the earliest first. One that another replaced is listed until it is withdrawn: which paper
    replaces which, nobody but a person can say. Example: 2026-11-20, 30 days → up to 2026-12-20.
    """
    rows = Document.objects.filter(
        withdrawn_at__isnull=True, valid_until__lte=today + timedelta(days=days), kind__in=kinds
    ).order_by("valid_until", "id")
    return [
        Expiring(row.pk, row.customer_id, row.kind, row.valid_until)
        for row in rows.defer("title_sealed", "file_name_sealed")[:EXPIRING_MAX]
        if row.valid_until is not None
    ]


_NAMES: dict[str, tuple[T, T, str]] = {
    "current": (
        T("流动比率", "Current ratio"),
        T("流动资产 ÷ 流动负债", "current assets ÷ current liabilities"),
        "×",
    ),
    "quick": (
        T("速动比率", "Quick ratio"),
        T("（流动资产 − 存货）÷ 流动负债", "(current assets − inventory) ÷ current liabilities"),
        "×",
    ),
    "liabilities_to_assets": (
        T("资产负债率", "Liabilities to assets"),
        T("负债合计 ÷ 资产总计", "total liabilities ÷ total assets"),
        "%",
    ),
    "equity_to_assets": (
        T("权益比率", "Equity to assets"),
        T("所有者权益 ÷ 资产总计", "equity ÷ total assets"),
        "%",
    ),
    "margin": (T("销售净利率", "Net margin"), T("净利润 ÷ 营业收入", "net income ÷ sales"), "%"),
    "return_on_assets": (
        T("总资产净利率", "Return on assets"),
        T("净利润 ÷ 资产总计", "net income ÷ total assets"),
        "%",
    ),
    "return_on_equity": (
        T("净资产收益率", "Return on equity"),
        T("净利润 ÷ 所有者权益", "net income ÷ equity"),
        "%",
    ),
    "asset_turnover": (
        T("总资产周转率", "Asset turnover"),
        T("营业收入 ÷ 资产总计", "sales ÷ total assets"),
        "×",
    ),
    "interest_cover": (
        T("利息保障倍数", "Interest cover"),
        T("息税前利润 ÷ 利息费用", "EBIT ÷ interest"),
        "×",
    ),
}


def _ratio(code: str, upper: int | None, lower: int | None) -> Ratio:
    name, formula, unit = _NAMES[code]
    if upper is None or lower is None or lower <= 0:
        return Ratio(code, name, formula, None, unit)
    scale = 100 if unit == "%" else 1
    return Ratio(
        code, name, formula, round_half_up(Decimal(upper * scale) / Decimal(lower), 2), unit
    )


def _assets(figures: dict[str, int]) -> int | None:
    return figures.get("total_assets")


def _less(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else whole - part
