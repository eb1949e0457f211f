"""`xinheng check-order`: the API's answer on the command line, and problems in both languages."""

from __future__ import annotations

import pytest

from tests.web.pages import buyer
from tests.world import make_customer
from xinheng.decisions.models import Decision

ANSWER = {
    *("decision_id", "outcome", "reasons", "exposure", "reservation", "policy", "decided_at"),
    "ledger",
}
ORDER = ("check-order", "--customer", "C1", "--currency", "CNY")


def test_the_json_is_the_answer_that_was_kept(world, run):
    buyer("C1", world.units["EAST"], 2_000_00, terms_days_max=30)
    done = run(*ORDER, "--amount", "1000.00", "--ref", "R1", "--json")
    assert done.code == 0
    answer = done.json
    assert set(answer) == ANSWER and answer["outcome"] == "approve"
    assert answer["exposure"]["limit"] == "2000.00"
    assert answer["reservation"]["amount"] == "1000.00"
    assert answer["ledger"]["status"] == "recorded"
    assert done.out.rstrip("\n").encode() == bytes(Decision.objects.get().answer)
    again = run(*ORDER, "--amount", "1000.00", "--ref", "R1", "--json")
    assert again.out == done.out and Decision.objects.count() == 1


def test_people_read_both_languages(world, run):
    buyer("C1", world.units["EAST"], 500_00, terms_days_max=30)
    done = run(*ORDER, "--amount", "1000.00", "--ref", "R1")
    assert done.code == 0
    assert "冻结 · hold" in done.out and "超过授信额度" in done.out and "500.00" in done.out


def test_an_unset_limit_is_said_in_words_not_as_none(run):
    make_customer("C1", unit=None)
    done = run(*ORDER, "--amount", "1000.00", "--ref", "R1")
    assert done.code == 0
    assert "未设" in done.out and "unset" in done.out and "None" not in done.out


@pytest.mark.parametrize(
    ("words", "code", "zh", "en"),
    [
        (["--customer", "C9"], "unknown_customer", "没有这个客户编码", "No customer has this code"),
        (["--amount", "1e5"], "not_valid", "金额须为", "amount"),
        (["--amount", "1.005"], "not_valid", "金额须为", "decimals"),
        (["--amount", "0"], "not_valid", "金额须为", "amount"),
        (["--currency", "RMBX"], "not_valid", "币种须为", "currency"),
        (["--requested-on", "2026-02-30"], "not_valid", "日期须", "calendar date"),
        (["--terms-days", "-3"], "not_valid", "账期须为", "terms_days"),
    ],
)
def test_a_problem_says_how_to_mend_it_in_both_languages(world, run, words, code, zh, en):
    buyer("C1", world.units["EAST"], 2_000_00)
    said = [*ORDER, "--amount", "1000.00", "--ref", "R1", *words]
    done = run(*said)
    assert done.code == 1 and not done.out
    assert zh in done.err and en in done.err
    told = run(*said, "--json")
    assert told.code == 1 and told.json["code"] == code
    assert not Decision.objects.exists()


def test_another_body_under_the_same_order_number_is_refused(world, run):
    buyer("C1", world.units["EAST"], 2_000_00)
    run(*ORDER, "--amount", "1000.00", "--ref", "R1")
    done = run(*ORDER, "--amount", "1001.00", "--ref", "R1")
    assert done.code == 1 and "更高的 --version" in done.err
    assert run(*ORDER, "--amount", "1001.00", "--ref", "R1", "--json").json["status"] == 422
