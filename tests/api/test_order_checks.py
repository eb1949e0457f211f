"""POST /api/v1/order-checks and its neighbours, through Django and through the running door."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.test import Client

from tests.loops import run_apart
from tests.world import AT, make_customer, make_line, make_world
from xinheng.api import door
from xinheng.api.door import Door
from xinheng.limits.models import CreditLine
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "door"])
PATH = "/api/v1/order-checks"
GOOD = {
    "order_ref": "PO-1",
    "version": 1,
    "customer": "C1",
    "amount": "180000.00",
    "currency": "CNY",
    "terms_days": 30,
}


@pytest.fixture
def world():
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_000_00)
    return world


@pytest.fixture(autouse=True)
def ledger_in_time(monkeypatch):
    """The world's own entries are days old and no sequencer runs here."""
    monkeypatch.setattr(door, "PENDING_SECONDS_MAX", 10**9)
    monkeypatch.setattr(door.pressure, "looked_at", 0.0)


def key_for(world, owner=None, scopes=("orders.check", "customers.view")):
    return create_api_key("erp", owner=owner, scopes=list(scopes), actor=system("tests"), at=AT)[1]


def post(client, key, body, path=PATH):
    return client.post(
        path,
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_the_answer_has_every_field_of_the_contract(world):
    reply = post(Client(), key_for(world), GOOD)
    body = reply.json()
    assert reply.status_code == 200
    assert list(body) == [
        "decision_id",
        "outcome",
        "reasons",
        "exposure",
        "reservation",
        "policy",
        "decided_at",
        "ledger",
    ]
    assert list(body["exposure"]) == [
        "limit",
        "used",
        "headroom",
        "after",
        "components",
        "rule",
    ]
    assert body["policy"] == {"name": "order_check", "version": 3}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount": 180000.00}, "amount"),
        ({"amount": "180000.001"}, "decimal"),
        ({"amount": "0.00"}, "above zero"),
        ({"amount": "-5.00"}, "amount"),
        ({"amount": "1e5"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"currency": "XXQ"}, "ISO 4217"),
        ({"currency": "cny"}, "currency"),
        ({"order_ref": ""}, "order_ref"),
        ({"order_ref": "a\nb"}, "order_ref"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"requested_on": "2026-02-30"}, "requested_on"),
        ({"terms_days": -1}, "terms_days"),
        ({"amout": "1.00"}, "amout"),
        ({"customer": None}, "customer"),
    ],
)
def test_a_bad_request_says_what_to_mend(world, change, says):
    reply = post(Client(), key_for(world), {**GOOD, **change})
    assert reply.status_code == 400
    assert reply["Content-Type"] == "application/problem+json"
    assert says in reply.json()["detail"]
    assert CreditLine.objects.get().orders_minor == 0


@pytest.mark.parametrize("body", ["", "[]", "{", '"text"', "\x00", "[" * 50_000])
def test_what_is_no_json_object_is_refused(world, body):
    assert post(Client(), key_for(world), body).status_code in (400, 413)


def test_without_a_key_nothing_is_told(world):
    reply = Client().post(PATH, json.dumps(GOOD), content_type="application/json")
    assert (reply.status_code, reply["WWW-Authenticate"]) == (401, "Bearer")
    assert post(Client(), "xk_nope_nope", GOOD).status_code == 401


def test_a_key_without_the_scope_is_403(world):
    key = key_for(world, scopes=["customers.view"])
    assert post(Client(), key, GOOD).status_code == 403


def test_an_unknown_customer_is_404_and_a_strangers_too(world):
    assert post(Client(), key_for(world), {**GOOD, "customer": "?"}).status_code == 404
    assert post(Client(), key_for(world, owner=world.eve), GOOD).status_code == 404


def test_another_body_under_the_same_key_is_422(world):
    key = key_for(world)
    first = post(Client(), key, GOOD)
    assert post(Client(), key, {**GOOD, "amount": "1.00"}).status_code == 422
    assert post(Client(), key, GOOD).content == first.content


def test_spelling_does_not_make_it_another_body(world):
    key = key_for(world)
    first = post(Client(), key, GOOD)
    spelt = json.dumps(dict(reversed(GOOD.items())), indent=3)
    assert post(Client(), key, spelt).content == first.content


