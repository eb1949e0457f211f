"""Customers that may be one: found by number and by name, judged by persons, never forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import AT, World, make_customer, make_world
from xinheng.customers.duplicates import look_for_pairs, say_different
from xinheng.customers.identities import add_identity
from xinheng.customers.models import AlikePair, Customer, Identity
from xinheng.decisions.regrouping import merge, unmerge
from xinheng.ledger.models import PendingEntry
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
USCC = "91350100M000100Y43"
WHY = "同一家企业两次建档"


@pytest.fixture
def world() -> World:
    return make_world()


def pairs() -> set[tuple[str, str, str]]:
    return {
        (pair.one.code, pair.other.code, reason)
        for pair in AlikePair.objects.select_related("one", "other")
        for reason, _ in pair.reasons
    }


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"name": "广州华贸有限公司"}, {"name": "廣州華貿股份有限公司"}, "name"),
        ({"name": "ACME Cement Co., Ltd."}, {"name": "Acme-Cement GmbH"}, "name"),
        ({"name": "甲公司", "uscc": USCC}, {"name": "乙商行", "uscc": USCC}, "uscc"),
        (
            {"name": "宁波远山机电设备制造有限公司"},
            {"name": "宁波远山机电设备制作有限公司"},
            "alike",
        ),
        ({"name": "Northern Bricks Ltd"}, {"name": "Northern Brick Ltd"}, "alike"),
    ],
)
def test_two_files_of_one_company_are_found(
    world: World, one: dict[str, Any], other: dict[str, Any], reason: str
) -> None:
    make_customer("C1", unit=None, **one)
    make_customer("C2", unit=None, **other)
    make_customer("C3", unit=None, name="完全无关的另一家商行")
    assert look_for_pairs(at=AT) == 1
    assert pairs() == {("C1", "C2", reason)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "上海宏达贸易有限公司"}, {"name": "上海远大贸易有限公司"}),
        ({"name": "华贸集团有限公司"}, {"name": "华贸有限公司"}),
        (
            {"name": "华贸有限公司", "uscc": USCC},  # two licences are two companies
            {"name": "华贸股份有限公司", "uscc": "91110108551385082Q"},
        ),
    ],
)
def test_two_companies_are_left_alone(
    world: World, one: dict[str, Any], other: dict[str, Any]
) -> None:
    make_customer("C1", unit=None, **one)
    make_customer("C2", unit=None, **other)
    assert look_for_pairs(at=AT) == 0


def test_a_number_that_a_person_entered_counts_as_one_from_a_file(world: World) -> None:
    c1 = make_customer("C1", unit=None, name="甲公司")
    c2 = make_customer("C2", unit=None, name="乙商行")
    add_identity(c1.pk, "lei", "213800699Y1P5GMARI40", actor=world.actor("alice"), at=AT)
    row = {"kind": "lei", "value": "213800699Y1P5GMARI40", "verdict": "valid"}
    Identity.objects.create(customer=c2, entered_by="x", entered_at=AT, **row)
    look_for_pairs(at=AT)
    assert pairs() == {("C1", "C2", "lei")}


def test_a_merged_pair_goes_and_comes_back_when_it_is_taken_apart(world: World) -> None:
    c1 = make_customer("C1", unit=None, name="广州华贸有限公司")
    c2 = make_customer("C2", unit=None, name="广州华贸股份有限公司")
    assert look_for_pairs(at=AT) == 1
    merge(c2.pk, c1.pk, WHY, actor=world.actor("alice"), at=AT)
    assert look_for_pairs(at=AT) == 0
    unmerge(c2.pk, WHY, actor=world.actor("alice"), at=AT)
    assert look_for_pairs(at=AT) == 1


def test_not_the_same_is_kept_with_its_reason_however_often_the_round_looks(world: World) -> None:
    make_customer("C1", unit=None, name="广州华贸有限公司")
    make_customer("C2", unit=None, name="广州华贸股份有限公司")
    look_for_pairs(at=AT)
    pair = AlikePair.objects.get()
    before = PendingEntry.objects.count()
    say_different(pair.pk, "两家独立法人", actor=world.actor("alice"), at=AT)
    assert PendingEntry.objects.count() == before + 1
    assert look_for_pairs(at=AT) == 0
    pair.refresh_from_db()
    assert pair.different_reason == "两家独立法人"
    assert pair.different_by == world.actor("alice").ref


def test_judging_wants_a_reason_the_right_and_both_in_sight(world: World) -> None:
    make_customer("C1", unit=world.units["EAST"], name="广州华贸有限公司")
    make_customer("C2", unit=world.units["WEST"], name="广州华贸股份有限公司")
    look_for_pairs(at=AT)
    pair = AlikePair.objects.get()
    for name, reason, code in [
        ("bob", "两家独立法人", "NOT_ALLOWED"),
        ("alice", " ", "NEEDS_REASON"),
        ("alice", "长" * 1001, "REASON_TOO_LONG"),
    ]:
        with pytest.raises(Refused) as caught:
            say_different(pair.pk, reason, actor=world.actor(name), at=AT)
        assert caught.value.code.name == code
    assert not AlikePair.objects.visible_to(world.bob).exists()
    assert AlikePair.objects.visible_to(world.alice).count() == 1


def test_many_of_one_name_are_paired_with_the_oldest(world: World) -> None:
    for number in range(25):
        make_customer(f"C{number}", unit=None, name="散客")
    assert look_for_pairs(at=AT) == 24
    first = Customer.objects.order_by("pk")[0]
    assert set(AlikePair.objects.values_list("one", flat=True)) == {first.pk}
