"""Every write to policies: draft → approved → live → retired, and the shipped versions at set-up.

A body never changes once approved: a change is a new version. One version per kind is live; the
table has a unique index that says so, whatever the code believes. Each step appends one ledger
entry with kind, name, version and the SHA-256 of the body, so that anybody can later prove which
rule was in force.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor
from xinheng.policies import bodies, queries
from xinheng.policies.models import Policy
from xinheng.policies.refusals import PolicyRefusal
from xinheng.refusals import Refused

PERMISSION = (
    "lines.grant"  # who may grant limits may say by which rules; there is no finer duty yet
)
# Who may draft without it: a draft decides nothing, somebody with the duty above approves it.
DRAFTS = {"scorecard": "models.edit"}


@transaction.atomic
def adopt_shipped(*, actor: Actor, at: datetime) -> int:
    """Put the shipped version of every kind that has no live one to work; returns how many.

    Called right after the first set-up and harmless at every start. Must hold: the bodies are
    usable (they ship with the code that reads them, so anything else is a bug and raises).
    """
    live = set(Policy.objects.filter(status="live").values_list("kind", flat=True))
    fresh = [kind for kind in bodies.KINDS if kind not in live]
    for kind in fresh:
        body = bodies.shipped_body(kind)
        body["version"] = max(body["version"], _next_version(kind, body["name"]))
        bodies.check(kind, body)
        made = Policy.objects.create(
            kind=kind,
            name=body["name"],
            version=body["version"],
            status="live",
            body=body,
            created_at=at,
            live_from=at,
        )
        _record("policy.live", made, actor, at)
    if fresh:
        transaction.on_commit(queries.forget)
    return len(fresh)


@transaction.atomic
def draft(kind: str, body: Mapping[str, Any], *, actor: Actor, at: datetime) -> Policy:
    """Keep a new version as a draft. Refuses NOT_PERMITTED, UNKNOWN_KIND, BODY_UNUSABLE."""
    if not actor.may(DRAFTS.get(kind, PERMISSION)):
        _require(actor)
    if kind not in bodies.KINDS:
        raise Refused(PolicyRefusal.UNKNOWN_KIND, kind=kind, allowed=", ".join(bodies.KINDS))
    name = str(body.get("name") or kind)
    version = _next_version(kind, name)
    numbered = {**body, "name": name, "version": version}
    _check(kind, numbered)
    made = Policy.objects.create(
        kind=kind, name=name, version=version, body=numbered, created_at=at
    )
    _record("policy.drafted", made, actor, at)
    return made


@transaction.atomic
def approve(policy_id: int, *, actor: Actor, at: datetime) -> Policy:
    """A person approves a draft: its body is fixed now. Refuses NOT_PERMITTED, NOT_A_DRAFT."""
    _require(actor)
    policy = _locked(policy_id)
    if policy.status != "draft":
        raise Refused(PolicyRefusal.NOT_A_DRAFT)
    policy.status = "approved"
    policy.approved_by_id = actor.person_id
    policy.save(update_fields=["status", "approved_by"])
    _record("policy.approved", policy, actor, at)
    return policy


@transaction.atomic
def go_live(policy_id: int, *, actor: Actor, at: datetime) -> Policy:
    """Make an approved version the live one and retire the one before it, in one step.

    Refuses NOT_PERMITTED, NOT_APPROVED, BODY_UNUSABLE. Decisions already made keep the version they
    saw.
    """
    _require(actor)
    policy = _locked(policy_id)
    if policy.status != "approved":
        raise Refused(PolicyRefusal.NOT_APPROVED)
    _check(policy.kind, policy.body)
    Policy.objects.filter(kind=policy.kind, status="live").update(status="retired", retired_at=at)
    policy.status, policy.live_from = "live", at
    policy.save(update_fields=["status", "live_from"])
    _record("policy.live", policy, actor, at)
    transaction.on_commit(queries.forget)
    return policy


def _locked(policy_id: int) -> Policy:
    """The policy, all rows of its kind locked: two versions can't go live side by side."""
    kind = Policy.objects.filter(pk=policy_id).values_list("kind", flat=True).first()
    rows = Policy.objects.select_for_update().filter(kind=kind).order_by("pk")
    found = {row.pk: row for row in rows}.get(policy_id)
    if found is None:
        raise Refused(PolicyRefusal.UNKNOWN_POLICY)
    return found


def _check(kind: str, body: Mapping[str, Any]) -> None:
    try:
        bodies.check(kind, body)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(PolicyRefusal.BODY_UNUSABLE, why=str(error)) from error


def _next_version(kind: str, name: str) -> int:
    held = Policy.objects.filter(kind=kind, name=name).aggregate(most=Max("version"))["most"]
    return (held or 0) + 1


def _require(actor: Actor) -> None:
    if not actor.may(PERMISSION):
        raise Refused(PolicyRefusal.NOT_PERMITTED)


def body_sha256(body: Mapping[str, Any]) -> str:
    """Of the body as JSON with sorted keys and no blanks."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _record(kind: str, policy: Policy, actor: Actor, at: datetime) -> None:
    clear = {
        "policy": policy.kind,
        "name": policy.name,
        "version": policy.version,
        "sha256": body_sha256(policy.body),
    }
    append_one(kind, clear, {"by": actor.ref}, at=at)
