"""Which version of a kind is live, and any version that was: decisions keep a policy's id and
replay by it.

`live` answers from a cache of at most 30 seconds outside transactions: a version that goes live
governs every process within that time. There is no default: without a live policy nothing is
decided.
"""

from __future__ import annotations

import time

from django.db import connections

from xinheng.policies.models import Policy

CACHE_SECONDS = 30
_live: dict[str, tuple[float, Policy]] = {}


def forget() -> None:
    """Empty this process's cache."""
    _live.clear()


def live(kind: str, *, using: str = "default") -> Policy | None:
    """The live policy of a kind, or None."""
    now = time.monotonic()
    held = _live.get(kind)
    cached = not connections[using].in_atomic_block
    if cached and held is not None and now - held[0] < CACHE_SECONDS:
        return held[1]
    found = Policy.objects.using(using).filter(kind=kind, status="live").first()
    if cached and found is not None:
        _live[kind] = (now, found)
    return found


def version_of(policy_id: int, *, using: str = "default") -> Policy:
    """A policy by id, live or not: for replay and for the page that shows a decision."""
    return Policy.objects.using(using).get(pk=policy_id)


def all_versions(*, using: str = "default") -> list[Policy]:
    """Every version, newest first within its kind."""
    return list(Policy.objects.using(using).order_by("kind", "-version"))
