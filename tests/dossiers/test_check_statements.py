"""A statement of a standard adds up or says which line does not, by how much."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.dossiers.rows import FIGURES
from xinheng.dossiers.statement_checks import check
from xinheng.dossiers.statement_templates import (
    FORMS,
    STANDARDS,
    Template,
    find_line,
    opinions,
    template,
    template_for,
)

TEMPLATES = [template("cas"), *(template("ifrs", form) for form in FORMS)]
IDS = ["cas", "ifrs by function", "ifrs by nature"]


def leaves(one: Template) -> list[str]:
    return [line.code for line in one.lines if not line.adds and not line.of]


def whole(one: Template, seed: int, top: int = 10**9) -> dict[str, int]:
    """Random leaves, then every sum; equity and cash flow are fitted to what must be equal."""
    draw = random.Random(seed)
    told = {code: draw.randint(0, top) for code in leaves(one)}
    fitted = "undistributed_profit" if one.standard == "cas" else "retained_earnings"
    summed = check(one, told, "CNY").lines
    off = summed["total_assets"] - summed["total_liabilities_and_equity"]
    told[fitted] += off
    if one.standard == "ifrs":
        told["note_net_profit"] = summed["net_profit"]
    return check(one, told, "CNY").lines


@pytest.mark.parametrize("one", TEMPLATES, ids=IDS)
@given(seed=st.integers(0, 2**32))
def test_a_statement_made_from_leaves_always_passes(one: Template, seed: int) -> None:
    told = whole(one, seed)
    checked = check(one, told, "CNY")
    assert checked.holds, [finding.text.en for finding in checked.faults]
    again = check(one, {code: told[code] for code in leaves(one)}, "CNY")
    assert again.lines == told
    assert set(told) - set(leaves(one)) <= set(again.derived)


@pytest.mark.parametrize("one", TEMPLATES, ids=IDS)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_a_leaf_off_by_one_fen_is_refused_and_names_its_sum(
    one: Template, seed: int, data: st.DataObject
) -> None:
    # Fails where sums are checked with a tolerance, or a told sum is reckoned anew.
    told = whole(one, seed)
    code = data.draw(st.sampled_from(leaves(one)))
    sign = data.draw(st.sampled_from((1, -1)))
    checked = check(one, told | {code: told[code] + sign}, "CNY")
    line = one.by_code[code]
    named = [fault for fault in checked.faults if fault.line == line.total]
    assert len(named) == 1 and abs(named[0].difference_minor) == 1
    assert "0.01 CNY" in named[0].text.zh and line_name(one, line.total) in named[0].text.zh


def line_name(one: Template, code: str) -> str:
    return one.by_code[code].name.zh


BALANCE = {
    "cash": 30_000,
    "trade_receivables": 70_000,
    "current_assets": 100_000,
    "fixed_assets": 50_000,
    "noncurrent_assets": 50_000,
    "total_assets": 150_000,
    "short_term_loans": 60_000,
    "current_liabilities": 60_000,
    "total_liabilities": 60_000,
    "paid_in_capital": 80_000,
    "undistributed_profit": 10_000,
    "owners_equity": 90_000,
    "equity": 90_000,
    "total_liabilities_and_equity": 150_000,
}
INCOME = {
    "revenue": 200_000,
    "cost_of_sales": 150_000,
    "finance_expenses": 5_000,
    "interest_expense": 4_000,
    "operating_profit": 45_000,
    "profit_before_tax": 45_000,
    "income_tax": 11_250,
    "net_profit": 33_750,
}


@pytest.mark.parametrize(
    ("told", "line", "says", "adds"),
    [
        ({**BALANCE, "current_assets": 100_001}, "current_assets", 100_001, 100_000),
        ({**BALANCE, "total_assets": 149_999}, "total_assets", 149_999, 150_000),
        ({**BALANCE, "paid_in_capital": 80_001}, "owners_equity", 90_000, 90_001),
        ({**BALANCE, **INCOME, "net_profit": 33_751}, "net_profit", 33_751, 33_750),
        ({**BALANCE, **INCOME, "parent_profit": 33_749}, "net_profit", 33_750, 33_749),
        ({**BALANCE, **INCOME, "note_net_profit": 1}, "note_net_profit", 1, 33_750),
        (
            {**BALANCE, "net_change_in_cash": 5, "opening_cash": 10, "closing_cash": 16},
            "closing_cash",
            16,
            15,
        ),
    ],
)
def test_what_does_not_add_up_names_line_and_both_sums(
    told: dict[str, int], line: str, says: int, adds: int
) -> None:
    found = check(template("cas"), told, "CNY").faults
    assert (line, says, adds) in [(one.line, one.says_minor, one.other_minor) for one in found]


def test_assets_and_what_finances_them_must_be_equal() -> None:
    told = {"cash": 100, "short_term_loans": 40, "paid_in_capital": 59}
    (fault,) = check(template("cas"), told, "CNY").faults
    assert fault.text.zh == "“资产总计”1.00 与“负债和所有者权益总计”0.99 不等，相差 0.01 CNY"
    assert fault.text.en.endswith("differ; 0.01 CNY apart")


def test_what_is_not_told_is_named_and_nothing_is_filled_in() -> None:
    checked = check(template("cas"), {"cash": 100, "current_assets": 100}, "CNY")
    assert checked.missing == ["total_liabilities", "equity"]
    assert checked.derived == ["total_assets"]
    assert "inventory" not in checked.lines


def test_figures_follow_from_lines_and_reckoned_ones_are_marked() -> None:
    checked = check(template("cas"), {**BALANCE, **INCOME, "surplus_reserve": 0}, "CNY")
    assert checked.holds
    figures = checked.figures
    assert (figures["ebit"], figures["interest"], figures["retained_earnings"]) == (
        49_000,
        4_000,
        10_000,
    )
    assert {"ebit", "retained_earnings"} <= set(checked.derived)
    less = check(
        template("cas"), {k: v for k, v in INCOME.items() if k != "interest_expense"}, "CNY"
    )
    assert "ebit" not in less.figures  # profit alone is no EBIT


def test_a_line_that_is_told_is_never_marked_as_derived() -> None:
    # depreciation is a line and a figure made of two lines
    told = {"depreciation": 5, "right_of_use_depreciation": 2}
    checked = check(template("cas"), told, "CNY")
    assert checked.figures["depreciation"] == 7 and "depreciation" not in checked.derived


def test_cash_and_last_year_are_warnings_with_the_difference() -> None:
    told = {**BALANCE, **INCOME, "opening_cash": 1_000, "net_change_in_cash": 28_000}
    before = {"equity": 60_000, "closing_cash": 900}
    checked = check(template("cas"), told, "CNY", before)
    assert checked.holds
    said = {one.line: one.difference_minor for one in checked.warnings}
    assert said == {"closing_cash": -1_000, "opening_cash": 100, "equity": -3_750}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("货币资金", "cash"),
        ("减：营业成本", "cost_of_sales"),
        ("一、营业收入", "revenue"),
        ("其中：利息费用", "interest_expense"),
        ("信用减值损失", "credit_impairment"),
        ("total assets", "total_assets"),
        ("（一）持续经营净利润", "continuing_profit"),
        ("trade_payables", "trade_payables"),
        ("五、现金及现金等价物净增加额", "net_change_in_cash"),
        ("净利率", None),
    ],
)
def test_a_line_is_found_as_papers_write_it(written: str, code: str | None) -> None:
    assert find_line("cas", written) == code


@pytest.mark.parametrize("one", TEMPLATES, ids=IDS)
def test_templates_are_whole(one: Template) -> None:
    codes = [line.code for line in one.lines]
    assert len(codes) == len(set(codes))
    for line in one.lines:
        for other in (line.total, line.of):
            assert not other or other in one.by_code, (line.code, other)
        assert not (line.total and line.of)
    for figure in one.figures:
        assert figure.name in FIGURES
        assert set(figure.adds) <= {
            code for s in FORMS for code in template(one.standard, s).by_code
        }
    for code in (*one.must, *one.cash, *one.opening, *one.roll, *(c for p in one.equal for c in p)):
        assert code in one.by_code
    for name in ({line.name.zh for line in one.lines}, {line.name.en for line in one.lines}):
        assert len(name) == len(codes)


def test_the_lines_say_which_form_of_ifrs_it_is() -> None:
    assert template_for("ifrs", ["revenue", "cost_of_sales"]).form == "function"
    assert template_for("ifrs", ["revenue", "materials_used"]).form == "nature"
    assert set(opinions()) and STANDARDS == ("cas", "ifrs")
