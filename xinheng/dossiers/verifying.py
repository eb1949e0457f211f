"""Many waiting facts verified at once, exactly as one after the other in the order of their ids.

The same laws hold as in facts.verify_fact: nobody verifies what they entered or checked first, a
critical field wants a second reviewer, a newer fact of a source ends the older one, sources that
disagree open a case. What this person can't verify is counted and left waiting. It is reckoned in
memory and written as sets: 100,000 facts in two updates. Example: 1,000 facts of a file of which 40
are critical: 960 stand now, 40 wait for somebody else to press the same button.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from msgspec import Struct

from xinheng.dossiers.credit_file import place_of
from xinheng.dossiers.fact_import import Stamps
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

VERIFY: Final = "facts.verify"
FACTS_MAX: Final = 200_000


class Verified(Struct, frozen=True, kw_only=True):
    """`verified`: in the file now; `checked`: critical, wait for a second reviewer; `own`: entered
    or checked first by this person; `gone`: not waiting, or out of sight; `conflicts`: opened.
    """

    verified: int = 0
    checked: int = 0
    own: int = 0
    gone: int = 0
    conflicts: int = 0


class _One(Struct):
    """A fact while it is reckoned with; what is set here is what will be written."""

    id: int
    customer: int
    field: str
    source: str
    value: str | None
    sealed: bytes | None
    valid_from: date | None
    valid_until: date | None
    critical: bool
    entered_person: int | None
    first: int | None
    known_since: datetime | None = None
    known_until: datetime | None = None
    checked: bool = False  # by this person, in this action
    seconded: bool = False


class _Case(NamedTuple):
    customer: int
    field: str
    opened_at: datetime
    fact: int


def verify_facts(
    fact_ids: Collection[int], how: str, confidence: int, *, actor: Actor, at: datetime
) -> Verified:
    """Verify many waiting facts, in the order of their ids; one ledger entry over all of them.

    Refuses FACTS_NOT_ALLOWED, NEEDS_PERSON, BAD_CHECK, TOO_MANY_FACTS.
    """
    ids = sorted(set(fact_ids))
    return _verify(Q(pk__in=_listed(ids)), len(ids), how, confidence, actor, at)


def verify_batch(
    batch_id: int, how: str, confidence: int, *, actor: Actor, at: datetime
) -> Verified:
    """Verify what an import brought and still waits. Refuses as `verify_facts`."""
    return _verify(Q(batch_id=batch_id), None, how, confidence, actor, at)


def _listed(ids: Collection[int]) -> RawSQL:
    """Ids as one parameter: 100,000 placeholders are more than a statement takes."""
    return RawSQL("select json_array_elements_text(%s::json)::bigint", [json.dumps(list(ids))])


def _verify(
    which: Q, asked: int | None, how: str, confidence: int, actor: Actor, at: datetime
) -> Verified:
    if not actor.may(VERIFY):
        raise Refused(DossierRefusal.FACTS_NOT_ALLOWED, permission=VERIFY)
    person = actor.person_id
    if person is None:
        raise Refused(DossierRefusal.NEEDS_PERSON)
    if how not in Fact.HOW or not 0 <= confidence <= 100:
        raise Refused(DossierRefusal.BAD_CHECK, hows=", ".join(Fact.HOW))
    if asked is not None and asked > FACTS_MAX:
        raise Refused(DossierRefusal.TOO_MANY_FACTS, limit=FACTS_MAX)
    with transaction.atomic():
        keys = _locked(which, actor)
        waiting = _waiting(which, keys)
        if len(waiting) > FACTS_MAX:
            raise Refused(DossierRefusal.TOO_MANY_FACTS, limit=FACTS_MAX)
        file = _File(waiting, keys, at)
        counts = file.verify(waiting, person)
        counts = msgspec.structs.replace(counts, gone=(asked or len(waiting)) - len(waiting))
        if counts.verified or counts.checked:
            file.write(person, how, confidence)
            _record(file, counts, how, confidence, actor, at)
    return counts


# --- Reading


def _locked(which: Q, actor: Actor) -> dict[int, UUID]:
    """The customers of these waiting facts within sight, locked in the order of their ids; their
    data keys.
    """
    rows = Fact.objects.waiting().filter(which).values_list("customer_id", flat=True).distinct()
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, data_key_id, business_unit_id from customers_customer"
            " where id in (select json_array_elements_text(%s::json)::bigint)"
            " order by id for no key update",
            [json.dumps(sorted(rows))],
        )
        return {pk: key for pk, key, unit in cursor.fetchall() if actor.reaches(unit)}


_NAMES: Final = (
    *("id", "customer_id", "field", "source", "value", "value_sealed", "valid_from"),
    *("valid_until", "critical", "entered_person_id", "verified_by_id", "known_since"),
)


def _waiting(which: Q, keys: dict[int, UUID]) -> list[_One]:
    """Read after the lock: nobody else verifies or rejects them now."""
    rows = Fact.objects.waiting().filter(which).order_by("pk").values_list(*_NAMES)
    return [_One(*row) for row in rows[: FACTS_MAX + 1].iterator(10_000) if row[1] in keys]


_STANDING: Final = """
select id, customer_id, field, source, value, value_sealed, valid_from, valid_until, critical,
  entered_person_id, verified_by_id, known_since
