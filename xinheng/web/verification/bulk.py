"""Many facts at once: choose, see what would come of it, one answer for all, see what happened.

The summary foretells by the rule that the act follows, one fact after the other, and the form
carries its seal: where something changed meanwhile the summary is shown again instead. The result
has an address of its own; what was refused is kept in the session, because nothing else remembers
a thing that did not happen. Example: 12 chosen, 9 enter the file, 2 wait for a second person, 1
would open a conflict case.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.http import Http404, HttpRequest

from xinheng.dossiers import facts, waiting
from xinheng.dossiers.models import Fact
from xinheng.dossiers.verifying import verify_facts
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.holds.bulk import instant_of
from xinheng.web.verification import reading
from xinheng.web.verification.forms import Typed
from xinheng.web.verification.reading import WOULD, Row

AT_ONCE_MAX: Final = 200
KEPT_RESULTS: Final = 3
SESSION: Final = "facts-done"
GONE: Final = T("在此期间已由他人处理。", "Somebody else has dealt with it meanwhile.")
VERBS: Final = {
    "verify": (T("核验", "Verify"), T("将核验", "would be verified")),
    "reject": (T("退回", "Turn down"), T("将退回", "would be turned down")),
}


@dataclass(frozen=True)
class Selection:
    """What a person is about to decide on, and what would come of each."""

    verb: str
    rows: list[Row]  # what the person may decide, by number
    refused: list[Row]  # of their own entry or first check
    would: dict[int, str]
    gone: int  # chosen, but no longer waiting or out of sight

    @cached_property
    def lines(self) -> list[tuple[Row, tuple[T, str]]]:
        return [(row, WOULD[self.would[row.fact.pk]]) for row in self.rows]

    @property
    def totals(self) -> list[tuple[T, str, int]]:
        """(words, colour, how many) of what would come of it."""
        numbers = Counter(self.would.values())
        return [(*WOULD[word], numbers[word]) for word in WOULD if numbers[word]]

    @property
    def files(self) -> int:
        return len({row.fact.customer_id for row in self.rows})

    @property
    def asks_how(self) -> bool:
        """Of second reviews alone nothing is asked."""
        return any(row.fact.verified_by_id is None for row in self.rows)

    @property
    def seal(self) -> str:
        """Another outcome for any of them, another seal."""
        told = ",".join(f"{pk}:{word}" for pk, word in sorted(self.would.items()))
        return hashlib.sha256(f"{self.verb}:{told}".encode()).hexdigest()[:24]

    @property
    def verb_words(self) -> tuple[T, T]:
        return VERBS[self.verb]


def selection_of(request: HttpRequest, at: datetime) -> Selection:
    """The facts that a form names, as far as they wait and the person sees them."""
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        raise Http404("no such verb")
    picks = _ids(request.POST.getlist("pick"))
    found = Fact.objects.visible_to(request.user).waiting().filter(pk__in=picks)
    rows = reading.rows_of(
        list(found.select_related("customer").order_by("pk")), request.user, at=at
    )
    free = [row for row in rows if row.free or verb == "reject"]
    return Selection(
        verb,
        free,
        [row for row in rows if row not in free],
        waiting.foresee([row.fact for row in free]) if verb == "verify" else {},
        len(picks) - len(rows),
    )


def _ids(texts: Sequence[str]) -> list[int]:
    """Numbers of facts, each once."""
    fine = (text for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
    return list(dict.fromkeys(int(text) for text in fine))[:AT_ONCE_MAX]


@dataclass(frozen=True)
class Done:
    """What became of one fact: a word of DONE, or why it was refused."""

    fact: int
    became: str
    refused: T | None = None


def carry_out(
    request: HttpRequest, selection: Selection, typed: Typed, *, actor: Actor, at: datetime
) -> list[Done]:
    """Verify them all in one action; turn down one by one, where a refusal stops none of the
    others.
    """
    ids = [row.fact.pk for row in selection.rows]
    if selection.verb == "reject":
        return [_rejected(pk, typed.reason, actor, at) for pk in ids]
    how = typed.how or Fact.HOW[0]  # of second reviews alone nothing was asked: theirs stand
    verify_facts(ids, how, typed.confidence, actor=actor, at=at)
    found = Fact.objects.visible_to(request.user).in_bulk(ids)
    return [_verified(found[pk], actor.person()) for pk in ids if pk in found]


def _rejected(fact_id: int, reason: str, actor: Actor, at: datetime) -> Done:
    try:
        facts.reject_fact(fact_id, reason, actor=actor, at=at)
    except Refused as refused:
        return Done(fact_id, "refused", refused.text)
    return Done(fact_id, "rejected")


def _verified(fact: Fact, person: int) -> Done:
    """What the action made of it; somebody may have been faster."""
    if fact.known_since is not None:
        return Done(fact.pk, "stands")
    if fact.rejected_at is None and fact.verified_by_id == person:
        return Done(fact.pk, "second")
    return Done(fact.pk, "refused", GONE)


# --- What happened


def keep_result(request: HttpRequest, stamp: int, verb: str, told: Sequence[Done]) -> None:
    """Remember what was done and what was refused, for the page that follows."""
    results = request.session.get(SESSION, {})
    refused = [[one.fact, one.refused.zh, one.refused.en] for one in told if one.refused]
    done = {str(one.fact): one.became for one in told if one.refused is None}
    results[str(stamp)] = {"verb": verb, "done": done, "refused": refused}
    newest = sorted(results, key=int)[-KEPT_RESULTS:]
    request.session[SESSION] = {key: results[key] for key in newest}


@dataclass(frozen=True)
class Result:
    """What one bulk judgement did."""

    verb: str
    done: list[tuple[Row, str]]
    refused: list[tuple[int, T]]

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """How many became what."""
        return sorted(Counter(became for _, became in self.done).items())


def result_of(request: HttpRequest, stamp: int, at: datetime) -> Result:
    """The result kept in this session under its instant."""
    instant_of(stamp)
    kept: dict[str, Any] | None = request.session.get(SESSION, {}).get(str(stamp))
    if kept is None:
        raise Http404("no such result")
    found = Fact.objects.visible_to(request.user).filter(pk__in=[int(pk) for pk in kept["done"]])
    facts_done = list(found.select_related("customer").order_by("customer__code", "field", "pk"))
    rows = reading.rows_of(facts_done, request.user, at=at)
    refused = [(pk, T(zh, en)) for pk, zh, en in kept["refused"]]
    return Result(kept["verb"], [(row, kept["done"][str(row.fact.pk)]) for row in rows], refused)
