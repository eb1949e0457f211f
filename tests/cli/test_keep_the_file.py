"""`xinheng file`: facts come in, are verified by another person, and are read as of a past day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import AT, PASSWORD, make_customer
from xinheng.people.actions import create_user
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeping(world: Any, run: Any) -> Any:
    make_customer("C1", unit=world.units["EAST"])
    create_user(
        "fred",
        PASSWORD,
        name="fred",
        roles=["finance_director"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )

    def enter(value: str, source: str = "erp") -> int:
        words = ("file", "enter", "C1", "yearly_purchases", value, "--source", source)
        told = run(*words, "--reliability", "B", "--by", "bob", "--json")
        assert told.code == 0, told.err
        return int(told.json["fact"])

    return enter


def field(run: Any, *words: str) -> Any:
    told = run("file", "show", "C1", *words, "--json")
    assert told.code == 0, told.err
    return next(one for one in told.json["fields"] if one["field"] == "yearly_purchases")


def test_a_fact_is_entered_verified_corrected_and_read_as_of_then(keeping: Any, run: Any) -> None:
    fact = keeping("1200.00 CNY")
    assert field(run)["state"] == "absent"
    queue = run("file", "queue", "--by", "alice", "--json").json
    assert [(row["id"], row["value"]) for row in queue] == [(fact, "1200.00 CNY")]
    told = run("file", "verify", fact, "--how", "third_party", "--by", "alice", "--json")
    assert told.json == {"fact": fact, "known": True}
    then = field(run)["known_since"]
    words = ("--by", "bob", "--reason", "录入有误", "--json")
    later = run("file", "correct", fact, "900.00 CNY", *words).json["fact"]
    assert run("file", "verify", later, "--how", "third_party", "--by", "alice").code == 0
    assert field(run)["value"] == "900.00 CNY"
    assert field(run, "--as-of", then)["value"] == "1200.00 CNY"
    assert field(run, "--as-of", "2020-01-01")["state"] == "absent"
    rows = run("file", "history", "C1", "yearly_purchases", "--json").json
    assert [row["state"] for row in rows] == ["verified", "ended"]
    assert run("file", "show", "C1").code == 0


def test_a_conflict_waits_for_a_person(keeping: Any, run: Any) -> None:
    facts = [keeping("1200.00 CNY"), keeping("900.00 CNY", "contract")]
    for fact in facts:
        run("file", "verify", fact, "--how", "third_party", "--by", "alice")
    assert field(run)["state"] == "conflict"
    (case,) = run("file", "conflicts", "--json").json
    words = ("--by", "fred", "--reason", "以合同为准", "--json")
    assert run("file", "resolve", case["conflict"], facts[1], *words).code == 0
    assert field(run)["value"] == "900.00 CNY"
    assert run("file", "conflicts", "--json").json == []
    told = run("file", "measures", "--json").json
    assert (told["files"], told["complete"]) == (1, "6.00")


def test_what_can_not_be_done_is_said_in_one_line(keeping: Any, run: Any) -> None:
    fact = keeping("1200.00 CNY")
    told = run("file", "verify", fact, "--how", "hearsay", "--by", "alice")
    assert (told.code, "BAD_CHECK" in told.err) == (1, True)
    told = run("file", "reject", fact, "--by", "bob", "--reason", "与合同不符")
    assert (told.code, "FACTS_NOT_ALLOWED" in told.err) == (1, True)
    assert run("file", "reject", fact, "--by", "alice", "--reason", "与合同不符").code == 0
    told = run("file", "show", "C1", "--as-of", "gestern")
    assert told.code == 1 and "2026-11-20" in told.err
    assert run("file", "show", "C9").code == 1


def test_the_queue_tells_what_verifying_would_do_and_many_are_verified_at_once(
    keeping: Any, run: Any
) -> None:
    facts = [keeping("1200.00 CNY"), keeping("900.00 CNY", "contract")]
    run("file", "verify", facts[0], "--how", "third_party", "--by", "alice")
    (row,) = run("file", "queue", "--by", "alice", "--source", "contract", "--json").json
    assert (row["id"], row["would"]) == (facts[1], "conflict")
    assert row["others"] == [{"source": "erp", "value": "1200.00 CNY"}]
    assert run("file", "queue", "--by", "alice", "--block", "finance", "--json").json == []
    words = ("--how", "third_party", "--by", "alice", "--json")
    told = run("file", "verify-many", facts[0], facts[1], *words).json
    assert told == {"verified": 1, "checked": 0, "own": 0, "gone": 1, "conflicts": 1}
    (case,) = run("file", "conflicts", "--json").json
    sides = run("file", "conflict", case["conflict"], "--json").json
    assert {one["fact"] for one in sides["facts"]} == set(facts)
    assert [one["suggested"] for one in sides["facts"]] == [True, False]
    assert run("file", "verify-many", *words).code == 1  # which ones?
    assert run("file", "conflict", 10**6).code == 1


def test_the_calendar_and_the_worst_files_by_command(keeping: Any, run: Any) -> None:
    fact = keeping("1200.00 CNY")
    run("file", "verify", fact, "--how", "third_party", "--by", "alice")
    assert run("file", "calendar", "--span", "stale", "--json").json == []
    (due,) = run("file", "calendar", "--span", "30", "--day", "2027-12-01", "--json").json
    assert (due["customer"], due["field"]) == ("C1", "yearly_purchases")
    (line,) = run("file", "worst", "--json").json
    assert (line["customer"], line["complete"]) == ("C1", "6.00")
    for words in (("calendar", "--span", "5"), ("worst", "--order", "age")):
        assert run("file", *words).code == 1