from dossiers_fact where known_since is not null and known_until is null
  and customer_id in (select json_array_elements_text(%s::json)::bigint) and field = any(%s)
order by id
"""


class _File:
    """The files of these customers while facts come in: what stands, which cases are open."""

    def __init__(self, waiting: list[_One], keys: dict[int, UUID], at: datetime) -> None:
        self._at, self._keys = at, keys
        self._opened: dict[int, str | None] = {}
        self._living: dict[UUID, Any] | None = None
        customers = sorted({one.customer for one in waiting})
        self._stamps = Stamps(customers, at)
        self._standing: dict[tuple[int, str], list[_One]] = defaultdict(list)
        with connection.cursor() as cursor:
            fields = sorted({one.field for one in waiting})
            cursor.execute(_STANDING, [json.dumps(customers), fields])
            for row in cursor.fetchall():
                self._standing[row[1], row[2]].append(_One(*row))
        cases = ConflictCase.objects.filter(
            resolved_at__isnull=True, customer_id__in=_listed(customers)
        )
        self._open = set(cases.values_list("customer_id", "field"))
        self.seen: list[_One] = []  # checked or verified here
        self.ended: list[_One] = []
        self.cases: list[_Case] = []

    def verify(self, waiting: list[_One], person: int) -> Verified:
        verified = checked = own = 0
        for one in waiting:
            if person in (one.entered_person, one.first):
                own += 1
                continue
            self.seen.append(one)
            one.checked, one.seconded = one.first is None, one.first is not None
            if one.checked and one.critical:
                checked += 1
                continue
            self._bring_in(one)
            verified += 1
        return Verified(verified=verified, checked=checked, own=own, conflicts=len(self.cases))

    def _bring_in(self, one: _One) -> None:
        """As facts._bring_in: known from now on, its predecessor no longer, a case if need be."""
        key = (one.customer, one.field)
        stamp = self._stamps.next(one.customer)
        standing = self._standing[key]
        others = [other for other in standing if other.source != one.source]
        for older in standing:
            if older.source == one.source:
                older.known_until = stamp
                self.ended.append(older)
        one.known_since = stamp
        self._standing[key] = [*others, one]
        if key not in self._open and any(self._disagree(one, other) for other in others):
            self._open.add(key)
            self.cases.append(_Case(one.customer, one.field, stamp, one.id))

    def _disagree(self, one: _One, other: _One) -> bool:
        first = max(one.valid_from or date.min, other.valid_from or date.min)
        last = min(one.valid_until or date.max, other.valid_until or date.max)
        return first <= last and self._value(one) != self._value(other)

    def _value(self, one: _One) -> str | None:
        if one.sealed is None:
            return one.value
        if one.id not in self._opened:
            if self._living is None:  # only where personal values must be compared
                self._living = open_living_keys(self._keys.values())
            key = self._living.get(self._keys[one.customer])
            place = place_of(one.customer, one.field)
            text = None if key is None else open_sealed(key, place, bytes(one.sealed)).decode()
            self._opened[one.id] = text
        return self._opened[one.id]

    # --- Writing

    def write(self, person: int, how: str, confidence: int) -> None:
        """Predecessors end before successors stand: one fact per source stands at any moment."""
        given = {"person": person, "at": self._at, "how": how, "confidence": confidence}
        coming_and_going = [one for one in self.seen if one.known_until is not None]
        before = [one for one in self.ended if not (one.checked or one.seconded)]
        with connection.cursor() as cursor:
            for some in (
                [*before, *coming_and_going],
                [one for one in self.seen if one.known_until is None],
            ):
                _stage(cursor, some)
                cursor.execute(_UPDATE, given)
            ConflictCase.objects.bulk_create(
                ConflictCase(
                    customer_id=case.customer,
                    field=case.field,
                    opened_at=case.opened_at,
                    opened_by_fact_id=case.fact,
                )
                for case in self.cases
            )


_STAGE: Final = """
create temp table if not exists dossiers_verifying (
  id bigint, checked boolean, seconded boolean, known_since timestamptz, known_until timestamptz
) on commit drop
"""
_UPDATE: Final = """
update dossiers_fact f set
  verified_by_id = case when v.checked then %(person)s else f.verified_by_id end,
  verified_at = case when v.checked then %(at)s else f.verified_at end,
  how = case when v.checked then %(how)s else f.how end,
  confidence = case when v.checked then %(confidence)s else f.confidence end,
  second_reviewer_id = case when v.seconded then %(person)s else f.second_reviewer_id end,
  seconded_at = case when v.seconded then %(at)s else f.seconded_at end,
  known_since = v.known_since, known_until = v.known_until
