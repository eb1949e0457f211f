"""Facts come in by the thousand: staged by COPY, each waiting for another person as if it had been
entered by hand.

A step of an import, which has opened the batch and appends the ledger entry over the rows. What
stands or waits already, word for word, is unchanged, so that the same file twice does nothing; a
day of observation that the file does not tell is not compared. Facts are never deleted: undoing a
batch rejects those that still wait, and those that somebody verified meanwhile stay. Example: of
100,000 rows 40 are known and 12 of the same customer would be too many for its queue: refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from xinheng.dossiers.credit_file import place_of
from xinheng.dossiers.facts import ENTER, WAITING_MAX, check_new, field_and_value
from xinheng.dossiers.fields import Field
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import NewFact
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import open_keys, open_living_keys
from xinheng.vault.seal import OpenKey, open_sealed, seal

FACTS_MAX: Final = 200_000
UNDONE: Final = T("导入已撤销", "import undone")
_TICK: Final = timedelta(microseconds=1)


class Withdrawn(NamedTuple):
    """What undoing a batch did: facts that waited and are rejected, facts that stay verified."""

    rejected: int
    kept: int


class Whose(NamedTuple):
    """A customer of the file."""

    id: int
    key: UUID
    unit: int | None
    simulated: bool


class _Staged(NamedTuple):
    """A row with its customer, its field and its canonical value."""

    whose: Whose
    field: Field
    value: str
    new: NewFact

    @property
    def told(self) -> tuple[Any, ...]:
        """What makes two facts the same, but for the day of observation."""
        new = self.new
        return (
            *(self.whose.id, self.field.code, self.value, new.source.strip(), new.reliability),
            *(new.valid_from, new.valid_until, new.evidence.strip(), new.legal_basis),
        )


def record_facts(
    rows: Sequence[NewFact], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Stage facts; each waits to be verified. All or nothing.

    Refuses FACTS_NOT_ALLOWED, TOO_MANY_FACTS, and for any row what enter_fact refuses.
    """
    for permission in ("imports.run", ENTER):
        if not actor.may(permission):
            raise Refused(DossierRefusal.FACTS_NOT_ALLOWED, permission=permission)
    if len(rows) > FACTS_MAX:
        raise Refused(DossierRefusal.TOO_MANY_FACTS, limit=FACTS_MAX)
    with transaction.atomic():
        customers = locked_by_code({row.customer_code for row in rows}, actor)
        day = today(at)
        staged = [_staged(row, customers, day) for row in rows]
        fresh = _unknown(staged)
        _require_room(fresh)
        _write(fresh, batch, actor, at)
    return Counts(read=len(rows), created=len(fresh), unchanged=len(rows) - len(fresh))


def withdraw_facts(batch: ImportBatch, *, actor: Actor, at: datetime) -> Withdrawn:
    """Reject what a batch brought and still waits. The caller checked that it may be undone.

    Refuses FACTS_NOT_ALLOWED.
    """
    if not actor.may("imports.undo"):
        raise Refused(DossierRefusal.FACTS_NOT_ALLOWED, permission="imports.undo")
    said = f"{UNDONE.zh} / {UNDONE.en}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK_OF_BATCH, [batch.pk])
        cursor.execute(_REJECT, {"batch": batch.pk, "at": at, "by": actor.person_id, "why": said})
        rejected = cursor.rowcount
        cursor.execute(_KEPT, [batch.pk])
        kept: int = cursor.fetchone()[0]
    return Withdrawn(rejected, kept)


# --- Whose and what


_CUSTOMERS: Final = """
select c.code, c.id, c.data_key_id, c.business_unit_id, c.simulated from customers_customer c
where c.code in (select json_array_elements_text(%s::json)) order by c.id for no key update
"""


def locked_by_code(codes: Iterable[str], actor: Actor) -> dict[str, Whose]:
    """The customers within the actor's sight, locked in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [json.dumps(sorted(codes))])
        found = {row[0]: Whose(*row[1:]) for row in cursor.fetchall()}
    return {code: whose for code, whose in found.items() if actor.reaches(whose.unit)}


def _staged(row: NewFact, customers: dict[str, Whose], day: date) -> _Staged:
    whose = customers.get(row.customer_code)
    if whose is None:
        raise Refused(DossierRefusal.UNKNOWN_CUSTOMER, customer=row.customer_code)
    field, value = field_and_value(row, day)
    check_new(field, row, day)
    return _Staged(whose, field, value, row)


# --- What is known already


_KNOWN: Final = """
select f.customer_id, f.field, f.value, f.value_sealed, f.source, f.reliability, f.valid_from,
  f.valid_until, f.evidence, f.legal_basis, f.observed_on, f.known_until is not null
from dossiers_fact f
where f.customer_id in (select json_array_elements_text(%s::json)::bigint) and f.field = any(%s)
  and f.source = any(%s) and f.rejected_at is null
