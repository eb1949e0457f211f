"""Ways out 放行方案: what would turn a held order into a yes, each found by deciding again.

A way is one step, or two where one is not enough for it. Every step changes the facts or the order
as the world would (`apply`), and its figure is the least that makes the same `decide` approve: one
minor unit or one day less does not. Nothing is estimated and no rule is written twice.

Worked: used 880,000.00 of 1,000,000.00, order 180,000.00 → receive 60,000.00, or prepay 60,000.00
(33.34 %), or ship 120,000.00 of it, or raise the limit to 1,060,000.00. With 20,000.00 overdue as
well: receive 60,000.00 alone does it (20,000.00 of it settle what is overdue), or receive 20,000.00
and one of the other three.

Cheapest first: what costs nobody money, then money that comes earlier, then a smaller sale, then
more risk. What is unknown has no way out but to be known, and a declined order none at all.
"""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from xinheng.credit.decide import Facts, Limit, Order, Verdict, decide
from xinheng.credit.policy import Policy
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.credit.way_changes import Due, Step, apply, paid_by

__all__ = ["CURES", "Due", "Step", "WayOut", "apply", "find", "paid_by"]

WAYS_MAX: Final = 8
# What each step can mend, cheapest first. A reason that stands nowhere here needs a person.
CURES: Final[dict[str, frozenset[str]]] = {
    "wait": frozenset({"limit_not_yet_valid"}),
    "shorten_terms": frozenset({"terms_longer"}),
    "renew_rating": frozenset({"rating_expired", "rating_missing", "rating_undated"}),
    "renew_limit": frozenset({"limit_expired"}),
    "receive": frozenset({"overdue_amount_exceeded", "overdue_days_exceeded", "headroom_exceeded"}),
    "prepay": frozenset({"headroom_exceeded"}),
    "ship_part": frozenset({"headroom_exceeded", "single_order_cap_exceeded"}),
    "lift_hold": frozenset({"limit_forced_hold"}),
    "restore_status": frozenset({"status_not_active"}),
    "raise_limit": frozenset({"headroom_exceeded"}),
    "grant_limit": frozenset({"limit_missing", "limit_unset", "headroom_exceeded"}),
}
RANK: Final = {code: rank for rank, code in enumerate(CURES)}


class WayOut(Struct, frozen=True):
    """Steps to take in their order, and the verdict of deciding again after them: an approval."""

    steps: tuple[Step, ...]
    verdict: Verdict


Enough = Callable[[Verdict], bool]


def find(
    facts: Facts, order: Order, policy: Policy, items: tuple[Due, ...] = ()
) -> tuple[WayOut, ...]:
    """The ways out, cheapest first, at most WAYS_MAX; none for an order that passes or is declined.

    items: the open invoices of the line, which receipts settle oldest due date first.
    """
    verdict = decide(facts, order, policy)
    if verdict.outcome in ("approve", "decline"):
        return ()
    scene = _Scene(facts, order, policy, tuple(sorted(items, key=lambda i: (i.due_on, i.number))))
    blocking = blocking_codes(verdict)
    found = [*_singles(scene, blocking), *_pairs(scene, blocking)]
    found.sort(key=lambda way: (max(RANK[step.code] for step in way.steps), len(way.steps)))
    return tuple(found[:WAYS_MAX])


def blocking_codes(verdict: Verdict) -> frozenset[str]:
    """The reasons that stand in the way; warnings ride along and do not."""
    return frozenset(reason.code for reason in verdict.reasons if reason.outcome != "warn")


class _Scene(Struct, frozen=True):
    """An order before its decision, and how things are after steps."""

    facts: Facts
    order: Order
    policy: Policy
    items: tuple[Due, ...]

    def after(self, step: Step) -> "_Scene":
        facts, order, items = apply(step, self.facts, self.order, self.items)
        return _Scene(facts, order, self.policy, items)

    def verdict(self) -> Verdict:
        return decide(self.facts, self.order, self.policy)


def _approved(verdict: Verdict) -> bool:
    return verdict.outcome == "approve"


def _singles(scene: _Scene, blocking: frozenset[str]) -> Iterator[WayOut]:
    for code, cures in CURES.items():
        if blocking <= cures:
            step = _least(scene, code, _approved)
            if step is not None:
                yield WayOut((step,), scene.after(step).verdict())


def _pairs(scene: _Scene, blocking: frozenset[str]) -> Iterator[WayOut]:
    """Two steps of which neither does it alone: the first leaves only what the second can mend."""
    seen: set[frozenset[str]] = set()
    for first in CURES:
        for second, cures in CURES.items():
            both = frozenset({first, second})
            if first == second or both in seen or not _worth_a_try(first, cures, blocking):
                continue
            way = _pair(scene, first, second)
            if way is not None:
                seen.add(both)
                yield way


