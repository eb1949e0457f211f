"""Alice grants the limits that wait: she narrows the list, reads the summary, grants, and sees the
lines in force; an amount of her own waits for somebody else.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.limits.proposals import waiting_for
from tests.stories.test_check_and_release import enter
from tests.world import make_world
from xinheng.limits.models import CreditLine, Proposal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return make_world()


def test_limits_are_granted_after_their_summary(world, served, browser):
    # Broken build: grant on the first click, and the summary's promise is a lie.
    waiting_for("C1", world.units["EAST"], 100_000_00)
    waiting_for("C2", world.units["EAST"], 120_000_00, 130_000_00)
    alice = enter(browser, served, world.alice)
    alice.goto(f"{served}/limits/")
    expect(alice.locator("table.proposals tbody tr")).to_have_count(2)
    alice.click("button:has-text('授予全部 2 条')")
    expect(alice.locator("h1")).to_have_text("授予前的汇总")
    expect(alice.locator("#main")).to_contain_text("将授予 2 户，合计 220,000.00 CNY")
    expect(alice.locator("#main")).to_contain_text("其中 1 户的当前占用高于授予额度")
    assert not Proposal.objects.filter(state="granted").exists()
    alice.click("button:has-text('授予 2 户')")
    expect(alice.locator("#main")).to_contain_text("2 户，合计 220,000.00 CNY")
    granted = CreditLine.objects.order_by("customer__code").values_list("amount_minor", flat=True)
    assert list(granted) == [100_000_00, 120_000_00]
    alice.goto(f"{served}/customers/C1/")
    expect(alice.locator(".figures")).to_contain_text("100,000.00")


def test_an_amount_of_one_s_own_waits_for_somebody_else_on_a_phone_too(world, served, browser):
    # Broken build: let the person who proposed an amount grant it.
    waiting_for("C1", world.units["EAST"], 100_000_00)
    alice = enter(browser, served, world.alice, viewport={"width": 390, "height": 844})
    alice.goto(f"{served}/limits/of/C1/CNY/")
    assert alice.evaluate("document.documentElement.scrollWidth") <= 390
    alice.fill("#amount [name=amount]", "150,000.00")
    alice.fill("#amount [name=reason]", "旺季订单已签合同，附合同扫描件。")
    alice.click("#amount button[type=submit]")
    expect(alice.locator("#main")).to_contain_text("须由另一位有权限的人授予")
    assert alice.locator("button:has-text('授予…')").count() == 0
    assert Proposal.objects.get(state="proposed").amount_minor == 150_000_00
