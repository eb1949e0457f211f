"""Reads about people that every door needs: the company, its calendar, who decides up to what,
which key this is.

`company` and `find_key` answer from a cache of at most 30 seconds, because the JSON door asks on
every request: a revoked key works in other processes for at most that long (in this one it stops at
once). Inside a transaction the company is read afresh, so that a transaction sees what it wrote.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import F, Q, QuerySet

from xinheng.credit.money import to_text
from xinheng.people.keys import parse
from xinheng.people.models import ApiKey, Authority, Company, Deputy, User

CACHE_SECONDS = 30
CACHED_KEYS_MAX = 10_000
DEFAULT_TIME_ZONE = "Asia/Shanghai"

_company: list[tuple[float, Company]] = []  # at most one: (read at, the company)
_keys: dict[str, tuple[datetime, ApiKey]] = {}  # prefix → (read at, row with its owner)


class WholeBook:
    """Who looks when a key has no owner: the installation itself, which sees every unit."""

    is_authenticated = True
    sees_all_units = True
    business_unit_id = None


def forget() -> None:
    """Empty this process's caches (after set-up, revocation, removal of the demonstration)."""
    _company.clear()
    _keys.clear()


def company(*, using: str = "default") -> Company | None:
    """The seller, or None before set-up."""
    if connections[using].in_atomic_block:
        return Company.objects.using(using).first()
    now = time.monotonic()
    if _company and now - _company[0][0] < CACHE_SECONDS:
        return _company[0][1]
    found = Company.objects.using(using).first()
    _company[:] = [(now, found)] if found else []
    return found


def today(at: datetime, *, using: str = "default") -> date:
    """The calendar date in the company's time zone: due dates are dates there, not in UTC."""
    seller = company(using=using)
    return at.astimezone(ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)).date()


class Mandate(NamedTuple):
    """Up to which amount a person decides an action, by which role, and in whose place.

    `deputised`: the id of the person stood in for; None for one's own authority.
    """

    role_id: str
    currency: str
    up_to_minor: int | None
    unlimited: bool
    days_max: int | None
    deputised: int | None

    def covers(self, amount_minor: int) -> bool:
        return self.unlimited or amount_minor <= (self.up_to_minor or 0)

    def words(self) -> str:
        """As records keep it: "credit_manager: 5000000.00 CNY for user:3"."""
        cap = "unlimited" if self.unlimited else to_text(self.up_to_minor or 0, self.currency)
        days = f" / {self.days_max} days" if self.days_max is not None else ""
        whose = f" for user:{self.deputised}" if self.deputised is not None else ""
        return f"{self.role_id}: {cap} {self.currency}{days}{whose}"


def authority(
    user_id: int,
    action: str,
    currency: str,
    *,
    day: date | None = None,
    barred: Collection[int] = (),
    using: str = "default",
) -> Mandate | None:
    """The largest authority for an action in a currency; None: not at all.

    day: also the authority of those whom the user stands in for on that day, cut to the deputy's
    ceiling; nobody stands in for one of the `barred`, and a deputy has no deputy. Authority in
    another currency is none: amounts are not converted behind anybody's back.
    """
    found = [_own(user_id, action, currency, using)]
    for row in _stood_in_for(user_id, day, using) if day else ():
        if row.person_id not in barred:
            found.append(_cut(_own(row.person_id, action, currency, using), row))
    mandates = [mandate for mandate in found if mandate is not None]
    # On a draw one's own comes first: `max` keeps the first of equals.
    return max(mandates, key=lambda m: (m.unlimited, m.up_to_minor or 0), default=None)


def _own(user_id: int, action: str, currency: str, using: str) -> Mandate | None:
    row = (
        Authority.objects.using(using)
        .filter(role__in=_roles_of(user_id, using), action=action, currency=currency)
        .order_by("-unlimited", F("up_to_minor").desc(nulls_last=True))
        .first()
    )
    if row is None:
        return None
    return Mandate(row.role_id, currency, row.up_to_minor, row.unlimited, row.days_max, None)


