"""Proposed limits as pages read them: what waits, narrowed by tab, grade and words; a selection of
it with its totals; one proposal with its workings open.

One currency at a time, because amounts of two are never added. A `Selection` is what a person is
about to decide on; its `seal` changes with any proposal in it, so that nobody grants what the
summary did not show. Example: 453 proposals of CNY 12,345,678.00, 3 of them above one's authority.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from xinheng.credit import further_limits, limit_method
from xinheng.credit.further_limits import why_not_text
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.customers.queries import matching
from xinheng.decisions.file_gaps import held_back
from xinheng.limits.conditions import usual, usual_end
from xinheng.limits.held_back import sift
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.proposing import PROPOSALS_MAX
from xinheng.limits.queries import Judged, judge_grant, waiting_proposals
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.frame.currencies import base_currency
from xinheng.web.frame.tables import Column
from xinheng.web.holds.words import name_of

METHODS: Final = limit_method.METHODS | further_limits.METHODS
TEXT_MAX: Final = 80
PICKS_MAX: Final = 500
COUNTED_MAX: Final = 20_000  # beyond it, counts on the tabs would cost more than the list
COLUMNS: Final = (
    Column("name", T("客户", "Customer"), "customer__code"),
    Column("grade", T("等级", "Grade")),
    Column("amount", T("建议额度", "Proposed"), "amount_minor", numeric=True),
    Column("now", T("现有额度", "Limit now"), None, numeric=True, css="not-narrow"),
    Column("used", T("当前占用", "Exposure now"), "used_now", numeric=True, css="not-narrow"),
    Column("after", T("授予后使用率", "Usage after"), None, numeric=True),
    Column("terms", T("账期（天）", "Terms, days"), None, numeric=True, css="not-narrow"),
    Column("why", T("由什么决定", "Decided by"), None, css="not-narrow"),
)
VIEWS: Final[dict[str, tuple[T, Q]]] = {
    "": (T("全部", "All"), Q()),
    "first": (T("首次授信", "First limit"), Q(limit_now__isnull=True)),
    "raise": (T("提高", "Raised"), Q(limit_now__lt=F("amount_minor"))),
    "lower": (T("降低", "Lowered"), Q(limit_now__gt=F("amount_minor"))),
    "below": (T("低于当前占用", "Below exposure"), Q(used_now__gt=F("amount_minor"))),
    "hand": (T("人工提出", "Entered by hand"), Q(workings__has_key="by_hand")),
}
CAPS: Final = {"months_of_sales": T("以数月采购额为上限", "capped at months of sales")}


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; every field narrows."""

    currency: str
    view: str = ""
    grade: str = ""
    text: str = ""


def wanted_of(said: Mapping[str, Any], user: Any) -> Wanted:
    """From an address or a form; words that are not ours mean nothing."""
    view, grade, currency = said.get("view", ""), said.get("grade", ""), said.get("currency", "")
    return Wanted(
        currency=currency if _is_code(currency) else main_currency(user),
        view=view if view in VIEWS else "",
        grade=grade if grade in GRADES else "",
        text=said.get("q", "").strip().replace("\0", "")[:TEXT_MAX],
    )


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def currencies(user: Any) -> list[str]:
    """The currencies in which something waits, the company's own first."""
    codes = waiting_proposals(user).order_by().values_list("currency", flat=True).distinct()
    return sorted(codes, key=lambda code: (code != base_currency(), code))


def main_currency(user: Any) -> str:
    return next(iter(currencies(user)), base_currency())


def rows(user: Any, wanted: Wanted) -> QuerySet[Proposal]:
    """What waits and matches; `limit_now` and `used_now` are of its line."""
    found = waiting_proposals(user).filter(VIEWS[wanted.view][1], currency=wanted.currency)
    if wanted.grade:
        found = found.filter(workings__grade=wanted.grade)
    if wanted.text:
        found = found.filter(customer__in=matching(user, wanted.text).values("pk"))
    return found.select_related("customer")


def totals(user: Any, wanted: Wanted) -> dict[str, int]:
    """How many match, and what is proposed for them and used by them in all."""
    sums = (
        rows(user, wanted)
        .order_by()
        .aggregate(count=Count("pk"), amount=Sum("amount_minor"), used=Sum("used_now"))
    )
    return {name: int(value or 0) for name, value in sums.items()}


def view_counts(user: Any, wanted: Wanted) -> dict[str, int]:
    """How many each tab holds, in one pass."""
    everything = rows(user, Wanted(wanted.currency)).order_by()
    counts = {f"n_{word}": Count("pk", filter=rule) for word, (_, rule) in VIEWS.items() if word}
    found: dict[str, int] = everything.aggregate(n_=Count("pk"), **counts)
    return {name.removeprefix("n_"): value for name, value in found.items()}


