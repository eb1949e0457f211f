"""`xinheng decision`: replay on the command line."""

from __future__ import annotations

from uuid import uuid4

from tests.web.pages import buyer
from tests.world import ask
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision


def decided(world, amount_minor: int) -> Decision:
    buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask("PO-1", "C1", amount_minor)], actor=world.actor("bob"))
    return Decision.objects.get()


def test_a_replay_says_identical_and_how_many_bytes(world, run):
    decision = decided(world, 400_00)
    done = run("decision", "replay", decision.pk)
    assert done.code == 0
    assert f"{len(bytes(decision.answer))} 字节逐字节相同" in done.out and "Identical" in done.out
    told = run("decision", "replay", decision.pk, "--json")
    assert told.code == 0 and told.json["result"] == "identical"
    assert told.json["difference"] is None and told.json["policy"] == "order_check v3"


def test_a_changed_record_ends_with_one_and_names_the_place(world, run):
    decision = decided(world, 400_00)
    answer = bytes(decision.answer).replace(b'"400.00"', b'"400.01"', 1)
    Decision.objects.filter(pk=decision.pk).update(answer=answer)
    done = run("decision", "replay", decision.pk)
    assert done.code == 1 and "不一致" in done.out and "exposure.after" in done.out
    told = run("decision", "replay", decision.pk, "--json")
    assert told.code == 1
    assert told.json["difference"] == {
        "place": "exposure.after",
        "kept": '"400.01"',
        "again": '"400.00"',
    }


def test_an_unknown_decision_is_said_in_both_languages(run):
    done = run("decision", "replay", uuid4())
    assert done.code == 1 and "没有编号为" in done.err and "There is no decision" in done.err


def test_ways_out_are_told_cheapest_first_in_both_languages(world, run):
    decision = decided(world, 1_400_00)
    done = run("decision", "ways-out", decision.pk)
    assert done.code == 0
    assert "1. 发货前预收 400.00 CNY（订单的 28.58%）" in done.out
    assert "2. 先发 1,000.00 CNY" in done.out and "Raise the limit by 400.00" in done.out
    told = run("decision", "ways-out", decision.pk, "--json").json
    codes = [way[0]["code"] for way in told["ways"]]
    assert codes == ["prepay", "ship_part", "cover", "temporary_limit", "raise_limit"]
    assert told["outcome_now"] == "hold"


def test_without_a_waiting_hold_there_are_no_ways_out(world, run):
    done = run("decision", "ways-out", decided(world, 100_00).pk)
    assert done.code == 1 and "没有等待中的冻结" in done.err and "No hold waits" in done.err
