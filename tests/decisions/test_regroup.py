"""Re-parenting, payers, merging and unmerging re-book under locks; nothing moves but the tree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import AT, World, ask, make_customer, make_line, make_world
from xinheng.customers.models import Customer
from xinheng.customers.refusals import CustomerRefusal
from xinheng.decisions.actions import check_orders
from xinheng.decisions.regrouping import merge, set_parent, set_payer, unmerge
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine, Movement
from xinheng.limits.queries import reconcile
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
M = 1_000_000_00
WHY = "工商变更登记"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def trio(world: World) -> dict[str, Customer]:
    """A head with a group limit, a branch in it, a stranger; the last two use half a limit."""
    unit = world.units["EAST"]
    head = make_customer("HEAD", unit=unit)
    branch = make_customer("C1", unit=unit, parent=head)
    stranger = make_customer("C2", unit=unit)
    make_line(head, M, scope="group")
    make_line(branch, M, open_items=500_000_00)
    make_line(stranger, M, open_items=500_000_00)
    return {"HEAD": head, "C1": branch, "C2": stranger}


def outcome(world: World, ref: str, code: str, amount: int) -> str:
    import json

    [answer] = check_orders([ask(ref, code, amount)], actor=world.actor("bob"), at=AT)
    assert reconcile() == []
    return str(json.loads(answer.body)["outcome"])


def refused(act: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, at=AT, **more)
    return str(caught.value.code.name)


def picture() -> list[tuple[Any, ...]]:
    names = ("customer__code", "currency", "scope", "within", "path", "root_id", "open_items_minor")
    return list(CreditLine.objects.order_by("pk").values_list(*names))


def test_a_new_parent_brings_what_is_used_into_the_group_at_once(world, trio) -> None:
    assert outcome(world, "A", "C1", 500_000_00) == "approve"
    moved = set_parent(trio["C2"].pk, trio["HEAD"].pk, WHY, actor=world.actor("alice"), at=AT)
    assert moved == 1
    assert outcome(world, "B", "C1", 1) == "hold"
    assert outcome(world, "C", "C2", 1) == "hold"
    set_parent(trio["C2"].pk, None, WHY, actor=world.actor("alice"), at=AT)
    assert outcome(world, "D", "C2", 500_000_00) == "approve"


def test_a_relation_moves_no_document_and_leaves_one_entry(world, trio) -> None:
    before = (Movement.objects.count(), PendingEntry.objects.count())
    set_parent(trio["C2"].pk, trio["HEAD"].pk, WHY, actor=world.actor("alice"), at=AT)
    after = (Movement.objects.count(), PendingEntry.objects.count())
    assert (after[0] - before[0], after[1] - before[1]) == (0, 1)


def test_merging_and_taking_apart_again_is_as_if_nothing_was(world, trio) -> None:
    before = picture()
    merge(trio["C2"].pk, trio["C1"].pk, WHY, actor=world.actor("alice"), at=AT)
    assert outcome(world, "A", "C2", 1) == "hold"  # 1,000,000.00 used of 1,000,000.00 in the group
    unmerge(trio["C2"].pk, WHY, actor=world.actor("alice"), at=AT)
    assert picture() == before
    assert outcome(world, "B", "C2", 500_000_00) == "approve"


def test_another_payer_is_asked_from_the_next_order_on(world, trio) -> None:
    set_payer(trio["C1"].pk, trio["C2"].pk, WHY, actor=world.actor("alice"), at=AT)
    assert outcome(world, "A", "C1", 500_000_00) == "approve"
    assert CreditLine.objects.get(customer=trio["C2"]).orders_minor == 500_000_00
    set_payer(trio["C1"].pk, None, WHY, actor=world.actor("alice"), at=AT)
    assert outcome(world, "B", "C1", 500_000_00) == "approve"


@pytest.mark.parametrize("relation", ["parent", "merge"])
def test_rings_are_refused_and_nothing_changes(world, trio, relation) -> None:
    alice = world.actor("alice")
    act = {"parent": set_parent, "merge": merge}[relation]
    before = picture()
    assert refused(act, trio["HEAD"].pk, trio["C1"].pk, WHY, actor=alice) == "RING"
    assert refused(act, trio["C1"].pk, trio["C1"].pk, WHY, actor=alice) == "ITSELF"
    assert picture() == before


def test_who_may_not_and_what_is_not_there(world, trio) -> None:
    alice, eve = world.actor("alice"), world.actor("eve")
    assert refused(set_parent, trio["C2"].pk, None, WHY, actor=world.actor("dora")) == "NOT_ALLOWED"
    assert refused(set_parent, trio["C2"].pk, None, "x", actor=alice) == "NEEDS_REASON"
    assert refused(set_parent, 0, None, WHY, actor=alice) == "CUSTOMER_UNKNOWN"
    assert refused(unmerge, trio["C2"].pk, WHY, actor=alice) == "NOT_MERGED"
    merge(trio["C2"].pk, trio["C1"].pk, WHY, actor=alice, at=AT)
    assert refused(set_parent, trio["HEAD"].pk, trio["C2"].pk, WHY, actor=alice) == "MERGED_AWAY"
    if eve.may("customers.edit"):
        assert refused(set_parent, trio["C1"].pk, None, WHY, actor=eve) == "CUSTOMER_UNKNOWN"
    assert CustomerRefusal.RING.value.zh
