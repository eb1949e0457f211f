"""“A human, please” over the JSON door: asked once, read at the same address."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.world import World, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.releasing import reject_hold
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system
from xinheng.people.models import User
from xinheng.people.queries import forget

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)


@pytest.fixture
def world() -> World:
    forget()
    return make_world()


@pytest.fixture
def held(world: World) -> Any:
    make_line(make_customer("C1", unit=world.units["EAST"]), 0)
    [answer] = check_orders([ask("PO-1", "C1", 5)], actor=world.actor("bob"), at=NOW)
    return answer.decision_id


def call(world: World, decision: Any, body: Any, name: str = "bob") -> Any:
    owner = User.objects.get(username=name)
    _, token = create_api_key(
        "erp", owner=owner, scopes=["orders.check"], actor=system("tests"), at=NOW
    )
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return Client().post(
        f"/api/v1/order-checks/{decision}/review",
        raw,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_request_is_made_once_and_read_at_the_same_address(world: World, held: Any) -> None:
    first = call(world, held, {"words": "please look at it"})
    assert first.status_code == 200
    assert first.json()["answer"] is None
    reject_hold(held, "已与客户核实", actor=world.actor("alice"), at=NOW)
    again = call(world, held, {"words": "another wish"})
    assert again.json()["words"] == "please look at it"
    assert again.json()["answer"] == "已与客户核实"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"words": "no"}, 400),
        ({"words": "    "}, 400),
        ({}, 400),
        ({"words": "please look", "more": 1}, 400),
        (b"\xff", 400),
        ({"words": "x" * 17_000}, 413),
    ],
)
def test_what_can_not_be_read_is_said(world: World, held: Any, body: Any, status: int) -> None:
    assert call(world, held, body).status_code == status


def test_a_stranger_s_decision_is_not_there(world: World, held: Any) -> None:
    assert call(world, held, {"words": "please look at it"}, "eve").status_code == 404


def test_a_plain_yes_needs_no_review(world: World) -> None:
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    [answer] = check_orders([ask("PO-1", "C1", 5)], actor=world.actor("bob"), at=NOW)
    answered = call(world, answer.decision_id, {"words": "please look at it"})
    assert (answered.status_code, answered.json()["code"]) == (409, "nothing_to_review")
