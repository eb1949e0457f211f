"""The credit file as one value: who this is, how far we trust them, why, and what is due.

Everything is read as of today in the company's zone and in one currency at a time (amounts of two
currencies are never added). Each figure is made from rows that the page can open: exposure from the
journal, overdue from the invoices, the grade from the inputs of the assessment. The caller has
found the customer through `visible_to`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from xinheng.credit import further_limits, limit_method
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Decision, Rating
from xinheng.decisions.queries import of_customer
from xinheng.dossiers.models import Statement
from xinheng.limits.models import CreditLine, Proposal
from xinheng.policies.queries import live
from xinheng.portfolio.file import NOTHING, Owing, owing_of
from xinheng.receivables import queries as receivables
from xinheng.receivables.models import Order
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.drawing import Usage
from xinheng.web.files.head import Standing
from xinheng.web.files.payment import Payment, payment_of

METHODS = limit_method.METHODS | further_limits.METHODS
ITEMS_SHOWN = 10
ROWS_SHOWN = 10
ZONES = {
    "safe": T("安全区", "safe"),
    "grey": T("灰色区", "grey"),
    "distress": T("危险区", "distress"),
}


@dataclass(frozen=True)
class LineCard:
    """A credit line with its conditions, and the proposal that waits for a person, if any."""

    line: CreditLine
    usage: Usage
    expired: bool
    proposal: Proposal | None
    methods: list[tuple[T, int | None]]


@dataclass(frozen=True)
class Point:
    """One characteristic of the card: what was measured, what it earned, and the most it could."""

    name: T
    value: str
    text: T
    points: int
    best: int
    lost: int


@dataclass(frozen=True)
class Trust:
    """The rating in force and the assessment behind it."""

    rating: Rating | None
    assessment: Assessment | None
    points: list[Point]
    reasons: list[T]
    expired: bool
    card: T | None


@dataclass(frozen=True)
class Due:
    """What is open and late, by age; the oldest items; cash that waits to be applied. The sums are
    over all items, however many; the list shows the oldest.
    """

    aged: Owing
    oldest: list[receivables.OpenItem]
    in_hand: list[receivables.InHand]
    in_hand_minor: int
    rule: T


@dataclass(frozen=True)
class File:
    """Everything on the page besides statements and the timeline."""

    customer: Customer
    currency: str
    currencies: list[str]
    card: LineCard | None
    trust: Trust
    due: Due
    payment: Payment
    decisions: list[Decision]
    orders: list[Order]


def read(user: Any, customer: Customer, standing: Standing, today: date) -> File:
    """The file in the currency of the head, with what the head has read already."""
    currency = standing.currency
    orders = Order.objects.visible_to(user).filter(
        customer=customer, currency=currency, open_minor__gt=0
    )
    return File(
        customer=customer,
        currency=currency,
        currencies=standing.currencies,
        card=_card(standing.line, standing.usage),
        trust=_trust(standing.rating, standing.rating_expired),
        due=_due(customer, currency, today),
        payment=payment_of(customer.pk, currency, today),
        decisions=of_customer(user, customer.pk, ROWS_SHOWN),
        orders=list(orders.order_by("-ordered_on", "number")[:ROWS_SHOWN]),
    )


def _card(line: CreditLine | None, usage: Usage | None) -> LineCard | None:
    if line is None or usage is None:
        return None
    proposal = Proposal.objects.filter(
        customer_id=line.customer_id, currency=line.currency, state="proposed"
    ).first()
    return LineCard(
        line=line,
        usage=usage,
        expired=usage.behind.lapsed,
        proposal=proposal,
        methods=_methods(proposal),
    )


def _methods(proposal: Proposal | None) -> list[tuple[T, int | None]]:
    rows = (proposal.workings or {}).get("methods", []) if proposal else []
    named = []
    for row in rows:
        words = METHODS.get(row["method"], {"zh": row["method"], "en": row["method"]})
        named.append((T(words["zh"], words["en"]), row["value_minor"]))
    return named


def _trust(rating: Rating | None, expired: bool) -> Trust:
    assessment = rating.assessment if rating else None
    return Trust(
        rating=rating,
        assessment=assessment,
        points=points_of(assessment),
        reasons=[T(row["zh"], row["en"]) for row in (assessment.reasons if assessment else [])],
        expired=expired,
        card=words.ref(assessment.card) if assessment else None,
    )


def points_of(assessment: Assessment | None) -> list[Point]:
    """The contributions, the largest loss first: what would help most stands on top."""
    if assessment is None:
        return []
    card = live("scorecard")
    known = card.body.get("characteristics", []) if card else []
    names = {row["key"]: T(row["zh"], row["en"]) for row in known}
    rows = sorted(assessment.contributions, key=lambda row: -row["lost"])
    return [
        Point(
            name=names.get(row["key"], T(row["key"], row["key"])),
            value=_measured(row["value"]),
            text=T(row["zh"], row["en"]),
            points=row["points"],
            best=row["points"] + row["lost"],
            lost=row["lost"],
        )
        for row in rows
    ]


def _measured(value: Any) -> str:
    """A measured value as people write it: zones in words, a minus as a minus."""
    if value is None:
        return "–"
    text = str(value)
    return str(ZONES[text]) if text in ZONES else text.replace("-", "−")


def _due(customer: Customer, currency: str, today: date) -> Due:
    in_hand = [one for one in receivables.unapplied(customer.pk, today) if one.currency == currency]
    return Due(
        aged=owing_of(customer.pk, today).get(currency, NOTHING),
        oldest=receivables.open_items(customer.pk, today, currency=currency, limit=ITEMS_SHOWN),
        in_hand=in_hand,
        in_hand_minor=sum(one.unapplied_minor for one in in_hand),
        rule=receivables.APPLICATION_RULE,
    )


FIGURES = {
    "total_assets": T("资产总计", "Total assets"),
    "current_assets": T("流动资产", "Current assets"),
    "inventory": T("存货", "Inventory"),
    "total_liabilities": T("负债合计", "Total liabilities"),
    "current_liabilities": T("流动负债", "Current liabilities"),
    "equity": T("所有者权益", "Equity"),
    "retained_earnings": T("未分配利润", "Retained earnings"),
    "sales": T("营业收入", "Sales"),
    "ebit": T("息税前利润", "EBIT"),
    "net_income": T("净利润", "Net income"),
    "market_value": T("市值", "Market value"),
}


def statement_rows(statements: list[Statement]) -> list[tuple[T, list[int | None]]]:
    """The figures that any of the statements tells, one column a period, newest first."""
    rows = [(text, [one.figures.get(name) for one in statements]) for name, text in FIGURES.items()]
    return [(text, values) for text, values in rows if any(value is not None for value in values)]
