"""Conflict cases to decide on, and those decided: what each source said at the time.

An open case shows the facts that stand now; a decided one those that stood the instant before the
decision, so that a later reader sees what the person saw. Survivorship (most reliable, then newest)
only suggests. Who entered a fact can't choose it; that is said before anybody tries. Example: the
licence (A) says 8,000,000.00 CNY, 企查查 (B) 10,000,000.00: the licence is suggested.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from msgspec import Struct

from xinheng.dossiers.credit_file import survivorship
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.waiting import Said, said_by, texts_of

_TICK: Final = timedelta(microseconds=1)


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


def sides(case: ConflictCase, user: Any) -> list[Side]:
    """What the sources of a case say, the suggested one first."""
    facts = Fact.objects.filter(customer=case.customer_id, field=case.field)
    if case.resolved_at is None:
        facts = facts.current()
    else:
        facts = facts.known_at(case.resolved_at - _TICK)
    rows = sorted(facts.select_related("customer", "verified_by"), key=survivorship)
    texts = texts_of(rows)
    return [
        Side(
            one,
            said_by(one, texts),
            suggested=place == 0,
            mine=one.entered_person_id is not None and one.entered_person_id == user.pk,
            chosen=one.pk == case.chosen_id,
            kept=one.known_until is None or one.known_until != case.resolved_at,
        )
        for place, one in enumerate(rows)
    ]
