"""Behind a component of the exposure: whether counter, journal and documents agree."""

from __future__ import annotations

import pytest

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.limits.models import CreditLine

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/customers/C1/file/movements/?component=orders&currency=CNY"


@pytest.mark.parametrize(
    ("more", "said"),
    [(0, "计数、流水与 1 张单据逐分相等"), (1, "不一致：计数 400.01，流水 400.00")],
)
def test_the_panel_says_whether_the_figures_agree(more, said):
    world = make_world()
    buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"))
    CreditLine.objects.update(orders_minor=400_00 + more)
    assert said in text_of(signed_in(world.alice).get(ADDRESS, headers=HTMX))
