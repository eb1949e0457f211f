"""POST /api/v1/statements enters one statement by the names of its lines, or says what is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.world import AT, make_customer, make_world
from xinheng.api.openapi import document
from xinheng.dossiers.models import Statement
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)
LINES = {"货币资金": "300.00", "short_term_loans": "250.00", "实收资本（或股本）": "50.00"}
TOLD = {
    "customer": "C1",
    "period_end": "2025-12-31",
    "currency": "CNY",
    "standard": "cas",
    "source": "erp",
    "lines": LINES,
}


@pytest.fixture
def world() -> Any:
    world = make_world()
    make_customer("C1", unit=world.units["EAST"])
    return world


def sent(scope: str = "facts.enter", owner: Any = None, **change: Any) -> Any:
    made = create_api_key("erp", owner=owner, scopes=[scope], actor=system("tests"), at=AT)[1]
    headers = {"Authorization": f"Bearer {made}"}
    content = msgspec.json.encode(TOLD | change)
    kind = "application/json"
    return Client().post("/api/v1/statements", content, content_type=kind, headers=headers)


def test_it_is_kept_with_what_follows_from_it(world: Any) -> None:
    answer = sent()
    kept = Statement.objects.get()
    assert answer.status_code == 200 and answer.json()["id"] == kept.pk
    assert answer.json()["figures"]["total_assets"] == "300.00"
    assert "total_assets" in answer.json()["derived"] and kept.verified_at is None
    assert sent().status_code == 409  # it says nothing new
    assert "post" in document()["paths"]["/api/v1/statements"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": LINES | {"cash": "1.00"}}, "told twice"),
        ({"lines": LINES | {"moon": "1.00"}}, "no line of the template"),
        ({"lines": LINES | {"inventory": "1.005"}}, "too many decimals"),
        ({"lines": LINES | {"inventory": "0.01"}}, "0.01 CNY apart"),
        ({"period_end": "2199-12-31"}, "after today"),
        ({"standard": "us-gaap"}, "standard"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    world: Any, change: dict[str, Any], said: str
) -> None:
    answer = sent(**change)
    assert answer.status_code == 400 and said in answer.json()["detail"]
    assert not Statement.objects.exists()


def test_strangers_and_keys_without_the_word_are_turned_away(world: Any) -> None:
    assert sent(owner=world.eve).status_code == 404
    assert sent("customers.view").status_code == 403
