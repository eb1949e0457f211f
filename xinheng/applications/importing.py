"""Applications that come in by a file: each good line is drafted and submitted as if it were typed.

A step of an import, which has opened the batch and appends the entry over its rows; every
application has its own entries besides. Who brings the file is the applicant, so has no vote. What
an import asked for word for word is unchanged, whatever became of it, so that a file twice, or
mended and sent again, asks nothing twice. Undoing withdraws what nobody has touched: of 40 wishes
37 are withdrawn, 3 that an analyst has taken up stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction

from xinheng.applications.applying import CLOSED, apply_at_once
from xinheng.applications.models import Application, Step
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import ApplicationRow
from xinheng.applications.trail import OPEN, WRITE, locked, move, note, require
from xinheng.customers.models import Customer
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T

ROWS_MAX: Final = 1_000  # each row is a dozen statements and two entries, in one transaction
TABLE: Final = "applications_application"
UNDONE: Final = T("导入已撤销", "import undone")
UNTOUCHED: Final = frozenset({"drafted", "submitted"})
Said = tuple[Any, ...]


class Undone(NamedTuple):
    """What undoing did: wishes withdrawn, wishes that stay because somebody deals with them."""

    withdrawn: int
    kept: int


class Owner(NamedTuple):
    """A customer that the file names, and whether it may be applied for."""

    id: int
    status: str
    closed: bool


def record_applications(
    rows: Sequence[ApplicationRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Submit what is new. All or nothing.

    Refuses NOT_ALLOWED, TOO_MANY_ROWS, UNKNOWN_CUSTOMER, and for any row what submitting refuses.
    """
    require(actor, "imports.run")
    require(actor, WRITE)
    if len(rows) > ROWS_MAX:
        raise Refused(ApplicationRefusal.TOO_MANY_ROWS, most=ROWS_MAX)
    with transaction.atomic():
        whose = owners({row.customer_code for row in rows}, actor)
        if any(row.customer_code not in whose for row in rows):
            raise Refused(ApplicationRefusal.UNKNOWN_CUSTOMER)
        known = known_wishes(owner.id for owner in whose.values())
        made = []
        for row in rows:
            owner = whose[row.customer_code].id
            if said_by(row, owner) not in known:
                made.append(apply_at_once(row.wish(owner, batch.pk), actor=actor, at=at))
        note_changes(batch, TABLE, ((one.pk, None) for one in made))
    return Counts(read=len(rows), created=len(made), unchanged=len(rows) - len(made))


def withdraw_imported(batch: ImportBatch, *, actor: Actor, at: datetime) -> Undone:
    """Take back what a batch asked for and nobody has touched. The caller checked that it may be
    undone. One ledger entry for each. Refuses NOT_ALLOWED.
    """
    require(actor, "imports.undo")
    said = f"{UNDONE.zh} / {UNDONE.en}"
    mine = Application.objects.filter(source="import", batch_id=batch.pk)
    withdrawn = kept = 0
    with transaction.atomic():
        for number in list(mine.order_by("customer_id", "pk").values_list("number", flat=True)):
            row = locked(number, actor)
            if row.state == "withdrawn":
                continue
            if row.state != "submitted" or _touched(row):
                kept += 1
                continue
            move(row, "withdrawn", at, end_reason=said)
            note(row, "withdrawn", actor=actor, at=at, words=said, batch=batch.pk)
            withdrawn += 1
    return Undone(withdrawn, kept)


def _touched(row: Application) -> bool:
    """Whether anything but its own drafting and submitting has happened to it."""
    return Step.objects.filter(application=row).exclude(kind__in=UNTOUCHED).exists()


# --- What stands already


def owners(codes: Collection[str], actor: Actor) -> dict[str, Owner]:
    """The customers of these codes within the actor's sight."""
    found = Customer.objects.filter(code__in=codes)
    rows = found.values_list("code", "pk", "status", "merged_into_id", "business_unit_id")
    return {
        code: Owner(pk, status, status in CLOSED or merged is not None)
        for code, pk, status, merged, unit in rows
        if actor.reaches(unit)
    }


def said_by(row: ApplicationRow, customer_id: int) -> Said:
    """What makes two wishes the same one."""
    new = row.wish(customer_id, None)
    return (
        *(new.customer_id, new.kind, new.currency, new.asked_minor, new.terms_days, new.purpose),
        *(new.valid_from, new.valid_until),
    )


def known_wishes(customers: Iterable[int]) -> set[Said]:
    """What imports asked for these customers; not what was withdrawn with an undone batch."""
    undone = ImportBatch.objects.filter(kind="applications", state="undone").values("pk")
    found = Application.objects.filter(source="import", customer_id__in=list(customers))
    found = found.exclude(state="withdrawn", batch_id__in=undone)
    return set(
        found.values_list(
            *("customer_id", "kind", "currency", "asked_minor", "asked_terms_days", "purpose"),
            *("valid_from", "valid_until"),
        )
    )


def open_wishes(customers: Iterable[int]) -> dict[tuple[int, str], str]:
    """By customer and currency the number of the application that is open for its line."""
    found = Application.objects.filter(customer_id__in=list(customers), state__in=OPEN)
    rows = found.exclude(kind="temporary").values_list("customer_id", "currency", "number")
    return {(customer, currency): number for customer, currency, number in rows}
