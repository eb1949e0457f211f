"""GET /api/v1/orders/{ref}: an order's whole life for the seller's own systems."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
import pytest
from django.test import Client

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.api.answers import OrderLife
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.decisions.releasing import release_hold
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 100_000_00)
    return world


def fetched(ref, owner=None, scope="orders.check"):
    key = create_api_key("erp", owner=owner, scopes=[scope], actor=system("tests"), at=AT)[1]
    bearer = {"Authorization": f"Bearer {key}"}
    return Client().get(f"/api/v1/orders/{quote(ref, safe='')}", headers=bearer)


def check(world, ref, minor, **extra):
    check_orders([ask(ref, "C1", minor, **extra)], actor=world.actor("bob"), at=AT)
    return Decision.objects.get(order_ref=ref)


@pytest.mark.parametrize("ref", ["PO-7", "合同/2026/1 号", "a//b", "x/", "订" * 80, "50%&?#"])
def test_any_order_number_is_answered_in_the_shape_that_is_promised(world, ref):
    check(world, ref, 60_000_00)
    reply = fetched(ref)
    assert reply.status_code == 200
    life = msgspec.json.decode(reply.content, type=OrderLife)
    assert life.order_ref == ref and [e.kind for e in life.events] == ["asked", "reserved"]
    assert life.standing[0].promised == "60000.00"
    assert set(reply.json()["events"][0]) == set(EVENT_FIELDS)


EVENT_FIELDS = [
    *("kind", "day", "at", "amount", "currency", "by", "authority", "reason", "outcome", "codes"),
    *("version", "point", "reference", "state", "until", "decision_id", "ledger_entry"),
]


def test_a_release_tells_the_person_the_authority_and_the_ledger_entry(world):
    held = check(world, "PO-7", 180_000_00)
    release_hold(held.pk, "老客户，同意放行", actor=world.actor("alice"), at=AT)
    events = {event["kind"]: event for event in fetched("PO-7").json()["events"]}
    assert events["released"]["by"] == "alice" and events["released"]["ledger_entry"]
    assert events["released"]["reason"] == "老客户，同意放行"


def test_a_stranger_s_key_finds_nothing(world):
    check(world, "PO-7", 60_000_00)
    assert fetched("PO-7", owner=world.eve).status_code == 404
    assert fetched("PO-8").status_code == 404
    assert fetched("PO-7", scope="customers.view").status_code == 403
