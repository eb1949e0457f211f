"""`xinheng portfolio`, `customer`, `api-key`, `demo accounts`: the shapes that scripts rely on."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.web.pages import buyer
from tests.world import make_customer
from xinheng.people.queries import find_key

AGES = ["not_due", "1-30", "31-60", "61-90", "91-180", "181-365", "365+"]


def test_the_portfolio_is_decimal_strings_and_a_count(run):
    done = run("portfolio", "--as-of", "2026-10-31", "--currency", "CNY", "--json")
    assert done.code == 0
    book = done.json
    assert list(book) == ["open", "overdue", "ageing", "unapplied", "customers"]
    assert list(book["ageing"]) == AGES
    assert book["open"] == "0.00" and book["ageing"]["365+"] == "0.00" and book["customers"] == 0
    assert "未清合计" in run("portfolio", "--currency", "CNY").out
    assert run("portfolio", "--currency", "RMBX").code == 2


def test_a_customer_s_file_in_figures(world, run):
    buyer("C1", world.units["EAST"], 2_000_00, open_items=500_00)
    done = run("customer", "C1", "--json")
    assert done.code == 0 and done.json["code"] == "C1"
    (line,) = done.json["limits"]
    assert (line["limit"], line["used"], line["headroom"]) == ("2000.00", "500.00", "1500.00")
    missing = run("customer", "C9", "--json")
    assert missing.code == 1 and "没有编码为“C9”的客户" in missing.err


def test_amounts_of_a_customer_without_a_line_have_the_currency_s_decimals(run):
    make_customer("C1", unit=None)
    for line in run("customer", "C1", "--json").json["limits"]:
        assert line["used"] == "0.00"


def test_a_key_is_shown_once_works_and_is_revoked(run):
    made = run("api-key", "create", "erp", "--json")
    assert made.code == 0 and made.json["key"].startswith("xk_")
    assert find_key(made.json["key"], at=datetime.now(UTC)) is not None
    (listed,) = run("api-key", "list", "--json").json
    assert listed["name"] == "erp" and "key" not in listed
    assert run("api-key", "revoke", listed["prefix"], "--json").json["revoked"] is True
    assert find_key(made.json["key"], at=datetime.now(UTC)) is None


def test_without_a_demonstration_there_are_no_accounts(run):
    done = run("demo", "accounts", "--json")
    assert (done.code, done.json) == (0, [])
