"""Reports end after the days of their bureau's terms: not a day before, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.bureau_answers import USCC, raw
from tests.inquiries.test_buy_reports import Desk, buy
from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.models import Fact
from xinheng.inquiries.bureau_terms import terms
from xinheng.inquiries.models import BureauReport
from xinheng.inquiries.reports import compared, reports_of
from xinheng.inquiries.retention import end_reports
from xinheng.jobs.rounds import ROUNDS
from xinheng.ledger.models import PendingEntry

pytestmark = pytest.mark.django_db
DAYS = 1825


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"], uscc=USCC)
    return made


def after(days: int, **told: Any) -> int:
    return end_reports(today=TODAY + timedelta(days=days), at=AT + timedelta(days=days), **told)


def test_every_bureau_says_how_long_and_whether_its_grade_stays() -> None:
    told = {one.code: (one.retention_days, one.grade_stays) for one in terms().bureaus.values()}
    register = dict.fromkeys(("tianyancha", "qichacha", "qixinbao"), (DAYS, True))
    assert told == register | dict.fromkeys(("dnb", "creditsafe"), (DAYS, False))


@pytest.mark.parametrize(("days", "ended"), [(DAYS - 1, 0), (DAYS, 0), (DAYS + 1, 1)])
def test_on_its_last_day_a_report_is_still_there(world: World, days: int, ended: int) -> None:
    buy(Desk("creditsafe"))
    entries = PendingEntry.objects.count()
    assert after(days) == ended
    row = BureauReport.objects.get()
    assert (row.raw_sealed is None) == bool(ended)
    assert PendingEntry.objects.count() == entries + ended
    assert row.closed_why == ("retention" if ended else "")


def test_the_row_says_when_and_by_which_rule_and_a_second_round_does_nothing(world: World) -> None:
    buy(Desk("creditsafe"))
    facts = Fact.objects.count()
    assert after(DAYS + 1) == 1
    entries = PendingEntry.objects.count()
    assert after(DAYS + 1) == after(DAYS + 400) == 0
    assert PendingEntry.objects.count() == entries
    row = BureauReport.objects.get()
    assert (row.kept_days, row.kept_terms, row.closed_by) == (DAYS, terms().version, "system:jobs")
    assert row.closed_at == AT + timedelta(days=DAYS + 1)
    assert (row.grade, row.score, row.mapped_grade, row.mapping_version) == ("", "", "", None)
    customer = Customer.objects.get(code="C1")
    (seen,) = reports_of(world.alice, customer, TODAY + timedelta(days=DAYS + 1))
    assert (seen.closed_why, seen.kept_days, seen.mapped) == ("retention", DAYS, None)
    assert Fact.objects.filter(rejected_at=None, known_until=None).count() == facts
    assert compared(world.alice, customer).bureaus == ["creditsafe"]


def test_a_score_stays_where_the_terms_let_it(world: World) -> None:
    buy(Desk())
    score = BureauReport.objects.get().score
    assert score and after(DAYS + 1) == 1
    assert BureauReport.objects.get().score == score


def test_a_report_that_is_still_good_is_left_alone(world: World) -> None:
    buy(Desk())
    buy(Desk(), at=AT + timedelta(days=DAYS))  # the same words: good for 90 days more
    assert BureauReport.objects.count() == 1 and after(DAYS + 1) == 0
    assert after(DAYS + 90) == 0 and after(DAYS + 91) == 1


def test_a_round_does_a_bounded_part_the_oldest_first(world: World) -> None:
    make_customer("C2", unit=world.units["EAST"], uscc="")
    for n in range(3):
        content = raw("tianyancha").replace(b"7120", str(7000 + n).encode())
        buy(Desk(content=content), at=AT + timedelta(days=100 * n))
    assert BureauReport.objects.count() == 3
    assert after(DAYS + 1000, most=2) == 2
    left = BureauReport.objects.get(closed_at=None)
    assert left.received_at == AT + timedelta(days=200)
    assert after(DAYS + 1000, most=2) == 1


def test_of_an_erased_customer_a_report_ends_without_a_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xinheng.inquiries import retention

    buy(Desk())
    monkeypatch.setattr(retention, "open_living_keys", lambda ids: {})
    assert after(DAYS + 1) == 1


def test_the_house_makes_this_round() -> None:
    assert "reports that end" in {one.name for one in ROUNDS}
