"""Reports: bought with purpose and basis, kept sealed, always logged, read again later."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from tests.connectors.bureau_answers import ANSWERS, PRODUCTS, SOLE, USCC, raw
from tests.dossiers.corpus import pdf
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.connectors.bureau import Bureau
from xinheng.customers.models import Customer
from xinheng.dossiers import facts, filing
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.inquiries.bureau_keeping import place_of
from xinheng.inquiries.bureau_rows import Asking, BureauTrouble, Parsed, Subject, Told
from xinheng.inquiries.bureau_terms import terms
from xinheng.inquiries.bureaus import buy_report, keep_report, read_again, subject_of
from xinheng.inquiries.models import BureauQuery, BureauReport
from xinheng.inquiries.reports import compared, cost_log, month_sums, reports_of
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import open_sealed

pytestmark = pytest.mark.django_db


class Desk:
    """A bureau of tests: gives what it was told to give, and counts."""

    def __init__(self, code: str = "tianyancha", content: Any = None, version: int = 1) -> None:
        self.code, self.version = code, version
        self.content = raw(code) if content is None else content
        self.asked: list[Subject] = []
        self.depth: list[int] = []

    def fetch(self, subject: Subject, product: str) -> bytes:
        self.asked.append(subject)
        self.depth.append(len(connection.savepoint_ids))
        if isinstance(self.content, Exception):
            raise self.content
        return self.content

    def parse(self, product: str, content: bytes) -> Parsed:
        return Bureau(self.code).parse(product, content)


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"], uscc=USCC)
    make_customer("S1", unit=made.units["EAST"], uscc=SOLE)
    told = {"name": "fred", "roles": ["finance_director"], "sees_all_units": True}
    create_user("fred", PASSWORD, **told, actor=system("tests"), at=AT)
    return made


def acting(name: str) -> Actor:
    return of_user(User.objects.get(username=name))


def asking(bureau: str = "tianyancha", customer: str = "C1", **extra: Any) -> Asking:
    told = {"purpose": "credit_decision", "legal_basis": "legitimate_interest", **extra}
    return Asking(customer_code=customer, bureau=bureau, product=PRODUCTS[bureau], **told)


def buy(desk: Desk, what: Asking | None = None, by: str = "alice", at: Any = AT) -> Any:
    return buy_report(what or asking(desk.code), desk, actor=acting(by), at=at)


def logged() -> list[tuple[str, int]]:
    rows = BureauQuery.objects.order_by("asked_at", "id").values_list("outcome", "cost_minor")
    return list(rows)


def test_a_report_is_kept_whole_sealed_and_its_values_wait(world: World) -> None:
    before = PendingEntry.objects.count()
    desk = Desk()
    got = buy(desk)
    report = BureauReport.objects.get()
    assert (got.outcome, got.facts, got.left_out) == ("fetched", 8, ())
    assert report.valid_until == TODAY + timedelta(days=90) and report.facts_count == 8
    assert "王芳".encode() not in bytes(report.raw_sealed)
    key = open_keys([report.customer.data_key_id])[report.customer.data_key_id]
    assert open_sealed(key, place_of(report.pk), bytes(report.raw_sealed)) == raw("tianyancha")
    rows = Fact.objects.filter(source="bureau:tianyancha")
    assert {one.reliability for one in rows} == {"B"} and not rows.exclude(known_since=None)
    person = rows.get(field="legal_representative")
    assert person.value is None and "王芳".encode() not in bytes(person.value_sealed)
    assert {one.entered_person_id for one in rows} == {world.alice.pk}  # another one verifies
    assert logged() == [("fetched", 15)]
    assert PendingEntry.objects.count() == before + 8 + 1
    assert desk.asked == [subject_of(Customer.objects.get(code="C1"))]


def test_nothing_goes_out_inside_a_transaction(world: World) -> None:
    desk, outside = Desk(), len(connection.savepoint_ids)
    buy(desk)
    assert desk.depth == [outside]


@pytest.mark.parametrize(("days", "outcome"), [(0, "kept"), (90, "kept"), (91, "fetched")])
def test_a_report_is_bought_again_only_when_its_days_are_over(
    world: World, days: int, outcome: str
) -> None:
    buy(Desk())
    later = Desk(content=raw("tianyancha").replace(b"86", b"87"))
    assert buy(later, at=AT + timedelta(days=days)).outcome == outcome
    assert len(later.asked) == (outcome == "fetched")
    assert sorted(logged())[-1 if outcome == "kept" else 0 :][0] == (
        outcome,
        15 * (outcome != "kept"),
    )


def test_the_same_words_again_are_good_for_longer_and_no_second_report(world: World) -> None:
    first = buy(Desk())
    again = buy(Desk(), at=AT + timedelta(days=100))
    assert (again.report, again.facts) == (first.report, 0)
    assert BureauReport.objects.get().valid_until == TODAY + timedelta(days=190)
    assert logged() == [("fetched", 15), ("fetched", 15)]


@pytest.mark.parametrize(
    ("by", "extra", "code", "rows"),
    [
        ("bob", {}, "NOT_ALLOWED", 0),
        ("dora", {}, "NOT_ALLOWED", 0),
        ("alice", {"customer": "C9"}, "UNKNOWN_CUSTOMER", 0),
        ("alice", {"purpose": "curiosity"}, "NEEDS_PURPOSE", 1),
        ("alice", {"legal_basis": "because"}, "NEEDS_LEGAL_BASIS", 1),
        ("alice", {"consent": UUID(int=1)}, "CONSENT_UNFIT", 1),
        ("alice", {"customer": "S1"}, "PERSON_CONSENT", 1),
        ("alice", {"customer": "S1", "legal_basis": "consent"}, "PERSON_CONSENT", 1),
    ],
)
def test_what_may_not_be_asked_is_refused_and_logged(
    world: World, by: str, extra: dict[str, Any], code: str, rows: int
) -> None:
    desk = Desk()
    with pytest.raises(Refused, match=code):
        buy(desk, asking(**extra), by)
    assert not desk.asked
    assert logged() == [("refused", 0)] * rows


def consent(customer: str, **extra: Any) -> UUID:
    upload = check_upload("consent.pdf", pdf(pages=len(customer)))
    told = {"kind": "other", "title": "本人同意书", "secrecy": 2, **extra}
    new = filing.NewDocument(customer_code=customer, **told)
    return filing.add_document(new, upload, actor=acting("alice"), at=AT)


def test_a_person_behind_an_individual_business_is_asked_first(world: World) -> None:
    other, over = consent("C1"), consent("S1", valid_until=TODAY - timedelta(days=1))
    for paper in (other, over):
        with pytest.raises(Refused, match="CONSENT_UNFIT"):
            buy(Desk(), asking(customer="S1", legal_basis="consent", consent=paper))
    filing.withdraw_document(over, "已经过期了", actor=acting("alice"), at=AT)
    good = consent("S1", valid_until=TODAY)
    own = Desk(content=raw("tianyancha").replace(USCC.encode(), SOLE.encode()))
    buy(own, asking(customer="S1", legal_basis="consent", consent=good))
    assert BureauQuery.objects.get(outcome="fetched").consent_id == good


def test_a_person_whom_only_the_report_reveals_is_not_kept(world: World) -> None:
    Customer.objects.filter(code="C1").update(uscc="")
    desk = Desk(content=raw("tianyancha").replace(USCC.encode(), SOLE.encode()))
    with pytest.raises(Refused, match="PERSON_CONSENT"):
        buy(desk)
    assert not BureauReport.objects.exists() and not Fact.objects.exists()
    assert logged() == [("failed", 15)]  # it was paid for all the same


def test_another_companys_report_is_not_kept(world: World) -> None:
    desk = Desk(content=raw("tianyancha").replace(USCC.encode(), b"91350100M000100Y43"))
    with pytest.raises(Refused, match="WRONG_COMPANY"):
        buy(desk)
    assert not BureauReport.objects.exists() and logged() == [("failed", 15)]


@pytest.mark.parametrize("kind", ["quota", "not_found", "bad_key", "timeout", "rate_limit"])
def test_a_bureaus_no_is_told_and_logged(world: World, kind: str) -> None:
    with pytest.raises(Refused, match="BUREAU_TROUBLE") as refused:
        buy(Desk(content=BureauTrouble(kind)))
    assert "天眼查" in refused.value.text.zh and "Tianyancha" in refused.value.text.en
    row = BureauQuery.objects.get()
    assert (row.outcome, row.cost_minor) == ("failed", 0) and row.trouble


def test_without_a_connection_nobody_is_asked(world: World) -> None:
    with pytest.raises(Refused, match="NO_CONNECTION"):
        buy_report(asking(), None, actor=acting("alice"), at=AT)


def test_what_was_paid_and_can_not_be_read_is_kept_for_a_newer_parser(world: World) -> None:
    told = json.dumps({"error_code": 0, "result": {"name": ["x"]}}).encode()
    got = buy(Desk(content=told))
    assert got.facts == 0
    assert "name" in BureauQuery.objects.get().trouble
    assert BureauReport.objects.get().facts_count == 0


def test_one_value_that_the_file_does_not_take_does_not_cost_the_others(world: World) -> None:
    hostile = raw("tianyancha").replace("江南钢构".encode(), "江南\\u0007\\u202e钢构".encode())
    got = buy(Desk(content=hostile))
    assert got.left_out == ("registered_name",) and got.facts == 7
    assert "registered_name" in BureauQuery.objects.get().trouble


def test_two_at_once_do_not_pay_twice(world: World) -> None:
    class Slow(Desk):
        def fetch(self, subject: Subject, product: str) -> bytes:
            with other.cursor() as cursor:  # as a second process would
                cursor.execute("select pg_try_advisory_lock(%s)", [key()])
                seen.append(cursor.fetchone()[0])
            return super().fetch(subject, product)

    def key() -> int:
        import hashlib

        customer = Customer.objects.get(code="C1")
        name = f"bureau {customer.pk} tianyancha baseinfo"
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)

    seen: list[bool] = []
    other = connections["default"].copy()
    try:
        buy(Slow())
        assert seen == [False]
        with other.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [key()])
            assert cursor.fetchone()[0]  # given back
        with pytest.raises(Refused, match="BEING_BOUGHT"):
            buy(Desk(), at=AT + timedelta(days=100))
    finally:
        other.close()


# --- As a file, and read again


def test_a_report_in_hand_is_kept_as_a_file_and_costs_nothing(world: World) -> None:
    content = raw("creditsafe")
    told = {"actor": acting("alice"), "at": AT, "reported_on": date(2026, 11, 1)}
    got = keep_report(asking("creditsafe"), content, Bureau("creditsafe"), **told)
    report = BureauReport.objects.get(pk=got.report)
    assert (report.grade, report.score, report.mapped_grade) == ("C", "48", "BB")
    assert (report.reported_on, report.valid_until) == (date(2026, 11, 1), date(2026, 12, 31))
    assert report.mapping_version == terms().version
    assert Fact.objects.get(field="bureau_grade").value == '"BB"'
    assert logged() == [("fetched", 0)]


@pytest.mark.parametrize(
    ("content", "day", "code"),
    [
        (b"%PDF-1.7", None, "REPORT_UNREADABLE"),
        (b" " * 1_000_001, None, "REPORT_TOO_LARGE"),
        (None, TODAY + timedelta(days=1), "BAD_REPORT_DATE"),
        (raw("creditsafe").replace(USCC.encode(), SOLE.encode()), None, "WRONG_COMPANY"),
    ],
)
def test_what_is_no_report_of_this_customer_is_not_kept(
    world: World, content: bytes | None, day: date | None, code: str
) -> None:
    content = raw("creditsafe") if content is None else content
    told = {"actor": acting("alice"), "at": AT, "reported_on": day}
    with pytest.raises(Refused, match=code):
        keep_report(asking("creditsafe"), content, Bureau("creditsafe"), **told)
    assert not BureauReport.objects.exists() and not Fact.objects.exists()


def test_a_newer_parser_tells_new_facts_and_changes_no_old_one(world: World) -> None:
    class Newer(Desk):
        def parse(self, product: str, content: bytes) -> Parsed:
            old = super().parse(product, content)
            more = (*old.told, Told("goods_bought", "钢材"))
            return Parsed(name=old.name, uscc=old.uscc, score=old.score, told=more)

    report = buy(Desk()).report
    before = list(Fact.objects.order_by("pk").values())
    assert read_again(report, Desk(), actor=acting("alice"), at=AT) == 0
    assert read_again(report, Newer(version=2), actor=acting("alice"), at=AT) == 1
    assert list(Fact.objects.order_by("pk").values())[: len(before)] == before
    row = BureauReport.objects.get()
    assert (row.parser_version, row.facts_count) == (2, 9)
    assert read_again(report, Newer(version=2), actor=acting("alice"), at=AT) == 0
    for who, code in (("bob", "NOT_ALLOWED"), ("alice", "UNKNOWN_REPORT")):
        with pytest.raises(Refused, match=code):
            which = UUID(int=5) if who == "alice" else report
            read_again(which, Newer(version=3), actor=acting(who), at=AT)


# --- Reads


def test_the_log_adds_up_per_month_bureau_currency_and_unit(world: World) -> None:
    make_customer("W1", unit=world.units["WEST"], uscc="")
    buy(Desk())
    buy(Desk(), at=AT + timedelta(days=1))  # kept
    buy(Desk("dnb"))
    west = Desk(content=raw("tianyancha").replace(b"86", b"85"))
    buy(west, asking(customer="W1"))
    buy(Desk(), at=AT + timedelta(days=100))
    rows = month_sums(world.alice, 2026, 11)
    told = [(one.bureau, one.unit_code, one.currency, one.asked, one.cost_minor) for one in rows]
    assert told == [
        ("dnb", "EAST", "USD", 1, 6000),
        ("tianyancha", "EAST", "CNY", 1, 15),
        ("tianyancha", "EAST", "", 1, 0),
        ("tianyancha", "WEST", "CNY", 1, 15),
    ]
    everything = sum(one.cost_minor for one in BureauQuery.objects.all())
    months = [(2026, 11), (2027, 2)]
    assert everything == sum(row.cost_minor for m in months for row in month_sums(world.alice, *m))
    assert not [row for row in month_sums(world.eve, 2026, 11) if row.unit_code == "EAST"]
    assert {row.customer.code for row in cost_log(world.bob)} == {"C1"}
    assert [row.outcome for row in cost_log(world.dora)][-1] == "fetched"


def test_reports_are_seen_as_they_were_known_and_not_by_strangers(world: World) -> None:
    customer = Customer.objects.get(code="C1")
    buy(Desk())
    buy(Desk("creditsafe"), at=AT + timedelta(days=2))
    now = reports_of(world.alice, customer, TODAY)
    assert [one.bureau for one in now] == ["creditsafe", "tianyancha"]
    then = reports_of(world.alice, customer, TODAY, known_at=AT + timedelta(days=1))
    assert [one.bureau for one in then] == ["tianyancha"]
    assert not reports_of(world.eve, customer, TODAY)
    assert now[1].cost_minor == 15 and now[1].days_left == 90


def test_bureaus_stand_side_by_side_and_conflicts_come_from_facts(world: World) -> None:
    customer = Customer.objects.get(code="C1")
    buy(Desk())
    other = raw("qichacha").replace("1,850万".encode(), "1,800万".encode())
    buy(Desk("qichacha", content=other))
    table = compared(world.alice, customer)
    assert table.bureaus == ["tianyancha", "qichacha"]
    capital = next(row for row in table.rows if row.field.code == "registered_capital")
    assert capital.differs and capital.values == ["18500000.00 CNY", "18000000.00 CNY"]
    same = next(row for row in table.rows if row.field.code == "registered_name")
    assert not same.differs
    assert compared(world.eve, customer).rows == []
    waiting = Fact.objects.filter(field="registered_capital")
    for fact in waiting:
        facts.verify_fact(fact.pk, "public_record", 80, actor=acting("fred"), at=AT)
    assert ConflictCase.objects.get().field == "registered_capital"


def test_answers_of_fixtures_are_ours() -> None:
    assert set(ANSWERS) == set(terms().bureaus)
