"""Contracts as readers see them: which count on a day, which end soon, one with its versions.

A contract counts from its first to its last day, both included: until 2026-12-31 counts on that
day and not on 1 January. Expiring within 30 days of 2026-12-10 means a last day up to 2027-01-09.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from msgspec import Struct

from xinheng.contracts.models import Contract, ContractQuery
from xinheng.contracts.sealing import opened

NOTICE_DAYS: Final = (30, 60, 90)
LIST_MAX: Final = 300
TABS: Final = ("in_force", "expiring", "ended", "draft")


class InForce(Struct, frozen=True):
    """A contract that counts on a day, as a rule needs it."""

    contract_id: UUID
    number: str
    kind: str
    currency: str
    amount_minor: int | None
    terms_days: int | None
    last_day: date | None


def in_force(
    customer_ids: Iterable[int], day: date, *, known_at: datetime | None = None
) -> dict[int, list[InForce]]:
    """The contracts of each customer that count on a day; one without any has no entry."""
    rows = Contract.objects.all().counting(day, known_at).filter(customer_id__in=list(customer_ids))
    found: dict[int, list[InForce]] = defaultdict(list)
    for row in rows.order_by("valid_from", "id"):
        told = (row.number, row.kind, row.currency, row.amount_minor, row.terms_days)
        found[row.customer_id].append(InForce(row.pk, *told, last_day(row, known_at)))
    return dict(found)


def last_day(row: Contract, known_at: datetime | None = None) -> date | None:
    """The last day on which it counts; None: until somebody ends it."""
    ends = row.ends_on
    if known_at is not None and (row.ended_at is None or row.ended_at > known_at):
        ends = None
    return min((one for one in (row.valid_until, ends) if one), default=None)


def state_on(row: Contract, day: date, known_at: datetime | None = None) -> str:
    """draft | ahead | in_force | run_out | ended | terminated | replaced | dropped, then."""
    if row.gone_at is not None and (known_at is None or row.gone_at <= known_at):
        return row.state
    if row.in_force_at is None or (known_at is not None and row.in_force_at > known_at):
        return "draft"
    end = last_day(row, known_at)
    if end is not None and end < day:
        told = row.ended_at is not None and (known_at is None or row.ended_at <= known_at)
        return row.state if told and row.state in ("ended", "terminated") else "run_out"
    return "ahead" if row.valid_from > day else "in_force"


def notice(end: date | None, day: date) -> int | None:
    """30, 60 or 90: within how many days it ends; None: later, never, or it has."""
    if end is None or end < day:
        return None
    return next((most for most in NOTICE_DAYS if (end - day).days <= most), None)


def by_tab(user: Any, tab: str, day: date) -> ContractQuery:
    """The contracts under a tab of the list, newest versions only."""
    rows = Contract.objects.all().visible_to(user).select_related("customer", "recorded_by")
    if tab == "draft":
        return rows.filter(state="draft").order_by("recorded_at", "id")
    counting = rows.counting(day)
    if tab == "ended":
        standing = rows.filter(state__in=["in_force", "ended", "terminated"], valid_from__lte=day)
        over = standing.filter(Q(valid_until__lt=day) | Q(ends_on__lt=day))
        return over.order_by("-valid_until", "id")
    if tab == "expiring":
        soon = day + timedelta(days=NOTICE_DAYS[-1])
        return rows.ending(day, soon)
    ahead = rows.filter(state="in_force", valid_from__gt=day)
    return rows.filter(Q(pk__in=counting.values("pk")) | Q(pk__in=ahead.values("pk"))).order_by(
        "customer__code", "number"
    )


def of_customer(user: Any, customer_id: int, known_at: datetime | None = None) -> list[Contract]:
    """A customer's contracts as they were known: versions that stood, drafts among them."""
    rows = Contract.objects.all().visible_to(user).known(known_at).filter(customer_id=customer_id)
    return list(rows.order_by("-valid_from", "number", "version")[:LIST_MAX])


def versions(user: Any, lineage: UUID) -> list[Contract]:
    """All versions of a contract, the newest first."""
    rows = Contract.objects.all().visible_to(user).filter(lineage=lineage)
    people = ("recorded_by", "in_force_by", "ended_by")
    return list(rows.select_related(*people).order_by("-version"))


def their_signatory(row: Contract) -> str:
    """Who signed on the customer's side; "" where nobody was named or the key is gone."""
    return opened(row.customer, row.pk, row.their_signatory_sealed)
