"""Columns of documents: orders, deliveries, invoices, credit notes, receipts, bills, guarantees and
opening balances.

Example: a delivery tells number, customer, amount and day; with 订单号 it takes that order's place
in the exposure, with a negative amount it is a return.
"""

from __future__ import annotations

from xinheng.connectors.files.field import CUSTOMER, MONEY, REVISION, SCOPE, Field, choices
from xinheng.texts import T

ORDER_STATE = choices(
    open=("未完成", "执行中", "已审核", "未关闭", "进行中", "confirmed"),
    closed=("完成", "已完成", "关闭", "已关闭", "done", "completed"),
    cancelled=("canceled", "取消", "已取消", "作废", "已作废"),
)
DELIVERY_STATE = choices(
    posted=("已过账", "已审核", "已发货", "已出库", "有效", "shipped", "done", "completed"),
    cancelled=("canceled", "取消", "已取消", "作废", "已作废", "冲销", "已冲销", "reversed"),
)
BILL_KIND = choices(
    listed=("上市银行承兑汇票", "上市银行", "国有大行", "listed bank", "listed_bank"),
    bank=("银行承兑汇票", "银承", "银票", "银行", "bank acceptance", "other bank"),
    commercial=("商业承兑汇票", "商承", "商票", "商业", "commercial acceptance", "trade"),
)
BILL_STATE = choices(
    held=("持有", "在手", "库存", "已收票", "in hand", "open"),
    discounted=("已贴现", "贴现", "sold"),
    endorsed=("已背书", "背书", "背书转让", "passed on"),
    cleared=("已承兑", "已兑付", "兑付", "托收到账", "已到账", "paid", "collected", "settled"),
    bounced=("拒付", "已拒付", "dishonoured", "dishonored", "unpaid"),
    returned=("退票", "已退票", "退回", "给回"),
)
GUARANTEE_STATE = choices(
    open=("有效", "生效", "在保", "未结清", "active"),
    ended=("已结束", "解除", "已解除", "注销", "失效", "closed", "released", "expired"),
)

_ORDER = Field("order_number", "text", T("订单号", "Order no"), most=80)


def _head(title: T, sample: str) -> tuple[Field, ...]:
    """What every document begins with: its own number, whose it is, how much in which currency."""
    return (Field("number", "text", title, True, sample=sample, most=80), *CUSTOMER, *MONEY)


def _state(choices: dict[str, str], sample: str, note: T) -> Field:
    return Field("state", "choice", T("状态", "State"), choices=choices, sample=sample, note=note)


