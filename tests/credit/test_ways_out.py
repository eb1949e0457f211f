"""What would turn a hold into a yes: the worked examples, and every step in words."""

from __future__ import annotations

import re

import msgspec
import pytest

from xinheng.credit.decide import Facts, Limit, Order, decide
from xinheng.credit.exposure import Components
from xinheng.credit.policy import shipped
from xinheng.credit.way_text import SENTENCES, text
from xinheng.credit.ways_out import CURES, Due, Step, apply, find, paid_by

replaced = msgspec.structs.replace
TODAY = "2026-11-22"
EXP_1 = Facts(
    "active",
    Limit(1_000_000_00, valid_until="2027-01-01"),
    Components(600_000_00, 120_000_00, 90_000_00, 150_000_00, 0, 30_000_00, 50_000_00),
    0,
    0,
    "BBB",
    "2027-01-01",
    TODAY,
)
ORDER = Order("PO-1", 1, 180_000_00, "CNY", 30, TODAY)
OPEN = (
    Due("I-2", "2026-11-12", 15_000_00),
    Due("I-1", "2026-10-13", 5_000_00),
    Due("I-3", "2026-12-31", 580_000_00),
)
LATE = replaced(EXP_1, overdue_minor=20_000_00, overdue_days_max=40)


def ways(facts: Facts, order: Order = ORDER, items: tuple[Due, ...] = OPEN) -> list[list[tuple]]:
    return [
        [(step.code, step.amount_minor or step.day or step.days) for step in way.steps]
        for way in find(facts, order, shipped(), items)
    ]


def with_limit(facts: Facts, **changes: object) -> Facts:
    return replaced(facts, limit=replaced(facts.limit, **changes))


def test_exp_1_has_four_ways_out_the_cheapest_first():
    assert ways(EXP_1, items=(Due("I-3", "2026-12-31", 600_000_00),)) == [
        [("receive", 60_000_00)],
        [("prepay", 60_000_00)],
        [("ship_part", 120_000_00)],
        [("raise_limit", 1_060_000_00)],
    ]


def test_where_money_is_overdue_too_one_receipt_does_it_or_a_smaller_one_with_another_step():
    assert ways(LATE) == [
        [("receive", 60_000_00)],
        [("receive", 20_000_00), ("prepay", 40_000_00)],
        [("receive", 20_000_00), ("ship_part", 140_000_00)],
        [("receive", 20_000_00), ("raise_limit", 1_040_000_00)],
    ]


def test_money_settles_the_oldest_due_invoice_first():
    assert [(item.number, item.open_minor) for item in paid_by(6_000_00, OPEN)] == [
        ("I-1", 5_000_00),
        ("I-2", 1_000_00),
    ]
    changed, _, left = apply(Step("receive", 6_000_00), LATE, ORDER, OPEN)
    assert (changed.overdue_minor, changed.overdue_days_max) == (14_000_00, 10)
    assert [item.open_minor for item in left] == [14_000_00, 580_000_00]


def test_what_is_overdue_without_a_known_invoice_stays_overdue():
    worse = replaced(LATE, overdue_minor=20_000_01)
    changed, _, _ = apply(Step("receive", 600_000_00), worse, ORDER, OPEN)
    assert (changed.overdue_minor, changed.overdue_days_max) == (1, 40)


@pytest.mark.parametrize(
    ("facts", "order", "expected"),
    [
        (with_limit(EXP_1, forced_hold=True, amount_minor=2_000_000_00), ORDER, [("lift_hold", 0)]),
        (
            with_limit(EXP_1, amount_minor=2_000_000_00, valid_from="2026-12-01"),
            ORDER,
            [("wait", "2026-12-01")],
        ),
        (
            with_limit(EXP_1, amount_minor=2_000_000_00, valid_until="2026-11-21"),
            ORDER,
            [("renew_limit", TODAY)],
        ),
        (
            with_limit(EXP_1, amount_minor=2_000_000_00, terms_days_max=20),
            ORDER,
            [("shorten_terms", 20)],
        ),
        (
            with_limit(replaced(EXP_1, rating_valid_until="2026-11-21"), amount_minor=2_000_000_00),
            ORDER,
            [("renew_rating", TODAY)],
        ),
        (replaced(EXP_1, limit=None), ORDER, [("grant_limit", 1_060_000_00)]),
        (with_limit(EXP_1, amount_minor=None), ORDER, [("grant_limit", 1_060_000_00)]),
        (
            with_limit(EXP_1, amount_minor=2_000_000_00, single_order_cap_minor=100_00),
            ORDER,
            [("ship_part", 100_00)],
        ),
        (
            with_limit(replaced(EXP_1, customer_status="watch"), amount_minor=2_000_000_00),
            ORDER,
            [("restore_status", 0)],
        ),
    ],
)
def test_each_single_trouble_has_its_step(facts, order, expected):
    late_items = (Due("I-3", "2026-12-31", 600_000_00),)
    assert expected in ways(facts, order, late_items)
    assert ways(facts, order, late_items)[0] == expected


def test_waiting_is_no_way_out_if_money_falls_overdue_meanwhile():
    soon = with_limit(EXP_1, amount_minor=2_000_000_00, valid_from="2027-01-15")
    assert [("wait", "2027-01-15")] not in ways(soon, items=(Due("I-3", "2026-12-31", 600_000_00),))


def test_a_blocked_customer_an_unknown_fact_or_three_troubles_leave_it_to_a_person():
    assert ways(replaced(EXP_1, overdue_minor="unknown")) == []
    assert ways(replaced(EXP_1, customer_status="closed")) == []
    three = with_limit(replaced(LATE, rating_valid_until="2026-11-21"), terms_days_max=20)
    assert ways(three) == []


def test_an_order_that_passes_needs_no_way_out():
    fits = replaced(ORDER, amount_minor=120_000_00)
    assert decide(EXP_1, fits, shipped()).outcome == "approve"
    assert ways(EXP_1, fits) == []


def test_every_step_has_words_in_both_languages():
    assert set(SENTENCES) == set(CURES)
    for code in CURES:
        said = text(Step(code, 6_000_01, 18_000_00, TODAY, 30, "BBB", "active"), "CNY", OPEN)
        assert re.search("[一-鿿]", said["zh"]) and not re.search("[一-鿿]", said["en"])
        assert "{" not in said["zh"] + said["en"]


def test_percentages_are_rounded_to_the_safe_side():
    prepay = Step("prepay", 60_000_00, 180_000_00)
    assert text(prepay, "CNY")["en"] == (
        "Collect 60,000.00 CNY (33.34% of the order) before shipping."
    )
    assert "66.66%" in text(Step("ship_part", 120_000_00, 180_000_00), "CNY")["zh"]


def test_a_receipt_is_told_by_its_invoices():
    said = text(Step("receive", 6_000_00), "CNY", OPEN)
    assert said["zh"] == (
        "收回 6,000.00 CNY：发票 I-1 全部 5,000.00、发票 I-2 15,000.00 中的 1,000.00。"
    )
    many = tuple(Due(f"N-{n}", "2026-10-01", 100) for n in range(6))
    assert "2 more" in text(Step("receive", 500), "CNY", many)["en"]
