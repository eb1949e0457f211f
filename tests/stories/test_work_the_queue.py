"""Alice works through the hold queue by keyboard, releases several at once, and leaves it to Gao;
Bob looks at his own on a phone. In a real browser, with axe, and without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.web.pages import buyer, signed_in
from tests.world import World, ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.notices import look_after
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    """Three held orders that bob asked about, and everybody concerned has been told."""
    made = make_world()
    for n in (1, 2, 3):
        buyer(f"C-{n}", made.units["EAST"], 100_00, name=f"长江建材{n}")
        check_orders([ask(f"PO-{n}", f"C-{n}", n * 500_00)], actor=made.actor("bob"))
    look_after(at=timezone.now())
    return made


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the console said; a test that leaves it empty has broken no rule of the CSP."""
    heard: list[str] = []
    yield heard
    assert heard == []


def enter(browser: Browser, served: str, user: User, said: list[str], **how: Any) -> Page:
    context = browser.new_context(**{"locale": "zh-CN", **how})
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": served}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page


def test_the_queue_is_worked_by_keyboard(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/holds/?sort=opened")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_contain_text("PO-2")
    assert page.evaluate("document.activeElement.textContent") == "PO-2"  # readers hear where
    page.keyboard.press("x")
    expect(page.locator("[data-picked-count]")).to_have_text("已选 1 笔")
    page.keyboard.press("a")
    expect(page.locator(".weighed")).to_contain_text("您可以放行这一笔")
    page.keyboard.type("xja")  # typed, not obeyed
    expect(page.locator(".judge textarea")).to_have_value("xja")
    expect(page.locator("[data-picked-count]")).to_have_text("已选 1 笔")
    page.fill(".judge textarea", "客户今天付款")
    page.click("button:has-text('确认放行')")
    expect(page.locator(".hold.done")).to_contain_text("已放行订单 PO-2")

    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.click("[data-keys-switch]")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert page.locator("tr.here").count() == 0  # switched off
    page.keyboard.press("Tab")


def test_several_are_released_with_one_reason(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/holds/")
    page.check("[data-pick-all]")
    expect(page.locator("[data-picked-count]")).to_have_text("已选 3 笔")
    page.click("button:has-text('放行所选')")
    expect(page.locator(".summary-line")).to_contain_text("3 笔将放行，3,000.00 CNY")
    page.fill("textarea[name=reason]", "季末集中放行，已与客户对账")
    page.click("button:has-text('放行 3 笔')")
    expect(page.locator("h1")).to_contain_text("已放行 3 笔")
    assert set(Hold.objects.values_list("state", flat=True)) == {"released"}


def test_a_filter_asks_anew_and_a_view_is_kept(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/holds/")
    page.fill("#filters input[name=q]", "po-3")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=po-3**")
    expect(page.locator("tbody.hold")).to_have_count(1)
    page.goto(page.url)
    page.click(".views-menu summary")
    page.fill("#view-name", "三号")
    page.click("button:has-text('保存视图')")
    expect(page.locator(".views-menu summary")).to_contain_text("三号")


def test_the_queue_works_without_scripts(world: World, served: str, browser: Browser) -> None:
    page = enter(browser, served, world.alice, [], java_script_enabled=False)
    page.goto(f"{served}/holds/")
    page.select_option("select[name=code]", index=1)
    page.click("noscript button, #filters button:has-text('筛选')")
    page.locator("input[name=pick]").first.check()
    page.click("button:has-text('保留所选')")
    page.fill("textarea[name=reason]", "客户换了收货地址")
    page.click("button:has-text('保留 1 笔')")
    assert "已保留 1 笔" in page.inner_text("h1")
    page.goto(f"{served}/holds/{Decision.objects.get(order_ref='PO-2').pk}/")
    page.click("button:has-text('看能否由我放行')")
    assert "您可以放行这一笔" in page.inner_text("#main")


def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    one = Decision.objects.get(order_ref="PO-1").pk
    addresses = ["/holds/", f"/holds/{one}/", f"/holds/{one}/reject/", "/notices/"]
    found: list[str] = []
    for user, more in ((world.alice, ["/people/deputies/"]), (world.bob, [])):
        page = enter(browser, served, user, said)
        for width, scheme in ((1440, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            for address in (*addresses[: 4 if more else 2], *more):
                page.goto(served + address, wait_until="networkidle")
                found += serious(page)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert found == []


def serious(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {rule['nodes'][0]['html'][:160]} {rule['nodes'][0]['any'][:1]}"
        for rule in violations
        if rule["impact"] in ("serious", "critical")
    ]
