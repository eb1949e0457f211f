"""Alice reads a credit file in a browser: tabs, a fact's drawer by keyboard, a past day by slider,
two days side by side; then Bob corrects a fact, with a mistake on the way.

In Chinese and English, wide and on a phone of 390 px: no sideways scroll, a quiet console, axe is
content.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.web.filed import CODE, filed
from tests.world import PASSWORD, make_world
from xinheng.dossiers.models import Fact
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)
FILE = f"/customers/{CODE}/"
PAGES = (
    "",
    "file/basic/",
    "file/licences/",
    "file/payment/?as_of=2026-03-02",
    "?as_of=2026-04-02",
    "file/fields/registered_capital/",
    "file/enter/",
    "file/enter/?field=legal_representative",
    "file/compare/?one=2026-03-01&other=2026-04-03",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}


@pytest.fixture
def desk(transactional_db: None, served: str, page: Any) -> Any:
    """A page, and the ways to sign in and to go to a page of the file."""
    filed(make_world())
    hashed = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.filter(username__in=["alice", "bob"]).update(password=hashed)
    page.set_default_timeout(30_000)
    page.heard = []
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("console", lambda m: page.heard.append(m.text) if m.type == "error" else None)
    return page


def sign_in(page: Any, served: str, name: str, path: str = "") -> None:
    page.context.clear_cookies()
    page.goto(f"{served}/sign-in/?next={FILE}{path}")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}{FILE}{path}")


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 390), ("en", 1440)])
def test_every_page_of_the_file_fits_and_axe_is_content(
    desk: Any, served: str, language: str, width: int
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    sign_in(desk, served, "alice")
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": served}])
    for path in PAGES:
        desk.goto(served + FILE + path)
        wide = desk.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path}: {wide} px wide"
        found = Axe().run(desk, options=RULES)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    assert desk.heard == []


def test_a_fact_opens_by_keyboard_and_closes_where_one_was(desk: Any, served: str) -> None:
    sign_in(desk, served, "alice", "file/basic/")
    desk.keyboard.press("j")
    opener = desk.evaluate("document.activeElement.getAttribute('href')")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#drawer[open] .fact-history")
    assert Axe().run(desk, options=RULES).violations_count == 0
    desk.keyboard.press("Escape")
    desk.wait_for_selector("#drawer:not([open])", state="attached")
    assert desk.evaluate("document.activeElement.getAttribute('href')") == opener
    assert desk.heard == []


def test_the_slider_walks_back_to_what_was_known(desk: Any, served: str) -> None:
    sign_in(desk, served, "alice", "file/basic/")
    assert "来源冲突" in desk.inner_text("#registered_capital")
    desk.click(".as-of > summary")
    desk.focus("#as-of-step")
    desk.keyboard.press("Home")  # 2026-03-01
    desk.wait_for_selector(".as-of-banner")
    assert "10,000,000.00 CNY" in desk.inner_text("#registered_capital")
    assert desk.url.endswith("?as_of=2026-03-01")
    assert desk.evaluate("document.activeElement.id") == "as-of-step"
    assert desk.locator("text=录入信息").count() == 0
    desk.keyboard.press("ArrowRight")
    desk.wait_for_url("**/file/basic/?as_of=2026-03-06")
    desk.wait_for_selector("#registered_capital:has-text('8,000,000.00 CNY')")
    desk.click(".file-tabs a >> text=资质")
    desk.wait_for_url("**/file/licences/?as_of=2026-03-06")
    assert "钢结构资质二级" in desk.inner_text("#trade_permit")
    desk.click(".as-of-banner a >> text=回到今天")
    desk.wait_for_selector("#trade_permit:has-text('已失效')")
    assert desk.heard == []


def test_two_days_stand_side_by_side_with_who_and_why(desk: Any, served: str) -> None:
    sign_in(desk, served, "alice", "file/compare/")
    desk.fill("#one", "2026-03-01")
    desk.fill("#other", "2026-03-06")
    desk.click(".compare-form button")
    desk.wait_for_selector("h1:has-text('1 项不同')")
    told = desk.inner_text(".compare-table")
    for said in ("10,000,000.00 CNY", "8,000,000.00 CNY", "执照副本看错一位", "bob", "公开记录"):
        assert said in told, said
    assert "登记名称" not in told


def test_a_correction_keeps_what_was_typed_and_waits_for_another(desk: Any, served: str) -> None:
    sign_in(desk, served, "bob", "file/basic/")
    desk.click("#company_form a")
    desk.click("#drawer a:has-text('更正')")
    desk.wait_for_selector("#id_reason")
    desk.select_option("#id_value", "joint_stock")
    desk.fill("#id_reason", "改")
    desk.click("form button[type=submit]:has-text('提交核验')")
    desk.wait_for_selector("#id_reason_error")
    assert desk.input_value("#id_value") == "joint_stock"
    desk.fill("#id_reason", "已改制为股份公司")
    desk.click("form button[type=submit]:has-text('提交核验')")
    desk.wait_for_selector("#company_form:has-text('1 项待核')")
    fact = Fact.objects.get(reason="已改制为股份公司")
    assert (fact.known_since, fact.value) == (None, '"joint_stock"')
