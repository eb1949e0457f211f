"""How a line stands now, as the one limit bar draws it: weighted by the live policy, with what lies
on the lines below, what covers add, the base that a temporary limit replaces, and how much the
limits above leave.

Example: base 1,000,000.00, temporary 1,200,000.00 in force, insurance adds 450,000.00 → ceiling
1,650,000.00 of three zones; 880,000.00 used; the group leaves 250,000.00, so its mark stands at
1,130,000.00.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from xinheng.credit.exposure import FULL, explain
from xinheng.credit.policy import Policy
from xinheng.decisions.governing import parsed_policy
from xinheng.limits.card import LimitState, planned_of, state_of
from xinheng.limits.in_force import limit_on
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.limits.queries import components_of as all_counters
from xinheng.policies.queries import live
from xinheng.portfolio.levels import Level, components_of, way_up
from xinheng.web.decisions.drawing import Part, Usage
from xinheng.web.frame.drawings import Ceiling
from xinheng.web.frame.waterfall import LABELS

LAPSED = (LimitState.EXPIRED, LimitState.NOT_YET)


def policy_now() -> Policy | None:
    """The live order-check policy; None before there is one."""
    found = live("order_check")
    return parsed_policy(found.pk, found.body) if found else None


def usage_now(line: CreditLine, policy: Policy | None, day: date) -> Usage:
    """A live line for its bar. Without a live policy everything counts whole, which is never the
    generous answer.
    """
    levels = way_up(line, policy, day) if policy else []
    counts = _counts(line, policy, day)
    below = (levels[0].below_minor or 0) if levels else 0
    if below:
        counts.append(Part("below", LABELS["below"], below))
    unset = line.amount_minor is None and not line.unlimited
    return Usage(
        currency=line.currency,
        parts=counts,
        used=sum(part.minor for part in counts),
        ceiling=None if line.unlimited else (line.amount_minor or 0) + _cover(line),
        unset=unset,
        unlimited=line.unlimited,
        behind=Ceiling(
            covered=_cover(line),
            base=_replaced(line, day),
            group_room=_least_room(levels[1:], line.currency),
            lapsed=state_of(line, day) in LAPSED,
        ),
    )


def _counts(line: CreditLine, policy: Policy | None, day: date) -> list[Part]:
    if policy is None:
        parts = explain(all_counters(line), FULL)
    else:
        parts = explain(components_of([line], policy, day)[line.pk], policy.exposure)
    return [Part(one.component, LABELS[one.component], one.counts_minor) for one in parts]


def _cover(line: CreditLine) -> int:
    """Covers add to a limit that was set; alone they give nothing."""
    return 0 if line.amount_minor is None else line.covered_minor


def _replaced(line: CreditLine, day: date) -> int | None:
    """The base limit behind a temporary one in force; None where no temporary one is."""
    if not line.temporary:
        return None
    rows = DatedLimit.objects.filter(line=line, temporary=False, ended_at__isnull=True)
    base = limit_on([planned_of(row) for row in rows], day)
    return base.amount_minor if base else 0


def _least_room(above: Sequence[Level], currency: str) -> int | None:
    """The least that the limits above leave, of those in the line's currency; None: no limit."""
    rooms = [
        level.headroom_minor
        for level in above
        if level.line.currency == currency and level.headroom_minor is not None
    ]
    return min(rooms, default=None)
