"""Who acts: a person, a machine's key with the person behind it, an outsider with a link, or the
system itself.

Every action takes one, keyword-only. `ref` is what records keep ("user:3", "key:7", "guest:5f0c…",
"system:import"), `person_id` is the human who answers for it: requester ≠ releaser is judged on
persons, never on keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xinheng.people.models import ApiKey, User


@dataclass(frozen=True)
class Actor:
    kind: str  # user | key | guest | system
    id: int | None
    person_id: int | None
    permissions: frozenset[str]
    label: str = ""
    # None: the whole book; else the one business unit whose customers this actor may touch
    unit_id: int | None = None
    all_units: bool = True

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.id if self.id is not None else self.label}"

    def person(self) -> int:
        """The human behind the act; a machine or the installation itself has no say here."""
        if self.person_id is None:
            raise ValueError("this act needs a person; use a user's actor")
        return self.person_id

    def may(self, permission: str) -> bool:
        return self.kind == "system" or permission in self.permissions

    def reaches(self, unit_id: int | None) -> bool:
        """Whether a customer of this business unit is within the actor's sight."""
        if self.kind == "guest":
            return unit_id == self.unit_id
        return self.all_units or (unit_id is not None and unit_id == self.unit_id)


def of_user(user: User) -> Actor:
    return Actor(
        "user",
        user.pk,
        user.pk,
        user.permissions(),
        user.username,
        user.business_unit_id,
        user.sees_all_units,
    )


def of_key(key: ApiKey) -> Actor:
    """A key sees what its owner sees and may no more than its owner may today; a key without an
    owner is the installation's own and sees all.
    """
    owner = key.owner
    words = frozenset(key.scopes)
    if owner is not None:
        words &= owner.permissions()
    unit = owner.business_unit_id if owner else None
    everything = owner is None or owner.sees_all_units
    return Actor("key", key.pk, key.owner_id, words, key.name, unit, everything)


def guest(ref: str, words: frozenset[str], unit_id: int | None) -> Actor:
    """An outsider who came in by a link: a few named words within one unit, or, with None, among
    customers of no unit yet; nobody of the house answers for it. Records keep "guest:REF".
    """
    return Actor("guest", None, None, words, ref, unit_id, all_units=False)


def system(label: str) -> Actor:
    """The installation itself: first set-up, demonstration book, scheduled work, the local command
    line.
    """
    return Actor("system", None, None, frozenset(), label)
