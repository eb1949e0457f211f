"""Every write to rates, holidays and terms of payment.

By hand or by file the same rows come in; what is there already word for word changes nothing, and
what is there with another value is a *named change*: one ledger entry keeps both values. Rates far
from the one before are refused until a person has confirmed them. Example: EUR/CNY mid of
2026-11-20 was 7.8123 and is told as 7.8213 → entry `rates.recorded`, changed 1, before "7.8123".

In a file import the import has its own entry over all rows; here an entry follows only where
something changed that had been there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from xinheng.almanac.checking import check_holiday, check_rate, check_term, jumped
from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.almanac.queries import jumps, plain
from xinheng.almanac.refusals import AlmanacRefusal
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.credit.term import format_terms, parse
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import Undo, changes_of
from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "almanac.edit"
ROWS_MAX: Final = 200_000
IN_ENTRY_MAX: Final = 200  # changes named one by one in a ledger entry; all are counted
AT_ONCE: Final = 2_000


class _Kind(NamedTuple):
    """One of the three tables: what names a row, and what it says."""

    model: Any
    entry: str
    key: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)


RATES: Final = _Kind(Rate, "rates.recorded", ("kind", "base", "quote", "day"), ("rate", "source"))
HOLIDAYS: Final = _Kind(
    Holiday, "holidays.recorded", ("calendar", "day"), ("working", "name", "name_en", "source")
)
TERMS: Final = _Kind(
    PaymentTerm,
    "terms.recorded",
    ("code",),
    ("rule", "name", "name_en", "calendar", "ended_at"),
)
STAMP: Final = ("entered_by", "entered_at")


def record_rates(
    rows: Sequence[RateRow], *, batch: ImportBatch | None = None, actor: Actor, at: datetime
) -> Counts:
    """Rates come in, by hand (no batch) or inside an import. One entry, both values of a change.

    Refuses NOT_ALLOWED, TOO_MANY, REPEATED, what `check_rate` finds, and RATE_JUMPS: more than 20 %
    away from the newest rate before its day that is not confirmed.
    """
    _require(actor, rows)
    _require_good(rows, check_rate, lambda row: f"{row.base}/{row.quote} {row.day}", RATES)
    source = batch.file_name[-80:] if batch else actor.label[:80]
    with transaction.atomic():
        _lock(RATES)
        for position, jump in jumps(rows).items():
            raise jumped(rows[position], jump)
        values = [
            {**_fields(row, RATES), "rate": row.rate, "source": row.source or source}
            for row in rows
        ]
        # The same rate from another source is not another rate.
        return _record(RATES, values, batch, actor, at, differs=("rate",))


def record_holidays(
    rows: Sequence[HolidayRow], *, batch: ImportBatch | None = None, actor: Actor, at: datetime
) -> Counts:
    """Days off and worked weekends come in. Refuses as `record_rates`, without jumps."""
    _require(actor, rows)
    _require_good(rows, check_holiday, lambda row: f"{row.calendar} {row.day}", HOLIDAYS)
    with transaction.atomic():
        _lock(HOLIDAYS)
        values = [_fields(row, HOLIDAYS) for row in rows]
        return _record(HOLIDAYS, values, batch, actor, at, differs=HOLIDAYS.told[:3])


def record_terms(
    rows: Sequence[TermRow], *, batch: ImportBatch | None = None, actor: Actor, at: datetime
) -> Counts:
    """Terms under the seller's own codes come in; one that had ended lives again.

    Due dates already given stay: a term is looked up when an invoice comes in. Refuses as
    `record_rates`, and BAD_RULE, CODE_MISLEADS.
    """
    _require(actor, rows)
    _require_good(rows, check_term, lambda row: row.code, TERMS)
    with transaction.atomic():
        _lock(TERMS)
        values = [
            {**_fields(row, TERMS), "rule": format_terms(parse(row.rule)), "ended_at": None}
            for row in rows
        ]
        return _record(TERMS, values, batch, actor, at, differs=TERMS.told)


def end_term(code: str, *, actor: Actor, at: datetime) -> None:
    """No invoice is read by this term any more; those that were keep their due dates.

    Refuses NOT_ALLOWED, TERM_UNKNOWN, TERM_ENDED. One ledger entry.
    """
    _require(actor, ())
    with transaction.atomic():
        found = PaymentTerm.objects.select_for_update().filter(code=code.strip().upper()).first()
        if found is None:
            raise Refused(AlmanacRefusal.TERM_UNKNOWN, term=code[:20])
        if found.ended_at is not None:
            raise Refused(AlmanacRefusal.TERM_ENDED, term=found.code)
        found.ended_at, found.entered_by, found.entered_at = at, actor.ref, at
        found.save(update_fields=["ended_at", *STAMP])
        fields = {"actor": actor.ref, "code": found.code, "rule": found.rule}
        append_one("term.ended", {}, fields, at=at)


def undo_batch(batch: ImportBatch, *, actor: Actor, at: datetime) -> int:
    """Take back what an import brought: its rows go, what it changed gets its old values.

    A step inside the undoing of the batch, whose entry it shares. Refuses NOT_ALLOWED, and
    CHANGED_BY_HAND where a row was entered anew since. Returns how many rows it touched.
    """
    if not actor.may("imports.undo"):
        raise Refused(AlmanacRefusal.NOT_ALLOWED, permission="imports.undo")
    touched = 0
    with transaction.atomic():
        for kind in (RATES, HOLIDAYS, TERMS):
            changes = changes_of(batch, kind.table)
            if changes:
                _restore(kind, changes, batch)
                touched += len(changes)
    return touched


def _require(actor: Actor, rows: Sequence[Any]) -> None:
    if not actor.may(PERMISSION):
        raise Refused(AlmanacRefusal.NOT_ALLOWED, permission=PERMISSION)
    if len(rows) > ROWS_MAX:
        raise Refused(AlmanacRefusal.TOO_MANY, most=ROWS_MAX)


def _require_good(
    rows: Sequence[Any],
    check: Callable[[Any], Refused | None],
    named: Callable[[Any], str],
    kind: _Kind,
) -> None:
    seen: set[Any] = set()
    for row in rows:
        if refused := check(row):
            raise refused
        key = tuple(getattr(row, name) for name in kind.key)
        if key in seen:
            raise Refused(AlmanacRefusal.REPEATED, what=named(row))
        seen.add(key)


def _lock(kind: _Kind) -> None:
    """One writer at a time, so that what we compare with is what we then change."""
    with connection.cursor() as cursor:
        cursor.execute(f"lock table {kind.table} in share row exclusive mode")


def _fields(row: Any, kind: _Kind) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*kind.key, *kind.told) if hasattr(row, name)}


def _record(
    kind: _Kind,
    values: list[dict[str, Any]],
    batch: ImportBatch | None,
    actor: Actor,
    at: datetime,
    *,
    differs: tuple[str, ...],
) -> Counts:
    """Insert what is new, change what differs, leave the rest; one entry by hand or of changes."""
    stamp = {"entered_by": actor.ref[:60], "entered_at": at}
    stored = _stored(kind, values)
    new, changed, before = [], [], []
    for told in values:
        row = stored.get(tuple(told[name] for name in kind.key))
        if row is None:
            new.append(kind.model(**told, **stamp))
        elif any(getattr(row, name) != told[name] for name in differs):
            before.append((row.pk, _values_of(row, kind)))
            for name, value in {**told, **stamp}.items():
                setattr(row, name, value)
            changed.append(row)
    kind.model.objects.bulk_create(new, batch_size=AT_ONCE)
    kind.model.objects.bulk_update(changed, [*kind.told, *STAMP], batch_size=AT_ONCE)
    if batch is not None:
        note_changes(batch, kind.table, [*((row.pk, None) for row in new), *before])
    if changed or (new and batch is None):
        _record_change(kind, new, changed, before, batch, actor, at)
    same = len(values) - len(new) - len(changed)
    return Counts(read=len(values), created=len(new), updated=len(changed), unchanged=same)


def _stored(kind: _Kind, values: list[dict[str, Any]]) -> dict[Any, Any]:
    narrowed = {f"{name}__in": {told[name] for told in values} for name in kind.key}
    rows = kind.model.objects.filter(**narrowed) if values else ()
    return {tuple(getattr(row, name) for name in kind.key): row for row in rows}


def _values_of(row: Any, kind: _Kind) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*kind.key, *kind.told, *STAMP)}


def _record_change(
    kind: _Kind,
    new: list[Any],
    changed: list[Any],
    before: list[tuple[int, dict[str, Any]]],
    batch: ImportBatch | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Who, how many, and for each changed row its key, what it said and what it says now."""
    told = [
        {"before": _plain(old), "after": _plain(_values_of(row, kind))}
        for row, (_, old) in zip(changed, before, strict=True)
    ]
    fields = {
        "actor": actor.ref,
        "batch": str(batch.pk) if batch else "",
        "changes": json.dumps(told[:IN_ENTRY_MAX], ensure_ascii=False),
        "created": json.dumps(
            [_plain(_values_of(row, kind)) for row in ([] if batch else new)[:IN_ENTRY_MAX]],
            ensure_ascii=False,
        ),
    }
    append_one(kind.entry, {"created": len(new), "changed": len(changed)}, fields, at=at)


