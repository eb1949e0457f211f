"""Lists as files: the rows of the page and no others, numbers that count, nothing that runs."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook

from tests.applications.stage import make_house, proposed
from tests.web.filed import filed
from tests.web.pages import buyer, signed_in
from tests.world import World, make_customer, make_world
from xinheng.ledger.models import PendingEntry
from xinheng.merkle.commitment import read_leaf
from xinheng.web.papers import lists
from xinheng.web.papers.lists import LISTS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    made = make_world()
    east, west = made.units["EAST"], made.units["WEST"]
    buyer("0012345678901234567", east, 1_234_567_89, name="=HYPERLINK(长安)", open_items=1_00)
    buyer("E-2", east, None, name="重庆𬭎业")
    buyer("W-1", west, 5_000_00, name="西部客户")
    return made


def taken(world: World, who: str, name: str, form: str = "xlsx", **query: str) -> Any:
    address = f"/papers/lists/{name}/?{urlencode(query)}"
    return signed_in(getattr(world, who)).post(address, {"form": form})


def sheet_of(response: Any) -> list[list[Any]]:
    assert response.status_code == 200, response.content[:400]
    book = load_workbook(BytesIO(response.content))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def rows_of(response: Any) -> list[list[Any]]:
    found = sheet_of(response)
    head = next(place for place, row in enumerate(found) if row[1] is not None)
    return found[head + 1 :]


def test_customers_of_the_readers_unit_with_codes_as_text_and_amounts_as_numbers(
    world: World,
) -> None:
    found = {row[0]: row for row in rows_of(taken(world, "bob", "customers"))}
    assert set(found) == {"0012345678901234567", "E-2"}
    first = found["0012345678901234567"]
    assert first[1] == "=HYPERLINK(长安)" and first[5] == 1234567.89 and first[8] == 1
    everybody = rows_of(taken(world, "alice", "customers"))
    assert {row[0] for row in everybody} == {*found, "W-1"}


def test_the_filter_of_the_page_narrows_the_file(world: World) -> None:
    assert [row[0] for row in rows_of(taken(world, "alice", "customers", q="w-1"))] == ["W-1"]
    assert rows_of(taken(world, "alice", "customers", grade="D")) == []


@pytest.mark.parametrize(("form", "encoding"), [("csv", "utf-8-sig"), ("csv-gb18030", "gb18030")])
def test_csv_in_both_encodings_runs_nothing(world: World, form: str, encoding: str) -> None:
    response = taken(world, "bob", "customers", form)
    told = response.content.decode(encoding)
    rows = {row[0]: row for row in csv.reader(StringIO(told))}
    assert rows["0012345678901234567"][1] == "'=HYPERLINK(长安)"
    assert rows["0012345678901234567"][5] == "1234567.89" and rows["E-2"][1] == "重庆𬭎业"
    assert response.content.startswith(b"\xef\xbb\xbf") == (form == "csv")


def test_who_took_which_list_is_recorded(world: World) -> None:
    taken(world, "bob", "customers", view="overdue")
    leaf = read_leaf(bytes(PendingEntry.objects.order_by("-id")[0].leaf))
    assert leaf["kind"] == "list.exported"
    assert leaf["clear"] == {"list": "customers", "form": "xlsx", "rows": 0}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_list_is_written_for_who_may_open_its_page(world: World, name: str) -> None:
    for form in ("xlsx", "csv", "csv-gb18030"):
        assert taken(world, "alice", name, form).status_code == 200
    assert signed_in(world.alice).get(f"/papers/lists/{name}/").status_code == 405
    word = LISTS[name].word
    assert (taken(world, "bob", name).status_code == 200) is world.bob.may(word)


def test_what_is_no_list_or_no_form_is_absent(world: World) -> None:
    assert taken(world, "alice", "nothing").status_code == 404
    assert taken(world, "alice", "customers", "pdf").status_code == 404


def test_what_is_left_out_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "ROWS_MAX", 2)
    monkeypatch.setattr(lists, "CHUNK", 2)
    found = sheet_of(taken(world, "alice", "customers"))
    assert [row[0] for row in found if row[0] and "只导出" in row[0]] == [
        "共 3 行，只导出前 2 行。"
    ]
    assert len(rows_of(taken(world, "alice", "customers"))) == 2


def test_holds_and_items_and_proposals_have_their_rows(world: World) -> None:
    from tests.world import AT, ask
    from xinheng.decisions.actions import check_orders

    check_orders([ask("SO-9", "E-2", 5_000_00)], actor=world.actor("bob"), at=AT)
    (row,) = rows_of(taken(world, "bob", "holds"))
    assert row[0] == "SO-9" and row[5] == 5000 and "额度" in row[6]
    assert rows_of(taken(world, "eve", "holds")) == []


def test_facts_of_the_secret_class_are_written_for_who_may_read_them() -> None:
    world = make_world()
    filed(world)
    rows = rows_of(taken(world, "alice", "verification"))
    assert [(row[2], row[3]) for row in rows] == [("年采购额", "3,600,000.00 CNY")]
    assert taken(world, "bob", "verification").status_code == 404


def test_applications_of_the_readers_sight() -> None:
    house = make_house()
    row, _ = proposed(house, 800_000_00)
    found = rows_of(taken(house.world, "bob", "applications"))
    assert [(one[0], one[6]) for one in found] == [(row.number, 800000)]
    assert rows_of(taken(house.world, "eve", "applications")) == []


def test_a_list_of_nobody_is_a_head_without_rows() -> None:
    world = make_world()
    make_customer("X", unit=world.units["EAST"])
    assert rows_of(taken(world, "eve", "customers")) == []
