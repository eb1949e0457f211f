"""Which collections free most: least money against trying every sum, and done in the books."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.receivables.conftest import Desk, invoice, receipt
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.credit.decide import Limit
from xinheng.credit.exposure import Components
from xinheng.credit.policy import shipped
from xinheng.credit.way_changes import Due
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.asked import Asked
from xinheng.decisions.facts import Standing
from xinheng.decisions.ground import Ground
from xinheng.decisions.models import Decision
from xinheng.limits.values import LockedLine
from xinheng.portfolio import collecting, collecting_trials
from xinheng.portfolio.collecting import plan_collections
from xinheng.portfolio.collecting_trials import Family, Waiting, least_payments, passes

TODAY = date(2026, 11, 20)


# --- The least money, against trying every sum

small = st.integers(0, 8)
due_days = st.sampled_from([-40, -10, -1, 5])
invoices = st.lists(st.tuples(due_days, st.integers(1, 4), st.booleans()), max_size=2)
members = st.tuples(invoices, st.integers(0, 15), st.integers(0, 5), st.integers(0, 30))


@st.composite
def families(draw: Any) -> Family:
    """Two payers, alone or under a group's limit, with one to four waiting orders."""
    group = draw(st.none() | st.integers(0, 30))
    lines, standings, items, payers = {}, {}, {}, {}
    path = () if group is None else (9,)
    for number in (1, 2):
        owed, limit, allowed, days = draw(members)
        items[number] = tuple(
            Due(f"I-{number}{n}", (TODAY + timedelta(days=late)).isoformat(), amount, disputed)
            for n, (late, amount, disputed) in enumerate(owed)
        )
        late = [i for i in items[number] if i.due_on < "2026-11-20" and not i.disputed]
        oldest = min((i.due_on for i in late), default="2026-11-20")
        lines[number] = LockedLine(
            number,
            number,
            "CNY",
            Limit(limit, overdue_allowed_minor=allowed, overdue_days_allowed=days),
            Components(sum(i.open_minor for i in items[number]), orders=draw(small)),
            0,
            path=path,
            root_id=9 if path else None,
        )
        standings[number] = Standing(
            "active",
            "BBB",
            "2027-01-01",
            sum(i.open_minor for i in late),
            (TODAY - date.fromisoformat(oldest)).days,
            code=f"C{number}",
        )
        payers[number] = Customer(pk=number, code=f"C{number}")
    if group is not None:
        lines[9] = LockedLine(9, 3, "CNY", Limit(group), Components(), 0, "group", root_id=9)
        standings[9] = Standing("active", None, None, 0, 0, code="G")
    ground = Ground(lines, standings, shipped(), AT, TODAY)
    wanted = draw(
        st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 8)), min_size=1, max_size=4)
    )
    waiting = tuple(
        Waiting(
            Decision(amount_minor=amount, currency="CNY"),
            account,
            Asked(f"PO-{n}", 1, amount, "CNY", 30, None),
            payers[account],
        )
        for n, (account, amount) in enumerate(wanted)
    )
    return Family(ground, waiting, items)


def by_trying(family: Family, held: tuple[Waiting, ...]) -> int | None:
    """The least sum of receipts with which all pass, over every combination of amounts."""
    payers = sorted({one.payer.pk for one in held})
    every = product(*(range(family.open_minor(payer) + 1) for payer in payers))
    sums = [
        sum(paid) for paid in every if passes(family, held, dict(zip(payers, paid, strict=True)))
    ]
    return min(sums, default=None)


@settings(deadline=None)
@given(families())
def test_the_least_receipts_are_the_least_there_are(family: Family):
    sizes = range(1, len(family.waiting) + 1)
    for held in (chosen for size in sizes for chosen in combinations(family.waiting, size)):
        found, tried = least_payments(family, held), by_trying(family, held)
        assert (found is None) == (tried is None)
        if found is not None and tried is not None:
            event(f"{len(found)} payers, {'nothing' if tried == 0 else 'something'} to receive")
            assert sum(found.values()) == tried
            assert passes(family, held, found)


@given(families())
def test_a_trial_leaves_the_ground_as_it_was(family: Family):
    lines, standings = dict(family.ground.lines), dict(family.ground.standings)
    least_payments(family, family.waiting)
    assert (family.ground.lines, family.ground.standings) == (lines, standings)


