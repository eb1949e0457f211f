"""A salesman checks an order, it is held, the credit manager releases it, the proof follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.web.pages import buyer, signed_in
from tests.world import make_world
from xinheng.decisions.models import Decision
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return make_world()


def enter(browser: Browser, served: str, user: User, **how: Any) -> Page:
    """A browser of one's own, signed in (the sign-in page has tests of its own)."""
    context = browser.new_context(**{"locale": "zh-CN", **how})
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": served}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def test_an_order_is_held_and_another_person_releases_it(world, served, browser):
    buyer("CJ", world.units["EAST"], 100_000_00, name="长江建材", terms_days_max=30)
    bob = enter(browser, served, world.bob)
    bob.goto(f"{served}/orders/check/")
    bob.fill("#id-customer", "cj")
    bob.locator(".picks a").first.click()
    expect(bob.locator(".chosen")).to_contain_text("长江建材")
    bob.fill("#id-amount", "180,000.00")
    bob.fill("#id-order_ref", "PO-77")
    bob.click("#check-button")
    expect(bob.locator(".verdict")).to_contain_text("冻结")
    expect(bob.locator("#answer")).to_contain_text("超过授信额度")
    bob.click("text=为什么是这个答案")
    expect(bob.locator(".trace")).to_contain_text("可用额度")

    alice = enter(browser, served, world.alice, viewport={"width": 390, "height": 844})
    alice.goto(f"{served}/holds/")
    assert alice.evaluate("document.documentElement.scrollWidth") <= 390
    alice.locator(".hold a.btn:has-text('放行')").click()
    alice.click("button:has-text('确认放行')")
    expect(alice.locator(".judge [role=alert]")).to_contain_text("请写明理由")
    alice.fill(".judge textarea", "客户已付定金，附银行回单。")
    alice.click("button:has-text('确认放行')")
    expect(alice.locator(".hold.done")).to_contain_text("已放行订单 PO-77")

    bob.reload()
    expect(bob.locator("#main")).to_contain_text("已放行")
    expect(bob.locator("#main")).to_contain_text("客户已付定金")
    expect(bob.locator("#proof")).to_contain_text("已记录")
    assert Decision.objects.get().reservation_id is not None


def test_the_requester_s_own_hold_offers_no_button(world, served, browser):
    buyer("CJ", world.units["EAST"], 1_00, name="长江建材")
    alice = enter(browser, served, world.alice)
    alice.goto(f"{served}/orders/check/?customer=CJ")
    alice.fill("#id-amount", "180000")
    alice.click("#check-button")
    expect(alice.locator(".verdict")).to_contain_text("冻结")
    alice.goto(f"{served}/holds/")
    expect(alice.locator(".hold")).to_contain_text("本人提出，需他人处理")
    assert alice.locator(".hold a.btn:has-text('放行')").count() == 0


def test_the_pages_work_without_scripts(world, served, browser):
    buyer("CJ", world.units["EAST"], 1_000_000_00, name="长江建材")
    cookies = enter(browser, served, world.bob).context.cookies()
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{served}/orders/check/")
    page.fill("#id-customer", "CJ")
    page.fill("#id-amount", "1000")
    page.click("#check-button")
    expect(page.locator(".verdict")).to_contain_text("通过")
