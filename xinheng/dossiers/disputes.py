"""Conflict cases to decide on, and those decided: what each source said at the time.

An open case shows the facts that stand now; a decided one those that stood the instant before the
decision, so that a later reader sees what the person saw. Survivorship (most reliable, then newest)
only suggests. Who entered a fact can't choose it; that is said before anybody tries. Example: the
licence (A) says 8,000,000.00 CNY, 企查查 (B) 10,000,000.00: the licence is suggested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from msgspec import Struct

from xinheng.dossiers.credit_file import survivorship
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.waiting import Said, said_by, texts_of


class Side(Struct, frozen=True):
    """One fact of a case. `mine`: entered by the person who looks, who can't choose it; `kept`: it
    stayed in the file when the case was decided.
    """

    fact: Fact
    said: Said
    suggested: bool
    mine: bool
    chosen: bool
    kept: bool


def cases(user: Any, *, decided: bool) -> QuerySet[ConflictCase]:
    """Cases of the customers in sight, with them: those that wait, or those that were decided."""
    found = ConflictCase.objects.visible_to(user).filter(resolved_at__isnull=not decided)
    return found.select_related("customer", "resolved_by", "chosen")


def sides_of(found: Sequence[ConflictCase], user: Any) -> dict[int, list[Side]]:
    """What the sources of each case say, the suggested one first; by the case's number."""
    places = {(one.customer_id, one.field) for one in found}
    known = Fact.objects.filter(
        customer__in={customer for customer, _ in places},
        field__in={field for _, field in places},
        known_since__isnull=False,
    )
    facts: dict[tuple[int, str], list[Fact]] = defaultdict(list)
    for fact in sorted(known.select_related("customer"), key=survivorship):
        facts[fact.customer_id, fact.field].append(fact)
    stood = {
        one.pk: [fact for fact in facts[one.customer_id, one.field] if _stood(fact, one)]
        for one in found
    }
    texts = texts_of(fact for of_case in stood.values() for fact in of_case)
    return {
        one.pk: [
            _side(fact, one, user, texts, suggested=place == 0)
            for place, fact in enumerate(stood[one.pk])
        ]
        for one in found
    }


def _stood(fact: Fact, case: ConflictCase) -> bool:
    """Whether it stands now, or the instant before the case was decided."""
    if case.resolved_at is None:
        return fact.known_until is None
    began = fact.known_since is not None and fact.known_since < case.resolved_at
    return began and (fact.known_until is None or fact.known_until >= case.resolved_at)


def _side(
    fact: Fact, case: ConflictCase, user: Any, texts: Mapping[int, str | None], *, suggested: bool
) -> Side:
    return Side(
        fact,
        said_by(fact, texts),
        suggested,
        mine=fact.entered_person_id is not None
        and fact.entered_person_id == getattr(user, "pk", None),
        chosen=fact.pk == case.chosen_id,
        kept=fact.known_until is None or fact.known_until != case.resolved_at,
    )