def _plain(values: dict[str, Any]) -> dict[str, str]:
    """Without the stamp, as texts: a rate without zeros at its end, a day as 2026-11-20."""
    return {
        name: plain(value) if isinstance(value, Decimal) else str(value)
        for name, value in values.items()
        if name not in STAMP and value not in ("", None)
    }


def _restore(kind: _Kind, changes: list[Undo], batch: ImportBatch) -> None:
    _lock(kind)
    wrote_at = batch.finished_at or batch.started_at
    rows = {row.pk: row for row in kind.model.objects.filter(pk__in=[int(c.row) for c in changes])}
    edited = [row for row in rows.values() if row.entered_at > wrote_at]
    if edited:
        example = " ".join(str(getattr(edited[0], name)) for name in kind.key)
        told = {"batch": batch.pk, "count": len(edited), "example": example}
        raise Refused(AlmanacRefusal.CHANGED_BY_HAND, **told)
    created = [int(change.row) for change in changes if change.before is None]
    kind.model.objects.filter(pk__in=created).delete()
    old = []
    for change in changes:
        row = rows.get(int(change.row))
        if change.before is not None and row is not None:
            for name, value in change.before.items():
                setattr(row, name, kind.model._meta.get_field(name).to_python(value))
            old.append(row)
    kind.model.objects.bulk_update(old, [*kind.told, *STAMP], batch_size=AT_ONCE)
