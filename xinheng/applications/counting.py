"""How a stage stands, from its voices alone: pure, so that every rule can be tried by itself.

    all 会签        every seat says yes                    one no fails it
    any 或签        one seat says yes, and all added ones  one no fails it
    sequence 依次   as all, one after the other
    committee       as many votes as the quorum, and the share of yes among those who may vote

A conflict of interest leaves the count; an abstention counts as being there and not as a yes. A
seat that was set aside (conflict or abstention outside a committee) is followed by another for the
same role. Worked: a committee of five with quorum 3 and 2/3, one conflict: four may vote, three yes
pass it (3 × 3 ≥ 2 × 4), two yes and two no fail it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

OPEN, PASSED, FAILED, RETURNED = "open", "passed", "failed", "returned"
ASIDE = ("conflict", "abstain")


class Voice(Struct, frozen=True):
    """One seat: `vote` "" where it has not voted; `added`: 加签, which is always asked."""

    seat: int
    order: int
    vote: str = ""
    added: bool = False
    closed: bool = False


class Rule(Struct, frozen=True):
    """What it takes."""

    mode: str
    quorum: int = 0
    share: tuple[int, int] = (0, 1)


class Count(Struct, frozen=True):
    """open | passed | failed | returned, and whose turn it is."""

    state: str
    turn: tuple[int, ...] = ()


def count(rule: Rule, voices: Sequence[Voice], *, closing: bool = False) -> Count:
    """How the stage stands. closing: a committee's meeting is over, who has not voted was away."""
    living = [one for one in voices if not (one.closed and not one.vote)]
    if any(one.vote == "return" for one in living):
        return Count(RETURNED)
    if rule.mode == "committee":
        return _committee(rule, living, closing)
    return _persons(rule, living)


def _persons(rule: Rule, living: Sequence[Voice]) -> Count:
    asked = [one for one in living if one.vote not in ASIDE]
    if any(one.vote == "no" for one in asked):
        return Count(FAILED)
    waiting = [one for one in asked if not one.vote]
    yes = [one for one in asked if one.vote == "yes"]
    if rule.mode == "any" and any(not one.added for one in yes):
        waiting = [one for one in waiting if one.added]
    if not waiting:
        base = any(not one.added for one in yes)
        return Count(PASSED if base else FAILED)
    first = min(one.order for one in waiting)
    return Count(OPEN, tuple(one.seat for one in waiting if one.order == first))


def _committee(rule: Rule, living: Sequence[Voice], closing: bool) -> Count:
    members = [one for one in living if one.vote != "conflict"]
    cast = [one for one in members if one.vote]
    if closing:
        members = cast
    yes, waiting = sum(one.vote == "yes" for one in cast), [o for o in members if not o.vote]
    above, below = rule.share
    wanted = above * len(members)
    if len(members) < rule.quorum:
        return Count(RETURNED)  # nobody said no: there are too few to decide
    if len(cast) >= rule.quorum and yes * below >= wanted:
        return Count(PASSED)
    if (yes + len(waiting)) * below < wanted:
        return Count(FAILED)
    return Count(OPEN, tuple(one.seat for one in waiting))
