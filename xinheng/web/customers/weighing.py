"""What a merge or a parting would do to limits and use: carried out, read, and taken back.

No second reckoning that could differ from the first: the action itself runs inside a savepoint that
is rolled back, and the lines of both companies are read before and after. Example: C-2, which uses
300.00 of 400.00, merged into C-1, which uses 300.00 of 900.00: C-1 would show 600.00 of 900.00.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.decisions.governing import live_policy
from xinheng.decisions.regrouping import merge, unmerge
from xinheng.limits.models import CreditLine
from xinheng.people.queries import today
from xinheng.portfolio.levels import tree_of
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of

LINES_MAX: Final = 40
_REASON: Final = "a preview, taken back"  # of an act that is taken back


class Use(Struct, frozen=True):
    """What counts on a line, with what lies below it, and what it allows; None: unknown or none."""

    used_minor: int | None
    ceiling_minor: int | None
    headroom_minor: int | None


class Change(Struct, frozen=True):
    code: str
    scope: str
    currency: str
    before: Use
    after: Use

    @property
    def over(self) -> bool:
        return self.after.headroom_minor is not None and self.after.headroom_minor < 0


class Weighed(Struct, frozen=True):
    """`refused`: why it can't be done at all."""

    changes: list[Change]
    refused: T | None = None


def weigh_merge(request: HttpRequest, alias: Customer, survivor: Customer) -> Weighed:
    actor, at = actor_of(request), timezone.now()
    return _weigh(
        (alias.pk, survivor.pk),
        lambda: merge(alias.pk, survivor.pk, _REASON, actor=actor, at=at),
        at,
    )


def weigh_parting(request: HttpRequest, alias: Customer) -> Weighed:
    actor, at = actor_of(request), timezone.now()
    both = (alias.pk, alias.merged_into_id or alias.pk)
    return _weigh(both, lambda: unmerge(alias.pk, _REASON, actor=actor, at=at), at)


def _weigh(customers: Iterable[int], act: Callable[[], int], at: datetime) -> Weighed:
    before = _uses(customers, at)
    try:
        with transaction.atomic():
            act()
            after = _uses(customers, at)
            transaction.set_rollback(True)
    except Refused as refused:
        return Weighed([], refused.text)
    return Weighed(
        [
            Change(*key, before.get(key, _NOTHING), used)
            for key, used in after.items()
            if before.get(key) != used
        ]
    )


_NOTHING: Final = Use(None, None, None)


def _uses(customers: Iterable[int], at: datetime) -> dict[tuple[str, str, str], Use]:
    """(code, scope, currency) of the lines of some customers → what counts on each."""
    lines = CreditLine.objects.filter(customer__in=list(customers)).select_related("customer")
    policy, day = live_policy().policy, today(at)
    found: dict[tuple[str, str, str], Use] = {}
    for line in lines.order_by("customer__code", "currency", "scope")[:LINES_MAX]:
        level = next(one for one in tree_of(line, policy, day) if one.line.pk == line.pk)
        use = Use(level.used_minor, level.ceiling_minor, level.headroom_minor)
        found[(line.customer.code, line.scope, line.currency)] = use
    return found