ORDERS = (
    *_head(T("订单号", "Order no"), "SO-0001"),
    Field("ordered_on", "day", T("订单日期", "Order date"), True, sample="2026-11-02"),
    Field("delivery_on", "day", T("交货日期", "Delivery date"), sample="2026-11-20"),
    _state(ORDER_STATE, "open", T("未完成、已完成、已取消", "open, closed, cancelled")),
    SCOPE,
    REVISION,
)
DELIVERIES = (
    *_head(T("发货单号", "Delivery no"), "DN-0001"),
    Field("delivered_on", "day", T("发货日期", "Delivered on"), True, sample="2026-11-20"),
    _ORDER,
    _state(
        DELIVERY_STATE,
        "posted",
        T("已过账、已取消；退货写负数金额", "posted, cancelled; a return is a negative amount"),
    ),
    SCOPE,
    REVISION,
)
INVOICES = (
    *_head(T("发票号", "Invoice no"), "INV-0001"),
    Field("issued_on", "day", T("开票日期", "Invoice date"), True, sample="2026-09-01"),
    Field("due_on", "day", T("到期日", "Due date"), True, ("terms",), sample="2026-10-01"),
    Field(
        "terms",
        "text",
        T("付款条件", "Terms"),
        sample="N30",
        most=20,
        note=T(
            "自家代码，或 N30：票到 30 天；EOM+30：月末后 30 天；没有到期日时由它推算",
            "your own code, or N30: 30 days; EOM+30: month's end + 30; gives the due date where "
            "none is told",
        ),
    ),
    _ORDER,
    Field(
        "credits",
        "text",
        T("冲红发票号", "Credits invoice"),
        most=80,
        note=T("负数发票：它更正哪张发票", "a negative invoice: which invoice it corrects"),
    ),
    Field(
        "settled_on",
        "day",
        T("结清日期", "Settled on"),
        note=T("整张发票付清的日期", "the day on which all of it was paid"),
    ),
    Field("disputed", "yes", T("有争议", "Disputed"), note=T("是 / 否", "yes / no")),
    Field(
        "dispute_accepted_on",
        "day",
        T("争议受理日期", "Dispute accepted on"),
        note=T("我方认可争议之日", "since when we accept the dispute"),
    ),
    SCOPE,
    REVISION,
)
CREDIT_NOTES = (
    *_head(T("红字发票号", "Credit note no"), "CN-0001"),
    Field("issued_on", "day", T("开票日期", "Date"), True, sample="2026-10-12"),
    Field("credits", "text", T("冲红发票号", "Credits invoice"), sample="INV-0001", most=80),
    _ORDER,
    SCOPE,
    REVISION,
)
RECEIPTS = (
    *_head(T("收款单号", "Receipt no"), "RCP-0001"),
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
    Field(
        "prepayment",
        "yes",
        T("预收款", "Prepayment"),
        note=T("发货前收到的款：是 / 否", "paid before delivery: yes / no"),
    ),
    Field(
        "confirmed",
        "yes",
        T("银行已确认", "Confirmed"),
        note=T("没有这一列就是已确认", "without the column: confirmed"),
    ),
    REVISION,
)
BILLS = (
    *_head(T("票据号", "Bill no"), "1313100012345"),
    Field("received_on", "day", T("收票日期", "Received on"), True, sample="2026-10-08"),
    Field("due_on", "day", T("到期日", "Due date"), True, sample="2027-04-08"),
    Field(
        "kind",
        "choice",
        T("票据种类", "Kind"),
        choices=BILL_KIND,
        sample="bank",
        note=T("上市银行承兑、银行承兑、商业承兑", "listed, bank, commercial"),
    ),
    _state(
        BILL_STATE,
        "held",
        T(
            "持有、已贴现、已背书、已兑付、拒付、退票",
            "held, discounted, endorsed, cleared, bounced, returned",
        ),
    ),
    Field("state_on", "day", T("状态日期", "State since")),
    Field(
        "recourse_until",
        "day",
        T("追索截止日", "Recourse until"),
        note=T("此日之后不再可能被追索", "the last day on which it may come back to us"),
    ),
    Field("reference", "text", T("核销发票号", "Reference"), sample="INV-0001", most=80),
    Field("acceptor", "text", T("承兑人", "Acceptor"), most=200),
    REVISION,
)
GUARANTEES = (
    *_head(T("保函号", "Guarantee no"), "LG-0001"),
    Field("issued_on", "day", T("开立日期", "Issued on"), True, sample="2026-10-08"),
    Field("valid_until", "day", T("有效期至", "Valid until"), sample="2027-10-08"),
    _state(GUARANTEE_STATE, "open", T("有效、已结束", "open, ended")),
    Field("beneficiary", "text", T("受益人", "Beneficiary"), most=200),
    REVISION,
)
OPENING_BALANCES = (
    CUSTOMER[0],
    CUSTOMER[1],
    MONEY[0],
    Field(
        "amount",
        "amount",
        T("余额", "Balance"),
        True,
        sample="120000.00",
        note=T(
            "正数：未清应收；负数：未核销的收款",
            "positive: an open item; negative: cash not applied yet",
        ),
    ),
    Field("due_on", "day", T("到期日", "Due date"), True, sample="2026-12-31"),
    Field(
        "as_of",
        "day",
        T("截止日期", "As of"),
        sample="2026-11-30",
        note=T("期初余额的日期；空则用到期日", "the day of the balance; empty: the due date"),
    ),
)
