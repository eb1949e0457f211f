"""A way out taken literally frees the order: the steps are done in the database, and the next order
check says yes; a cent less, and it does not.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.credit.way_changes import Step
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.decisions.releasing import reject_hold
from xinheng.decisions.ways_out import Outlook, as_values, of_decision, scene_of
from xinheng.limits.in_force import bring_in_force
from xinheng.limits.models import Cover, CreditLine, DatedLimit
from xinheng.limits.queries import reconcile

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 20)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world) -> Decision:
    """Three invoices, two of them late; an order of 400.00 on a limit of 1,000.00: 920.00 open."""
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, terms_days_max=30)
    Desk().invoices(
        invoice("I-1", 120_00, date(2026, 9, 1), date(2026, 10, 1)),
        invoice("I-2", 300_00, date(2026, 10, 1), date(2026, 11, 1)),
        invoice("I-3", 500_00, date(2026, 11, 1), date(2026, 12, 1)),
    )
    check(world, 400_00)
    return Decision.objects.get()


def check(world, amount_minor: int, version: int = 1, **extra: Any) -> str:
    asked = ask("PO-1", "C1", amount_minor, version=version, **extra)
    [answer] = check_orders([asked], actor=world.actor("bob"), at=AT)
    return str(json.loads(answer.body)["outcome"])


def outlook(decision: Decision) -> Outlook:
    found = of_decision(decision, at=AT)
    assert found is not None
    return found


def steps(found: Outlook) -> list[list[tuple[str, int]]]:
    return [[(told.step.code, told.step.amount_minor) for told in way] for way in found.ways]


def test_a_hold_for_overdue_and_headroom_has_these_ways(held):
    assert steps(outlook(held)) == [
        [("receive", 420_00)],
        # 500.00 are in use then, and 400.00 fit: there is nothing that a second step could add
    ]


@pytest.mark.parametrize(("less", "outcome"), [(0, "approve"), (1, "hold")])
def test_the_receipt_that_a_way_asks_for_frees_the_order(world, held, less, outcome):
    [told] = outlook(held).ways[0]
    assert told.step.code == "receive"
    Desk().receipts(receipt("R-1", told.step.amount_minor - less, TODAY))
    assert check(world, 400_00, version=2) == outcome
    assert reconcile() == []


@pytest.mark.parametrize(("more", "outcome"), [(0, "approve"), (1, "hold")])
def test_shipping_part_of_the_order_frees_that_part(world, more, outcome):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, open_items=900_00)
    check(world, 400_00)
    found = outlook(Decision.objects.get())
    way = {told.step.code: told.step for [told] in found.ways}
    assert "receive" not in way  # no invoice is known: there is none to pay
    assert check(world, way["ship_part"].amount_minor + more, version=2) == outcome


@pytest.mark.parametrize(("less", "outcome"), [(0, "approve"), (1, "hold")])
def test_raising_the_limit_by_what_a_way_says_frees_the_order(world, less, outcome):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, open_items=900_00)
    check(world, 400_00)
    [raised] = [
        way for way in outlook(Decision.objects.get()).ways if way[0][0].code[:5] == "raise"
    ]
    CreditLine.objects.update(amount_minor=raised[0].step.amount_minor - less)
    assert check(world, 400_00, version=2) == outcome


@pytest.mark.parametrize(("less", "outcome"), [(0, "approve"), (1, "hold")])
def test_a_cover_of_what_a_way_says_frees_the_order(world, less, outcome):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, open_items=900_00)
    check(world, 400_00)
    [[told]] = [way for way in outlook(Decision.objects.get()).ways if way[0].step.code == "cover"]
    CreditLine.objects.update(covered_minor=told.step.amount_minor - less)
    assert check(world, 400_00, version=2) == outcome


def test_a_limit_that_is_planned_is_waited_for(world):
    line = make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, open_items=900_00)
    for amount, day in [(1_000_00, date(2026, 1, 1)), (1_300_00, date(2026, 12, 1))]:
        DatedLimit.objects.create(
            line=line, amount_minor=amount, valid_from=day, granted_by="user:1", granted_at=AT
        )
    Cover.objects.create(
        line=line,
        kind="insurance",
        reference="P-1",
        amount_minor=30_00,
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 20),
        entered_by="user:1",
        entered_at=AT,
    )
    with transaction.atomic():
        bring_in_force([line.pk], today=TODAY, at=AT)
    check(world, 400_00)
    decision = Decision.objects.get()
    scene = scene_of(decision, at=AT)
    assert [(a.day, a.limit.amount_minor, a.limit.covered_minor) for a in scene.ahead] == [
        ("2026-12-01", 1_300_00, 30_00),
        ("2026-12-21", 1_300_00, 0),
    ]
    assert outlook(decision).ways[0][0].step.code != "wait"  # what is open is not known by invoice
    CreditLine.objects.update(open_items_minor=0, orders_minor=900_00)
    assert outlook(decision).ways[0][0].step == Step("wait", day="2026-12-01")


@pytest.mark.parametrize(("days", "outcome"), [(30, "approve"), (31, "refer")])
def test_shorter_terms_free_the_order(world, days, outcome):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, terms_days_max=30)
    assert check(world, 400_00, terms_days=60) == "refer"
    found = outlook(Decision.objects.get())
    assert [[told.step.days for told in way] for way in found.ways] == [[30]]
    assert check(world, 400_00, version=2, terms_days=days) == outcome


def test_what_happened_since_counts_the_money_came_and_the_order_passes(world, held):
    Desk().receipts(receipt("R-1", 420_00, TODAY))
    found = outlook(held)
    assert found.passes_now and found.ways == ()


def test_an_order_of_the_erp_is_not_counted_against_itself(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    Desk().orders(order("PO-1", 300_00, TODAY))
    check(world, 1_100_00)
    found = outlook(Decision.objects.get())
    assert [("raise_limit", 1_100_00)] in steps(found)
    assert [("ship_part", 1_000_00)] in steps(found)


def test_without_a_waiting_hold_there_is_nothing_to_get_out_of(world, held):
    reject_hold(held.pk, "客户同意取消", actor=world.actor("alice"), at=AT)
    assert of_decision(held, at=AT) is None
    make_line(make_customer("C2", unit=world.units["EAST"]), 1_000_00)
    check_orders([ask("PO-2", "C2", 1)], actor=world.actor("bob"), at=AT)
    assert of_decision(Decision.objects.get(order_ref="PO-2"), at=AT) is None


def test_later_on_invoices_that_fell_due_are_to_be_collected_too(held):
    later = of_decision(held, at=AT + timedelta(days=30))
    assert later is not None and later.today == "2026-12-20"
    assert steps(later)[0] == [("receive", 920_00)]


def test_for_scripts_amounts_are_decimal_strings_and_sentences_bilingual(held):
    told = as_values(outlook(held), "CNY")
    assert (told["today"], told["policy"]) == ("2026-11-20", "order_check v3")
    [first] = told["ways"][0]
    assert (first["code"], first["amount"]) == ("receive", "420.00")
    assert "I-1" in first["text"]["zh"] and "I-1" in first["text"]["en"]
