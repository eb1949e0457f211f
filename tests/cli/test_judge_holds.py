"""`xinheng holds` and `xinheng deputy`: held orders judged by a named person, and deputies."""

from __future__ import annotations

from tests.web.pages import buyer
from tests.world import ask
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.limits.models import CreditLine
from xinheng.people.models import Deputy

WHY = "客户已承诺周五付款"


def held(world, ref: str, amount_minor: int):
    if not CreditLine.objects.exists():
        buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask(ref, "C1", amount_minor)], actor=world.actor("bob"))
    return Decision.objects.get(order_ref=ref).pk


def test_held_orders_are_listed_with_their_reasons(world, run):
    order = held(world, "PO-1", 1_400_00)
    [row] = run("holds", "list", "--json").json
    assert (row["decision"], row["order"], row["amount"]) == (str(order), "PO-1", "1400.00")
    assert row["codes"] == ["headroom_exceeded"]
    assert "PO-1" in run("holds", "list").out
    assert run("holds", "list", "--ready", "--json").json == []


def test_a_try_says_what_a_release_would_do_and_does_nothing(world, run):
    order = held(world, "PO-1", 1_400_00)
    tried = run("holds", "release", order, "--by", "alice", "--try", "--json").json
    assert Hold.objects.get().state == "waiting"
    done = run("holds", "release", order, "--by", "alice", "--reason", WHY, "--json").json
    assert Hold.objects.get().state == "released"
    for one in (*tried["done"], *done["done"]):
        one.pop("until")
    assert tried == done
    assert done["done"][0]["excess"] == "400.00"


def test_what_is_refused_is_told_and_ends_with_one(world, run):
    order = held(world, "PO-1", 1_400_00)
    done = run("holds", "release", order, "--by", "bob", "--reason", WHY)
    assert done.code == 1
    assert "NOT_ALLOWED" in done.err
    done = run("holds", "release", order, "--by", "alice", "--reason", "")
    assert done.code == 1
    assert "Give the reason in words" in done.out
    assert "请写明理由" in done.out


def test_orders_are_rejected_and_kept(world, run):
    first, second = held(world, "PO-1", 1_400_00), held(world, "PO-2", 1_500_00)
    assert run("holds", "reject", first, "--by", "alice", "--reason", WHY).code == 0
    assert run("holds", "force", second, "--by", "alice", "--reason", WHY).code == 0
    assert dict(Hold.objects.values_list("state", "forced")) == {
        "rejected": False,
        "waiting": True,
    }


def test_a_recheck_finds_what_moved(world, run):
    held(world, "PO-1", 1_400_00)
    CreditLine.objects.update(amount_minor=2_000_00)
    assert run("holds", "recheck", "--json").json == {"looked_at": 1, "come_near": 0}
    assert run("holds", "list", "--ready", "--json").json[0]["ready"] is True


def test_a_deputy_is_named_listed_and_ended(world, run):
    done = run(
        *("deputy", "add", "alice", "root", "--until", "2099-01-01"),
    )
    assert done.code == 1  # longer than a year
    assert "BAD_PERIOD" in done.err
    made = run("deputy", "add", "alice", "root", "--until", _soon(), "--json").json
    assert (made["person"], made["deputy"], made["up_to"]) == ("alice", "root", None)
    assert "root" in run("deputy", "list").out
    assert run("deputy", "end", made["id"], "--json").json["ended"] is True
    assert run("deputy", "end", made["id"], "--json").json["ended"] is False


def test_a_ceiling_is_read_in_its_currency(world, run):
    made = run(
        *("deputy", "add", "alice", "root", "--until", _soon(), "--up-to", "500.00"),
        *("--currency", "cny", "--json"),
    ).json
    assert (made["up_to"], made["currency"]) == ("500.00", "CNY")
    assert Deputy.objects.get().up_to_minor == 500_00
    done = run("deputy", "add", "alice", "bob", "--until", _soon(), "--up-to", "5")
    assert done.code == 1


def _soon() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