@dataclass(frozen=True)
class Selection:
    """What a person is about to decide on: the picked rows, or all that match."""

    wanted: Wanted
    everything: bool
    proposals: list[Any]
    actor: Actor

    @property
    def ids(self) -> list[int]:
        return [proposal.pk for proposal in self.proposals]

    @cached_property
    def seal(self) -> str:
        """Other rows or amounts, another seal."""
        told = ",".join(f"{p.pk}:{p.amount_minor}" for p in self.proposals)
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    @cached_property
    def judged(self) -> Judged:
        return judged(self.proposals, self.actor)

    @property
    def amount_minor(self) -> int:
        return sum(proposal.amount_minor for proposal in self.judged.allowed)

    @property
    def used_minor(self) -> int:
        return sum(proposal.used_now for proposal in self.judged.allowed)

    @property
    def before_minor(self) -> int:
        return sum(proposal.limit_now or 0 for proposal in self.judged.allowed)

    @property
    def over(self) -> int:
        """How many would use more than they are granted: their next order waits."""
        return sum(p.used_now > p.amount_minor for p in self.judged.allowed)

    @cached_property
    def by_grade(self) -> list[tuple[str, int, int, int]]:
        """(grade, customers, granted, used), the best grade first."""
        added: dict[str, list[int]] = {}
        for proposal in self.judged.allowed:
            row = added.setdefault(proposal.workings.get("grade") or "", [0, 0, 0])
            row[0] += 1
            row[1] += proposal.amount_minor
            row[2] += proposal.used_now
        return [
            (grade, row[0], row[1], row[2])
            for grade, row in sorted(added.items(), key=lambda one: grade_rank(one[0]))
        ]


def judged(proposals: list[Any], actor: Actor) -> Judged:
    """What the actor may grant today under the usual conditions, and the others with the reason:
    authority, an amount of one's own, gaps in the credit file.
    """
    allowed, refused = judge_grant(proposals, actor)
    day = today(timezone.now())
    why = held_back({one.customer_id for one in allowed}, day)
    allowed, kept = sift(allowed, (day, usual_end(day)), usual(), why, day)
    return Judged(allowed, refused + kept)


def selection_of(request: HttpRequest, actor: Actor) -> Selection:
    """The rows that a form names, as far as they still wait and the person sees them."""
    wanted = wanted_of(request.POST, request.user)
    everything = request.POST.get("scope") == "all"
    if everything:
        found = rows(request.user, wanted)
    else:
        texts = request.POST.getlist("pick")[:PICKS_MAX]
        picks = [int(text) for text in texts if text.isascii() and text.isdigit()]
        picks = [number for number in picks if number < 2**63]
        found = rows(request.user, Wanted(wanted.currency)).filter(pk__in=picks)
    return Selection(wanted, everything, list(found.order_by("pk")[: PROPOSALS_MAX + 1]), actor)


@dataclass(frozen=True)
class Workings:
    """How an amount came about: every method, which decided, and what a person said instead."""

    methods: list[tuple[T, int | None, T | None]]
    median_minor: int | None
    unrounded_minor: int | None
    grade: str
    coefficient: str
    caps: list[tuple[T, int]]
    decisive: T
    as_of: str
    reason: str
    person: str
    model_minor: int | None
    unverified: list[str]  # what counted though nobody had verified it
    secured_minor: int  # what covers add on top


def decisive_of(workings: Mapping[str, Any]) -> T:
    """What set the amount, in a few words."""
    if "by_hand" in workings:
        return T("人工提出", "entered by hand")
    if "adjusted" in workings:
        return T(workings["adjusted"]["zh"], workings["adjusted"]["en"])
    said = str(workings.get("decisive") or "")
    if said.startswith("cap:"):
        return CAPS.get(said.removeprefix("cap:"), T(said, said))
    if said == "grade":
        return T("等级系数为零", "the grade allows none")
    named = [METHODS[code] for code in said.split("+") if code in METHODS]
    if not named:
        return T("–", "–")
    return T("、".join(one["zh"] for one in named), ", ".join(one["en"] for one in named))


def workings_of(proposal: Proposal) -> Workings:
    """The kept workings, in words."""
    kept = proposal.workings or {}
    by_hand = kept.get("by_hand") or {}
    person = User.objects.filter(pk=by_hand.get("person")).first()
    return Workings(
        methods=[method_of(row) for row in kept.get("methods", [])],
        median_minor=kept.get("median_minor"),
        unrounded_minor=kept.get("unrounded_minor"),
        grade=kept.get("grade") or "",
        coefficient=kept.get("grade_coefficient") or "",
        caps=[(CAPS.get(name, T(name, name)), cap) for name, cap in kept.get("caps", {}).items()],
        decisive=decisive_of({key: value for key, value in kept.items() if key != "by_hand"}),
        as_of=kept.get("as_of", ""),
        reason=by_hand.get("reason", ""),
        person=str(name_of(person)) if person else "",
        model_minor=by_hand.get("model_minor"),
        unverified=kept.get("unverified", []),
        secured_minor=kept.get("secured_minor", 0),
    )


def method_of(row: Mapping[str, Any]) -> tuple[T, int | None, T | None]:
    """A limit method's name, its value, and why there is none."""
    words = METHODS.get(row["method"], {"zh": row["method"], "en": row["method"]})
    why = why_not_text(row["why_not"]) if row.get("why_not") else None
    return T(words["zh"], words["en"]), row["value_minor"], T(why["zh"], why["en"]) if why else None


def line_seen(user: Any, customer: Any, currency: str) -> CreditLine | None:
    """The customer's line in a currency, if there is one."""
    mine = {"customer": customer, "currency": currency, "scope": ""}
    lines = CreditLine.objects.visible_to(user).filter(**mine)
    found: CreditLine | None = lines.first()
    return found
