"""GET /api/v1/customers: the seller's own codes, by key, and nothing of ours."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.world import AT, make_customer, make_line, make_world
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/customers"
FIELDS = {"code", "name", "name_en", "status", "uscc", "grade"}


@pytest.fixture
def world():
    return make_world()


def listed(world, query="", owner=None):
    key = create_api_key(
        "erp", owner=owner, scopes=["customers.view"], actor=system("tests"), at=AT
    )[1]
    return Client().get(PATH + query, headers={"Authorization": f"Bearer {key}"})


def test_a_row_tells_its_fields_and_no_internal_number(world):
    # Catches `{**row, … row.pop("id")}`: the copy is made before the number is taken out.
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    make_customer("C2", unit=None)
    rated, unrated = listed(world).json()["items"]
    assert set(rated) == set(unrated) == FIELDS
    assert (rated["grade"], unrated["grade"]) == ("BBB", None)


def test_pages_follow_each_other_by_code(world):
    for code in ("C3", "C1", "C2"):
        make_customer(code, unit=None)
    first = listed(world, "?limit=2").json()
    assert [row["code"] for row in first["items"]] == ["C1", "C2"] and first["next"] == "C2"
    last = listed(world, "?limit=2&after=C2").json()
    assert [row["code"] for row in last["items"]] == ["C3"] and last["next"] is None


def test_a_key_lists_what_its_owner_sees(world):
    make_customer("C1", unit=world.units["EAST"])
    make_customer("C2", unit=world.units["WEST"])
    items = listed(world, owner=world.eve).json()["items"]
    assert [row["code"] for row in items] == ["C2"]


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1", "٣"])
def test_a_limit_that_makes_no_sense_is_400(world, limit):
    reply = listed(world, f"?limit={limit}")
    assert reply.status_code == 400 and "1 to 1000" in reply.json()["detail"]


@pytest.mark.parametrize("code", ["A/1", "客/户", "a b", "A?x#y"])
def test_a_customer_is_found_under_whatever_code_the_seller_gave_it(world, code):
    # Fails when a code may not contain a slash: real ledgers have "C/100".
    from urllib.parse import quote

    make_customer(code, unit=None)
    found = listed(world, "/" + quote(code, safe=""))
    assert (found.status_code, found.json()["code"]) == (200, code)
