"""The demonstration's simulated accounts are good ones: they balance, foot and tie over years."""

from __future__ import annotations

from datetime import date

from xinheng.connectors.demo import model
from xinheng.connectors.demo.statements import BUYERS, YEARS
from xinheng.dossiers.statement_checks import check
from xinheng.dossiers.statement_templates import template


def test_every_year_adds_up_and_follows_from_the_one_before() -> None:
    book = model.build(date(2026, 11, 21))
    assert len(book.sheets) == BUYERS * YEARS
    cas = template("cas")
    before: dict[str, dict[str, int]] = {}
    for sheet in book.sheets:
        done = check(cas, sheet.lines, "CNY", before.get(sheet.buyer.code))
        assert done.holds, (sheet.buyer.code, sheet.period_end, [f.text.en for f in done.faults])
        # dividends are the one thing that equity may differ by
        assert {one.line for one in done.warnings} <= {"equity"}
        assert all(one.difference_minor <= 0 for one in done.warnings)
        assert done.lines["cash"] > 0 and {"ebit", "operating_cash_flow"} <= set(done.figures)
        before[sheet.buyer.code] = done.lines
    again = model.build(date(2026, 11, 21))
    assert again.sheets == book.sheets


def test_who_pays_late_is_weaker() -> None:
    book = model.build(date(2026, 11, 21))
    margins: dict[bool, list[float]] = {True: [], False: []}
    for sheet in book.sheets:
        profit = sheet.lines["net_profit"] / sheet.lines["revenue"]
        margins[sheet.buyer.habit.days > 15].append(profit)
    late, punctual = (sum(one) / len(one) for one in (margins[True], margins[False]))
    assert late < punctual
