"""Every step of a way out in words, in Chinese and English.

`text(Step("prepay", 6_000_000, 18_000_000), "CNY")["en"]` is "Collect 60,000.00 CNY (33.34% of the
order) before shipping.". Percentages of what must come in are rounded up, of what may go out down,
so that the figure in the sentence is enough as well.
"""

from collections.abc import Mapping
from typing import Final

from xinheng.credit.money import display
from xinheng.credit.way_changes import Due, Items, Step, paid_by

INVOICES_NAMED: Final = 3
Both = dict[str, str]

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "wait": ("等到 {day} 额度生效。", "Wait until {day}, when the limit starts."),
    "shorten_terms": ("把账期缩短到 {days} 天。", "Shorten the terms to {days} days."),
    "renew_rating": (
        "重新评级，有效期至少到 {day}，等级不低于 {grade}。",
        "Rate the customer again: valid at least until {day}, grade {grade} or better.",
    ),
    "renew_limit": (
        "延长额度有效期，至少到 {day}。",
        "Renew the limit, valid at least until {day}.",
    ),
    "lift_hold": (
        "由有权限的人解除人工冻结。",
        "Have a person with authority lift the forced hold.",
    ),
    "restore_status": (
        "把客户状态恢复为“{status}”。",
        "Bring the customer's status back to “{status}”.",
    ),
    "deliver_later": (
        "交货日改到 {day} 或以后，订单到那时才计入占用。",
        "Deliver on {day} or later: only then does the order count.",
    ),
    "member_pays": (
        "由“{level}”内的其他成员付款 {amount} {currency}。",
        "Have another member of {level} pay {amount} {currency}.",
    ),
    "cover": (
        "用担保或保险再覆盖 {amount} {currency}。",
        "Cover another {amount} {currency} by a guarantee or insurance.",
    ),
    "temporary_limit": (
        "给临时额度 {amount} {currency}（多 {more}），到期恢复原额度。",
        "Grant a temporary limit of {amount} {currency} ({more} more); then the old one returns.",
    ),
    "raise_limit": (
        "把额度提高 {more}，到 {amount} {currency}。",
        "Raise the limit by {more} to {amount} {currency}.",
    ),
    "raise_above": (
        "把“{level}”的额度提高 {more}，到 {amount} {currency}。",
        "Raise the limit of {level} by {more} to {amount} {currency}.",
    ),
    "grant_limit": (
        "核定至少 {amount} {currency} 的额度。",
        "Grant a limit of at least {amount} {currency}.",
    ),
    "prepay": (
        "发货前预收 {amount} {currency}（订单的 {up}%）。",
        "Collect {amount} {currency} ({up}% of the order) before shipping.",
    ),
    "ship_part": (
        "先发 {amount} {currency}（订单的 {down}%）。",
        "Ship {amount} {currency} of it ({down}% of the order) first.",
    ),
    "receive_on": (
        "收回 {amount} {currency}，指明付这些发票：{invoices}。",
        "Receive {amount} {currency}, naming what it pays: {invoices}.",
    ),
    "receive": (
        "收回 {amount} {currency}：{invoices}。",
        "Receive {amount} {currency}: {invoices}.",
    ),
}
# The steps that the customer can take, said to it.
TO_THE_CUSTOMER: Final[dict[str, tuple[str, str]]] = {
    "wait": SENTENCES["wait"],
    "deliver_later": (
        "把交货日改到 {day} 或以后。",
        "Have it delivered on {day} or later.",
    ),
    "shorten_terms": ("接受 {days} 天的账期。", "Accept terms of {days} days."),
    "receive_on": (
        "付款 {amount} {currency}，并注明支付：{invoices}。",
        "Pay {amount} {currency} and say what it is for: {invoices}.",
    ),
    "receive": ("付款 {amount} {currency}：{invoices}。", "Pay {amount} {currency}: {invoices}."),
    "prepay": (
        "发货前预付 {amount} {currency}（订单的 {up}%）。",
        "Pay {amount} {currency} ({up}% of the order) in advance.",
    ),
    "ship_part": (
        "先发 {amount} {currency}（订单的 {down}%）。",
        "Take {amount} {currency} of it ({down}% of the order) first.",
    ),
    "cover": (
        "提供 {amount} {currency} 的担保。",
        "Give a guarantee of {amount} {currency}.",
    ),
}
RECEIPTS: Final = ("receive", "receive_on")
LEVELS: Final = {
    "group": ("集团", "group"),
    "unit": ("业务单元", "business unit"),
    "product": ("产品", "product"),
    "project": ("项目", "project"),
    "own": ("客户自身额度", "own limit"),
}
_STATUSES: Final = {"active": "正常", "watch": "重点关注"}


def text(
    step: Step,
    currency: str,
    items: Items = (),
    sentences: Mapping[str, tuple[str, str]] = SENTENCES,
) -> Both:
    """The sentence in both languages. items: the open invoices before the step, by which a receipt
    is told.
    """
    zh, en = sentences[step.code]
    currency = step.currency or currency
    fields = {
        "amount": display(step.amount_minor, currency),
        "more": display(step.amount_minor - step.of_minor, currency),
        "currency": currency,
        "day": step.day,
        "days": str(step.days),
        "grade": step.grade,
        "up": _percent(-(-step.amount_minor * 10_000 // step.of_minor) if step.of_minor else 0),
        "down": _percent(step.amount_minor * 10_000 // step.of_minor if step.of_minor else 0),
    }
    settled = _settled(step, items, currency) if step.code in RECEIPTS else ("", "")
    status = _STATUSES.get(step.status, step.status)
    level = level_words(step.level)
    return {
        "zh": zh.format(**fields, status=status, invoices=settled[0], level=level["zh"]),
        "en": en.format(**fields, status=step.status, invoices=settled[1], level=level["en"]),
    }


def level_words(key: str) -> Both:
    """A limit above in words: "product:CEM-42" is "产品 CEM-42" and "product CEM-42"."""
    kind, _, name = key.partition(":")
    zh, en = LEVELS.get(kind, (kind, kind))
    return {"zh": f"{zh} {name}".strip(), "en": f"{en} {name}".strip()}


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d}"


def _settled(step: Step, items: Items, currency: str) -> tuple[str, str]:
    """The invoices that the money settles: "I-1 in full, I-2 2,000.00 of 5,000.00, 4 more"."""
    paid = paid_by(step.amount_minor, items, step.on)
    whole = {item.number: item.open_minor for item in items}
    named = [_one(part, whole[part.number], currency) for part in paid[:INVOICES_NAMED]]
    more = len(paid) - len(named)
    zh, en = [pair[0] for pair in named], [pair[1] for pair in named]
    if more:
        zh, en = [*zh, f"另外 {more} 张"], [*en, f"{more} more"]
    return "、".join(zh), ", ".join(en)


def _one(part: Due, open_minor: int, currency: str) -> tuple[str, str]:
    amount, of = display(part.open_minor, currency), display(open_minor, currency)
    if part.open_minor == open_minor:
        return f"发票 {part.number} 全部 {amount}", f"invoice {part.number} in full ({amount})"
    return f"发票 {part.number} {of} 中的 {amount}", f"{amount} of {of} on invoice {part.number}"
