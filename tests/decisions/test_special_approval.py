"""What exceeds a limit is approved specially: capped in amount and days, and measured together for
one group over 30 days, so that splitting an order does not beat the cap.

Regression for behaviours 16 and 20 (a special approval is capped in amount and in days; the
authority applies to the excess over the limit; splitting must not beat it).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.world import AT, PASSWORD, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.almanac.models import Rate
from xinheng.customers.models import Customer
from xinheng.decisions import weighing
from xinheng.decisions.actions import check_orders, expire_due
from xinheng.decisions.models import Hold, Override
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import judge_releases, release_hold, release_holds
from xinheng.limits.actions import Move, end_reservations, post
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.deputies import appoint_deputy
from xinheng.people.models import Authority, Role, User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "旺季备货，客户周五付款"
DAY = timedelta(days=1)
CAP = 500_00


@pytest.fixture
def world() -> World:
    """A customer whose line of 1,000.00 is used to the last cent; Alice approves 500.00 beyond."""
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, guarantees=1_000_00)
    special(CAP, 30)
    return world


def special(up_to_minor: int | None, days: int | None) -> None:
    Authority.objects.filter(role_id="credit_manager", action="special_approval").update(
        up_to_minor=up_to_minor, unlimited=up_to_minor is None, days_max=days
    )


def held(world: World, ref: str, amount_minor: int, at: Any = AT) -> Any:
    [answer] = check_orders([ask(ref, "C1", amount_minor)], actor=world.actor("bob"), at=at)
    return answer.decision_id


def release(world: World, decision: Any, at: Any = AT, **extra: Any) -> Override:
    made = release_hold(decision, WHY, actor=world.actor("alice"), at=at, **extra)
    return Override.objects.get(decision=made)


def refused(world: World, decision: Any, at: Any = AT, **extra: Any) -> Refused:
    before = list(Reservation.objects.values_list("id", "state"))
    with pytest.raises(Refused) as caught:
        release_hold(decision, WHY, actor=world.actor("alice"), at=at, **extra)
    assert list(Reservation.objects.values_list("id", "state")) == before
    assert Hold.objects.get(pk=decision).state == "waiting"
    return caught.value


def paid(ref: str) -> None:
    """The order was delivered, billed and paid: its reservation is used up, the line has room."""
    reservation = Reservation.objects.get(order_ref=ref)
    minor = reservation.amount_minor
    Reservation.objects.filter(pk=reservation.pk).update(posted_minor=minor, state="posted")
    post([Move(reservation.line_id, "orders", -minor, "test", f"order:{ref}")], at=AT)


def given_back(ref: str) -> None:
    end_reservations([Reservation.objects.get(order_ref=ref).pk], "voided", at=AT)


@pytest.mark.parametrize(
    ("amount_minor", "cap_minor", "allowed"),
    [
        (CAP, CAP, True),  # exactly the cap
        (CAP + 1, CAP, False),  # a cent more
        (CAP + 1, None, True),  # unlimited is a word
        (1, 0, False),  # zero is zero
    ],
)
def test_the_cap_is_on_what_exceeds_the_limit(
    world: World, amount_minor: int, cap_minor: int | None, allowed: bool
) -> None:
    special(cap_minor, 30)
    order = held(world, "PO-1", amount_minor)
    if allowed:
        assert release(world, order).excess_minor == amount_minor
    else:
        assert refused(world, order).code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY


def test_only_the_part_beyond_the_limit_is_measured(world: World) -> None:
    CreditLine.objects.update(amount_minor=10_000_00)
    order = held(world, "PO-1", 9_500_00)  # 500.00 beyond: within, though the order is 9,500.00
    assert release(world, order).excess_minor == CAP


@pytest.mark.parametrize(
    ("first", "meanwhile", "days_later", "second", "allowed"),
    [
        (300_00, None, 0, 200_00, True),  # together exactly the cap
        (300_00, None, 0, 200_01, False),
        (300_00, paid, 0, 200_00, True),
        (300_00, paid, 0, 200_01, False),  # paid, but within 30 days it counts
        (300_00, paid, 29, 200_01, False),
        (300_00, paid, 30, 200_01, True),  # the 30 days are over
        (300_00, given_back, 0, CAP, True),  # never used: it does not count
    ],
)
def test_two_orders_are_measured_together(
    world: World, first: int, meanwhile: Any, days_later: int, second: int, allowed: bool
) -> None:
    release(world, held(world, "PO-1", first))
    if meanwhile:
        meanwhile("PO-1")
    at = AT + days_later * DAY
    order = held(world, "PO-2", second, at)
    if allowed:
        assert release(world, order, at).excess_minor == second
    else:
        assert refused(world, order, at).code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY


def test_the_refusal_shows_what_was_added_up(world: World) -> None:
    release(world, held(world, "PO-1", 300_00))
    paid("PO-1")
    said = refused(world, held(world, "PO-2", 250_00)).text
    for figure in ("550.00", "250.00", "300.00", "500.00"):
        assert figure in said.zh
        assert figure in said.en


def test_what_stands_above_the_limit_counts_however_old_its_approval(world: World) -> None:
    special(CAP, 90)
    release(world, held(world, "PO-1", 400_00), days=90)
    later = AT + 40 * DAY
    order = held(world, "PO-2", 200_00, later)
    assert refused(world, order, later).code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY


def test_another_customers_approvals_are_its_own(world: World) -> None:
    make_line(make_customer("C2", unit=world.units["EAST"]), 0)
    release(world, held(world, "PO-1", CAP))
    [answer] = check_orders([ask("PO-9", "C2", CAP)], actor=world.actor("bob"), at=AT)
    release(world, answer.decision_id)


@pytest.mark.parametrize(
    ("most", "asked", "granted"),
    [
        (10, None, 10),  # as long as the authority allows
        (60, None, 30),  # but no longer than the policy keeps any order
        (None, None, 30),
        (10, 3, 3),
        (10, 10, 10),
        (10, 11, None),
        (10, 0, None),
        (None, 99, 99),
    ],
)
def test_the_approval_ends_after_its_days_and_the_reservation_with_it(
    world: World, most: int | None, asked: int | None, granted: int | None
) -> None:
    special(CAP, most)
    order = held(world, "PO-1", 100_00)
    if granted is None:
        assert refused(world, order, days=asked).code is DecisionRefusal.TOO_MANY_DAYS
        return
    override = release(world, order, days=asked)
    assert override.valid_until == AT + granted * DAY
    assert expire_due(at=AT + granted * DAY - timedelta(seconds=1)) == 0
    assert expire_due(at=AT + granted * DAY) == 1
    assert reconcile() == []


def test_an_order_that_passes_no_limit_needs_no_special_approval(world: World) -> None:
    Authority.objects.filter(action="special_approval").delete()
    CreditLine.objects.update(amount_minor=5_000_00, overdue_allowed_minor=0, terms_days_max=10)
    override = release(world, held(world, "PO-1", 100_00))  # referred for its terms
    assert (override.excess_minor, override.valid_until) == (0, None)
    assert "special" not in override.authority


def test_without_that_authority_nothing_beyond_a_limit_is_released(world: World) -> None:
    Authority.objects.filter(action="special_approval").delete()
    assert refused(world, held(world, "PO-1", 1)).code is DecisionRefusal.NO_SPECIAL_AUTHORITY


# --- Groups: the use of all of it, the excess of whichever limit is passed


def group(world: World, limit_minor: int, used_minor: int, currency: str = "CNY") -> None:
    """HEAD's group limit over two members: M1 with an own limit, M2 used by `used_minor`."""
    head = make_customer("HEAD", unit=world.units["EAST"])
    for code in ("M1", "M2"):
        make_customer(code, unit=world.units["EAST"], parent=head)
    make_line(head, limit_minor, scope="group", currency=currency)
    for code, counted in (("M1", 0), ("M2", used_minor)):
        member = Customer.objects.get(code=code)
        make_line(member, 5_000_00, guarantees=counted)


