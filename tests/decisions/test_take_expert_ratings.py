"""A person's rating is the rating, until the ledger knows enough for one of its own.

Broken builds that were tried: no guard in `_RATE` (the first invoices take the rating away),
`due` on the rating's own assessment (the customer is assessed in every round), no cap by the
ledger's red lines.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.decisions.test_assess import record, run, sells
from tests.decisions.test_override_grades import who
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.assess import due
from xinheng.decisions.assessing_again import again
from xinheng.decisions.effective import red_lines_of
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.overriding import NewOverride, ask_override
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.taking_expert import take_expert_rating
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine
from xinheng.merkle.commitment import read_leaf
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.receivables.rows import InvoiceRow
from xinheng.refusals import Refused

UNTIL = TODAY + timedelta(days=180)
LATER = AT + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    create_user(
        "fred",
        PASSWORD,
        name="fred",
        roles=["finance_director"],
        unit_code=None,
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    return made


def take(customer: Customer, grade: str = "BBB", until: date = UNTIL, **changed: Any) -> Assessment:
    told: dict[str, Any] = {"actor": who("fred"), "at": AT} | changed
    reasons = [{"zh": "品质：良好", "en": "character: good"}]
    inputs = {"character": "80", "capacity": None}
    return take_expert_rating(customer.pk, "6c v1", grade, 72, inputs, reasons, until, **told)


def invoiced(customer: Customer, code: str = "X") -> None:
    row = InvoiceRow(
        number=code,
        customer_code=customer.code,
        currency="CNY",
        amount_minor=1_000_000,
        issued_on=TODAY,
        due_on=TODAY + timedelta(days=30),
    )
    record([row], at=AT + timedelta(minutes=5))


def test_a_newcomer_is_rated_by_a_person(world: World) -> None:
    customer = make_customer("NEW", unit=None)
    made = take(customer)
    rating = Rating.objects.get(customer=customer)
    assert (rating.grade, rating.points, rating.valid_until) == ("BBB", 72, UNTIL)
    assert rating.assessment == made and made.by_expert and made.inputs["capacity"] is None
    assert read_leaf(bytes(PendingEntry.objects.latest("pk").leaf))["kind"] == "grade.by_expert"
    assert again(made).result == "by_expert"


def test_too_little_in_the_ledger_leaves_it_and_enough_takes_its_place(world: World) -> None:
    customer = make_customer("NEW", unit=None)
    take(customer)
    invoiced(customer)
    run(customer, at=LATER)
    assert Rating.objects.get().grade == "BBB" and Assessment.objects.count() == 2
    assert due(9, today=TODAY) == []  # looked at since, whoever rated
    known = sells("KNOWN", [0] * 14)
    take(known, "B")
    run(known, at=LATER)
    rating = Rating.objects.get(customer=known)
    assert not rating.assessment.by_expert and rating.grade not in ("B", "")


def test_once_it_has_run_out_it_keeps_nobody_rated(world: World) -> None:
    customer = make_customer("NEW", unit=None)
    take(customer, until=TODAY)
    invoiced(customer)
    tomorrow = AT + timedelta(days=1)
    assert due(9, today=TODAY + timedelta(days=1)) == [customer.pk]
    run(customer, at=tomorrow)
    assert Rating.objects.get().grade == ""
    assert CreditLine.objects.filter(customer=customer).exists()


def test_the_ledgers_red_lines_cap_it(world: World) -> None:
    customer = sells("RED", [0] * 20 + [None, 0, 0, 0, 0])
    run(customer)
    made = take(customer, "A", at=LATER)
    assert made.grade == "CCC" and red_lines_of(made) == ("overdue_90",)


def test_an_override_in_force_is_read_against_it(world: World) -> None:
    customer = sells("C", [9] * 13 + [0])
    run(customer)
    new = NewOverride(customer.pk, "BB", "its owner is under investigation", UNTIL)
    ask_override(new, actor=who("alice"), at=AT)
    take(customer, "A", at=LATER)
    rating = Rating.objects.get()
    assert (rating.grade, rating.model_grade) == ("BB", "A")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grade": "AAAA"}, DecisionRefusal.UNKNOWN_GRADE),
        ({"until": TODAY - timedelta(days=1)}, DecisionRefusal.BAD_UNTIL),
        ({"until": TODAY + timedelta(days=367)}, DecisionRefusal.BAD_UNTIL),
        ({"name": "bob"}, DecisionRefusal.NOT_ALLOWED),
    ],
)
def test_what_can_not_be_taken(world: World, changed: dict[str, Any], code: Any) -> None:
    customer = make_customer("NEW", unit=None)
    told = dict(changed)
    if "name" in told:
        told["actor"] = who(told.pop("name"))
    with pytest.raises(Refused) as refused:
        take(customer, **told)
    assert refused.value.code is code and not Rating.objects.exists()
