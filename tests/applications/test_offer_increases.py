"""More credit is offered to who pays on time and uses the limit; a person offers, the customer
takes it, and it is an application like any other.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.world import AT, TODAY, World, make_customer, make_line, make_world
from xinheng.applications.models import Application, IncreaseOffer, Letter
from xinheng.applications.offer_letter import letter_of, letter_text
from xinheng.applications.offers import (
    candidates,
    decline_offer,
    find_offers,
    make_offer,
    take_offer,
)
from xinheng.applications.review_words import offer_words
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Notice, Rating
from xinheng.dossiers.models import FileStanding
from xinheng.limits.models import CreditLine, DatedLimit, OpenDue, Proposal
from xinheng.receivables.models import Allocation, Invoice, Receipt
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
FAR = date(2099, 1, 1)
LIMIT = 50_000_000


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def bought(
    customer: Customer, amount: int, issued: int, *, paid: int | None = None, terms: int = 30
) -> Invoice:
    """An invoice of so many days ago, paid so many days ago or still open."""
    row = Invoice.objects.create(
        customer=customer,
        number=f"{customer.code}-{Invoice.objects.count()}",
        currency="CNY",
        amount_minor=amount,
        open_minor=amount if paid is None else 0,
        issued_on=ago(issued),
        due_on=ago(issued - terms),
    )
    if paid is not None:
        receipt = Receipt.objects.create(
            customer=customer,
            number=f"R-{row.number}-{row.pk}",
            currency="CNY",
            amount_minor=amount,
            unapplied_minor=0,
            received_on=ago(paid),
            method="transfer",
        )
        Allocation.objects.create(
            receipt=receipt, invoice=row, amount_minor=amount, applied_on=ago(paid), rule="oldest"
        )
    return row


def good(world: World, code: str = "C-1", **extra: Any) -> Customer:
    """500,000.00, of it 400,000.00 open on each of the last 90 days, all paid on the day it is due;
    the assessment suggests 800,000.00.
    """
    customer = make_customer(code, unit=world.units["EAST"], name="江南钢构", **extra)
    make_line(customer, LIMIT, valid_until=FAR)
    for start in (120, 90, 60, 30):
        bought(customer, 40_000_000, start, paid=start - 30 if start > 30 else None)
    Assessment.objects.filter(customer=customer).update(inputs={"payment_index": "80.00"})
    Rating.objects.filter(customer=customer).update(valid_until=FAR)
    FileStanding.objects.update_or_create(
        customer=customer, defaults={"complete_bps": 8000, "fresh_until": TODAY, "counted_at": AT}
    )
    Proposal.objects.create(
        customer=customer,
        currency="CNY",
        amount_minor=80_000_000,
        workings={},
        proposed_by="system:jobs",
        proposed_at=AT,
    )
    return customer


def offered(world: World) -> IncreaseOffer:
    good(world)
    find_offers(today=TODAY, at=AT)
    return make_offer(IncreaseOffer.objects.get().pk, actor=world.actor("alice"), at=AT)


def test_a_good_customer_is_found_with_its_figures(world: World) -> None:
    good(world)
    assert find_offers(today=TODAY, at=AT) == 1
    row = IncreaseOffer.objects.get()
    assert (row.from_minor, row.to_minor, row.state) == (LIMIT, 65_000_000, "waiting")
    assert row.valid_until == TODAY + timedelta(days=30)
    assert row.reasons["usage_pct"] == "80.00" and row.reasons["days_late_max"] == 0
    said = [one.en for one in offer_words(row.reasons, "CNY")]
    assert said[0] == "On average 80.00 % of the limit was in use for 90 days."
    assert said[-1] == "The assessment suggests CNY 800,000.00."
    assert "alice" in Notice.objects.values_list("user__username", flat=True)
    assert find_offers(today=TODAY, at=AT) == 0


@pytest.mark.parametrize(
    ("usage", "mean"),
    [
        ([(40, 90, None)], 40),  # open for all of the window
        ([(40, 200, None)], 40),  # from before it
        ([(40, 45, None)], 20),  # half of it
        ([(40, 90, 45)], 20),
        ([(40, 200, 45), (40, 45, None)], 40),
        ([(40, 200, 100)], 0),  # paid before the window
        ([(40, 1, None)], 0),  # one ninetieth of 400,000.00 rounds to 4,444.44
    ],
)
def test_the_mean_in_use_is_reckoned_by_the_days_of_the_documents(
    world: World, usage: list[tuple[int, int, int | None]], mean: int, monkeypatch: Any
) -> None:
    customer = good(world)
    Allocation.objects.all().delete()
    Invoice.objects.all().delete()
    for amount, issued, paid in usage:
        bought(customer, amount * 1_000_000, issued, paid=paid, terms=400)
    from xinheng.applications import offers

    rule = dict(offers.rules("offers")) | {"usage_pct_min": 0, "days_late_max": 10_000}
    monkeypatch.setattr(offers, "rules", lambda name: rule)
    (one,) = candidates(TODAY, AT)
    assert round(one.mean_minor / 1_000_000) == mean


def less_used(customer: Customer) -> None:
    CreditLine.objects.update(amount_minor=57_200_000)  # 69.93 %


def paid_late(customer: Customer) -> None:
    bought(customer, 100, 100, paid=64, terms=30)  # six days late


def paid_five_late(customer: Customer) -> None:
    bought(customer, 100, 100, paid=65, terms=30)


def late_two_years_ago(customer: Customer) -> None:
    bought(customer, 100, 500, paid=400, terms=30)


def late_now(customer: Customer) -> None:
    bought(customer, 100, 36, terms=30)


@pytest.mark.parametrize(
    ("spoil", "comes"),
    [
        (less_used, False),
        (paid_late, False),
        (paid_five_late, True),
        (late_two_years_ago, True),
        (late_now, False),
        (lambda c: Assessment.objects.update(inputs={"payment_index": "79.99"}), False),
        (lambda c: Assessment.objects.update(inputs={"payment_index": None}), False),
        (lambda c: Assessment.objects.update(inputs={}), False),
        (lambda c: Rating.objects.update(grade="BB"), False),
        (lambda c: Rating.objects.update(grade=""), False),
        (lambda c: Rating.objects.update(grade="AAA"), True),
        (lambda c: Rating.objects.update(valid_until=ago(1)), False),
        (lambda c: FileStanding.objects.update(complete_bps=7999), False),
        (lambda c: FileStanding.objects.update(fresh_until=ago(1)), False),
        (lambda c: FileStanding.objects.update(fresh_until=None), False),
        (lambda c: FileStanding.objects.all().delete(), False),
        (lambda c: Proposal.objects.update(amount_minor=55_000_000), False),  # just 110 %
        (lambda c: Proposal.objects.update(amount_minor=55_000_001), True),
        (lambda c: Proposal.objects.update(state="rejected"), False),
        (lambda c: Proposal.objects.update(workings={"by_hand": {"person": 1}}), False),
        (lambda c: CreditLine.objects.update(forced_hold=True), False),
        (lambda c: CreditLine.objects.update(valid_until=ago(1)), False),
        (lambda c: CreditLine.objects.update(amount_minor=None, unlimited=True), False),
        (lambda c: Customer.objects.update(status="watch"), False),
        (lambda c: Invoice.objects.all().delete(), False),
    ],
)
def test_one_thing_that_is_not_known_or_not_good_is_enough(
    world: World, spoil: Any, comes: bool
) -> None:
    customer = good(world)
    spoil(customer)
    assert find_offers(today=TODAY, at=AT) == int(comes)


def test_a_file_that_holds_back_more_credit_keeps_the_offer_back(world: World) -> None:
    good(world)
    FileStanding.objects.update(licence_until=ago(1))
    assert find_offers(today=TODAY, at=AT) == 0


def test_offered_in_plain_words_and_taken_by_word_of_mouth(world: World) -> None:
    row = offered(world)
    assert row.state == "offered" and row.valid_until == TODAY + timedelta(days=30)
    letter = letter_of(row)
    assert letter is not None
    text = letter_text(letter)
    assert text is not None
    assert "650,000.00" in text.zh and "陆拾伍万元整" in text.zh and "BBB" not in text.zh
    assert "no promise" in text.en and b"650,000" not in bytes(letter.text_sealed)
    with pytest.raises(Refused, match="NOT_WAITING"):
        make_offer(row.pk, actor=world.actor("alice"), at=AT)
    made = take_offer(row.pk, "电话里同意", actor=world.actor("bob"), at=AT)
    assert (made.source, made.kind, made.state) == ("offer", "increase", "submitted")
    assert made.asked_minor == 65_000_000 and made.applicant_id == world.bob.pk
    row.refresh_from_db()
    assert row.state == "taken" and row.application_id == made.pk
    with pytest.raises(Refused, match="NOT_OFFERED"):
        take_offer(row.pk, "再说一遍", actor=world.actor("bob"), at=AT)


def test_nobody_takes_what_was_not_offered_and_sales_offers_nothing(world: World) -> None:
    good(world)
    find_offers(today=TODAY, at=AT)
    pk = IncreaseOffer.objects.get().pk
    bob = world.actor("bob")
    with pytest.raises(Refused, match="NOT_OFFERED"):
        take_offer(pk, "电话里同意", actor=bob, at=AT)
    for act in (
        lambda: make_offer(pk, actor=bob, at=AT),
        lambda: decline_offer(pk, "暂不邀约", actor=bob, at=AT),
    ):
        with pytest.raises(Refused, match="NOT_ALLOWED"):
            act()
    with pytest.raises(Refused, match="UNKNOWN_OFFER"):
        take_offer(pk, "电话里同意", actor=world.actor("eve"), at=AT)
    decline_offer(pk, "暂不邀约", actor=world.actor("alice"), at=AT)
    assert IncreaseOffer.objects.get().state == "declined"
    assert find_offers(today=TODAY, at=AT) == 0  # not again for a while


def test_the_customer_says_no_to_sales(world: World) -> None:
    row = offered(world)
    decline_offer(row.pk, "客户说不需要", actor=world.actor("bob"), at=AT)
    row.refresh_from_db()
    assert (row.state, row.answer) == ("declined", "客户说不需要")
    assert row.decided_by_id == world.alice.pk  # who offered it


@pytest.mark.parametrize(
    "happens",
    [
        lambda: CreditLine.objects.update(amount_minor=LIMIT + 1),
        lambda: Rating.objects.update(grade="BB"),
        lambda: Customer.objects.update(status="blocked"),
        lambda: OpenDue.objects.create(line=CreditLine.objects.get(), due_on=ago(6), open_minor=1),
    ],
)
def test_an_offer_lapses_when_the_ground_under_it_goes(world: World, happens: Any) -> None:
    row = offered(world)
    assert find_offers(today=TODAY, at=AT) == 0
    row.refresh_from_db()
    assert row.state == "offered"
    happens()
    find_offers(today=TODAY, at=AT)
    row.refresh_from_db()
    assert row.state == "lapsed"


def test_an_offer_lapses_after_its_last_day(world: World) -> None:
    row = offered(world)
    last = TODAY + timedelta(days=30)
    find_offers(today=last, at=AT)
    row.refresh_from_db()
    assert row.state == "offered"
    find_offers(today=last + timedelta(days=1), at=AT)
    row.refresh_from_db()
    assert row.state == "lapsed"
    with pytest.raises(Refused, match="NOT_OFFERED"):
        take_offer(row.pk, "电话里同意", actor=world.actor("bob"), at=AT)


def test_a_limit_changed_meanwhile_is_refused_before_the_round_saw_it(world: World) -> None:
    row = offered(world)
    DatedLimit.objects.update(amount_minor=1)
    with pytest.raises(Refused, match="LINE_CHANGED"):
        take_offer(row.pk, "电话里同意", actor=world.actor("bob"), at=AT)
    assert not Application.objects.exists() and Letter.objects.count() == 1
