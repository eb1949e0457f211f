"""Facts: entered by one, verified by another, never changed; sources that disagree ask a person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.credit_file import (
    file_as_of,
    history,
    in_state,
    open_conflicts,
    verification_queue,
)
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.rows import NewFact
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"])
    for name, role in (("fred", "finance_director"), ("gina", "credit_manager")):
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=[role],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    return made


def acting(name: str) -> Actor:
    return of_user(User.objects.get(username=name))


def new(field: str = "yearly_purchases", value: str = "1200.00 CNY", **extra: Any) -> NewFact:
    told = {"customer_code": "C1", "source": "erp", "reliability": "B", **extra}
    return NewFact(field=field, value=value, **told)


def enter(*given: Any, by: str = "bob", at: Any = AT, **extra: Any) -> int:
    return facts.enter_fact(new(*given, **extra), actor=acting(by), at=at)


def verify(fact: int, by: str = "alice", at: Any = AT, how: str = "third_party") -> bool:
    return facts.verify_fact(fact, how, 80, actor=acting(by), at=at)


def held(field: str = "yearly_purchases", known_at: Any = None, reader: str = "alice") -> Any:
    customer = Customer.objects.get(code="C1")
    user = User.objects.get(username=reader)
    file = file_as_of(user, customer, valid_on=TODAY, known_at=known_at)
    return next(one for one in file.fields if one.field == field)


def test_a_fact_is_in_the_file_only_after_another_person_verified_it(world: World) -> None:
    before = PendingEntry.objects.count()
    fact = enter()
    assert (held().state, held().waiting) == ("absent", 1)
    assert verify(fact)
    assert (held().state, held().waiting, held().fact.value) == ("held", 0, "1200.00 CNY")
    assert PendingEntry.objects.count() == before + 2


def test_nobody_verifies_what_they_entered(world: World) -> None:
    fact = enter(by="alice")
    with pytest.raises(Refused, match="OWN_ENTRY"):
        verify(fact)
    assert verify(fact, by="fred")


def test_a_critical_field_wants_a_third_pair_of_eyes(world: World) -> None:
    fact = enter("security_given", "无")
    assert not verify(fact)
    assert held("security_given").state == "absent"
    with pytest.raises(Refused, match="OWN_ENTRY"):
        verify(fact)
    assert verify(fact, by="fred")
    assert held("security_given").fact.second_reviewer == User.objects.get(username="fred").pk


@pytest.mark.parametrize(
    ("by", "code"), [("dora", "FACTS_NOT_ALLOWED"), ("eve", "UNKNOWN_CUSTOMER")]
)
def test_who_may_not_enter_or_does_not_see_the_customer_is_refused(
    world: World, by: str, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        enter(by=by)
    assert not Fact.objects.exists()


def test_a_machine_does_not_verify(world: World) -> None:
    with pytest.raises(Refused, match="NEEDS_PERSON"):
        facts.verify_fact(enter(), "third_party", 80, actor=system("tests"), at=AT)


@pytest.mark.parametrize(
    ("field", "value", "extra", "code"),
    [
        ("moon_phase", "full", {}, "UNKNOWN_FIELD"),
        ("yearly_purchases", "viel", {}, "BAD_VALUE"),
        ("yearly_purchases", "1.005 CNY", {}, "BAD_VALUE"),
        ("employees", "NaN", {}, "BAD_VALUE"),
        ("tax_grade", "E", {}, "BAD_VALUE"),
        ("last_visit", "2026-02-30", {}, "BAD_VALUE"),
        ("goods_bought", "  ", {}, "BAD_VALUE"),
        ("goods_bought", "水泥", {"source": " "}, "BAD_SOURCE"),
        ("goods_bought", "水泥", {"reliability": "E"}, "BAD_SOURCE"),
        ("goods_bought", "水泥", {"observed_on": TODAY + timedelta(1)}, "BAD_DATES"),
        (
            "goods_bought",
            "水泥",
            {"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
            "BAD_DATES",
        ),
        ("person_in_charge", "王芳", {}, "NEEDS_BASIS"),
        ("goods_bought", "水泥", {"legal_basis": "because"}, "NEEDS_BASIS"),
    ],
)
def test_what_can_not_be_a_fact_is_refused(
    world: World, field: str, value: str, extra: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        enter(field, value, **extra)
    assert not Fact.objects.exists()


def test_a_rejected_fact_never_stood_in_the_file_and_stays_in_the_history(world: World) -> None:
    fact = enter()
    facts.reject_fact(fact, "与合同不符", actor=acting("alice"), at=AT)
    assert (held().state, held().waiting) == ("absent", 0)
    customer = Customer.objects.get(code="C1")
    (row,) = history(world.alice, customer, "yearly_purchases")
    assert (row.state, row.reason) == ("rejected", "与合同不符")
    with pytest.raises(Refused, match="UNKNOWN_FACT"):
        verify(fact)


def test_a_correction_is_a_new_fact_and_the_past_reads_as_before(world: World) -> None:
    first = enter()
    verify(first)
    then = held().fact.known_since
    second = facts.correct_fact(
        first, "900.00 CNY", "录入时多写了一位", actor=acting("bob"), at=AT + HOUR
    )
    assert held().fact.value == "1200.00 CNY"  # until somebody has verified the correction
    verify(second, at=AT + 2 * HOUR)
    assert held().fact.value == "900.00 CNY"
    assert held(known_at=then).fact.value == "1200.00 CNY"
    rows = history(world.alice, Customer.objects.get(code="C1"), "yearly_purchases")
    assert [(row.state, row.corrects) for row in rows] == [("verified", first), ("ended", None)]


def test_two_sources_that_disagree_open_a_case_and_neither_counts(world: World) -> None:
    first, second = enter(), enter(value="900.00 CNY", source="contract", reliability="A")
    verify(first)
    verify(second)
    now = held()
    assert (now.state, now.fact, [one.id for one in now.facts]) == (
        "conflict",
        None,
        [second, first],
    )
    (case,) = open_conflicts(world.alice)
    assert not open_conflicts(world.eve)
    with pytest.raises(Refused, match="NOT_AMONG_THEM"):
        facts.resolve_conflict(case.pk, 0, "合同为准", actor=acting("fred"), at=AT)
    before = PendingEntry.objects.count()
    seen = AT + HOUR
    facts.resolve_conflict(case.pk, second, "合同为准", actor=acting("fred"), at=AT + 2 * HOUR)
    assert held().fact.id == second
    assert held(known_at=seen).state == "conflict"
    assert PendingEntry.objects.count() == before + 1
    with pytest.raises(Refused, match="UNKNOWN_CONFLICT"):
        facts.resolve_conflict(case.pk, second, "合同为准", actor=acting("fred"), at=AT)


def test_who_entered_a_fact_does_not_decide_for_it(world: World) -> None:
    first = enter(by="alice")
    second = enter(value="900.00 CNY", source="contract")
    verify(first, by="fred")
    verify(second, by="fred")
    case = ConflictCase.objects.get()
    with pytest.raises(Refused, match="OWN_ENTRY"):
        facts.resolve_conflict(case.pk, first, "合同为准", actor=acting("alice"), at=AT)


@pytest.mark.parametrize(
    ("value", "until", "cases"),
    [("1,200 CNY", None, 0), ("900 CNY", None, 1), ("900 CNY", date(2025, 12, 31), 0)],
)
def test_only_what_differs_about_the_same_days_is_a_conflict(
    world: World, value: str, until: date | None, cases: int
) -> None:
    verify(enter(valid_from=date(2026, 1, 1)))
    verify(enter(value=value, source="contract", valid_until=until))
    assert ConflictCase.objects.count() == cases


def test_a_fact_whose_time_is_over_answers_nothing(world: World) -> None:
    verify(enter("trade_permit", "许可 17 号", valid_until=TODAY - timedelta(1)))
    customer = Customer.objects.get(code="C1")
    file = file_as_of(world.alice, customer, valid_on=TODAY)
    assert [one.field for one in in_state(file, ["expired"])] == ["trade_permit"]
    earlier = file_as_of(world.alice, customer, valid_on=TODAY - timedelta(1))
    assert in_state(earlier, ["held"])[0].fact.value == "许可 17 号"


def test_a_personal_value_lies_sealed_and_a_secret_one_is_masked(world: World) -> None:
    verify(enter("person_in_charge", "王芳", legal_basis="contract"))
    account = enter("bank_account", "6222 0000 1111")
    verify(account)
    verify(account, by="fred")
    row = Fact.objects.get(field="person_in_charge")
    assert row.value is None and "王芳".encode() not in bytes(row.value_sealed)
    assert held("person_in_charge", reader="bob").fact.value == "王芳"
    assert held("bank_account").fact.value == "6222 0000 1111"
    hidden = held("bank_account", reader="bob").fact
    assert (hidden.value, hidden.masked) == (None, True)


def test_a_stranger_sees_no_fact_of_the_customer(world: World) -> None:
    verify(enter())
    assert held(reader="eve").state == "absent"
    assert not verification_queue(world.eve)


def test_the_queue_shows_a_person_what_they_may_verify(world: World) -> None:
    enter(by="alice")
    critical = enter("security_given", "无")
    verify(critical, by="gina")

    def queued(name: str) -> list[tuple[str, bool]]:
        user = User.objects.get(username=name)
        return [(row.fact.field, row.second) for row in verification_queue(user)]

    assert queued("fred") == [("yearly_purchases", False), ("security_given", True)]
    assert queued("alice") == [("security_given", True)]
    assert queued("gina") == [("yearly_purchases", False)]


def test_a_clock_that_goes_back_does_not_rewrite_the_past(world: World) -> None:
    """A stamp of `at` itself fails here."""
    verify(enter(at=AT + HOUR), at=AT + HOUR)
    seen = held(known_at=AT + HOUR * 2)
    verify(enter("goods_bought", "水泥"), at=AT)
    assert held("goods_bought", known_at=AT + HOUR / 2).state == "absent"
    assert held(known_at=AT + HOUR * 2) == seen


@pytest.mark.parametrize(
    "change",
    [
        "value = '\"0\"'",
        "source = 'other'",
        "valid_until = '2030-01-01'",
        "observed_on = observed_on - 1",
        "known_since = known_since - interval '1 day'",
        "known_until = null",
        "known_until = known_until + interval '1 day'",
        "verified_by_id = entered_person_id",
        "confidence = 100",
    ],
)
def test_a_fact_never_changes_whoever_asks_the_database(world: World, change: str) -> None:
    """Without the trigger these fail, or only half of them are refused."""
    first = enter()
    verify(first)
    verify(facts.correct_fact(first, "9.00 CNY", "录入有误", actor=acting("bob"), at=AT))
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        run_sql(f"update dossiers_fact set {change} where id = {first}")
    with pytest.raises(IntegrityError, match="deleted"), transaction.atomic():
        run_sql(f"delete from dossiers_fact where id = {first}")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("verified_by_id = entered_person_id", "fact_verified_by_another"),
        ("known_since = now()", "fact_verified_before_known"),
        ("second_reviewer_id = entered_person_id", "fact_seconded_by_a_third"),
        ("confidence = 101", "fact_grades_known"),
        ("how = 'hearsay'", "fact_how_known"),
    ],
)
def test_the_table_itself_wants_another_person(world: World, change: str, rule: str) -> None:
    fact = enter()
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        run_sql(f"update dossiers_fact set {change} where id = {fact}")


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
