"""The panel of ways out: on the decision page, under a row of the queue, never for a stranger."""

from __future__ import annotations

import pytest

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.limits.models import CreditLine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world) -> Decision:
    buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask("PO-1", "C1", 1_400_00)], actor=world.actor("bob"))
    return Decision.objects.get()


def test_the_decision_page_and_the_queue_lead_to_the_panel(world, held):
    client, address = signed_in(world.alice), f"/decisions/{held.pk}/ways-out/"
    assert f'hx-get="{address}"' in text_of(client.get(f"/decisions/{held.pk}/"))
    assert f'hx-get="{address}" hx-target="#judge-{held.pk}"' in text_of(client.get("/holds/"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", ["放行方案", "发货前预收 400.00 CNY（订单的 28.58%）", "把额度提高 400.00"]),
        ("en", ["Ways out", "Ship 1,000.00 CNY of it (71.42% of the order)", "Raise the limit"]),
    ],
)
def test_the_panel_tells_each_way_with_a_link(world, held, language, said):
    client = signed_in(world.alice, language)
    fragment = text_of(client.get(f"/decisions/{held.pk}/ways-out/", headers=HTMX))
    for words in (*said, "/limits/of/C1/CNY/"):
        assert words in fragment
    assert "<html" not in fragment
    assert "<html" in text_of(client.get(f"/decisions/{held.pk}/ways-out/"))


def test_shipping_part_opens_the_order_form_as_the_next_version(world, held):
    page = text_of(signed_in(world.bob).get(f"/decisions/{held.pk}/ways-out/", headers=HTMX))
    filled = "order_ref=PO-1&amp;version=2&amp;amount=1000.00&amp;currency=CNY&amp;terms_days=30"
    assert filled in page


def test_what_passes_by_now_says_so(world, held):
    CreditLine.objects.update(amount_minor=1_400_00)
    page = signed_in(world.alice).get(f"/decisions/{held.pk}/ways-out/", headers=HTMX)
    assert "可以通过" in text_of(page)


def test_what_no_step_mends_is_left_to_a_person(world, held):
    CreditLine.objects.update(forced_hold=True, terms_days_max=10)
    page = signed_in(world.alice).get(f"/decisions/{held.pk}/ways-out/", headers=HTMX)
    assert "由有权限的人决定" in text_of(page)


def test_an_approved_order_has_no_panel(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask("PO-1", "C1", 100)], actor=world.actor("bob"))
    approved = Decision.objects.get()
    client = signed_in(world.alice)
    assert "ways-out" not in text_of(client.get(f"/decisions/{approved.pk}/"))
    page = client.get(f"/decisions/{approved.pk}/ways-out/", headers=HTMX)
    assert "没有等待中的冻结" in text_of(page)


def test_a_stranger_s_panel_is_404(world, held):
    assert signed_in(world.eve).get(f"/decisions/{held.pk}/ways-out/").status_code == 404
