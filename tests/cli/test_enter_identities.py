"""`xinheng identity`: a number is judged, entered on a named person's authority, looked up."""

from __future__ import annotations

import pytest

from tests.world import make_customer
from xinheng.customers.models import Identity

pytestmark = pytest.mark.django_db(transaction=True)
EARLY = "91350203M0001FUE2P"


def test_a_number_is_judged_without_a_customer(run):
    told = run("identity", "check", "uscc", "91350100M000100Y44", "--json")
    answer = told.json
    assert answer["verdict"] == "invalid" and "“3”" in answer["reason"]["zh"]


def test_a_number_is_entered_and_an_early_code_taken_on(world, run):
    make_customer("C1", unit=None)
    run("identity", "add", "C1", "lei", "213800699Y1P5GMARI40", "--by", "alice")
    run("identity", "override", "C1", "uscc", EARLY, "--by", "alice", "--reason", "见营业执照")
    kept = dict(Identity.objects.values_list("kind", "verdict"))
    assert kept == {"lei": "valid", "uscc": "override"}


def test_places_and_trades_are_looked_up(run):
    told = run("identity", "division", "330106", "--json").json
    assert told["divisions"][0]["name"] == "浙江省 杭州市 西湖区"
    told = run("identity", "industry", "3011", "--json").json
    assert told["industries"][0]["code"] == "C3011"
