"""What each kind of notice says, how it looks and where it leads: one table, one entry a kind.

A room that tells people something new adds its entry here. The words come from the notice alone, so
that reading a page of them costs no further statement. Example: kind "licence", about
"7:business_licence:2026-12-31:30" → "长江建材：营业执照有效期至 2026-12-31", leading to the tab of
qualifications.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from django.urls import reverse

from xinheng.decisions.models import Notice
from xinheng.dossiers.fields import catalogue
from xinheng.texts import T
from xinheng.web.holds.words import name_of


class Kind(NamedTuple):
    """`tone` is a meaning colour; `tells` and `leads` read the notice with its order or customer,
    which are there already.
    """

    tells: Callable[[Notice], T]
    icon: str
    tone: str
    leads: Callable[[Notice], str]


def kind_of(row: Notice) -> Kind:
    """The entry of a notice; a kind that nobody described says at least about whom it is."""
    if row.kind == "licence" and row.about.endswith(":0"):
        return KINDS["licence"]._replace(tone="stop")
    return KINDS.get(row.kind) or (_OTHER_ORDER if row.decision_id else _OTHER)


# --- About an order: the hold while it waits, else the decision


def _order(zh: str, en: str, icon: str, tone: str) -> Kind:
    return Kind(lambda row: _of_order(T(zh, en), row), icon, tone, _to_order)


def _of_order(said: T, row: Notice) -> T:
    assert row.decision is not None
    return _filled(said, name_of(row.decision.customer), row.decision.order_ref)


def _to_order(row: Notice) -> str:
    hold = getattr(row.decision, "hold", None)
    waits = hold is not None and hold.state == "waiting"
    return reverse("hold" if waits else "decision", args=[row.decision_id])


# --- About a customer, or about nobody


def _news(zh: str, en: str, icon: str, tone: str, leads: Callable[[Notice], str]) -> Kind:
    """`{ref}` is the number that `about` names first, `{who}` the customer, if there is one."""
    return Kind(lambda row: _of_thing(T(zh, en), row), icon, tone, leads)


def _of_thing(said: T, row: Notice) -> T:
    who = name_of(row.customer) if row.customer else T("本公司", "our own company")
    return _filled(said, who, _number(row))


_APPLICATION: Final = re.compile(r"[A-Z]{2,4}-\d{4}-\d+")


def _number(row: Notice) -> str:
    """What `about` names: "application:SX-2026-000123:turn" is about SX-2026-000123."""
    named = _APPLICATION.search(row.about)
    return named.group() if named else row.about.removeprefix(f"{row.kind}:").split(":")[0]


def _to_customer(row: Notice) -> str:
    return reverse("customer", args=[row.customer.code]) if row.customer else reverse("notices")


def _to_application(row: Notice) -> str:
    """about: "application:SX-2026-000123:turn:41"; without a number, all applications."""
    number = _number(row)
    named = _APPLICATION.fullmatch(number)
    return reverse("application", args=[number]) if named else reverse("applications")


def _to_model(row: Notice) -> str:
    """about: "model:17"; without a number, all models."""
    number = row.about.removeprefix("model:").split(":")[0]
    return reverse("model", args=[int(number)]) if number.isdecimal() else reverse("models")


def _to_review(row: Notice) -> str:
    """about: "review:17", or of what else the customer's file tells."""
    return _to_numbered("review", row)


def _to_offer(row: Notice) -> str:
    return _to_numbered("offer", row)


def _to_numbered(name: str, row: Notice) -> str:
    number = row.about.removeprefix(f"{name}:")
    return reverse(name, args=[int(number)]) if number.isdecimal() else _to_customer(row)


def _licence(row: Notice) -> T:
    """about: customer:what:day:step, or of a document, customer:document/KIND/ID:day:step."""
    _, what, day, step = row.about.split(":")
    names = catalogue().fields
    paper = names[what].name if what in names else PAPERS.get(what.split("/")[1], PAPERS["other"])
    who = name_of(row.customer)
    said = _ENDS if step != "0" else _LAST_DAY
    return T(
        said.zh.format(who=who.zh, what=paper.zh, day=day),
        said.en.format(who=who.en, what=paper.en, day=day),
    )


def _to_licences(row: Notice) -> str:
    assert row.customer is not None
    if ":document/" in row.about:
        return reverse("file-documents", args=[row.customer.code])
    return reverse("file-block", args=[row.customer.code, "licences"])


