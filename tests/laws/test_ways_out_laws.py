"""Laws of ways out: after the steps the same decide approves, and a little less never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests.laws.test_credit_decide_laws import SHIPPED, WITH_FLOOR, amounts, days, facts, orders
from xinheng.credit import way_changes, ways_out
from xinheng.credit.decide import Facts, Level, Limit, Order, counts
from xinheng.credit.exposure import Components, Weights, used
from xinheng.credit.policy import Policy
from xinheng.credit.rates import RateUsed, convert
from xinheng.credit.way_changes import Ahead, Due, Scene, Step, apply
from xinheng.credit.ways_out import CURES, find

replaced = msgspec.structs.replace
HALF_WEIGHTS = replaced(SHIPPED, exposure=Weights(open_items=5_000, prepaid=3_333, bills=0))
MILD = replaced(
    SHIPPED,
    checks=tuple(
        replaced(check, outcome_on_fail="warn") if check.kind == "overdue_days" else check
        for check in SHIPPED.checks
    ),
)
NEAR = replaced(SHIPPED, order_horizon_days=30)
policies = st.sampled_from([SHIPPED, WITH_FLOOR, HALF_WEIGHTS, MILD, NEAR])
items = st.lists(
    st.builds(Due, st.sampled_from("ABCDEF"), days, st.integers(1, 40), st.booleans()),
    max_size=5,
    unique_by=lambda item: item.number,
).map(tuple)


def mostly(usual: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> Any:
    return st.one_of(usual, usual, usual, seldom)


RATE = RateUsed("mid", "CNY", "JPY", "2026-11-22", "20.53")
levels = st.lists(
    st.builds(
        Level,
        st.sampled_from(["group", "product"]),
        st.just("X"),
        st.sampled_from(["CNY", "JPY"]),
        st.builds(Limit, st.integers(0, 150), covered_minor=st.integers(0, 20)),
        st.integers(0, 150),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda level: level.kind,
).map(tuple)
plans = st.lists(
    st.builds(
        Ahead,
        st.sampled_from(["2026-11-24", "2026-12-15", "2027-01-20"]),
        st.just("unknown") | st.builds(Limit, st.integers(0, 200)),
    ),
    max_size=2,
    unique_by=lambda change: change.day,
).map(tuple)


@st.composite
def troubled(draw: Any) -> tuple[Facts, tuple[Due, ...]]:
    """A customer whose overdue figures come from its invoices, with one to three troubles."""
    today = "2026-11-22"
    open_items = draw(items)
    owed = sum(item.open_minor for item in open_items)
    promised = draw(amounts)
    late = [item for item in open_items if item.due_on < today and not item.disputed]
    limit = Limit(
        amount_minor=draw(mostly(st.integers(0, owed + promised + 40), st.none())),
        covered_minor=draw(mostly(st.just(0), amounts)),
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
        draw(mostly(st.just(limit), mostly(st.just(limit), st.none()))),
        Components(owed, orders=promised),
        sum(item.open_minor for item in late),
        max((gap(item.due_on, today) for item in late), default=0),
        draw(st.sampled_from(["BBB", "BBB", "CC", None])),
        draw(mostly(st.just("2027-02-01"), st.just("2026-11-21"))),
        today,
        levels=draw(mostly(st.just(()), levels)),
        rates=(RATE,),
    )
    return seen, open_items


def gap(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


anything = troubled() | st.tuples(facts, items)


def outcome_after(steps: tuple[Step, ...], scene: Scene) -> str:
    for step in steps:
        scene = apply(step, scene)
    return scene.verdict().outcome


def ways(scene: Scene) -> tuple[ways_out.WayOut, ...]:
    return find(scene.facts, scene.order, scene.policy, scene.items, scene.ahead)


@st.composite
def scenes(draw: Any, worlds: Any = None, policies: Any = policies) -> Scene:
    """A held order with all that may be known of it; what it adds above follows from the order."""
    seen, due = draw(anything if worlds is None else worlds)
    order, policy = draw(orders), draw(policies)
    order = replaced(order, currency="CNY", delivery_on=draw(st.none() | days))
    above = tuple(
        replaced(level, adds_minor=adds(level, seen, order, policy)) for level in seen.levels
    )
    return Scene(replaced(seen, levels=above), order, policy, due, draw(plans))


def adds(level: Level, seen: Facts, order: Order, policy: Policy) -> int:
    amount = counts(order, seen.today, policy)
    return amount if level.currency == "CNY" else convert(amount, "CNY", "JPY", Decimal(RATE.rate))


GROWING = (
    *("receive", "receive_on", "prepay", "member_pays", "cover"),
    *("temporary_limit", "raise_limit", "raise_above"),
)


def a_little_less(step: Step) -> Step | None:
    """The step by one unit or day less; None: there is no less of it but to leave it out."""
    more_is_less = {"ship_part": 1} | dict.fromkeys(GROWING, -1)
    if step.code in more_is_less:
        return replaced(step, amount_minor=step.amount_minor + more_is_less[step.code])
    if step.code == "grant_limit" and step.amount_minor:
        return replaced(step, amount_minor=step.amount_minor - 1)
    if step.code in ("wait", "deliver_later", "renew_limit", "renew_rating"):
        before = date.fromisoformat(step.day) - timedelta(days=1)
        return replaced(step, day=before.isoformat())
    if step.code == "shorten_terms":
        return replaced(step, days=step.days + 1)
    return None


@given(scenes())
def test_after_the_steps_the_same_decide_approves(scene: Scene) -> None:
    for way in ways(scene):
        event(" + ".join(step.code for step in way.steps))
        assert outcome_after(way.steps, scene) == "approve"
        assert way.verdict.outcome == "approve"


@given(scenes())
def test_a_little_less_of_any_step_does_not_do(scene: Scene) -> None:
    for way in ways(scene):
        for place, step in enumerate(way.steps):
            less = a_little_less(step)
            parts = (less,) if less is not None else ()
            rest = (*way.steps[:place], *parts, *way.steps[place + 1 :])
            assert outcome_after(rest, scene) != "approve", (step, less)


@given(scenes())
def test_no_step_of_a_way_is_idle(scene: Scene) -> None:
    for way in ways(scene):
        for place in range(len(way.steps)):
            rest = way.steps[:place] + way.steps[place + 1 :]
            assert outcome_after(rest, scene) != "approve"


@given(scenes())
def test_what_passes_or_is_declined_has_no_way_out(scene: Scene) -> None:
    found = ways(scene)
    assert len(found) <= ways_out.WAYS_MAX
    if scene.verdict().outcome in ("approve", "decline"):
        assert found == ()


@given(scenes())
def test_unknown_has_no_way_out(scene: Scene) -> None:
    for name in ("customer_status", "limit", "overdue_minor", "overdue_days_max", "grade"):
        blind = replaced(scene, facts=replaced(scene.facts, **{name: "unknown"}), ahead=())
        assert ways(blind) == () or scene.policy is MILD
    no_rate = replaced(scene.facts, rates_missing=("CNY/JPY",))
    assert ways(replaced(scene, facts=no_rate)) == ()


@given(scenes(), st.permutations(range(5)))
def test_the_order_in_which_invoices_are_listed_changes_nothing(
    scene: Scene, places: list[int]
) -> None:
    shuffled = tuple(scene.items[place] for place in places if place < len(scene.items))
    assert ways(replaced(scene, items=shuffled)) == ways(scene)


@given(scenes(), st.integers(0, 60))
def test_money_is_never_worth_more_above(scene: Scene, amount: int) -> None:
    """What a receipt frees on a limit above is at most what it frees on the line, converted."""
    after = apply(Step("receive", amount), scene)
    weights = scene.policy.exposure
    freed = used(scene.facts.components, weights) - used(after.facts.components, weights)
    for before, level in zip(scene.facts.levels, after.facts.levels, strict=True):
        most = freed if level.currency == "CNY" else convert(freed, "CNY", "JPY", Decimal("20.53"))
        assert 0 <= before.used_minor - level.used_minor <= max(most, 0)


# --- Broken builds that the laws must notice


def runs(law: Callable[..., None]) -> None:
    settings(max_examples=600, database=None, derandomize=True, phases=[Phase.generate])(law)()


def one_too_many(scene: Any, code: str, enough: Any) -> Step | None:
    step = least_truly(scene, code, enough)
    grows = step is not None and step.code in GROWING
    return replaced(step, amount_minor=step.amount_minor + 1) if step and grows else step


def one_too_few(scene: Any, code: str, enough: Any) -> Step | None:
    step = least_truly(scene, code, enough)
    return (
        replaced(step, amount_minor=step.amount_minor - 1) if step and step.amount_minor else step
    )


def worth_twice_above(level: Level, freed_minor: int, scene: Scene) -> Level:
    return replaced(level, used_minor=level.used_minor - 2 * freed_minor)


def padded(scene: Any, blocking: frozenset[str]) -> Any:
    for way in singles_truly(scene, blocking):
        yield replaced(way, steps=(*way.steps, Step("lift_hold")))


least_truly, singles_truly = ways_out.least, ways_out._singles


@pytest.mark.parametrize(
    ("room", "name", "mutant", "law"),
    [
        (ways_out, "least", one_too_many, test_a_little_less_of_any_step_does_not_do),
        (ways_out, "least", one_too_few, test_after_the_steps_the_same_decide_approves),
        (ways_out, "_pairs", padded, test_no_step_of_a_way_is_idle),
        (way_changes, "_relieved", worth_twice_above, test_money_is_never_worth_more_above),
    ],
)
def test_the_laws_notice_a_broken_build(
    monkeypatch: pytest.MonkeyPatch, room: Any, name: str, mutant: Any, law: Callable[..., None]
) -> None:
    monkeypatch.setattr(room, name, mutant)
    with pytest.raises(AssertionError):
        runs(law)


def test_the_laws_see_every_kind_of_step() -> None:
    """A law over ways that are never found holds for nothing."""
    seen_codes: set[str] = set()
    pairs: set[tuple[str, ...]] = set()

    @given(scenes(troubled(), st.sampled_from([SHIPPED, NEAR])))
    def look(scene: Scene) -> None:
        for way in ways(scene):
            seen_codes.update(step.code for step in way.steps)
            pairs.update([tuple(step.code for step in way.steps)] if len(way.steps) > 1 else [])

    runs(look)
    assert seen_codes == set(CURES)
    assert len(pairs) >= 8
