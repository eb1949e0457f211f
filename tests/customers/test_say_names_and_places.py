"""What a person says of a company's names, readings, place and trade; files don't undo it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.world import AT, World, make_customer, make_world
from xinheng.customers.actions import record_customers
from xinheng.customers.models import Customer, OtherName
from xinheng.customers.naming import add_former_name, correct_reading, set_place_and_trade
from xinheng.customers.queries import search
from xinheng.customers.rows import CustomerRow
from xinheng.intake.models import ImportBatch
from xinheng.ledger.models import PendingEntry
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)


@pytest.fixture
def world() -> World:
    world = make_world()
    make_customer("C1", unit=world.units["EAST"], name="长深物流有限公司")
    return world


def one() -> Customer:
    return Customer.objects.get(code="C1")


def refused(act: Any, *args: Any, world: World, who: str = "alice") -> str:
    with pytest.raises(Refused) as caught:
        act(one().pk, *args, actor=world.actor(who), at=AT)
    return str(caught.value.code.name)


def found(world: World, text: str) -> list[str]:
    return [row.code for row in search(world.alice, text).items]


def test_a_former_name_is_found_by_search_and_stands_in_the_ledger(world: World) -> None:
    before = PendingEntry.objects.count()
    add_former_name(
        *(one().pk, "江南运输 公司", date(2010, 1, 1), date(2019, 6, 30)),
        actor=world.actor("alice"),
        at=AT,
    )
    kept = OtherName.objects.get()
    assert (kept.kind, kept.used_until) == ("former", date(2019, 6, 30))
    assert found(world, "江南运输") == ["C1"]
    assert PendingEntry.objects.count() == before + 1


@pytest.mark.parametrize(
    ("told", "who", "why"),
    [
        (("甲", None, None), "bob", "NOT_ALLOWED"),
        ((" ", None, None), "alice", "NAME_MISSING"),
        (("甲" * 201, None, None), "alice", "NAME_MISSING"),
        (("甲", date(2020, 1, 2), date(2020, 1, 1)), "alice", "DAYS_IN_ORDER"),
        (("长深物流有限公司", None, None), "alice", "NAME_KNOWN"),
    ],
)
def test_a_former_name_that_can_t_be_is_refused(world, told, who, why) -> None:
    assert refused(add_former_name, *told, world=world, who=who) == why


def test_a_corrected_reading_is_found_and_outlives_files_that_keep_the_name(world: World) -> None:
    """Broken build: any told column reads the name anew, and the correction is gone."""
    correct_reading(one().pk, "Zhang shen wu liu", "ZSWL", actor=world.actor("alice"), at=AT)
    assert (one().pinyin, one().initials) == ("zhangshenwuliu", "zswl")
    assert found(world, "zhangshen") == ["C1"]
    told(world, CustomerRow(code="C1", name_en="Zhangshen Logistics", city="南京"))
    assert one().pinyin == "zhangshenwuliu" and found(world, "zswl") == ["C1"]
    told(world, CustomerRow(code="C1", name="长江物流有限公司"))
    assert one().pinyin.startswith("changjiang")


def told(world: World, row: CustomerRow) -> None:
    batch = ImportBatch.objects.create(
        kind="customers", file_name="a.csv", file_sha256="0" * 64, state="done", started_at=AT
    )
    record_customers([row], batch=batch, actor=world.actor("alice"), at=LATER)


@pytest.mark.parametrize("reading", [("", "a"), ("长", "c"), ("chang!", "c"), ("a" * 401, "a")])
def test_a_reading_is_small_letters_and_digits(world, reading) -> None:
    assert refused(correct_reading, *reading, world=world) == "BAD_READING"


def test_place_and_trade_are_chosen_by_code(world: World) -> None:
    set_place_and_trade(one().pk, "330106", "3011", actor=world.actor("alice"), at=AT)
    assert (one().division_code, one().industry_code) == ("330106", "C3011")
    set_place_and_trade(one().pk, "", "", actor=world.actor("alice"), at=AT)
    assert (one().division_code, one().industry_code) == ("", "")


@pytest.mark.parametrize(
    ("told_codes", "why"),
    [(("999999", ""), "DIVISION_UNKNOWN"), (("", "Z9"), "INDUSTRY_UNKNOWN")],
)
def test_codes_that_no_standard_has_are_refused(world, told_codes, why) -> None:
    assert refused(set_place_and_trade, *told_codes, world=world) == why
