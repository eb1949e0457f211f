"""Which policy governs: the live order check, by the id that decisions keep.

A decision of 14 March names policy 3; asked again years later it is replayed under version 3, not
under the one that is live then. Bodies are checked and frozen once per process, because a version
never changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from xinheng.credit.policy import Policy, load
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.policies.queries import live
from xinheng.refusals import Refused


class LivePolicy(NamedTuple):
    """The policy that governs, by the id that decisions keep, and the company's time zone."""

    id: int
    policy: Policy
    time_zone: str


def live_policy(using: str = "default") -> LivePolicy:
    """The live order-check policy; NO_LIVE_POLICY where there is none, because none is assumed."""
    found = live("order_check", using=using)
    if found is None:
        raise Refused(DecisionRefusal.NO_LIVE_POLICY)
    seller = company(using=using)
    zone = seller.time_zone if seller else DEFAULT_TIME_ZONE
    return LivePolicy(found.pk, parsed_policy(found.pk, found.body), zone)


_parsed: dict[int, Policy] = {}


def parsed_policy(policy_id: int, body: dict[str, Any]) -> Policy:
    """A policy's document, checked and frozen; a version never changes, so once per process."""
    if policy_id not in _parsed:
        _parsed[policy_id] = load(body)
    return _parsed[policy_id]