def _worth_a_try(first: str, cures: frozenset[str], blocking: frozenset[str]) -> bool:
    left = blocking - cures
    return bool(left) and left <= CURES[first]


def _pair(scene: _Scene, first: str, second: str) -> WayOut | None:
    def enough(verdict: Verdict) -> bool:
        return verdict.outcome != "decline" and blocking_codes(verdict) <= CURES[second]

    one = _least(scene, first, enough)
    if one is None:
        return None
    between = scene.after(one)
    if _approved(between.verdict()):
        return None  # the first does it alone
    other = _least(between, second, _approved)
    if other is None or _approved(scene.after(other).verdict()):
        return None
    return WayOut((one, other), between.after(other).verdict())


def _least(scene: _Scene, code: str, enough: Enough) -> Step | None:
    """The step of this kind with the smallest figure that is enough; None where none is."""
    made = _STEPS[code](scene)
    if made is None:
        return None
    low, high, step_of = made
    if low > high or not enough(scene.after(step_of(high)).verdict()):
        return None
    while low < high:
        middle = (low + high) // 2
        if enough(scene.after(step_of(middle)).verdict()):
            high = middle
        else:
            low = middle + 1
    return step_of(high)


# --- The steps: figures from little to much, and the step that a figure makes. More is never worse.

Offer = tuple[int, int, Callable[[int], Step]]


def _only(step: Step) -> Offer:
    return (0, 0, lambda _: step)


def _wait(scene: _Scene) -> Offer | None:
    limit = scene.facts.limit
    if not isinstance(limit, Limit) or limit.valid_from is None:
        return None
    return (
        _only(Step("wait", day=limit.valid_from)) if limit.valid_from > scene.facts.today else None
    )


def _shorten_terms(scene: _Scene) -> Offer | None:
    limit, asked = scene.facts.limit, scene.order.terms_days
    if not isinstance(limit, Limit) or asked is None or limit.terms_days_max is None:
        return None
    return _only(Step("shorten_terms", days=limit.terms_days_max))


def _renew_rating(scene: _Scene) -> Offer | None:
    """The same grade again; who has none needs at least the lowest that the policy lets pass."""
    floors = [c.params.worst_grade for c in scene.policy.checks if c.params.worst_grade]
    lowest = min(floors, key=grade_rank) if floors else GRADES[-1]
    grade = scene.facts.grade or lowest
    return _only(Step("renew_rating", day=scene.facts.today, grade=grade))


def _renew_limit(scene: _Scene) -> Offer | None:
    return _only(Step("renew_limit", day=scene.facts.today))


def _receive(scene: _Scene) -> Offer | None:
    most = sum(item.open_minor for item in scene.items)
    return (1, most, lambda amount: Step("receive", amount_minor=amount))


def _prepay(scene: _Scene) -> Offer | None:
    most = scene.order.amount_minor
    return (1, most, lambda amount: Step("prepay", amount_minor=amount, of_minor=most))


def _ship_part(scene: _Scene) -> Offer | None:
    whole = scene.order.amount_minor
    return (1, whole - 1, lambda less: Step("ship_part", amount_minor=whole - less, of_minor=whole))


def _lift_hold(scene: _Scene) -> Offer | None:
    return _only(Step("lift_hold"))


def _restore_status(scene: _Scene) -> Offer | None:
    for check in scene.policy.checks:
        if check.kind == "customer_status":
            return _only(Step("restore_status", status=check.params.passing[0]))
    return None


def _raise_limit(scene: _Scene) -> Offer | None:
    limit = scene.facts.limit
    if not isinstance(limit, Limit) or limit.unlimited or limit.amount_minor is None:
        return None
    now = limit.amount_minor
    most = scene.verdict().after_minor - now
    return (1, most, lambda more: Step("raise_limit", amount_minor=now + more, of_minor=now))


def _grant_limit(scene: _Scene) -> Offer | None:
    limit = scene.facts.limit
    if isinstance(limit, Limit) and (limit.unlimited or limit.amount_minor is not None):
        return None
    most = max(0, scene.verdict().after_minor)
    return (0, most, lambda amount: Step("grant_limit", amount_minor=amount))


_STEPS: Final[dict[str, Callable[[_Scene], Offer | None]]] = {
    "wait": _wait,
    "shorten_terms": _shorten_terms,
    "renew_rating": _renew_rating,
    "renew_limit": _renew_limit,
    "receive": _receive,
    "prepay": _prepay,
    "ship_part": _ship_part,
    "lift_hold": _lift_hold,
    "restore_status": _restore_status,
    "raise_limit": _raise_limit,
    "grant_limit": _grant_limit,
}
