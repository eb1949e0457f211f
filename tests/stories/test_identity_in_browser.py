"""Alice says who a company is, in a browser: a number, a place picked while typing, a merge taken
apart after a preview; every page fits a phone and axe is content.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.web.pages import buyer
from tests.world import AT, PASSWORD, World, make_world
from xinheng.customers.control import NewShare, enter_share, verify_share
from xinheng.customers.duplicates import look_for_pairs
from xinheng.customers.identities import add_identity, override_identity
from xinheng.customers.models import Customer
from xinheng.decisions.regrouping import merge
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = (
    "/customers/C1/file/basic/",
    "/customers/C1/identity/",
    "/customers/C1/group/",
    "/customers/C2/",
    "/customers/merged/",
    "/customers/duplicates/",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}


@pytest.fixture
def desk(transactional_db: None, served: str, page: Any) -> Any:
    _companies(make_world())
    hashed = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.filter(username="alice").update(password=hashed)
    page.set_default_timeout(30_000)
    page.heard = []
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("console", lambda m: page.heard.append(m.text) if m.type == "error" else None)
    page.goto(f"{served}/sign-in/?next=/customers/C1/identity/")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/customers/C1/identity/")
    return page


def _companies(world: World) -> None:
    told: dict[str, Any] = {"actor": world.actor("alice"), "at": timezone.now()}
    names = ("重庆长安建材有限公司", "重庆长安建材厂", "长江控股集团有限公司", "长江水泥有限公司")
    for place, name in enumerate((*names, "长江水泥股份有限公司"), 1):
        buyer(f"C{place}", world.units["EAST"], 900_00, name=name, open_items=300_00)
    one = Customer.objects.get(code="C1")
    override_identity(one.pk, "uscc", "91350203M0001FUE2P", "执照原件上如此", **told)
    add_identity(one.pk, "vat", "DE136695976", **told)
    merge(Customer.objects.get(code="C2").pk, one.pk, "同一家企业两次建档", **told)
    create_user(
        *("ann", PASSWORD),
        name="安",
        roles=["credit_manager"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    ann = of_user(User.objects.get(username="ann"))
    for owner, owned, bps in (("C3", "C1", 6000), ("C3", "C4", 5100), ("C4", "C1", 2500)):
        made = enter_share(NewShare(owner, owned, "equity", bps, "公示系统"), **told)
        verify_share(made.pk, actor=ann, at=timezone.now())
    enter_share(NewShare("C5", "C1", "voting", 1000, "章程"), actor=ann, at=timezone.now())
    look_for_pairs(at=timezone.now())


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 390), ("en", 1440)])
def test_every_page_fits_and_axe_is_content(
    desk: Any, served: str, language: str, width: int
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": served}])
    for place, path in enumerate(PAGES):
        desk.goto(served + path)
        if shots := os.environ.get("XINHENG_SHOTS"):
            desk.screenshot(path=f"{shots}/{place}-{language}-{width}.png", full_page=True)
        wide = desk.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path}: {wide} px wide"
        found = Axe().run(desk, options=RULES)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    assert desk.heard == []


def test_a_place_is_picked_while_typing_and_a_merge_taken_apart(desk: Any, served: str) -> None:
    desk.locator("#id_place-division").press_sequentially("330106")
    desk.wait_for_selector("#picks-division option[value^='330106']", state="attached")
    desk.click("#act-place-title >> xpath=ancestor::section >> button")
    desk.wait_for_selector("text=区划与行业已保存")
    desk.goto(f"{served}/customers/merged/")
    desk.click("button[value=weigh]")
    desk.wait_for_selector("text=尚未保存")
    desk.fill("input[name=reason]", "查明是两家")
    desk.click("button[value=part]")
    desk.wait_for_selector("text=恢复为独立档案")
    assert desk.heard == []
