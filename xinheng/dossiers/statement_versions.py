"""Statements in versions: a changed period ends the old row and adds a new one, none is rewritten.

For actions.py (files) and statement_filing.py (persons), which authorise and record. Example: a
file of 2026-03-01 says sales of 2025 were 300.00, one of 2026-04-01 says 310.00: the first row is
known until April, the second since. Undoing the second file ends its row and adds the first one's
figures again as a third row that `restores` the first; what was read in April stays readable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Max, Q

from xinheng.credit.money import to_text
from xinheng.dossiers.balance import complete
from xinheng.dossiers.models import Statement
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_checks import check
from xinheng.dossiers.statement_templates import STANDARDS, template_for
from xinheng.refusals import Refused
from xinheng.texts import T

TABLE: Final = "dossiers_statement"
# What makes a version another one; who told it and when does not.
CONTENT: Final = ("months", "standard", "lines", "figures", "derived", "audit_opinion", "auditor")
_WHOSE: Final = ("customer_id", "period_end", "currency", "consolidated")
_TOLD: Final = (
    *("document_id", "source", "simulated", "entered_by", "entered_person_id"),
    *("verified_by_id", "verified_at", "how"),
)
FAULTS_TOLD: Final = 5
_TICK: Final = timedelta(microseconds=1)

Key = tuple[int, date, str, bool]


class Brought(NamedTuple):
    """New versions, each with what it ended, and how many said nothing new."""

    pairs: list[tuple[Statement, Statement | None]]
    unchanged: int


def lock_room() -> None:
    """One writer at a time, taken before customers' rows by every door alike."""
    with connection.cursor() as cursor:
        cursor.execute(f"lock table {TABLE} in share row exclusive mode")


def checked(row: StatementRow) -> Statement:
    """The row as a statement without customer and instant. Refuses INCOMPLETE, UNBALANCED, and for
    a standard MISSING_LINES, DOES_NOT_FOOT with every line that is off.
    """
    told = Statement(
        period_end=row.period_end,
        months=row.months,
        currency=row.currency,
        standard=row.standard,
        consolidated=row.consolidated,
        audit_opinion=row.audit_opinion,
        auditor=row.auditor.strip(),
        document_id=row.document_id,
        source=row.source,
        simulated=row.simulated,
    )
    if row.standard in STANDARDS:
        told.lines, told.figures, told.derived = _of_standard(row)
    else:
        told.figures, told.derived = _brief(row)
    return told


def names_of(row: StatementRow) -> dict[str, object]:
    return {"customer": row.customer_code, "period_end": row.period_end, "currency": row.currency}


def _brief(row: StatementRow) -> tuple[dict[str, int], list[str]]:
    done = complete(row.figures)
    if done is None:
        raise Refused(DossierRefusal.INCOMPLETE, **names_of(row))
    if done.difference_minor:
        difference = to_text(done.difference_minor, row.currency)
        raise Refused(DossierRefusal.UNBALANCED, **names_of(row), difference=difference)
    return done.figures, done.derived


def _of_standard(row: StatementRow) -> tuple[dict[str, int], dict[str, int], list[str]]:
    template = template_for(row.standard, row.lines)
    strange = sorted(set(row.lines) - set(template.by_code))
    if strange:
        raise Refused(DossierRefusal.UNKNOWN_LINE, lines=", ".join(strange), **names_of(row))
    done = check(template, row.lines, row.currency)
    if done.faults:
        zh = "；".join(fault.text.zh for fault in done.faults[:FAULTS_TOLD])
        en = "; ".join(fault.text.en for fault in done.faults[:FAULTS_TOLD])
        raise Refused(DossierRefusal.DOES_NOT_FOOT, **names_of(row), zh=zh, en=en)
    if done.missing:
        names = [template.by_code[code].name for code in done.missing]
        lines = T("、".join(name.zh for name in names), ", ".join(name.en for name in names))
        raise Refused(DossierRefusal.MISSING_LINES, **names_of(row), zh=lines.zh, en=lines.en)
    # market value and the like stand in no statement; a file may tell them beside its lines
    return done.lines, row.figures | done.figures, done.derived


