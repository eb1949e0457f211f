"""`xinheng proposals`: a named person's authority makes limits live, or turns them down."""

from __future__ import annotations

import pytest

from tests.limits.proposals import waiting_for
from xinheng.limits.models import CreditLine, Proposal
from xinheng.people.models import Authority

REASON = "合同没有续签，额度不再需要。"


def test_the_list_tells_what_waits(world, run):
    waiting_for("C1", world.units["EAST"], 100_000_00, 40_000_00)
    done = run("proposals", "list", "--json")
    (row,) = done.json
    assert (row["customer"], row["amount"], row["limit_now"]) == ("C1", "100000.00", None)
    assert (row["used_now"], row["grade"], row["by_hand"]) == ("40000.00", "BBB", False)
    assert "100000.00" in run("proposals", "list").out
    assert run("proposals", "list", "--currency", "usd", "--json").json == []


def test_a_grant_keeps_what_is_above_the_person_s_authority(world, run):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=100_000_00
    )
    waiting_for("C1", None, 100_000_00)
    waiting_for("C2", None, 200_000_00)
    done = run("proposals", "grant", "--all", "--by", "alice", "--json")
    assert done.code == 0
    answer = done.json
    assert (answer["granted"], answer["total"]) == (1, {"CNY": "100000.00"})
    (kept,) = answer["kept"]
    assert (kept["customer"], kept["amount"]) == ("C2", "200000.00")
    assert "超出您的授权" in kept["why"]["zh"] and "authority" in kept["why"]["en"]
    assert CreditLine.objects.get(customer__code="C1").amount_minor == 100_000_00
    again = run("proposals", "grant", "--all", "--by", "alice")
    assert again.code == 1 and "保留待他人授予" in again.out


def test_one_customer_until_a_day(run):
    waiting_for("C1", None, 100_000_00)
    waiting_for("C2", None, 200_000_00)
    day = "2027-03-31"
    words = ["grant", "--customer", "C2", "--by", "alice", "--valid-until", day, "--json"]
    assert run("proposals", *words).json["valid_until"] == day
    assert CreditLine.objects.get(customer__code="C2").valid_until.isoformat() == day
    assert Proposal.objects.get(state="proposed").customer.code == "C1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grant", "--by", "alice"], "--all"),
        (["grant", "--all", "--customer", "C1", "--by", "alice"], "--all"),
        (["grant", "--customer", "C9", "--by", "alice"], "C9"),
        (["grant", "--all", "--by", "nobody"], "没有可用的用户“nobody”"),
        (["grant", "--all", "--by", "dora"], "没有授予信用额度的权限"),
        (["grant", "--all", "--by", "alice", "--valid-until", "2020-01-01"], "截止日早于起始日"),
        (["reject", "--all", "--by", "alice", "--reason", "不"], "请写明理由"),
    ],
)
def test_what_can_t_be_done_says_why_and_changes_nothing(run, words, said):
    waiting_for("C1", None, 100_000_00)
    done = run("proposals", *words)
    assert done.code == 1 and said in done.err
    assert Proposal.objects.get().state == "proposed"


def test_rejecting_takes_a_reason(run):
    waiting_for("C1", None, 100_000_00)
    words = ["reject", "--customer", "C1", "--by", "alice", "--reason", REASON, "--json"]
    assert run("proposals", *words).json == {"rejected": 1}
    assert Proposal.objects.get().workings["rejected"]["reason"] == REASON
