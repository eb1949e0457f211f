"""Laws of the answer, on generated facts: more debt never helps, unknown never approves, replay
is exact.

Each law is shown to be able to fail: a broken build of the rule it guards is put in by
monkeypatch, and the law must notice (`test_the_law_notices_…`).
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from xinheng.credit import checks
from xinheng.credit.decide import (
    UNKNOWN,
    Facts,
    Limit,
    Order,
    Verdict,
    decide,
    decode,
    encode,
    facts_after,
    replay,
)
from xinheng.credit.exposure import Components, Weights, used
from xinheng.credit.policy import Check, Params, Policy, shipped
from xinheng.credit.scale import GRADES

OUTCOMES = ("approve", "refer", "hold", "decline")
SHIPPED = shipped()
WITH_FLOOR = msgspec.structs.replace(
    SHIPPED,
    checks=(*SHIPPED.checks, Check("floor", "grade_floor", "decline", Params(worst_grade="B"))),
)
# Small numbers on both sides of every threshold find more than large ones do.
amounts = st.integers(0, 40)
days = st.sampled_from(["2026-01-01", "2026-11-21", "2026-11-22", "2026-11-23", "2027-01-01"])
limits = st.builds(
    Limit,
    amount_minor=st.none() | amounts,
    unlimited=st.booleans(),
    valid_from=st.none() | days,
    valid_until=st.none() | days,
    single_order_cap_minor=st.none() | amounts,
    terms_days_max=st.none() | amounts,
    overdue_allowed_minor=amounts,
    overdue_days_allowed=amounts,
    forced_hold=st.booleans(),
)
components = st.builds(Components, *[amounts] * 7)
facts = st.builds(
    Facts,
    customer_status=st.sampled_from(["active", "watch", "blocked", "closed", "unknown", "other"]),
    limit=st.none() | st.just(UNKNOWN) | limits,
    components=components,
    overdue_minor=amounts | st.just(UNKNOWN),
    overdue_days_max=amounts | st.just(UNKNOWN),
    grade=st.none() | st.sampled_from([*GRADES, UNKNOWN]),
    rating_valid_until=st.none() | days | st.just(UNKNOWN),
    today=days,
)
orders = st.builds(
    Order,
    ref=st.text(max_size=4),
    version=st.integers(1, 3),
    amount_minor=amounts,
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
    terms_days=st.none() | amounts,
    requested_on=days,
)
# Mostly approving facts, so that a worsening has something to break.
healthy = st.builds(
    Facts,
    customer_status=st.just("active"),
    limit=st.builds(
        Limit,
        amount_minor=st.integers(60, 200),
        overdue_allowed_minor=st.integers(20, 60),
        overdue_days_allowed=st.integers(20, 60),
    ),
    components=components,
    overdue_minor=amounts,
    overdue_days_max=amounts,
    grade=st.sampled_from(GRADES[:6]),
    rating_valid_until=st.just("2027-01-01"),
    today=st.just("2026-11-22"),
)


def rank(seen: Facts, order: Order, policy: Policy = WITH_FLOOR) -> int:
    return OUTCOMES.index(decide(seen, order, policy).outcome)


replaced = msgspec.structs.replace


def more_debt(seen: Facts, name: str, more: int) -> Facts:
    grown = replaced(seen.components, **{name: getattr(seen.components, name) + more})
    return replaced(seen, components=grown)


@given(facts | healthy, orders, st.sampled_from(Components.__struct_fields__[:5]), amounts)
def test_more_debt_never_gives_a_better_answer(
    seen: Facts, order: Order, name: str, more: int
) -> None:
    assert rank(more_debt(seen, name, more), order) >= rank(seen, order)


@given(facts | healthy, orders, amounts)
def test_a_larger_order_never_gives_a_better_answer(seen: Facts, order: Order, more: int) -> None:
    larger = replaced(order, amount_minor=order.amount_minor + more)
    assert rank(seen, larger) >= rank(seen, order)


@given(facts | healthy, orders, st.sampled_from(["overdue_minor", "overdue_days_max"]), amounts)
def test_more_overdue_never_gives_a_better_answer(
    seen: Facts, order: Order, name: str, more: int
) -> None:
    before = getattr(seen, name)
    if before != UNKNOWN:
        assert rank(replaced(seen, **{name: before + more}), order) >= rank(seen, order)


@given(facts | healthy, orders, st.sampled_from(GRADES))
def test_a_worse_grade_never_gives_a_better_answer(seen: Facts, order: Order, grade: str) -> None:
    if seen.grade in GRADES and GRADES.index(grade) >= GRADES.index(seen.grade):
        assert rank(replaced(seen, grade=grade), order) >= rank(seen, order)


@given(facts | healthy, orders, amounts)
def test_a_lower_limit_never_gives_a_better_answer(seen: Facts, order: Order, less: int) -> None:
    line = seen.limit
    if isinstance(line, Limit) and line.amount_minor is not None:
        lower = replaced(line, amount_minor=max(0, line.amount_minor - less))
        assert rank(replaced(seen, limit=lower), order) >= rank(seen, order)
        if not line.unlimited:
            unset = replaced(line, amount_minor=None)
            assert rank(replaced(seen, limit=unset), order) >= rank(seen, order)


@given(facts | healthy, orders, st.booleans())
def test_a_forced_hold_never_gives_a_better_answer(
    seen: Facts, order: Order, unlimited: bool
) -> None:
    if isinstance(seen.limit, Limit):
        held = replaced(seen, limit=replaced(seen.limit, forced_hold=True))
        assert rank(held, order) >= max(rank(seen, order), OUTCOMES.index("hold"))


NAMES = [
    "customer_status",
    "limit",
    "overdue_minor",
    "overdue_days_max",
    "grade",
    "rating_valid_until",
]


@given(healthy, orders, st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)))
def test_unknown_never_approves(seen: Facts, order: Order, name: str, more: set[str]) -> None:
    # One alone is tried on every example: two unknown facts hide each other's failure.
    for names in ({name}, {name, *more}):
        blind = replaced(seen, **dict.fromkeys(names, UNKNOWN))
        assert decide(blind, order, WITH_FLOOR).outcome != "approve"


@given(facts | healthy, orders)
def test_approval_leaves_the_line_within_its_ceiling(seen: Facts, order: Order) -> None:
    verdict = decide(seen, order, SHIPPED)
    if verdict.outcome == "approve":
        assert isinstance(seen.limit, Limit)
        assert seen.limit.unlimited or verdict.after_minor <= (seen.limit.amount_minor or 0)


@given(healthy, st.lists(orders, max_size=12))
def test_a_batch_in_order_never_passes_the_ceiling(seen: Facts, batch: list[Order]) -> None:
    start = used(seen.components)
    for order in batch:
        if decide(seen, order, SHIPPED).outcome == "approve":
            seen = facts_after(seen, order)
    assert isinstance(seen.limit, Limit)
    assert used(seen.components) <= max(start, seen.limit.amount_minor or 0)


@given(facts | healthy, orders)
def test_replay_is_byte_identical(seen: Facts, order: Order) -> None:
    kept = encode(decide(seen, order, SHIPPED))
    assert encode(replay(encode(seen), encode(order), SHIPPED)) == kept
    assert encode(decode(kept, Verdict)) == kept
    assert decode(encode(seen), Facts) == seen and decode(encode(order), Order) == order


@given(facts | healthy, orders)
def test_the_outcome_is_the_worst_reason_and_a_trace_has_every_check(
    seen: Facts, order: Order
) -> None:
    verdict = decide(seen, order, SHIPPED)
    severity = {"warn": 0, "refer": 1, "hold": 2, "decline": 3}
    worst = max((severity[reason.outcome] for reason in verdict.reasons), default=0)
    assert verdict.outcome == OUTCOMES[worst]
    assert [step.check for step in verdict.trace][: len(SHIPPED.checks)] == [
        check.code for check in SHIPPED.checks
    ]


# --- Exposure is conserved

stages = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("orders", "unbilled"),
                ("unbilled", "open_items"),
                ("orders", "open_items"),
                ("open_items", "bills"),
                ("bills", "open_items"),
                ("open_items", "unbilled"),
            ]
        ),
        amounts,
    ),
    max_size=10,
)


@given(components, stages)
def test_exposure_is_conserved_while_value_moves_between_stages(
    start: Components, moves: list[tuple[tuple[str, str], int]]
) -> None:
    now = start
    for (origin, target), amount in moves:
        moved = min(amount, getattr(now, origin))
        left, arrived = getattr(now, origin) - moved, getattr(now, target) + moved
        now = replaced(now, **{origin: left, target: arrived})
    assert used(now) == used(start)


@given(components, amounts, amounts)
def test_a_receipt_frees_what_it_pays_whether_or_not_it_is_matched(
    start: Components, received: int, matched: int
) -> None:
    unmatched = replaced(start, unapplied=start.unapplied + received)
    assert used(unmatched) == used(start) - received
    # Matching it later only moves it: the open items and the unapplied cash fall together.
    part = min(matched, unmatched.unapplied, unmatched.open_items)
    applied = replaced(
        unmatched, open_items=unmatched.open_items - part, unapplied=unmatched.unapplied - part
    )
    assert used(applied) == used(unmatched)


# --- Broken builds that the laws must notice


def runs(law: Callable[..., None]) -> None:
    settings(max_examples=400, database=None, derandomize=True, phases=[Phase.generate])(law)()


def headroom_ignores_debt(seen: Facts, order: Order, check: Check, after: int) -> Any:
    return checks._headroom(seen, order, check, 200 - after)


def overdue_unknown_passes(seen: Facts, order: Order, check: Check, after: int) -> Any:
    return ("pass", "", None, None)


def headroom_measures_the_old_use(seen: Facts, order: Order, check: Check, after: int) -> Any:
    return checks._headroom(seen, order, check, after - order.amount_minor)


@pytest.mark.parametrize(
    ("kind", "mutant", "law"),
    [
        ("headroom", headroom_ignores_debt, test_more_debt_never_gives_a_better_answer),
        ("headroom", headroom_ignores_debt, test_a_larger_order_never_gives_a_better_answer),
        (
            "headroom",
            headroom_measures_the_old_use,
            test_approval_leaves_the_line_within_its_ceiling,
        ),
        ("headroom", headroom_measures_the_old_use, test_a_batch_in_order_never_passes_the_ceiling),
        ("overdue_amount", overdue_unknown_passes, test_unknown_never_approves),
    ],
)
def test_the_law_notices_a_broken_build(
    monkeypatch: pytest.MonkeyPatch, kind: str, mutant: Any, law: Callable[..., None]
) -> None:
    monkeypatch.setitem(checks.CHECKS, kind, mutant)
    with pytest.raises(AssertionError):
        runs(law)


def test_the_law_notices_a_stage_that_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = Weights(open_items=20_000)
    monkeypatch.setitem(globals(), "used", lambda seen: used_truly(seen, twice))
    with pytest.raises(AssertionError):
        runs(test_exposure_is_conserved_while_value_moves_between_stages)


used_truly = used
