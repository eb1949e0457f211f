"""What a credit manager expects of limits, exposure, checks and holds: behaviours 5 to 21 of the
domain study, one table each, through the real actions.

Each test names the number and the systems whose documented behaviour it takes over (the codes are
those of the study: S SAP, D Microsoft Dynamics 365, O Oracle, Y Yonyou, K Kingdee, ER ERPNext, OC
OCA). Broken builds that were tried and found: exceeded at ≥; documents that take nothing over from
a reservation; the base limit before the temporary one. Behaviours 1 to 4 and 22 to 25 are scores,
rules editors and reviews: later issues.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.laws.trade import FAR, Trade, codes, taken_back
from xinheng.decisions.actions import cancel, expire_due
from xinheng.decisions.forcing import lift_forced, place_hold
from xinheng.decisions.models import Hold, Override
from xinheng.decisions.queries import waiting_holds
from xinheng.decisions.rechecking import recheck_due, recheck_horizon
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile
from xinheng.people.models import Authority
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHY = "老客户，同意放行"


@pytest.fixture(scope="module")
def opened(django_db_setup: None, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock(), taken_back():
        yield Trade.opened()


@pytest.fixture
def trade(opened: Trade) -> Any:
    with taken_back():
        yield Trade(opened.world)


def release(trade: Trade, ref: str, who: str = "alice", **more: Any) -> Any:
    return release_hold(
        trade.decision(ref).pk, WHY, actor=trade.world.actor(who), at=trade.at, **more
    )


# --- 5 Check points and grace days (D2, Y1)


@pytest.mark.parametrize("point", ["quote", "release", "dispatch"])
def test_5_each_check_point_asks_the_whole_question(trade: Trade, point: str) -> None:
    """Behaviour 5: confirmation, picking, packing slip, invoice (D2); save and audit (Y1)."""
    trade.line(limit=1_000)
    assert trade.ask("P1", 600)["outcome"] == "approve"
    trade.line(limit=500)
    again = trade.ask("P1", 600, point=point)
    assert (again["outcome"], again["point"]) == ("hold", point)


def test_5_after_a_pass_nothing_is_asked_anew_for_the_grace_days(trade: Trade) -> None:
    """Behaviour 5, the example of D2: confirmed on day 1 with 2 days of grace → day 4 asks."""
    trade.policy(quiet_days=2)
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    trade.line(limit=500)
    outcomes = []
    for day in (2, 3, 4):
        trade.later(days=1)
        outcomes.append(trade.ask("P1", 600, point="dispatch", document=f"D{day}")["outcome"])
    assert outcomes == ["approve", "approve", "hold"]


# --- 6 What counts, and when it is exceeded (S3, S4, Y1, O7, ER1)


COUNTED = {
    "open_items": 600_000_00,
    "unbilled": 120_000_00,
    "orders": 90_000_00,
    "bills": 150_000_00,
    "unapplied": 30_000_00,
    "prepaid": 50_000_00,
}


@pytest.mark.parametrize(
    ("limit", "outcome", "percent"),
    [(1_000_000_00, "hold", "106.00"), (1_200_000_00, "approve", "88.33")],
)
def test_6_the_example_of_the_study_counts_every_component(
    trade: Trade, limit: int, outcome: str, percent: str
) -> None:
    """Behaviour 6 and EXP-1: 880,000 used, with the order 106.00 %; of 1,200,000 it is 88.33 %."""
    trade.line(limit=limit, **COUNTED)
    answer = trade.ask("P1", 180_000_00)
    told = answer["exposure"]
    assert (answer["outcome"], told["used"], told["after"]) == (outcome, "880000.00", "1060000.00")
    assert f"{float(told['after']) * 10_000 / limit:.2f}" == f"{float(percent):.2f}"


@pytest.mark.parametrize(("amount", "outcome"), [(400, "approve"), (401, "hold")])
def test_6_exceeded_means_more_than_and_the_answer_says_so(
    trade: Trade, amount: int, outcome: str
) -> None:
    """Behaviour 6: Oracle exceeds at ≥ (O7), ERPNext at > (ER1): here it is > and shown."""
    trade.line(limit=1_000, open_items=600)
    answer = trade.ask("P1", amount)
    assert answer["outcome"] == outcome
    assert "used + order > limit" in answer["exposure"]["rule"]


# --- 7 The chain: each step frees exactly what the next takes (G1)


def test_7_value_moves_on_from_step_to_step_and_is_never_counted_twice(trade: Trade) -> None:
    """Behaviour 7 (G1): order → delivery → invoice → bill or cash, nothing lost or doubled."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    steps = [trade.parts()]
    for act, fields in (
        (trade.order, ("P1", 600)),
        (trade.delivery, ("D1", 400)),
        (trade.invoice, ("I1", 250)),
        (trade.receipt, ("R1", 100)),
        (trade.bill, ("B1", 150)),
    ):
        more = {"D1": {"order_number": "P1"}, "I1": {"order_number": "P1"}}
        more |= {"R1": {"reference": "I1"}, "B1": {"reference": "I1"}}
        act(*fields, **more.get(fields[0], {}))
        steps.append(trade.parts())
    assert steps == [
        {"orders": 600},
        {"orders": 600},
        {"orders": 200, "unbilled": 400},
        {"orders": 200, "unbilled": 150, "open_items": 250},
        {"orders": 200, "unbilled": 150, "open_items": 150},
        {"orders": 200, "unbilled": 150, "bills": 150},
    ]
    assert reconcile() == []