"""


def _unknown(staged: list[_Staged]) -> list[_Staged]:
    """Rows that neither the file nor an earlier row says, in the order in which they are to be
    verified: of one customer the earliest observation first.
    """
    known = _known(staged)
    fresh = []
    for one in staged:
        days = known.setdefault(one.told, set())
        day = one.new.observed_on
        if day in days or (day is None and None in days):
            continue
        days.update((day, None))
        fresh.append(one)
    return sorted(fresh, key=lambda one: (one.whose.id, one.new.observed_on or date.max))


def _known(staged: list[_Staged]) -> dict[tuple[Any, ...], set[date | None]]:
    """By what a fact says the days on which it was observed; None among them: it stands or waits,
    whatever the day. One that was succeeded counts only for the day that it names.
    """
    keys = open_living_keys({one.whose.key for one in staged if one.field.personal})
    by_customer = {one.whose.id: keys.get(one.whose.key) for one in staged}
    found: dict[tuple[Any, ...], set[date | None]] = {}
    with connection.cursor() as cursor:
        fields = sorted({one.field.code for one in staged})
        sources = sorted({one.new.source.strip() for one in staged})
        cursor.execute(_KNOWN, [json.dumps(sorted(by_customer)), fields, sources])
        for customer, field, value, sealed, *rest, observed_on, ended in cursor.fetchall():
            if sealed is not None:
                key = by_customer[customer]
                value = None if key is None else _opened(key, customer, field, bytes(sealed))
            days = found.setdefault((customer, field, value, *rest), set())
            days.update((observed_on,) if ended else (observed_on, None))
    return found


def _opened(key: OpenKey, customer: int, field: str, sealed: bytes) -> str:
    return open_sealed(key, place_of(customer, field), sealed).decode()


_WAITING: Final = """
select customer_id, count(*) from dossiers_fact
where customer_id in (select json_array_elements_text(%s::json)::bigint)
  and known_since is null and rejected_at is null group by 1
"""


def _require_room(fresh: list[_Staged]) -> None:
    more = Counter(one.whose.id for one in fresh)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [json.dumps(sorted(more))])
        more.update(dict(cursor.fetchall()))
    if any(count > WAITING_MAX for count in more.values()):
        raise Refused(DossierRefusal.QUEUE_FULL, limit=WAITING_MAX)


# --- Writing


# The newest instant of each customer's file: what comes after it is stamped later, whatever clocks
# say (the rule of facts.next_instant, for many at once).
NEWEST: Final = """
select customer_id, max(at) from (
  select customer_id, greatest(known_since, known_until, entered_at, rejected_at) as at
  from dossiers_fact where customer_id in (select json_array_elements_text(%s::json)::bigint)
  union all
  select customer_id, resolved_at from dossiers_conflictcase
  where customer_id in (select json_array_elements_text(%s::json)::bigint)
) instants group by 1
"""


class Stamps:
    """The instants of changes to many files: `at`, or a tick after the newest one that a file has.

    Each call is a change, so the next one comes later.
    """

    def __init__(self, customers: Iterable[int], at: datetime) -> None:
        ids = json.dumps(sorted(customers))
        with connection.cursor() as cursor:
            cursor.execute(NEWEST, [ids, ids])
            self._newest: dict[int, datetime] = dict(cursor.fetchall())
        self._at = at

    def next(self, customer: int) -> datetime:
        newest = self._newest.get(customer)
        stamp = self._at if newest is None or newest < self._at else newest + _TICK
        self._newest[customer] = stamp
        return stamp


_COLUMNS: Final = (
    *("customer_id", "field", "value", "value_sealed", "valid_from", "valid_until", "observed_on"),
    *("source", "reliability", "evidence", "legal_basis", "secrecy", "critical", "reason"),
    *("entered_by", "entered_person_id", "entered_at", "batch_id", "simulated"),
)


def _write(fresh: list[_Staged], batch: ImportBatch, actor: Actor, at: datetime) -> None:
    if not fresh:
        return
    day = today(at)
    stamps = Stamps({one.whose.id for one in fresh}, at)
    keys = open_keys({one.whose.key for one in fresh if one.field.personal})
    sql = f"copy dossiers_fact ({', '.join(_COLUMNS)}) from stdin"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for whose, field, value, new in fresh:
            sealed = None
            if field.personal:
                sealed = seal(keys[whose.key], place_of(whose.id, field.code), value.encode())
            copy.write_row(
                (
                    *(whose.id, field.code, None if sealed else value, sealed),
                    *(new.valid_from, new.valid_until, new.observed_on or day),
                    *(new.source.strip(), new.reliability, new.evidence.strip(), new.legal_basis),
                    *(field.secrecy, field.critical, "", actor.ref, actor.person_id),
                    *(stamps.next(whose.id), batch.pk, whose.simulated),
                )
            )


# --- Undoing


_LOCK_OF_BATCH: Final = """
select id from customers_customer
where id in (select customer_id from dossiers_fact where batch_id = %s) order by id
for no key update
"""
_REJECT: Final = """
with mine as materialized (
  select id, customer_id from dossiers_fact
  where batch_id = %(batch)s and known_since is null and rejected_at is null
), newest as materialized (
  select customer_id, max(at) as at from (
    select f.customer_id, greatest(f.known_since, f.known_until, f.entered_at, f.rejected_at) as at
    from dossiers_fact f where f.customer_id in (select customer_id from mine)
    union all
    select d.customer_id, d.resolved_at from dossiers_conflictcase d
    where d.customer_id in (select customer_id from mine)
  ) instants group by 1
)
update dossiers_fact f set rejected_by_id = %(by)s, reject_reason = %(why)s,
  rejected_at = case when n.at < %(at)s then %(at)s else n.at + interval '1 microsecond' end
from mine m join newest n on n.customer_id = m.customer_id where f.id = m.id
"""
_KEPT: Final = """
select count(*) from dossiers_fact where batch_id = %s and known_since is not null
"""
