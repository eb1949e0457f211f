"""A policy goes live only when every check can be made and none is too generous."""

import copy
from typing import Any

import msgspec
import pytest

from xinheng.credit.policy import PolicyError, load, require_sources, shipped
from xinheng.credit.shipped import document


def draft() -> dict[str, Any]:
    return copy.deepcopy(document("policies/order_check_v3.json"))


def test_the_shipped_policy_has_these_checks() -> None:
    assert [check.kind for check in shipped().checks] == [
        "customer_status",
        "limit_valid",
        "headroom",
        "single_order_cap",
        "overdue_amount",
        "overdue_days",
        "rating_expired",
        "terms_longer",
        "licence_valid",
        "file_complete",
        "file_fresh",
    ]


def test_a_policy_can_be_written_and_loaded_again() -> None:
    assert load(msgspec.to_builtins(shipped())) == shipped()


def broken(**change: Any) -> dict[str, Any]:
    return {**draft(), **change}


def with_check(index: int, **change: Any) -> dict[str, Any]:
    raw = draft()
    raw["checks"][index].update(change)
    return raw


def without_source(fact: str) -> dict[str, Any]:
    raw = draft()
    del raw["sources"][fact]
    return raw


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (with_check(0, kind="astrology"), "unknown kind"),
        (with_check(0, params={}), "'passing' is missing"),
        (with_check(0, params={"passing": ["active", "unknown"]}), "unknown status"),
        (
            with_check(0, params={"passing": ["active"], "outcomes": {"watch": "approve"}}),
            "'approve'",
        ),
        (with_check(1, outcome_on_fail="approve"), "'approve'"),
        (with_check(1, outcome_on_fail="warn"), "'warn'"),
        (with_check(2, outcome_on_fail="warn"), "'warn'"),
        (with_check(3, outcome_on_unknown="hold"), "unknown can only"),
        (with_check(3, outcome_on_unknown="approve"), "unknown can only"),
        (with_check(3, code="headroom"), "share a code"),
        (with_check(3, params={"worst_grade": "B"}), "takes no parameter"),
        (with_check(3, kind="grade_floor", params={"worst_grade": "E"}), "not on the scale"),
        (with_check(3, kind="grade_floor"), "'worst_grade' is missing"),
        (with_check(3, surprise=1), "right shape"),
        (without_source("overdue_minor"), "has no source"),
        (broken(checks=[]), "1 to 40 checks"),
        (broken(checks=draft()["checks"][3:]), "add the checks"),
        (broken(version=0), "version of at least 1"),
        (broken(name=""), "needs a name"),
        (broken(reservation_days=0), "reservation_days"),
        (broken(reservation_days=367), "reservation_days"),
        (broken(exposure={"bills": -1}), "exposure.bills"),
        (broken(exposure={"prepaid": 10_001}), "exposure.prepaid"),
        (broken(exposure={"magic": 1}), "right shape"),
    ],
)
def test_a_policy_that_may_not_go_live_is_refused(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        load(raw)


def test_a_source_that_is_not_connected_stops_going_live() -> None:
    rooms = ["customers", "limits", "receivables", "decisions", "dossiers"]
    require_sources(shipped(), rooms)
    with pytest.raises(PolicyError, match="receivables"):
        require_sources(shipped(), [room for room in rooms if room != "receivables"])
