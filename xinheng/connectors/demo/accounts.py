"""The people of the demonstration: who they are, and passwords that are random and kept nowhere in
plain.

Alice approves, Bob sells, Chen collects, Dora audits, Fang and Guo look into files; Han, Sun and Wu
are the directors and the credit committee, Qi and Lan the board; Eve belongs to another unit.
Passwords are told at creation; a sealed copy (under a data key of `vault`) waits for `xinheng demo
accounts`, which shows it once and burns it. Lost: `xinheng demo accounts --reset` makes new ones.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from xinheng.people import actions as people
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.vault.actions import system_key
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed, seal

WHERE = "connectors.demo.accounts"
UNITS = (
    ("east", "华东", "East China"),
    ("south", "华南", "South China"),
    ("north", "华北", "North China"),
    ("west", "西南", "South-west China"),
    ("overseas", "海外", "Overseas"),
)


class Person(NamedTuple):
    """`unit` None: sees the whole book."""

    username: str
    name: str
    name_en: str
    roles: tuple[str, ...]
    unit: str | None


CAST = (
    Person("admin", "管理员", "Administrator", ("admin",), None),
    Person("alice", "爱丽丝（信用经理）", "Alice, credit manager", ("credit_manager",), None),
    Person("bob", "鲍勃（华东销售）", "Bob, sales East", ("sales",), "east"),
    Person("chen", "陈（催收）", "Chen, collector", ("collector",), None),
    Person("dora", "朵拉（审计）", "Dora, auditor", ("auditor",), None),
    Person("fang", "方（信用分析员）", "Fang, credit analyst", ("analyst",), None),
    Person("guo", "郭（信用专员）", "Guo, credit officer", ("credit_officer",), None),
    Person(
        "han", "韩（财务总监）", "Han, finance director", ("finance_director", "committee"), None
    ),
    Person("sun", "孙（销售总监）", "Sun, sales director", ("sales_director", "committee"), None),
    Person("wu", "吴（总经理）", "Wu, general manager", ("general_manager", "committee"), None),
    Person("qi", "齐（董事）", "Qi, director of the board", ("board",), None),
    Person("lan", "兰（董事）", "Lan, director of the board", ("board",), None),
    Person("eve", "伊芙（海外销售）", "Eve, sales Overseas", ("sales",), "overseas"),
)


def new_passwords() -> dict[str, str]:
    """A random password for each of the cast: 16 characters, about 95 bits."""
    return {person.username: secrets.token_urlsafe(12) for person in CAST}


def add_cast(passwords: Mapping[str, str], *, actor: Actor, at: datetime) -> dict[str, User]:
    """Everybody but the administrator, whom the set-up made."""
    people.ensure_units(UNITS, actor=actor, at=at)
    for person in CAST[1:]:
        people.create_user(
            person.username,
            passwords[person.username],
            actor=actor,
            at=at,
            name=person.name,
            name_en=person.name_en,
            roles=person.roles,
            unit_code=person.unit,
            sees_all_units=person.unit is None,
            demonstration=True,
        )
    return users()


def users() -> dict[str, User]:
    """The demonstration's users that are there, by name."""
    found = User.objects.filter(demonstration=True).prefetch_related("roles").order_by("pk")
    return {user.username: user for user in found}


def reset(*, actor: Actor, at: datetime) -> list[dict[str, str | None]]:
    """New passwords for all; returns the list with them. The old ones stop at once."""
    found = users()
    passwords = {name: word for name, word in new_passwords().items() if name in found}
    people.change_passwords(
        {found[n].pk: word for n, word in passwords.items()}, actor=actor, at=at
    )
    _sealed_file().unlink(missing_ok=True)
    return listed(list(found.values()), passwords)


def listed(
    found: Sequence[User], passwords: Mapping[str, str] | None = None
) -> list[dict[str, str | None]]:
    """username, role, name and the password, which is null once it has been shown."""
    told = passwords or {}
    return [
        {
            "username": user.username,
            "role": ",".join(role.code for role in user.roles.all()),
            "name": f"{user.name} / {user.name_en}" if user.name_en else user.name,
            "password": told.get(user.username),
        }
        for user in found
    ]


def keep_sealed(passwords: Mapping[str, str], *, at: datetime) -> None:
    """Keep the passwords for one showing, readable only with the vault's keys."""
    key_id = system_key(at=at)
    sealed = seal(open_living_keys([key_id])[key_id], WHERE, json.dumps(dict(passwords)).encode())
    path = _sealed_file()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)


def take_sealed(*, at: datetime) -> dict[str, str]:
    """The passwords that wait to be shown, burnt by reading them; empty if they were shown."""
    path = _sealed_file()
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return {}
    path.unlink(missing_ok=True)
    key_id = system_key(at=at)
    found: dict[str, str] = json.loads(
        open_sealed(open_living_keys([key_id])[key_id], WHERE, sealed)
    )
    return found


def forget_sealed() -> None:
    _sealed_file().unlink(missing_ok=True)


def _sealed_file() -> Path:
    return Path(settings.XINHENG_DATA) / "demo-accounts.sealed"
