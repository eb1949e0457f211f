"""Two persons put a model to work: one proposes, another decides.

draft → proposed → challenger | champion → retired, or refused. Proposing a card as champion makes
the draft of the live `scorecard` policy under the proposer's name; deciding for it approves that
draft and brings it live under the other's, in one transaction, and the champion before it retires.
The red lines of the card in force go with it: a learnt card knows none. A card whose inputs nobody
supplies, or that pays for being worse, can't be champion. Example: "own book" v2, proposed by Ann
with her reason, promoted by Alice: the next assessments use it, older ones keep theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.modelling.models import LearntModel
from xinheng.modelling.own_book import DIRECTIONS
from xinheng.modelling.refusals import ModelRefusal
from xinheng.people.actor import Actor
from xinheng.policies import actions as policies
from xinheng.policies.bodies import CARD_INPUTS
from xinheng.policies.queries import live
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

EDIT: Final = "models.edit"
PROMOTE: Final = "models.promote"
REASON_MIN, REASON_MAX = 5, 1000
LEAST_AUC: Final = 0.60
PLACES: Final = ("challenger", "champion")


def propose(model_id: int, place: str, reason: str, *, actor: Actor, at: datetime) -> LearntModel:
    """Propose a draft (or a challenger, as champion) with a reason; as champion it becomes a draft
    of the scorecard policy.

    Refuses NOT_ALLOWED, NAMED_PERSON, REASON, UNKNOWN_MODEL, NOT_A_DRAFT, ONLY_CARDS, WEAK,
    WRONG_WAY, NOTHING_SUPPLIED, and what `policies` says of the card.
    """
    person = _require(actor, EDIT)
    said = _reason(reason)
    if place not in PLACES:
        raise ValueError(f"place {place!r}: one of {', '.join(PLACES)}")
    with transaction.atomic():
        model = _locked(model_id)
        open_states = ("draft", "challenger") if place == "champion" else ("draft",)
        if model.state not in open_states:
            raise Refused(ModelRefusal.NOT_A_DRAFT, state=model.state)
        if place == "champion":
            model.policy_id = _drafted(model, actor, at)
        # A challenger that is refused as champion stays one.
        model.plan = model.plan | {"was": model.state}
        model.state, model.proposed_as = "proposed", place
        model.proposed_by_id, model.proposed_at, model.proposal_reason = person, at, said
        model.decided_by_id = model.decided_at = None
        model.decision_reason = ""
        model.save()
        _record("model.proposed", model, {"as": place, "reason": said}, actor, at)
    return model


def promote(model_id: int, reason: str, *, actor: Actor, at: datetime) -> LearntModel:
    """Say yes to a proposal of another person. As champion: the policy goes live and the champion
    before it retires.

    Refuses NOT_ALLOWED, NAMED_PERSON, REASON, UNKNOWN_MODEL, NOT_PROPOSED, OWN_MODEL, and what
    `policies` says.
    """
    with transaction.atomic():
        model = _to_decide(model_id, reason, actor)
        if model.proposed_as == "champion":
            _go_live(model, actor, at)
        model.state = model.proposed_as
        _decided(model, reason, actor, at)
        _record("model.promoted", model, {"reason": _reason(reason)}, actor, at)
    return model


def refuse(model_id: int, reason: str, *, actor: Actor, at: datetime) -> LearntModel:
    """Say no to a proposal of another person: a challenger stays one, a draft is refused for good.

    Refuses NOT_ALLOWED, NAMED_PERSON, REASON, UNKNOWN_MODEL, NOT_PROPOSED, OWN_MODEL.
    """
    with transaction.atomic():
        model = _to_decide(model_id, reason, actor)
        model.state = "challenger" if model.plan.get("was") == "challenger" else "refused"
        _decided(model, reason, actor, at)
        _record("model.refused", model, {"reason": _reason(reason)}, actor, at)
    return model


def retire(model_id: int, reason: str, *, actor: Actor, at: datetime) -> LearntModel:
    """A challenger scores no more. Refuses NOT_ALLOWED, NAMED_PERSON, REASON, UNKNOWN_MODEL,
    NOT_IN_USE.
    """
    _require(actor, PROMOTE)
    said = _reason(reason)
    with transaction.atomic():
        model = _locked(model_id)
        if model.state != "challenger":
            raise Refused(ModelRefusal.NOT_IN_USE)
        model.state, model.retired_at = "retired", at
        model.save(update_fields=["state", "retired_at"])
        _record("model.retired", model, {"reason": said}, actor, at)
    return model


def why_not_champion(model: LearntModel) -> Refused | None:
    """What keeps a model from being proposed as champion; None: nothing does."""
    try:
        _look_at_card(model)
    except Refused as refused:
        return refused
    return None


def wrong_way(card: dict[str, Any]) -> list[str]:
    """Characteristics of known direction whose points run against it."""
    found = []
    for one in card["characteristics"]:
        direction = DIRECTIONS.get(one["key"])
        points = [band["points"] for band in one.get("bins", ())]
        if direction == "falling":
            points.reverse()
        if direction and points != sorted(points):
            found.append(one["key"])
    return found


def _look_at_card(model: LearntModel) -> None:
    if model.kind != "scorecard":
        raise Refused(ModelRefusal.ONLY_CARDS)
    card = model.body["card"]
    keys = [one["key"] for one in card["characteristics"]]
    unsupplied = [key for key in keys if key not in CARD_INPUTS]
    if unsupplied:
        raise Refused(ModelRefusal.NOTHING_SUPPLIED, keys=", ".join(unsupplied))
    if contrary := wrong_way(card):
        raise Refused(ModelRefusal.WRONG_WAY, keys=", ".join(contrary))
    low = model.report["auc"]["low"]
    if low < LEAST_AUC:
        raise Refused(ModelRefusal.WEAK, low=f"{low:.3f}")


def _drafted(model: LearntModel, actor: Actor, at: datetime) -> int:
    """The card as a draft of the scorecard policy, with the red lines in force."""
    _look_at_card(model)
    body = dict(model.body["card"])
    in_force = live("scorecard")
    if in_force is not None:
        body["red_lines"] = in_force.body.get("red_lines", [])
    return int(policies.draft("scorecard", body, actor=actor, at=at).pk)


def _go_live(model: LearntModel, actor: Actor, at: datetime) -> None:
    assert model.policy_id is not None
    policies.approve(model.policy_id, actor=actor, at=at)
    policies.go_live(model.policy_id, actor=actor, at=at)
    before = LearntModel.objects.select_for_update().filter(state="champion")
    before.update(state="retired", retired_at=at)


def _to_decide(model_id: int, reason: str, actor: Actor) -> LearntModel:
    person = _require(actor, PROMOTE)
    _reason(reason)
    model = _locked(model_id)
    if model.state != "proposed":
        raise Refused(ModelRefusal.NOT_PROPOSED)
    if person in (model.proposed_by_id, model.made_by_id):
        raise Refused(ModelRefusal.OWN_MODEL)
    return model


def _decided(model: LearntModel, reason: str, actor: Actor, at: datetime) -> None:
    model.decided_by_id, model.decided_at = actor.person(), at
    model.decision_reason = _reason(reason)
    model.save()


def _require(actor: Actor, word: str) -> int:
    if not actor.may(word):
        raise Refused(ModelRefusal.NOT_ALLOWED, permission=word)
    if actor.person_id is None:
        raise Refused(ModelRefusal.NAMED_PERSON)
    return actor.person_id


def _reason(reason: str) -> str:
    found = reason.strip()
    if not REASON_MIN <= len(found) <= REASON_MAX:
        raise Refused(ModelRefusal.REASON, most=REASON_MAX)
    return found


def _locked(model_id: int) -> LearntModel:
    rows = LearntModel.objects.select_for_update(of=("self",))
    model: LearntModel | None = rows.filter(pk=model_id).first()
    if model is None:
        raise Refused(ModelRefusal.UNKNOWN_MODEL)
    return model


def _record(
    kind: str, model: LearntModel, said: dict[str, str], actor: Actor, at: datetime
) -> None:
    clear = {
        "model": model.pk,
        "kind": model.kind,
        "version": model.version,
        "sha256": bytes(model.sha256).hex(),
        "as": model.proposed_as,
        "policy": model.policy_id,
    }
    entry = NewEntry(kind, clear, {"by": actor.ref, "name": model.name, **said}, system_key(at=at))
    with connection.cursor() as cursor:
        model.entry_id = append([entry], at=at, cursor=cursor)[0]
    model.save(update_fields=["entry_id"])
