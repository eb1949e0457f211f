"""Applications of the demonstration, by everybody's actions and brought as far as the table says.

Bob applies for customers of his unit, Fang investigates, assesses and proposes, and whoever the
authority matrix names votes: one is granted with its letter, one rejected, one sent back, one taken
back, one waits for an officer, one for the committee. What was done before today lies some days
back, so two clocks are late; assessed and voted is now, on today's book.
Example: 12 applications, 6 of them assessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from xinheng.applications import (
    applying,
    assessing,
    checklist,
    clauses,
    proposing,
    staging,
    voting,
)
from xinheng.applications.models import Application, Seat, Task
from xinheng.applications.rows import Condition, NewApplication, NewProposal
from xinheng.decisions.models import Rating
from xinheng.limits.conditions import usual_end
from xinheng.limits.models import CreditLine
from xinheng.people.actor import Actor, of_user
from xinheng.people.models import User

LEAST: Final = 300_000_00  # more than the automatic cell can grant, so that people vote
MIDDLING: Final = ("BB", "B")
# what the authority matrix gives to the committee, by grade: the better, the more
LARGE: Final = {"BB": 9_000_000_00, "B": 9_000_000_00, "CCC": 3_000_000_00, "CC": 3_000_000_00}
LARGEST: Final = 30_000_000_00
MOST: Final = 4_000_000_00  # limits now; above it people would hardly agree in one sitting
ROUND: Final = 10_000_00
VOTES_MAX: Final = 12
LOOKED: Final = 2_000  # customers looked through for Bob's
TEMPORARY_DAYS: Final = 45
NO_CREDIT: Final = ("C", "D")


class Way(NamedTuple):
    """How far one goes, from when, and for what. `percent` of the limit now is asked for, and so
    much at least; None: enough for the committee to be asked.
    """

    end: str
    kind: str
    percent: int
    days: int
    purpose: str
    least: int | None = LEAST


WAYS: Final = (
    Way("granted", "increase", 130, 4, "明年框架合同已签，每月发货量约增三成。", 350_000_00),
    Way("deciding", "increase", 150, 3, "新增两家门店，旺季备货集中在年底。", 480_000_00),
    Way("committee", "increase", 120, 4, "承接省级项目，三个月内集中供货。", None),
    Way("assessed", "renewal", 100, 2, "现额度年底到期，按原额度续期。", 320_000_00),
    Way("investigating", "increase", 140, 1, "客户要求账期不变，订单量上调。", 650_000_00),
    Way("investigating", "renewal", 110, 9, "续期并略增，覆盖春节前备货。"),
    Way("submitted", "increase", 120, 0, "新产品线试销，预计半年内放量。", 550_000_00),
    Way("submitted", "temporary", 60, 5, "节前一次性大单，四十五天内回款。", 420_000_00),
    Way("draft", "increase", 125, 0, "待客户补充报表后提交。", 380_000_00),
    Way("returned", "increase", 200, 4, "拟提高额度以统一结算。", 900_000_00),
    Way("rejected", "increase", 300, 6, "希望翻倍授信，用于多点铺货。", 1_200_000_00),
    Way("withdrawn", "temporary", 50, 3, "临时加单，后客户取消。"),
)
FOUND: Final = {
    "licence": "登记信息与营业执照一致，存续，无异常名录。",
    "group": "与同一控制人名下另一家已合并看敞口。",
    "statements": "三年报表已收集，口径一致，勾稽无误。",
    "bureau": "外部报告无失信、无被执行记录。",
    "references": "两家供应商回函，付款基本准时。",
    "visit": "已走访仓库，库存周转与账面相符。",
    "reconciliation": "对账单已盖章确认，逾期系发票寄送延误。",
}
WHY: Final = "付款记录稳定，在手订单覆盖所提额度，按用信峰值核定。"
WORDS: Final = {
    "yes": "同意，按所附条件执行。",
    "no": "集中度已高，且所附订单不足以支撑，不同意。",
    "return": "请补充在手订单清单与回款计划后再报。",
}


def apply_some(cast: Mapping[str, Actor], day: date, *, at: datetime) -> dict[str, int]:
    """Applications for customers whom Bob sees. Returns how many, and how many were assessed."""
    lines = _lines(cast["bob"])
    made = [_carry(way, line, cast, day, at) for way, line in zip(WAYS, lines, strict=False)]
    count = sum(row.snapshots.count() for row in made)
    return {"applications": len(made), "applications_assessed": count}


def _lines(bob: Actor) -> list[CreditLine]:
    """Lines of rated, active customers of Bob's, the largest first, one for each way."""
    rated = Rating.objects.exclude(grade__in=NO_CREDIT).values("customer")
    found = CreditLine.objects.filter(
        scope="",
        currency="CNY",
        amount_minor__range=(1, MOST),
        temporary=False,
        customer__in=rated,
        customer__simulated=True,
        customer__status="active",
        customer__parent=None,
    ).select_related("customer")
    mine = [
        one
        for one in found.order_by("-amount_minor", "customer__code")[:LOOKED]
        if bob.reaches(one.customer.business_unit_id)
    ]
    return _with_middling(mine)[: len(WAYS)]


