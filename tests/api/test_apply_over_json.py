"""Applications over the JSON door: applied, read back, and refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.world import World, make_customer, make_world
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system
from xinheng.people.models import User
from xinheng.people.queries import forget

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = ["applications.write", "applications.view"]
WISH = {
    "customer": "C1",
    "currency": "CNY",
    "amount": "800000.00",
    "terms_days": 60,
    "purpose": "peak season",
}


@pytest.fixture
def world() -> World:
    forget()
    made = make_world()
    make_customer("C1", unit=made.units["EAST"])
    return made


def call(owner: str, path: str, body: Any = None) -> Any:
    user = User.objects.get(username=owner)
    _, token = create_api_key(
        "crm", owner=user, scopes=SCOPES, actor=system("tests"), at=datetime.now(UTC)
    )
    head = {"headers": {"Authorization": f"Bearer {token}"}}
    if body is None:
        return Client().get(path, **head)
    return Client().post(path, json.dumps(body), content_type="application/json", **head)


def test_a_wish_goes_in_and_is_read_back(world: World) -> None:
    made = call("bob", "/api/v1/applications", WISH)
    assert made.status_code == 200, made.content
    told = made.json()
    assert (told["state"], told["amount"], told["automatic"]) == ("submitted", "800000.00", False)
    path = f"/api/v1/applications/{told['number']}"
    assert call("bob", path).json() == told
    assert call("eve", path).status_code == 404
    again = call("bob", "/api/v1/applications", WISH)
    assert again.status_code == 409 and told["number"] in again.json()["detail"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "1e5"}, 400),
        ({"amount": "1.005"}, 400),
        ({"amount": 5}, 400),
        ({"currency": "CNX"}, 400),
        ({"extra": 1}, 400),
        ({"customer": "C9"}, 404),
    ],
)
def test_what_can_not_be_read_is_refused(world: World, change: dict[str, Any], status: int) -> None:
    assert call("bob", "/api/v1/applications", {**WISH, **change}).status_code == status
    if status == 404:
        assert call("eve", "/api/v1/applications", WISH).status_code == 404