from dossiers_verifying v where v.id = f.id
"""


def _stage(cursor: Any, some: list[_One]) -> None:
    cursor.execute(_STAGE)
    cursor.execute("truncate dossiers_verifying")
    names = "id, checked, seconded, known_since, known_until"
    with cursor.copy(f"copy dossiers_verifying ({names}) from stdin") as copy:
        for one in some:
            copy.write_row((one.id, one.checked, one.seconded, one.known_since, one.known_until))
    cursor.execute("analyze dossiers_verifying")


def _record(
    file: _File, counts: Verified, how: str, confidence: int, actor: Actor, at: datetime
) -> None:
    """One entry over the Merkle root of the facts; a personal value is told by its sealed bytes."""
    encode = msgspec.json.Encoder(order="deterministic").encode
    root = root_of([hash_leaf(encode(_row(one))) for one in file.seen])
    fields = {
        "actor": actor.ref,
        "how": how,
        "confidence": str(confidence),
        "rows_root": root.hex(),
    }
    clear = msgspec.structs.asdict(counts)
    with connection.cursor() as cursor:
        entry = NewEntry("facts.verified", clear, fields, system_key(at=at))
        (entry_id,) = append([entry], at=at, cursor=cursor)
        cursor.execute(_PROVE, [str(entry_id), at, json.dumps([one.id for one in file.seen])])


_PROVE: Final = """
insert into dossiers_factentry (fact_id, kind, entry_id, at)
select f.id::bigint, 'facts.verified', %s::uuid, %s::timestamptz
from json_array_elements_text(%s::json) as f(id)
"""


def _row(one: _One) -> tuple[Any, ...]:
    sealed = None if one.sealed is None else bytes(one.sealed)
    stood = None if one.known_since is None else one.known_since.isoformat()
    return one.id, one.customer, one.field, one.source, one.value, sealed, stood