def _with_middling(mine: list[CreditLine]) -> list[CreditLine]:
    """The first line of a middling grade comes to the place of the committee's way."""
    grades = dict(Rating.objects.values_list("customer_id", "grade"))
    place = next(i for i, way in enumerate(WAYS) if way.end == "committee")
    found = next((one for one in mine if grades[one.customer_id] in MIDDLING), None)
    if found is None:
        return mine
    rest = [one for one in mine if one is not found]
    return [*rest[:place], found, *rest[place:]]


def _carry(
    way: Way, line: CreditLine, cast: Mapping[str, Actor], day: date, at: datetime
) -> Application:
    begun = at - timedelta(days=way.days, hours=2)
    row = applying.draft(_wish(way, line, day), actor=cast["bob"], at=begun)
    if way.end == "draft":
        return row
    row = applying.submit(row.number, actor=cast["bob"], at=begun)
    if way.end == "withdrawn":
        said = "客户取消该笔订单。"
        return applying.withdraw(row.number, said, actor=cast["bob"], at=at)
    if way.end != "submitted":
        _investigate(row, way, cast["fang"], at)
    row.refresh_from_db()
    return row


def _wish(way: Way, line: CreditLine, day: date) -> NewApplication:
    asked = max(_least(way, line), (line.amount_minor or 0) * way.percent // 100 // ROUND * ROUND)
    temporary = way.kind == "temporary"
    return NewApplication(
        customer_id=line.customer_id,
        currency=line.currency,
        asked_minor=asked,
        terms_days=30 if temporary else 60,
        kind=way.kind,
        purpose=way.purpose,
        valid_from=day if temporary else None,
        valid_until=day + timedelta(days=TEMPORARY_DAYS) if temporary else None,
        forecast={"purchases_year_minor": asked * 4, "our_share_pct": 35},
    )


def _least(way: Way, line: CreditLine) -> int:
    if way.least is not None:
        return way.least
    return LARGE.get(Rating.objects.get(customer=line.customer_id).grade, LARGEST)


def _investigate(row: Application, way: Way, fang: Actor, at: datetime) -> None:
    """Taken up the day after; all points but the first are done, and then the rest of the way."""
    taken = min(at, at - timedelta(days=way.days - 1))
    assessing.take_up(row.number, actor=fang, at=taken)
    tasks = list(Task.objects.filter(application=row).order_by("pk"))
    for task in tasks[1:] if way.end == "investigating" else tasks:
        finding = FOUND.get(task.code, "已核实，无异常。")
        checklist.complete_task(row.number, task.code, finding, actor=fang, at=taken)
    if way.end == "investigating":
        return
    assessing.take_snapshot(row.number, actor=fang, at=at)
    if way.end == "assessed":
        return
    _propose(row, way, fang, at)
    said = {"granted": "yes", "rejected": "no", "returned": "return", "committee": "yes"}
    if way.end in said:
        _vote(row, said[way.end], 1 if way.end == "committee" else VOTES_MAX, at)


def _propose(row: Application, way: Way, fang: Actor, at: datetime) -> None:
    """What the methods suggest where it reaches four fifths of what was asked; else Fang's own."""
    row.refresh_from_db()
    payload = assessing.payload_of(assessing.current(row))
    suggested = proposing.suggestion(row, payload)
    enough = suggested is not None and suggested * 5 >= row.asked_minor * 4
    amount = min(suggested or 0, row.asked_minor) if enough else row.asked_minor * 4 // 5
    grade = payload["rating"]["grade"]
    asked = {one["code"] for one in clauses.asked_for(grade)}
    day = date.fromisoformat(payload["as_of"])
    new = NewProposal(
        verdict="grant",
        amount_minor=amount,
        terms_days=row.asked_terms_days,
        valid_from=row.valid_from or day,
        valid_until=row.valid_until or usual_end(day),
        why=WHY,
        method="combined" if enough else "own",
        temporary=row.kind == "temporary",
        conditions=tuple(Condition(code) for code in sorted(asked)),
    )
    proposing.propose(row.number, new, actor=fang, at=at)


def _vote(row: Application, said: str, most: int, at: datetime) -> None:
    """Whoever may take a seat takes it, until it is decided or so many have spoken."""
    for _ in range(most):
        row.refresh_from_db()
        stage = staging.open_stage(row) if row.state == "deciding" else None
        turn = staging.standing(stage).turn if stage else ()
        seat = Seat.objects.filter(pk__in=turn, vote="").order_by("order", "pk").first()
        people = sorted(staging.who_may(seat, row, at)) if seat else []
        if seat is None or not people:
            return
        sha256 = bytes(assessing.current(row).sha256).hex()
        actor = of_user(User.objects.get(pk=people[0]))
        voting.vote(
            row.number, seat.pk, said, WORDS[said], sha256, back_to="applicant", actor=actor, at=at
        )
