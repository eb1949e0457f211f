"""Reads about people that every door needs: the company, its calendar, who decides up to what,
which key this is.

`company` and `find_key` answer from a cache of at most 30 seconds, because the JSON door asks on
every request: a revoked key works in other processes for at most that long (in this one it stops at
once). Inside a transaction the company is read afresh, so that a transaction sees what it wrote.
"""

from __future__ import annotations

import hmac
import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import F

from xinheng.people.keys import parse
from xinheng.people.models import ApiKey, Authority, Company

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


def authority(
    user_id: int, action: str, currency: str, *, using: str = "default"
) -> Authority | None:
    """The largest authority of the user's roles for an action in a currency; None: not at all.

    Authority in another currency is none: amounts are not converted behind anybody's back.
    """
    return (
        Authority.objects.using(using)
        .filter(role__in=_roles_of(user_id, using), action=action, currency=currency)
        .order_by("-unlimited", F("up_to_minor").desc(nulls_last=True))
        .first()
    )


def _roles_of(user_id: int, using: str) -> Any:
    from xinheng.people.models import User

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
