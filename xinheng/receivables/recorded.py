"""What became of the rows of one call, counted and, for few of them, told one by one.

Example: of four messages one is new, one was known word for word, one is behind what is known and
one is another customer's number: read 4, created 1, unchanged 2, quarantined 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from xinheng.intake.counts import Counts
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.refusals import Refused


class Outcome(Struct, frozen=True):
    """became: created | updated | unchanged | older | quarantined, then with the reason why."""

    became: str
    why: ReceivablesRefusal | None = None


class Recorded(Struct, frozen=True):
    """Counts over all rows; outcomes by number where they were asked for."""

    counts: Counts
    outcomes: dict[str, Outcome]


def outcomes_of(
    rows: Sequence[Any],
    known: Collection[str],
    changed: Collection[str],
    older: Collection[str],
    why: Mapping[str, ReceivablesRefusal],
) -> dict[str, Outcome]:
    """One outcome for each row's number."""

    def became(number: str) -> Outcome:
        if number in why:
            return Outcome("quarantined", why[number])
        if number in older:
            return Outcome("older")
        if number in changed:
            return Outcome("updated")
        return Outcome("unchanged" if number in known else "created")

    return {row.number: became(row.number) for row in rows}


def newest_of_each(rows: Sequence[Any]) -> Sequence[Any]:
    """One row a number: the highest revision. Refuses REPEATED_NUMBER where that does not decide,
    because the same revision (or none) says two things, or two customers claim the number.
    """
    if len({row.number for row in rows}) == len(rows):
        return rows
    newest: dict[str, Any] = {}
    for row in rows:
        if row.number not in newest:
            newest[row.number] = row
            continue
        known = newest[row.number]
        says_two = known.revision == row.revision and (not row.revision or known != row)
        if says_two or _owner(known) != _owner(row):
            raise Refused(ReceivablesRefusal.REPEATED_NUMBER, number=row.number)
        if row.revision > known.revision:
            newest[row.number] = row
    return list(newest.values())


def _owner(row: Any) -> tuple[str, str]:
    return row.customer_code, row.currency


def with_disputes(rows: Sequence[Any]) -> Sequence[Any]:
    """An invoice whose dispute is accepted is in dispute, also where a row does not repeat it."""
    if not any(row.dispute_accepted_on for row in rows):
        return rows
    return [
        structs.replace(row, disputed=True)
        if row.dispute_accepted_on and not isinstance(row.disputed, bool)
        else row
        for row in rows
    ]
