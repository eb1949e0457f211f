"""An explanation that a customer may be shown: the answer in its own words, without what the seller
keeps to itself, and a list of what was left out.

A customer may know its own figures: what it ordered, owes, and has agreed. It is not told its
grade, how it stands inside the seller, what its group or another customer uses, or by whose word an
order was stopped. Where one of those weighed in, the reason says so without the figure, and no sum
is named that would give it away. Example: "A limit that you share with others leaves no room for
this order", and under "not shown": the shared limit and its use.

The reasons are those of the moment (replayed from the record); what would help is found today.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from xinheng.credit.decide import Facts, Reason
from xinheng.credit.money import display
from xinheng.credit.reason_text import text as reason_text
from xinheng.decisions import queries
from xinheng.decisions.models import ReviewRequest
from xinheng.decisions.ways_out import Outlook, of_decision
from xinheng.texts import T

GRADE, SHARED, OTHERS, STANDING, RULES = (
    "grade",
    "shared_limit",
    "other_customers",
    "standing",
    "rule",
)
WITHHELD: Final = {
    GRADE: T("信用等级与评分", "The credit grade and score"),
    SHARED: T("与其他公司共用的额度及其使用", "A limit shared with other companies, and its use"),
    OTHERS: T("其他客户的数据", "Figures of other customers"),
    STANDING: T("内部的客户状态", "The account's internal status"),
    RULES: T("内部规则的细节", "Details of internal rules"),
}
# What the reason's own sentence says may be shown; for the others, what is said instead.
TOLD_AS_IT_IS: Final = frozenset(
    {
        *("limit_missing", "limit_unset", "limit_expired", "limit_not_yet_valid"),
        *("headroom_exceeded", "single_order_cap_exceeded", "sublimit_exceeded"),
        *("sublimit_expired", "overdue_amount_exceeded", "overdue_days_exceeded"),
        *("terms_longer", "limit_in_grace", "order_not_approved", "licence_expired"),
    }
)
INSTEAD: Final[dict[str, tuple[T, str]]] = {
    "status_not_active": (
        T("贵公司的账户目前不能赊购。", "Your account can't buy on credit at present."),
        STANDING,
    ),
    "payer_not_active": (
        T("付款方目前不能赊购。", "Who is to pay can't buy on credit at present."),
        OTHERS,
    ),
    "limit_forced_hold": (
        T("贵公司的订单由人工暂停。", "Your orders have been stopped by a person."),
        STANDING,
    ),
    "order_held_by_person": (
        T("这张订单由人工暂停。", "This order has been stopped by a person."),
        STANDING,
    ),
    "grade_too_low": (
        T(
            "我们目前的信用评估不支持这张订单。",
            "Our present credit assessment does not support this order.",
        ),
        GRADE,
    ),
    "group_headroom_exceeded": (
        T(
            "与其他公司共用的额度容不下这张订单。",
            "A limit that you share with others leaves no room for this order.",
        ),
        SHARED,
    ),
    "group_limit_expired": (
        T("与其他公司共用的额度已到期。", "A limit that you share with others has expired."),
        SHARED,
    ),
    **dict.fromkeys(
        ("rating_missing", "rating_undated", "rating_unknown", "rating_expired"),
        (
            T("我们需要先更新信用评估。", "We must bring our credit assessment up to date first."),
            GRADE,
        ),
    ),
    **dict.fromkeys(
        ("status_unknown", "limit_unknown", "overdue_unknown", "exchange_rate_unknown"),
        (
            T("我们缺少判断所需的一项资料。", "We lack a fact that the decision needs."),
            RULES,
        ),
    ),
    **dict.fromkeys(
        ("file_missing", "file_incomplete", "file_stale"),
        (
            T(
                "我们掌握的贵公司资料不完整或已过时，请补充。",
                "What we hold on your company is incomplete or out of date; please send it anew.",
            ),
            RULES,
        ),
    ),
    **dict.fromkeys(
        ("within_tolerance", "checked_recently"),
        (T("此前的批准仍然有效。", "An earlier approval still holds."), RULES),
    ),
}
OF_THE_ORDER: Final = frozenset({"terms_longer", "order_not_approved"})
# Sentences with figures that are the payer's, where that is somebody else.
OF_WHO_PAYS: Final = T(
    "付款方的账户容不下这张订单。", "The account of who pays leaves no room for this order."
)
ANSWERS: Final = {
    "approve": T("订单已通过。", "The order is approved."),
    "refer": T("订单需要人工查看。", "A person must look at the order."),
    "hold": T("订单暂停，等待条件改变。", "The order is on hold until something changes."),
    "decline": T("订单未获通过。", "The order is declined."),
}
HELP_WITHOUT_FIGURES: Final = T(
    "付清已到期的发票会有帮助；具体金额请与我们联系。",
    "Paying invoices that are due helps; please ask us for the amount.",
)


class Explanation(NamedTuple):
    """Everything that the page and the API show. `helps`: each a way of one or two steps;
    `withheld`: what was left out; `proof`: the ledger entry that holds the decision.
    """

    decision_id: UUID
    order_ref: str
    version: int
    customer: str
    amount: str
    currency: str
    decided_at: datetime
    outcome: str
    answer: T
    by_person: bool
    reasons: tuple[T, ...]
    helps: tuple[tuple[T, ...], ...]
    withheld: tuple[T, ...]
    review: ReviewRequest | None
    proof: UUID


def explanation_of(user: Any, decision_id: UUID, *, at: datetime) -> Explanation | None:
    """The explanation of a decision that this user may see; None for any other."""
    view = queries.decision_view(user, decision_id)
    if view is None:
        return None
    row, facts = view.decision, view.facts
    kept: dict[str, T] = {}
    reasons = [_told(r, row.currency, facts, kept) for r in view.verdict.reasons]
    outlook = of_decision(row, at=at)
    released = view.override is not None
    rejected = view.hold is not None and view.hold.state == "rejected"
    outcome = "approve" if released else "decline" if rejected else row.outcome
    return Explanation(
        row.pk,
        row.order_ref,
        row.version,
        row.customer.name,
        display(row.amount_minor, row.currency),
        row.currency,
        row.decided_at,
        outcome,
        ANSWERS[outcome],
        released or (view.hold is not None and view.hold.ended_by_id is not None),
        tuple(dict.fromkeys(reasons)),
        _helps(outlook, _hides_figures(facts)),
        tuple(WITHHELD[name] for name in WITHHELD if name in kept | _always(facts)),
        ReviewRequest.objects.filter(pk=row.pk).first(),
        row.entry_id,
    )


def _told(reason: Reason, currency: str, facts: Facts, kept: dict[str, T]) -> T:
    """The sentence for one reason; what it leaves out is noted in `kept`."""
    if reason.code in INSTEAD:
        said, what = INSTEAD[reason.code]
        kept[what] = WITHHELD[what]
        return said
    if facts.payer_status is not None and reason.code not in OF_THE_ORDER:
        kept[OTHERS] = WITHHELD[OTHERS]
        return OF_WHO_PAYS
    own = reason_text(reason, reason.currency or currency)
    return T(own["zh"], own["en"])


def _always(facts: Facts) -> dict[str, T]:
    """What the decision looked at and nobody outside is told, whether or not it weighed in."""
    names = [GRADE] if facts.grade is not None else []
    names += [SHARED] if any(level.kind == "group" for level in facts.levels) else []
    return {name: WITHHELD[name] for name in names}


def _hides_figures(facts: Facts) -> bool:
    """Whether a least sum would give away what others use."""
    return facts.payer_status is not None or any(level.kind == "group" for level in facts.levels)


def _helps(outlook: Outlook | None, hidden: bool) -> tuple[tuple[T, ...], ...]:
    if outlook is None:
        return ()
    said = [[told.to_customer for told in way] for way in outlook.ways]
    own = [[text for text in way if text is not None] for way in said if None not in way]
    if hidden:
        return ((HELP_WITHOUT_FIGURES,),) if own else ()
    return tuple(tuple(T(text["zh"], text["en"]) for text in way) for way in own)
