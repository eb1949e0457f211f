"""Drift: nothing is judged on few rows, a moved book is told, the expectation is the card's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.modelling.assessed import assess_all, challenger, drawn, make_customers
from tests.world import World, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Notice
from xinheng.learning.measures import psi
from xinheng.modelling import bands, drifting
from xinheng.modelling.inputs import between
from xinheng.modelling.models import DriftReading
from xinheng.people.models import Role

pytestmark = pytest.mark.django_db
SEPTEMBER = datetime(2026, 9, 10, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def customers(world: World) -> list[Customer]:
    return make_customers(260, world.units["EAST"])


def test_the_same_book_is_stable_and_a_late_one_is_told(customers: list[Customer]) -> None:
    # Catches expected and actual of the same month, and a verdict that never speaks.
    assess_all(customers, drawn(260, seed=1), SEPTEMBER)
    assess_all(customers, drawn(260, seed=2), OCTOBER)
    assess_all(customers, drawn(260, seed=3, late=45.0), NOW - timedelta(days=2))
    made = drifting.look(at=NOW)
    assert {row.month for row in made} == {date(2026, 10, 1), date(2026, 11, 1)}
    verdicts = {(r.month.month, r.characteristic): r.verdict for r in made}
    assert verdicts[10, "days_late_weighted"] == "stable"
    assert verdicts[11, "days_late_weighted"] == "shift"
    assert verdicts[11, "months_of_history"] == "stable"
    assert verdicts[11, ""] == "shift"
    october = DriftReading.objects.get(month=date(2026, 10, 1), characteristic="oldest_dpd")
    assert october.rows == 260
    assert sum(october.expected.values()) == sum(october.actual.values()) == 260
    found = psi(list(october.expected.values()), list(october.actual.values()))
    assert float(october.psi) == pytest.approx(found, abs=1e-6)
    assert october.low <= october.high


@pytest.mark.parametrize(("count", "verdict"), [(199, "few"), (200, None)])
def test_below_two_hundred_nothing_is_judged(
    customers: list[Customer], count: int, verdict: str | None
) -> None:
    assess_all(customers, drawn(260, seed=1), SEPTEMBER)
    assess_all(customers[:count], drawn(count, seed=3, late=60.0), OCTOBER)
    found = drifting.look(at=NOW)
    assert {row.verdict == "few" for row in found} == {verdict == "few"}


def test_without_a_full_month_there_is_nothing_to_hold_against(customers: list[Customer]) -> None:
    assess_all(customers[:199], drawn(199), SEPTEMBER)
    assert drifting.look(at=NOW) == []
    assert drifting.expectation(drifting.watched()) is None


def test_a_month_begins_at_midnight_where_the_company_is(customers: list[Customer]) -> None:
    # 2026-09-30 16:30 UTC is 1 October in Shanghai; catches a month cut in UTC.
    night = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)
    assess_all(customers, drawn(260), night)
    assert drifting.first_full_month() == date(2026, 10, 1)
    assert between(*drifting.span(date(2026, 9, 1))) == []
    assert len(between(*drifting.span(date(2026, 10, 1)))) == 260


def test_the_newest_of_the_month_counts_and_no_expert_s(customers: list[Customer]) -> None:
    assess_all(customers[:2], drawn(2, seed=1), SEPTEMBER)
    newer = assess_all(customers[:2], drawn(2, seed=2), SEPTEMBER + timedelta(hours=1))
    Assessment.objects.filter(pk=newer[1].pk).update(by_expert=True)
    found = {row.customer_id: row for row in between(*drifting.span(date(2026, 9, 1)))}
    assert found[customers[0].pk].assessment_id == newer[0].pk
    assert found[customers[1].pk].assessment_id != newer[1].pk


def test_a_month_that_is_over_is_read_once_the_running_one_daily(
    customers: list[Customer],
) -> None:
    assess_all(customers, drawn(260, seed=1), SEPTEMBER)
    assess_all(customers, drawn(260, seed=2), OCTOBER)
    assess_all(customers[:210], drawn(210, seed=4), NOW - timedelta(days=1))
    first = drifting.look(at=NOW)
    assert len(first) == 16
    assert drifting.look(at=NOW + timedelta(hours=23)) == []
    again = drifting.look(at=NOW + timedelta(hours=24))
    assert {row.month for row in again} == {date(2026, 11, 1)}
    assert DriftReading.objects.count() == 16  # written over, not beside
    december = datetime(2026, 12, 3, tzinfo=UTC)
    assert {row.month for row in drifting.look(at=december)} == {date(2026, 11, 1)}
    assert drifting.look(at=december + timedelta(days=2)) == []


def test_a_learnt_champion_is_held_against_its_own_sample(customers: list[Customer]) -> None:
    champion = challenger(state="champion", decided_at=SEPTEMBER)
    assess_all(customers, drawn(260, seed=1), OCTOBER)
    assert [row.month for row in drifting.look(at=NOW) if not row.characteristic] in ([], [])
    one = drifting.watched()
    assert one is not None and one.model == champion and one.policy_id is None
    assert one.bins and set(one.bins) == {c.key for c in one.card.characteristics}
    assess_all(customers, drawn(260, seed=2), NOW - timedelta(days=1))
    made = {row.characteristic: row for row in drifting.look(at=NOW) if row.month.month == 11}
    late = made["days_late_weighted"]
    assert sum(late.expected.values()) == 1_200
    assert sum(late.actual.values()) == 260
    assert len(late.expected) == len(bands.labels(one.card, one.bins)["days_late_weighted"])


def test_every_row_falls_in_the_band_that_the_scorer_finds(customers: list[Customer]) -> None:
    # Catches a band off by one and a missing value that falls in the last band.
    from tests.modelling.assessed import typed
    from xinheng.credit import scorecard

    given = drawn(50, seed=8)
    assess_all(customers[:50], given, SEPTEMBER)
    card = scorecard.shipped()
    found = bands.counts(card, between(*drifting.span(date(2026, 9, 1))))
    words = bands.labels(card)
    alone = [scorecard.score(card, typed(one)) for one in given]
    for key in (one.key for one in card.characteristics):
        said = [next(c.zh for c in one.contributions if c.key == key) for one in alone]
        assert found[key] == [said.count(label.zh) for label in words[key]]
    assert sum(found[bands.SCORE]) == 50
    assert found[bands.SCORE][-1] == sum(one.points is None for one in alone)


def test_a_shift_is_told_once_to_who_may_edit_models(
    world: World, customers: list[Customer]
) -> None:
    assess_all(customers, drawn(260, seed=1), SEPTEMBER)
    assess_all(customers, drawn(260, seed=3, late=45.0), OCTOBER)
    drifting.watch(at=NOW)
    drifting.watch(at=NOW + timedelta(days=2))
    assert "models.edit" in Role.objects.get(pk="credit_manager").permissions
    (notice,) = Notice.objects.filter(user=world.alice)
    assert (notice.kind, notice.customer, notice.about) == ("drift", None, "2026-10:behaviour v1")
    assert not Notice.objects.filter(user=world.dora).exists()  # she may look, not edit
