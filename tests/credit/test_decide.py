"""One order's answer, check by check, and all reasons at once (EXP-1 among them)."""

from typing import Any

import msgspec
import pytest

from xinheng.credit import policy as policies
from xinheng.credit.case import FileStanding
from xinheng.credit.decide import (
    UNKNOWN,
    Facts,
    Limit,
    Order,
    Reason,
    Unknown,
    Verdict,
    decide,
    decode,
    encode,
    facts_after,
    replay,
)
from xinheng.credit.exposure import Components
from xinheng.credit.policy import Check, Params, Policy, shipped

POLICY = shipped()
OF_FILE = ("licence_valid", "file_complete", "file_fresh")  # nothing to compare: no file yet
EXP_1 = Components(
    open_items=600_000_00,
    unbilled=120_000_00,
    orders=90_000_00,
    bills=150_000_00,
    unapplied=30_000_00,
    prepaid=50_000_00,
)
LINE = Limit(
    1_000_000_00,
    valid_from="2026-01-01",
    valid_until="2026-12-31",
    single_order_cap_minor=200_000_00,
    terms_days_max=60,
    overdue_allowed_minor=10_000_00,
    overdue_days_allowed=30,
)
FACTS = Facts("active", LINE, EXP_1, 0, 0, "BBB", "2026-12-31", "2026-11-22")
ORDER = Order("PO-1", 1, 100_000_00, "CNY", 30, "2026-11-22")


def answer(
    *, order: dict[str, Any] | None = None, limit: dict[str, Any] | None = None, **facts: Any
) -> Verdict:
    line = msgspec.structs.replace(LINE, **limit) if limit else LINE
    seen = msgspec.structs.replace(FACTS, **{"limit": line, **facts})
    return decide(seen, msgspec.structs.replace(ORDER, **(order or {})), POLICY)


def on_line(limit: Limit | Unknown | None) -> Verdict:
    return decide(msgspec.structs.replace(FACTS, limit=limit), ORDER, POLICY)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_an_order_within_everything_is_approved() -> None:
    verdict = answer()
    assert (verdict.outcome, verdict.reasons) == ("approve", ())
    assert (verdict.used_minor, verdict.ceiling_minor) == (880_000_00, 1_000_000_00)
    assert (verdict.headroom_minor, verdict.after_minor) == (120_000_00, 980_000_00)
    assert [step.check for step in verdict.trace] == [check.code for check in POLICY.checks]
    assert {step.result for step in verdict.trace if step.check not in OF_FILE} == {"pass"}
    assert {step.result for step in verdict.trace if step.check in OF_FILE} == {"skip"}
    assert verdict.rule.endswith("exceeded when used + order > limit")


def test_exp_1_is_short_by_60_000_and_holds() -> None:
    verdict = answer(order={"amount_minor": 180_000_00})
    assert verdict.outcome == "hold"
    assert verdict.reasons == (
        Reason("headroom_exceeded", "1060000.00", "1000000.00", "hold", "headroom"),
    )
    assert verdict.after_minor - (verdict.ceiling_minor or 0) == 60_000_00


def test_exp_1_passes_on_a_temporary_line_that_replaces_the_base() -> None:
    verdict = answer(order={"amount_minor": 180_000_00}, limit={"amount_minor": 1_200_000_00})
    assert verdict.outcome == "approve"


def test_exceeded_means_more_than() -> None:
    assert answer(order={"amount_minor": 120_000_00}).outcome == "approve"
    assert codes(answer(order={"amount_minor": 120_000_01})) == ["headroom_exceeded"]


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"single_order_cap_minor": 99_999_99}, "single_order_cap_exceeded"),
        ({"valid_until": "2026-11-21"}, "limit_expired"),
        ({"valid_from": "2026-11-23"}, "limit_not_yet_valid"),
        ({"terms_days_max": 29}, "terms_longer"),
        ({"forced_hold": True}, "limit_forced_hold"),
    ],
)
def test_each_term_of_the_line_is_kept(limit: dict[str, Any], code: str) -> None:
    verdict = answer(limit=limit)
    assert codes(verdict) == [code]
    assert verdict.outcome in ("refer", "hold")


@pytest.mark.parametrize(
    "limit",
    [
        {"single_order_cap_minor": 100_000_00},
        {"single_order_cap_minor": None},
        {"valid_until": "2026-11-22", "valid_from": "2026-11-22"},
        {"valid_until": None, "valid_from": None},
        {"terms_days_max": 30},
        {"terms_days_max": None},
        {"unlimited": True, "amount_minor": None},
    ],
)
def test_the_last_cent_the_last_day_and_what_was_not_agreed_pass(limit: dict[str, Any]) -> None:
    assert answer(limit=limit).outcome == "approve"