REVERSALS = [
    pytest.param("delivery", {"amount": -400, "order_number": "P1"}, {"orders": 600}, id="return"),
    pytest.param("undo", {}, {"orders": 600}, id="import undone"),
]


@pytest.mark.parametrize(("what", "fields", "left"), REVERSALS)
def test_7_a_reversal_hands_it_back(trade: Trade, what: str, fields: Any, left: Any) -> None:
    """Behaviour 7 (G1): reversals hand back what the step had taken."""
    from xinheng.receivables.actions import undo_batch

    trade.line(limit=1_000)
    trade.ask("P1", 600)
    batch = trade.delivery("D1", 400, order_number="P1")
    assert trade.parts() == {"orders": 200, "unbilled": 400}
    if what == "undo":
        undo_batch(batch, actor=trade.world.actor("alice"), at=trade.at)
    else:
        trade.delivery("D2", fields["amount"], order_number="P1")
    assert trade.parts() == left
    assert reconcile() == []


def test_7_a_bounced_bill_opens_its_invoice_again(trade: Trade) -> None:
    """Behaviour 7 (G1): a bill counts until recourse ends; bounced, the invoice is owed again."""
    trade.line(limit=1_000)
    trade.invoice("I1", 600)
    trade.bill("B1", 600, reference="I1", revision=1)
    assert trade.parts() == {"bills": 600}
    trade.bill("B1", 600, reference="I1", revision=2, state="bounced", state_on=trade.today)
    assert trade.parts() == {"open_items": 600}


# --- 8 Open order value is quantity-aware (S7, S16, OC1, T1)


def test_8_a_blocked_order_adds_nothing(trade: Trade) -> None:
    """Behaviour 8 (S7, S16): a credit block resets confirmation."""
    trade.line(limit=1_000)
    assert trade.ask("P1", 1_100)["outcome"] == "hold"
    assert trade.used() == 0
    assert trade.ask("P2", 1_000)["outcome"] == "approve"


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_8_short_closing_frees_the_rest_and_keeps_what_left(trade: Trade, state: str) -> None:
    """Behaviour 8 (OC1, T1): partial shipment does not re-add the rest, short-closing frees it."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    trade.order("P1", 600)
    trade.delivery("D1", 250, order_number="P1")
    assert trade.parts() == {"orders": 350, "unbilled": 250}
    trade.order("P1", 600, state=state)
    assert trade.parts() == {"unbilled": 250}


def test_8_more_delivered_than_ordered_counts_as_delivered(trade: Trade) -> None:
    """Behaviour 8 (OC1): ordered, or delivered if larger."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    trade.delivery("D1", 650, order_number="P1")
    assert trade.parts() == {"unbilled": 650}


# --- 9 Re-check after release: value and age together (S5, S6)


