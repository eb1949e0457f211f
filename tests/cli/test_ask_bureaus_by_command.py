"""`xinheng report` and `xinheng visit`: asked over the wire, handed over as a file, added up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.bureau_answers import USCC, bureau_server, raw
from tests.world import make_customer
from xinheng.inquiries.visiting import NewVisit, plan_visit
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
WHY = ("--purpose", "review", "--basis", "contract", "--by", "alice", "--json")


@pytest.fixture
def asking(world: Any) -> Any:
    make_customer("C1", unit=world.units["EAST"], uscc=USCC)
    return world


def test_a_report_is_bought_once_and_adds_up(
    asking: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = ("--bureau", "tianyancha", "--product", "baseinfo")
    alone = run("report", "buy", "C1", *which, *WHY)
    assert alone.code == 1 and "尚未配置天眼查的接口" in alone.err
    with bureau_server() as server:
        server.say("/services/open/ic/baseinfo/normal", raw("tianyancha"))
        monkeypatch.setenv("XINHENG_BUREAU_TIANYANCHA_KEY", "k")
        monkeypatch.setenv("XINHENG_BUREAU_TIANYANCHA_URL", server.url)
        first = run("report", "buy", "C1", *which, *WHY)
        assert first.code == 0, first.err
        assert (first.json["outcome"], first.json["facts"]) == ("fetched", 8)
        again = run("report", "buy", "C1", *which, *WHY)
    assert again.json == {**first.json, "outcome": "kept", "facts": 0}
    rows = run("report", "log", "--json").json
    assert [(row["bureau"], row["asked"], row["cost"]) for row in rows] == [
        ("tianyancha", 1, "0.15"),
        ("tianyancha", 1, "0"),
    ]
    assert run("report", "log").code == 0
    assert run("report", "log", "--month", "November").code == 1


def test_a_report_in_hand_comes_as_a_file(asking: Any, run: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(raw("creditsafe"))
    which = ("--bureau", "creditsafe", "--product", "report")
    kept = run("report", "add", "C1", str(path), *which, "--reported", "2026-11-01", *WHY)
    assert kept.code == 0 and kept.json["facts"] == 6, kept.err
    assert run("report", "add", "C1", str(tmp_path / "no.json"), *which, *WHY).code == 1
    assert run("report", "add", "C1", str(path), *which, "--consent", "x", *WHY).code == 1


def test_visits_are_listed(asking: Any, run: Any) -> None:
    at = datetime.now(UTC)
    new = NewVisit(customer_code="C1", purpose="复评", planned_on=today(at), visitor=asking.bob.pk)
    visit = plan_visit(new, actor=asking.actor("bob"), at=at)
    (row,) = run("visit", "list", "--json").json
    assert (row["id"], row["customer"], row["visitor"]) == (str(visit), "C1", "bob")
    assert run("visit", "list", "--tab", "overdue", "--json").json == []
    assert run("visit", "list").code == 0
    assert run("visit", "list", "--tab", "moon").code == 1
