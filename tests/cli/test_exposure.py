"""`xinheng exposure explain`: the figure down to documents, and an alarm that ends with 1."""

from __future__ import annotations

from datetime import date

from tests.receivables.conftest import Desk, invoice
from tests.web.pages import buyer
from xinheng.limits.models import CreditLine


def test_the_figure_is_explained_in_both_languages(world, run):
    buyer("C1", world.units["EAST"], 2_000_00)
    Desk().invoices(invoice("I-1", 500_00, date(2026, 9, 1), date(2026, 10, 1)))
    done = run("exposure", "explain", "C1")
    assert done.code == 0
    for said in ("未清发票 · open items", "I-1", "500.00", "100 %", "已用 · Used", "exceeded when"):
        assert said in done.out
    told = run("exposure", "explain", "C1", "--currency", "CNY", "--json").json
    assert (told["used"], told["agrees"]) == ("500.00", True)
    [opened] = told["components"][0]["documents"]
    assert (opened["kind"], opened["number"], opened["open"]) == ("invoice", "I-1", "500.00")


def test_a_difference_is_shown_with_all_figures_and_ends_with_one(world, run):
    buyer("C1", world.units["EAST"], 2_000_00)
    Desk().invoices(invoice("I-1", 500_00, date(2026, 9, 1), date(2026, 10, 1)))
    CreditLine.objects.update(open_items_minor=500_01)
    done = run("exposure", "explain", "C1")
    assert done.code == 1
    assert "不一致" in done.out and "500.01" in done.out and "journal 500.00" in done.out
    assert run("exposure", "explain", "C1", "--json").json["agrees"] is False


def test_no_customer_and_no_line_are_said(world, run):
    assert "没有编码为" in run("exposure", "explain", "C9").err
    buyer("C1", world.units["EAST"], 2_000_00)
    done = run("exposure", "explain", "C1", "--currency", "USD")
    assert done.code == 1 and "USD" in done.err
