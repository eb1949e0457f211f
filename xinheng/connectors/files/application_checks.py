"""What only the database says about lines of applications: whose they are, and what is open.

A line that an earlier import asked word for word is no error: it counts as unchanged. Example:
C-1001 has SX-2026-000123 open in CNY, and the file asks for C-1001 in CNY anew: refused beside the
code, with that number.
"""

from __future__ import annotations

from xinheng.applications.importing import (
    Owner,
    Said,
    known_wishes,
    open_wishes,
    owners,
    said_by,
)
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import ApplicationRow
from xinheng.connectors.files.build import Built
from xinheng.connectors.files.fact_checks import nobody
from xinheng.connectors.files.rows import Table
from xinheng.people.actor import Actor
from xinheng.texts import T


def check_applications(table: Table, built: Built, actor: Actor) -> set[int]:
    """Positions that can't be taken; each says why beside its row."""
    whose = owners({row.customer_code for row in built.rows}, actor)
    ids = [owner.id for owner in whose.values()]
    known, running = known_wishes(ids), open_wishes(ids)
    bad: set[int] = set()
    for row, position in zip(built.rows, built.positions, strict=True):
        why = _why_not(row, whose.get(row.customer_code), known, running)
        if why is not None:
            table.refuse(position, "customer_code", why)
            bad.add(position)
    return bad


def _why_not(
    row: ApplicationRow,
    owner: Owner | None,
    known: set[Said],
    running: dict[tuple[int, str], str],
) -> T | None:
    if owner is None:
        return nobody(row.customer_code)
    if said_by(row, owner.id) in known:
        return None
    if owner.closed:
        closed: T = ApplicationRefusal.CUSTOMER_CLOSED.value
        return closed.format(status=owner.status)
    number = running.get((owner.id, row.currency))
    if number is None or row.kind == "temporary":
        return None
    already: T = ApplicationRefusal.ALREADY_OPEN.value
    return already.format(number=number, currency=row.currency)
