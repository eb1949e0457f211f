"""Alice looks at her book at 8:30: signs in, reads the portfolio, finds a customer by keyboard.

In a real browser against a real web process, on a narrow phone too, in the dark, and with axe
looking for what a reader with another way of reading could not use. The console must stay empty:
CSP would speak there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.world import PASSWORD, make_customer, make_line, make_world
from xinheng.customers.search_text import pinyin_of, search_text_of
from xinheng.limits.models import OpenDue

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = [("K1", "重庆长安汽车", 80), ("K2", "宁波四海贸易", 120), ("K3", "青岛海润", 10)]
PAGES = ["/portfolio/", "/customers/", "/open-items/", "/components/"]


@pytest.fixture
def book(transactional_db: None, served: str) -> str:
    """A company with three customers, one of them late and over its limit; returns the address."""
    world = make_world()
    # The web process knows only a real hasher; tests make passwords with a fast one.
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    for code, name, used in CUSTOMERS:
        pinyin, initials = pinyin_of(name)
        customer = make_customer(
            code,
            name=name,
            unit=world.units["EAST"],
            pinyin=pinyin,
            initials=initials,
            search_text=search_text_of([code, name, pinyin, initials]),
        )
        far = timezone.now().date() + timedelta(days=900)
        line = make_line(customer, 10_000_000, open_items=used * 100_000, valid_until=far)
        due = timezone.now().date() - timedelta(days=used - 70)
        OpenDue.objects.create(line=line, due_on=due, open_minor=used * 100_000)
    return served


@pytest.fixture
def said(page: Any) -> Iterator[list[str]]:
    """What the console said; a test that leaves it empty has broken no rule of the CSP."""
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []


def enter(page: Any, address: str, to: str = "/portfolio/") -> None:
    page.set_default_timeout(10_000)
    page.goto(f"{address}/sign-in/?next={to}")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(address + to)


def test_alice_works_through_her_book_with_the_keyboard(
    book: str, page: Any, said: list[str]
) -> None:
    enter(page, book)
    page.wait_for_selector("[data-chart].drawn svg")  # charts come after the page, and they come

    page.keyboard.press("/")
    page.keyboard.type("cqca")
    page.wait_for_selector("#suggestions a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{book}/customers/K1/")

    page.goto(f"{book}/customers/")
    page.fill("#filters input[name=q]", "nbsh")
    page.wait_for_url("**q=nbsh**")  # what narrows the list stays in the address
    assert page.locator("#listing tbody tr").count() == 1

    page.goto(f"{book}/customers/?sort=-used")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.here").inner_text().startswith("K1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{book}/customers/K1/")


def test_unit_and_theme_are_remembered(book: str, page: Any, said: list[str]) -> None:
    enter(page, book)
    page.click("[data-unit=wan]")
    page.wait_for_selector("[data-unit=wan][aria-pressed=true]")
    page.click("details.menu summary")
    page.click("[data-theme-set=dark]")
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(19, 23, 22)"


def test_axe_finds_nothing_serious_and_nothing_is_cut_off(book: str, page: Any) -> None:
    """In light and dark, on a desk and on a phone; the door as a stranger sees it too."""
    page.goto(f"{book}/sign-in/")
    found = serious(page)
    enter(page, book)
    for width, scheme in ((1440, "light"), (390, "dark"), (390, "light"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for address in PAGES:
            page.goto(book + address)
            found += serious(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{address} is {wide} px wide on a screen of {width} px"
    assert found == []


def serious(page: Any) -> list[str]:
    """What axe calls serious or critical, with the first place of each."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {rule['nodes'][0]['html'][:160]} {rule['nodes'][0]['any'][:1]}"
        for rule in violations
        if rule["impact"] in ("serious", "critical")
    ]


def test_the_page_works_before_any_script(book: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{book}/sign-in/")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_url(f"{book}/portfolio/")
    page.goto(f"{book}/customers/?q=cqca")
    assert page.locator("#listing tbody tr").count() == 1
    assert page.locator("noscript").first.is_visible()
    context.close()
