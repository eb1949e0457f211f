"""A past assessment comes out again from its record byte for byte, whatever the file says today.

Broken builds that were tried: a record without covers (the limit differs), `read` with today's
statement instead of the one known then, a root without the record's hash.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from tests.decisions.test_assess import CLERK, record, run, sells
from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.assessing_again import again, read_again, record_as_of
from xinheng.decisions.models import Assessment
from xinheng.decisions.records import packed, unpacked
from xinheng.dossiers.facts import enter_fact, verify_fact
from xinheng.dossiers.rows import NewFact, StatementRow
from xinheng.dossiers.statement_filing import file_statement, verify_statement
from xinheng.limits.models import Cover, CreditLine
from xinheng.receivables.models import Order
from xinheng.receivables.rows import InvoiceRow

LATER = AT + timedelta(hours=1)
FIGURES = {"total_assets": 250_000_00, "current_assets": 120_000_00, "inventory": 50_000_00}
FIGURES |= {"current_liabilities": 80_000_00, "total_liabilities": 150_000_00}
FIGURES |= {"equity": 100_000_00, "sales": 300_000_00, "ebit": 22_000_00}
FIGURES |= {"retained_earnings": 40_000_00}

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def files(
    world: World, customer: Customer, *, verified: bool = False, at=AT, **changed: int
) -> int:
    row = StatementRow(
        customer_code=customer.code,
        period_end=TODAY.replace(year=2025, month=12, day=31),
        currency="CNY",
        figures=FIGURES | changed,
        source="customer",
    )
    made = file_statement(row, actor=CLERK, at=at)
    if verified:
        verify_statement(made, "third_party", actor=world.actor("alice"), at=at)
    return made


def stands(world: World, customer: Customer, field: str, value: str, at: datetime = AT) -> None:
    new = NewFact(
        customer_code=customer.code,
        field=field,
        value=value,
        source="customer",
        reliability="B",
        observed_on=TODAY,
        legal_basis="contract",
    )
    fact = enter_fact(new, actor=CLERK, at=at)
    verify_fact(fact, "third_party", 90, actor=world.actor("alice"), at=at)


def covered(customer: Customer, amount_minor: int, share_bps: int) -> None:
    Cover.objects.create(
        line=CreditLine.objects.get(customer=customer, scope=""),
        kind="insurance",
        reference="P-1",
        amount_minor=amount_minor,
        share_bps=share_bps,
        valid_from=TODAY,
        valid_until=TODAY + timedelta(days=90),
        entered_by="user:1",
        entered_at=AT,
    )


def ordered(customer: Customer, amount_minor: int) -> None:
    Order.objects.create(
        customer=customer,
        number=f"O-{customer.code}",
        currency="CNY",
        amount_minor=amount_minor,
        ordered_on=TODAY - timedelta(days=10),
    )


def rich(world: World, code: str = "RICH") -> Customer:
    """A customer of whom everything is known that an assessment reads."""
    customer = sells(code, [2] * 14)
    files(world, customer, verified=True)
    stands(world, customer, "yearly_purchases", "2400000.00 CNY")
    stands(world, customer, "our_share", "5")
    covered(customer, 50_000_00, 9_000)
    ordered(customer, 30_000_00)
    return customer


def test_everything_read_makes_the_same_assessment_again(world: World) -> None:
    customer = rich(world)
    run(customer)
    made = Assessment.objects.get()
    done = again(made)
    assert (done.result, done.entry, done.difference) == ("identical", "committed", None)
    kept = done.record
    assert kept.read.further.orders == {"CNY": 30_000_00}
    assert kept.read.further.covers == (("CNY", 50_000_00, 9_000),)
    assert kept.said.secured_minor == 45_000_00 and kept.said.statement == "verified"
    values = kept.said.values
    # L2 20 % of 40,000.00; L4 30,000.00 x 30 / 90; L6 2,400,000.00 x 5 % / 365 x 30
    assert (values["L2"], values["L4"], values["L6"]) == (8_000_00, 10_000_00, 9_863_01)
    assert values["L8"] is None and values["L9"] is None and values["L11"] > 0
    assert len(bytes(made.record)) < 1_000


def test_each_of_a_book_of_all_kinds_comes_out_again(world: World) -> None:
    """Silent ones, newcomers, late payers, with statements and without, in one call."""
    chance = random.Random(20261120)
    customers = [rich(world), make_customer("NIL", unit=None)]
    for number in range(24):
        days = [chance.choice([0, 3, 12, 45, None]) for _ in range(chance.randrange(1, 16))]
        until = TODAY - timedelta(days=chance.choice([0, 0, 40, 900]))
        one = sells(f"N{number}", days, until=until)
        if chance.random() < 0.6:
            changed = {"current_assets": chance.randrange(50_000_00, 130_000_00)}
            files(world, one, verified=chance.random() < 0.5, **changed)
        customers.append(one)
    run(*customers)
    made = list(Assessment.objects.all())
    assert len(made) == 26
    ended = {one.customer.code: again(one, with_entry=False).result for one in made}
    assert set(ended.values()) == {"identical"}, ended
    assert again(made[0]).entry == "committed"


@pytest.mark.parametrize(
    ("column", "value", "place"),
    [
        ("points", 999, "points"),
        ("grade", "AAA", "grade"),
        ("inputs", {"payment_index": "99.00"}, "inputs"),
        ("contributions", [], "contributions"),
        ("reasons", [], "reasons"),
        ("valid_until", TODAY + timedelta(days=900), "valid_until"),
        ("unverified", ["statement"], "unverified"),
        ("currency", "USD", "currency"),
    ],
)
def test_a_row_that_was_changed_is_found_out(
    world: World, column: str, value: object, place: str
) -> None:
    run(sells("C", [9] * 14))
    Assessment.objects.update(**{column: value})
    done = again(Assessment.objects.get())
    assert done.result == "different" and done.difference.place.startswith(place)


def test_a_record_that_was_changed_with_its_row_is_found_out_by_the_ledger(world: World) -> None:
    customer = sells("C", [9] * 14)
    run(customer)
    made = Assessment.objects.get()
    kept = unpacked(made.record)
    from msgspec.structs import replace

    forged = replace(kept.read, paying=replace(kept.read.paying, open_minor=77))
    Assessment.objects.update(record=packed(forged, kept.said))
    done = again(Assessment.objects.get())
    # nothing of the score reads what is open: only the commitment knows
    assert (done.result, done.entry) == ("identical", "differs")


def test_another_body_under_the_same_policy_is_found_out(world: World) -> None:
    from xinheng.policies.models import Policy

    run(sells("C", [9] * 14))
    live = Policy.objects.get(kind="assessment", status="live")
    live.body["source"] = "something else"
    live.save()
    done = again(Assessment.objects.get())
    assert done.result == "different" and done.difference.place == "rules_sha256"


def test_a_policy_that_went_live_since_changes_nothing(world: World) -> None:
    from xinheng.policies import actions
    from xinheng.policies.queries import live

    run(sells("C", [9] * 14))
    body = dict(live("assessment").body) | {"default_terms_days": 90, "rating_valid_days": 30}
    made = actions.draft("assessment", body, actor=CLERK, at=LATER)
    actions.approve(made.pk, actor=CLERK, at=LATER)
    actions.go_live(made.pk, actor=CLERK, at=LATER)
    assert again(Assessment.objects.get()).result == "identical"


def test_an_assessment_from_before_records_says_so(world: World) -> None:
    run(sells("C", [9] * 14))
    Assessment.objects.update(record=None)
    assert again(Assessment.objects.get()).result == "no_record"
    assert read_again(Assessment.objects.get()) is None


def test_bytes_that_are_no_record_are_told_and_not_raised(world: World) -> None:
    run(sells("C", [9] * 14))
    Assessment.objects.update(record=b"\x00nothing")
    assert again(Assessment.objects.get()).difference.place == "record"


def test_the_file_read_again_as_it_was_known_then_gives_the_same_record(world: World) -> None:
    """A build that reads today's statement, facts or covers differs here."""
    customer = rich(world)
    run(customer)
    made = Assessment.objects.get()
    files(world, customer, verified=True, at=LATER, current_assets=85_000_00, inventory=1_00)
    stands(world, customer, "our_share", "50", at=LATER)
    Cover.objects.update(ended_at=LATER, ended_by="user:1")
    assert read_again(made) == bytes(made.record)
    run(customer, at=LATER + timedelta(minutes=5))
    newest = Assessment.objects.latest("pk")
    assert bytes(newest.record) != bytes(made.record)
    assert read_again(made) == bytes(made.record) and read_again(newest) == bytes(newest.record)
    then = record_as_of(customer.pk, TODAY, unpacked(made.record).read.known_at)
    assert then == unpacked(made.record)


def test_a_statement_verified_later_was_not_verified_then(world: World) -> None:
    customer = sells("C", [9] * 14)
    statement = files(world, customer)
    run(customer, at=AT + timedelta(minutes=1))
    made = Assessment.objects.get()
    verify_statement(statement, "third_party", actor=world.actor("alice"), at=LATER)
    assert unpacked(made.record).read.statement.verified is False
    assert read_again(made) == bytes(made.record)


def test_an_invoice_dated_later_is_not_read_again(world: World) -> None:
    customer = sells("C", [9] * 14)
    run(customer)
    made = Assessment.objects.get()
    later = InvoiceRow(
        number="X",
        customer_code="C",
        currency="CNY",
        amount_minor=5_000_000,
        issued_on=TODAY + timedelta(days=1),
        due_on=TODAY + timedelta(days=1),
    )
    record([later], at=LATER)
    assert read_again(made) == bytes(made.record)
