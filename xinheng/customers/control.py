"""Who holds how much of whom: entered by one person, verified by another, never deciding by itself.

The effective share of a chain is the product of its shares, that of several chains their sum. A
ring of companies that hold each other is cut where it would enter itself, with a mark. Worked: A
holds 60 % of B and 20 % of C, B holds 50 % of C: A's effective share of C is 0.6 × 0.5 + 0.2 =
50 %. Group limits follow `Customer.parent`, which a person sets; above 50 % one is only proposed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import connection, transaction
from django.db.models import Q, Sum
from msgspec import Struct

from xinheng.customers.models import Control, Customer
from xinheng.customers.refusals import CustomerRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "customers.edit"
SHARES_MAX: Final = 60  # of one company, standing and waiting
COMPANIES_MAX: Final = 200  # of one group, and steps of one walk
DEPTH_MAX: Final = 12
WHOLE: Final = 10_000
HALF: Final = 5_000
SOURCE_MAX: Final = 60
REASON_CHARACTERS_MIN: Final = 4
REASON_CHARACTERS_MAX: Final = 1_000
# Two shares entered at once could add up to more than the whole.
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('xinheng.customers.control'))"


class NewShare(Struct, frozen=True):
    """owner and owned by code; share in ten-thousandths."""

    owner: str
    owned: str
    kind: str
    share_bps: int
    source: str
    since: date | None = None
    until: date | None = None


class Effective(Struct, frozen=True):
    """What one company holds of another over all chains; cut: a ring was left out."""

    customer: int
    share: Decimal  # of 1
    chains: int
    cut: bool

    @property
    def percent(self) -> Decimal:
        return (self.share * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def enter_share(new: NewShare, *, actor: Actor, at: datetime) -> Control:
    """A share that waits to be verified. One ledger entry.

    Refuses NOT_ALLOWED, CONTROL_KIND, BAD_SHARE, CONTROL_SOURCE, DAYS_IN_ORDER, CUSTOMER_UNKNOWN,
    ITSELF, MERGED_AWAY, CONTROL_WAITS, CONTROLS_FULL.
    """
    _require(actor)
    _check(new)
    with transaction.atomic():
        _lock()
        owner, owned = _company(new.owner, actor), _company(new.owned, actor)
        if owner.pk == owned.pk:
            raise Refused(CustomerRefusal.ITSELF, customer=owner.code)
        living = Control.objects.filter(ended_at=None, owned=owned)
        if living.filter(owner=owner, kind=new.kind, verified_at=None).exists():
            raise Refused(CustomerRefusal.CONTROL_WAITS)
        if living.count() >= SHARES_MAX:
            raise Refused(CustomerRefusal.CONTROLS_FULL, most=SHARES_MAX)
        kept = Control.objects.create(
            owner=owner,
            owned=owned,
            kind=new.kind,
            share_bps=new.share_bps,
            since=new.since,
            until=new.until,
            source=new.source.strip(),
            entered_by=actor.ref,
            entered_person_id=actor.person_id,
            entered_at=at,
        )
        _record("customer.share_entered", kept, "", actor, at)
    return kept


def verify_share(share_id: int, *, actor: Actor, at: datetime) -> Control:
    """Another person stands for a share: it counts, and the one before it ends. One ledger entry.

    Refuses NOT_ALLOWED, CONTROL_UNKNOWN, CONTROL_OWN, CONTROL_TOO_MUCH.
    """
    _require(actor)
    with transaction.atomic():
        _lock()
        share = _found(share_id, actor)
        if share.verified_at is not None:
            raise Refused(CustomerRefusal.CONTROL_UNKNOWN)
        if actor.person_id is None or actor.person_id == share.entered_person_id:
            raise Refused(CustomerRefusal.CONTROL_OWN)
        standing = Control.objects.filter(
            owned=share.owned, kind=share.kind, ended_at=None, verified_at__isnull=False
        )
        others = standing.exclude(owner=share.owner).aggregate(sum=Sum("share_bps"))["sum"] or 0
        if others + share.share_bps > WHOLE:
            total = Decimal(others + share.share_bps) / 100
            raise Refused(CustomerRefusal.CONTROL_TOO_MUCH, owned=share.owned.code, sum=total)
        standing.filter(owner=share.owner).update(ended_at=at, ended_by=actor.ref)
        share.verified_by_id, share.verified_at = actor.person(), at
        share.save(update_fields=["verified_by", "verified_at"])
        _record("customer.share_verified", share, "", actor, at)
    return share


def end_share(share_id: int, reason: str, *, actor: Actor, at: datetime) -> Control:
    """A share counts no more, or waits no more; it stays in the history. One ledger entry.

    Refuses NOT_ALLOWED, NEEDS_REASON, REASON_TOO_LONG, CONTROL_UNKNOWN.
    """
    _require(actor)
    said = reason.strip()
    if len(said) < REASON_CHARACTERS_MIN:
        raise Refused(CustomerRefusal.NEEDS_REASON)
    if len(said) > REASON_CHARACTERS_MAX:
        raise Refused(CustomerRefusal.REASON_TOO_LONG, most=REASON_CHARACTERS_MAX)
    with transaction.atomic():
        _lock()
        share = _found(share_id, actor)
        share.ended_at, share.ended_by, share.end_reason = at, actor.ref, said
        share.save(update_fields=["ended_at", "ended_by", "end_reason"])
        _record("customer.share_ended", share, said, actor, at)
    return share


def effective(customer_id: int, edges: dict[int, list[tuple[int, int]]]) -> list[Effective]:
    """What a company holds of each other one, over all chains of `edges` (owner → owned, share)."""
    shares: dict[int, Decimal] = {}
    chains: dict[int, int] = {}
    cut: set[int] = set()
    walk = [(customer_id, Decimal(1), frozenset([customer_id]))]
    steps = 0
    while walk:
        owner, share, passed = walk.pop()
        for owned, bps in edges.get(owner, []):
            steps += 1
            if owned in passed or len(passed) > DEPTH_MAX or steps > COMPANIES_MAX:
                cut.add(owner)
                continue
            reached = share * bps / WHOLE
            shares[owned] = shares.get(owned, Decimal(0)) + reached
            chains[owned] = chains.get(owned, 0) + 1
            walk.append((owned, reached, passed | {owned}))
    return [
        Effective(one, min(share, Decimal(1)), chains[one], one in cut)
        for one, share in shares.items()
    ]


def standing(day: date) -> Q:
    """Shares that were verified, were not ended and hold on a day."""
    begun = Q(since=None) | Q(since__lte=day)
    lasts = Q(until=None) | Q(until__gte=day)
    return Q(ended_at=None, verified_at__isnull=False) & begun & lasts


def _require(actor: Actor) -> None:
    if not actor.may(PERMISSION):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission=PERMISSION)


def _check(new: NewShare) -> None:
    if new.kind not in Control.KINDS:
        raise Refused(CustomerRefusal.CONTROL_KIND, kinds=", ".join(Control.KINDS))
    if not 1 <= new.share_bps <= WHOLE:
        raise Refused(CustomerRefusal.BAD_SHARE)
    if not new.source.strip() or len(new.source.strip()) > SOURCE_MAX:
        raise Refused(CustomerRefusal.CONTROL_SOURCE)
    if new.since and new.until and new.until < new.since:
        raise Refused(CustomerRefusal.DAYS_IN_ORDER)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)


def _company(code: str, actor: Actor) -> Customer:
    found = Customer.objects.filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=code[:60])
    if found.merged_into_id is not None:
        raise Refused(CustomerRefusal.MERGED_AWAY, customer=found.code)
    return found


def _found(share_id: int, actor: Actor) -> Control:
    rows = Control.objects.select_related("owner", "owned").filter(pk=share_id, ended_at=None)
    share = rows.first()
    if share is None or not (
        actor.reaches(share.owner.business_unit_id) and actor.reaches(share.owned.business_unit_id)
    ):
        raise Refused(CustomerRefusal.CONTROL_UNKNOWN)
    return share


def _record(kind: str, share: Control, reason: str, actor: Actor, at: datetime) -> None:
    values = {
        "actor": actor.ref,
        "owner": share.owner.code,
        "customer": share.owned.code,
        "kind": share.kind,
        "share_bps": str(share.share_bps),
        "source": share.source,
        "reason": reason,
    }
    with connection.cursor() as cursor:
        append([NewEntry(kind, {}, values, share.owned.data_key_id)], at=at, cursor=cursor)
