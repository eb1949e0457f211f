"""What secures a line beyond trust: a person enters it, a person or its last day ends it.

A cover adds amount × share to the ceiling while it is valid. It is judged by what the line can give
with it: the limit that stands plus all covers, within the person's authority. Example: insurance of
500,000.00 at 90 % on a limit of 1,000,000.00 needs an authority of 1,450,000.00, and adds nothing
from the day after it ends, or from the moment somebody ends it. Who is held back (a credit file out
of date) gets no more cover than there is today; a policy that follows on another is no more.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import connections, transaction

from xinheng.credit.exposure import WHOLE_BPS
from xinheng.credit.money import MAX_MINOR
from xinheng.ledger.actions import append_one
from xinheng.limits import plan_sql
from xinheng.limits.granting import require_authority
from xinheng.limits.held_back import HeldBack
from xinheng.limits.in_force import Covering, bring_in_force, covered_on
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import Cover, CreditLine
from xinheng.limits.planning import plans_of
from xinheng.limits.proposing import check_reason, require_grant
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import NewCover
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused

KINDS = ("insurance", "guarantee", "collateral", "deposit")


def enter_cover(asked: NewCover, *, held_back: HeldBack, actor: Actor, at: datetime) -> int:
    """Enter an insurance, guarantee, collateral or deposit; it counts on its days. Returns its id.

    Refuses NOT_ALLOWED, BAD_COVER, COVER_ONCE, UNKNOWN_LINE, HELD_BACK, NEEDS_PERSON,
    ABOVE_AUTHORITY.
    """
    require_grant(actor)
    _check(asked)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        day = today(at)
        line = _locked_line(asked.line_id, actor)
        _refuse_more(line, asked, held_back, day)
        _require_room(line, asked, actor, day)
        cursor.execute(plan_sql.ADD_COVER, [*asked, actor.ref, at])
        added = cursor.fetchone()
        if added is None:
            raise Refused(LimitRefusal.COVER_ONCE, reference=asked.reference)
        bring_in_force([line.pk], today=day, at=at)
        fields = {
            "customer": str(line.customer_id),
            "scope": line.scope,
            "kind": asked.kind,
            "reference": asked.reference,
            "amount_minor": str(asked.amount_minor),
            "share_bps": str(asked.share_bps),
            "period": f"{asked.valid_from}..{asked.valid_until}",
            "actor": actor.ref,
        }
        _append("line.covered", line, fields, at)
    return int(added[0])


def end_cover(cover_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """End a cover before its last day; from now on it adds nothing.

    Refuses NOT_ALLOWED, NEEDS_REASON, UNKNOWN_COVER.
    """
    require_grant(actor)
    check_reason(reason)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cover = Cover.objects.filter(pk=cover_id, ended_at__isnull=True).first()
        if cover is None:
            raise Refused(LimitRefusal.UNKNOWN_COVER)
        line = _locked_line(cover.line_id, actor, LimitRefusal.UNKNOWN_COVER)
        cursor.execute(plan_sql.END_COVER, [at, actor.ref, reason.strip(), cover_id])
        if not cursor.rowcount:
            raise Refused(LimitRefusal.UNKNOWN_COVER)
        bring_in_force([line.pk], today=today(at), at=at)
        fields = {
            "customer": str(line.customer_id),
            "reference": cover.reference,
            "reason": reason.strip(),
            "actor": actor.ref,
        }
        _append("line.cover_ended", line, fields, at)


def _check(asked: NewCover) -> None:
    right = (
        asked.kind in KINDS
        and asked.reference.strip() == asked.reference
        and 0 < len(asked.reference) <= 80
        and len(asked.provider) <= 200
        and 0 < asked.amount_minor <= MAX_MINOR
        and 0 <= asked.share_bps <= WHOLE_BPS
        and asked.valid_from <= asked.valid_until
    )
    if not right:
        raise Refused(LimitRefusal.BAD_COVER)


def _locked_line(
    line_id: int, actor: Actor, code: LimitRefusal = LimitRefusal.UNKNOWN_LINE
) -> CreditLine:
    lock_lines([line_id])
    line: CreditLine | None = (
        CreditLine.objects.select_related("customer").filter(pk=line_id).first()
    )
    if line is None or not actor.reaches(line.customer.business_unit_id):
        raise Refused(code)
    return line


def _refuse_more(line: CreditLine, asked: NewCover, held_back: HeldBack, day: date) -> None:
    """Refuses HELD_BACK where covers would add more, some day, than they add today."""
    why = held_back([line.customer_id], day).get(line.customer_id)
    if why is None:
        return
    others = [_covering(one) for one in Cover.objects.filter(line=line, ended_at__isnull=True)]
    after = [*others, _covering(asked)]
    begins = {max(one.valid_from, day) for one in after}
    if max(covered_on(after, one) for one in begins) > covered_on(others, day):
        raise Refused(LimitRefusal.HELD_BACK, why=why)


def _require_room(line: CreditLine, asked: NewCover, actor: Actor, day: date) -> None:
    """The highest limit that stands while it covers, with all covers, is within the authority."""
    standing = [
        one
        for one in plans_of([line.pk])[line.pk]
        if one.valid_from <= asked.valid_until
        and (one.valid_until is None or one.valid_until >= day)
    ]
    if any(one.unlimited for one in standing):
        return
    others = Cover.objects.filter(line=line, ended_at__isnull=True, valid_until__gte=day)
    added = _counts(asked) + sum(_counts(other) for other in others)
    most = max((one.amount_minor or 0 for one in standing), default=0)
    require_authority(most + added, line.currency, actor, day)


def _counts(cover: Cover | NewCover) -> int:
    return _covering(cover).counts_minor


def _covering(cover: Cover | NewCover) -> Covering:
    return Covering(cover.amount_minor, cover.share_bps, cover.valid_from, cover.valid_until)


def _append(kind: str, line: CreditLine, fields: dict[str, str], at: datetime) -> None:
    clear = {"currency": line.currency}
    append_one(kind, clear, fields, at=at, key_id=line.customer.data_key_id)
