"""The order page asks the one action that everybody asks, and loses nothing that was typed."""

from __future__ import annotations

import json

import pytest

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import make_world
from xinheng.decisions.models import Decision
from xinheng.limits.models import Reservation

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/orders/check/"


@pytest.fixture
def world():
    return make_world()


def order(**fields):
    usual = {"customer": "C1", "amount": "180000.00", "currency": "CNY", "order_ref": "PO-1"}
    return {**usual, "terms_days": "30", "version": "1", "requested_on": "", **fields}


def test_an_order_within_the_line_is_approved_on_the_page(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    page = text_of(signed_in(world.bob).post(PAGE, order()))
    decision = Decision.objects.get()
    assert decision.outcome == "approve"
    assert "通过" in page and str(decision.pk) in page
    assert Reservation.objects.get().amount_minor == 180_000_00
    assert decision.person_id == world.bob.pk


def test_a_hold_tells_every_reason_in_words(world):
    buyer("C1", world.units["EAST"], 1_000_00, terms_days_max=15)
    page = text_of(signed_in(world.bob).post(PAGE, order()))
    answer = json.loads(bytes(Decision.objects.get().answer))
    assert len(answer["reasons"]) >= 2
    for reason in answer["reasons"]:
        assert reason["text"]["zh"] in page
    assert not Reservation.objects.exists()


def test_the_same_order_again_shows_the_same_answer_and_decides_nothing(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    client = signed_in(world.bob)
    client.post(PAGE, order())
    page = text_of(client.post(PAGE, order()))
    assert Decision.objects.count() == 1
    assert "一字未改" in page


def test_an_order_that_came_by_the_api_is_the_same_order_on_the_page(world):
    from xinheng.api.order_checks import OrderCheck, as_ask
    from xinheng.decisions.actions import check_orders

    buyer("C1", world.units["EAST"], 1_000_000_00)
    sent = OrderCheck("PO-1", "C1", "180000.00", "CNY", terms_days=30, requested_on="2026-11-22")
    check_orders([as_ask(sent)], actor=world.actor("bob"))
    page = text_of(signed_in(world.bob).post(PAGE, order(requested_on="2026-11-22")))
    assert Decision.objects.count() == 1
    assert "一字未改" in page


def test_another_amount_under_the_same_number_offers_a_new_version(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    client = signed_in(world.bob)
    client.post(PAGE, order())
    page = text_of(client.post(PAGE, order(amount="90000.00")))
    assert "已经判断过" in page and "作为第 2 版检查" in page
    assert Decision.objects.count() == 1
    client.post(PAGE, order(amount="90000.00", version="2"))
    assert Decision.objects.get(version=2).amount_minor == 90_000_00


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "abc", "无法识别"),
        ("amount", "0", "大于零"),
        ("amount", "1.005", "小数位过多"),
        ("currency", "XXQ", "不可用"),
        ("customer", "nobody", "没有符合"),
        ("terms_days", "soon", "天数"),
        ("version", "0", "从 1 开始"),
        ("requested_on", "22/11/2026", "2026-11-22"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_typed_is_lost(
    world, field, typed, said
):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    page = text_of(signed_in(world.bob).post(PAGE, order(**{field: typed})))
    assert said in page
    assert f'value="{typed}"' in page
    assert 'value="PO-1"' in page
    assert not Decision.objects.exists()


def test_thousands_separators_are_understood_where_a_person_types(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    signed_in(world.bob).post(PAGE, order(amount="180,000.00"))
    assert Decision.objects.get().amount_minor == 180_000_00


def test_a_stranger_s_customer_does_not_exist_on_the_page(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    page = text_of(signed_in(world.eve).post(PAGE, order()))
    assert "没有符合" in page
    assert not Decision.objects.exists()
    assert "C1" not in text_of(signed_in(world.eve).get("/orders/check/customers/?customer=c1"))


def test_several_matches_are_offered_to_choose_from(world):
    buyer("ACME-1", world.units["EAST"], 1, name="甲一")
    buyer("ACME-2", world.units["EAST"], 1, name="甲二")
    page = text_of(signed_in(world.bob).post(PAGE, order(customer="acme")))
    assert 'value="ACME-1"' in page and 'value="ACME-2"' in page


def test_htmx_gets_the_answer_and_the_form_without_the_frame(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    page = text_of(signed_in(world.bob).post(PAGE, order(), headers=HTMX))
    assert "<html" not in page
    assert 'hx-swap-oob="true"' in page and "verdict" in page


def test_an_order_without_a_number_gets_one(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    signed_in(world.bob).post(PAGE, order(order_ref=""))
    assert Decision.objects.get().order_ref.startswith("WEB-")


def test_who_may_not_check_orders_finds_no_page(world):
    assert signed_in(world.dora).get(PAGE).status_code == 404


def test_english_readers_get_english(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    page = text_of(signed_in(world.bob, "en").post(PAGE, order()))
    assert "On hold" in page and "冻结" not in page.replace("中文", "")
