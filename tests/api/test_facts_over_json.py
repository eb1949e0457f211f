"""POST /api/v1/facts stages facts, all or nothing; GET …/file shows a file, past and present."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.world import AT, make_customer, make_world
from xinheng.api.openapi import document
from xinheng.dossiers.models import Fact
from xinheng.dossiers.verifying import verify_facts
from xinheng.intake.models import ImportBatch
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = system("tests")


@pytest.fixture
def world() -> Any:
    world = make_world()
    make_customer("C1", unit=world.units["EAST"])
    make_customer("C2", unit=world.units["WEST"])
    return world


def key(*scopes: str, owner: Any = None) -> dict[str, str]:
    made = create_api_key("crm", owner=owner, scopes=list(scopes), actor=ROOT, at=AT)[1]
    return {"Authorization": f"Bearer {made}"}


def told(field: str = "goods_bought", value: str = "水泥", **extra: Any) -> dict[str, Any]:
    fact = {"customer": "C1", "field": field, "value": value, "source": "crm", "reliability": "C"}
    return fact | extra


def sent(headers: dict[str, str], *facts: Any) -> Any:
    content = msgspec.json.encode({"facts": facts})
    return Client().post("/api/v1/facts", content, content_type="application/json", headers=headers)


def file(headers: dict[str, str], code: str = "C1", query: str = "") -> Any:
    return Client().get(f"/api/v1/customers/{code}/file{query}", headers=headers)


def test_facts_wait_in_one_batch_and_twice_is_once(world: Any) -> None:
    headers = key("facts.enter")
    before = PendingEntry.objects.count()
    facts = [told(), told("bank_account", "6222 0000"), told("employees", "12")]
    answer = sent(headers, *facts).json()
    assert answer == {"batch": answer["batch"], "read": 3, "created": 3, "unchanged": 0}
    assert ImportBatch.objects.get(pk=answer["batch"]).state == "done"
    assert Fact.objects.waiting().count() == 3
    assert PendingEntry.objects.count() == before + 1
    again = sent(headers, *facts).json()
    assert again == {"batch": None, "read": 3, "created": 0, "unchanged": 3}
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("fact", "status", "said"),
    [
        (told("moon_phase"), 400, "facts[1]: The file has no field moon_phase"),
        (told("established_on", "2999-01-01"), 400, "can't lie in the future"),
        (told(reliability="E"), 400, "facts[1].reliability"),
        (told(extra="x"), 400, "extra"),
        (told("person_in_charge", "王芳"), 400, "legal basis"),
        (told(customer="C9"), 404, "no customer C9"),
    ],
)
def test_one_bad_fact_and_none_comes_in(world: Any, fact: Any, status: int, said: str) -> None:
    answer = sent(key("facts.enter"), told(), fact)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert not Fact.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_key_reaches_as_far_as_its_owner(world: Any) -> None:
    assert sent(key("facts.enter", owner=world.eve), told()).status_code == 404
    assert sent(key("customers.view"), told()).status_code == 403
    assert file(key("customers.view", owner=world.eve)).status_code == 404


def test_a_file_shows_secrets_only_to_who_verifies_and_the_past_as_it_was(world: Any) -> None:
    sent(key("facts.enter"), told(), told("bank_account", "6222 0000"))
    ids = Fact.objects.values_list("pk", flat=True)
    verify_facts(list(ids), "third_party", 80, actor=world.actor("alice"), at=AT)
    shown = {one["field"]: one for one in file(key("customers.view")).json()["fields"]}
    assert shown["goods_bought"]["facts"][0]["value"] == "水泥"
    assert (shown["goods_bought"]["state"], shown["bank_account"]["waiting"]) == ("held", 1)
    past = file(key("customers.view"), query="?known_at=2026-01-01T00:00:00Z").json()
    assert {one["state"] for one in past["fields"]} == {"absent"}
    assert past["measures"]["complete"] == "0.00"
    assert file(key("customers.view"), query="?known_at=tuesday").status_code == 400
    assert file(key("customers.view"), code="C9").status_code == 404


def test_class_three_is_masked_for_a_key_that_may_not_verify(world: Any) -> None:
    from xinheng.people.actions import create_user
    from xinheng.people.actor import of_user

    made = create_user(
        "fred",
        "a long enough passphrase",
        name="Fred",
        roles=["credit_manager"],
        sees_all_units=True,
        actor=ROOT,
        at=AT,
    )
    sent(key("facts.enter"), told("bank_account", "6222 0000"))
    for actor in (world.actor("alice"), of_user(made)):
        ids = Fact.objects.waiting().values_list("pk", flat=True)
        verify_facts(list(ids), "third_party", 80, actor=actor, at=AT)
    for scopes, value in (
        (("customers.view",), None),
        (("customers.view", "facts.verify"), "6222 0000"),
    ):
        fields = file(key(*scopes)).json()["fields"]
        [account] = [one for one in fields if one["field"] == "bank_account"]
        assert account["facts"][0]["value"] == value
        assert account["facts"][0]["masked"] is (value is None)


def test_the_openapi_document_knows_both(world: Any) -> None:
    paths = document()["paths"]
    assert "post" in paths["/api/v1/facts"]
    assert "get" in paths["/api/v1/customers/{code}/file"]
