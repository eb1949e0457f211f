"""Alice works through facts that wait by keyboard, decides between two sources, and looks at what
grows stale; Bob reads why his entry was turned down. In a real browser, with axe, on a phone, and
without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.web.pages import signed_in
from tests.web.verification.staged import desk, entered, standing
from tests.world import World
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.people.models import User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "与营业执照原件不符"


@pytest.fixture
def world(transactional_db: None) -> World:
    """Five facts wait, two sources disagree, one fact is stale."""
    made, now = desk(), timezone.now()
    earlier = {"at": now - timedelta(days=3)}
    standing("goods_bought", "水泥", source="licence", reliability="A", **earlier)
    standing("goods_bought", "熟料", source="bureau:qcc", **earlier)
    seen = today(now) - timedelta(days=120)
    standing("court_cases", "无", observed_on=seen, **earlier)
    entered("registered_capital", "8000000 CNY", evidence="执照副本 2026-03", **earlier)
    entered("employees", "120", at=now)
    entered("enforced_debtor", "no", at=now)
    entered("person_in_charge", "王芳", at=now)
    entered("goods_bought", "砂石", source="visit", at=now)
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
    page.set_default_timeout(15_000)
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page


def test_facts_are_verified_and_turned_down_by_keyboard(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/verification/")
    expect(page.locator("tbody.hold")).to_have_count(5)
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_contain_text("注册资本")
    page.keyboard.press("a")
    expect(page.locator(".judge input[name=how]").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # the third: public record
    page.keyboard.press("Tab")
    page.keyboard.type("xar")  # typed into the box, not obeyed
    page.locator(".judge input[name=confidence]").fill("95")
    page.keyboard.press("Enter")
    expect(page.locator(".hold.done")).to_contain_text("注册资本已入档")
    fact = Fact.objects.get(field="registered_capital")
    assert (fact.how, fact.confidence) == ("public_record", 95)

    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_contain_text("员工人数")
    page.keyboard.press("r")
    expect(page.locator(".judge textarea")).to_be_focused()
    page.keyboard.type(WHY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".hold.done").nth(1)).to_contain_text("已退回：员工人数")

    bob = enter(browser, served, world.bob, said, viewport={"width": 390, "height": 844})
    bob.goto(f"{served}/verification/mine/?state=rejected")
    expect(bob.locator("#main")).to_contain_text(WHY)


def test_several_are_verified_after_a_summary(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/verification/")
    page.check("[data-pick-all]")
    expect(page.locator("[data-picked-count]")).to_have_text("已选 5 项")
    page.click("button:has-text('核验所选')")
    expect(page.locator(".summary-line")).to_contain_text("5 项将核验")
    page.check("input[name=how][value=public_record]")
    page.click("button:has-text('核验 5 项')")
    expect(page.locator("h1")).to_contain_text("已核验 5 项")
    assert Fact.objects.waiting().get().field == "enforced_debtor"  # waits for a second person


def test_a_person_decides_between_two_sources(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    page = enter(browser, served, world.alice, said)
    page.goto(f"{served}/verification/conflicts/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("采购品种")
    assert page.locator("input[name=chosen]:checked").count() == 0
    page.check("input[name=chosen] >> nth=0")
    page.fill("textarea[name=reason]", "以营业执照原件为准")
    page.click("button:has-text('裁定')")
    expect(page.locator("#main")).to_contain_text("不再有效")
    assert ConflictCase.objects.get().resolved_by_id == world.alice.pk


def test_the_queue_works_without_scripts(world: World, served: str, browser: Browser) -> None:
    page = enter(browser, served, world.alice, [], java_script_enabled=False)
    page.goto(f"{served}/verification/")
    page.select_option("select[name=block]", "basic")
    page.click("#filters button:has-text('筛选')")
    page.click("a:has-text('注册资本')")
    page.check("input[name=how][value=site_visit]")
    page.click("button:has-text('确认核验')")
    assert "注册资本已入档" in page.inner_text(".messages")


def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    world: World, served: str, browser: Browser, said: list[str]
) -> None:
    case = ConflictCase.objects.get().pk
    waiting = Fact.objects.waiting().values_list("pk", flat=True)
    addresses = [
        *("", f"{waiting[0]}/", f"{waiting[0]}/verify/", "conflicts/", f"conflicts/{case}/"),
        *("mine/", "calendar/", "calendar/?by=customer", "measures/"),
    ]
    found: list[str] = []
    page = enter(browser, served, world.alice, said)
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for address in addresses:
            page.goto(f"{served}/verification/{address}", wait_until="networkidle")
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
