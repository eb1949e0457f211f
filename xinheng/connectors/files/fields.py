"""What each kind of file can tell: its fields, how a cell of each is read, and what must be there.

The same list names the columns of the templates, the errors about missing columns and the fields
of a mapping. A field with `unless` is required only where none of those is there: an invoice
without a due date is fine if it says its terms.
"""

from __future__ import annotations

from msgspec import Struct

from xinheng.texts import T


class Field(Struct, frozen=True):
    """`form`: text, name, amount, day, currency, yes, count, choice (of `choices`)."""

    name: str
    form: str
    label: T
    required: bool = False
    unless: tuple[str, ...] = ()
    choices: dict[str, str] = {}
    sample: str = ""
    note: T | None = None
    most: int = 200


KINDS = {
    "customers": T("客户", "Customers"),
    "invoices": T("发票", "Invoices"),
    "receipts": T("收款", "Receipts"),
    "orders": T("订单", "Orders"),
    "statements": T("财务报表", "Financial statements"),
}

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
ORDER_STATE = {
    **dict.fromkeys(
        ("open", "未完成", "执行中", "已审核", "未关闭", "进行中", "confirmed"), "open"
    ),
    **dict.fromkeys(("closed", "完成", "已完成", "关闭", "已关闭", "done", "completed"), "closed"),
    **dict.fromkeys(("cancelled", "canceled", "取消", "已取消", "作废", "已作废"), "cancelled"),
}

_CUSTOMER = (
    Field("customer_code", "text", T("客户编码", "Customer code"), True, sample="C-1001", most=60),
    Field("customer_name", "name", T("客户名称", "Customer name"), sample="重庆长安贸易有限公司"),
)
_MONEY = (
    Field(
        "currency",
        "currency",
        T("币种", "Currency"),
        sample="CNY",
        note=T("ISO 4217 代码；空则用默认币种", "ISO 4217 code; empty: the default currency"),
    ),
    Field("amount", "amount", T("金额", "Amount"), True, sample="120000.00"),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "customers": (
        _CUSTOMER[0],
        Field("name", "name", T("客户名称", "Customer name"), True, sample="重庆长安贸易有限公司"),
        Field(
            "name_en", "name", T("英文名称", "English name"), sample="Chang'an Trading Co., Ltd."
        ),
        Field(
            "uscc",
            "text",
            T("统一社会信用代码", "USCC"),
            sample="91110000600037341L",
            most=18,
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
    "invoices": (
        Field("number", "text", T("发票号", "Invoice no"), True, sample="INV-0001", most=80),
        *_CUSTOMER,
        *_MONEY,
        Field("issued_on", "day", T("开票日期", "Invoice date"), True, sample="2026-09-01"),
        Field("due_on", "day", T("到期日", "Due date"), True, ("terms",), sample="2026-10-01"),
        Field(
            "terms",
            "text",
            T("付款条件", "Terms"),
            sample="N30",
            most=20,
            note=T(
                "N30：票到 30 天；EOM+30：月末后 30 天；没有到期日时由它推算",
                "N30: 30 days; EOM+30: month's end + 30; gives the due date where none is told",
            ),
        ),
        Field("order_number", "text", T("订单号", "Order no"), most=80),
        Field(
            "settled_on",
            "day",
            T("结清日期", "Settled on"),
            note=T("整张发票付清的日期", "the day on which all of it was paid"),
        ),
        Field("disputed", "yes", T("有争议", "Disputed"), note=T("是 / 否", "yes / no")),
    ),
    "receipts": (
        Field("number", "text", T("收款单号", "Receipt no"), True, sample="RCP-0001", most=80),
        *_CUSTOMER,
        *_MONEY,
        Field("received_on", "day", T("收款日期", "Received on"), True, sample="2026-10-08"),
        Field(
            "reference",
            "text",
            T("核销发票号", "Reference"),
            sample="INV-0001",
            most=80,
            note=T("空则先冲最早到期的发票", "empty: settles the oldest due invoice first"),
        ),
        Field("method", "text", T("收款方式", "Method"), sample="bank", most=20),
    ),
    "orders": (
        Field("number", "text", T("订单号", "Order no"), True, sample="SO-0001", most=80),
        *_CUSTOMER,
        *_MONEY,
        Field("ordered_on", "day", T("订单日期", "Order date"), True, sample="2026-11-02"),
        Field("delivery_on", "day", T("交货日期", "Delivery date"), sample="2026-11-20"),
        Field(
            "state",
            "choice",
            T("状态", "State"),
            choices=ORDER_STATE,
            sample="open",
            note=T("未完成、已完成、已取消", "open, closed, cancelled"),
        ),
    ),
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
)
FIELDS["statements"] = (
    *_CUSTOMER,
    Field("period_end", "day", T("报表日期", "Period end"), True, sample="2025-12-31"),
    Field("months", "count", T("月数", "Months"), sample="12"),
    _MONEY[0],
    *FIGURES,
)


def field_of(kind: str, name: str) -> Field:
    return next(field for field in FIELDS[kind] if field.name == name)
