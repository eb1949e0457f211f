"""What each kind of file can tell: its fields, in the order of the template's columns.

Columns of documents stand in document_fields.py, of rates, holidays and terms in almanac_fields.py;
here are the kinds themselves, customers and statements.
"""

from __future__ import annotations

from xinheng.connectors.files import (
    almanac_fields,
    application_fields,
    document_fields,
    fact_fields,
    statement_fields,
)
from xinheng.connectors.files.field import CURRENCY, CUSTOMER, Field
from xinheng.texts import T

KINDS = {
    "customers": T("客户", "Customers"),
    "orders": T("订单", "Orders"),
    "deliveries": T("发货与退货", "Deliveries and returns"),
    "invoices": T("发票", "Invoices"),
    "credit_notes": T("红字发票", "Credit notes"),
    "receipts": T("收款", "Receipts"),
    "bills": T("票据", "Bills of exchange"),
    "guarantees": T("对外保函", "Guarantees given"),
    "opening_balances": T("期初余额", "Opening balances"),
    "statements": T("财务报表（主要数字）", "Financial statements, key figures"),
    **statement_fields.KINDS,
    "facts": T("档案信息", "Facts of the credit file"),
    "applications": T("授信申请", "Applications for credit"),
    "rates": T("汇率", "Exchange rates"),
    "holidays": T("节假日", "Holidays"),
    "terms": T("付款条件", "Payment terms"),
}
# Batches also come by message (connectors/messages.py).
BATCH_KINDS = KINDS | {"documents": T("接口单据", "Documents by message")}
# What is looked up: about no customer, and for people with a permission of its own.
ALMANAC = frozenset({"rates", "holidays", "terms"})
# What no score reads yet when it comes in: what is looked up, facts that wait, wishes.
UNSCORED = ALMANAC | {"facts", "applications"}

CUSTOMER_STATUS = {
    **dict.fromkeys(
        ("active", "正常", "启用", "有效", "在用", "合作中", "enabled", "open"), "active"
    ),
    **dict.fromkeys(("watch", "观察", "关注", "预警", "on watch"), "watch"),
    **dict.fromkeys(
        ("blocked", "冻结", "停用", "禁用", "黑名单", "on hold", "hold", "suspended"), "blocked"
    ),
    **dict.fromkeys(("closed", "注销", "关闭", "已关闭", "终止", "inactive"), "closed"),
}

FIELDS: dict[str, tuple[Field, ...]] = {
    "customers": (
        CUSTOMER[0],
        Field("name", "name", T("客户名称", "Customer name"), True, sample="重庆长安贸易有限公司"),
        Field(
            "name_en", "name", T("英文名称", "English name"), sample="Chang'an Trading Co., Ltd."
        ),
        Field(
            "uscc",
            "text",
            T("统一社会信用代码", "USCC"),
            sample="91110000600037341L",
            most=40,  # with spaces and hyphens; 18 are kept
            note=T("18 位，含校验位", "18 characters with a check digit"),
        ),
        Field("country", "text", T("国家", "Country"), sample="CN", most=60),
        Field("city", "text", T("城市", "City"), sample="重庆", most=120),
        Field("industry", "text", T("行业", "Industry"), sample="批发业", most=120),
        Field(
            "status",
            "choice",
            T("状态", "Status"),
            choices=CUSTOMER_STATUS,
            sample="active",
            note=T("正常、观察、冻结、关闭", "active, watch, blocked, closed"),
        ),
        Field("business_unit", "text", T("业务单元", "Business unit"), most=40),
        Field(
            "other_names",
            "text",
            T("其他名称", "Other names"),
            most=1_000,
            note=T("多个名称用分号隔开", "several names separated by semicolons"),
        ),
    ),
    "orders": document_fields.ORDERS,
    "deliveries": document_fields.DELIVERIES,
    "invoices": document_fields.INVOICES,
    "credit_notes": document_fields.CREDIT_NOTES,
    "receipts": document_fields.RECEIPTS,
    "bills": document_fields.BILLS,
    "guarantees": document_fields.GUARANTEES,
    "opening_balances": document_fields.OPENING_BALANCES,
    "rates": almanac_fields.RATES,
    "holidays": almanac_fields.HOLIDAYS,
    "terms": almanac_fields.TERMS,
    "facts": fact_fields.FACTS,
    "applications": application_fields.APPLICATIONS,
    **statement_fields.FIELDS,
}


def _figure(name: str, zh: str, en: str, required: bool = False) -> Field:
    return Field(name, "amount", T(zh, en), required)


FIGURES = (
    _figure("total_assets", "资产总计", "Total assets", True),
    _figure("current_assets", "流动资产合计", "Current assets"),
    _figure("inventory", "存货", "Inventory"),
    _figure("receivables", "应收账款", "Receivables"),
    _figure("cash", "货币资金", "Cash"),
    _figure("intangible_assets", "无形资产", "Intangible assets"),
    _figure("total_liabilities", "负债合计", "Total liabilities", True),
    _figure("current_liabilities", "流动负债合计", "Current liabilities"),
    _figure("equity", "所有者权益合计", "Equity"),
    _figure("retained_earnings", "未分配利润", "Retained earnings"),
    _figure("sales", "营业收入", "Sales"),
    _figure("cost_of_sales", "营业成本", "Cost of sales"),
    _figure("ebit", "息税前利润", "EBIT"),
    _figure("interest", "利息费用", "Interest"),
    _figure("profit_before_tax", "利润总额", "Profit before tax"),
    _figure("net_income", "净利润", "Net income"),
    _figure("depreciation", "折旧", "Depreciation"),
    _figure("amortisation", "摊销", "Amortisation"),
    _figure("deferred_tax", "递延所得税", "Deferred tax"),
    _figure("operating_cash_flow", "经营活动现金流量净额", "Operating cash flow"),
    _figure("market_value", "总市值", "Market value"),
    _figure("payables", "应付账款", "Payables"),
    _figure("debt", "有息负债", "Interest-bearing debt"),
)
FIELDS["statements"] = (
    *CUSTOMER,
    Field("period_end", "day", T("报表日期", "Period end"), True, sample="2025-12-31"),
    Field("months", "count", T("月数", "Months"), sample="12"),
    CURRENCY,
    *FIGURES,
)


def field_of(kind: str, name: str) -> Field:
    return next(field for field in FIELDS[kind] if field.name == name)