def test_a_decision_can_be_read_and_cancelled_once(world):
    key = key_for(world)
    headers = {"Authorization": f"Bearer {key}"}
    decision = post(Client(), key, GOOD).json()["decision_id"]
    shown = Client().get(f"{PATH}/{decision}", headers=headers).json()
    assert shown["state"] == {"cancelled_at": None, "reservation": "pending", "hold": None}
    assert shown["ledger"]["status"] == "recorded"
    for _ in range(2):
        reply = Client().post(f"{PATH}/{decision}/cancel", headers=headers)
        assert (reply.status_code, reply.json()["state"]["reservation"]) == (200, "voided")
    assert CreditLine.objects.get().orders_minor == 0
    stranger = {"Authorization": f"Bearer {key_for(world, owner=world.eve)}"}
    assert Client().get(f"{PATH}/{decision}", headers=stranger).status_code == 404
    assert Client().post(f"{PATH}/{decision}/cancel", headers=stranger).status_code == 404


def test_a_batch_answers_each_order_for_itself(world):
    body = {"orders": [GOOD, {**GOOD, "order_ref": "PO-2", "customer": "?"}, GOOD]}
    reply = post(Client(), key_for(world), body, PATH + "/batch")
    answers = reply.json()["answers"]
    assert [answer["status"] for answer in answers] == [200, 404, 200]
    assert answers[0]["answer"] == answers[2]["answer"]
    assert answers[1]["answer"]["code"] == "unknown_customer"


def test_more_than_a_thousand_orders_are_refused(world):
    orders = [{**GOOD, "order_ref": f"PO-{n}"} for n in range(1001)]
    assert post(Client(), key_for(world), {"orders": orders}, PATH + "/batch").status_code == 400


def through_the_door(requests):
    """Send requests to the door at once, as a server would; returns (status, body) of each."""
    opened = Door()

    async def one(token, body):
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        if token:
            headers.append((b"authorization", b"Bearer " + token.encode()))
        scope = {"type": "http", "path": PATH, "method": "POST", "headers": headers}
        assert opened.takes(scope)
        await opened.answer(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    async def everyone():
        return await asyncio.gather(*(one(token, body) for token, body in requests))

    try:
        return run_apart(everyone())
    finally:
        opened.stop()


def test_twenty_twins_at_once_get_one_decision_and_the_same_bytes(world):
    key = key_for(world)
    replies = through_the_door([(key, json.dumps(GOOD).encode())] * 20)
    assert {status for status, _ in replies} == {200}
    assert len({body for _, body in replies}) == 1
    assert CreditLine.objects.get().orders_minor == 180_000_00


def test_a_bad_member_never_fails_its_neighbours(world):
    key = key_for(world)
    good = [json.dumps({**GOOD, "order_ref": f"PO-{n}"}).encode() for n in range(3)]
    bad = [b"{", json.dumps({**GOOD, "customer": "?"}).encode(), b"\xff"]
    requests = [(key, body) for pair in zip(good, bad, strict=True) for body in pair]
    replies = through_the_door([*requests, ("xk_no_no", good[0]), ("", good[0])])
    assert [status for status, _ in replies] == [200, 400, 200, 404, 200, 400, 401, 401]


def test_the_door_never_grants_more_than_the_line(world):
    key = key_for(world)
    bodies = [
        json.dumps({**GOOD, "order_ref": f"PO-{n}", "amount": "30000.00"}).encode()
        for n in range(64)
    ]
    replies = through_the_door([(key, body) for body in bodies])
    outcomes = [json.loads(body)["outcome"] for _, body in replies]
    assert outcomes.count("approve") == 33
    assert CreditLine.objects.get().orders_minor == 990_000_00


def test_when_the_ledger_falls_behind_nothing_is_decided(world, monkeypatch):
    monkeypatch.setattr(door, "PENDING_MAX", 0)
    [(status, body)] = through_the_door([(key_for(world), json.dumps(GOOD).encode())])
    assert (status, json.loads(body)["code"]) == (503, "ledger_behind")
    assert CreditLine.objects.get().orders_minor == 0
