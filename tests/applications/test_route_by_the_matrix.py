"""The matrix through the real act: who has to agree for which amount and grade, both sides of every
edge; amounts that were split, groups, other currencies.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.applications.stage import (
    House,
    applied,
    grade,
    investigated,
    make_house,
    offer,
    proposed,
    say,
    seats,
    wish,
)
from tests.world import AT, TODAY, make_customer, make_line
from xinheng.almanac.models import Rate
from xinheng.applications import applying, assessing, proposing
from xinheng.applications.models import Application
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db

COMMITTEE = ["committee"] * 3
BOARD = ["board"] * 2
BOTH = ["credit_manager", "finance_director"]
SALES_TOO = ["finance_director", "sales_director"]

# last amount of each band in yuan; the roles of BBB, BB and CCC
ROWS: list[tuple[int | None, list[str], list[str], list[str]]] = [
    (200_000, ["credit_officer"], ["credit_officer"], ["credit_manager"]),
    (1_000_000, ["credit_officer"], ["credit_manager"], BOTH),
    (5_000_000, ["credit_manager"], ["finance_director"], COMMITTEE),
    (20_000_000, SALES_TOO, COMMITTEE, ["general_manager"]),
    (None, [*COMMITTEE, "general_manager"], ["general_manager"], BOARD),
]
FIRST = [1, *(100 * row[0] + 1 for row in ROWS if row[0] is not None)]
TABLE = [
    (amount, letter, roles)
    for first, row in zip(FIRST, ROWS, strict=True)
    for amount in ([first] if row[0] is None else [first, 100 * row[0]])
    for letter, roles in zip(("BBB", "BB", "CCC"), row[1:], strict=True)
]


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.mark.parametrize(("amount", "letter", "roles"), TABLE)
def test_who_has_to_agree(house: House, amount: int, letter: str, roles: list[str]) -> None:
    row, made = proposed(house, amount, letter)
    assert [one.role for one in seats(row)] == roles
    assert made.measured["total_minor"] == amount and made.measured["grade"] == letter


def test_not_rated_stands_in_the_worst_column(house: House) -> None:
    row, made = proposed(house, 100_000_00, "")
    assert made.measured["column"] == 2
    assert [one.role for one in seats(row)] == ["credit_manager"]


def test_security_left_out_is_an_unsecured_exception(house: House) -> None:
    row, made = proposed(house, 100_000_00, "B", waived=("guarantee",))
    assert made.measured["unsecured"] and [one.role for one in seats(row)] == ["credit_manager"]
    assert "guarantee" not in {one["code"] for one in made.conditions}


def test_at_ccc_security_cannot_be_left_out(house: House) -> None:
    with pytest.raises(Refused) as refused:
        proposed(house, 100_000_00, "CCC", waived=("guarantee",))
    assert refused.value.code is ApplicationRefusal.CLAUSE_MISSING


# --- Splitting, groups


def _sister(house: House, code: str, limit: int | None) -> CreditLine:
    """Another company under the same head."""
    head = house.customer
    sister = make_customer(code, unit=house.world.units["EAST"], parent=head)
    return make_line(sister, limit)


def _again(house: House, amount: int, **extra: Any) -> tuple[Application, Any]:
    at = extra.pop("at", AT)
    kind = extra.pop("kind", "increase")
    dates = {key: extra[key] for key in ("valid_from", "valid_until") if key in extra}
    extra.setdefault("valid_from", TODAY + (at - AT))
    row = applying.apply_at_once(
        wish(house, amount, kind=kind, **dates), actor=house.actor("bob"), at=at
    )
    investigated(house, row, at=at)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=at)
    made = proposing.propose(row.number, offer(amount, **extra), actor=house.actor("chen"), at=at)
    row.refresh_from_db()
    return row, made


@pytest.mark.parametrize(
    ("sisters", "asked", "total", "role"),
    [
        ([150_000_00], 50_000_00, 200_000_00, "credit_officer"),
        ([900_000_00], 100_000_00, 1_000_000_00, "credit_officer"),
        ([900_000_00], 100_000_01, 1_000_000_01, "credit_manager"),
        ([900_000_00, 4_000_000_00], 100_000_01, 5_000_000_01, "finance_director"),
    ],
)
def test_the_whole_group_is_measured(
    house: House, sisters: list[int], asked: int, total: int, role: str
) -> None:
    for number, limit in enumerate(sisters):
        _sister(house, f"S-{number}", limit)
    row, made = proposed(house, asked)
    assert made.measured["total_minor"] == total
    assert seats(row)[0].role == role


def test_what_is_owed_counts_where_limits_are_lower(house: House) -> None:
    _sister(house, "S-1", 100_000_00)
    CreditLine.objects.filter(customer__code="S-1").update(open_items_minor=1_200_000_00)
    row, made = proposed(house, 50_000_00)
    assert made.measured["limits_minor"] == 150_000_00
    assert made.measured["total_minor"] == 1_200_000_00
    assert seats(row)[0].role == "credit_manager"


def test_a_group_limit_counts_where_it_is_more_than_its_members(house: House) -> None:
    make_line(house.customer, 3_000_000_00, scope="group")
    row, made = proposed(house, 50_000_00)
    assert made.measured["total_minor"] == 3_000_000_00
    assert seats(row)[0].role == "credit_manager"


def test_an_unlimited_sister_leads_to_the_last_band(house: House) -> None:
    _sister(house, "S-1", None)
    CreditLine.objects.filter(customer__code="S-1").update(unlimited=True)
    line = CreditLine.objects.get(customer__code="S-1")
    DatedLimit.objects.create(
        line=line, unlimited=True, valid_from=TODAY, granted_by="system:tests", granted_at=AT
    )
    row, made = proposed(house, 1_00)
    assert made.measured["total_minor"] is None
    assert [one.role for one in seats(row)] == [*COMMITTEE, "general_manager"]


def test_splitting_a_wish_does_not_lower_who_has_to_agree(house: House) -> None:
    row, _ = proposed(house, 900_000_00)
    say(house, row, "oli")
    _, made = _again(house, 1_800_000_00, at=AT + timedelta(days=10))
    assert made.measured["total_minor"] == 1_800_000_00 and made.measured["route"] == "manager"


def test_two_temporary_limits_one_after_the_other_are_measured_as_two(house: House) -> None:
    grade(house.customer, "BBB")
    days = {"valid_from": TODAY, "valid_until": TODAY + timedelta(days=5)}
    row, _ = _again(house, 900_000_00, kind="temporary", temporary=True, **days)
    say(house, row, "oli")
    row.refresh_from_db()
    assert row.state == "granted"
    later = AT + timedelta(days=20)
    after = {key: day + timedelta(days=20) for key, day in days.items()}
    _, made = _again(house, 900_000_00, kind="temporary", temporary=True, at=later, **after)
    assert made.measured["recent_minor"] == 900_000_00
    assert made.measured["route"] == "manager"


def test_after_thirty_days_they_count_no_more(house: House) -> None:
    grade(house.customer, "BBB")
    days = {"valid_from": TODAY, "valid_until": TODAY + timedelta(days=5)}
    row, _ = _again(house, 900_000_00, kind="temporary", temporary=True, **days)
    say(house, row, "oli")
    later = AT + timedelta(days=31)
    after = {key: day + timedelta(days=31) for key, day in days.items()}
    _, made = _again(house, 900_000_00, kind="temporary", temporary=True, at=later, **after)
    assert made.measured["recent_minor"] == 0 and made.measured["route"] == "officer"


def test_a_sister_granted_meanwhile_voids_the_yes_to_a_lower_cell(house: House) -> None:
    row, made = proposed(house, 900_000_00)
    assert made.measured["route"] == "officer"
    _sister(house, "S-1", 500_000_00)
    say(house, row, "oli")
    row.refresh_from_db()
    assert row.state == "deciding" and row.granted_dated_id is None
    told = row.steps.get(kind="grant_refused")
    assert told.detail["code"] == "ROUTE_OUTDATED"
    assert CreditLine.objects.get(customer=house.customer, scope="").amount_minor is None


def test_a_grade_that_fell_meanwhile_voids_it_as_well(house: House) -> None:
    row, _ = proposed(house, 900_000_00)
    grade(house.customer, "BB")
    say(house, row, "oli")
    assert row.steps.get(kind="grant_refused").detail["code"] == "ROUTE_OUTDATED"


def test_another_currency_counts_at_the_days_rate(house: House) -> None:
    Rate.objects.create(
        kind="mid", base="USD", quote="CNY", day=TODAY, rate=Decimal("7.1"), source="t",
        entered_by="t", entered_at=AT,
    )  # fmt: skip
    grade(house.customer, "BBB")
    row = applied(house, 200_000_00, currency="USD")
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    made = proposing.propose(row.number, offer(200_000_00), actor=house.actor("chen"), at=AT)
    assert made.measured["total_minor"] == 1_420_000_00 and made.measured["route"] == "manager"


def test_without_a_rate_nothing_is_guessed(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house, 200_000_00, currency="USD")
    investigated(house, row)
    with pytest.raises(Refused) as refused:
        assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    assert refused.value.code is ApplicationRefusal.RATE_MISSING


def test_a_lower_limit_takes_one_manager_whatever_the_group_owes(house: House) -> None:
    make_line(house.customer, 30_000_000_00, currency="HKD")
    Rate.objects.create(
        kind="mid", base="HKD", quote="CNY", day=TODAY, rate=Decimal("0.9"), source="t",
        entered_by="t", entered_at=AT,
    )  # fmt: skip
    grade(house.customer, "BBB")
    row = applied(house, 20_000_000_00, currency="HKD", kind="decrease")
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    made = proposing.propose(row.number, offer(20_000_000_00), actor=house.actor("chen"), at=AT)
    assert made.measured["route"] == "manager"
    assert [one.role for one in seats(row)] == ["credit_manager"]


def test_a_refusal_is_proposed_to_a_manager(house: House) -> None:
    row, made = proposed(house, 30_000_000_00, verdict="refuse")
    assert made.measured["route"] == "manager"
    say(house, row, "fang")
    row.refresh_from_db()
    assert row.state == "rejected" and not row.automatic
