"""A file that others were merged into is read with them, and alone again once they are parted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.dossiers.test_keep_facts import acting, enter, verify, world  # noqa: F401
from tests.web.pages import signed_in, text_of
from tests.world import AT, TODAY, World, make_customer
from xinheng.customers.models import Customer
from xinheng.decisions.regrouping import merge, unmerge
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.lineage import whole_file
from xinheng.dossiers.measures import measure
from xinheng.dossiers.standing import count_moved, standings_of
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)
SAID = {
    "C1": [("goods_bought", "水泥"), ("yearly_purchases", "1200.00 CNY"), ("court_cases", "无")],
    "C2": [("goods_bought", "熟料"), ("trade_permit", "许可 2"), ("yearly_purchases", "1200 CNY")],
}


@pytest.fixture
def two(world: World) -> World:  # noqa: F811
    """Both bought for the same sum; they disagree about the goods; only C2 has a permit."""
    make_customer("C2", unit=world.units["EAST"])
    for code, rows in SAID.items():
        for field, value in rows:
            verify(enter(field, value, customer_code=code))
    return world


def pk(code: str) -> int:
    return Customer.objects.get(code=code).pk


def joined() -> None:
    merge(pk("C2"), pk("C1"), "同一家公司", actor=acting("alice"), at=AT)


def parted() -> None:
    unmerge(pk("C2"), "并非同一家", actor=acting("alice"), at=AT)


def pages(user: Any) -> list[Any]:
    """What the pages of the file say, as their data."""
    client, told = signed_in(user), []
    for path in ("", "file/trade/", "file/licences/", "file/external/"):
        head = client.get(f"/customers/C1/{path}").context["head"]
        told.append((head.file, head.figures, head.stale, head.records, head.slider.days))
    for field in ("goods_bought", "trade_permit"):
        seen = client.get(f"/customers/C1/file/fields/{field}/").context
        told.append((seen["held"], seen["lines"], [one.row for one in seen["past"]]))
    return told


def test_merged_and_parted_again_every_page_says_what_it_said(two: World) -> None:
    before = pages(two.alice)
    joined()
    assert pages(two.alice) != before
    parted()
    assert pages(two.alice) == before


def test_the_survivor_s_pages_show_the_facts_of_both_with_their_record(two: World) -> None:
    joined()
    client = signed_in(two.alice)
    permit = text_of(client.get("/customers/C1/file/licences/"))
    assert "许可 2" in permit and "来自并入的 C2" in permit
    assert "与并入的记录一起读" in permit and 'href="/customers/C2/"' in permit
    trade = text_of(client.get("/customers/C1/file/trade/"))
    assert "水泥" in trade and "熟料" in trade and "来源冲突" in trade
    field = text_of(client.get("/customers/C1/file/fields/trade_permit/"))
    assert "/customers/C2/file/facts/" in field  # corrected where it is held
    assert "read with the records" in text_of(signed_in(two.alice, "en").get("/customers/C1/"))


def test_the_measures_are_those_of_the_united_file_and_of_the_count(two: World) -> None:
    joined()
    count_moved(today=TODAY, at=AT)
    customer = Customer.objects.get(code="C1")
    found = measure(whole_file(two.alice, customer, valid_on=TODAY).file, "normal")
    alone = measure(file_as_of(two.alice, customer, valid_on=TODAY), "normal")
    assert found.complete > alone.complete
    assert found.complete * 100 == standings_of([customer.pk])[customer.pk].complete_bps
    assert found.accurate != alone.accurate  # what the records disagree about is not accurate
    figures = signed_in(two.alice).get("/customers/C1/").context["head"].figures
    assert figures[0].value == found.complete


def test_a_key_reads_the_united_file(two: World) -> None:
    token = create_api_key(
        "erp", owner=None, scopes=["customers.view"], actor=system("tests"), at=AT
    )[1]
    client = signed_in(two.alice)
    head = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    alone = client.get("/api/v1/customers/C1/file", **head).json()
    assert alone["merged"] == []
    joined()
    told = client.get("/api/v1/customers/C1/file", **head).json()
    assert told["merged"] == ["C2"]
    fields = {one["field"]: one for one in told["fields"]}
    assert fields["goods_bought"]["state"] == "conflict"
    assert {one["record"] for one in fields["goods_bought"]["facts"]} == {"C1", "C2"}
    assert [one["record"] for one in fields["trade_permit"]["facts"]] == ["C2"]
    parted()
    assert client.get("/api/v1/customers/C1/file", **head).json() == alone


def test_a_record_out_of_sight_is_not_read_with_the_survivor(two: World) -> None:
    # Catches a union that looks past the reader's business unit.
    joined()
    Customer.objects.filter(code="C2").update(business_unit=two.units["WEST"])
    page = text_of(signed_in(two.bob).get("/customers/C1/file/licences/"))
    assert "许可 2" not in page and "C2" not in page


def test_a_file_that_stands_alone_costs_no_statement_more(two: World) -> None:
    client = signed_in(two.alice)
    client.get("/customers/C1/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get("/customers/C1/file/trade/")
    own = [one["sql"] for one in asked if "merged_into_id" in one["sql"]]
    assert [sql for sql in own if 'FROM "customers_customer"' in sql.split("WHERE")[0]] == own[:1]
    assert not [sql for sql in own if '"merged_into_id" IN' in sql]
