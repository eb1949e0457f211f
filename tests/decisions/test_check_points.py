"""An order is asked about more than once: quote, order, release, dispatch, invoice; and it changes.

Behaviours 5, 9, 10, 13, 19 and 21 of the expectations.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.receivables.conftest import Desk, invoice, order
from tests.world import AT, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import cancel, check_orders, expire_due
from xinheng.decisions.forcing import place_hold
from xinheng.decisions.models import Decision, Hold, Override
from xinheng.decisions.rechecking import recheck_due
from xinheng.decisions.releasing import release_hold
from xinheng.decisions.replaying import replay_decision
from xinheng.ledger.queries import disclosure
from xinheng.limits.models import CreditLine, OrderDue, Reservation
from xinheng.limits.queries import reconcile
from xinheng.people.models import Authority
from xinheng.policies.actions import approve, draft, go_live
from xinheng.policies.bodies import shipped_body
from xinheng.policies.queries import forget

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "客户已承诺周五付款"


@pytest.fixture
def world() -> World:
    return make_world()


def rule(world: World, **changes: Any) -> None:
    """A further version of the shipped policy goes live."""
    made = draft("order_check", shipped_body("order_check") | changes, actor=_root(world), at=AT)
    approve(made.pk, actor=_root(world), at=AT)
    go_live(made.pk, actor=_root(world), at=AT)
    forget()


def _root(world: World) -> Any:
    from xinheng.people.actor import system

    return system("tests")


def check(world: World, *asks: Any, at: Any = AT) -> list[dict[str, Any]]:
    answers = check_orders(list(asks), actor=world.actor("bob"), at=at)
    for answer in answers:
        assert answer.status == 200, answer
        assert replay_decision(Decision.objects.get(pk=answer.decision_id)).result == "identical"
    assert reconcile() == []
    return [json.loads(answer.body) for answer in answers]


def codes(body: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in body["reasons"]]


def line_of(world: World, limit: int = 1000, **extra: Any) -> CreditLine:
    return make_line(make_customer("C1", unit=world.units["EAST"]), limit, **extra)


def orders_of(scope: str) -> int:
    return CreditLine.objects.get(customer__code="C1", scope=scope).orders_minor


def orders_counted() -> int:
    return CreditLine.objects.get().orders_minor


# --- Points


def test_a_quote_is_judged_and_reserves_nothing(world: World) -> None:
    line_of(world)
    yes, no = check(
        world, ask("Q", "C1", 1000, point="quote"), ask("Q", "C1", 1001, point="quote", version=2)
    )
    assert (yes["outcome"], yes["reservation"], yes["point"]) == ("approve", None, "quote")
    assert no["outcome"] == "hold"
    assert (orders_counted(), Hold.objects.count()) == (0, 0)
    [order] = check(world, ask("Q", "C1", 1000))  # the order itself may follow, whatever version
    assert order["outcome"] == "approve"


@pytest.mark.parametrize("point", ["release", "dispatch"])
def test_its_own_reservation_does_not_count_against_an_order(world: World, point: str) -> None:
    line_of(world)
    check(world, ask("A", "C1", 1000))
    [body] = check(world, ask("A", "C1", 1000, point=point))
    assert (body["outcome"], body["exposure"]["used"], body["reservation"]) == (
        "approve",
        "0.00",
        None,
    )
    assert orders_counted() == 1000


def test_each_delivery_of_an_order_is_asked_for_itself_and_once(world: World) -> None:
    line_of(world)
    check(world, ask("A", "C1", 1000))
    first, second = check(
        world,
        ask("A", "C1", 400, point="dispatch", document="DN-1"),
        ask("A", "C1", 600, point="dispatch", document="DN-2"),
    )
    assert (first["outcome"], second["outcome"]) == ("approve", "approve")
    [again] = check(world, ask("A", "C1", 400, point="dispatch", document="DN-1"))
    assert again == first
    other = check_orders(
        [ask("A", "C1", 401, point="dispatch", document="DN-1")], actor=world.actor("bob"), at=AT
    )
    assert other[0].status == 422


def test_what_changed_since_the_order_holds_at_dispatch_and_keeps_its_reservation(
    world: World,
) -> None:
    line = line_of(world)
    check(world, ask("A", "C1", 1000))
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=500)
    [body] = check(world, ask("A", "C1", 1000, point="dispatch"))
    assert (body["outcome"], codes(body)) == ("hold", ["headroom_exceeded"])
    assert orders_counted() == 1000
    assert Hold.objects.get().state == "waiting"


def test_dispatch_after_the_reservation_ran_out_needs_room_and_takes_it_again(
    world: World,
) -> None:
    line_of(world)
    check(world, ask("A", "C1", 700))
    later = AT + timedelta(days=31)
    expire_due(at=later)
    check(world, ask("B", "C1", 700), at=later)
    [body] = check(world, ask("A", "C1", 700, point="dispatch"), at=later)
    assert body["outcome"] == "hold"
    [body] = check(world, ask("A", "C1", 300, point="dispatch", document="2"), at=later)
    assert (body["outcome"], body["reservation"]["amount"]) == ("approve", "3.00")


def test_delivered_goods_stay_invoiceable_whatever_the_rules_say(world: World) -> None:
    line_of(world, 0, valid_until=date(2026, 1, 2))
    [body] = check(world, ask("A", "C1", 1000, point="invoice"))
    assert body["outcome"] == "approve"
    assert codes(body) == ["limit_expired", "headroom_exceeded"]  # told all the same
    assert (orders_counted(), Hold.objects.count()) == (0, 0)


def test_an_older_version_is_not_dispatched(world: World) -> None:
    line_of(world)
    check(world, ask("A", "C1", 100))
    check(world, ask("A", "C1", 200, version=2))
    [old] = check_orders([ask("A", "C1", 100, point="dispatch")], actor=world.actor("bob"), at=AT)
    assert old.status == 409


def test_closing_and_reopening_does_not_pass_by_the_check(world: World) -> None:
    # frappe/erpnext #33967: close the order, place another one, reopen the first without a check.
    line_of(world)
    [first] = check(world, ask("A", "C1", 1000))
    cancel(first["decision_id"], actor=world.actor("bob"), at=AT)
    check(world, ask("B", "C1", 1000))
    [again] = check(world, ask("A", "C1", 1000))
    assert again == first  # the answer that was given, for ever; what it holds by now is nothing
    assert orders_counted() == 1000
    [dispatched] = check(world, ask("A", "C1", 1000, point="dispatch"))
    assert dispatched["outcome"] == "hold"


@pytest.mark.parametrize(
    ("version", "point"), [(2, "order"), (1, "dispatch"), (1, "release"), (2, "quote")]
)
def test_what_a_person_holds_stays_held_whoever_asks_again(
    world: World, version: int, point: str
) -> None:
    # Otherwise another version, or the warehouse, would pass by the person's no.
    line_of(world)
    [first] = check(world, ask("A", "C1", 100))
    place_hold(first["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    [body] = check(world, ask("A", "C1", 100, version=version, point=point))
    assert (body["outcome"], codes(body)) == ("hold", ["order_held_by_person"])
    assert orders_counted() == 0
    if point != "quote":
        assert Hold.objects.get(pk=body["decision_id"]).forced is True


def test_an_order_that_waits_is_not_dispatched_and_does_not_wait_twice(world: World) -> None:
    line = line_of(world)
    [first] = check(world, ask("A", "C1", 1001))
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=5000)
    [body] = check(world, ask("A", "C1", 1001, point="dispatch"))
    assert (body["outcome"], codes(body)) == ("hold", ["order_not_approved"])
    assert Hold.objects.filter(state="waiting").count() == 1
    release_hold(first["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    [body] = check(world, ask("A", "C1", 1001, point="dispatch", document="2"))
    assert body["outcome"] == "approve"


def test_after_a_pass_nothing_is_asked_anew_for_the_agreed_days(world: World) -> None:
    line = line_of(world)
    rule(world, quiet_days=2)
    check(world, ask("A", "C1", 900))
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=0)
    quiet = ask("A", "C1", 900, point="release")
    [body] = check(world, quiet, at=AT + timedelta(days=1))
    assert (body["outcome"], codes(body)[-1]) == ("approve", "checked_recently")
    [more] = check(
        world, ask("A", "C1", 901, point="dispatch", document="1"), at=AT + timedelta(days=1)
    )
    [later] = check(
        world, ask("A", "C1", 900, point="dispatch", document="2"), at=AT + timedelta(days=4)
    )
    assert (more["outcome"], later["outcome"]) == ("hold", "hold")


def test_points_that_leave_out_checks_make_the_others(world: World) -> None:
    body = shipped_body("order_check")
    codes_of = [c["code"] for c in body["checks"] if c["kind"] != "rating_expired"]
    rule(world, points={"dispatch": codes_of})
    line = line_of(world)
    check(world, ask("A", "C1", 900))
    from xinheng.decisions.models import Rating

    Rating.objects.filter(customer=line.customer_id).update(valid_until=date(2026, 1, 1))
    [held] = check(world, ask("B", "C1", 1))
    [sent] = check(world, ask("A", "C1", 900, point="dispatch"))
    assert (held["outcome"], sent["outcome"]) == ("refer", "approve")


# --- One order, told in different ways


@pytest.mark.parametrize("point", ["release", "dispatch", "invoice"])
def test_later_points_look_where_the_order_was_promised(world: World, point: str) -> None:
    # The warehouse knows the order's number and neither its project nor who pays.
    line = line_of(world)
    make_line(line.customer, 600, scope="project:P")
    check(world, ask("A", "C1", 600, scope="project:P"))
    [body] = check(world, ask("A", "C1", 600, point=point))
    assert (body["outcome"], codes(body)) == ("approve", [])
    assert Reservation.objects.count() == 1


def test_who_pays_is_remembered_from_the_order(world: World) -> None:
    line_of(world, 0)
    payer = make_customer("PAYS", unit=world.units["EAST"])
    make_line(payer, 1000)
    check(world, ask("A", "C1", 1000, payer="PAYS"))
    [body] = check(world, ask("A", "C1", 1000, point="dispatch"))
    assert (body["outcome"], Reservation.objects.count()) == ("approve", 1)
    Customer.objects.filter(pk=payer.pk).update(status="blocked")
    [body] = check(world, ask("A", "C1", 1000, point="dispatch", document="2"))
    assert "payer_not_active" in codes(body)


def test_an_order_of_the_erp_without_a_scope_is_the_same_order(world: World) -> None:
    # OCA #60: an order counted once by the ERP and once by the check.
    line = line_of(world)
    make_line(line.customer, 900, scope="project:P")
    desk = Desk()
    desk.orders(order("A", 800, TODAY, customer_code="C1"))
    [body] = check(world, ask("A", "C1", 900, scope="project:P"))
    assert (body["outcome"], body["exposure"]["after"]) == ("approve", "9.00")
    assert body["reservation"]["amount"] == "1.00"
    assert sum(CreditLine.objects.values_list("orders_minor", flat=True)) == 900


def test_a_dispatch_beyond_what_documents_took_over_is_not_promised_twice(world: World) -> None:
    line_of(world)
    check(world, ask("A", "C1", 500))
    desk = Desk()
    desk.orders(order("A", 500, TODAY, customer_code="C1"))
    assert Reservation.objects.get().state == "posted"
    [body] = check(world, ask("A", "C1", 600, point="dispatch"))
    assert (body["outcome"], Reservation.objects.count()) == ("approve", 1)
    CreditLine.objects.update(amount_minor=100)
    [held] = check(world, ask("A", "C1", 600, point="dispatch", document="2"))
    release_hold(held["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    assert Reservation.objects.count() == 1
    [shown] = [
        one["value"]
        for one in disclosure(Override.objects.get().entry_id)["fields"]
        if one["name"] == "reservation"
    ]
    assert shown.startswith("stands: A#1, 5.00 CNY, posted, until 2026-12-20")


def test_a_release_at_dispatch_is_measured_without_promising_the_order_twice(
    world: World,
) -> None:
    # What the order holds is in the group's use already: 1,000 and not 2,000.
    line = line_of(world)
    check(world, ask("A", "C1", 1000))
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=900)
    [held] = check(world, ask("A", "C1", 1000, point="dispatch"))
    Authority.objects.filter(action="release_hold").update(up_to_minor=1000)
    release_hold(held["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    assert Reservation.objects.count() == 1


def test_two_deliveries_judged_again_together_promise_their_order_once(world: World) -> None:
    line = line_of(world, 100)
    rule(world, auto_release=True)
    for number, amount in (("1", 300), ("2", 200)):
        at = AT + timedelta(minutes=int(number))
        check(world, ask("A", "C1", amount, point="dispatch", document=number), at=at)
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=1000, line_version=99)
    recheck_due(at=AT + timedelta(hours=1))
    assert set(Hold.objects.values_list("state", flat=True)) == {"released"}
    assert Reservation.objects.get().amount_minor == 300


def test_who_may_not_see_the_payer_of_an_order_does_not_see_its_later_points(
    world: World,
) -> None:
    line_of(world)
    payer = make_customer("PAYS", unit=world.units["WEST"])
    make_line(payer, 1000)
    [made] = check_orders([ask("A", "C1", 100, payer="PAYS")], actor=world.actor("alice"), at=AT)
    assert made.status == 200
    asks = [ask("A", "C1", 100, point="dispatch")]
    [told] = check_orders(asks, actor=world.actor("bob"), at=AT)
    assert (told.status, Decision.objects.count()) == (404, 1)
    [told] = check_orders(asks, actor=world.actor("alice"), at=AT)
    assert json.loads(told.body)["outcome"] == "approve"


def test_a_quote_of_another_scope_does_not_count_the_order_twice(world: World) -> None:
    line = line_of(world)
    make_line(line.customer, 600, scope="project:P")
    check(world, ask("A", "C1", 600, scope="project:P"))
    [body] = check(world, ask("A", "C1", 1000, version=2, point="quote"))
    assert (body["outcome"], body["exposure"]["after"]) == ("approve", "10.00")
    [body] = check(world, ask("A", "C1", 1000, version=2))
    assert (body["outcome"], orders_of("project:P"), orders_of("")) == ("approve", 0, 1000)


def test_documents_of_one_project_and_the_check_of_another_meet_in_the_customers_line(
    world: World,
) -> None:
    line = line_of(world)
    for name in "PQ":
        make_line(line.customer, 900, scope=f"project:{name}")
    desk = Desk()
    desk.orders(order("A", 800, TODAY, customer_code="C1", scope="project:Q"))
    [body] = check(world, ask("A", "C1", 900, scope="project:P"))
    [project] = body["exposure"]["levels"]
    assert (body["exposure"]["used"], body["exposure"]["after"]) == ("0.00", "9.00")
    assert (project["used"], project["after"]) == ("0.00", "9.00")
    assert (orders_of("project:P"), orders_of("project:Q")) == (100, 800)
    [later] = check(world, ask("B", "C1", 101))
    assert (later["outcome"], later["exposure"]["used"]) == ("hold", "9.00")


def test_what_was_fulfilled_outside_a_project_leaves_it_no_more_room(world: World) -> None:
    # 300 of 900 were invoiced without a project: the customer's line has 300 of it, P nothing.
    line = line_of(world)
    make_line(line.customer, 800, scope="project:P")
    desk = Desk()
    desk.orders(order("A", 900, TODAY, customer_code="C1"))
    due = TODAY + timedelta(days=30)
    desk.invoices(invoice("I", 300, TODAY, due, customer_code="C1", order_number="A"))
    [body] = check(world, ask("A", "C1", 900, scope="project:P"))
    [project] = body["exposure"]["levels"]
    assert (body["exposure"]["used"], body["exposure"]["after"]) == ("3.00", "9.00")
    assert (project["used"], project["after"], project["limit"]) == ("0.00", "9.00", "8.00")
    assert codes(body) == ["sublimit_exceeded"]


# --- A released order changes


# percent, days later, terms → outcome. Both must hold: value and age (behaviour 9).
CHANGES = [
    (1100, 0, 30, "approve"),
    (1100, 3, 30, "approve"),
    (1101, 0, 30, "hold"),
    (1000, 4, 30, "hold"),
    (1100, 0, 31, "hold"),
    (500, 4, 30, "approve"),  # it fits by itself
]


@pytest.mark.parametrize(("amount", "days", "terms", "outcome"), CHANGES)
def test_a_released_order_may_change_within_value_and_days(
    world: World, amount: int, days: int, terms: int, outcome: str
) -> None:
    line_of(world, 500, terms_days_max=60)
    [first] = check(world, ask("A", "C1", 1000))
    release_hold(first["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    at = AT + timedelta(days=days)
    [second] = check(world, ask("A", "C1", amount, version=2, terms_days=terms), at=at)
    assert second["outcome"] == outcome
    assert orders_counted() == (amount if outcome == "approve" else 0)
    if outcome == "approve" and amount > 500:
        assert codes(second) == ["headroom_exceeded", "within_tolerance"]
        assert Reservation.objects.get(order_version=2).override_id is not None


def test_the_tolerance_is_measured_from_what_was_released_not_from_the_last_change(
    world: World,
) -> None:
    # Otherwise ten per cent and ten per cent and ten per cent beat any authority.
    line_of(world, 500)
    [first] = check(world, ask("A", "C1", 1000))
    release_hold(first["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    [second] = check(world, ask("A", "C1", 1100, version=2))
    [third] = check(world, ask("A", "C1", 1210, version=3))
    assert (second["outcome"], third["outcome"]) == ("approve", "hold")


def test_a_tolerated_change_ends_with_the_approval_it_leans_on(world: World) -> None:
    # A special approval is capped in days; another version must not make it last longer.
    line_of(world, 500)
    [first] = check(world, ask("A", "C1", 1000))
    release_hold(first["decision_id"], WHY, days=5, actor=world.actor("alice"), at=AT)
    until = Reservation.objects.get(order_version=1).expires_at
    [second] = check(world, ask("A", "C1", 1100, version=2), at=AT + timedelta(days=1))
    assert second["outcome"] == "approve"
    assert Reservation.objects.get(order_version=2).expires_at == until == AT + timedelta(days=5)
    assert second["reservation"]["expires_at"].startswith("2026-11-25")


def test_an_approval_that_has_ended_tolerates_nothing(world: World) -> None:
    line_of(world, 500)
    [first] = check(world, ask("A", "C1", 1000))
    release_hold(first["decision_id"], WHY, days=1, actor=world.actor("alice"), at=AT)
    [second] = check(world, ask("A", "C1", 1000, version=2), at=AT + timedelta(days=1))
    assert second["outcome"] == "hold"


@pytest.mark.parametrize("changed", [False, True])
def test_a_release_that_was_cancelled_tolerates_nothing(world: World, changed: bool) -> None:
    line_of(world, 500)
    [last] = check(world, ask("A", "C1", 1000))
    release_hold(last["decision_id"], WHY, actor=world.actor("alice"), at=AT)
    if changed:  # who cancels a tolerated change gives up the order
        [last] = check(world, ask("A", "C1", 1001, version=2))
    cancel(last["decision_id"], actor=world.actor("bob"), at=AT)
    [third] = check(world, ask("A", "C1", 1000, version=3))
    assert third["outcome"] == "hold"


def test_an_order_that_nobody_released_has_no_tolerance(world: World) -> None:
    line_of(world)
    check(world, ask("A", "C1", 1000))
    [body] = check(world, ask("A", "C1", 1001, version=2))
    assert body["outcome"] == "hold"


# --- The horizon


def test_orders_beyond_the_horizon_weigh_what_the_policy_says(world: World) -> None:
    # frappe/erpnext #10861: long-running orders eat the whole limit.
    exposure = shipped_body("order_check")["exposure"] | {"later": 2000}
    rule(world, order_horizon_days=30, exposure=exposure)
    line_of(world)
    soon, later = TODAY + timedelta(days=30), TODAY + timedelta(days=31)
    first, near, over = check(
        world,
        ask("A", "C1", 3000, delivery_on=later.isoformat()),
        ask("B", "C1", 400, delivery_on=soon.isoformat()),
        ask("C", "C1", 1),
    )
    assert (first["outcome"], first["exposure"]["after"]) == ("approve", "6.00")
    assert first["exposure"]["counts_later"] == later.isoformat()
    assert near["outcome"] == "approve"
    assert (near["exposure"]["components"]["orders"], near["exposure"]["components"]["later"]) == (
        "0.00",
        "6.00",
    )
    assert over["outcome"] == "hold"
    assert orders_counted() == 3400  # nominal amounts in the books, weights on reading
    assert dict(OrderDue.objects.values_list("due_on", "open_minor")) == {later: 3000, soon: 400}
    # The day after, the far order has come within the horizon: no job, the reading says so.
    [body] = check(world, ask("D", "C1", 1, point="quote"), at=AT + timedelta(days=1))
    assert body["exposure"]["used"] == "34.00"
