"""Alice pastes a list of orders, looks at what was understood, sees all answers, opens one life.

In a real browser, also narrow and in English: nothing wider than the screen, an empty console, and
axe content.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.web.pages import buyer
from tests.world import PASSWORD, make_world

pytestmark = pytest.mark.django_db(transaction=True)
MANY = "/orders/check/many/"
LIST = (
    "订单号\t客户\t金额\t币种\t账期\n"
    "PO-1\tC1\t40,000.00\tCNY\t30\n"
    "合同/2 号\tC1\t90,000.00\tCNY\t30\n"
    "PO-3\tC1\tlots\tCNY\t30\n"
)


@pytest.fixture
def desk(transactional_db: None, served: str, page: Any) -> Iterator[Any]:
    """Alice, signed in at the page for many orders; what the console says is a fault."""
    world = make_world()
    buyer("C1", world.units["EAST"], 100_000_00, name="华东建材", name_en="East Materials")
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.set_default_timeout(20_000)
    page.goto(f"{served}/sign-in/?next={MANY}")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served + MANY)
    yield page
    assert heard == []


def looks_fine(page: Any) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, page.url
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in serious]


@pytest.mark.parametrize(("width", "language"), [(1440, "zh-hans"), (390, "en")])
def test_a_pasted_list_gets_all_its_answers(desk: Any, width: int, language: str) -> None:
    page = desk
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": page.url.split("/orders")[0]}]
    )
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    page.fill("#id-text", LIST)
    page.click("button[value=preview]")
    page.wait_for_selector(".preview td.wrong")
    looks_fine(page)
    page.click("button[value=check]")
    page.wait_for_selector("#show-all")
    assert page.locator(".answers tbody tr:visible").count() == 3
    looks_fine(page)
    page.check("#show-hold")
    assert page.locator(".answers tbody tr:visible").count() == 1
    page.goto(page.url.split("/orders")[0] + "/orders/")
    looks_fine(page)
    page.click("a:has-text('合同/2 号')")
    page.wait_for_selector(".timeline.life")
    assert page.locator(".timeline.life > li").count() == 2  # asked, held
    looks_fine(page)