def _cut(own: Mandate | None, row: Deputy) -> Mandate | None:
    """The person's authority as far as the deputy has it; a ceiling is of one currency."""
    if own is None or (row.up_to_minor is not None and row.currency != own.currency):
        return None
    if row.up_to_minor is None or (not own.unlimited and (own.up_to_minor or 0) <= row.up_to_minor):
        return own._replace(deputised=row.person_id)
    return own._replace(up_to_minor=row.up_to_minor, unlimited=False, deputised=row.person_id)


def _stood_in_for(user_id: int, day: date, using: str) -> QuerySet[Deputy]:
    current = Deputy.objects.using(using).filter(ended_at__isnull=True)
    return current.filter(deputy_id=user_id, valid_from__lte=day, valid_until__gte=day)


def stand_ins(person_id: int, deputy_id: int, first: date, last: date) -> QuerySet[Deputy]:
    """Where one already stands in for the other on a day of this period."""
    pair = Deputy.objects.filter(person_id=person_id, deputy_id=deputy_id, ended_at__isnull=True)
    return pair.filter(valid_from__lte=last, valid_until__gte=first)


def deputies_for(user: Any) -> QuerySet[Deputy]:
    """The deputies that this person may see: for them, by them, or all for who manages people."""
    rows = Deputy.objects.select_related("person", "deputy").order_by("-valid_from", "-id")
    if user.may("people.manage"):
        return rows
    return rows.filter(Q(person_id=user.pk) | Q(deputy_id=user.pk))


class Approver(NamedTuple):
    """Somebody who may act on holds in a currency today, and whose customers they see."""

    user_id: int
    unit_id: int | None
    all_units: bool
    mandate: Mandate


def approvers(action: str, currencies: Collection[str], day: date) -> list[Approver]:
    """Everybody who may release holds with an authority for this action, deputies included: one row
    for each person and currency.
    """
    people = User.objects.filter(is_active=True, roles__permissions__contains=["holds.release"])
    found = []
    for user in people.distinct().order_by("pk"):
        for currency in sorted(currencies):
            mandate = authority(user.pk, action, currency, day=day)
            if mandate is not None:
                found.append(Approver(user.pk, user.business_unit_id, user.sees_all_units, mandate))
    return found


def _roles_of(user_id: int, using: str) -> Any:
    through = User.roles.through.objects.using(using)
    return through.filter(user_id=user_id, user__is_active=True).values("role_id")


def find_key(token: str, *, at: datetime, using: str = "default") -> ApiKey | None:
    """The living key of a token, or None: unknown, wrong secret, expired, revoked, or its owner has
    left.

    The comparison takes the same time wherever the secret differs. Row and owner come from the
    cache for up to 30 s; unknown prefixes are never cached, so that guessing can't fill the memory.
    """
    given = parse(token)
    if given is None:
        return None
    key = _cached(given.prefix, at, using)
    if key is None or not hmac.compare_digest(bytes(key.secret_sha256), given.digest):
        return None
    if key.revoked_at is not None or (key.expires_at is not None and at >= key.expires_at):
        return None
    if key.owner is not None and not key.owner.is_active:
        return None
    return key


def _cached(prefix: str, at: datetime, using: str) -> ApiKey | None:
    held = _keys.get(prefix)
    if held is not None and abs(at - held[0]) < timedelta(seconds=CACHE_SECONDS):
        return held[1]
    found = ApiKey.objects.using(using).select_related("owner").filter(prefix=prefix).first()
    if found is None:
        _keys.pop(prefix, None)
        return None
    if len(_keys) >= CACHED_KEYS_MAX:
        _keys.clear()
    _keys[prefix] = (at, found)
    return found


def reader_of(key: ApiKey) -> Any:
    """For `visible_to`: a key sees what its owner sees; a key of nobody sees the whole book."""
    return key.owner if key.owner is not None else WholeBook()