def of_member(world: World, ref: str, amount_minor: int) -> Any:
    [answer] = check_orders([ask(ref, "M1", amount_minor)], actor=world.actor("bob"), at=AT)
    assert Hold.objects.get(pk=answer.decision_id).state == "waiting"
    return answer.decision_id


@pytest.mark.parametrize(("cap_minor", "allowed"), [(1_200_00, True), (1_199_99, False)])
def test_the_authority_is_measured_on_the_use_of_the_whole_group(
    world: World, cap_minor: int, allowed: bool
) -> None:
    # M1 asks for 300.00 and uses nothing; the group uses 900.00.
    group(world, 1_000_00, 900_00)
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=cap_minor
    )
    order = of_member(world, "PO-1", 300_00)
    if allowed:
        assert release(world, order).excess_minor == 200_00
    else:
        said = refused(world, order)
        assert said.code is DecisionRefusal.ABOVE_AUTHORITY
        assert "1,200.00" in said.text.en


def test_the_largest_excess_of_all_limits_counts(world: World) -> None:
    group(world, 1_000_00, 900_00)
    CreditLine.objects.filter(customer__code="M1").update(amount_minor=250_00)
    # beyond its own limit by 50.00, beyond the group's by 200.00
    assert release(world, of_member(world, "PO-1", 300_00)).excess_minor == 200_00


def test_members_of_a_group_are_measured_together(world: World) -> None:
    special(400_00, 30)
    group(world, 1_000_00, 1_000_00)
    release(world, of_member(world, "PO-1", 300_00))
    [answer] = check_orders([ask("PO-2", "M2", 101_00)], actor=world.actor("bob"), at=AT)
    assert refused(world, answer.decision_id).code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY


