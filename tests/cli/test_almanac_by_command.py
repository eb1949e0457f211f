"""Rates, working days and terms from a terminal."""

from __future__ import annotations

import pytest

from tests.world import AT, make_world
from xinheng.almanac.actions import record_holidays, record_terms
from xinheng.almanac.rows import HolidayRow, TermRow
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db
ROOT = system("tests")


@pytest.fixture
def world():
    return make_world()


def test_a_rate_is_entered_and_found(run):
    entered = run("almanac", "enter-rate", "eur", "cny", "7.8123", "--day", "2026-11-20", "--json")
    assert entered.json == {"created": 1, "updated": 0, "unchanged": 0}
    found = run("almanac", "rate", "EUR", "CNY", "--day", "2026-11-22", "--json").json
    assert found == {
        "kind": "mid",
        "base": "EUR",
        "quote": "CNY",
        "day": "2026-11-20",
        "rate": "7.8123",
        "via": "",
    }
    turned = run("almanac", "rate", "CNY", "EUR", "--day", "2026-11-22")
    assert "0.1280032769 EUR" in turned.out and "inverse" in turned.out


def test_a_rate_that_is_not_there_is_a_failure_and_says_so(run):
    done = run("almanac", "rate", "EUR", "CNY")
    assert done.code == 1 and "enter or import one" in done.err


def test_a_jump_is_refused_until_it_is_confirmed(run):
    run("almanac", "enter-rate", "EUR", "CNY", "7.8", "--day", "2026-11-20")
    words = ("almanac", "enter-rate", "EUR", "CNY", "78", "--day", "2026-11-21")
    refused = run(*words)
    assert refused.code == 1 and "RATE_JUMPS" in refused.err
    assert run(*words, "--confirmed").code == 0
    assert run("almanac", "enter-rate", "EUR", "CNY", "abc").code == 2


def test_working_days_and_terms_are_told(run):
    holiday = HolidayRow(calendar="CN", day=AT.date(), name="节")
    record_holidays([holiday], actor=ROOT, at=AT)
    told = run("almanac", "working-day", "cn", "2026-11-20", "--json").json
    assert told == {"day": "2026-11-20", "working": False, "next": "2026-11-23"}
    record_terms([TermRow(code="月结30", rule="EOM+30", name="月结")], actor=ROOT, at=AT)
    assert run("almanac", "terms", "--json").json == [
        {"code": "月结30", "rule": "EOM+30", "calendar": ""}
    ]
