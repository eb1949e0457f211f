"""The file of a company that two or more records turned out to be: read together, kept apart.

A merge moves no fact. The survivor's file is read with those of the records merged into it, each
fact with the code of the record that holds it; where records disagree about the same days, the
field is in conflict until a person corrects one of them. Taken apart again, each record reads as it
did. Which records are one is today's knowledge; a past view shows what each of them knew then.
Example: C-2 merged into C-1; the capital of C-2 fills a gap of C-1 and says that it comes from C-2.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import CreditFile, Held, SeenFact, file_as_of
from xinheng.people.queries import WholeBook

ALIASES_MAX: Final = 20


class Traced(Struct, frozen=True):
    """A fact and the code of the record that holds it."""

    customer: str
    fact: SeenFact


class UnitedField(Struct, frozen=True):
    """state as in a file: held (`facts[0]` is the answer), conflict, expired or absent."""

    field: str
    state: str
    facts: tuple[Traced, ...]
    waiting: int


class United(Struct, frozen=True):
    """`own`: the survivor's file alone; `aliases`: codes of the records read with it."""

    own: CreditFile
    aliases: tuple[str, ...]
    fields: tuple[UnitedField, ...]


class WholeFile(Struct, frozen=True):
    """A file to be read; `records`: of facts that a merged record holds, its code by the fact's
    number; `aliases`: the records read with it.
    """

    file: CreditFile
    records: Mapping[int, str]
    aliases: tuple[str, ...]


def with_lineage(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Customers who know, by the statement that finds them, whether anything was merged into them
    (`has_aliases`): reading a file that stands alone costs nothing more.
    """
    return rows.annotate(has_aliases=Exists(Customer.objects.filter(merged_into=OuterRef("pk"))))


def records_of(user: Any, customer: Customer) -> list[Customer]:
    """The customer and the records merged into it, as far as this user sees them."""
    if not getattr(customer, "has_aliases", True):
        return [customer]
    aliases = aliases_of(customer)
    seen = set(
        Customer.objects.visible_to(user)
        .filter(pk__in=[one.pk for one in aliases])
        .values_list("pk", flat=True)
    )
    return [customer, *(one for one in aliases if one.pk in seen)]


def whole_file(
    user: Any,
    customer: Customer,
    *,
    valid_on: date,
    known_at: datetime | None = None,
    opened: Collection[str] | None = None,
) -> WholeFile:
    """The file as a page, a key or a measure reads it: united where something was merged into it,
    else its own and nothing besides.
    """
    told: dict[str, Any] = {"valid_on": valid_on, "known_at": known_at, "opened": opened}
    records = records_of(user, customer)
    if len(records) == 1:
        return WholeFile(file_as_of(user, customer, **told), {}, ())
    one = _united(user, records, told)
    fields = tuple(
        Held(
            held.field,
            held.state,
            held.facts[0].fact if held.state == "held" else None,
            tuple(traced.fact for traced in held.facts),
            held.waiting,
        )
        for held in one.fields
    )
    own = customer.code
    holders = [traced for held in one.fields for traced in held.facts if traced.customer != own]
    return WholeFile(
        CreditFile(own, one.own.catalogue_version, valid_on, fields),
        {traced.fact.id: traced.customer for traced in holders},
        one.aliases,
    )


def aliases_of(customer: Customer) -> list[Customer]:
    """The records merged into this one, directly or by way of another, in the order of codes."""
    found: list[Customer] = []
    level = [customer.pk]
    while level and len(found) < ALIASES_MAX:
        rows = Customer.objects.filter(merged_into__in=level).order_by("code")
        below = list(rows[: ALIASES_MAX - len(found)])
        found += below
        level = [one.pk for one in below]
    return sorted(found, key=lambda one: one.code)


def united_file(
    user: Any, customer: Customer, *, valid_on: date, known_at: datetime | None = None
) -> United:
    """The file of a company over all its records that this user may see."""
    told: dict[str, Any] = {"valid_on": valid_on, "known_at": known_at, "opened": None}
    return _united(user, records_of(user, customer), told)


def _united(user: Any, records: list[Customer], told: dict[str, Any]) -> United:
    files = [file_as_of(user, one, **told) for one in records]
    # What a reader may not see is compared all the same: masked values may disagree too.
    whole = told | {"opened": None}
    plain = [file_as_of(WholeBook(), one, **whole) for one in records] if records[1:] else files
    fields = []
    for place, held in enumerate(files[0].fields):
        parts = [(one.code, file.fields[place]) for one, file in zip(records, files, strict=True)]
        state = _state([file.fields[place] for file in plain])
        facts = [Traced(code, fact) for code, part in parts for fact in part.facts]
        waiting = sum(part.waiting for _, part in parts)
        fields.append(UnitedField(held.field, state, _ordered(facts, parts), waiting))
    return United(files[0], tuple(one.code for one in records[1:]), tuple(fields))


def _ordered(facts: list[Traced], parts: list[tuple[str, Held]]) -> tuple[Traced, ...]:
    """The most reliable first, then the newest; what speaks of the day before what does not."""
    speaks = {code for code, part in parts if part.state in ("held", "conflict")}
    facts = [one for one in facts if one.customer in speaks] or facts
    return tuple(
        sorted(
            facts,
            key=lambda one: (
                one.fact.reliability,
                -one.fact.observed_on.toordinal(),
                -(one.fact.known_since.timestamp() if one.fact.known_since else 0),
                -one.fact.id,
            ),
        )
    )


def _state(parts: list[Held]) -> str:
    """A field of several records; records that disagree about the same days are in conflict."""
    states = {part.state for part in parts}
    if "conflict" in states:
        return "conflict"
    if "held" not in states:
        return "expired" if "expired" in states else "absent"
    told = [part.facts for part in parts if part.state == "held"]
    for place, mine in enumerate(told):
        for theirs in told[place + 1 :]:
            if any(_disagree(one, other) for one in mine for other in theirs):
                return "conflict"
    return "held"


def _disagree(one: SeenFact, other: SeenFact) -> bool:
    first = max(one.valid_from or date.min, other.valid_from or date.min)
    last = min(one.valid_until or date.max, other.valid_until or date.max)
    return first <= last and one.value != other.value
