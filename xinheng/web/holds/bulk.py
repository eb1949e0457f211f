"""Many holds at once: choose, see what would happen, one reason, see what happened.

The summary comes from the same rules as the act itself (`judge_releases` does it and takes it
back), and the form carries its seal: if what would be released has changed meanwhile, the summary
is shown again instead. The result has an address of its own; what was refused is kept in the
session, because nothing else remembers a thing that did not happen. Example: 12 chosen, 9 would be
released for 1,230,000.00 CNY, 2 are above one's authority, 1 is one's own.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest

from xinheng.decisions.models import Hold
from xinheng.decisions.releasing import AT_ONCE_MAX, Done, judge_releases
from xinheng.decisions.waiting import waiting, with_after
from xinheng.limits.models import CreditLine
from xinheng.people.actor import Actor
from xinheng.texts import T
from xinheng.web.holds.words import name_of

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
STAMP_MAX: Final = 10**16  # microseconds: the year 2286
KEPT_RESULTS: Final = 3
VERBS: Final = {
    "release": (T("放行", "Release"), T("将放行", "would be released")),
    "reject": (T("拒绝", "Reject"), T("将拒绝", "would be rejected")),
    "keep": (T("保留", "Keep held"), T("将由人保留", "would be kept by hand")),
}


@dataclass(frozen=True)
class Family:
    """A group (or a customer that stands alone): its use now and after the release."""

    name: T
    code: str
    currency: str
    used_minor: int
    adds_minor: int
    count: int

    @property
    def after_minor(self) -> int:
        return self.used_minor + self.adds_minor


@dataclass(frozen=True)
class Selection:
    """What a person is about to decide on, and what would come of it."""

    verb: str
    holds: list[Any]
    told: list[Done]
    gone: int  # chosen, but no longer waiting or out of sight

    @cached_property
    def _by_id(self) -> dict[UUID, Any]:
        return {hold.pk: hold for hold in self.holds}

    @cached_property
    def allowed(self) -> list[tuple[Any, Done]]:
        rows = [(self._by_id[one.decision_id], one) for one in self.told if one.refused is None]
        return sorted(rows, key=_largest_first)

    @cached_property
    def refused(self) -> list[tuple[Any, Done]]:
        return [(self._by_id[one.decision_id], one) for one in self.told if one.refused is not None]

    @property
    def totals(self) -> list[tuple[str, int, int]]:
        """(currency, holds, amount) of what would be done; currencies are never added."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for hold, _ in self.allowed:
            sums[hold.decision.currency][0] += 1
            sums[hold.decision.currency][1] += hold.decision.amount_minor
        return [(code, count, minor) for code, (count, minor) in sorted(sums.items())]

    @property
    def special(self) -> int:
        """How many of them pass a limit and need a special approval."""
        return sum(one.excess_minor > 0 for _, one in self.allowed)

    @property
    def seal(self) -> str:
        """Another outcome for any of them, another seal."""
        told = ",".join(f"{one.decision_id}:{one.refused is None}" for one in self.told)
        return hashlib.sha256(f"{self.verb}:{told}".encode()).hexdigest()[:24]

    @property
    def verb_words(self) -> tuple[T, T]:
        return VERBS[self.verb]

    def families(self, user: Any) -> list[Family]:
        """Whose use grows by how much, the largest first."""
        tops = _tops(user, [hold.decision.line_id for hold, _ in self.allowed])
        groups: dict[tuple[int, str], list[Any]] = defaultdict(list)
        for hold, _ in self.allowed:
            top = tops.get(hold.decision.line_id, 0)
            groups[top, hold.decision.currency].append(hold)
        heads = (
            CreditLine.objects.visible_to(user).select_related("customer").in_bulk(tops.values())
        )
        found = [_family(heads.get(top), code, rows) for (top, code), rows in groups.items()]
        return sorted(found, key=lambda one: (one.currency, -one.after_minor))


def _largest_first(row: tuple[Any, Done]) -> tuple[str, int]:
    decision = row[0].decision
    return decision.currency, -decision.amount_minor


