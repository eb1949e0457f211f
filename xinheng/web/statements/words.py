"""What statement pages say: standards, who told it, how it was verified, the auditor's opinion.

Example: an entry by a person shows the name, a file's "file:2025.xlsx" reads 文件 2025.xlsx, and a
qualified opinion stands in the colour of watching.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from xinheng.dossiers.models import Statement
from xinheng.dossiers.statement_templates import opinions
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.files.fact_words import HOW

STANDARDS: Final = {
    "brief": T("简要数字", "key figures"),
    "cas": T("企业会计准则", "Chinese standards"),
    "ifrs": T("国际准则", "IFRS"),
}
FORMS: Final = {
    "cas": T("企业会计准则（一般企业）", "Chinese standards (CAS)"),
    "ifrs": T("国际准则（按功能）", "IFRS, by function"),
    "ifrs-nature": T("国际准则（按性质）", "IFRS, by nature"),
}
UNITS: Final = {
    1: T("元", "units"),
    1_000: T("千元", "thousands"),
    10_000: T("万元", "ten thousands"),
    1_000_000: T("百万元", "millions"),
}
FIGURES: Final = {
    "total_assets": T("资产总计", "Total assets"),
    "current_assets": T("流动资产", "Current assets"),
    "cash": T("货币资金", "Cash"),
    "receivables": T("应收账款", "Receivables"),
    "inventory": T("存货", "Inventory"),
    "intangible_assets": T("无形资产", "Intangible assets"),
    "total_liabilities": T("负债合计", "Total liabilities"),
    "current_liabilities": T("流动负债", "Current liabilities"),
    "payables": T("应付账款", "Payables"),
    "debt": T("有息负债", "Interest-bearing debt"),
    "equity": T("所有者权益", "Equity"),
    "retained_earnings": T("留存收益", "Retained earnings"),
    "sales": T("营业收入", "Sales"),
    "cost_of_sales": T("营业成本", "Cost of sales"),
    "ebit": T("息税前利润", "EBIT"),
    "interest": T("利息费用", "Interest"),
    "profit_before_tax": T("利润总额", "Profit before tax"),
    "net_income": T("净利润", "Net income"),
    "depreciation": T("折旧", "Depreciation"),
    "amortisation": T("摊销", "Amortisation"),
    "deferred_tax": T("递延所得税", "Deferred tax"),
    "operating_cash_flow": T("经营现金流净额", "Operating cash flow"),
    "market_value": T("市值", "Market value"),
}
# The statement that each figure stands in, for common-size and the order of a page.
PART_OF: Final = {
    **dict.fromkeys(list(FIGURES)[:12], "balance"),
    **dict.fromkeys(list(FIGURES)[12:18], "income"),
    **dict.fromkeys(list(FIGURES)[18:22], "cash_flow"),
    "market_value": "market",
}
TONES: Final = {"good": "within", "warn": "watch", "act": "act", "none": "quiet"}


class Marks(Struct, frozen=True):
    """What stands beside every statement's figures."""

    source: str
    by: str
    opinion: T | None
    tone: str
    verified: T
    verified_by: str
    is_verified: bool


def marks(statement: Statement) -> Marks:
    opinion = opinions().get(statement.audit_opinion)
    person = statement.entered_person
    return Marks(
        source=source(statement.source),
        by=person_name(person) if person else "",
        opinion=opinion.name if opinion else None,
        tone=TONES[opinion.tone] if opinion else "quiet",
        verified=HOW.get(statement.how or "", T("未核验", "not verified")),
        verified_by=person_name(statement.verified_by) if statement.verified_by else "",
        is_verified=statement.verified_at is not None,
    )


def source(kept: str) -> str:
    """Where it came from, as people say it."""
    kind, found, rest = kept.partition(":")
    if found and kind == "file":
        return str(T(f"文件 {rest}", f"file {rest}"))
    return kept
