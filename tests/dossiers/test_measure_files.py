"""The four measures, file by file and over the book; when facts grow stale."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.world import AT, TODAY, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import CreditFile, Held, SeenFact, file_as_of
from xinheng.dossiers.fields import BadValue, canonical, catalogue, shown
from xinheng.dossiers.measures import (
    book_measures,
    calendar,
    due_on,
    measure,
    points_by_block,
    stale,
    tier_of,
)
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.people.queries import WholeBook


def seen(field: str, **told: Any) -> SeenFact:
    fields: dict[str, Any] = {
        **dict.fromkeys(SeenFact.__struct_fields__),
        "id": 1,
        "field": field,
        "value": "x",
        "masked": False,
        "sealed": True,
        "source": "s",
        "reliability": "A",
        "how": "public_record",
        "confidence": 90,
        "legal_basis": "contract",
        "observed_on": TODAY,
        **told,
    }
    return SeenFact(**fields)


def made(facts: dict[str, SeenFact], conflicts: tuple[str, ...] = ()) -> CreditFile:
    """A file in which only these fields are present."""
    held = []
    for code in catalogue().fields:
        fact = facts.get(code)
        state = "absent" if fact is None else "conflict" if code in conflicts else "held"
        answer = fact if state == "held" else None
        held.append(Held(code, state, answer, (fact,) if fact else (), 0))
    return CreditFile("C1", 1, TODAY, tuple(held))


def without(*codes: str) -> CreditFile:
    return made({code: seen(code) for code in catalogue().fields if code not in codes})


def test_the_blocks_weigh_what_the_reference_says_and_add_up_to_a_hundred() -> None:
    blocks = catalogue().blocks
    assert [block.weight for block in blocks] == [20, 10, 20, 10, 10, 10, 10, 10]
    fields = catalogue().fields.values()
    for block in blocks:
        assert sum(f.weight for f in fields if f.block == block.code) == block.weight
    assert all(f.secrecy >= 2 for f in fields if f.personal)


def test_the_example_of_the_reference_is_76_per_cent() -> None:
    """Points present 18+8+12+10+10+6+7+5 of 100; a missing field that counts fails here."""
    file = without(
        *("established_on", "tax_grade", "total_liabilities", "audit_opinion"),
        *("security_given", "court_cases", "person_in_charge"),
    )
    assert list(points_by_block(file).values()) == [18, 8, 12, 10, 10, 6, 7, 5]
    assert measure(file, "normal").complete == Decimal("76.00")


@pytest.mark.parametrize(
    ("change", "timely", "accurate", "secure"),
    [
        ({}, "100.00", "100.00", "100.00"),
        ({"observed_on": TODAY - timedelta(days=181)}, "96.00", "100.00", "100.00"),
        ({"observed_on": TODAY - timedelta(days=180)}, "100.00", "100.00", "100.00"),
        ({"reliability": "C"}, "100.00", "96.00", "100.00"),
        ({"how": "customer"}, "100.00", "96.00", "100.00"),
        ({"confidence": 59}, "100.00", "96.00", "100.00"),
        ({"legal_basis": ""}, "100.00", "100.00", "96.00"),
    ],
)
def test_what_one_fact_of_four_points_does_to_the_measures(
    change: dict[str, Any], timely: str, accurate: str, secure: str
) -> None:
    facts = {code: seen(code) for code in catalogue().fields}
    facts["registered_name"] = seen("registered_name", **change)
    found = measure(made(facts), "normal")
    assert (str(found.timely), str(found.accurate), str(found.secure)) == (timely, accurate, secure)
    assert found.complete == Decimal("100.00")


def test_a_conflict_is_present_but_not_accurate() -> None:
    file = made({code: seen(code) for code in catalogue().fields}, ("registered_name",))
    found = measure(file, "normal")
    assert (str(found.complete), str(found.accurate)) == ("100.00", "96.00")


def test_an_empty_file_is_nought_per_cent_complete_and_has_nothing_to_measure() -> None:
    found = measure(made({}), "normal")
    assert (str(found.complete), found.timely, found.accurate, found.secure) == (
        "0.00",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("field", "status", "days"),
    [
        ("registered_name", "active", 180),
        ("registered_name", "watch", 90),
        ("sales_of_year", "active", 183),
        ("court_cases", "active", 90),
        ("court_cases", "watch", 1),
    ],
)
def test_how_long_a_fact_is_fresh_by_block_and_tier(field: str, status: str, days: int) -> None:
    known = catalogue().fields[field]
    assert due_on(known, seen(field), tier_of(status)) == TODAY + timedelta(days=days)
    old = made({field: seen(field, observed_on=TODAY - timedelta(days=days + 1))})
    assert stale(old, tier_of(status)) == [(field, TODAY - timedelta(days=1))]


@pytest.mark.parametrize(
    ("field", "typed", "kept", "read"),
    [
        (
            "registered_capital",
            "１,200.50 cny",
            '{"currency":"CNY","minor":120050}',
            "1200.50 CNY",
        ),
        ("employees", "1,200.0", '"1200"', "1200"),
        ("last_visit", "2026-11-02", '"2026-11-02"', "2026-11-02"),
        ("enforced_debtor", "no", '"no"', "no"),
        ("registered_name", " 重庆（长安） 建材 ", '"重庆（长安） 建材"', "重庆（长安） 建材"),
    ],
)
def test_a_value_is_kept_in_one_form(field: str, typed: str, kept: str, read: str) -> None:
    found = canonical(catalogue().fields[field], typed)
    assert (found, shown(found)) == (kept, read)


@pytest.mark.parametrize(
    ("field", "typed"), [("employees", "1e999999"), ("registered_capital", "5"), ("tax_grade", "a")]
)
def test_a_value_in_no_form_says_what_one_looks_like(field: str, typed: str) -> None:
    with pytest.raises(BadValue) as bad:
        canonical(catalogue().fields[field], typed)
    assert bad.value.text.zh and bad.value.text.en


# --- The whole book


def known_fact(customer: Customer, field: str, **told: Any) -> Fact:
    """A verified fact, as the actions would have left it."""
    fields: dict[str, Any] = {
        "value": '"x"',
        "observed_on": TODAY,
        "source": "erp",
        "reliability": "A",
        "legal_basis": "contract",
        "secrecy": 2,
        "critical": False,
        "entered_by": "key:1",
        "entered_at": AT,
        "verified_at": AT,
        "how": "public_record",
        "confidence": 90,
        "known_since": AT,
        **told,
    }
    return Fact.objects.create(customer=customer, field=field, **fields)


@pytest.fixture
def book(db: None) -> Any:
    world = make_world()
    east, west = world.units["EAST"], world.units["WEST"]
    first = make_customer("C1", unit=east)
    second = make_customer("C2", unit=west, status="watch")
    make_customer("C3", unit=west)
    make_customer("C4", unit=east, status="closed")
    alice = {"verified_by": world.alice}
    known_fact(first, "registered_name", **alice)
    known_fact(first, "registered_name", source="bureau", reliability="B", how="customer", **alice)
    known_fact(first, "court_cases", observed_on=TODAY - timedelta(days=2), **alice)
    known_fact(first, "sales_of_year", legal_basis="", reliability="D", **alice)
    known_fact(first, "trade_permit", valid_until=TODAY - timedelta(days=1), **alice)
    known_fact(second, "court_cases", observed_on=TODAY - timedelta(days=2), **alice)
    known_fact(second, "person_in_charge", **alice)  # personal, and not sealed
    disputed = known_fact(second, "last_visit", value='"2026-11-01"', **alice)
    ConflictCase.objects.create(
        customer=second, field="last_visit", opened_at=AT, opened_by_fact=disputed
    )
    return world


def test_the_book_is_its_files_added_up(book: Any) -> None:
    """Two evaluators: one statement for the book, Python for a file. A tier or an order of
    survivorship that they do not share fails here.
    """
    files = [
        (measure(file_as_of(WholeBook(), one, valid_on=TODAY), tier_of(one.status)), one)
        for one in Customer.objects.exclude(status="closed")
    ]
    found = book_measures(WholeBook(), TODAY)
    assert found.files == len(files) == 3
    assert found.complete == Decimal("8.67")  # (4 + 3 + 6) + (3 + 5 + 5) + 0 points of 300
    for name in ("timely", "accurate", "secure"):
        points = [(getattr(one, name) or Decimal(0)) * one.complete / 100 for one, _ in files]
        whole = sum(one.complete for one, _ in files)
        assert abs(sum(points) * 100 / whole - getattr(found, name)) < Decimal("0.1"), name


def test_the_book_of_a_unit_is_the_units_own(book: Any) -> None:
    assert book_measures(book.bob, TODAY).files == 1
    assert book_measures(book.eve, TODAY).files == 2
    book.bob.business_unit_id = None
    assert book_measures(book.bob, TODAY).files == 0
    assert not calendar(book.bob, TODAY)


def test_the_calendar_lists_what_grows_stale_the_most_urgent_first(book: Any) -> None:
    rows = calendar(WholeBook(), TODAY, days=90)
    told = [(row.customer, row.field, row.tier, (row.due_on - TODAY).days) for row in rows]
    assert told == [
        ("C2", "court_cases", "watch", -1),
        ("C2", "last_visit", "watch", 30),
        ("C2", "person_in_charge", "watch", 30),
        ("C1", "court_cases", "normal", 88),
    ]
    assert [row.customer for row in calendar(book.bob, TODAY, days=90)] == ["C1"]
    assert calendar(WholeBook(), TODAY, days=90, limit=1) == rows[:1]


def test_measures_look_at_the_day_they_are_told(book: Any) -> None:
    later = date(2027, 11, 20)
    assert book_measures(WholeBook(), later).timely == Decimal("0.00")
