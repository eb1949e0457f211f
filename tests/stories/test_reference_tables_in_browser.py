"""Alice keeps the reference tables on a narrow phone and in English: a rate, a holiday, a term.

In a real browser: nothing wider than the screen, an empty console, and axe content.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.world import AT, PASSWORD, make_customer, make_world
from xinheng.almanac.actions import record_holidays, record_rates, record_terms
from xinheng.almanac.models import Rate
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.connectors.messages import Message, receive_documents
from xinheng.people.actor import system
from xinheng.receivables.rows import ReceiptRow

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = system("tests")
PAGES = ["/rates/", "/holidays/", "/terms/", "/imports/quarantine/"]


@pytest.fixture
def tables(transactional_db: None, served: str) -> str:
    world = make_world()
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    day = timezone.now().date()
    for base, told, age in (("EUR", "7.8123", 1), ("USD", "7.1012", 90), ("JPY", "0.0487", 2)):
        row = RateRow(
            base=base, quote="CNY", day=day - timedelta(days=age), rate=Decimal(told), source="中行"
        )
        record_rates([row], actor=ROOT, at=AT)
    off = HolidayRow(calendar="CN", day=day, name="国庆节", name_en="National Day")
    record_holidays([off], actor=ROOT, at=AT)
    record_terms([TermRow(code="月结30", rule="EOM+30", name="月结三十天")], actor=ROOT, at=AT)
    for code in ("C-1001", "C-2002"):
        make_customer(code, unit=world.units["EAST"])
        receipt = ReceiptRow(
            number="RCP-2026-000123",
            customer_code=code,
            currency="CNY",
            amount_minor=123_456_789_00,
            received_on=day,
        )
        told = [Message("receipts", receipt)]
        receive_documents(told, sender="erp", sha256="0" * 64, actor=ROOT, at=AT)
    return served


@pytest.fixture
def said(page: Any) -> Iterator[list[str]]:
    """What the console said; a test that leaves it empty has broken no rule of the CSP."""
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []


def enter(page: Any, address: str, to: str) -> None:
    page.set_default_timeout(10_000)
    page.goto(f"{address}/sign-in/?next={to}")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(address + to)


def test_a_rate_is_entered_by_hand_and_stands_first(
    tables: str, page: Any, said: list[str]
) -> None:
    enter(page, tables, "/rates/")
    page.fill("#id_base", "HKD")
    page.fill("#id_rate", "0.9123")
    page.click("section#enter button[type=submit]")
    page.wait_for_selector("td:has-text('HKD / CNY')")
    assert Rate.objects.get(base="HKD").rate == Decimal("0.9123")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_is_wider_than_a_phone_and_axe_is_content(
    tables: str, page: Any, said: list[str], language: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": tables}])
    enter(page, tables, "/rates/")
    for address in PAGES:
        page.goto(tables + address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{address} is {wide} px wide"
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()
