"""Every write about people: the first set-up, roles, users, passwords, business units, API keys.
(Deputies, whom whoever is away names without asking, stand in deputies.py.)

Each action asks for `people.manage` or `keys.manage`, writes in one transaction and appends one
ledger entry. Entries carry row numbers and words, never a name:
who a number was stands in the users table and can be erased there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import override

from xinheng.credit.money import MoneyError, exponent
from xinheng.ledger.actions import append_one
from xinheng.people import keys, queries, roles
from xinheng.people.actor import Actor, of_user
from xinheng.people.models import ApiKey, Authority, BusinessUnit, Company, Role, User
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused
from xinheng.vault.seal import random_bytes

NOTE_USE_EVERY = timedelta(minutes=5)
FIRST_ROLES = ("admin", "credit_manager")


@transaction.atomic
def set_up(
    name: str,
    base_currency: str,
    time_zone: str,
    admin_username: str,
    admin_password: str,
    *,
    actor: Actor,
    at: datetime,
    name_en: str = "",
    admin_name: tuple[str, str] = ("", ""),
    demonstration: bool = False,
) -> User:
    """Make the company, the roles and the first administrator; returns that administrator.

    Must hold: nothing was set up before (the one company row decides between two that race). In an
    installation of one's own the first person also is credit manager, because somebody must be able
    to grant the first limit; take the role away once others are there. Refuses ALREADY_SET_UP,
    UNKNOWN_CURRENCY, UNKNOWN_TIME_ZONE, BLANK, PASSWORD_WEAK. The caller then puts the shipped
    policies to work: `policies.actions.adopt_shipped`.
    """
    _check_seller(name, base_currency, time_zone)
    if Company.objects.exists():
        raise Refused(PeopleRefusal.ALREADY_SET_UP)
    try:
        with transaction.atomic():
            Company(
                name=name.strip(),
                name_en=name_en.strip(),
                base_currency=base_currency,
                time_zone=time_zone,
                set_up_at=at,
                demonstration=demonstration,
            ).save(force_insert=True)
    except IntegrityError as error:
        raise Refused(PeopleRefusal.ALREADY_SET_UP) from error
    _make_roles(base_currency)
    admin = _make_user(
        admin_username,
        admin_password,
        at=at,
        name=admin_name[0],
        name_en=admin_name[1],
        roles=("admin",) if demonstration else FIRST_ROLES,
        sees_all_units=True,
        demonstration=demonstration,
    )
    append_one(
        "company.set_up", {"currency": base_currency, "demonstration": demonstration}, {}, at=at
    )
    transaction.on_commit(queries.forget)
    return admin


def _check_seller(name: str, base_currency: str, time_zone: str) -> None:
    if not name.strip():
        raise Refused(PeopleRefusal.BLANK, field="公司名称 / company name")
    try:
        exponent(base_currency)
    except MoneyError as error:
        raise Refused(PeopleRefusal.UNKNOWN_CURRENCY, currency=base_currency) from error
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise Refused(PeopleRefusal.UNKNOWN_TIME_ZONE, time_zone=time_zone) from error


@transaction.atomic
def ensure_roles(*, actor: Actor, at: datetime) -> int:
    """Add shipped roles and authorities that are missing; edited rows stay. Returns rows added."""
    _require(actor, "people.manage")
    seller = Company.objects.first()
    added = _make_roles(seller.base_currency if seller else "CNY")
    if added:
        append_one("roles.added", {"version": roles.shipped()["version"], "rows": added}, {}, at=at)
    return added


def _make_roles(base_currency: str) -> int:
    known = set(Role.objects.values_list("code", flat=True))
    fresh = [
        Role(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            permissions=row["permissions"],
        )
        for row in roles.shipped()["roles"]
        if row["code"] not in known
    ]
    Role.objects.bulk_create(fresh)
    held = set(Authority.objects.values_list("role_id", "action", "currency"))
    lines = [line for line in roles.authority_lines(base_currency) if line[:3] not in held]
    Authority.objects.bulk_create(
        Authority(
            role_id=line.role,
            action=line.action,
            currency=line.currency,
            up_to_minor=line.up_to_minor,
            days_max=line.days_max,
        )
        for line in lines
    )
    return len(fresh) + len(lines)


@transaction.atomic
def ensure_units(
    units: Iterable[tuple[str, str, str]], *, actor: Actor, at: datetime
) -> dict[str, int]:
    """Add the business units (code, name, name_en) that are missing; returns code → id of all
    given.
    """
    _require(actor, "people.manage")
    wanted = list(units)
    made = BusinessUnit.objects.bulk_create(
        [BusinessUnit(code=code, name=name, name_en=name_en) for code, name, name_en in wanted],
        ignore_conflicts=True,
    )
    ids = dict(
        BusinessUnit.objects.filter(code__in=[unit.code for unit in made]).values_list("code", "id")
    )
    append_one("business_units.ensured", {"count": len(ids)}, {}, at=at)
    return ids


@transaction.atomic
def create_user(
    username: str,
    password: str,
    *,
    actor: Actor,
    at: datetime,
    name: str,
    roles: Sequence[str],
    name_en: str = "",
    unit_code: str | None = None,
    sees_all_units: bool = False,
    demonstration: bool = False,
) -> User:
    """Add a person who signs in. Refuses NOT_PERMITTED, USERNAME_TAKEN, PASSWORD_WEAK,
    UNKNOWN_ROLE, UNKNOWN_UNIT, BLANK.
    """
    _require(actor, "people.manage")
    user = _make_user(
        username,
        password,
        at=at,
        name=name,
        roles=roles,
        name_en=name_en,
        unit_code=unit_code,
        sees_all_units=sees_all_units,
        demonstration=demonstration,
    )
    append_one(
        "user.created", {"roles": sorted(roles)}, {"user": str(user.pk), "by": actor.ref}, at=at
    )
    return user


def _make_user(
    username: str,
    password: str,
    *,
    at: datetime,
    name: str,
    roles: Sequence[str],
    name_en: str = "",
    unit_code: str | None = None,
    sees_all_units: bool = False,
    demonstration: bool = False,
) -> User:
    user = User(
        username=username.strip(),
        name=name.strip() or username.strip(),
        name_en=name_en,
        business_unit=_unit(unit_code),
        sees_all_units=sees_all_units,
        demonstration=demonstration,
        created_at=at,
    )
    if not user.username:
        raise Refused(PeopleRefusal.BLANK, field="用户名 / user name")
    if User.objects.filter(username=user.username).exists():
        raise Refused(PeopleRefusal.USERNAME_TAKEN, username=user.username)
    _check_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(PeopleRefusal.USERNAME_TAKEN, username=user.username) from error
    _give_roles(user, roles)
    return user


def _unit(code: str | None) -> BusinessUnit | None:
    if code is None:
        return None
    unit = BusinessUnit.objects.filter(code=code).first()
    if unit is None:
        raise Refused(PeopleRefusal.UNKNOWN_UNIT, unit=code)
    return unit


def _give_roles(user: User, codes: Sequence[str]) -> None:
    found = {role.code: role for role in Role.objects.filter(code__in=codes)}
    for code in codes:
        if code not in found:
            raise Refused(PeopleRefusal.UNKNOWN_ROLE, role=code)
    user.roles.set(found.values())


def _check_password(password: str, user: User) -> None:
    said = {"zh": _complaint(password, user, "zh-hans"), "en": _complaint(password, user, "en")}
    if said["en"]:
        raise Refused(PeopleRefusal.PASSWORD_WEAK, **said)


def _complaint(password: str, user: User, language: str) -> str:
    with override(language):
        try:
            validate_password(password, user)
        except ValidationError as error:
            return " ".join(str(message) for message in error.messages)
    return ""


@transaction.atomic
def change_passwords(passwords: Mapping[int, str], *, actor: Actor, at: datetime) -> None:
    """Give users new passwords, by user id. Refuses NOT_PERMITTED, PASSWORD_WEAK. Open sessions end
    with the change.
    """
    _require(actor, "people.manage")
    for user in User.objects.select_for_update().filter(pk__in=passwords).order_by("pk"):
        _check_password(passwords[user.pk], user)
        user.set_password(passwords[user.pk])
        user.save(update_fields=["password"])
    users = ",".join(str(pk) for pk in sorted(passwords))
    append_one("passwords.changed", {"count": len(passwords)}, {"users": users}, at=at)


@transaction.atomic
def deactivate_user(username: str, *, actor: Actor, at: datetime) -> bool:
    """End a person's access: no signing in, open sessions and owned keys stop. False: it was ended
    before. Refuses NOT_PERMITTED, UNKNOWN_USER, LAST_ADMINISTRATOR.
    """
    _require(actor, "people.manage")
    # All of them in key order, so that two administrators can't end each other at once.
    users = list(User.objects.select_for_update().filter(is_active=True).order_by("pk"))
    user = next((one for one in users if one.username == username), None)
    if user is None:
        if User.objects.filter(username=username).exists():
            return False
        raise Refused(PeopleRefusal.UNKNOWN_USER, username=username)
    if user.may("people.manage") and sum(one.may("people.manage") for one in users) == 1:
        raise Refused(PeopleRefusal.LAST_ADMINISTRATOR, username=username)
    user.is_active = False
    user.save(update_fields=["is_active"])
    append_one("user.deactivated", {}, {"user": str(user.pk), "by": actor.ref}, at=at)
    transaction.on_commit(queries.forget)
    return True


@transaction.atomic
def create_api_key(
    name: str,
    *,
    owner: User | None,
    scopes: Sequence[str],
    actor: Actor,
    at: datetime,
    expires_at: datetime | None = None,
    random: Callable[[int], bytes] = random_bytes,
) -> tuple[ApiKey, str]:
    """Make a key; returns the row and the text `xk_…`, which is shown once and kept nowhere.

    Must hold: every scope is a permission word, and the owner (the person who answers for the key)
    has it too. Refuses NOT_PERMITTED, BLANK, UNKNOWN_SCOPE, SCOPE_BEYOND_OWNER,
    EXPIRES_IN_THE_PAST.
    """
    _require(actor, "keys.manage")
    _check_key(name, owner, scopes, expires_at, at)
    prefix, secret = random(keys.PREFIX_BYTES), random(keys.SECRET_BYTES)
    key = ApiKey.objects.create(
        prefix=prefix.hex(),
        secret_sha256=keys.digest_of(secret.hex()),
        name=name.strip(),
        owner=owner,
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=expires_at,
    )
    append_one(
        "api_key.created",
        {"scopes": key.scopes},
        {"key": str(key.pk), "owner": str(key.owner_id or ""), "by": actor.ref},
        at=at,
    )
    return key, keys.spell(prefix, secret)


def _check_key(
    name: str,
    owner: User | None,
    scopes: Sequence[str],
    expires_at: datetime | None,
    at: datetime,
) -> None:
    if not name.strip():
        raise Refused(PeopleRefusal.BLANK, field="密钥名称 / key name")
    words = roles.permission_words()
    for scope in scopes:
        if scope not in words:
            allowed = ", ".join(sorted(words))
            raise Refused(PeopleRefusal.UNKNOWN_SCOPE, scope=scope, allowed=allowed)
        if owner is not None and not of_user(owner).may(scope):
            raise Refused(PeopleRefusal.SCOPE_BEYOND_OWNER, scope=scope, owner=owner.username)
    if expires_at is not None and expires_at <= at:
        raise Refused(PeopleRefusal.EXPIRES_IN_THE_PAST)


@transaction.atomic
def revoke_api_key(prefix: str, *, actor: Actor, at: datetime) -> bool:
    """End a key for ever; True if it lived till now. Other processes follow within 30 s. Refuses
    UNKNOWN_KEY.
    """
    _require(actor, "keys.manage")
    if not ApiKey.objects.filter(prefix=prefix).exists():
        raise Refused(PeopleRefusal.UNKNOWN_KEY, prefix=prefix)
    ended = ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True).update(revoked_at=at)
    if ended:
        append_one("api_key.revoked", {}, {"prefix": prefix, "by": actor.ref}, at=at)
        transaction.on_commit(queries.forget)
    return ended == 1


def note_key_use(key: ApiKey, *, at: datetime, using: str = "default") -> bool:
    """Remember that a key was used: at most one write per key, process and five minutes. No ledger
    entry.
    """
    if key.last_used_at is not None and at - key.last_used_at < NOTE_USE_EVERY:
        return False
    key.last_used_at = at
    ApiKey.objects.using(using).filter(pk=key.pk).update(last_used_at=at)
    return True


def _require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Refused(PeopleRefusal.NOT_PERMITTED, permission=permission)
