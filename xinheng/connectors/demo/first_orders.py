"""The demonstration's first order checks: asked by Bob and Eve, some released and rejected by
Alice.

They go through the same action as any order and are decided by the live policy; which of them wait
in the queue follows from the book, not from this file. Amounts are a share of what the line has
left, so that most pass, some pass by a hair, and some do not. Order references are DEMO-0001 and
up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from xinheng.connectors.demo.model import SEED
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Hold
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.decisions.values import Ask, ask_of
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import usage
from xinheng.people.actor import of_user
from xinheng.people.models import User
from xinheng.refusals import Refused

ASKERS = {"bob": 40, "eve": 20}
# Percent of the headroom asked for; above 100 can't be approved.
SHARES = (5, 10, 15, 20, 25, 30, 40, 50, 60, 130)
LEAST_MINOR = 200_000
REF = "DEMO-{:04d}"
FIRST_REF = REF.format(1)
RELEASED = (
    "客户已书面承诺本周五付清逾期款，本单按承诺放行。",
    "老客户，旺季备货；已电话核实，账款下周到账。",
    "逾期系发票寄送延误，非客户原因。",
)
REJECTED = ("逾期未清且无付款计划，暂不发货。", "客户未答复对账函，待对账后再议。")


def ask_first_orders(people: Mapping[str, User], *, at: datetime) -> dict[str, int]:
    """Ask all, then let Alice deal with a few; returns how many had which end."""
    number = 0
    for username, count in ASKERS.items():
        user = people[username]
        asks = _asks(user, count, number)
        number += len(asks)
        check_orders(asks, actor=of_user(user), at=at)
    return _deal_with(people["alice"], at=at) | {"asked": number}


def _asks(user: User, count: int, start: int) -> list[Ask]:
    random = Random(f"{SEED}:orders:{user.username}")
    lines = CreditLine.objects.select_related("customer").filter(
        customer__business_unit_id=user.business_unit_id, customer__simulated=True, scope=""
    )
    chosen = sorted(lines.order_by("customer__code"), key=lambda line: random.random())[:count]
    return [_ask(line, start + place, random) for place, line in enumerate(chosen, start=1)]


def _ask(line: CreditLine, number: int, random: Random) -> Ask:
    ref = REF.format(number)
    left = max(0, usage(line).headroom_minor or 0)
    share = random.choice(SHARES)
    # Whole hundreds of the currency, as people order.
    amount = max(LEAST_MINOR, left * share // 100) // 10_000 * 10_000
    return ask_of(
        order_ref=ref,
        version=1,
        customer_code=line.customer.code,
        amount_minor=amount,
        currency=line.currency,
        terms_days=_terms(line, number),
    )


def _terms(line: CreditLine, number: int) -> int | None:
    """The agreed terms, but one order of twelve asks for a month more."""
    agreed = line.terms_days_max
    return agreed if agreed is None or number % 12 else agreed + 30


def _deal_with(alice: User, *, at: datetime) -> dict[str, int]:
    waiting = list(Hold.objects.filter(state="waiting").order_by("decision__order_ref"))
    released = _each(waiting[::4], RELEASED, release_hold, alice, at)
    rejected = _each(waiting[1::7], REJECTED, reject_hold, alice, at)
    left = Hold.objects.filter(state="waiting").count()
    return {"released": released, "rejected": rejected, "waiting": left}


def _each(
    holds: Sequence[Hold], reasons: Sequence[str], act: object, alice: User, at: datetime
) -> int:
    """Do as many as there are reasons; a hold that Alice may not touch stays in the queue."""
    done = 0
    for hold in holds:
        if done == len(reasons):
            break
        try:
            act(hold.pk, reasons[done], actor=of_user(alice), at=at)  # type: ignore[operator]
        except Refused:
            continue
        done += 1
    return done
