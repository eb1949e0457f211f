"""Ways out 放行方案: what would turn a held order into a yes, each found by deciding again.

A way is one step, or two where one is not enough for it. Every step changes the scene as the world
would (`way_changes`), and its figure is the least that makes the same `decide` approve: one minor
unit or one day less does not. Nothing is estimated and no rule is written twice.

Worked: used 880,000.00 of 1,000,000.00, order 180,000.00 → receive 60,000.00, or prepay 60,000.00
(33.34 %), or ship 120,000.00 of it, or cover 60,000.00 by a guarantee, or a temporary limit of
1,060,000.00. With 20,000.00 overdue as well: receive 60,000.00 alone does it (20,000.00 of it
settle what is overdue), or receive 20,000.00 and one of the others.

Cheapest first: what costs nobody money, then money that comes earlier, then a smaller sale, then
more risk. What is unknown has no way out but to be known, and a declined order none at all.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from xinheng.credit.decide import Facts, Order, Verdict, decide
from xinheng.credit.policy import Policy
from xinheng.credit.way_changes import Ahead, Due, Scene, Step, apply, paid_by
from xinheng.credit.way_offers import OFFERS, Offer

__all__ = ["CURES", "Ahead", "Due", "Scene", "Step", "WayOut", "apply", "find", "least", "paid_by"]

WAYS_MAX: Final = 10
_ABOVE: Final = frozenset({"group_headroom_exceeded", "sublimit_exceeded"})
_ROOM: Final = frozenset({"headroom_exceeded"}) | _ABOVE
_LATE: Final = frozenset({"overdue_amount_exceeded", "overdue_days_exceeded"})
# What each step can mend, cheapest first. A reason that stands nowhere here needs a person.
CURES: Final[dict[str, frozenset[str]]] = {
    "wait": frozenset({"limit_not_yet_valid", "headroom_exceeded", "single_order_cap_exceeded"}),
    "deliver_later": _ROOM,
    "shorten_terms": frozenset({"terms_longer"}),
    "renew_rating": frozenset({"rating_expired", "rating_missing", "rating_undated"}),
    "renew_limit": frozenset({"limit_expired"}),
    "receive_on": _LATE | _ROOM,
    "receive": _LATE | _ROOM,
    "member_pays": _ABOVE,
    "prepay": _ROOM,
    "ship_part": _ROOM | {"single_order_cap_exceeded"},
    "lift_hold": frozenset({"limit_forced_hold"}),
    "restore_status": frozenset({"status_not_active"}),
    "cover": frozenset({"headroom_exceeded"}),
    "temporary_limit": frozenset({"headroom_exceeded"}),
    "raise_limit": frozenset({"headroom_exceeded"}),
    "raise_above": _ABOVE,
    "grant_limit": frozenset({"limit_missing", "limit_unset", "headroom_exceeded"}),
}
RANK: Final = {code: rank for rank, code in enumerate(CURES)}
# More room by a person's grant: two of them do what one does, and beside another step the milder
# temporary limit is told instead of a lasting one.
ROOM_GRANTED: Final = frozenset({"cover", "temporary_limit", "raise_limit", "grant_limit"})


class WayOut(Struct, frozen=True):
    """Steps to take in their order, and the verdict of deciding again after them: an approval."""

    steps: tuple[Step, ...]
    verdict: Verdict


Enough = Callable[[Verdict], bool]


def find(
    facts: Facts,
    order: Order,
    policy: Policy,
    items: tuple[Due, ...] = (),
    ahead: tuple[Ahead, ...] = (),
) -> tuple[WayOut, ...]:
    """The ways out, cheapest first, at most WAYS_MAX; none for an order that passes or is declined.

    items: the open invoices of the line, which receipts settle oldest due date first; ahead: the
    limits that are planned for later days.
    """
    verdict = decide(facts, order, policy)
    if verdict.outcome in ("approve", "decline"):
        return ()
    listed = tuple(sorted(items, key=lambda i: (i.due_on, i.number)))
    scene = Scene(facts, order, policy, listed, tuple(sorted(ahead, key=lambda a: a.day)))
    blocking = blocking_codes(verdict)
    found = [*_singles(scene, blocking), *_pairs(scene, blocking)]
    found.sort(key=lambda way: (max(RANK[step.code] for step in way.steps), len(way.steps)))
    return tuple(found[:WAYS_MAX])


def blocking_codes(verdict: Verdict) -> frozenset[str]:
    """The reasons that stand in the way; warnings ride along and do not."""
    return frozenset(reason.code for reason in verdict.reasons if reason.outcome != "warn")


def _approved(verdict: Verdict) -> bool:
    return verdict.outcome == "approve"


def _singles(scene: Scene, blocking: frozenset[str]) -> Iterator[WayOut]:
    for code, cures in CURES.items():
        if blocking <= cures:
            step = least(scene, code, _approved)
            if step is not None:
                yield WayOut((step,), scene.after(step).verdict())


def _pairs(scene: Scene, blocking: frozenset[str]) -> Iterator[WayOut]:
    """Two steps of which neither does it alone: the first leaves only what the second can mend."""
    seen: set[frozenset[str]] = set()
    for first in CURES:
        for second in CURES:
            both = frozenset({first, second})
            if first == second or both in seen or not _worth_a_try(first, second, blocking):
                continue
            way = _pair(scene, first, second)
            if way is not None:
                seen.add(both)
                yield way


def _worth_a_try(first: str, second: str, blocking: frozenset[str]) -> bool:
    both = {first, second}
    if "raise_limit" in both or both <= ROOM_GRANTED:
        return False
    if "grant_limit" in both:  # it makes all the room that is needed
        [other] = both - {"grant_limit"}
        if CURES[other] & blocking <= {"headroom_exceeded"}:
            return False
    left = blocking - CURES[second]
    return bool(left) and left <= CURES[first]


def _pair(scene: Scene, first: str, second: str) -> WayOut | None:
    def enough(verdict: Verdict) -> bool:
        return verdict.outcome != "decline" and blocking_codes(verdict) <= CURES[second]

    one = least(scene, first, enough)
    if one is None:
        return None
    between = scene.after(one)
    if _approved(between.verdict()):
        return None  # the first does it alone
    other = least(between, second, _approved)
    if other is None or _approved(scene.after(other).verdict()):
        return None
    return WayOut((one, other), between.after(other).verdict())


def least(scene: Scene, code: str, enough: Enough) -> Step | None:
    """The step of this kind with the smallest figure that is enough; None where none is."""
    for offer in OFFERS[code](scene):
        step = _least_of(scene, offer, enough)
        if step is not None:
            return step
    return None


def _least_of(scene: Scene, offer: Offer, enough: Enough) -> Step | None:
    def does(figure: int) -> bool:
        return enough(scene.after(offer.step_of(figure)).verdict())

    low, high = offer.low, offer.high
    if low > high or not does(high):
        return None
    return offer.step_of(smallest(low, high, offer.guesses, does))


def smallest(low: int, high: int, guesses: Iterable[int], does: Callable[[int], bool]) -> int:
    """The smallest figure from `low` to `high` that does; `high` is known to do, and so does all
    above one that does. By halving, but first by guesses: where one is right, two trials show it.
    """
    for guess in sorted({guess for guess in guesses if low <= guess < high}):
        if does(guess):
            high = guess
            break
        low = guess + 1
    if low < high and not does(high - 1):
        return high
    while low < high:
        middle = (low + high) // 2
        if does(middle):
            high = middle
        else:
            low = middle + 1
    return high
