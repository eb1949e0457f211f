"""A consent taken back closes what stood on it alone, at once and for whoever looks back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tests.connectors.bureau_answers import SOLE, USCC, raw
from tests.inquiries.test_buy_reports import Desk, acting, asking, consent
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.models import ConflictCase, Fact, FactEntry
from xinheng.inquiries.bureaus import buy_report, read_again
from xinheng.inquiries.consents import consents_of, withdraw_consent
from xinheng.inquiries.models import BureauQuery, BureauReport, ConsentWithdrawal
from xinheng.inquiries.reports import compared, reports_of
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.queries import today
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=3)
WORDS = "来电说明，不再申请赊销"


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("S1", unit=made.units["EAST"], uscc=SOLE)
    told = {"name": "fred", "roles": ["finance_director"], "sees_all_units": True}
    create_user("fred", PASSWORD, **told, actor=system("tests"), at=AT)
    return made


def bought(paper: UUID, bureau: str = "tianyancha", at: Any = AT, **extra: Any) -> UUID:
    content = raw(bureau).replace(USCC.encode(), SOLE.encode())
    what = asking(bureau, customer="S1", legal_basis="consent", consent=paper)
    desk = Desk(bureau, content=extra.get("content", content))
    return buy_report(what, desk, actor=acting("alice"), at=at).report


def take_back(paper: UUID, *, by: str = "alice", at: Any = LATER, **told: Any) -> Any:
    said = {"told_on": today(at), "words": WORDS} | told
    return withdraw_consent(paper, **said, actor=acting(by), at=at)


def verified(field: str) -> Fact:
    fact = Fact.objects.get(field=field, source="bureau:tianyancha")
    for who in ("fred", "dora")[: 2 if fact.critical else 1]:
        facts.verify_fact(fact.pk, "public_record", 80, actor=reviewer(who), at=AT)
    return fact


def reviewer(who: str) -> Any:
    from dataclasses import replace

    found = acting(who)
    return replace(found, permissions=found.permissions | {"facts.verify"})


def test_reports_under_it_are_emptied_and_their_rows_say_so(world: World) -> None:
    paper = consent("S1")
    report = bought(paper)
    entries = PendingEntry.objects.count()
    got = take_back(paper)
    assert (got.reports, got.facts) == (1, 8)
    row = BureauReport.objects.get(pk=report)
    assert row.raw_sealed is None and (row.grade, row.score, row.mapped_grade) == ("", "", "")
    assert (row.closed_why, row.closed_at) == ("consent", LATER)
    assert PendingEntry.objects.count() == entries + 1  # one entry for all of it
    customer = Customer.objects.get(code="S1")
    for known_at in (None, AT + timedelta(days=1)):  # also for who looks back
        (seen,) = reports_of(world.alice, customer, TODAY, known_at=known_at) or [None]
        assert seen.closed_why == "consent" and seen.closed_on == today(LATER) and not seen.score
        assert compared(world.alice, customer, known_at=known_at).rows == []
    gone = ConsentWithdrawal.objects.get()
    assert WORDS.encode() not in bytes(gone.words_sealed)
    (seen,) = consents_of(world.alice, customer)
    assert (seen.told_on, seen.words, seen.recorded_by) == (today(LATER), WORDS, gone_by(world))
    assert consents_of(world.bob, customer)[0].words is None
    assert consents_of(world.eve, customer) == []
    with pytest.raises(Refused, match="REPORT_CLOSED"):
        read_again(report, Desk(version=9), actor=acting("alice"), at=LATER)


def gone_by(world: World) -> str:
    return str(world.alice.name)


def test_facts_that_only_it_told_count_no_more_and_the_past_stays(world: World) -> None:
    paper = consent("S1")
    bought(paper)
    stood = verified("registered_address")
    assert Fact.objects.current().filter(pk=stood.pk).exists()
    other = facts.enter_fact(
        facts.NewFact(
            customer_code="S1",
            field="registered_name",
            value="江南钢构",
            source="营业执照",
            reliability="A",
        ),
        actor=acting("alice"),
        at=AT,
    )
    assert take_back(paper).facts == 8
    stood.refresh_from_db()
    assert stood.known_until is not None and not Fact.objects.current().exists()
    assert list(Fact.objects.waiting().values_list("pk", flat=True)) == [other]
    turned = Fact.objects.filter(rejected_at__isnull=False)
    assert turned.count() == 7 and {one.rejected_by_id for one in turned} == {world.alice.pk}
    assert FactEntry.objects.filter(kind="consent.withdrawn").values("entry_id").distinct().count()
    customer = Customer.objects.get(code="S1")
    for known_at, there in ((LATER - timedelta(seconds=1), True), (None, False)):
        file = file_as_of(world.alice, customer, valid_on=TODAY, known_at=known_at)
        held = next(one for one in file.fields if one.field == "registered_address")
        assert (held.state == "held") is there, held.state


def test_an_open_case_stays_for_a_person(world: World) -> None:
    paper = consent("S1")
    bought(paper)
    verified("registered_address")
    new = facts.NewFact(
        customer_code="S1",
        field="registered_address",
        value="上海市",
        source="营业执照",
        reliability="A",
    )
    own = facts.enter_fact(new, actor=acting("alice"), at=AT)
    for who in ("fred", "dora")[: 2 if Fact.objects.get(pk=own).critical else 1]:
        facts.verify_fact(own, "public_record", 80, actor=reviewer(who), at=AT)
    case = ConflictCase.objects.get(resolved_at__isnull=True)
    take_back(paper)
    facts.resolve_conflict(case.pk, own, "同意已撤回", actor=reviewer("fred"), at=LATER)
    case.refresh_from_db()
    assert case.chosen_id == own and Fact.objects.get(pk=own).known_until is None


def test_nothing_is_asked_under_it_again(world: World) -> None:
    paper = consent("S1")
    first = bought(paper)
    take_back(paper)
    for _ in range(2):
        with pytest.raises(Refused, match="CONSENT_UNFIT"):
            bought(paper, at=LATER)
    assert BureauReport.objects.get().pk == first
    refused = BureauQuery.objects.filter(outcome="refused")
    assert refused.count() == 2 and not refused.exclude(cost_minor=0)


def test_a_new_consent_brings_a_new_report_and_opens_no_old_one(world: World) -> None:
    paper, other = consent("S1"), papered(7)
    first = bought(paper)
    take_back(paper)
    second = bought(other, at=LATER)  # the very same words
    assert second != first
    closed, standing = (BureauReport.objects.get(pk=one) for one in (first, second))
    assert closed.raw_sealed is None and standing.raw_sealed is not None
    assert standing.facts_count == 8


def papered(pages: int) -> UUID:
    from tests.dossiers.corpus import pdf
    from xinheng.dossiers import filing
    from xinheng.dossiers.uploads import check_upload

    upload = check_upload("consent.pdf", pdf(pages=pages))
    new = filing.NewDocument(customer_code="S1", kind="other", title="同意书二", secrecy=2)
    return filing.add_document(new, upload, actor=acting("alice"), at=AT)


def test_what_stands_on_another_consent_too_stays(world: World) -> None:
    paper, other = consent("S1"), papered(7)
    report = bought(paper)
    assert bought(other, at=AT + timedelta(days=1)) == report  # kept, asked under the other one
    assert take_back(paper).reports == 0
    assert BureauReport.objects.get().raw_sealed is not None
    assert Fact.objects.waiting().count() == 8
    assert take_back(other).reports == 1  # nothing carries it any more
    assert BureauReport.objects.get().raw_sealed is None


def test_who_took_it_back_while_the_bureau_answered_gets_no_report_kept(world: World) -> None:
    paper, other = consent("S1"), papered(7)
    bought(paper)

    class Late(Desk):
        def fetch(self, subject: Any, product: str) -> bytes:
            take_back(paper)
            return super().fetch(subject, product)

    content = raw("qichacha").replace(USCC.encode(), SOLE.encode())
    what = asking("qichacha", customer="S1", legal_basis="consent", consent=paper)
    with pytest.raises(Refused, match="CONSENT_UNFIT"):
        buy_report(what, Late("qichacha", content=content), actor=acting("alice"), at=LATER)
    assert BureauQuery.objects.get(bureau="qichacha").outcome == "failed"  # it was paid for
    assert not BureauReport.objects.filter(bureau="qichacha").exists() and other


@pytest.mark.parametrize(
    ("by", "told", "code"),
    [
        ("bob", {}, "NOT_ALLOWED"),
        ("dora", {}, "NOT_ALLOWED"),
        ("alice", {"words": " 不要 "}, "CONSENT_WORDS"),
        ("alice", {"words": "x" * 1001}, "CONSENT_WORDS"),
        ("alice", {"told_on": TODAY + timedelta(days=4)}, "CONSENT_DAY"),
        ("alice", {"told_on": date(1999, 12, 31)}, "CONSENT_DAY"),
    ],
)
def test_what_is_refused_changes_nothing(
    world: World, by: str, told: dict[str, Any], code: str
) -> None:
    paper = consent("S1")
    bought(paper)
    with pytest.raises(Refused, match=code):
        take_back(paper, by=by, **told)
    assert not ConsentWithdrawal.objects.exists()
    assert BureauReport.objects.get().raw_sealed is not None


def test_a_paper_nobody_asked_under_a_second_time_and_a_system_are_refused(world: World) -> None:
    paper, other = consent("S1"), papered(7)
    bought(paper)
    with pytest.raises(Refused, match="UNKNOWN_CONSENT"):
        take_back(other)
    with pytest.raises(Refused, match="CONSENT_PERSON"):
        withdraw_consent(paper, TODAY, WORDS, actor=system("tests"), at=LATER)
    take_back(paper)
    with pytest.raises(Refused, match="CONSENT_GONE"):
        take_back(paper)


def test_the_table_holds_no_half_closed_report(world: World) -> None:
    bought(consent("S1"))
    for change in ({"raw_sealed": None}, {"closed_at": AT, "closed_why": "consent"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BureauReport.objects.update(**change)
