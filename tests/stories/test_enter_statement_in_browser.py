"""Alice types a statement by keyboard: sums follow, the difference closes, it is saved.

In a real browser, in both languages, on a narrow phone: nothing wider than the screen, an empty
console, axe content; a sum typed wrong is said beside its line while one goes on.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.world import AT, PASSWORD, make_customer, make_world
from xinheng.dossiers.models import Statement
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_filing import file_statement

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/C-1001/statements/"


@pytest.fixture
def desk(transactional_db: None, served: str, page: Any) -> Any:
    world = make_world()
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    make_customer("C-1001", unit=world.units["EAST"], name="江南钢构工程有限公司")
    for year, sales in ((2023, 80_000_000), (2024, 100_000_000)):
        file_statement(_row(year, sales), actor=world.actor("bob"), at=AT)
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(10_000)
    page.goto(f"{served}/sign-in/?next={PAGE}")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served + PAGE)
    return page


def _row(year: int, sales: int) -> StatementRow:
    lines = {
        "cash": sales // 5,
        "trade_receivables": sales // 4,
        "inventory": sales // 10,
        "fixed_assets": sales // 3,
        "short_term_loans": sales // 4,
        "trade_payables": sales // 8,
        "revenue": sales,
        "cost_of_sales": sales * 3 // 4,
        "finance_expenses": sales // 50,
        "interest_expense": sales // 50,
    }
    assets = sum(lines[name] for name in list(lines)[:4])
    lines["paid_in_capital"] = assets - lines["short_term_loans"] - lines["trade_payables"]
    return StatementRow(
        customer_code="C-1001",
        period_end=date(year, 12, 31),
        currency="CNY",
        standard="cas",
        lines=lines,
        audit_opinion="unqualified" if year == 2024 else "emphasis",
        auditor="甲会计师事务所",
        source=f"{year} 年审计报告",
    )


def typed(page: Any, code: str, *amounts: str) -> None:
    """From a line downwards, as one reads a column: amount, Enter, amount, Enter."""
    page.focus(f"#line-{code}")
    for amount in amounts:
        page.keyboard.type(amount)
        page.keyboard.press("Enter")


def content(page: Any) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{wide} px wide"
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_statement_is_typed_by_keyboard_and_saved(desk: Any, served: str, language: str) -> None:
    heard: list[str] = []
    desk.on("pageerror", lambda error: heard.append(str(error)))
    desk.on("console", lambda m: heard.append(m.text) if "Content Security" in m.text else None)
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": served}])
    desk.goto(served + PAGE)
    content(desk)
    desk.goto(served + PAGE + "new/")
    desk.fill("#id_source", "2025 年审计报告")
    typed(desk, "cash", "300", "", "", "", "700")
    desk.wait_for_selector("#said-current_assets:has-text('1,000.00')")
    typed(desk, "fixed_assets", "500")
    typed(desk, "short_term_loans", "600")
    typed(desk, "paid_in_capital", "800")
    desk.wait_for_selector(".entry-balance.is-act:has-text('100.00')")
    typed(desk, "current_assets", "1000.01")
    desk.wait_for_selector("#said-current_assets:has-text('0.01')")
    content(desk)
    desk.fill("#line-current_assets", "")
    typed(desk, "undistributed_profit", "100")
    desk.wait_for_selector(".entry-balance.is-within")
    desk.select_option("#id_unit", "10000")
    desk.wait_for_selector("#said-current_assets:has-text('1,000.00')")
    desk.click(".entry-buttons .btn-primary")
    desk.wait_for_selector("#versions")
    content(desk)
    row = Statement.objects.get(period_end=date(2025, 12, 31))
    assert row.figures["total_assets"] == 1_500_000_000
    desk.goto(served + PAGE)
    desk.wait_for_selector(".chart.drawn svg")
    content(desk)
    assert heard == []
