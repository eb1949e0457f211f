"""Reviews come by state, once for each cause, with a day and a colleague; and go by state too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_line, make_world
from xinheng.applications.models import Application, Review
from xinheng.applications.review_rules import after, before
from xinheng.applications.reviews import (
    ask_review,
    assign_review,
    end_review,
    find_reviews,
    start_review,
)
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Notice, Rating
from xinheng.dossiers.models import FileStanding
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import DatedLimit, OpenDue
from xinheng.merkle.commitment import read_leaf
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
FAR = date(2027, 10, 1)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def of_unit(world: World, code: str, *, until: date | None = FAR, **extra: Any) -> Customer:
    """A customer of the east with 500,000.00 since May, last looked at in May."""
    customer = make_customer(code, unit=world.units["EAST"], **extra)
    make_line(customer, 50_000_000, valid_from=date(2026, 5, 20), valid_until=until)
    FileStanding.objects.update_or_create(
        customer=customer, defaults={"complete_bps": 9000, "fresh_until": date(2099, 6, 1)}
    )
    return customer


def colleague(name: str, role: str, unit: str | None) -> User:
    return create_user(
        name,
        PASSWORD,
        name=name,
        roles=[role],
        unit_code=unit,
        sees_all_units=unit is None,
        actor=system("tests"),
        at=AT,
    )


def found(day: date = TODAY, at: datetime = AT) -> list[tuple[str, str, str]]:
    find_reviews(today=day, at=at)
    rows = Review.objects.filter(state="open").order_by("customer__code", "cause", "about")
    return [(row.customer.code, row.cause, row.about) for row in rows]


def kinds() -> list[str]:
    return [read_leaf(bytes(one.leaf))["kind"] for one in PendingEntry.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("until", "comes"),
    [
        (TODAY + timedelta(days=46), False),
        (TODAY + timedelta(days=45), True),
        (TODAY + timedelta(days=40), True),
        (TODAY, True),
        (TODAY - timedelta(days=30), True),  # ended, and nobody looked
        (TODAY - timedelta(days=31), False),  # no credit for long: no customer of credit any more
        (None, False),  # runs on
    ],
)
def test_a_limit_that_ends_within_45_days_brings_a_review(
    world: World, until: date | None, comes: bool
) -> None:
    of_unit(world, "C-1", until=until)
    expected = [("C-1", "expiry", f"limit:CNY:{until}")] if comes else []
    assert found() == expected


def test_a_later_limit_behind_it_needs_no_look(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=20))
    line_id = DatedLimit.objects.get().line_id
    DatedLimit.objects.create(
        line_id=line_id,
        amount_minor=1,
        valid_from=TODAY + timedelta(days=21),
        valid_until=FAR,
        granted_by="system:tests",
        granted_at=AT,
    )
    assert found() == []


def test_it_is_due_ten_working_days_before_the_end_and_given_to_who_has_the_fewest(
    world: World,
) -> None:
    zhou = colleague("zhou", "analyst", "EAST")
    colleague("wu", "analyst", "WEST")
    qian = colleague("qian", "analyst", "EAST")
    of_unit(world, "C-1", until=date(2026, 12, 30))
    of_unit(world, "C-2", until=date(2026, 12, 31))
    of_unit(world, "C-3", until=date(2026, 12, 31))
    found()
    rows = {row.customer.code: row for row in Review.objects.all()}
    assert rows["C-1"].due_on == date(2026, 12, 16)
    assert rows["C-2"].due_on == date(2026, 12, 17)
    given = sorted(row.assignee_id for row in rows.values())
    assert given == sorted([zhou.pk, zhou.pk, qian.pk])  # alice sees all; the unit's own come first
    assert Notice.objects.filter(kind="review").count() == 3
    assert Notice.objects.get(about=f"review:{rows['C-2'].pk}").user_id == rows["C-2"].assignee_id


def test_once_found_it_is_not_found_again(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=20))
    assert find_reviews(today=TODAY, at=AT) == 1
    before_it = len(kinds())
    assert find_reviews(today=TODAY, at=AT) == 0
    assert len(kinds()) == before_it and kinds()[-1] == "reviews.found"


def annual(customer: Customer, last: date, *, grade: str = "BBB", status: str = "active") -> None:
    DatedLimit.objects.update(valid_from=last)
    Rating.objects.filter(customer=customer).update(grade=grade)
    Assessment.objects.filter(customer=customer).update(grade=grade)
    Customer.objects.filter(pk=customer.pk).update(status=status)


@pytest.mark.parametrize(
    ("grade", "status", "last", "comes"),
    [
        ("BBB", "active", date(2025, 12, 21), False),  # due on 21 December: 31 days ahead
        ("BBB", "active", date(2025, 12, 20), True),
        ("BBB", "watch", date(2026, 6, 21), False),
        ("BBB", "watch", date(2026, 6, 20), True),
        ("CCC", "active", date(2026, 9, 21), False),
        ("CCC", "active", date(2026, 9, 20), True),
        ("CCC", "watch", date(2026, 9, 20), True),
    ],
)
def test_the_yearly_look_comes_by_tier(
    world: World, grade: str, status: str, last: date, comes: bool
) -> None:
    customer = of_unit(world, "C-1")
    annual(customer, last, grade=grade, status=status)
    assert found() == ([("C-1", "annual", f"since:{last}")] if comes else [])


def test_a_review_done_puts_the_next_a_year_off_and_a_dropped_one_does_not(world: World) -> None:
    customer = of_unit(world, "C-1")
    annual(customer, date(2025, 11, 1))
    alice = world.actor("alice")
    assert found() == [("C-1", "annual", "since:2025-11-01")]
    end_review(Review.objects.get().pk, "没有必要", dropped=True, actor=alice, at=AT)
    assert found() == []
    later = AT + timedelta(days=91)
    assert found(TODAY + timedelta(days=91), later) == [("C-1", "annual", "since:2025-11-01")]
    last = Review.objects.get(state="open")
    end_review(last.pk, "已看过，维持", dropped=False, actor=alice, at=later)
    assert found(TODAY + timedelta(days=400), later) == []
    year_on = later + timedelta(days=340)
    limit_until = DatedLimit.objects.filter(ended_at=None)
    limit_until.update(valid_until=None)
    assert found(year_on.date(), year_on) == [("C-1", "annual", f"since:{later.date()}")]


def assessed(customer: Customer, grade: str, at: datetime) -> None:
    made = Assessment.objects.create(
        customer=customer,
        card="behaviour v1",
        currency="CNY",
        grade=grade,
        inputs={},
        contributions=[],
        reasons=[],
        as_of=at.date(),
        valid_until=FAR,
        assessed_at=at,
    )
    Rating.objects.filter(customer=customer).update(assessment=made, grade=grade)


@pytest.mark.parametrize(
    ("grades", "comes"),
    [
        ([("BB", 5)], "grade:BBB>BB"),
        ([("BB", 31)], None),  # fell longer ago than a month: somebody has seen it or never will
        ([("A", 5)], None),  # better
        ([("BBB", 5)], None),
        ([("BB", 40), ("B", 3)], "grade:BB>B"),
        ([("BB", 40), ("BB", 3)], None),
        ([("", 3)], None),  # not rated any more is said by the rating that ran out
    ],
)
def test_a_grade_that_fell_within_a_month_brings_one(
    world: World, grades: list[tuple[str, int]], comes: str | None
) -> None:
    customer = of_unit(world, "C-1")
    Assessment.objects.update(assessed_at=AT - timedelta(days=60))
    for grade, ago in grades:
        assessed(customer, grade, AT - timedelta(days=ago))
    assert found() == ([("C-1", "event", comes)] if comes else [])


@pytest.mark.parametrize(
    ("standing", "comes"),
    [
        ({"licence_until": TODAY}, []),
        ({"licence_until": date(2026, 11, 19)}, ["licence:2026-11-19"]),
        ({"fresh_until": TODAY}, []),
        ({"fresh_until": date(2026, 11, 19)}, ["stale"]),
        ({"fresh_until": None}, []),  # no file: that is another story than a stale one
    ],
)
def test_what_a_file_tells_brings_one(
    world: World, standing: dict[str, Any], comes: list[str]
) -> None:
    of_unit(world, "C-1")
    FileStanding.objects.update(**standing)
    assert [about for _, _, about in found()] == comes
    assert [about for _, _, about in found()] == comes


@pytest.mark.parametrize(("days", "comes"), [(29, False), (30, True), (90, True)])
def test_thirty_days_overdue_bring_one(world: World, days: int, comes: bool) -> None:
    of_unit(world, "C-1")
    line_id = DatedLimit.objects.get().line_id
    OpenDue.objects.create(line_id=line_id, due_on=TODAY - timedelta(days=days), open_minor=100)
    assert found() == ([("C-1", "event", "overdue")] if comes else [])


def test_merged_closed_and_unlimited_customers(world: World) -> None:
    other = of_unit(world, "C-0")
    ends = TODAY + timedelta(days=20)
    of_unit(world, "C-1", until=ends)
    of_unit(world, "C-2", until=ends)
    of_unit(world, "C-3", until=ends)
    Customer.objects.filter(code="C-1").update(status="closed")
    Customer.objects.filter(code="C-2").update(merged_into=other)
    assert found() == [("C-3", "expiry", f"limit:CNY:{ends}")]


def test_what_was_mended_closes_its_review_and_a_renewal_closes_the_expiry(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=20))
    FileStanding.objects.update(licence_until=date(2026, 11, 1))
    assert len(found()) == 2
    FileStanding.objects.update(licence_until=date(2036, 11, 1))
    DatedLimit.objects.update(valid_until=FAR)
    assert found() == []
    assert set(Review.objects.values_list("state", flat=True)) == {"dropped"}
    assert "原因已消除" in Review.objects.first().outcome


# --- What persons do


def test_a_limit_that_ends_is_begun_and_becomes_a_draft_that_settles_it(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=40))
    found()
    row = Review.objects.get()
    made = start_review(row.pk, "renewal", None, actor=world.actor("bob"), at=AT)
    assert (made.kind, made.source, made.state) == ("renewal", "review", "draft")
    assert (made.asked_minor, made.currency) == (50_000_000, "CNY")
    row.refresh_from_db()
    assert row.state == "started" and row.application_id == made.pk
    with pytest.raises(Refused, match="UNDER_WAY"):
        end_review(row.pk, "不用看了", dropped=True, actor=world.actor("alice"), at=AT)
    Application.objects.filter(pk=made.pk).update(state="granted", ended_at=AT)
    DatedLimit.objects.update(valid_until=FAR)
    assert found() == []
    row.refresh_from_db()
    assert row.state == "done" and row.outcome == f"{made.number} granted"
    assert "review.started" in kinds()


@pytest.mark.parametrize(
    ("kind", "amount", "code"),
    [
        ("decrease", 50_000_000, "BAD_AMOUNT"),
        ("decrease", None, "BAD_AMOUNT"),
        ("increase", 60_000_000, "BAD_AMOUNT"),
        ("decrease", 10_000_000, None),
        ("renewal", 40_000_000, None),
    ],
)
def test_a_decrease_asks_for_less(
    world: World, kind: str, amount: int | None, code: str | None
) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=40))
    found()
    row = Review.objects.get()
    if code is None:
        made = start_review(row.pk, kind, amount, actor=world.actor("bob"), at=AT)
        assert made.asked_minor == amount
        return
    with pytest.raises(Refused, match=code):
        start_review(row.pk, kind, amount, actor=world.actor("bob"), at=AT)


def test_one_application_at_a_time(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=40))
    FileStanding.objects.update(licence_until=date(2026, 11, 1))
    found()
    first, second = Review.objects.order_by("pk")
    start_review(first.pk, "renewal", None, actor=world.actor("bob"), at=AT)
    with pytest.raises(Refused, match="NOT_OPEN"):
        start_review(first.pk, "renewal", None, actor=world.actor("bob"), at=AT)
    with pytest.raises(Refused, match="APPLICATION_OPEN"):
        start_review(second.pk, "renewal", None, actor=world.actor("bob"), at=AT)


def test_a_person_asks_for_a_look_gives_it_on_and_ends_it(world: World) -> None:
    zhou = colleague("zhou", "analyst", "EAST")
    wu = colleague("wu", "analyst", "WEST")
    of_unit(world, "C-1")
    bob, alice = world.actor("bob"), world.actor("alice")
    row = ask_review("C-1", TODAY + timedelta(days=7), "听说换了老板", actor=bob, at=AT)
    assert row.assignee_id == zhou.pk and row.cause == "person"
    for due_on, why, code in [
        (TODAY, "理", "NEEDS_REASON"),
        (TODAY - timedelta(days=1), "听说换了老板", "BAD_DAY"),
        (TODAY, "听说换了老板", "ALREADY_OPEN"),
    ]:
        with pytest.raises(Refused, match=code):
            ask_review("C-1", due_on, why, actor=bob, at=AT)
    with pytest.raises(Refused, match="PERSON_UNFIT"):
        assign_review(row.pk, wu.pk, actor=alice, at=AT)
    assign_review(row.pk, world.alice.pk, actor=alice, at=AT)
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        end_review(row.pk, "查过，属实", dropped=False, actor=bob, at=AT)
    end_review(row.pk, "查过，属实", dropped=False, actor=alice, at=AT)
    assert kinds()[-3:] == ["review.asked_for", "review.assigned", "review.ended"]


def test_another_unit_finds_nothing(world: World) -> None:
    of_unit(world, "C-1", until=TODAY + timedelta(days=40))
    found()
    row = Review.objects.get()
    eve = world.actor("eve")
    with pytest.raises(Refused, match="UNKNOWN_REVIEW"):
        start_review(row.pk, "renewal", None, actor=eve, at=AT)
    with pytest.raises(Refused, match="UNKNOWN_CUSTOMER"):
        ask_review("C-1", TODAY, "想看一看", actor=eve, at=AT)
    with pytest.raises(Refused, match="NAMED_PERSON"):
        start_review(row.pk, "renewal", None, actor=system("jobs"), at=AT)


def test_working_days_go_round_the_holidays() -> None:
    listed = {date(2026, 11, 23): False, date(2026, 11, 28): True}
    assert after(date(2026, 11, 20), 1, listed) == date(2026, 11, 24)
    assert after(date(2026, 11, 27), 1, listed) == date(2026, 11, 28)
    assert before(date(2026, 11, 24), 1, listed) == date(2026, 11, 20)
    assert before(date(2026, 12, 31), 10, {}) == date(2026, 12, 17)


def test_the_statements_hold_what_they_are_given(world: World) -> None:
    """No placeholder stays unfilled and none is too many: each statement runs on an empty book."""
    assert find_reviews(today=TODAY, at=datetime(2030, 1, 1, tzinfo=UTC)) == 0
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from applications_review")
        assert cursor.fetchone() == (0,)
