"""Laws of ways out: after the steps the same decide approves, and a little less never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests.laws.test_credit_decide_laws import SHIPPED, WITH_FLOOR, amounts, days, facts, orders
from xinheng.credit import ways_out
from xinheng.credit.decide import Facts, Limit, Order, decide
from xinheng.credit.exposure import Components, Weights
from xinheng.credit.policy import Policy
from xinheng.credit.ways_out import CURES, Due, Step, apply, find

replaced = msgspec.structs.replace
HALF_WEIGHTS = replaced(SHIPPED, exposure=Weights(open_items=5_000, prepaid=3_333, bills=0))
MILD = replaced(
    SHIPPED,
    checks=tuple(
        replaced(check, outcome_on_fail="warn") if check.kind == "overdue_days" else check
        for check in SHIPPED.checks
    ),
)
policies = st.sampled_from([SHIPPED, WITH_FLOOR, HALF_WEIGHTS, MILD])
items = st.lists(
    st.builds(Due, st.sampled_from("ABCDEF"), days, st.integers(1, 40)),
    max_size=5,
    unique_by=lambda item: item.number,
).map(tuple)


def mostly(usual: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> Any:
    return st.one_of(usual, usual, usual, seldom)


@st.composite
def troubled(draw: Any) -> tuple[Facts, tuple[Due, ...]]:
    """A customer whose overdue figures come from its invoices, with one to three troubles."""
    today = "2026-11-22"
    open_items = draw(items)
    late = [item for item in open_items if item.due_on < today]
    limit = Limit(
        amount_minor=draw(mostly(st.integers(0, 150), st.none())),
        valid_from=draw(mostly(st.none(), st.sampled_from(["2026-11-23", "2027-01-01"]))),
        valid_until=draw(mostly(st.just("2027-01-01"), st.just("2026-11-21"))),
        single_order_cap_minor=draw(mostly(st.none(), st.integers(1, 40))),
        terms_days_max=draw(st.none() | amounts),
        overdue_allowed_minor=draw(st.integers(0, 100)),
        overdue_days_allowed=draw(st.integers(0, 400)),
        forced_hold=draw(st.integers(0, 9)) == 0,
    )
    seen = Facts(
        draw(st.sampled_from(["active", "active", "active", "watch"])),
        draw(mostly(st.just(limit), st.none())),
        Components(sum(item.open_minor for item in open_items), orders=draw(amounts)),
        sum(item.open_minor for item in late),
        max((gap(item.due_on, today) for item in late), default=0),
        draw(st.sampled_from(["BBB", "BBB", "CC", None])),
        draw(mostly(st.just("2027-02-01"), st.just("2026-11-21"))),
        today,
    )
    return seen, open_items


def gap(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


anything = troubled() | st.tuples(facts, items)


def outcome_after(
    steps: tuple[Step, ...], seen: Facts, order: Order, policy: Policy, due: tuple[Due, ...]
) -> str:
    for step in steps:
        seen, order, due = apply(step, seen, order, due)
    return decide(seen, order, policy).outcome


def a_little_less(step: Step) -> Step | None:
    """The step by one unit or day less; None: there is no less of it but to leave it out."""
    more_is_less = {"ship_part": 1, "receive": -1, "prepay": -1, "raise_limit": -1}
    if step.code in more_is_less:
        return replaced(step, amount_minor=step.amount_minor + more_is_less[step.code])
    if step.code == "grant_limit" and step.amount_minor:
        return replaced(step, amount_minor=step.amount_minor - 1)
    if step.code in ("wait", "renew_limit", "renew_rating"):
        before = date.fromisoformat(step.day) - timedelta(days=1)
        return replaced(step, day=before.isoformat())
    if step.code == "shorten_terms":
        return replaced(step, days=step.days + 1)
    return None


@given(anything, orders, policies)
def test_after_the_steps_the_same_decide_approves(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy
) -> None:
    seen, due = world
    for way in find(seen, order, policy, due):
        event(" + ".join(step.code for step in way.steps))
        assert outcome_after(way.steps, seen, order, policy, due) == "approve"
        assert way.verdict.outcome == "approve"


@given(anything, orders, policies)
def test_a_little_less_of_any_step_does_not_do(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy
) -> None:
    seen, due = world
    for way in find(seen, order, policy, due):
        for place, step in enumerate(way.steps):
            less = a_little_less(step)
            parts = (less,) if less is not None else ()
            rest = (*way.steps[:place], *parts, *way.steps[place + 1 :])
            assert outcome_after(rest, seen, order, policy, due) != "approve", (step, less)


@given(anything, orders, policies)
def test_no_step_of_a_way_is_idle(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy
) -> None:
    seen, due = world
    for way in find(seen, order, policy, due):
        for place in range(len(way.steps)):
            rest = way.steps[:place] + way.steps[place + 1 :]
            assert outcome_after(rest, seen, order, policy, due) != "approve"


@given(anything, orders, policies)
def test_what_passes_or_is_declined_has_no_way_out(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy
) -> None:
    seen, due = world
    found = find(seen, order, policy, due)
    assert len(found) <= ways_out.WAYS_MAX
    if decide(seen, order, policy).outcome in ("approve", "decline"):
        assert found == ()


@given(anything, orders, policies)
def test_unknown_has_no_way_out(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy
) -> None:
    seen, due = world
    for name in ("customer_status", "limit", "overdue_minor", "overdue_days_max", "grade"):
        blind = replaced(seen, **{name: "unknown"})
        assert find(blind, order, policy, due) == () or policy is MILD


@given(anything, orders, policies, st.permutations(range(5)))
def test_the_order_in_which_invoices_are_listed_changes_nothing(
    world: tuple[Facts, tuple[Due, ...]], order: Order, policy: Policy, places: list[int]
) -> None:
    seen, due = world
    shuffled = tuple(due[place] for place in places if place < len(due))
    assert find(seen, order, policy, shuffled) == find(seen, order, policy, due)


# --- Broken builds that the laws must notice


def runs(law: Callable[..., None]) -> None:
    settings(max_examples=600, database=None, derandomize=True, phases=[Phase.generate])(law)()


def one_too_many(scene: Any, code: str, enough: Any) -> Step | None:
    step = least_truly(scene, code, enough)
    grows = step is not None and step.code in ("receive", "prepay", "raise_limit")
    return replaced(step, amount_minor=step.amount_minor + 1) if step and grows else step


def one_too_few(scene: Any, code: str, enough: Any) -> Step | None:
    step = least_truly(scene, code, enough)
    return (
        replaced(step, amount_minor=step.amount_minor - 1) if step and step.amount_minor else step
    )


def padded(scene: Any, blocking: frozenset[str]) -> Any:
    for way in singles_truly(scene, blocking):
        yield replaced(way, steps=(*way.steps, Step("lift_hold")))


least_truly, singles_truly = ways_out._least, ways_out._singles


@pytest.mark.parametrize(
    ("name", "mutant", "law"),
    [
        ("_least", one_too_many, test_a_little_less_of_any_step_does_not_do),
        ("_least", one_too_few, test_after_the_steps_the_same_decide_approves),
        ("_pairs", padded, test_no_step_of_a_way_is_idle),
    ],
)
def test_the_laws_notice_a_broken_build(
    monkeypatch: pytest.MonkeyPatch, name: str, mutant: Any, law: Callable[..., None]
) -> None:
    monkeypatch.setattr(ways_out, name, mutant)
    with pytest.raises(AssertionError):
        runs(law)


def test_the_laws_see_every_kind_of_step() -> None:
    """A law over ways that are never found holds for nothing."""
    seen_codes: set[str] = set()
    pairs: set[tuple[str, ...]] = set()

    @given(troubled(), orders)
    def look(world: tuple[Facts, tuple[Due, ...]], order: Order) -> None:
        for way in find(world[0], order, SHIPPED, world[1]):
            seen_codes.update(step.code for step in way.steps)
            pairs.update([tuple(step.code for step in way.steps)] if len(way.steps) > 1 else [])

    runs(look)
    assert seen_codes == set(CURES)
    assert len(pairs) >= 8
