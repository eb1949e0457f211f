"""A group, a part, a season and an insurance: limits that are more than one number.

Of the large lines of one unit, the first is made the head of a group with a limit of its own; two
others are its branches, and for one of them it pays. Elsewhere one line has a temporary limit for
the season, one an insured part that ends within days, and some wait with a higher proposal that
Alice has yet to grant. All of it is simulated; amounts follow from the limits granted. Example:
limits of 80,000.00, 50,000.00 and 40,000.00 → a group limit of 150,000.00 (nine tenths, rounded
down).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from xinheng.connectors.demo.granting import LINE_VALID_DAYS
from xinheng.credit.limit_method import round_down
from xinheng.decisions.file_gaps import held_back
from xinheng.decisions.regrouping import set_parent, set_payer
from xinheng.limits.covering import enter_cover
from xinheng.limits.granting import grant_limit
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.proposing import propose
from xinheng.limits.values import NewCover, NewLimit, NewProposal
from xinheng.people.actor import Actor, system

UNIT = "east"
BRANCHES = 2
WAITING = 4
SEASON_DAYS, INSURED_DAYS = 30, 6
INSURED_BPS = 9_000
WHY_GROUP = "模拟：同一控制人名下企业，合并核定集团额度。"
WHY_BRANCH = "模拟：总公司与分公司，由总公司付款。"
WHY_PART = "模拟：季节性商品单独限额。"
WHY_SEASON = "模拟：旺季临时额度，节后恢复。"
RAISED = {"zh": "模拟：销售回升，建议提高一成", "en": "simulated: sales recover, a tenth more"}


def group_some(alice: Actor, day: date, *, at: datetime) -> dict[str, int]:
    """Make the group and the rest; a book too small for it stays as it is."""
    lines = list(
        CreditLine.objects.filter(
            customer__simulated=True,
            customer__status="active",
            currency="CNY",
            scope="",
            amount_minor__gt=0,
        )
        .select_related("customer__business_unit")
        .order_by("-amount_minor", "pk")
    )
    unit = [line for line in lines if line.customer.business_unit.code == UNIT]
    family = unit[: 1 + BRANCHES]
    others = [line for line in lines if line not in family][: 2 + WAITING]
    if len(family) <= BRANCHES or len(others) < 2:
        return {"grouped": 0}
    season, insured, *more = others
    _make_group(family, alice, day, at=at)
    _enter_season(season, day, at=at)
    _insure(insured, day, at=at)
    return {"grouped": len(family), "waiting_proposals": _suggest_more(more, at=at)}


def _make_group(family: list[CreditLine], alice: Actor, day: date, *, at: datetime) -> None:
    head, *branches = family
    for branch in branches:
        set_parent(branch.customer_id, head.customer_id, WHY_GROUP, actor=alice, at=at)
    set_payer(branches[-1].customer_id, head.customer_id, WHY_BRANCH, actor=alice, at=at)
    until = day + timedelta(days=LINE_VALID_DAYS)
    total = sum(line.amount_minor or 0 for line in family)
    whole = _limit(head, round_down(total * 9 // 10), day, until, WHY_GROUP)
    grant_limit(
        whole._replace(scope="group"), held_back=held_back, actor=system("demonstration"), at=at
    )
    part = _limit(head, round_down((head.amount_minor or 0) // 4), day, until, WHY_PART)
    grant_limit(part._replace(scope="product:GIFT"), held_back=held_back, actor=alice, at=at)


def _enter_season(line: CreditLine, day: date, *, at: datetime) -> None:
    until = day + timedelta(days=SEASON_DAYS)
    asked = _limit(line, round_down((line.amount_minor or 0) * 13 // 10), day, until, WHY_SEASON)
    grant_limit(
        asked._replace(temporary=True), held_back=held_back, actor=system("demonstration"), at=at
    )


def _limit(line: CreditLine, amount: int, day: date, until: date, why: str) -> NewLimit:
    terms = line.terms_days_max
    return NewLimit(line.customer_id, line.currency, amount, day, until, why, terms_days=terms)


def _insure(line: CreditLine, day: date, *, at: datetime) -> None:
    cover = NewCover(
        line.pk,
        "insurance",
        "SIM-2026-0001",
        round_down((line.amount_minor or 0) // 2) or 1,
        INSURED_BPS,
        day - timedelta(days=359),
        day + timedelta(days=INSURED_DAYS),
        "模拟信用保险公司",
    )
    enter_cover(cover, held_back=held_back, actor=system("demonstration"), at=at)


def _suggest_more(lines: list[CreditLine], *, at: datetime) -> int:
    """Proposals that wait, with the workings of the one that was granted."""
    rows = []
    for line in lines:
        last = Proposal.objects.filter(
            customer_id=line.customer_id, currency=line.currency, state="granted"
        ).latest("pk")
        amount = round_down((line.amount_minor or 0) * 11 // 10)
        workings = last.workings | {"adjusted": RAISED | {"to_minor": amount}}
        actor = system("demonstration")
        rows.append(
            NewProposal(
                line.customer_id, line.currency, amount, last.terms_days, workings, actor.ref
            )
        )
    return propose(rows, actor=system("demonstration"), at=at)