@pytest.mark.parametrize(
    ("days", "amount", "outcome"),
    [
        (1, 1_100, "approve"),
        (1, 1_101, "hold"),
        (3, 1_100, "approve"),
        (4, 1_000, "hold"),
        (0, 900, "approve"),
    ],
)
def test_9_a_released_order_may_change_within_value_and_days(
    trade: Trade, days: int, amount: int, outcome: str
) -> None:
    """Behaviour 9 (S5, S6): 10 % on 1,000 → up to 1,100 passes, and only within the days."""
    trade.line(limit=500)
    trade.ask("P1", 1_000)
    release(trade, "P1")
    trade.later(days=days, hours=1 if days == 4 else 0)
    assert trade.ask("P1", amount, version=2)["outcome"] == outcome


def test_9_without_days_any_change_is_asked_about(trade: Trade) -> None:
    """Behaviour 9 (S5): days blank → any change re-checks."""
    trade.policy(tolerance={"value_bps": 1_000, "days": 0})
    trade.line(limit=500)
    trade.ask("P1", 1_000)
    release(trade, "P1")
    assert trade.ask("P1", 1_000, version=2, terms_days=10)["outcome"] == "hold"


# --- 10 Every change of an order is a check event (D2)


CHANGES = [
    pytest.param({"amount": 1_001}, "headroom_exceeded", id="price or quantity"),
    pytest.param({"payer": "C2"}, "headroom_exceeded", id="payer"),
    pytest.param({"terms_days": 90}, "terms_longer", id="terms"),
    pytest.param({"currency": "EUR"}, "limit_unset", id="currency"),
]


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_10_what_changes_is_asked_again(trade: Trade, change: dict[str, Any], code: str) -> None:
    """Behaviour 10 (D2 and the study's §3): payer, price, quantity, date, terms, currency."""
    trade.line(limit=1_000, terms_days_max=60)
    trade.line("C2", limit=10)
    assert trade.ask("P1", 600)["outcome"] == "approve"
    changed = {"amount": 600, **change}
    answer = trade.ask("P1", changed.pop("amount"), version=2, **changed)
    assert answer["outcome"] != "approve", answer
    if code != "limit_unset":
        assert code in codes(answer)
    assert trade.used() == 0  # the old promise is given back, the new one is not made


def test_10_a_delivery_day_that_comes_nearer_is_asked_again(trade: Trade) -> None:
    """Behaviour 10: the date is a check event; beyond the horizon the order weighed nothing."""
    trade.policy(order_horizon_days=30)
    trade.line(limit=1_000, open_items=800)
    far = (trade.today + 60 * DAY).isoformat()
    near = (trade.today + 10 * DAY).isoformat()
    assert trade.ask("P1", 600, delivery_on=far)["outcome"] == "approve"
    assert trade.ask("P1", 600, delivery_on=near, version=2)["outcome"] == "hold"


