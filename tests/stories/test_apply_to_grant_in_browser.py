"""Bob applies, Fang investigates, assesses and proposes, Guo agrees, the letter is there, and the
first order above the old limit passes (it stays below the cap of 60 % for a single order).

In a real browser: each does it on the pages alone; nothing scrolls sideways at 390 px, axe is
content, no error in the console.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.applications.stage import grade
from tests.stories.test_check_and_release import enter
from tests.web.pages import buyer
from tests.world import AT, PASSWORD, World, make_world
from xinheng.applications.models import Application
from xinheng.customers.models import Customer
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = {"fang": ("方（分析员）", "analyst"), "guo": ("郭（信用专员）", "credit_officer")}
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}
RULES = {"resultTypes": ["violations"]}


@pytest.fixture
def world(transactional_db: None) -> World:
    made = make_world()
    for username, (name, role) in PEOPLE.items():
        create_user(
            username,
            PASSWORD,
            name=name,
            roles=[role],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    buyer("CJ", made.units["EAST"], 300_000_00, name="长江建材贸易有限公司", terms_days_max=30)
    grade(Customer.objects.get(code="CJ"), "BBB", timezone.now())
    return made


def look(page: Page, name: str) -> None:
    """The page fits both sizes and axe is content; SHOTS names a folder for pictures."""
    for size, label in ((PHONE, "phone"), (WIDE, "wide")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{name}: {wide} px wide"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(folder) / f"{label}-{name}.png"), full_page=True)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{name}\n{found.generate_report()}"


def desk_of(browser: Browser, served: str, user: User, heard: list[str]) -> Page:
    page = enter(browser, served, user, viewport=WIDE)
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return page


def test_from_a_wish_to_the_first_order(world: World, served: str, browser: Browser) -> None:
    heard: list[str] = []
    users = {name: User.objects.get(username=name) for name in PEOPLE}
    bob = desk_of(browser, served, world.bob, heard)
    fang = desk_of(browser, served, users["fang"], heard)
    guo = desk_of(browser, served, users["guo"], heard)

    address = _bob_applies(bob, served)
    fang.goto(address)
    _fang_investigates(fang)
    _fang_proposes(fang)
    _guo_agrees(guo, address)
    _bob_reads_the_letter_and_sells(bob, served, address)
    assert [one for one in heard if "422" not in one] == []  # a refusal is answered with 422


def _bob_applies(bob: Page, served: str) -> str:
    bob.goto(f"{served}/customers/CJ/")
    bob.click("a.btn:has-text('申请授信')")
    bob.fill("#id_amount", "80")
    expect(bob.locator("#written-out")).to_contain_text("人民币捌拾万元整")
    bob.fill("#id_terms_days", "60")
    bob.fill("#id_purpose", "明年框架合同，每月发货约二十万元")
    look(bob, "new")
    bob.click("button:has-text('提交申请')")
    expect(bob.locator("#main")).to_contain_text("待受理")
    address = bob.url
    bob.goto(f"{served}/applications/")
    expect(bob.locator(".ticket")).to_contain_text("长江建材")
    look(bob, "board")
    bob.goto(f"{served}/applications/?as=table")
    look(bob, "table")
    return address


def _fang_investigates(fang: Page) -> None:
    fang.click("button:has-text('受理')")
    expect(fang.locator(".task-list > li").first).to_be_visible()
    fang.locator(".task-list summary").first.click()
    look(fang, "tasks")
    fang.locator(".task-list button:has-text('完成')").first.click()
    expect(fang.locator(".task-list [role=alert]")).to_be_visible()  # what was found?
    while fang.locator(".task-list > li:has(details)").count():
        point = fang.locator(".task-list > li:has(details)").first
        if not point.locator("details[open]").count():
            point.locator("summary").click()
        point.locator("textarea").fill("已核实，无异常。")
        point.locator("button:has-text('完成')").click()
        fang.wait_for_load_state()
    fang.click("button:has-text('评估并固定快照')")
    expect(fang.locator(".methods")).to_contain_text("L11")


def _fang_proposes(fang: Page) -> None:
    fang.fill("#id_amount", "800,000.00")
    fang.select_option("#id_method", "own")
    fang.fill("#id_why", "框架合同已签，两年付款准时，按在手订单核定。")
    expect(fang.locator("#foreseen")).to_contain_text("信用专员")
    look(fang, "proposing")
    fang.click("button:has-text('提交审批')")
    expect(fang.locator("#main")).to_contain_text("审批中")
    assert fang.locator("button:has-text('同意')").count() == 0  # who assessed has no vote


def _guo_agrees(guo: Page, address: str) -> None:
    guo.goto(address)
    look(guo, "deciding")
    guo.set_viewport_size(PHONE)  # type: ignore[arg-type]
    guo.locator("[name=words]").fill("同意，按月跟踪回款。")
    guo.click("button[name=vote][value=yes]")
    expect(guo.locator("#main")).to_contain_text("已授信")


def _bob_reads_the_letter_and_sells(bob: Page, served: str, address: str) -> None:
    bob.goto(address)
    expect(bob.locator(".letter-text")).to_contain_text("人民币捌拾万元整")
    bob.fill("[name=how]", "邮件发给采购经理")
    bob.click("button:has-text('记录送出')")
    expect(bob.locator("#main")).to_contain_text("已送出")
    look(bob, "granted")
    assert Application.objects.get().state == "granted"
    order: dict[str, Any] = {"#id-amount": "450,000.00", "#id-order_ref": "PO-1"}
    bob.goto(f"{served}/orders/check/?customer=CJ&currency=CNY")
    for field, value in order.items():
        bob.fill(field, value)
    bob.click("#check-button")
    expect(bob.locator(".verdict")).to_be_visible()
    expect(bob.locator(".verdict")).to_contain_text("通过")
