"""Statements come in only if they balance; what we reckoned ourselves is marked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.receivables.conftest import AT, CLERK, Desk
from xinheng.refusals import Refused

FIGURES = {
    "total_assets": 250_000,
    "current_assets": 120_000,
    "inventory": 50_000,
    "current_liabilities": 80_000,
    "total_liabilities": 150_000,
    "equity": 100_000,
    "sales": 300_000,
}


def row(end: date = date(2025, 12, 31), code: str = "C1", **figures: Any) -> Any:
    from xinheng.dossiers.rows import StatementRow

    told = {name: value for name, value in {**FIGURES, **figures}.items() if value is not None}
    return StatementRow(
        customer_code=code, customer_name="江南钢构", period_end=end, currency="CNY", figures=told
    )


def record(*rows: Any) -> tuple[Any, Any]:
    from xinheng.dossiers.actions import record_statements

    desk = Desk()
    batch = desk.batch("statements")
    counts = record_statements(list(rows), batch=batch, actor=CLERK, at=AT)
    desk.close(batch, counts)
    return batch, counts


@pytest.mark.django_db
def test_a_statement_that_does_not_balance_is_refused_with_the_difference() -> None:
    # Fails when the balance is checked with a tolerance, or not at all.
    from xinheng.dossiers.models import Statement

    with pytest.raises(Refused, match=r"UNBALANCED.*-0\.01 CNY"):
        record(row(code="C0"), row(equity=100_001))
    assert Statement.objects.count() == 0


@pytest.mark.django_db
def test_equity_that_is_not_told_is_derived_and_marked() -> None:
    from xinheng.dossiers.models import Statement

    record(row(equity=None))
    statement = Statement.objects.get()
    assert (statement.figures["equity"], statement.derived) == (100_000, ["equity"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["total_assets", "total_liabilities"])
def test_without_both_totals_nothing_can_be_checked(name: str) -> None:
    with pytest.raises(Refused, match="INCOMPLETE"):
        record(row(**{name: None}))


@pytest.mark.django_db
def test_one_statement_twice_in_a_call_is_refused() -> None:
    with pytest.raises(Refused, match="REPEATED"):
        record(row(), row(sales=1))


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing_and_a_correction_can_be_undone() -> None:
    from xinheng.dossiers.actions import undo_batch
    from xinheng.dossiers.models import Statement

    assert record(row(), row(date(2024, 12, 31)))[1].created == 2
    assert record(row(), row(date(2024, 12, 31)))[1].unchanged == 2
    batch, counts = record(row(sales=310_000), row(date(2023, 12, 31)))
    assert (counts.created, counts.updated) == (1, 1)
    assert undo_batch(batch, actor=CLERK, at=AT) == 2
    kept = {str(s.period_end): s.figures["sales"] for s in Statement.objects.all().known()}
    assert kept == {"2025-12-31": 300_000, "2024-12-31": 300_000}
    assert Statement.objects.count() == 5  # what was read in between stays readable


@pytest.mark.django_db
def test_the_latest_statement_is_the_newest_that_had_ended_by_the_day() -> None:
    from xinheng.customers.models import Customer
    from xinheng.dossiers.queries import latest

    record(row(), row(date(2024, 12, 31)), row(date(2024, 6, 30), code="C2"))
    ids = dict(Customer.objects.values_list("code", "id"))
    assert {k: str(s.period_end) for k, s in latest(ids.values()).items()} == {
        ids["C1"]: "2025-12-31",
        ids["C2"]: "2024-06-30",
    }
    earlier = latest(ids.values(), date(2025, 1, 1))
    assert str(earlier[ids["C1"]].period_end) == "2024-12-31"


def test_ratios_of_the_worked_example() -> None:
    from xinheng.dossiers.queries import ratios

    told = FIGURES | {
        "cash": 20_000,
        "receivables": 50_000,
        "payables": 40_000,
        "cost_of_sales": 240_000,
        "debt": 60_000,
        "ebit": 22_000,
        "interest": 4_000,
        "net_income": 13_500,
        "operating_cash_flow": 15_000,
    }
    found = {ratio.code: str(ratio.value) for ratio in ratios(told)}
    assert found["cash_ratio"] == "0.25"
    assert found["gross_margin"] == "20.00"
    assert found["receivable_days"] == "60.00"
    assert found["inventory_days"] == "75.00"
    assert found["payable_days"] == "60.00"
    assert found["interest_cover"] == "5.50"
    assert found["debt_to_equity"] == "60.00"
    assert found["cash_flow_to_debt"] == "10.00"
    half = {ratio.code: str(ratio.value) for ratio in ratios(told, 6)}
    assert half["receivable_days"] == "30.00"


def test_ratios_say_nothing_where_the_statement_says_nothing() -> None:
    from xinheng.dossiers.queries import ratios

    found = {ratio.code: ratio.value for ratio in ratios(FIGURES)}
    assert found["current"] == Decimal("1.50")
    assert found["quick"] == Decimal("0.88")  # 0.875, HALF_UP
    assert found["liabilities_to_assets"] == Decimal("60.00")
    assert found["margin"] is None
    assert all(ratio.value is None for ratio in ratios({"equity": -5, "net_income": 1}))
