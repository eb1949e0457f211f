"""Who acts: a person, a machine's key with the person behind it, or the system itself.

Every action takes one, keyword-only. `ref` is what records keep ("user:3", "key:7", "system:import"), `person_id`
is the human who answers for it: requester ≠ releaser is judged on persons, never on keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xinheng.people.models import ApiKey, User


@dataclass(frozen=True)
class Actor:
    kind: str  # user | key | system
    id: int | None
    person_id: int | None
    permissions: frozenset[str]
    label: str = ""

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.id if self.id is not None else self.label}"

    def may(self, permission: str) -> bool:
        return self.kind == "system" or permission in self.permissions


def of_user(user: User) -> Actor:
    return Actor("user", user.pk, user.pk, user.permissions(), user.username)


def of_key(key: ApiKey) -> Actor:
    return Actor("key", key.pk, key.owner_id, frozenset(key.scopes), key.name)


def system(label: str) -> Actor:
    """The installation itself: first set-up, demonstration book, scheduled work, the local command line."""
    return Actor("system", None, None, frozenset(), label)
