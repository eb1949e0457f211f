"""The tab Payment: every payment in one band, shares of what was paid, a plain word where nothing
was.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.web.pages import signed_in, text_of
from tests.world import make_customer, make_world
from xinheng.credit.lateness import Experience
from xinheng.web.files.paying import BANDS, bands_of


@pytest.mark.parametrize(
    ("days", "place"),
    [
        *[(-9, 0), (0, 0), (1, 1), (15, 1), (16, 2), (30, 2), (31, 3), (60, 3)],
        *[(61, 4), (90, 4), (91, 5), (999, 5)],
    ],
)
def test_each_payment_stands_in_one_band(days: int, place: int) -> None:
    found = bands_of([Experience(500, days)])
    assert [one.count for one in found] == [int(n == place) for n in range(len(BANDS))]


def test_shares_are_of_what_was_paid() -> None:
    found = bands_of([Experience(30_000_000, 0), Experience(10_000_000, 20)])
    assert [one.share_pct for one in found if one.count] == [Decimal("75.00"), Decimal("25.00")]
    assert sum(one.amount_minor for one in found) == 40_000_000
    assert bands_of([]) == []


@pytest.mark.django_db
def test_without_invoices_the_tab_says_so() -> None:
    world = make_world()
    make_customer("C-1", unit=world.units["EAST"])
    for language, said in (("zh-hans", "还没有发票和收款"), ("en", "No invoice and no payment")):
        page = text_of(signed_in(world.bob, language).get("/customers/C-1/file/payment/"))
        assert said in page
