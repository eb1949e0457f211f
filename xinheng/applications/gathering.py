"""What an analyst's assessment froze: everything that a voter should see, as one document.

Made anew for each snapshot: the customer is assessed as of today, all limit methods with the rule
that combined them, exposure and headroom of the own lines and of the group, what is overdue, how
the credit file stands and what of it is verified, contracts in force, references. Of the group
there are sums and no names: voters of one unit learn nothing about another's customers. Example: a
customer without a ledger has grade "", no suggestion, and `file` with `complete_bps` null. It is
canonical JSON, so that its SHA-256 is the same wherever it is computed.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Count, Max, Min, Q, Sum

from xinheng.applications.measuring import Wanted, live_matrix, measure
from xinheng.applications.models import Application
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.contracts.queries import in_force
from xinheng.credit.scale import GRADES
from xinheng.credit.shipped import document
from xinheng.decisions import assess as assessing
from xinheng.decisions.file_gaps import held_back
from xinheng.decisions.governing import live_policy
from xinheng.decisions.judging import Assessed, judge
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.suggesting import under
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.standing import standings_of
from xinheng.inquiries.models import Reference
from xinheng.limits.card import ceiling_on, state_of
from xinheng.limits.models import CreditLine, OpenDue
from xinheng.limits.queries import components_of
from xinheng.limits.tree_use import tree_use
from xinheng.merkle.commitment import canonical
from xinheng.people.actor import system
from xinheng.refusals import Refused

VERSION = 1


class Gathered(NamedTuple):
    """A document and the assessment that it shows."""

    payload: dict[str, Any]
    assessment_id: int


def gather(application: Application, *, day: date, at: datetime) -> Gathered:
    """Assess the customer and bring together what is known. Refuses NO_POLICY, NO_MATRIX,
    RATE_MISSING.
    """
    customer = application.customer
    judged = _assessed(customer.pk, day, at)
    rating = Rating.objects.select_related("assessment", "override").get(customer=customer)
    payload = {
        "version": VERSION,
        "as_of": day.isoformat(),
        "application": _wish(application),
        "assessment": _assessment(rating.assessment),
        "rating": _rating(rating),
        "limits": _limits(judged, rating.grade),
        "lines": _lines(customer.pk, day),
        "group": _group(application, rating.grade, day, at),
        "overdue": _overdue(customer.pk, day),
        "file": _file(customer.pk, day),
        "contracts": _contracts(customer.pk, day),
        "references": _references(customer.pk),
    }
    return Gathered(payload, rating.assessment_id)


def as_bytes(payload: dict[str, Any]) -> bytes:
    """The canonical form, of which the hash is taken."""
    return canonical(payload).encode()


def _assessed(customer_id: int, day: date, at: datetime) -> Assessed:
    """Assess the customer now, and tell all methods: what is proposed keeps only one amount."""
    try:
        assessing.assess([customer_id], as_of=day, actor=system("applications"), at=at)
        return judge([customer_id], assessing.live_rules(), day, at)[0]
    except Refused as refused:
        if refused.code is DecisionRefusal.NO_LIVE_POLICY:
            raise Refused(ApplicationRefusal.NO_POLICY) from refused
        raise


def _wish(row: Application) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "currency": row.currency,
        "asked_minor": row.asked_minor,
        "terms_days": row.asked_terms_days,
        "valid_from": _day(row.valid_from),
        "valid_until": _day(row.valid_until),
        "purpose": row.purpose,
        "forecast": row.forecast,
    }


def _assessment(row: Assessment) -> dict[str, Any]:
    told = {
        "id": row.pk,
        "card": row.card,
        "currency": row.currency,
        "points": row.points,
        "grade": row.grade,
        "coverage_pct": row.coverage_pct,
        "inputs": row.inputs,
        "contributions": row.contributions,
        "reasons": row.reasons,
        "unverified": row.unverified,
        "by_expert": row.by_expert,
        "as_of": row.as_of.isoformat(),
        "valid_until": row.valid_until.isoformat(),
    }
    return _plain(told)


def _rating(row: Rating) -> dict[str, Any]:
    override = row.override
    return {
        "grade": row.grade,
        "model_grade": row.model_grade or row.grade,
        "valid_until": row.valid_until.isoformat(),
        "pd_bps": pd_of_grade(row.grade),
        "override": None
        if override is None
        else {
            "grade": override.grade,
            "notches": override.notches,
            "reason": override.reason,
            "valid_until": override.valid_until.isoformat(),
        },
    }


def pd_of_grade(grade: str) -> list[str] | None:
    """The band of PD that a grade stands for, in basis points: BBB is 60 to 150."""
    if grade not in GRADES:
        return None
    rows: list[dict[str, Any]] = document("scale_v1.json")["grades"]
    low, high = next(row["pd_bps"] for row in rows if row["grade"] == grade)
    return [str(low), str(high)]


def _limits(judged: Assessed, grade: str) -> dict[str, Any]:
    """All methods; where a person lowered the grade, the lower one sets the amount."""
    combined = under(judged.combined, grade or None)
    shown = assessing.workings(judged._replace(combined=combined))
    return _plain(shown | {"currency": judged.currency, "terms_days": judged.terms_days})


def _lines(customer_id: int, day: date) -> list[dict[str, Any]]:
    rows = list(CreditLine.objects.filter(customer_id=customer_id).order_by("currency", "scope"))
    use = tree_use([row.pk for row in rows], live_policy().policy, today=day)
    found = []
    for row in rows:
        ceiling, mine = ceiling_on(row, day), use.get(row.pk)
        in_use = mine.used_minor if mine else None
        room = None if ceiling is None or in_use is None else max(0, ceiling - in_use)
        found.append(
            {
                "currency": row.currency,
                "scope": row.scope,
                "state": state_of(row, day).name,
                "ceiling_minor": ceiling,
                "unlimited": row.unlimited,
                "covered_minor": row.covered_minor,
                "used_minor": in_use,
                "headroom_minor": room,
                "components": _plain(components_of(row)),
                "valid_until": _day(row.valid_until),
                "terms_days_max": row.terms_days_max,
            }
        )
    return found


def _group(application: Application, grade: str, day: date, at: datetime) -> dict[str, Any]:
    """As things stand, without the wish, and as they would be if all of it were granted."""
    first, last = application.valid_from or day, application.valid_until or day
    matrix, key = live_matrix(), (application.customer_id, application.currency)
    now = Wanted(*key, None, False, first, last)
    temporary = application.kind == "temporary"
    asked = Wanted(*key, application.asked_minor, temporary, first, last)
    told = {
        name: measure(one, grade, unsecured=False, matrix=matrix, day=day, at=at)
        for name, one in (("now", now), ("if_granted", asked))
    }
    return _plain(told)


def _overdue(customer_id: int, day: date) -> list[dict[str, Any]]:
    rows = (
        OpenDue.objects.filter(line__customer_id=customer_id, due_on__lt=day, open_minor__gt=0)
        .values("line__currency")
        .annotate(minor=Sum("open_minor"), oldest=Min("due_on"))
        .order_by("line__currency")
    )
    return [
        {
            "currency": row["line__currency"],
            "minor": row["minor"],
            "oldest_days": (day - row["oldest"]).days,
        }
        for row in rows
    ]


def _file(customer_id: int, day: date) -> dict[str, Any]:
    """How the file stands: None where nobody has counted it, or nothing is in it."""
    stood = standings_of([customer_id]).get(customer_id)
    mine = Fact.objects.filter(customer_id=customer_id, known_until__isnull=True)
    facts = mine.aggregate(
        verified=Count("pk", filter=Q(verified_at__isnull=False)),
        waiting=Count("pk", filter=Q(verified_at__isnull=True, rejected_at__isnull=True)),
        newest=Max("observed_on", filter=Q(verified_at__isnull=False)),
    )
    why = held_back([customer_id], day).get(customer_id)
    return {
        "complete_bps": stood.complete_bps if stood else None,
        "fresh_until": _day(stood.fresh_until) if stood else None,
        "licence_until": _day(stood.licence_until) if stood else None,
        "age_days": (day - facts["newest"]).days if facts["newest"] else None,
        "verified": facts["verified"],
        "waiting": facts["waiting"],
        "conflicts": ConflictCase.objects.filter(
            customer_id=customer_id, resolved_at__isnull=True
        ).count(),
        "gaps": why.both() if why else None,
    }


def _contracts(customer_id: int, day: date) -> list[dict[str, Any]]:
    found = in_force([customer_id], day).get(customer_id, [])
    return [
        {
            "number": one.number,
            "kind": one.kind,
            "currency": one.currency,
            "amount_minor": one.amount_minor,
            "terms_days": one.terms_days,
            "last_day": _day(one.last_day),
        }
        for one in found
    ]


def _references(customer_id: int) -> list[dict[str, Any]]:
    """Answers that somebody reviewed: the kind and the points, never who gave them."""
    rows = Reference.objects.filter(customer_id=customer_id, state="answered")
    told = rows.order_by("-answered_at").values_list("kind", "points", "reviewed_at")[:20]
    return [
        {"kind": kind, "points": points, "reviewed": reviewed is not None}
        for kind, points, reviewed in told
    ]


def reason_words(payload: dict[str, Any]) -> list[dict[str, str]]:
    """The reasons of the score, in both languages, the weightiest first."""
    rows = payload["assessment"]["reasons"]
    return [{"zh": row["zh"], "en": row["en"]} for row in rows if "zh" in row and "en" in row]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _plain(value: Any) -> dict[str, Any]:
    """Structs and decimals as JSON has them: exact text, never a float."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.to_builtins(value)))
    return found
