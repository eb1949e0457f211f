"""The hold queue narrowed: what each tab and filter leaves, and that counts agree with lists."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.pages import buyer
from tests.world import AT, World, ask, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.waiting import Wanted, narrowed, survey, with_excess
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)
NOW = AT + timedelta(days=9)


@pytest.fixture
def world() -> World:
    """Four holds: two of EAST (one forced, one asked by alice), one of WEST, one in dollars."""
    made = make_world()
    rows = [
        ("PO-1", "EAST", "bob", 500_00, "CNY"),
        ("PO-2", "EAST", "alice", 900_00, "CNY"),
        ("PO-3", "WEST", "eve", 700_00, "CNY"),
        ("PO-4", "EAST", "bob", 600_00, "USD"),
    ]
    for days, (ref, unit, who, amount, currency) in enumerate(rows):
        buyer(f"C-{ref}", made.units[unit], 100_00, currency=currency)
        order = ask(ref, f"C-{ref}", amount, currency=currency)
        check_orders([order], actor=made.actor(who), at=AT + timedelta(days=days))
    head = Customer.objects.get(code="C-PO-1")
    Customer.objects.filter(code="C-PO-3").update(parent=head)
    holds = {h.decision.order_ref: h for h in Hold.objects.select_related("decision")}
    Hold.objects.update(due_at=NOW + timedelta(days=1))
    Hold.objects.filter(pk=holds["PO-1"].pk).update(due_at=NOW - timedelta(hours=1), forced=True)
    Hold.objects.filter(pk=holds["PO-3"].pk).update(due_at=NOW + timedelta(hours=1), ready=True)
    return made


def refs(user, wanted: Wanted) -> list[str]:
    reach = survey(user, at=NOW).reach
    rows = narrowed(user, wanted, reach=reach, at=NOW).order_by("opened_at")
    return [ref[3:] for ref in rows.values_list("decision__order_ref", flat=True)]


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Wanted(), ["1", "2", "3", "4"]),
        (Wanted(tab="mine"), ["1", "3", "4"]),  # PO-2 is alice's own
        (Wanted(tab="ready"), ["3"]),
        (Wanted(tab="overdue"), ["1"]),
        (Wanted(tab="refer"), []),
        (Wanted(tab="forced"), ["1"]),
        (Wanted(tab="asked"), ["2"]),
        (Wanted(code="headroom_exceeded"), ["1", "2", "3", "4"]),
        (Wanted(code="headroom"), []),
        (Wanted(unit="WEST"), ["3"]),
        (Wanted(family="C-PO-1"), ["1", "3"]),
        (Wanted(currency="USD"), ["4"]),
        (Wanted(grade="BBB"), ["1", "2", "3", "4"]),
        (Wanted(grade="AAA"), []),
        (Wanted(opened="7"), ["3", "4"]),
        (Wanted(opened="7-"), ["1", "2"]),
        (Wanted(text="po-3"), ["3"]),
        (Wanted(text="c-po-1"), ["1"]),
        (Wanted(least_minor=600_00, most_minor=700_00), ["3", "4"]),
    ],
    ids=str,
)
def test_a_filter_leaves_what_it_says(world: World, wanted: Wanted, left: list[str]) -> None:
    assert refs(world.alice, wanted) == left


@pytest.mark.parametrize("who", ["alice", "bob", "eve", "dora"])
def test_each_tab_counts_what_its_list_shows(world: World, who: str) -> None:
    # Catches a tab whose rule in SQL and in the count drift apart.
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=650_00
    )
    user = getattr(world, who)
    told = survey(user, at=NOW)
    for tab in ("", "mine", "ready", "overdue", "refer", "forced", "asked"):
        assert told.tabs[tab] == len(refs(user, Wanted(tab=tab))), tab


def test_what_is_above_ones_authority_is_not_mine_to_decide(world: World) -> None:
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=500_00
    )
    assert refs(world.alice, Wanted(tab="mine")) == ["1"]  # exactly the authority still is


def test_a_salesperson_sees_the_unit_s_holds_and_no_others(world: World) -> None:
    assert refs(world.eve, Wanted()) == ["3"]
    assert refs(world.bob, Wanted(family="C-PO-1")) == ["1"]


def test_the_largest_excess_is_the_one_the_answer_told(world: World) -> None:
    rows = with_excess(narrowed(world.alice, Wanted(currency="CNY"), reach=None, at=NOW))
    found = rows.order_by("-excess").values_list("decision__order_ref", "excess")
    assert [(ref, int(excess)) for ref, excess in found] == [
        ("PO-2", 800),
        ("PO-3", 600),
        ("PO-1", 400),
    ]
    assert Decision.objects.count() == 4
