"""Statements by page: entered as on paper, refused on saving, verified by another, compared."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.receivables.conftest import CLERK, Desk
from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import World, make_world
from xinheng.dossiers.actions import record_statements
from xinheng.dossiers.models import Statement
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_filing import file_statement
from xinheng.dossiers.statement_templates import opinions
from xinheng.web.statements.entry import in_unit
from xinheng.web.statements.words import TONES

pytestmark = pytest.mark.django_db
PAGE = "/customers/E1/statements/"
HEAD = {
    "form": "cas",
    "period_end": "2025-12-31",
    "months": "12",
    "currency": "CNY",
    "unit": "1",
    "source": "2025 年审计报告",
    "audit_opinion": "qualified",
    "auditor": "甲所",
}
LINES = {
    "line-cash": "300.00",
    "line-trade_receivables": "700",
    "line-fixed_assets": "500.00",
    "line-short_term_loans": "600.00",
    "line-paid_in_capital": "800.00",
    "line-undistributed_profit": "100.00",
    "line-revenue": "2,000.00",
    "line-cost_of_sales": "1,500.00",
    "line-income_tax": "100.00",
}


@pytest.fixture
def world() -> World:
    made = make_world()
    buyer("E1", made.units["EAST"], None, name="江南钢构")
    return made


def filed(world: World, year: int, sales: int, **more: Any) -> int:
    lines = {"cash": sales, "short_term_loans": sales - 10, "paid_in_capital": 10}
    row = StatementRow(
        customer_code="E1",
        period_end=date(year, 12, 31),
        currency="CNY",
        standard="cas",
        lines=lines | {"revenue": sales, "cost_of_sales": sales // 2},
        source=more.pop("source", "审计报告"),
        **more,
    )
    return file_statement(row, actor=world.actor("bob"), at=timezone.now())


def test_it_is_entered_saved_and_verified_by_another(world: World) -> None:
    bob, alice = signed_in(world.bob), signed_in(world.alice)
    assert "还没有财务报表" in text_of(bob.get(PAGE))
    assert "录入报表" in text_of(bob.get(PAGE + "new/"))
    answer = bob.post(PAGE + "new/", HEAD | LINES)
    row = Statement.objects.get()
    assert answer["Location"] == f"{PAGE}{row.pk}/"
    assert row.figures["total_assets"] == 150_000 and row.figures["net_income"] == 40_000
    page = text_of(bob.get(answer["Location"]))
    assert "未核验" in page and "保留意见" in page and "您录入的，由另一人核验" in page
    assert 'name="how"' in text_of(alice.get(answer["Location"]))
    verify = f"{PAGE}{row.pk}/verify/"
    assert alice.post(verify, {"how": ""}).status_code == 422
    assert alice.post(verify, {"how": "third_party"})["Location"] == answer["Location"]
    assert "第三方核实" in text_of(bob.get(answer["Location"]))
    assert "已核验" in text_of(bob.get(PAGE))


def test_what_does_not_add_up_is_refused_and_nothing_typed_is_lost(world: World) -> None:
    bob = signed_in(world.bob)
    wrong = HEAD | LINES | {"line-current_assets": "1,000.01", "line-goodwill": "viel"}
    answer = bob.post(PAGE + "new/", wrong)
    page = text_of(answer)
    assert answer.status_code == 422 and not Statement.objects.exists()
    assert 'value="1,000.01"' in page and 'value="viel"' in page and 'value="甲所"' in page
    assert "金额 viel 无法识别" in page
    answer = bob.post(PAGE + "new/", wrong | {"line-goodwill": ""})
    assert answer.status_code == 422
    assert "“流动资产合计”填 1,000.01，各行相加 1,000.00，相差 0.01 CNY" in text_of(answer)
    no_source = bob.post(PAGE + "new/", HEAD | LINES | {"source": ""})
    assert no_source.status_code == 422 and "请写明来源" in text_of(no_source)
    looked = bob.post(PAGE + "new/", wrong | {"look": "1", "line-goodwill": ""})
    assert looked.status_code == 200 and "2 处不平" in text_of(looked)


def test_sums_follow_as_one_types(world: World) -> None:
    bob = signed_in(world.bob)
    sums = bob.post(PAGE + "sums/", HEAD | LINES, headers=HTMX)
    page = text_of(sums)
    said = dict(re.findall(r'id="said-(\w+)"[^>]*>(?:<output>= ([\d,.]+)</output>)?', page))
    assert said["current_assets"] == "1,000.00" and said["total_assets"] == "1,500.00"
    assert "资产 1,500.00 ＝ 负债和权益 1,500.00" in page
    half = {name: value for name, value in LINES.items() if "loans" not in name}
    page = text_of(bob.post(PAGE + "sums/", HEAD | half, headers=HTMX))
    assert "资产 1,500.00，负债和权益 900.00，差 600.00" in page
    in_wan = HEAD | {"unit": "10000", "line-cash": "12.3456"}
    page = text_of(bob.post(PAGE + "sums/", in_wan, headers=HTMX))
    assert "= 12.3456<" in page


def test_the_form_shows_the_year_before_and_begins_with_what_is_corrected(world: World) -> None:
    filed(world, 2024, 123_456)
    bob = signed_in(world.bob)
    whole = text_of(bob.post(PAGE + "sums/?whole=1", HEAD, headers=HTMX))
    assert "1,234.56" in whole
    pk = filed(world, 2025, 200_000)
    page = text_of(bob.get(f"{PAGE}new/?from={pk}"))
    assert re.search(r'name="line-cash"[^>]*value="2000.00"', page)
    assert not re.search(r'name="line-total_assets"[^>]*value="\d', page)  # it was derived
    ifrs = text_of(bob.post(PAGE + "sums/?whole=1", HEAD | {"form": "ifrs-nature"}, headers=HTMX))
    assert "line-materials_used" in ifrs and "line-cost_of_sales" not in ifrs


def test_years_stand_side_by_side_in_three_views(world: World) -> None:
    for year, sales in ((2023, 100_000), (2024, 200_000), (2025, 150_000)):
        filed(world, year, sales)
    bob = signed_in(world.bob)
    page = text_of(bob.get(PAGE))
    assert page.index("2025-12-31") < page.index("2024-12-31") < page.index("2023-12-31")
    assert "1,500.00" in page and "毛利率" in page and "营业收入 − 营业成本" in page
    assert "50.00%" in text_of(bob.get(PAGE + "?view=shares"))
    changes = text_of(bob.get(PAGE + "?view=changes"))
    assert "−25.00%" in changes and "+100.00%" in changes
    chart = re.search(r'id="earnings-chart" type="application/json">(.*?)</script>', page)
    assert chart is not None
    assert json.loads(chart[1])["xAxis"]["data"] == ["2023-12", "2024-12", "2025-12"]
    english = text_of(signed_in(world.bob, "en").get(PAGE))
    assert "Days of receivables" not in english  # no year tells receivables
    assert "Operating revenue" in english and "not verified" in english


def test_another_source_is_a_newer_version_and_both_are_shown(world: World) -> None:
    pk = filed(world, 2025, 100_000)
    desk = Desk()
    batch = desk.batch("statements")
    row = StatementRow(
        customer_code="E1",
        period_end=date(2025, 12, 31),
        currency="CNY",
        figures={"total_assets": 100_000, "total_liabilities": 99_990, "sales": 90_000},
    )
    desk.close(batch, record_statements([row], batch=batch, actor=CLERK, at=timezone.now()))
    newer = Statement.objects.all().known().get()
    bob = signed_in(world.bob)
    assert "与“审计报告”不同" in text_of(bob.get(PAGE))
    page = text_of(bob.get(f"{PAGE}{newer.pk}/"))
    assert "1,000.00" in page and "900.00" in page and "−100.00" in page
    assert "已被新版本取代" in text_of(bob.get(f"{PAGE}{pk}/"))


def test_a_past_day_shows_what_was_known_then(world: World) -> None:
    filed(world, 2025, 100_000)
    yesterday = (timezone.now() - timedelta(days=2)).date().isoformat()
    page = text_of(signed_in(world.bob).get(f"{PAGE}?as_of={yesterday}"))
    assert "还没有财务报表" in page and "录入报表" not in page


def test_the_tab_of_the_file_shows_the_figures_and_leads_on(world: World) -> None:
    bob = signed_in(world.bob)
    tab = "/customers/E1/file/finance/"
    assert PAGE + "new/" in text_of(bob.get(tab))
    filed(world, 2025, 100_000)
    page = text_of(bob.get(tab))
    assert "全部科目与趋势" in page and "资产负债率" in page and "未核验" in page


def test_a_stranger_finds_nothing(world: World) -> None:
    pk = filed(world, 2025, 100_000)
    eve = signed_in(world.eve)
    for address in (PAGE, PAGE + "new/", f"{PAGE}{pk}/"):
        assert eve.get(address).status_code == 404
    assert eve.post(PAGE + "new/", HEAD | LINES).status_code == 404
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("minor", "unit", "shown"),
    [
        (123_456_700, 10_000, "123.4567"),
        (100_000_000, 10_000, "100.00"),
        (12, 1, "0.12"),
        (-5_000, 1, "-50.00"),
        (1, 1_000_000, "0.00000001"),
    ],
)
def test_amounts_are_exact_in_every_unit(minor: int, unit: int, shown: str) -> None:
    assert in_unit(minor, "CNY", unit) == shown


def test_every_opinion_has_a_colour() -> None:
    assert all(one.tone in TONES for one in opinions().values())