def test_10_reopening_and_copying_are_asked_again(trade: Trade) -> None:
    """Behaviour 10 and pains 9, 11: reopening a closed order and copying an order are checked."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    cancel(trade.decision("P1").pk, actor=trade.world.actor("bob"), at=trade.at)
    assert trade.ask("P2", 900)["outcome"] == "approve"
    assert trade.ask("P1", 600, version=2)["outcome"] == "hold"  # reopened
    assert trade.ask("P3", 900)["outcome"] == "hold"  # copied


# --- 11 Jobs that look again (S20, D1, O-rel)


@pytest.mark.parametrize(
    ("order", "ready"), [("oldest", "P1"), ("smallest", "P3"), ("delivery", "P2")]
)
def test_11_money_for_one_order_makes_one_ready_in_the_stated_order(
    trade: Trade, order: str, ready: str
) -> None:
    """Behaviour 11: blocked documents after payment (S20 RVKRED06), Ready to release (D1)."""
    trade.policy(release_order=order)
    trade.line(limit=1_000)
    trade.invoice("I1", 1_000)
    for ref, amount, days in (("P1", 300, 9), ("P2", 290, 5), ("P3", 280, 7)):
        trade.ask(ref, amount, delivery_on=(trade.today + days * DAY).isoformat())
        trade.later(hours=1)
    trade.receipt("R1", 300, reference="I1")
    recheck_due(at=trade.at)
    assert list(Hold.objects.filter(ready=True).values_list("decision__order_ref", flat=True)) == [
        ready
    ]
    assert trade.used() == 700  # ready is not released: a person does that here


def test_11_where_the_policy_says_so_what_passes_is_released_by_itself(trade: Trade) -> None:
    """Behaviour 11 (D1 auto release, O-rel): and a forced hold is kept (behaviour 13)."""
    trade.policy(auto_release=True)
    trade.line(limit=1_000)
    trade.invoice("I1", 1_000)
    trade.ask("P1", 300)
    trade.ask("P2", 300)
    place_hold(
        trade.decision("P1").pk, "收货地址可疑", actor=trade.world.actor("alice"), at=trade.at
    )
    trade.later(hours=1)
    trade.receipt("R1", 1_000, reference="I1")
    recheck_due(at=trade.at)
    states = dict(Hold.objects.values_list("decision__order_ref", "state"))
    assert states == {"P1": "waiting", "P2": "released"}
    assert Hold.objects.get(decision__order_ref="P1").ready  # shown as ready, but kept
    assert not Override.objects.exists() and trade.used() == 300


def test_11_an_order_that_comes_into_the_horizon_is_looked_at_again(trade: Trade) -> None:
    """Behaviour 11 (S20 RVKRED08): orders entering the credit horizon."""
    trade.policy(order_horizon_days=30)
    trade.line(limit=1_000, open_items=800)
    trade.ask("P1", 600, delivery_on=(trade.today + 40 * DAY).isoformat())
    assert not Hold.objects.exists()
    trade.later(days=20)
    recheck_horizon(at=trade.at)
    assert Hold.objects.get().state == "waiting"


# --- 12 The hold queue (D1, S12)


def test_12_one_queue_with_all_reasons_within_ones_rights(trade: Trade) -> None:
    """Behaviour 12 (D1): one list, filtered by rights, every reason told; reject or release."""
    trade.line(limit=1_000, terms_days_max=15, single_order_cap_minor=100)
    trade.customer("W1", unit="WEST")
    trade.line("W1", limit=1_000)
    trade.ask("P1", 1_100)
    trade.ask("W-1", 1_100, code="W1", who="eve")
    rows = waiting_holds(trade.world.alice)
    assert {row.decision.order_ref for row in rows} == {"P1", "W-1"}
    assert [row.decision.order_ref for row in waiting_holds(trade.world.bob)] == ["P1"]
    [mine] = [row for row in rows if row.decision.order_ref == "P1"]
    found = {reason["code"] for reason in mine.reasons}
    assert found == {"headroom_exceeded", "single_order_cap_exceeded", "terms_longer"}
    assert all(reason["text"]["zh"] and reason["text"]["en"] for reason in mine.reasons)
    with pytest.raises(Refused) as refused:
        reject_hold(mine.decision.pk, "不", actor=trade.world.actor("alice"), at=trade.at)
    assert refused.value.code is DecisionRefusal.REASON_REQUIRED
    reject_hold(mine.decision.pk, "逾期太久", actor=trade.world.actor("alice"), at=trade.at)
    assert Hold.objects.get(decision=mine.decision).reason == "逾期太久"


# --- 13 A forced hold (D1)


def test_13_a_forced_hold_is_kept_whatever_else_is_fine(trade: Trade) -> None:
    """Behaviour 13 (D1): placed on one order, never released by itself."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    alice = trade.world.actor("alice")
    place_hold(trade.decision("P1").pk, "收货地址可疑", actor=alice, at=trade.at)
    hold = Hold.objects.get(decision__order_ref="P1")
    assert (hold.state, hold.forced, trade.used()) == ("waiting", True, 0)
    lift_forced(hold.pk, "已核实地址", actor=alice, at=trade.at)
    hold.refresh_from_db()
    assert (hold.state, hold.forced) == ("waiting", False)  # lifting releases nothing


# --- 14 A temporary limit replaces (D4, D5, K1, K2)


