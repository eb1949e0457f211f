"""What would turn a hold into a yes: the worked examples, and every step in words."""

from __future__ import annotations

import re

import msgspec
import pytest

from xinheng.credit.decide import Facts, Level, Limit, Order, decide
from xinheng.credit.exposure import Components
from xinheng.credit.policy import shipped
from xinheng.credit.rates import RateUsed
from xinheng.credit.way_changes import Ahead, Due, Scene, Step, apply, paid_by
from xinheng.credit.way_text import SENTENCES, text
from xinheng.credit.ways_out import CURES, find

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


def ways(
    facts: Facts, order: Order = ORDER, items: tuple[Due, ...] = OPEN, **more: object
) -> list[list[tuple]]:
    policy = replaced(shipped(), **more.pop("policy", {}))
    return [
        [(step.code, step.amount_minor or step.day or step.days) for step in way.steps]
        for way in find(facts, order, policy, items, **more)
    ]


def with_limit(facts: Facts, **changes: object) -> Facts:
    return replaced(facts, limit=replaced(facts.limit, **changes))


def test_exp_1_has_six_ways_out_the_cheapest_first():
    assert ways(EXP_1, items=(Due("I-3", "2026-12-31", 600_000_00),)) == [
        [("receive", 60_000_00)],
        [("prepay", 60_000_00)],
        [("ship_part", 120_000_00)],
        [("cover", 60_000_00)],
        [("temporary_limit", 1_060_000_00)],
        [("raise_limit", 1_060_000_00)],
    ]


def test_where_money_is_overdue_too_one_receipt_does_it_or_a_smaller_one_with_another_step():
    assert ways(LATE) == [
        [("receive", 60_000_00)],
        [("receive", 20_000_00), ("prepay", 40_000_00)],
        [("receive", 20_000_00), ("ship_part", 140_000_00)],
        [("receive", 20_000_00), ("cover", 40_000_00)],
        [("receive", 20_000_00), ("temporary_limit", 1_040_000_00)],
    ]


def test_money_settles_the_oldest_due_invoice_first():
    assert [(item.number, item.open_minor) for item in paid_by(6_000_00, OPEN)] == [
        ("I-1", 5_000_00),
        ("I-2", 1_000_00),
    ]
    after = apply(Step("receive", 6_000_00), Scene(LATE, ORDER, shipped(), OPEN))
    assert (after.facts.overdue_minor, after.facts.overdue_days_max) == (14_000_00, 10)
    assert [item.open_minor for item in after.items] == [14_000_00, 580_000_00]


def test_what_is_overdue_without_a_known_invoice_stays_overdue():
    worse = replaced(LATE, overdue_minor=20_000_01)
    changed = apply(Step("receive", 600_000_00), Scene(worse, ORDER, shipped(), OPEN)).facts
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


def test_money_named_passes_over_what_is_disputed():
    """I-1 is in dispute and not overdue for the test; unnamed money would settle it first."""
    items = (replaced(OPEN[1], disputed=True), OPEN[0], OPEN[2])
    late = replaced(EXP_1, overdue_minor=15_000_00, overdue_days_max=10)
    roomy = with_limit(late, amount_minor=2_000_000_00)
    named, unnamed = find(roomy, ORDER, shipped(), items)
    assert (named.steps[0].amount_minor, named.steps[0].on) == (15_000_00, ("I-2",))
    assert unnamed.steps == (Step("receive", 20_000_00),)
    said = text(named.steps[0], "CNY", items)["en"]
    assert said == "Receive 15,000.00 CNY, naming what it pays: invoice I-2 in full (15,000.00)."


def test_beyond_the_horizon_an_order_waits_for_its_day():
    near = replaced(ORDER, delivery_on="2026-11-30")
    assert [("deliver_later", "2026-12-23")] in ways(EXP_1, near, policy={"order_horizon_days": 30})
    assert ways(EXP_1, near)[0] == [("receive", 60_000_00)]


@pytest.mark.parametrize(
    ("planned", "first"),
    [
        (Limit(1_060_000_00), ("wait", "2026-12-15")),
        (Limit(1_059_999_99), ("receive", 60_000_00)),
        ("unknown", ("receive", 60_000_00)),
    ],
)
def test_waiting_for_a_limit_that_is_planned(planned, first):
    due_in_time = (Due("I-3", "2026-12-31", 600_000_00),)
    assert ways(EXP_1, items=due_in_time, ahead=(Ahead("2026-12-15", planned),))[0] == [first]


def above(kind: str, currency: str, amount: int, used: int, adds: int) -> Facts:
    roomy = with_limit(EXP_1, amount_minor=2_000_000_00)
    level = Level(kind, "G", currency, Limit(amount), used, adds)
    rates = (RateUsed("mid", "CNY", "USD", TODAY, "0.14"),)
    return replaced(roomy, levels=(level,), rates=rates)


def test_a_group_s_limit_is_met_by_anyone_in_it():
    """The group uses 960,000.00 of 1,000,000.00; with the order 1,140,000.00."""
    group = above("group", "CNY", 1_000_000_00, 960_000_00, 180_000_00)
    assert ways(group) == [
        [("receive", 140_000_00)],
        [("member_pays", 140_000_00)],
        [("prepay", 140_000_00)],
        [("ship_part", 40_000_00)],
        [("raise_above", 1_140_000_00)],
    ]
    [pays] = [w for w in find(group, ORDER, shipped(), OPEN) if w.steps[0].code == "member_pays"]
    assert text(pays.steps[0], "CNY")["zh"] == "由“集团 G”内的其他成员付款 140,000.00 CNY。"


def test_a_sub_limit_is_met_by_paying_what_counts_in_it():
    """Money on other invoices, or in advance, leaves a product's limit as it is."""
    sub = above("product", "CNY", 1_000_000_00, 960_000_00, 180_000_00)
    assert ways(sub) == [[("ship_part", 40_000_00)], [("raise_above", 1_140_000_00)]]
    others = tuple(replaced(item, due_on="2026-12-01") for item in OPEN[:2])
    inside = (replaced(OPEN[2], scope="product:G"), *others)
    named, unnamed, *_ = ways(sub, items=inside)
    assert named == [("receive_on", 140_000_00)]
    assert unnamed == [("receive", 160_000_00)]  # 20,000.00 of it settle older invoices first


def test_a_limit_above_in_another_currency_is_met_at_the_kept_rate():
    """140,000.00 over in CNY are 19,600.00 USD; a receipt must be a cent's worth larger, since the
    world may round against us."""
    group = above("group", "USD", 140_000_00, 134_400_00, 25_200_00)
    said = {way[0][0]: way[0][1] for way in ways(group)}
    assert said["member_pays"] == 19_600_00 and said["raise_above"] == 159_600_00
    assert 140_000_00 <= said["receive"] <= 140_000_15
    assert said["ship_part"] == 40_000_03  # 5,600.00 USD, HALF_UP


def test_without_a_rate_nothing_is_promised():
    group = above("group", "USD", 140_000_00, 134_400_00, 25_200_00)
    blind = replaced(group, rates=(), rates_missing=("CNY/USD",))
    assert ways(blind) == []


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
