"""What only some decisions have, on their page: limits above the line, and rechecks."""

from __future__ import annotations

import pytest

from tests.web.pages import buyer, signed_in, text_of
from tests.world import AT, ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Recheck
from xinheng.ledger.actions import new_ids
from xinheng.limits.models import CreditLine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world) -> Decision:
    """An order of 600.00 in a group whose limit of 777.77 carries 500.00 already."""
    own = buyer("C1", world.units["EAST"], 5_000_00, orders=500_00)
    head = buyer("HEAD", world.units["EAST"], 5_000_00)
    line = CreditLine.objects.get(customer=own)
    group = CreditLine.objects.create(
        customer=head, currency="CNY", scope="group", amount_minor=777_77, updated_at=AT
    )
    CreditLine.objects.filter(pk=group.pk).update(root_id=group.pk)
    CreditLine.objects.filter(pk=line.pk).update(within=group, path=[group.pk], root_id=group.pk)
    check_orders([ask("PO-1", "C1", 600_00)], actor=world.actor("bob"))
    return Decision.objects.get()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", ["上级额度与换算", "集团 HEAD", "由集团内任一公司付款 322.23 CNY"]),
        ("en", ["Limits above, and conversion", "group HEAD", "the group pay 322.23 CNY"]),
    ],
)
def test_a_group_s_limit_stands_with_its_figures_and_its_mend(world, held, language, said):
    page = text_of(signed_in(world.alice, language).get(f"/decisions/{held.pk}/"))
    for words in (*said, "1,100.00", "777.77"):
        assert words in page


def test_the_panel_of_try_outs_shows_the_limits_above_too(world, held):
    client = signed_in(world.alice, "en")
    address = f"/decisions/{held.pk}/try-out/"
    assert "group HEAD" in text_of(client.get(address))
    assert "Nothing stands against it" in text_of(client.get(f"{address}?amount=277.77"))
    assert "Nothing stands against it" not in text_of(client.get(f"{address}?amount=277.78"))


def test_rechecks_are_listed_with_what_still_stood_against_it(world, held):
    Recheck.objects.create(
        id=new_ids(1)[0],
        decision=held,
        cause="moved",
        at=AT,
        outcome="hold",
        codes="group_headroom_exceeded",
        facts=held.facts,
        order_bytes=held.order_bytes,
        policy_id=held.policy_id,
    )
    page = text_of(signed_in(world.alice, "en").get(f"/decisions/{held.pk}/"))
    assert "Money, documents or limits moved" in page and "Over the group&#x27;s limit" in page