@pytest.mark.parametrize(
    ("facts", "code", "outcome"),
    [
        ({"overdue_minor": 10_000_01}, "overdue_amount_exceeded", "hold"),
        ({"overdue_days_max": 31}, "overdue_days_exceeded", "hold"),
        ({"customer_status": "watch"}, "status_not_active", "refer"),
        ({"customer_status": "blocked"}, "status_not_active", "hold"),
        ({"customer_status": "closed"}, "status_not_active", "decline"),
        ({"customer_status": "never heard of"}, "status_not_active", "hold"),
        ({"rating_valid_until": "2026-11-21"}, "rating_expired", "refer"),
        ({"rating_valid_until": None}, "rating_undated", "refer"),
        ({"grade": None, "rating_valid_until": None}, "rating_missing", "refer"),
        ({"customer_status": UNKNOWN}, "status_unknown", "refer"),
        ({"overdue_minor": UNKNOWN}, "overdue_unknown", "refer"),
        ({"overdue_days_max": UNKNOWN}, "overdue_unknown", "refer"),
        ({"grade": UNKNOWN}, "rating_unknown", "refer"),
        ({"rating_valid_until": UNKNOWN}, "rating_unknown", "refer"),
    ],
)
def test_each_fact_has_its_reason(facts: dict[str, Any], code: str, outcome: str) -> None:
    verdict = answer(**facts)
    assert codes(verdict) == [code]
    assert verdict.outcome == outcome


def test_a_rating_counts_on_its_last_day() -> None:
    assert answer(rating_valid_until="2026-11-22").outcome == "approve"


def test_overdue_exactly_as_allowed_passes() -> None:
    assert answer(overdue_minor=10_000_00, overdue_days_max=30).outcome == "approve"


@pytest.mark.parametrize("limit", [None, Limit(None), Limit(0)])
def test_no_line_unset_and_zero_give_no_credit(limit: Limit | None) -> None:
    verdict = on_line(limit)
    assert verdict.outcome == "hold"
    assert verdict.ceiling_minor == 0
    assert "headroom_exceeded" in codes(verdict)


def test_zero_limit_lets_a_prepaid_order_through() -> None:
    paid_ahead = Components(prepaid=100_000_00)
    verdict = answer(limit={"amount_minor": 0}, components=paid_ahead)
    assert (verdict.outcome, verdict.headroom_minor) == ("approve", 100_000_00)


def test_unlimited_has_no_ceiling_and_no_headroom_figure() -> None:
    verdict = answer(
        limit={"unlimited": True, "amount_minor": None}, order={"amount_minor": 200_000_00}
    )
    assert (verdict.outcome, verdict.ceiling_minor, verdict.headroom_minor) == (
        "approve",
        None,
        None,
    )


def test_all_reasons_are_told_at_once_and_the_worst_wins() -> None:
    verdict = answer(
        customer_status="closed",
        overdue_minor=50_000_00,
        overdue_days_max=90,
        rating_valid_until="2026-01-01",
        order={"amount_minor": 300_000_00, "terms_days": 90},
    )
    assert codes(verdict) == [
        "status_not_active",
        "headroom_exceeded",
        "single_order_cap_exceeded",
        "overdue_amount_exceeded",
        "overdue_days_exceeded",
        "rating_expired",
        "terms_longer",
    ]
    assert verdict.outcome == "decline"


def test_one_unknown_limit_is_told_once() -> None:
    verdict = on_line(UNKNOWN)
    assert (verdict.outcome, codes(verdict)) == ("refer", ["limit_unknown"])
    assert (verdict.ceiling_minor, verdict.headroom_minor, verdict.used_minor) == (
        None,
        None,
        880_000_00,
    )


def test_a_reason_of_several_checks_is_told_at_its_worst() -> None:
    strict = msgspec.structs.replace(
        POLICY,
        checks=tuple(
            msgspec.structs.replace(check, outcome_on_unknown="decline")
            if check.code == "overdue_days"
            else check
            for check in POLICY.checks
        ),
    )
    verdict = decide(msgspec.structs.replace(FACTS, limit=UNKNOWN), ORDER, strict)
    assert [(r.code, r.outcome, r.rule) for r in verdict.reasons] == [
        ("limit_unknown", "decline", "overdue_days")
    ]
    assert verdict.outcome == "decline"


