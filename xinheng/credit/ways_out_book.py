"""Which collections free most: at most one choice of each group, within a budget, of most value.

A group is a customer (or a family of customers that share a limit); a choice is money to collect
there and the value of the orders that it frees. The answer is exact while at most `STATES_MAX` sums
have to be looked at: all that no other sum beats are kept (more value for no more money). Beyond
that groups are raised step by step along their hull, best value for money first, which is never
below half of what is possible; `bound_minor` says what nobody can exceed.

Worked, budget 100: A frees 60 for 50 or 90 for 80, B frees 45 for 40, C frees 30 for 20. Best:
A for 50, B for 40 → 105 for 90; or A for 80 and C for 20 → 120 for 100, which is chosen.
"""

from collections.abc import Sequence
from fractions import Fraction
from operator import itemgetter
from typing import Any, Final, NamedTuple

STATES_MAX: Final = 150_000


class Choice(NamedTuple):
    """What it costs in minor units, what it is worth, and the caller's own key for it."""

    cost_minor: int
    value_minor: int
    key: int = 0


class Chosen(NamedTuple):
    """The choice of each group (None: nothing), and how sure it is that none is better."""

    picks: tuple[Choice | None, ...]
    cost_minor: int
    value_minor: int
    exact: bool
    bound_minor: int


def choose(groups: Sequence[Sequence[Choice]], budget_minor: int) -> Chosen:
    """The most valuable picks within the budget; of equal value the cheapest."""
    useful = [_undominated(group, budget_minor) for group in groups]
    exact = _exact(useful, budget_minor)
    if exact is not None:
        return _told(exact, exact=True, bound_minor=_value(exact))
    return _told(*_along_the_hulls(useful, budget_minor))


def _told(picks: Sequence[Choice | None], exact: bool, bound_minor: int) -> Chosen:
    cost = sum(pick.cost_minor for pick in picks if pick)
    return Chosen(tuple(picks), cost, _value(picks), exact, bound_minor)


def _value(picks: Sequence[Choice | None]) -> int:
    return sum(pick.value_minor for pick in picks if pick)


def _undominated(group: Sequence[Choice], budget_minor: int) -> list[Choice]:
    """Cheapest first, each worth more than all cheaper ones, none beyond the budget."""
    best: list[Choice] = []
    for choice in sorted(group, key=lambda one: (one.cost_minor, -one.value_minor, one.key)):
        worth = best[-1].value_minor if best else 0
        if choice.cost_minor <= budget_minor and choice.value_minor > worth:
            best.append(choice)
    return best


# (money, value, choice, the state it grew from): plain tuples, because there are many
_State = tuple[int, int, Choice | None, Any]


def _exact(groups: Sequence[Sequence[Choice]], budget_minor: int) -> list[Choice | None] | None:
    """All undominated sums, group by group; None once there are too many."""
    front: list[_State] = [(0, 0, None, None)]
    looked_at = 0
    for group in groups:
        grown: list[_State] = [(state[0], state[1], None, state) for state in front]
        for choice in group:
            cost, value = choice.cost_minor, choice.value_minor
            room = budget_minor - cost
            grown += [(s[0] + cost, s[1] + value, choice, s) for s in front if s[0] <= room]
        looked_at += len(grown)
        if looked_at > STATES_MAX:
            return None
        front = _front(grown)
    picks: list[Choice | None] = []
    state = front[-1]
    while state[3] is not None:
        picks.append(state[2])
        state = state[3]
    return picks[::-1]


def _front(states: list[_State]) -> list[_State]:
    states.sort(key=itemgetter(1), reverse=True)
    states.sort(key=itemgetter(0))  # stable: of equal money the most value first
    kept: list[_State] = []
    best = -1
    for state in states:
        if state[1] > best:
            kept.append(state)
            best = state[1]
    return kept


def _along_the_hulls(
    groups: Sequence[Sequence[Choice]], budget_minor: int
) -> tuple[list[Choice | None], bool, int]:
    """Step by step, best value for money first; what does not fit any more is passed over. Against
    a single choice that is worth more than all of that, the single one wins.
    """
    steps = [
        (after.value_minor - worth, after.cost_minor - cost, place, after)
        for place, group in enumerate(groups)
        for cost, worth, after in _hull(group)
    ]
    steps.sort(key=lambda step: (-step[2], step[3].cost_minor))
    steps.sort(key=lambda step: _thrift(step[0], step[1]), reverse=True)  # stable: ties keep place
    picks: list[Choice | None] = [None] * len(groups)
    stopped: set[int] = set()
    left, bound = budget_minor, None
    for more, costs, place, after in steps:
        if costs <= left and place not in stopped:
            picks[place] = after
            left -= costs
            continue
        if bound is None:  # what a part of the first step that does not fit would be worth
            bound = _value(picks) + (more * left + costs - 1) // costs
        stopped.add(place)
    single = [one for group in groups for one in group]
    best = max(single, key=lambda one: one.value_minor, default=Choice(0, 0))
    if best.value_minor > _value(picks):
        place = next(p for p, group in enumerate(groups) if best in group)
        picks = [best if p == place else None for p in range(len(groups))]
    return picks, bound is None, bound if bound is not None else _value(picks)


def _thrift(value: int, cost: int) -> tuple[bool, Fraction]:
    """Value for money; what costs nothing comes first."""
    return (True, Fraction(value)) if cost == 0 else (False, Fraction(value, cost))


def _hull(group: Sequence[Choice]) -> list[tuple[int, int, Choice]]:
    """The choices on the upper hull, each with cost and value of the one before it."""
    hull: list[tuple[int, int, Choice]] = []
    for choice in group:
        while hull and _above(hull[-1], choice):
            hull.pop()
        before = hull[-1][2] if hull else Choice(0, 0)
        hull.append((before.cost_minor, before.value_minor, choice))
    return hull


def _above(last: tuple[int, int, Choice], choice: Choice) -> bool:
    """Whether going straight to `choice` is worth at least as much for each unit as by `last`."""
    cost, value, step = last
    straight = (choice.value_minor - value) * (step.cost_minor - cost)
    return straight >= (step.value_minor - value) * (choice.cost_minor - cost)
