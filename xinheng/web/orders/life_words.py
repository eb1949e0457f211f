"""The words of an order's life: a title, an icon and a meaning colour for each event and state.

Titles are short and carry what makes the event what it is; amounts, persons and reasons stand
beside them. Example: kind `reserved` → "占用额度" with the clipboard; `reservation_ended` with
state `expired` → "占用到期，额度已释放".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from xinheng.portfolio.order_life import Event
from xinheng.texts import T


class Told(NamedTuple):
    title: T
    icon: str
    tone: str = ""


POINTS: Final = {
    "quote": T("报价试算", "Tried as a quotation"),
    "order": T("订单检查", "Order checked"),
    "release": T("放行前检查", "Checked before release"),
    "dispatch": T("发货检查", "Checked before dispatch"),
    "invoice": T("开票检查", "Checked before invoicing"),
}
PARTS: Final = {  # label, css of the bar's part
    "waiting": (T("等待放行", "Waits for release"), "asked"),
    "promised": (T("已占用，未发货", "Reserved, not delivered"), "orders"),
    "delivered": (T("已发货，未开票", "Delivered, not invoiced"), "unbilled"),
    "invoiced": (T("已开票，未收款", "Invoiced, not paid"), "open-items"),
    "bills": (T("收到票据，未兑付", "Paid by bills not yet cleared"), "bills"),
    "paid": (T("已收款", "Paid"), "paid"),
    "credited": (T("红字冲减", "Credited"), "guarantees"),
    "freed": (T("已释放或未获准", "Freed or never granted"), "freed"),
}
_TOLD: Final = {
    "held": Told(T("进入冻结队列", "Held"), "hand-stop", "act"),
    "forced": Told(T("人工强制冻结", "Held by a person"), "hand-stop", "act"),
    "released": Told(T("放行", "Released"), "lock-open", "within"),
    "rejected": Told(T("拒绝放行", "Rejected"), "ban", "stop"),
    "review_asked": Told(T("请求人工复核", "A human was asked to look"), "message"),
    "review_answered": Told(T("人工复核答复", "A human answered"), "message", "within"),
    "cancelled": Told(T("取消，占用已释放", "Cancelled; nothing is reserved"), "circle-x"),
    "ordered": Told(T("ERP 订单", "Order in the ERP"), "shopping-cart"),
    "delivered": Told(T("发货", "Delivered"), "truck"),
    "returned": Told(T("退货", "Returned"), "arrow-back-up"),
    "delivery_cancelled": Told(T("发货单作废", "Delivery cancelled"), "circle-x"),
    "invoiced": Told(T("开票", "Invoiced"), "file-invoice"),
    "disputed": Told(T("争议已受理", "Dispute accepted"), "flag", "watch"),
    "credited": Told(T("红字发票冲减", "Credit note"), "minus"),
    "billed": Told(T("收到票据", "Settled by a bill of exchange"), "certificate"),
    "paid": Told(T("收款核销", "Payment applied"), "cash", "within"),
}
_ENDS: Final = {
    "voided": T("占用已释放", "Reservation given back"),
    "expired": T("占用到期，额度已释放", "Reservation expired and given back"),
    "replaced": T("被新版本取代，额度已释放", "Replaced by a newer version"),
    "posted": T("占用已全部由单据承接", "Taken over by documents whole"),
}
_HOLD_ENDS: Final = {
    "cancelled": T("冻结结束：订单取消", "Hold ended: the order was cancelled"),
    "superseded": T("冻结结束：被新版本取代", "Hold ended: a newer version took its place"),
}
_CAUSES: Final = {
    "moved": T("款项或单据变动后重新判断", "Decided again after money or papers moved"),
    "horizon": T("交货临近，重新判断", "Decided again as delivery comes near"),
    "person": T("应要求重新判断", "Decided again on request"),
}
_BILL_STATES: Final = {
    "discounted": T("票据已贴现", "Bill discounted"),
    "endorsed": T("票据已背书转让", "Bill endorsed"),
    "cleared": T("票据已兑付", "Bill cleared"),
    "bounced": T("票据被拒付", "Bill bounced"),
    "returned": T("票据被退回", "Bill returned"),
}
STATES: Final = {  # of an order in the list: word, meaning colour
    "waiting": (T("等待放行", "Waiting"), "act"),
    "reserved": (T("占用中", "Reserved"), "within"),
    "part": (T("部分执行", "Partly taken over"), "within"),
    "taken": (T("已由单据承接", "Taken over"), "none"),
    "counted": (T("ERP 订单已计入", "Counted in the ERP"), "within"),
    "declined": (T("拒绝", "Declined"), "stop"),
    "rejected": (T("拒绝放行", "Rejected"), "stop"),
    "expired": (T("占用已到期", "Expired"), "none"),
    "cancelled": (T("已取消", "Cancelled"), "none"),
    "ended": (T("已释放", "Given back"), "none"),
    "tried": (T("试算", "Tried"), "none"),
    "passed": (T("已检查", "Checked"), "none"),
}


def told(event: Event) -> Told:
    """What the timeline says of an event."""
    if event.kind == "asked":
        return Told(POINTS.get(event.point, POINTS["order"]), "clipboard-check")
    if event.kind == "reserved":
        return Told(T("占用额度", "Credit reserved"), "lock", "within")
    if event.kind == "reservation_ended":
        return Told(_ENDS.get(event.state, _ENDS["voided"]), "lock-open")
    if event.kind == "hold_ended":
        return Told(_HOLD_ENDS.get(event.state, _HOLD_ENDS["cancelled"]), "circle-x")
    if event.kind == "rechecked":
        return Told(_CAUSES.get(event.state, _CAUSES["moved"]), "refresh")
    if event.kind == "bill_state":
        bad = event.state in ("bounced", "returned")
        fallback = T("票据状态变动", "Bill changed hands")
        return Told(_BILL_STATES.get(event.state, fallback), "certificate", "stop" if bad else "")
    if event.kind == "released" and not event.authority:
        return Told(T("条件满足，自动放行", "Released: nothing stands against it"), "lock-open")
    return _TOLD[event.kind]
