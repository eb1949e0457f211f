"""A small world in which applications are decided: every role of the matrix, two customers rated.

Bob sells, Chen analyses, Oli is a credit officer, Alice and Fang credit managers, Han the finance
director, Sun the sales director, Wu the general manager; Ma, Mo and Mu sit on the committee, Qi and
Qu on the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_line, make_world
from xinheng.applications import applying, assessing, checklist, proposing, voting
from xinheng.applications.models import Application, Proposal, Seat
from xinheng.applications.rows import NewApplication, NewProposal
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Rating
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User

CAST = {
    "chen": ["analyst"],
    "oli": ["credit_officer"],
    "fang": ["credit_manager"],
    "han": ["finance_director"],
    "sun": ["sales_director"],
    "wu": ["general_manager"],
    "ma": ["committee"],
    "mo": ["committee"],
    "mu": ["committee"],
    "qi": ["board"],
    "qu": ["board"],
}
YEAR = timedelta(days=360)


@dataclass
class House:
    """The world with everybody in it."""

    world: World
    customer: Customer

    def actor(self, name: str) -> Actor:
        return of_user(User.objects.get(username=name))

    def user(self, name: str) -> User:
        return User.objects.get(username=name)


def make_house() -> House:
    world = make_world()
    for name, roles in CAST.items():
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=roles,
            unit_code=None,
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    customer = make_customer("C-1", unit=world.units["EAST"])
    make_line(customer, None)
    return House(world, customer)


def grade(customer: Customer, letter: str, at: datetime = AT) -> None:
    """The rating in force, as an expert set it: a behaviour that says nothing leaves it alone."""
    until = date(2027, 6, 1)
    made = Assessment.objects.create(
        customer=customer,
        card="expert",
        currency="CNY",
        points=None,
        grade=letter,
        inputs={},
        contributions=[],
        reasons=[],
        as_of=TODAY,
        valid_until=until,
        assessed_at=at,
        by_expert=True,
    )
    Rating.objects.update_or_create(
        customer=customer,
        defaults={"assessment": made, "grade": letter, "points": None, "valid_until": until},
    )


def wish(house: House, amount: int, **extra: Any) -> NewApplication:
    fields: dict[str, Any] = {
        "customer_id": house.customer.pk,
        "currency": "CNY",
        "terms_days": 60,
        "purpose": "旺季备货",
        **extra,
    }
    return NewApplication(asked_minor=amount, **fields)


def offer(amount: int, **extra: Any) -> NewProposal:
    fields: dict[str, Any] = {
        "verdict": "grant",
        "terms_days": 60,
        "valid_from": TODAY,
        "valid_until": TODAY + YEAR,
        "why": "多年往来，付款稳定，抵押充分",
        "method": "own",
        **extra,
    }
    return NewProposal(amount_minor=amount, **fields)


def applied(house: House, amount: int = 800_000_00, at: datetime = AT, **extra: Any) -> Application:
    return applying.apply_at_once(wish(house, amount, **extra), actor=house.actor("bob"), at=at)


def investigated(house: House, row: Application, who: str = "chen", at: datetime = AT) -> None:
    actor = house.actor(who)
    assessing.take_up(row.number, actor=actor, at=at)
    for task in checklist.still_open(row):
        checklist.complete_task(row.number, task.code, "已核实无异常", actor=actor, at=at)


def proposed(
    house: House, amount: int = 800_000_00, letter: str = "BBB", at: datetime = AT, **extra: Any
) -> tuple[Application, Proposal]:
    """An application brought as far as its first stage."""
    grade(house.customer, letter)
    row = applied(house, amount, at=at)
    investigated(house, row, at=at)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=at)
    made = proposing.propose(row.number, offer(amount, **extra), actor=house.actor("chen"), at=at)
    row.refresh_from_db()
    return row, made


def seats(row: Application) -> list[Seat]:
    """Seats of the standing proposal's stages, in order."""
    found = Seat.objects.filter(
        stage__proposal__application=row, stage__proposal__withdrawn_at__isnull=True
    )
    return list(found.order_by("stage__order", "order", "pk"))


def say(
    house: House,
    row: Application,
    who: str,
    said: str = "yes",
    seat: Seat | None = None,
    at: datetime = AT,
    **extra: Any,
) -> Application:
    """A vote on the seat given, or on the first that is open for this person."""
    found = seat or next(
        one
        for one in seats(row)
        if not one.vote and one.closed_at is None and one.person_id in (None, house.user(who).pk)
    )
    sha = extra.pop("sha", None) or bytes(assessing.current(row).sha256).hex()
    words = extra.pop("words", "同意所提条件")
    return voting.vote(
        row.number, found.pk, said, words, sha, actor=house.actor(who), at=at, **extra
    )