@pytest.mark.parametrize(
    ("temporary", "day", "outcome"),
    [
        (1_500, 0, "hold"),  # before it begins
        (1_500, 2, "approve"),  # it replaces: 1,400 of 1,500, not of 2,500
        (1_300, 2, "hold"),  # replaces, does not add
        (300, 2, "hold"),  # downwards too
        (1_500, 6, "hold"),  # the base has returned
    ],
)
def test_14_a_temporary_limit_replaces_and_then_the_base_returns(
    trade: Trade, temporary: int, day: int, outcome: str
) -> None:
    """Behaviour 14 (D4, D5, K1): from–to it replaces the base limit, then the base returns."""
    line = trade.line(limit=None)
    trade.plan(line, 1_000, trade.today, FAR)
    trade.plan(line, temporary, trade.today + DAY, trade.today + 5 * DAY, temporary=True)
    trade.later(days=day)
    assert trade.ask("P1", 1_400)["outcome"] == outcome


@pytest.mark.parametrize(
    ("grace", "day", "outcome"),
    [(0, 0, "approve"), (0, 1, "hold"), (5, 5, "approve"), (5, 6, "hold")],
)
def test_14_an_expired_limit_is_a_reason_of_its_own_after_its_grace(
    trade: Trade, grace: int, day: int, outcome: str
) -> None:
    """Behaviour 14 (D1, D2): expiry with grace days is its own block reason."""
    line = trade.line(limit=None)
    trade.plan(line, 1_000, trade.today, trade.today, grace_days=grace)
    trade.later(days=day)
    answer = trade.ask("P1", 100)
    assert answer["outcome"] == outcome
    if outcome == "hold":
        assert "limit_expired" in codes(answer)


# --- 15 Zero is unambiguous (D7, D8, ER1, T1, OC1)


@pytest.mark.parametrize(
    ("own", "unlimited", "group", "outcome"),
    [
        pytest.param(None, False, None, "hold", id="unset: no credit"),
        pytest.param(0, False, None, "hold", id="zero: none"),
        pytest.param(None, True, None, "approve", id="unlimited: a word"),
        pytest.param(None, False, 1_000, "approve", id="unset in a group: the group's"),
        pytest.param(0, False, 1_000, "hold", id="zero in a group: still zero"),
        pytest.param(None, True, 50, "hold", id="unlimited never lifts the group"),
        pytest.param(1_000, False, 0, "hold", id="a group of zero"),
        pytest.param(1_000, False, None, "approve", id="a limit"),
    ],
)
def test_15_unset_zero_and_unlimited_mean_one_thing_each(
    trade: Trade, own: int | None, unlimited: bool, group: int | None, outcome: str
) -> None:
    """Behaviour 15: D365 0 = none with a mandatory flag (D7, D8), ERPNext 0 = no check (ER1),
    Tryton null = no check (T1), OCA disagrees with itself (OC1). House law 6 decides here."""
    head = trade.customer("HEAD")
    trade.customer("C1", parent=head)
    if group is not None:
        trade.line("HEAD", limit=group, scope="group")
    trade.line("C1", limit=own, unlimited=unlimited)
    assert trade.ask("P1", 100)["outcome"] == outcome


# --- 16 The group's limit (D6, D7, S9, S10, O7)


@pytest.mark.parametrize(
    ("own", "group", "siblings", "amount", "code"),
    [
        (1_000, 1_500, 0, 1_000, ""),
        (1_000, 1_500, 0, 1_001, "headroom_exceeded"),
        (1_000, 1_500, 600, 900, ""),
        (1_000, 1_500, 600, 901, "group_headroom_exceeded"),
        (1_000, 800, 0, 801, "group_headroom_exceeded"),
    ],
)
def test_16_the_effective_limit_is_the_lower_of_own_and_group(
    trade: Trade, own: int, group: int, siblings: int, amount: int, code: str
) -> None:
    """Behaviour 16 (D7, S9, O7): payer and superordinate are both checked, use is summed up."""
    head = trade.customer("HEAD", unit="WEST")  # members come from several units (D6)
    trade.customer("C1", parent=head)
    trade.customer("C2", unit="WEST", parent=head)
    trade.line("HEAD", limit=group, scope="group")
    trade.line("C1", limit=own)
    trade.line("C2", limit=1_000, open_items=siblings)
    answer = trade.ask("P1", amount)
    assert codes(answer) == ([code] if code else [])


