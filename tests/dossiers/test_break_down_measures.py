"""The measures by unit, block and file, and the calendar of the book: equal to file by file."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.dossiers.test_measure_files import known_fact
from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.breakdown import ORDERS, break_down, worst_files
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.freshness import SPANS, Window, due_facts, due_files, tally
from xinheng.dossiers.measures import book_measures, due_on, measure, present, tier_of
from xinheng.dossiers.models import ConflictCase
from xinheng.people.queries import WholeBook

SEES_ALL = WholeBook()


@pytest.fixture
def book(db: None) -> World:
    """Twelve files of two units, drawn from one seed: gaps, ages, sources, disputes, a file that
    is closed and one without anything.
    """
    world, draw = make_world(), random.Random(7)
    units = [world.units["EAST"], world.units["WEST"]]
    for n in range(12):
        status = "watch" if n % 4 == 1 else "closed" if n == 11 else "active"
        one = make_customer(f"C{n:02}", unit=units[n % 2], status=status, search_text=f"c{n:02}")
        for code in draw.sample(sorted(catalogue().fields), 0 if n == 5 else draw.randint(2, 20)):
            told = {"verified_by": world.alice, "legal_basis": draw.choice(["", "contract"])}
            fact = None
            for source in draw.sample(["erp", "bureau", "licence"], draw.randint(1, 2)):
                fact = known_fact(
                    one,
                    code,
                    source=source,
                    reliability=draw.choice("ABD"),
                    how=draw.choice(["public_record", "customer"]),
                    confidence=draw.choice([50, 60, 90]),
                    observed_on=TODAY - timedelta(days=draw.choice([0, 1, 30, 89, 181, 400])),
                    valid_until=draw.choice([None, None, TODAY, TODAY - timedelta(days=1)]),
                    **told,
                )
            if draw.random() < 0.2:
                ConflictCase.objects.create(
                    customer=one, field=code, opened_at=AT, opened_by_fact=fact
                )
    return world


def lines() -> dict[str, Any]:
    files = Customer.objects.exclude(status="closed")
    return {one.code: file_as_of(SEES_ALL, one, valid_on=TODAY) for one in files}


def tiers() -> dict[str, str]:
    return {one.code: tier_of(one.status) for one in Customer.objects.all()}


@pytest.mark.parametrize("order", ORDERS)
def test_every_file_s_line_is_what_the_file_itself_measures(book: World, order: str) -> None:
    """Two evaluators. A line without facts that is lost, or an order that forgets None, fails."""
    found = worst_files(SEES_ALL, TODAY, order=order, limit=100)
    tier = tiers()
    assert {one.customer: one.measures for one in found} == {
        code: measure(file, tier[code]) for code, file in lines().items()
    }
    told = [getattr(one.measures, order) for one in found]
    assert told == sorted(told, key=lambda one: Decimal(-1) if one is None else one)


def test_lines_page_by_key_without_gap_or_repetition(book: World) -> None:
    whole = worst_files(SEES_ALL, TODAY, order="timely", limit=100)
    paged: list[Any] = []
    while page := worst_files(
        SEES_ALL, TODAY, order="timely", limit=3, **({"after": paged[-1].key} if paged else {})
    ):
        paged += page
    assert paged == whole


def test_units_and_blocks_add_up_to_the_book(book: World) -> None:
    parts, tier = break_down(SEES_ALL, TODAY), tiers()
    assert parts.whole == book_measures(SEES_ALL, TODAY)
    assert sum(one.files for one in parts.units.values()) == parts.whole.files == 11
    for unit, measured in parts.units.items():
        book.bob.business_unit_id = unit
        assert book_measures(book.bob, TODAY) == measured
    for block in catalogue().blocks:
        there = [
            (f, held, fact, code)
            for code, file in lines().items()
            for f, held, fact in present(file)
            if f.block == block.code
        ]
        points = sum(f.weight for f, *_ in there)
        fresh = sum(f.weight for f, _, x, code in there if due_on(f, x, tier[code]) >= TODAY)
        told = parts.blocks[block.code]
        assert told.complete == round(Decimal(100 * points) / (11 * block.weight), 2)
        assert told.timely == (round(Decimal(100 * fresh) / points, 2) if points else None)


def test_a_block_s_worst_files_are_measured_on_that_block_alone(book: World) -> None:
    found = worst_files(SEES_ALL, TODAY, block="finance", unit=book.units["EAST"], limit=100)
    assert {one.customer for one in found} == {f"C{n:02}" for n in range(0, 11, 2)}
    files = lines()
    for one in found:
        points = sum(f.weight for f, *_ in present(files[one.customer]) if f.block == "finance")
        assert one.measures.complete == round(Decimal(100 * points) / 20, 2)


def test_a_person_sees_the_lines_of_their_unit_and_a_stranger_none(book: World) -> None:
    assert {one.customer for one in worst_files(book.bob, TODAY, limit=100)} == {
        f"C{n:02}" for n in range(0, 11, 2)
    }
    west = book.units["WEST"]
    assert len(worst_files(book.bob, TODAY, unit=west, limit=100)) == 6  # still his own
    book.bob.business_unit_id = None
    assert not worst_files(book.bob, TODAY, limit=100)
    assert break_down(book.bob, TODAY).whole.files == 0
    assert not due_facts(book.bob, TODAY, Window(), limit=9)
    assert tally(book.bob, TODAY, Window()).customers == 0


@pytest.mark.parametrize(
    "window",
    [*(Window(span=span) for span in SPANS), Window("90", "finance"), Window("30", "", "watch")],
)
def test_the_calendar_is_what_each_file_says_of_itself(book: World, window: Window) -> None:
    """A last day that is counted as stale, or a shown fact that is counted twice, fails here."""
    wanted, tier = [], tiers()
    for code, file in lines().items():
        for field, _, fact in present(file):
            last = due_on(field, fact, tier[code])
            fits = window.block in ("", field.block) and window.tier in ("", tier[code])
            if fits and last <= TODAY + timedelta(days=SPANS[window.span]):
                wanted.append((last, fact.id, code, field.code))
    found = due_facts(SEES_ALL, TODAY, window, limit=1000)
    assert [(one.due_on, one.fact, one.customer, one.field) for one in found] == sorted(wanted)
    told = tally(SEES_ALL, TODAY, window)
    assert told.spans[window.span] == len(wanted)
    assert told.customers == len({code for *_, code, _ in wanted})
    if not window.block:
        assert sum(told.blocks.values()) == len(wanted)
    files = due_files(SEES_ALL, TODAY, window, limit=1000)
    assert sum(one.facts for one in files) == len(wanted)
    assert [one.points for one in files] == sorted((one.points for one in files), reverse=True)


def test_the_calendar_pages_by_key_and_finds_a_customer(book: World) -> None:
    whole = due_facts(SEES_ALL, TODAY, Window("90"), limit=1000)
    paged: list[Any] = []
    while page := due_facts(
        SEES_ALL,
        TODAY,
        Window("90"),
        limit=7,
        **({"after": (paged[-1].due_on, paged[-1].fact)} if paged else {}),
    ):
        paged += page
    assert paged == whole
    one = due_facts(SEES_ALL, TODAY, Window("90", text="c03"), limit=1000)
    assert one == [row for row in whole if row.customer == "C03"]
