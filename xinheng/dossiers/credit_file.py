"""Reads of the credit file: as it stands, as it stood on any past day, and what waits.

Two times count. `known_at` asks what had been verified by then, `valid_on` which of it speaks of
that day. Example: on 1 March the file knew 10,000,000.00 CNY of capital; corrected on 5 March to
8,000,000.00, a view known at 2 March still shows ten million, and every view since shows eight.
Of several facts that agree the most reliable is shown, then the newest; where sources disagree this
order only suggests, and no value counts until a person has decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.fields import SECRET, catalogue, shown
from xinheng.dossiers.models import ConflictCase, Fact, FactEntry
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

FACTS_MAX: Final = 5_000
QUEUE_MAX: Final = 200
HISTORY_MAX: Final = 200


class SeenFact(Struct, frozen=True):
    """A fact as a reader sees it. `value` is None where it may not be shown (`masked`) or where the
    key that sealed it was destroyed. It says nothing of its end: that lies after the reading.
    """

    id: int
    field: str
    value: str | None
    masked: bool
    sealed: bool
    source: str
    reliability: str
    evidence: str
    legal_basis: str
    valid_from: date | None
    valid_until: date | None
    observed_on: date
    entered_by: str
    entered_at: datetime
    verified_by: int | None
    how: str | None
    confidence: int | None
    second_reviewer: int | None
    known_since: datetime | None


class Held(Struct, frozen=True):
    """One field of a file. state: held (`fact` is the answer), conflict (no answer; the first of
    `facts` is suggested), expired (none speaks of the day), absent.
    """

    field: str
    state: str
    fact: SeenFact | None
    facts: tuple[SeenFact, ...]
    waiting: int


class CreditFile(Struct, frozen=True):
    customer: str
    catalogue_version: int
    valid_on: date
    fields: tuple[Held, ...]


class QueueRow(Struct, frozen=True):
    """A fact that waits; `second`: critical, verified once, wants another reviewer."""

    customer: str
    fact: SeenFact
    critical: bool
    second: bool
    corrects: int | None
    reason: str


class HistoryRow(Struct, frozen=True):
    fact: SeenFact
    state: str  # waiting | verified | rejected | ended
    known_until: datetime | None
    corrects: int | None
    reason: str


def entries_of(
    fact_ids: Collection[int], *, known_at: datetime | None = None
) -> dict[int, list[UUID]]:
    """The ledger entries that prove what was done to facts the caller may see, oldest first."""
    rows = FactEntry.objects.filter(fact_id__in=fact_ids).order_by("pk")
    if known_at is not None:
        rows = rows.filter(at__lte=known_at)
    found: dict[int, list[UUID]] = defaultdict(list)
    for fact, entry in rows.values_list("fact_id", "entry_id"):
        found[fact].append(entry)
    return dict(found)


def file_as_of(
    user: Any,
    customer: Customer,
    *,
    valid_on: date,
    known_at: datetime | None = None,
    opened: Collection[str] | None = None,
) -> CreditFile:
    """The file as it was known at an instant (None: as it stands), about the day `valid_on`.

    Only of the fields `opened` are sealed values opened (None: of all); of others they are None.
    """
    mine = Fact.objects.visible_to(user).filter(customer=customer)
    cases = ConflictCase.objects.visible_to(user).filter(customer=customer)
    if known_at is None:
        # one statement for what stands and what waits: the page of a file asks it each time
        rows = mine.filter(
            Q(known_since__isnull=False) | Q(rejected_at__isnull=True), known_until__isnull=True
        )
        found = list(rows.order_by(F("known_since").asc(nulls_last=True))[:FACTS_MAX])
        known = [one for one in found if one.known_since is not None]
        waiting = [one.field for one in found if one.known_since is None]
        cases = cases.filter(resolved_at__isnull=True)
    else:
        known = list(mine.known_at(known_at)[:FACTS_MAX])
        undecided = (Q(known_since__isnull=True) | Q(known_since__gt=known_at)) & (
            Q(rejected_at__isnull=True) | Q(rejected_at__gt=known_at)
        )
        undecided_rows = mine.filter(undecided, entered_at__lte=known_at)
        waiting = list(undecided_rows.values_list("field", flat=True)[:FACTS_MAX])
        still_open = Q(resolved_at__isnull=True) | Q(resolved_at__gt=known_at)
        cases = cases.filter(still_open, opened_at__lte=known_at)
    disputed = set(cases.values_list("field", flat=True))
    return _file(user, customer, valid_on, known, waiting, disputed, opened)


def _file(
    user: Any,
    customer: Customer,
    valid_on: date,
    facts: list[Fact],
    waiting: list[str],
    disputed: set[str],
    opened: Collection[str] | None = None,
) -> CreditFile:
    asked = [
        one for one in facts if one.value_sealed is None or opened is None or one.field in opened
    ]
    values = values_of(customer.data_key_id, asked)
    by_field: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=survivorship):
        by_field[fact.field].append(fact)
    fields = []
    for code in catalogue().fields:
        mine = by_field.get(code, [])
        valid = [one for one in mine if speaks_of(one, valid_on)]
        state = _state(mine, valid, code in disputed)
        seen = tuple(_seen(one, values.get(one.pk), user) for one in valid or mine)
        first = seen[0] if state == "held" else None
        fields.append(Held(code, state, first, seen, waiting.count(code)))
    return CreditFile(customer.code, catalogue().version, valid_on, tuple(fields))


def _state(known: list[Fact], valid: list[Fact], disputed: bool) -> str:
    if not known:
        return "absent"
    if not valid:
        return "expired"
    return "conflict" if disputed else "held"


def history(
    user: Any, customer: Customer, field: str, *, known_at: datetime | None = None
) -> list[HistoryRow]:
    """Everything that was ever entered for a field, the newest first; as it was told at an instant,
    where one is given: what was rejected or ended later still waited or stood then.
    """
    rows = Fact.objects.visible_to(user).filter(customer=customer, field=field)
    if known_at is not None:
        rows = rows.filter(entered_at__lte=known_at)
    facts = list(rows.order_by("-entered_at", "-pk")[:HISTORY_MAX])
    values = values_of(customer.data_key_id, facts)
    return [_history_row(one, _seen(one, values[one.pk], user), known_at) for one in facts]


def _history_row(fact: Fact, seen: SeenFact, known_at: datetime | None) -> HistoryRow:
    def happened(instant: datetime | None) -> bool:
        return instant is not None and (known_at is None or instant <= known_at)

    state = "waiting"
    if happened(fact.rejected_at):
        state = "rejected"
    elif happened(fact.known_since):
        state = "ended" if happened(fact.known_until) else "verified"
    said = fact.reject_reason if state == "rejected" else fact.reason
    ended = fact.known_until if state == "ended" else None
    return HistoryRow(seen, state, ended, fact.corrects_id, said or fact.reason)


def verification_queue(user: Any, limit: int = QUEUE_MAX) -> list[QueueRow]:
    """What this person may verify: waiting facts in sight, not of their own entry or first check;
    the oldest first.
    """
    person = getattr(user, "pk", None)
    facts = Fact.objects.visible_to(user).waiting().select_related("customer")
    if person is not None:
        mine = Q(entered_person_id=person) | Q(verified_by_id=person)
        facts = facts.exclude(pk__in=Fact.objects.waiting().filter(mine).values("pk"))
    rows = list(facts.order_by("entered_at", "pk")[: min(limit, QUEUE_MAX)])
    by_key: dict[UUID, list[Fact]] = defaultdict(list)
    for one in rows:
        by_key[one.customer.data_key_id].append(one)
    values: dict[int, str | None] = {}
    for key_id, facts_of_one in by_key.items():
        values |= values_of(key_id, facts_of_one)
    return [
        QueueRow(
            one.customer.code,
            _seen(one, values[one.pk], user),
            one.critical,
            one.verified_by_id is not None,
            one.corrects_id,
            one.reason,
        )
        for one in rows
    ]


def open_conflicts(user: Any, limit: int = QUEUE_MAX) -> list[ConflictCase]:
    """Conflict cases that wait for a person, the oldest first."""
    cases = ConflictCase.objects.visible_to(user).select_related("customer")
    found = cases.filter(resolved_at__isnull=True).order_by("opened_at", "pk")
    return list(found[: min(limit, QUEUE_MAX)])


# --- What is true of a fact


def survivorship(fact: Fact) -> tuple[Any, ...]:
    """The order in which facts are shown: most reliable, then observed last, then known last."""
    since = fact.known_since.timestamp() if fact.known_since else 0
    return fact.reliability, -fact.observed_on.toordinal(), -since, -fact.pk


def speaks_of(fact: Fact, day: date) -> bool:
    return (fact.valid_from is None or fact.valid_from <= day) and (
        fact.valid_until is None or day <= fact.valid_until
    )


def overlap(one: Fact, other: Fact) -> bool:
    """Whether both speak of at least one day."""
    first = max(one.valid_from or date.min, other.valid_from or date.min)
    last = min(one.valid_until or date.max, other.valid_until or date.max)
    return first <= last


def place_of(customer_id: int, field: str) -> str:
    """The place a personal value is sealed for: this field of this customer, and nowhere else."""
    return f"dossiers_fact.value_sealed.{customer_id}.{field}"


def values_of(key_id: UUID, facts: Iterable[Fact]) -> dict[int, str | None]:
    """The JSON texts of one customer's facts; None where the key was destroyed."""
    facts = list(facts)
    keys = {}
    if any(one.value_sealed is not None for one in facts):
        keys = open_living_keys([key_id])
    values: dict[int, str | None] = {}
    for one in facts:
        if one.value_sealed is None:
            values[one.pk] = one.value
        elif key_id in keys:
            place = place_of(one.customer_id, one.field)
            values[one.pk] = open_sealed(keys[key_id], place, bytes(one.value_sealed)).decode()
        else:
            values[one.pk] = None
    return values


def _may_open(user: Any) -> bool:
    """Values of the secret class are for those who verify; the installation itself sees all."""
    may = getattr(user, "may", None)
    return may is None or bool(may("facts.verify"))


def _seen(fact: Fact, value: str | None, user: Any) -> SeenFact:
    masked = fact.secrecy >= SECRET and not _may_open(user)
    return SeenFact(
        fact.pk,
        fact.field,
        None if masked or value is None else shown(value),
        masked,
        fact.value_sealed is not None,
        fact.source,
        fact.reliability,
        fact.evidence,
        fact.legal_basis,
        fact.valid_from,
        fact.valid_until,
        fact.observed_on,
        fact.entered_by,
        fact.entered_at,
        fact.verified_by_id,
        fact.how,
        fact.confidence,
        fact.second_reviewer_id,
        fact.known_since,
    )


def in_state(file: CreditFile, states: Sequence[str]) -> list[Held]:
    """The fields of a file that are in one of these states (gaps: absent and expired)."""
    return [held for held in file.fields if held.state in states]
