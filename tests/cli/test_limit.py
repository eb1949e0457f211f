"""`xinheng limit`: one customer's limits, and many by one rule, on a named person's authority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.world import make_customer, make_line
from xinheng.limits.models import Cover, CreditLine, DatedLimit, Proposal
from xinheng.people.queries import today

WHY = ["--by", "alice", "--reason", "年度复审，按合同核定。"]


@pytest.fixture
def line(world) -> CreditLine:
    now = today(datetime.now(UTC))
    return make_line(
        make_customer("C1", unit=world.units["EAST"]),
        100_000_00,
        open_items=30_000_00,
        valid_until=now + timedelta(days=365),
        overdue_allowed_minor=5_000_00,
        overdue_days_allowed=15,
    )


def day(days: int) -> str:
    return (today(datetime.now(UTC)) + timedelta(days=days)).isoformat()


def test_less_is_live_and_more_waits(line, run):
    less = run("limit", "grant", "C1", "40000", *WHY, "--json")
    assert (less.code, less.json["live"]) == (0, True)
    more = run("limit", "grant", "C1", "150000", *WHY, "--json")
    assert (more.code, more.json["live"]) == (0, False)
    line.refresh_from_db()
    assert line.amount_minor == 40_000_00
    assert Proposal.objects.get(state="proposed").pk == more.json["proposal"]


def test_the_card_tells_what_holds_and_what_comes(line, run):
    run("limit", "temporary", "C1", "20000", "--until", day(9), *WHY)
    run("limit", "grant", "C1", "5000", "--scope", "product:CEM", *WHY)
    words = ["--kind", "insurance", "--reference", "P-1", "--share", "90", "--until", day(3)]
    done = run("limit", "cover", "C1", "10000", *words, "--by", "alice", "--json")
    assert Cover.objects.get().pk == done.json["cover"]
    card = run("limit", "show", "C1", "--json").json
    assert (card["state"], card["limit"], card["covered"]) == ("temporary", "20000.00", "9000.00")
    assert (card["ceiling"], card["used"], card["available"]) == ("29000.00", "30000.00", "0.00")
    assert card["next_change"] == day(4)
    assert [one["standing"] for one in card["dated"]] == ["in_force", "waiting"]
    assert [(one["kind"], one["name"]) for one in card["below"]] == [("product", "CEM")]
    shown = run("limit", "show", "C1").out
    assert "20000.00" in shown and "P-1" in shown
    run("limit", "end-cover", done.json["cover"], *WHY)
    assert run("limit", "show", "C1", "--json").json["covered"] == "0.00"


def test_a_limit_is_withdrawn_by_its_number(line, run):
    run("limit", "grant", "C1", "40000", *WHY)
    (one,) = [d for d in run("limit", "show", "C1", "--json").json["dated"] if "400" in d["limit"]]
    assert run("limit", "withdraw", one["id"], *WHY).code == 0
    line.refresh_from_db()
    assert line.amount_minor is None
    assert run("limit", "withdraw", one["id"], *WHY).code == 1


def test_a_hold_by_hand_and_its_lifting(line, run):
    assert run("limit", "hold", "C1", *WHY, "--json").json == {"customer": "C1", "held": True}
    assert run("limit", "show", "C1", "--json").json["held"]["by"].startswith("user:")
    again = run("limit", "hold", "C1", *WHY)
    assert again.code == 1 and "HELD_ALREADY" in again.err
    assert run("limit", "lift", "C1", *WHY, "--json").json["held"] is False


def test_many_by_a_rule_first_looked_at(line, run):
    rule = ["--currency", "CNY", "--all", "--percent", "-12.5", "--round", "1000", *WHY]
    seen = run("limit", "adjust", *rule, "--json").json
    assert seen["applied"] is False and seen["counts"] == {"lowered": 1}
    line.refresh_from_db()
    assert line.amount_minor == 100_000_00
    assert "仅预览" in run("limit", "adjust", *rule).out
    done = run("limit", "adjust", *rule, "--apply", "--json").json
    assert done["rows"] == seen["rows"] and done["after"] == {"CNY": "87000.00"}
    line.refresh_from_db()
    assert line.amount_minor == 87_000_00


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grant", "C9", "1", *WHY], "C9"),
        (["grant", "C1", "1.234", *WHY], ""),
        (["grant", "C1", "1", "--by", "nobody", "--reason", "年度复审"], "nobody"),
        (["grant", "C1", "1", "--by", "bob", "--reason", "年度复审"], "NOT_ALLOWED"),
        (["grant", "C1", "1", "--scope", "team:A", *WHY], "BAD_SCOPE"),
        (["show", "C1", "--currency", "USD"], "USD"),
        (["adjust", "--currency", "CNY", "--percent", "1", *WHY], "--all"),
        (["adjust", "--currency", "CNY", "--all", *WHY], "--percent"),
        (["adjust", "--currency", "CNY", "--all", "--percent", "x", *WHY], "x"),
        (["adjust", "--currency", "CNY", "--all", "--fixed=-1", *WHY], "BAD_RULE"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(line, run, words, said):
    before = DatedLimit.objects.count()
    done = run("limit", *words)
    assert done.code == 1 and said in done.err and len(done.err.splitlines()) == 1
    assert DatedLimit.objects.count() == before
