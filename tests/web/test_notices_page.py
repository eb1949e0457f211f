"""Notices: one sentence each, opened once, read once, and counted by the bell."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, ask, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Notice
from xinheng.decisions.notices import look_after
from xinheng.decisions.releasing import release_hold

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """Bob asked about an order of the East; it is held and everybody concerned has been told."""
    made = make_world()
    buyer("C-1", made.units["EAST"], 100_00, name="长江建材", name_en="Yangtze Materials")
    check_orders([ask("PO-1", "C-1", 500_00)], actor=made.actor("bob"))
    look_after(at=timezone.now())
    return made


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh-hans", "订单 PO-1（长江建材）被冻结"), ("en", "Order PO-1 (Yangtze Materials) is held")],
)
def test_a_notice_is_a_sentence_in_the_reader_s_language(
    world: World, language: str, sentence: str
) -> None:
    assert sentence in text_of(signed_in(world.alice, language).get("/notices/"))


def test_opening_one_reads_it_and_leads_to_the_hold(world: World) -> None:
    bob = signed_in(world.bob)
    row = Notice.objects.get(user=world.bob)
    assert "通知，1 条未读" in text_of(bob.get("/customers/"))
    answer = bob.post(f"/notices/{row.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, f"/holds/{row.decision_id}/")
    row.refresh_from_db()
    assert row.read_at is not None
    assert "条未读" not in text_of(bob.get("/customers/"))


def test_after_the_hold_has_ended_it_leads_to_the_decision(world: World) -> None:
    decision = Decision.objects.get()
    release_hold(decision.pk, "客户今天付款", actor=world.actor("alice"), at=timezone.now())
    look_after(at=timezone.now())
    bob = signed_in(world.bob)
    assert "已放行" in text_of(bob.get("/notices/"))
    row = Notice.objects.get(user=world.bob, kind="released")
    assert bob.post(f"/notices/{row.pk}/open/")["Location"] == f"/decisions/{decision.pk}/"


def test_all_at_once_and_only_one_s_own(world: World) -> None:
    signed_in(world.bob).post("/notices/read/")
    assert Notice.objects.get(user=world.bob).read_at is not None
    assert Notice.objects.get(user=world.alice).read_at is None
    assert signed_in(world.bob).get("/notices/?tab=unread").context["lines"] == []


def test_another_s_notice_is_absent(world: World) -> None:
    row = Notice.objects.get(user=world.alice)
    assert signed_in(world.bob).post(f"/notices/{row.pk}/open/").status_code == 404
    row.refresh_from_db()
    assert row.read_at is None


def test_who_lost_sight_of_the_customer_is_told_nothing_of_it(world: World) -> None:
    Customer.objects.update(business_unit_id=world.units["WEST"])
    page = signed_in(world.bob).get("/notices/")
    assert page.context["lines"] == []
    assert "PO-1" not in text_of(page) and "条未读" not in text_of(page)


def test_reading_the_list_reads_nothing_away(world: World) -> None:
    signed_in(world.bob).get("/notices/")
    assert Notice.objects.get(user=world.bob).read_at is None