def test_16_the_head_office_pays_for_its_branch(trade: Trade) -> None:
    """Behaviour 16 (S9): the payer's account is checked and used, not the orderer's."""
    head = trade.customer("HEAD")
    trade.customer("C1", payer=head)
    trade.line("HEAD", limit=1_000)
    trade.line("C1", limit=0)
    assert trade.ask("P1", 600)["outcome"] == "approve"
    assert (trade.used("HEAD"), trade.used("C1")) == (600, 0)


@pytest.mark.parametrize(
    ("scope", "amount", "code"),
    [("product:CEM", 301, "sublimit_exceeded"), ("product:CEM", 300, ""), ("", 600, "")],
)
def test_16_a_sub_limit_restricts_its_own_part_only(
    trade: Trade, scope: str, amount: int, code: str
) -> None:
    """Behaviour 16 (S10): the main segment adds up its sub-segments."""
    trade.line(limit=1_000)
    trade.line(limit=300, scope="product:CEM")
    answer = trade.ask("P1", amount, scope=scope)
    assert codes(answer) == ([code] if code else [])


# --- 17 Currency (S11, D2, O7, O11)


@pytest.mark.parametrize(
    ("rate", "age", "outcome"),
    [
        ("8", 0, "approve"),
        ("8", 7, "approve"),
        ("8", 8, "refer"),
        ("12", 0, "hold"),
        (None, 0, "refer"),
    ],
)
def test_17_one_dated_rate_converts_and_stands_in_the_answer(
    trade: Trade, rate: str | None, age: int, outcome: str
) -> None:
    """Behaviour 17 (S11, D2): limit currency and rate type; every component by one dated rate,
    stored in the answer. What has no fresh rate is unknown, and unknown is never generous."""
    trade.line(limit=1_000_00)
    if rate:
        trade.rate("EUR", "CNY", rate, trade.today - age * DAY)
    answer = trade.ask("P1", 100_00, currency="EUR")
    assert answer["outcome"] == outcome, answer
    if outcome == "approve":
        told = answer["exposure"]
        assert (told["after"], told["currency"]) == ("800.00", "CNY")
        [used_rate] = told["rates"]
        assert (used_rate["base"], used_rate["rate"]) == ("EUR", "8")
        assert used_rate["day"] == (trade.today - age * DAY).isoformat()


def test_17_yen_have_no_cents_and_dinars_three_digits(trade: Trade) -> None:
    """Behaviour 17: exponents of JPY, KWD and CNY; 10,000 JPY at 0.05 are 500.00 CNY."""
    trade.line(limit=10_000_00)
    trade.rate("JPY", "CNY", "0.05")
    trade.rate("KWD", "CNY", "23.5")
    yen = trade.ask("P1", 10_000, currency="JPY")
    assert yen["exposure"]["after"] == "500.00"
    dinars = trade.ask("P2", 10_000, currency="KWD")  # 10.000 KWD
    assert dinars["exposure"]["after"] == "735.00"


# --- 18 Insurance and guarantees (D5, OC1, S16, K2)


@pytest.mark.parametrize(
    ("day", "amount", "outcome"),
    [
        (0, 125_000_00, "approve"),
        (0, 125_000_01, "hold"),
        (9, 125_000_00, "approve"),
        (10, 100_000_01, "hold"),
        (10, 100_000_00, "approve"),
    ],
)
def test_18_a_cover_adds_its_share_until_its_last_day(
    trade: Trade, day: int, amount: int, outcome: str
) -> None:
    """Behaviour 18 (D5): 100k and 50k at 50 % → 125k; expiry lowers the limit the same day."""
    line = trade.line(limit=None)
    trade.plan(line, 100_000_00, trade.today, FAR)
    trade.cover(line, 50_000_00, 5_000, trade.today + 9 * DAY)
    trade.later(days=day)
    assert trade.ask("P1", amount)["outcome"] == outcome


def test_18_a_guarantee_that_we_gave_is_exposure_until_its_last_day(trade: Trade) -> None:
    """Behaviour 18 (K2): 保函 count while they are open."""
    trade.line(limit=1_000)
    trade.record(
        "guarantees", number="G1", amount_minor=700, issued_on=trade.today, valid_until=trade.today
    )
    assert trade.ask("P1", 301)["outcome"] == "hold"