def _family(top: CreditLine | None, currency: str, holds: Sequence[Any]) -> Family:
    """A group whose head the reader may not see has no name here."""
    used = holds[0].after - holds[0].decision.amount_minor
    adds = sum(hold.decision.amount_minor for hold in holds)
    name, code = T("所属集团", "its group"), ""
    if top is not None:
        name, code = name_of(top.customer), top.customer.code
    return Family(name, code, currency, used, adds, len(holds))


def _tops(user: Any, line_ids: Sequence[int | None]) -> dict[int | None, int]:
    """line → the line at the top of its tree."""
    lines = CreditLine.objects.visible_to(user).filter(pk__in=line_ids)
    return {line: root or line for line, root in lines.values_list("pk", "root_id")}


def selection_of(request: HttpRequest, actor: Actor, at: datetime) -> Selection:
    """The holds that a form names, as far as they wait and the person sees them, judged."""
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        raise Http404("no such verb")
    picks = _ids(request.POST.getlist("pick"))
    rows = with_after(waiting(request.user)).filter(pk__in=picks)
    rows = rows.select_related("customer", "decision").defer(
        "decision__facts", "decision__order_bytes", "decision__answer"
    )
    holds = list(rows.order_by("due", "pk"))
    ids = [hold.pk for hold in holds]
    if verb == "release":
        told = judge_releases(ids, actor=actor, at=at) if ids else []
    else:
        told = [Done(hold.pk, hold.decision.order_ref, None) for hold in holds]
    return Selection(verb, holds, told, len(picks) - len(holds))


def days_trouble(selection: Selection, days: int, actor: Actor, at: datetime) -> T | None:
    """Why a special approval can't be given for so many days; None where it can."""
    ids = [hold.pk for hold, one in selection.allowed if one.excess_minor]
    told = judge_releases(ids, days=days, actor=actor, at=at) if ids else []
    return next((one.refused for one in told if one.refused is not None), None)


def _ids(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts[:AT_ONCE_MAX]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


# --- What happened


def stamp_of(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def instant_of(stamp: int) -> datetime:
    if stamp > STAMP_MAX:
        raise Http404("no such result")
    return EPOCH + timedelta(microseconds=stamp)


def keep_result(request: HttpRequest, stamp: int, verb: str, told: Sequence[Done]) -> None:
    """Remember what was asked and what was refused, for the page that follows."""
    results = request.session.get("holds-done", {})
    refused = [
        [str(one.decision_id), one.order_ref, one.refused.zh, one.refused.en]
        for one in told
        if one.refused is not None
    ]
    done = [str(one.decision_id) for one in told if one.refused is None]
    results[str(stamp)] = {"verb": verb, "done": done, "refused": refused}
    newest = sorted(results, key=int)[-KEPT_RESULTS:]
    request.session["holds-done"] = {key: results[key] for key in newest}


@dataclass(frozen=True)
class Result:
    """What one bulk judgement did."""

    verb: str
    done: list[Any]
    refused: list[tuple[UUID, str, T]]

    @property
    def totals(self) -> list[tuple[str, int, int]]:
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for hold in self.done:
            sums[hold.decision.currency][0] += 1
            sums[hold.decision.currency][1] += hold.decision.amount_minor
        return [(code, count, minor) for code, (count, minor) in sorted(sums.items())]


def result_of(request: HttpRequest, stamp: int) -> Result:
    """The result kept in this session under its instant."""
    instant_of(stamp)
    kept = request.session.get("holds-done", {}).get(str(stamp))
    if kept is None:
        raise Http404("no such result")
    rows = Hold.objects.visible_to(request.user).filter(pk__in=kept["done"])
    refused = [(UUID(pk), ref, T(zh, en)) for pk, ref, zh, en in kept["refused"]]
    holds = list(rows.select_related("customer", "decision").order_by("decision__order_ref"))
    return Result(kept["verb"], holds, refused)