# --- Bringing in


def bring_in(wanted: Sequence[Statement], at: datetime) -> Brought:
    """Add what says something new and end what it succeeds. The caller holds the room's lock."""
    customers = {statement.customer_id for statement in wanted}
    known, stamps = standing(customers), stamps_of(customers, at)
    pairs: list[tuple[Statement, Statement | None]] = []
    for statement in wanted:
        old = known.get(key_of(statement))
        if old is not None and says_the_same(old, statement):
            continue
        statement.known_since = stamps[statement.customer_id]
        pairs.append((statement, old))
    end([old for _, old in pairs if old is not None], stamps)
    Statement.objects.bulk_create([new for new, _ in pairs], batch_size=2_000)
    return Brought(pairs, len(wanted) - len(pairs))


def key_of(statement: Statement) -> Key:
    whose = statement.customer_id, statement.period_end, statement.currency
    return (*whose, statement.consolidated)


def standing(customers: Iterable[int]) -> dict[Key, Statement]:
    """What stands now, by customer, period, currency and scope."""
    found = Statement.objects.filter(customer_id__in=list(customers), known_until__isnull=True)
    return {key_of(statement): statement for statement in found.order_by("pk")}


def says_the_same(old: Statement, new: Statement) -> bool:
    """Whether the new one tells nothing else: the same contents, or a few figures that agree with a
    whole statement.
    """
    if all(getattr(old, name) == getattr(new, name) for name in CONTENT):
        return True
    part = new.standard == "brief" and old.standard != "brief" and not new.audit_opinion
    return part and new.figures.items() <= old.figures.items()


def stamps_of(customers: Iterable[int], at: datetime) -> dict[int, datetime]:
    """The instant of a change to each customer's statements: `at`, or a tick after the newest."""
    ids = list(customers)
    stamps = dict.fromkeys(ids, at)
    newest = (
        Statement.objects.filter(customer_id__in=ids)
        .order_by()
        .values("customer_id")
        .annotate(since=Max("known_since"), until=Max("known_until"))
    )
    for row in newest:
        last = max(instant for instant in (row["since"], row["until"]) if instant is not None)
        if last >= at:
            stamps[row["customer_id"]] = last + _TICK
    return stamps


def end(rows: Iterable[Statement], stamps: Mapping[int, datetime]) -> None:
    """They are known no longer; what they say stays."""
    by_stamp: dict[datetime, list[int]] = defaultdict(list)
    for row in rows:
        by_stamp[stamps[row.customer_id]].append(row.pk)
    for stamp, ids in by_stamp.items():
        Statement.objects.filter(pk__in=ids).update(known_until=stamp)


# --- Taking back


def take_back(brought: Sequence[int], ended: Sequence[int], gone: set[int], at: datetime) -> None:
    """End what a file brought, as far as it still stands, and let what it had ended stand again as
    new versions. `gone` are rows of files that have been taken back themselves.
    """
    now = Statement.objects.filter(
        Q(pk__in=brought) | Q(restores__in=brought), known_until__isnull=True
    )
    stand = {key_of(statement): statement for statement in now}
    stamps = stamps_of({statement.customer_id for statement in stand.values()}, at)
    end(stand.values(), stamps)
    again = []
    for old in Statement.objects.filter(pk__in=ended):
        if key_of(old) in stand and _root(old) not in gone:
            again.append(_copy(old, stamps[old.customer_id]))
    Statement.objects.bulk_create(again, batch_size=2_000)


def roots_of(rows: Sequence[int]) -> set[int]:
    """The first version of each: what an earlier undoing brought back counts as the original."""
    return {_root(row) for row in Statement.objects.filter(pk__in=rows)}


def _root(row: Statement) -> int:
    return int(row.restores_id or row.pk)


def _copy(old: Statement, at: datetime) -> Statement:
    values: dict[str, Any] = {name: getattr(old, name) for name in (*_WHOSE, *CONTENT, *_TOLD)}
    return Statement(**values, restores_id=_root(old), known_since=at)
