"""Facts whose ground fell away leave the file: what stood ends, what waited is turned down.

A step of an action of another room that has authorised, locked the customer's row and keeps the one
entry; each fact points to that entry. Nothing is rewritten: `known_until` is stamped as where a
newer fact succeeds, so the file as it was known before shows what a reader saw then, and no value
of an older fact comes back by itself. Example: of nine facts told by a report whose consent was
withdrawn, seven stood and end, two waited and are turned down. An open case stays open: which of
the remaining sources holds, a person decides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.facts import next_instant
from xinheng.dossiers.models import Fact, FactEntry

REASON_SHOWN_MAX: Final = 1000


class Ended(Struct, frozen=True):
    """The ids of facts that stood and end, and of those that waited and are turned down."""

    stood: tuple[int, ...]
    waited: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        return self.stood + self.waited


def end_facts(
    customer: Customer, ids: Collection[int], reason: str, *, person: int, at: datetime
) -> Ended:
    """End these facts of a customer whose row the caller has locked. Those that ended before, or
    were turned down, stay as they are.
    """
    mine = Fact.objects.filter(customer=customer, pk__in=ids).order_by("pk")
    stood = tuple(mine.current().values_list("pk", flat=True))
    waited = tuple(mine.waiting().values_list("pk", flat=True))
    instant = next_instant(customer, at)
    Fact.objects.filter(pk__in=stood).update(known_until=instant)
    Fact.objects.filter(pk__in=waited).update(
        rejected_by_id=person, rejected_at=instant, reject_reason=reason[:REASON_SHOWN_MAX]
    )
    return Ended(stood, waited)


def point_to(ended: Ended, kind: str, entry: UUID, at: datetime) -> None:
    """Each of the facts is proven by the caller's one entry."""
    rows = [FactEntry(fact_id=one, kind=kind, entry_id=entry, at=at) for one in ended.all]
    FactEntry.objects.bulk_create(rows)