def policy_of(*checks: Check) -> Policy:
    return msgspec.structs.replace(POLICY, checks=(*POLICY.checks, *checks))


def test_a_warning_rides_along() -> None:
    cautious = policy_of(Check("tight_cap", "single_order_cap", "warn"))
    raw = msgspec.to_builtins(cautious)
    verdict = decide(
        msgspec.structs.replace(
            FACTS, limit=msgspec.structs.replace(LINE, single_order_cap_minor=1)
        ),
        ORDER,
        policies.load(
            {**raw, "checks": [c for c in raw["checks"] if c["code"] != "single_order_cap"]}
        ),
    )
    assert verdict.outcome == "approve"
    assert [(r.code, r.outcome) for r in verdict.reasons] == [("single_order_cap_exceeded", "warn")]


@pytest.mark.parametrize(
    ("grade", "outcome"),
    [("AAA", "approve"), ("CCC", "approve"), ("CC", "decline"), ("?", "decline")],
)
def test_a_grade_below_the_floor_fails(grade: str, outcome: str) -> None:
    floor = policy_of(Check("floor", "grade_floor", "decline", Params(worst_grade="CCC")))
    assert decide(msgspec.structs.replace(FACTS, grade=grade), ORDER, floor).outcome == outcome


def test_the_next_order_sees_what_the_one_before_it_reserved() -> None:
    first, second = FACTS, facts_after(FACTS, ORDER)
    assert decide(first, ORDER, POLICY).outcome == "approve"
    assert codes(decide(second, ORDER, POLICY)) == ["headroom_exceeded"]
    assert second.components.orders == EXP_1.orders + ORDER.amount_minor


def test_a_negative_order_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError):
        answer(order={"amount_minor": -1})


def test_facts_survive_their_bytes_and_replay_gives_the_same_bytes() -> None:
    for facts in (
        FACTS,
        msgspec.structs.replace(FACTS, limit=UNKNOWN, overdue_minor=UNKNOWN, grade=None),
    ):
        assert decode(encode(facts), Facts) == facts
        again = replay(encode(facts), encode(ORDER), POLICY)
        assert encode(again) == encode(decide(facts, ORDER, POLICY))


def test_the_bytes_are_canonical() -> None:
    assert encode(ORDER) == (
        b'{"amount_minor":10000000,"currency":"CNY","ref":"PO-1","requested_on":"2026-11-22","terms_days":30,"version":1}'
    )


# --- The credit file


@pytest.mark.parametrize(
    ("file", "outcome", "reasons"),
    [
        (None, "approve", []),
        (FileStanding("60.00"), "approve", []),
        (FileStanding("59.99"), "approve", ["file_incomplete"]),
        (FileStanding("76.00", fresh_until="2026-11-22"), "approve", []),
        (FileStanding("76.00", fresh_until="2026-11-21"), "approve", ["file_stale"]),
        (FileStanding("76.00", licence_until="2026-11-22"), "approve", []),
        (FileStanding("76.00", licence_until="2026-11-21"), "hold", ["licence_expired"]),
        (
            FileStanding("12.00", "2026-11-21", "2026-11-21"),
            "hold",
            ["licence_expired", "file_incomplete", "file_stale"],
        ),
    ],
)
def test_the_file_shows_on_the_order_and_an_ended_licence_holds_it_the_same_day(
    file: FileStanding | None, outcome: str, reasons: list[str]
) -> None:
    verdict = answer(file=file)
    assert (verdict.outcome, codes(verdict)) == (outcome, reasons)


def test_a_policy_may_want_a_file_of_everybody() -> None:
    checks = tuple(
        msgspec.structs.replace(check, params=msgspec.structs.replace(check.params, required=True))
        if check.kind == "file_complete"
        else check
        for check in POLICY.checks
    )
    strict = msgspec.structs.replace(POLICY, checks=checks)
    assert codes(decide(FACTS, ORDER, strict)) == ["file_missing"]


@pytest.mark.parametrize("told", ["101", "-1", "viel", "NaN"])
def test_at_least_is_a_per_cent(told: str) -> None:
    body = msgspec.to_builtins(POLICY)
    next(c for c in body["checks"] if c["kind"] == "file_complete")["params"]["at_least"] = told
    with pytest.raises(policies.PolicyError, match="per cent"):
        policies.load(body)