@pytest.mark.parametrize(("cap_minor", "allowed"), [(14_00, True), (13_99, False)])
def test_a_group_in_another_currency_is_measured_in_that_one(
    world: World, cap_minor: int, allowed: bool
) -> None:
    rate("CNY", "USD", "0.14")
    group(world, 100_00, 0, "USD")  # 100.00 USD
    Authority.objects.filter(action="special_approval", currency="USD").update(
        up_to_minor=cap_minor
    )
    # 814.2857… CNY are 114.00 USD: 14.00 USD beyond
    order = of_member(world, "PO-1", 814_29)
    if allowed:
        # kept in the order's own currency: 14.00 USD at the inverse rate
        assert release(world, order).excess_minor == 100_00
        assert reconcile() == []
    else:
        assert refused(world, order).code is DecisionRefusal.ABOVE_SPECIAL_AUTHORITY


def test_without_a_rate_nothing_is_guessed(world: World) -> None:
    group(world, 100_00, 0, "USD")
    order = of_member(world, "PO-1", 100_00)
    assert refused(world, order).code is DecisionRefusal.RATE_MISSING


def rate(base: str, quote: str, value: str) -> None:
    Rate.objects.create(
        kind="mid",
        base=base,
        quote=quote,
        day=TODAY,
        rate=Decimal(value),
        source="test",
        entered_by="test",
        entered_at=AT,
    )


# --- Many at once


def test_what_is_judged_before_is_what_happens(world: World) -> None:
    orders = [held(world, f"PO-{n}", amount) for n, amount in enumerate([300_00, 201_00, 200_00])]
    alice = world.actor("alice")
    before = judge_releases(orders, actor=alice, at=AT)
    assert Hold.objects.filter(state="waiting").count() == 3
    assert not Override.objects.exists() and not Reservation.objects.exists()
    after = release_holds(orders, WHY, actor=alice, at=AT)
    assert before == after
    # the second would pass the cap together with the first; the third fits exactly
    assert [one.refused is None for one in after] == [True, False, True]
    assert [one.excess_minor for one in after] == [300_00, 0, 200_00]
    assert reconcile() == []


def test_a_summary_looks_each_authority_up_once_and_a_release_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authorities kept from one person's orders to the next would fail the second half."""
    orders = [held(world, f"PO-{n}", 10_00) for n in range(4)]
    asked: list[str] = []
    real = weighing.authority

    def counted(user_id: int, action: str, currency: str, **more: Any) -> Any:
        asked.append(action)
        return real(user_id, action, currency, **more)

    monkeypatch.setattr(weighing, "authority", counted)
    alice = world.actor("alice")
    told = judge_releases(orders, actor=alice, at=AT)
    assert all(one.refused is None for one in told)
    assert sorted(asked) == ["release_hold", "special_approval"]
    assert release_holds(orders, WHY, actor=alice, at=AT) == told
    assert len(asked) == 2 + 2 * len(orders)


def test_in_a_summary_nobody_stands_in_for_who_asked(world: World) -> None:
    """An authority kept without whose place it is in would let the second order pass."""
    fang = create_user(
        "fang",
        PASSWORD,
        name="fang",
        roles=["credit_manager"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    dora = User.objects.get(pk=world.dora.pk)
    dora.roles.add(Role.objects.create(code="own", name="自定", permissions=["holds.release"]))
    period = {"valid_from": TODAY, "valid_until": TODAY}
    appoint_deputy(fang, dora, **period, actor=of_user(fang), at=AT)
    first = held(world, "PO-1", 10_00)
    [answer] = check_orders([ask("PO-2", "C1", 10_00)], actor=of_user(fang), at=AT)
    told = judge_releases([first, answer.decision_id], actor=world.actor("dora"), at=AT)
    assert [one.refused is None for one in told] == [True, False]


def test_a_stranger_in_the_list_is_not_there_and_its_neighbours_go_on(world: World) -> None:
    from uuid import UUID

    order = held(world, "PO-1", 100_00)
    told = release_holds([UUID(int=7), order, order], WHY, actor=world.actor("alice"), at=AT)
    assert [(one.order_ref, one.refused is None) for one in told] == [("", False), ("PO-1", True)]


def test_more_than_200_at_once_are_refused(world: World) -> None:
    from uuid import UUID

    with pytest.raises(Refused) as caught:
        release_holds([UUID(int=n) for n in range(201)], WHY, actor=world.actor("alice"), at=AT)
    assert caught.value.code is DecisionRefusal.TOO_MANY


def test_who_may_not_release_judges_nothing(world: World) -> None:
    with pytest.raises(Refused) as caught:
        judge_releases([held(world, "PO-1", 1)], actor=world.actor("bob"), at=AT)
    assert caught.value.code is DecisionRefusal.NOT_ALLOWED