def test_the_law_notices_orders_that_take_nothing_from_each_other(monkeypatch: pytest.MonkeyPatch):
    """The broken build: each order is decided as if it were alone."""
    lines = {1: LockedLine(1, 1, "CNY", Limit(10), Components(9), 0)}
    standings = {1: Standing("active", "BBB", "2027-01-01", 0, 0)}
    held = tuple(
        Waiting(
            Decision(amount_minor=4, currency="CNY"),
            1,
            Asked(f"PO-{n}", 1, 4, "CNY", 30, None),
            Customer(pk=1),
        )
        for n in (1, 2)
    )
    ground = Ground(lines, standings, shipped(), AT, TODAY)
    family = Family(ground, held, {1: (Due("I-1", "2026-12-01", 9),)})
    assert least_payments(family, held) == {1: 7}
    monkeypatch.setattr(collecting_trials, "_take", lambda *_: None)
    assert least_payments(family, held) == {1: 3}


# --- The book


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def book(world):
    """A lacks 500.00 for 800.00, B 300.00 for 400.00, C 200.00 for 250.00; D is blocked."""
    rows = [
        ("A", 1_000_00, 700_00, 800_00),
        ("B", 500_00, 400_00, 400_00),
        ("C", 300_00, 250_00, 250_00),
    ]
    for code, limit, owed, wanted in rows:
        make_line(make_customer(code, unit=world.units["EAST"]), limit)
        Desk().invoices(
            invoice(f"I-{code}", owed, date(2026, 11, 1), date(2026, 12, 1), customer_code=code)
        )
        check(world, f"PO-{code}", code, wanted)
    make_line(make_customer("D", unit=world.units["EAST"], status="blocked"), 1_000_00)
    check(world, "PO-D", "D", 100_00)
    return world


def check(world: Any, ref: str, code: str, amount: int, version: int = 1) -> str:
    [answer] = check_orders(
        [ask(ref, code, amount, version=version)], actor=world.actor("bob"), at=AT
    )
    return Decision.objects.get(pk=answer.decision_id).outcome


def told(plan: collecting.CollectionPlan) -> list[tuple[str, int, int]]:
    return [
        (step.collect[0].customer.code, step.cost_minor, step.value_minor) for step in plan.steps
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("budget", "steps"),
    [
        (199_99, []),
        (200_00, [("C", 200_00, 250_00)]),
        (499_99, [("B", 300_00, 400_00)]),
        (500_00, [("A", 500_00, 800_00)]),
        (700_00, [("A", 500_00, 800_00), ("C", 200_00, 250_00)]),
        (9_999_00, [("A", 500_00, 800_00), ("B", 300_00, 400_00), ("C", 200_00, 250_00)]),
    ],
)
def test_the_money_goes_where_it_frees_most(book, budget, steps):
    plan = plan_collections(book.alice, "CNY", budget, at=AT)
    assert told(plan) == steps
    assert plan.exact and plan.left_minor == budget - sum(cost for _, cost, _ in steps)
    assert (plan.waiting, plan.by_person) == (4, 1)
    assert plan.beyond == 3 - len(steps)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("less", "outcome"), [(0, "approve"), (1, "hold")])
def test_collected_as_planned_the_orders_go(book, less, outcome):
    for step in plan_collections(book.alice, "CNY", 9_999_00, at=AT).steps:
        [collect] = step.collect
        code = collect.customer.code
        [(due, _)] = collect.invoices
        assert (due.number, due.open_minor) == (f"I-{code}", collect.amount_minor)
        Desk().receipts(
            receipt(f"R-{code}", collect.amount_minor - less, TODAY, customer_code=code)
        )
        for freed in step.freed:
            assert check(book, freed.decision.order_ref, code, freed.amount_minor, 2) == outcome


@pytest.mark.django_db(transaction=True)
def test_whom_one_does_not_see_is_not_in_one_s_plan(book):
    plan = plan_collections(book.eve, "CNY", 9_999_00, at=AT)
    assert (plan.steps, plan.waiting) == ((), 0)


@pytest.mark.django_db(transaction=True)
def test_more_orders_than_every_set_can_be_tried_of_are_freed_one_by_one(world):
    make_line(make_customer("A", unit=world.units["EAST"]), 1_000_00)
    Desk().invoices(
        invoice("I-A", 1_000_00, date(2026, 11, 1), date(2026, 12, 1), customer_code="A")
    )
    for number in range(1, 9):
        check(world, f"PO-{number}", "A", number * 10_00)
    plan = plan_collections(world.alice, "CNY", 100_00, at=AT)
    assert 50_00 <= plan.value_minor <= plan.cost_minor <= 100_00
    assert not plan.exact and plan.bound_minor >= 100_00
