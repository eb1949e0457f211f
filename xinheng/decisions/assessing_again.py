"""Again: a past assessment made once more from its record, compared byte for byte.

Everything that was read lies in the record; the versions of card, settings and limit methods never
change. So inputs, points, contributions, reasons, grade, methods and limit must come out as they
are stored. If one byte differs, the record or the row was changed or the rules no longer say what
they said, and the first place is named: `points: kept 612, again 611`. Whether the row is the one
that the ledger's entry committed to is asked too: all rows of the call make one Merkle root.

Assessments made before records were kept say so; a person's rating is told from its run, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from xinheng.credit.limit_method import Combined
from xinheng.decisions.assess import columns_of, leaf_hash, live_rules, rules_of
from xinheng.decisions.judging import Assessed, Rules, judge_one, read
from xinheng.decisions.models import Assessment
from xinheng.decisions.records import Record, Used, packed, said_bytes, unpacked
from xinheng.decisions.replaying import Difference, first_difference
from xinheng.ledger.queries import disclosure, is_erased
from xinheng.merkle.commitment import CommitmentError
from xinheng.merkle.tree import root_of

ROWS_MAX: Final = 20_000  # of one call; a larger one is not proved row by row
_COLUMNS: Final = (
    *("customer", "card", "currency", "points", "grade", "coverage_pct", "inputs"),
    *("contributions", "reasons", "unverified"),
)


class Again(NamedTuple):
    """How it ended. result: identical | different | no_record | by_expert.

    entry: committed (the ledger's entry covers this very row) | differs | unknown (none, erased, or
    too many rows). `combined`: every method's value with its inputs, from the record.
    """

    assessment_id: int
    result: str
    bytes: int
    difference: Difference | None
    entry: str
    record: Record | None
    combined: Combined | None


def again(made: Assessment, *, with_entry: bool = True) -> Again:
    """Judge one assessment again, found by a caller who may see it."""
    if made.by_expert:
        return Again(made.pk, "by_expert", 0, None, _entry(made, with_entry), None, None)
    if made.record is None:
        return Again(made.pk, "no_record", 0, None, "unknown", None, None)
    try:
        record = unpacked(made.record)
    except ValueError as error:
        broken = Difference("record", "", str(error))
        return Again(made.pk, "different", 0, broken, "unknown", None, None)
    rules = rules_of(record.read.used, record.read.base_currency)
    judged = judge_one(record.read, rules)
    kept, made_again = _kept(made, record), _recomputed(judged, record.read.used, rules)
    difference = first_difference(kept, made_again)
    return Again(
        made.pk,
        "different" if difference else "identical",
        len(kept),
        difference,
        _entry(made, with_entry),
        record,
        judged.combined,
    )


def _kept(made: Assessment, record: Record) -> bytes:
    """What is stored, in one canonical order."""
    row = {name: getattr(made, name) for name in _COLUMNS if name != "customer"}
    days = (made.as_of, made.valid_until)
    return _canonical(row | {"customer": made.customer_id}, days, record.read.used, record)


def _recomputed(one: Assessed, used: Used, rules: Rules) -> bytes:
    columns = dict(zip(_COLUMNS, columns_of(one, rules.card_name), strict=True))
    for name in ("inputs", "contributions", "reasons", "unverified"):
        columns[name] = msgspec.json.decode(columns[name])
    until = one.as_of + timedelta(days=rules.settings.rating_valid_days)
    said = Record(1, one.read, one.said)
    # The bodies of today's rows against the sum that the record named.
    return _canonical(columns, (one.as_of, until), rules.used, said)


def _canonical(
    columns: dict[str, Any], days: tuple[date, date], used: Used, record: Record
) -> bytes:
    told = {
        **columns,
        "as_of": days[0],
        "valid_until": days[1],
        "rules_sha256": used.sha256,
        "said": msgspec.Raw(said_bytes(record.said)),
    }
    return msgspec.json.encode(told, order="deterministic")


# --- The same file read again


def read_again(made: Assessment) -> bytes | None:
    """The record as it comes out when the file is read once more as it was known then; None where
    none was kept. Statements, facts, references and covers are known by instants; documents of the
    sales ledger by their own days only, so one that was brought in later with an earlier day shows.
    """
    if made.record is None:
        return None
    kept = unpacked(made.record).read
    rules = rules_of(kept.used, kept.base_currency)
    found = read([kept.customer], rules, kept.as_of, kept.known_at, kept.known_at)
    judged = judge_one(found[0], rules)
    return packed(judged.read, judged.said)


def record_as_of(customer_id: int, as_of: date, known_at: datetime) -> Record | None:
    """What an assessment by today's rules would have read and said on a past day."""
    found = read([customer_id], live_rules(), as_of, known_at, known_at)
    if not found:
        return None
    return unpacked(judge_one(found[0], live_rules()).record())


# --- The ledger's entry


def _entry(made: Assessment, wanted: bool) -> str:
    """Whether the entry of the call committed to this row and all beside it."""
    if not wanted or made.entry_id is None or is_erased(made.entry_id):
        return "unknown"
    rows = list(
        Assessment.objects.filter(entry_id=made.entry_id).order_by("customer_id")[: ROWS_MAX + 1]
    )
    if len(rows) > ROWS_MAX or any(row.record is None for row in rows):
        return "unknown"
    try:
        disclosure(made.entry_id, {"rows_root": rows_root(rows)})
    except (CommitmentError, ValueError):
        return "differs"
    return "committed"


def rows_root(rows: Sequence[Assessment]) -> str:
    """The root over stored rows, in order of customer, as `assess` made it."""
    return root_of([leaf_hash(_stored_leaf(row), bytes(row.record or b"")) for row in rows]).hex()


def _stored_leaf(row: Assessment) -> dict[str, Any]:
    return {
        "customer": row.customer_id,
        "as_of": row.as_of.isoformat(),
        "currency": row.currency,
        "points": row.points,
        "grade": row.grade,
        "inputs": row.inputs,
        "proposed_minor": unpacked(row.record or b"").said.limit_minor,
    }
