"""Links by which outsiders come in: 256 random bits in an address, of which only the hash is kept.

A link opens one kind of thing until its last instant and so many times; a person who may ask makes
it and can revoke it. Unknown, expired, used up and revoked look the same from outside. Worked: a
link for one registration, 14 days: the token has 43 signs, and guessing one of a million living
links at a thousand tries a second takes longer than the universe is old.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from xinheng.inquiries.models import Link
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key
from xinheng.vault.seal import random_bytes

ASK: Final = "inquiries.ask"
TOKEN_BYTES: Final = 32
DAYS_MAX: Final = 90
USES_MAX: Final = 1_000
NOTE_MAX: Final = 200
LANGUAGES: Final = ("zh-hans", "en")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Made(NamedTuple):
    """A new link and its token, which is shown once and kept nowhere."""

    link: Link
    token: str


class NewLink(NamedTuple):
    """What is asked for: whom it is for, how long, how often, and the language it speaks first."""

    kind: str
    unit_id: int | None = None
    note: str = ""
    days: int = 14
    uses: int = 1
    language: str = "zh-hans"


def make_link(new: NewLink, *, actor: Actor, at: datetime) -> Made:
    """A link for somebody outside. One ledger entry, which does not know the token.

    Refuses NOT_ALLOWED, BAD_LINK, LINK_UNIT.
    """
    if not actor.may(ASK):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=ASK)
    with transaction.atomic():
        made = put_link(new, actor=actor, at=at)
        _record("link.made", made.link, actor, at)
    return made


def put_link(new: NewLink, *, actor: Actor, at: datetime) -> Made:
    """The row of a link, inside an action that has authorised and records (asking a reference)."""
    if (
        new.kind not in Link.KINDS
        or not 1 <= new.days <= DAYS_MAX
        or not 1 <= new.uses <= USES_MAX
        or len(new.note.strip()) > NOTE_MAX
        or new.language not in LANGUAGES
    ):
        raise Refused(InquiryRefusal.BAD_LINK, days=DAYS_MAX, uses=USES_MAX, note=NOTE_MAX)
    if not actor.reaches(new.unit_id):
        raise Refused(InquiryRefusal.LINK_UNIT)
    token = fresh_token()
    link = Link.objects.create(
        id=UUID(hex=new_ids(1)[0]),
        kind=new.kind,
        token_sha256=digest_of(token),
        business_unit_id=new.unit_id,
        note=new.note.strip(),
        language=new.language,
        made_by=actor.ref,
        made_person_id=actor.person_id,
        made_at=at,
        expires_at=at + timedelta(days=new.days),
        uses_max=new.uses,
    )
    return Made(link, token)


def revoke_link(link_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Nobody comes in by it any more; what was begun by it stays, and can't be changed from
    outside. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_LINK, LINK_REVOKED.
    """
    if not actor.may(ASK):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=ASK)
    with transaction.atomic():
        link = Link.objects.select_for_update(no_key=True).filter(pk=link_id).first()
        if link is None or not actor.reaches(link.business_unit_id):
            raise Refused(InquiryRefusal.UNKNOWN_LINK)
        if link.revoked_at is not None:
            raise Refused(InquiryRefusal.LINK_REVOKED)
        Link.objects.filter(pk=link_id).update(revoked_by=actor.ref, revoked_at=at)
        _record("link.revoked", link, actor, at)


def open_link(token: str, *, at: datetime) -> Link:
    """The living link of a token. It may be used up; then it opens nothing new.

    Refuses NO_ENTRY, the same for unknown, expired and revoked. The work is the same too: one hash
    and one look into an index, whatever was asked for.
    """
    link = Link.objects.filter(token_sha256=digest_of(token)).first()
    if link is None or link.revoked_at is not None or at >= link.expires_at:
        raise Refused(InquiryRefusal.NO_ENTRY)
    return link


def fresh_token() -> str:
    """256 random bits as 43 signs that an address can carry."""
    return base64.urlsafe_b64encode(random_bytes(TOKEN_BYTES)).decode().rstrip("=")


def digest_of(token: str) -> bytes:
    """What is kept of a token; a text that is none has a digest too, which nothing matches."""
    plain = token if _TOKEN.fullmatch(token) else ""
    return hashlib.sha256(plain.encode()).digest()


def _record(kind: str, link: Link, actor: Actor, at: datetime) -> None:
    values = {
        "actor": actor.ref,
        "link": str(link.pk),
        "note": link.note,
        "expires_at": link.expires_at.isoformat(),
        "uses_max": str(link.uses_max),
    }
    with connection.cursor() as cursor:
        entry = NewEntry(kind, {"kind": link.kind}, values, system_key(at=at))
        append([entry], at=at, cursor=cursor)