# --- 19 Exclusions (D365, O13, OCA #6, ERPNext #37888)


def test_19_returns_and_credit_notes_are_never_blocked(trade: Trade) -> None:
    """Behaviour 19: OCA/credit-control/pull/6: they go in on a full and overdue line."""
    trade.line(limit=100, overdue_days_allowed=0)
    trade.invoice("I1", 900, issued_on=trade.today - 90 * DAY, due_on=trade.today - 60 * DAY)
    trade.invoice("CN1", -300, credits="I1")
    trade.delivery("D1", -100)
    assert trade.parts()["open_items"] == 600


def test_19_delivered_goods_stay_invoiceable(trade: Trade) -> None:
    """Behaviour 19: frappe/erpnext #37888: the invoice point warns and always approves."""
    trade.line(limit=1_000)
    trade.ask("P1", 600)
    trade.delivery("D1", 600, order_number="P1")
    trade.line(limit=0)
    answer = trade.ask("P1", 600, point="invoice", document="I1")
    assert answer["outcome"] == "approve" and codes(answer)  # the reasons ride along
    trade.invoice("I1", 600, order_number="P1")
    assert trade.parts() == {"open_items": 600}


# --- 20 Release authority (Y2, K1, S12)


@pytest.mark.parametrize(("cap", "allowed"), [(100, True), (99, False)])
def test_20_the_special_authority_applies_to_the_excess(
    trade: Trade, cap: int, allowed: bool
) -> None:
    """Behaviour 20 (Y2): 审批额度 applies to the excess over the limit, not to the order; capped in
    days too (K1)."""
    mine = Authority.objects.filter(role_id="credit_manager", action="special_approval")
    mine.update(up_to_minor=cap, unlimited=False, days_max=7)
    trade.line(limit=1_000)
    trade.ask("P1", 1_100)
    if not allowed:
        with pytest.raises(Refused) as refused:
            release(trade, "P1")
        assert refused.value.code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY
        return
    release(trade, "P1")
    assert Override.objects.get().excess_minor == 100
    assert Reservation.objects.get().expires_at <= trade.at + 7 * DAY


def test_20_who_asked_does_not_release_and_splitting_does_not_help(trade: Trade) -> None:
    """Behaviour 20 (S12, Y2): requester ≠ approver; order-splitting must not beat the cap."""
    mine = Authority.objects.filter(role_id="credit_manager", action="special_approval")
    mine.update(up_to_minor=100, unlimited=False)
    trade.line(limit=1_000)
    trade.ask("P1", 1_060)
    release(trade, "P1")
    trade.ask("P2", 60)
    with pytest.raises(Refused) as split:
        release(trade, "P2")
    assert split.value.code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY
    trade.ask("P3", 5_000, who="alice")
    with pytest.raises(Refused) as own:
        release(trade, "P3")
    assert own.value.code is DecisionRefusal.REQUESTER_MAY_NOT_RELEASE


# --- 21 An approval is a reservation (O6, O9)


def test_21_an_approval_counts_until_consumed_or_expired(trade: Trade) -> None:
    """Behaviour 21 (O6, O9): a numbered authorisation with amount and expiry."""
    trade.line(limit=1_000)
    answer = trade.ask("P1", 600)
    assert answer["reservation"]["amount"] == "6.00"
    assert answer["reservation"]["id"] and answer["reservation"]["expires_at"]
    trade.invoice("I1", 250, order_number="P1")
    assert trade.parts() == {"orders": 350, "open_items": 250}  # consumed in part
    trade.later(days=31)
    assert expire_due(at=trade.at) == 1
    assert trade.parts() == {"open_items": 250}
    assert CreditLine.objects.get(customer__code="C1").orders_minor == 0


def test_21_a_change_is_authorised_anew_and_the_old_number_is_worth_nothing(trade: Trade) -> None:
    """Behaviour 21 (O9): re-authorised on change."""
    trade.line(limit=1_000)
    first = trade.ask("P1", 600)["reservation"]["id"]
    second = trade.ask("P1", 900, version=2)["reservation"]["id"]
    states = {str(r.pk): r.state for r in Reservation.objects.all()}
    assert states == {first: "replaced", second: "pending"}
    assert trade.used() == 900
