"""How many rows a file had and what became of them.

read = created + updated + unchanged + quarantined + rejected, always, unless the whole file was
refused (then nothing was created, updated or found unchanged, and `rejected` counts the bad rows).
What is older than what is known is unchanged too. Example: 3
rows of which one is new, one changed and one has no amount, imported with --skip-bad: read 3,
created 1, updated 1, rejected 1.
"""

from __future__ import annotations

from msgspec import Struct


class Counts(Struct, frozen=True, kw_only=True):
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    quarantined: int = 0  # contradicts what is known: kept aside, never applied

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            read=self.read + other.read,
            created=self.created + other.created,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            rejected=self.rejected + other.rejected,
            quarantined=self.quarantined + other.quarantined,
        )

    @property
    def changed(self) -> int:
        return self.created + self.updated
