"""Two people bring a contract in force; nothing in force changes; a day is read as it was known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.contracts.actions import (
    attach_paper,
    correct_contract,
    drop_draft,
    end_contract,
    put_in_force,
    record_contract,
)
from xinheng.contracts.models import Contract
from xinheng.contracts.queries import by_tab, in_force, notice, state_on, their_signatory, versions
from xinheng.contracts.refusals import ContractRefusal
from xinheng.contracts.rows import NewContract
from xinheng.customers.models import Customer
from xinheng.dossiers.facts import verify_fact
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.people.actor import system
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=30)


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    for code in ("C-1", "C-2"):
        make_customer(code, unit=made.units["EAST"], name=f"江南钢构{code}")
    return made


def words(**told: Any) -> NewContract:
    usual = {"number": "K-1", "kind": "frame", "title": "年度框架", "valid_from": date(2026, 1, 1)}
    return NewContract(**{**usual, "valid_until": date(2026, 12, 31), **told})


def paper(world: World, code: str = "C-1", kind: str = "contract") -> UUID:
    new = NewDocument(customer_code=code, kind=kind, title="合同", secrecy=2)
    upload = check_upload("合同.csv", uuid4().hex.encode() + b",b")
    return add_document(new, upload, actor=world.actor("alice"), at=AT)


def draft(world: World, code: str = "C-1", **told: Any) -> Contract:
    new = words(document_id=paper(world, code), **told)
    return record_contract(code, new, actor=world.actor("bob"), at=AT)


def standing(world: World, at: Any = AT, **told: Any) -> Contract:
    row = draft(world, **told)
    put_in_force(row.pk, actor=world.actor("alice"), at=at)
    return Contract.objects.get(pk=row.pk)


def refused(code: ContractRefusal, call: Any) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def test_a_contract_counts_once_another_person_has_compared_it_with_its_paper(world: World) -> None:
    row = draft(world, terms_days=60, currency="CNY", amount_minor=500_000_000)
    customer = Customer.objects.get(code="C-1").pk
    assert in_force([customer], TODAY) == {}
    refused(
        ContractRefusal.OWN_DRAFT, lambda: put_in_force(row.pk, actor=world.actor("bob"), at=AT)
    )
    put_in_force(row.pk, actor=world.actor("alice"), at=AT)
    (told,) = in_force([customer], TODAY)[customer]
    assert (told.number, told.terms_days, told.amount_minor) == ("K-1", 60, 500_000_000)
    fact = Fact.objects.waiting().get(field="frame_contract")
    assert fact.value == '"K-1 框架合同，账期 60 天，上限 5,000,000.00 CNY"'
    assert (fact.source, fact.reliability, fact.valid_until) == (
        "contracts",
        "A",
        date(2026, 12, 31),
    )


def test_without_its_paper_nothing_comes_in_force(world: World) -> None:
    row = record_contract("C-1", words(), actor=world.actor("bob"), at=AT)
    alice = world.actor("alice")
    refused(ContractRefusal.NEEDS_PAPER, lambda: put_in_force(row.pk, actor=alice, at=AT))
    for wrong in (paper(world, "C-2"), paper(world, "C-1", "other"), uuid4()):
        refused(
            ContractRefusal.PAPER_UNFIT,
            lambda wrong=wrong: attach_paper(row.pk, wrong, actor=alice, at=AT),
        )
    attach_paper(row.pk, paper(world), actor=alice, at=AT)
    put_in_force(row.pk, actor=alice, at=AT)
    refused(ContractRefusal.NOT_A_DRAFT, lambda: put_in_force(row.pk, actor=alice, at=AT))


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_it_counts_from_its_first_to_its_last_day(world: World, day: date, counts: bool) -> None:
    row = standing(world)
    assert bool(in_force([row.customer_id], day)) is counts


def test_a_correction_counts_from_when_it_is_in_force_and_the_past_stays(world: World) -> None:
    row = standing(world, terms_days=30)
    alice, bob = world.actor("alice"), world.actor("bob")
    new = words(terms_days=60, document_id=row.document_id)
    second = correct_contract(row.pk, new, "补充协议改账期", actor=alice, at=LATER)
    assert (second.version, second.lineage) == (2, row.lineage)
    told = in_force([row.customer_id], TODAY)[row.customer_id]
    assert [one.terms_days for one in told] == [30]
    refused(ContractRefusal.OWN_DRAFT, lambda: put_in_force(second.pk, actor=alice, at=LATER))
    again = lambda: correct_contract(row.pk, new, "再次更正", actor=bob, at=LATER)  # noqa: E731
    refused(ContractRefusal.DRAFT_WAITS, again)
    put_in_force(second.pk, actor=bob, at=LATER)
    for known_at, days in ((None, 60), (AT, 30), (LATER, 60)):
        told = in_force([row.customer_id], TODAY, known_at=known_at)[row.customer_id]
        assert [one.terms_days for one in told] == [days]
    assert [one.state for one in versions(world.alice, row.lineage)] == ["in_force", "replaced"]
    row.refresh_from_db()
    assert state_on(row, TODAY, AT) == "in_force" and state_on(row, TODAY) == "replaced"


def test_ended_by_notice_it_counts_to_the_day_that_was_said(world: World) -> None:
    row = standing(world)
    bob, last = world.actor("bob"), TODAY + timedelta(days=10)

    def end(day: date, reason: str = "对方解除") -> Any:
        return lambda: end_contract(row.pk, day, reason, by_notice=True, actor=bob, at=LATER)

    refused(ContractRefusal.NEEDS_REASON, end(last, "x"))
    for wrong in (date(2025, 12, 31), date(2027, 1, 1)):
        refused(ContractRefusal.BAD_END, end(wrong))
    end(last)()
    assert in_force([row.customer_id], last) and not in_force(
        [row.customer_id], last + timedelta(days=1)
    )
    # as it was known before anybody ended it
    assert in_force([row.customer_id], last + timedelta(days=1), known_at=AT)
    row.refresh_from_db()
    assert state_on(row, last) == "in_force"
    assert state_on(row, last + timedelta(days=1)) == "terminated"
    told = Fact.objects.waiting().order_by("-pk").first()
    assert told is not None and told.valid_until == last
    refused(ContractRefusal.NOT_IN_FORCE, end(last))


def test_two_contracts_are_no_conflict_in_the_file(world: World) -> None:
    standing(world)
    standing(world, number="K-2", valid_until=None)
    for fact in Fact.objects.waiting().order_by("pk"):
        verify_fact(fact.pk, "third_party", 90, actor=system_person(world), at=LATER)
    assert not ConflictCase.objects.exists()
    fact = Fact.objects.current().get(field="frame_contract")
    assert fact.value == '"K-1 框架合同；K-2 框架合同"' and fact.valid_until is None


def system_person(world: World) -> Any:
    from xinheng.people.actions import create_user
    from xinheng.people.actor import of_user
    from xinheng.people.models import User

    if not User.objects.filter(username="vera").exists():
        told = {"name": "vera", "roles": ["analyst"], "sees_all_units": True}
        create_user("vera", "a long enough passphrase", **told, actor=system("tests"), at=AT)
    return of_user(User.objects.get(username="vera"))


def test_a_dropped_draft_never_counted_and_frees_its_number(world: World) -> None:
    row = draft(world)
    refused(ContractRefusal.NUMBER_TAKEN, lambda: draft(world))
    drop_draft(row.pk, "录入有误", actor=world.actor("bob"), at=AT)
    refused(
        ContractRefusal.NOT_A_DRAFT, lambda: put_in_force(row.pk, actor=world.actor("alice"), at=AT)
    )
    draft(world)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"number": " "}, ContractRefusal.BAD_NUMBER),
        ({"title": "x" * 121}, ContractRefusal.BAD_NUMBER),
        ({"kind": "loan"}, ContractRefusal.BAD_NUMBER),
        ({"amount_minor": 1}, ContractRefusal.BAD_AMOUNT),
        ({"currency": "CNY"}, ContractRefusal.BAD_AMOUNT),
        ({"currency": "CNY", "amount_minor": 0}, ContractRefusal.BAD_AMOUNT),
        ({"currency": "XXQ", "amount_minor": 5}, ContractRefusal.BAD_AMOUNT),
        ({"terms_days": -1}, ContractRefusal.BAD_TERMS),
        ({"terms_days": 721}, ContractRefusal.BAD_TERMS),
        ({"valid_until": date(2025, 12, 31)}, ContractRefusal.BAD_DATES),
        ({"signed_on": TODAY + timedelta(days=1)}, ContractRefusal.BAD_DATES),
        ({"jurisdiction": "x" * 121}, ContractRefusal.TOO_LONG),
    ],
)
def test_what_cannot_be_is_refused(world: World, told: Any, code: ContractRefusal) -> None:
    refused(code, lambda: record_contract("C-1", words(**told), actor=world.actor("bob"), at=AT))
    assert not Contract.objects.exists()


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("eve", ContractRefusal.UNKNOWN_CUSTOMER),
        ("dora", ContractRefusal.NOT_ALLOWED),
        (None, ContractRefusal.NAMED_PERSON),
    ],
)
def test_only_people_of_the_unit_with_the_word(
    world: World, who: str | None, code: ContractRefusal
) -> None:
    actor = world.actor(who) if who else system("tests")
    refused(code, lambda: record_contract("C-1", words(), actor=actor, at=AT))


def test_the_table_itself_refuses_one_person_for_both(world: World) -> None:
    row = standing(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.filter(pk=row.pk).update(in_force_by_id=row.recorded_by_id)


def test_their_signatory_lies_sealed(world: World) -> None:
    row = draft(world, their_signatory="王建国")
    assert "王建国".encode() not in bytes(row.their_signatory_sealed or b"")
    assert their_signatory(row) == "王建国"


@pytest.mark.parametrize(
    ("days", "told"), [(-1, None), (0, 30), (30, 30), (31, 60), (60, 60), (90, 90), (91, None)]
)
def test_notice_is_given_at_ninety_sixty_and_thirty_days(days: int, told: int | None) -> None:
    assert notice(TODAY + timedelta(days=days), TODAY) == told
    assert notice(None, TODAY) is None


def test_each_tab_has_its_own(world: World) -> None:
    standing(world, number="IN", valid_until=None)
    standing(world, number="SOON", valid_until=TODAY + timedelta(days=90))
    standing(world, number="OVER", valid_until=TODAY - timedelta(days=1))
    standing(world, number="AHEAD", valid_from=TODAY + timedelta(days=9), valid_until=None)
    draft(world, number="DRAFT")
    tabs = {
        "in_force": {"IN", "SOON", "AHEAD"},
        "expiring": {"SOON"},
        "ended": {"OVER"},
        "draft": {"DRAFT"},
    }
    for tab, numbers in tabs.items():
        assert {one.number for one in by_tab(world.bob, tab, TODAY)} == numbers, tab
        assert not by_tab(world.eve, tab, TODAY).exists()