def _waiting(row: Notice) -> T:
    """about: day:how many."""
    day, number = row.about.split(":")
    said = _WAITING_ONE if number == "1" else _WAITING
    return said.format(n=number, day=day)


def _filled(said: T, who: T, ref: str) -> T:
    return T(said.zh.format(ref=ref, who=who.zh), said.en.format(ref=ref, who=who.en))


PAPERS: Final[dict[str, T]] = {
    "licence": T("证照", "A licence"),
    "statement": T("报表", "A statement"),
    "contract": T("合同", "A contract"),
    "reference": T("资信证明", "A reference"),
    "visit_photo": T("走访照片", "A photo of a visit"),
    "other": T("资料", "A document"),
}
_ENDS: Final = T(
    "{who}：{what}有效期至 {day}，请联系客户更新", "{who}: {what} ends on {day}; ask for a new one"
)
_LAST_DAY: Final = T(
    "{who}：{what}有效期到 {day} 为止，还没有新的",
    "{who}: {what} has its last day on {day}, and there is no new one",
)
_WAITING: Final = T(
    "{day}：有 {n} 条信息等待核实超过两个工作日",
    "{day}: {n} facts have waited over two working days to be verified",
)
_WAITING_ONE: Final = T(
    "{day}：有 {n} 条信息等待核实超过两个工作日",
    "{day}: {n} fact has waited over two working days to be verified",
)

_DRIFT: Final = T(
    "{month}：客户群与评分卡 {name} 的预期相比已明显变化",
    "{month}: the book has moved away from what the card {name} expects",
)
_UNUSABLE: Final = T("挑战模型 {name} 无法评分", "Challenger {name} can't be evaluated")

KINDS: Final[dict[str, Kind]] = {
    "held": _order("订单 {ref}（{who}）被冻结", "Order {ref} ({who}) is held", "hand-stop", "act"),
    "released": _order(
        "订单 {ref}（{who}）已放行",
        "Order {ref} ({who}) was released",
        "circle-check",
        "within",
    ),
    "rejected": _order(
        "订单 {ref}（{who}）被拒绝", "Order {ref} ({who}) was rejected", "ban", "stop"
    ),
    "ready": _order(
        "订单 {ref}（{who}）的条件已满足",
        "Nothing stands against order {ref} ({who}) any more",
        "check",
        "within",
    ),
    "overdue": _order(
        "订单 {ref}（{who}）的冻结已超时",
        "The hold of order {ref} ({who}) is late",
        "clock",
        "stop",
    ),
    "review_asked": _order(
        "订单 {ref}（{who}）：请人复核",
        "Order {ref} ({who}): a person's review was asked for",
        "message",
        "watch",
    ),
    "licence": Kind(_licence, "certificate", "watch", _to_licences),
    "facts_waiting": Kind(
        _waiting, "clipboard-check", "act", lambda row: reverse("verification") + "?tab=late"
    ),
    "application": _news(
        "授信申请 {ref}（{who}）有新情况",
        "News of application {ref} ({who})",
        "file-text",
        "act",
        _to_application,
    ),
    "review": _news("{who}：该复评了", "{who}: a review is due", "calendar", "act", _to_review),
    "minutes": _news(
        "会议记录 {ref} 等您签字",
        "Minutes {ref} wait for your signature",
        "file-text",
        "act",
        _to_application,
    ),
    "offer": _news(
        "{who}：可以考虑提高额度",
        "{who}: more credit may be offered",
        "trending-up",
        "within",
        _to_offer,
    ),
    "model": _news(
        "模型 {ref} 有新情况", "News of the model {ref}", "chart-bar", "watch", _to_model
    ),
    "drift": Kind(
        lambda row: _DRIFT.format(month=row.about[:7], name=row.about[8:]),
        "trending-up",
        "act",
        lambda row: reverse("model-drift"),
    ),
    "challenger": Kind(
        lambda row: _UNUSABLE.format(name=row.about),
        "alert-triangle",
        "stop",
        lambda row: reverse("model-challengers"),
    ),
}
_OTHER_ORDER: Final = _order(
    "订单 {ref}（{who}）有新情况", "News of order {ref} ({who})", "bell", "none"
)
_OTHER: Final = _news("{who}：有新情况", "News of {who}", "bell", "none", _to_customer)
