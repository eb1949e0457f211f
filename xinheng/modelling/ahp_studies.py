"""Weights of a card by comparing pairs: several persons judge, another one accepts.

What is compared are the groups of a card (the five C, the three groups of character analysis);
within each the shipped shares stay. A judgement counts only when it does not contradict itself, the
group's is the geometric mean of all. Example: 3 groups judged ((1, 2, 5), (½, 1, 3), (⅕, ⅓, 1))
weigh 58.15, 30.90 and 10.95; a person's newer judgement replaces the older one, which stays
readable. Accepted weights are used under the name "ahp:7" and never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from msgspec import Struct

from xinheng.credit import ahp
from xinheng.credit.ahp import Matrix, Weights
from xinheng.credit.expert_card import AnswerError
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.modelling import expert_reckoning
from xinheng.modelling.expert_grades import CARDS
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.models import AhpJudgement, AhpStudy
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.actions import system_key

MAKE: Final = "models.edit"
JUDGE: Final = "models.rate"
ACCEPT: Final = "models.promote"
NAME_MAX: Final = 80
STUDIES_MAX: Final = 200
HISTORY_MAX: Final = 500


class Judged(Struct, frozen=True):
    """What a matrix says: the weights, its consistency, and the worst triad in words."""

    weights: Weights
    told: tuple[T, ...]


def make_study(name: str, model: str, *, actor: Actor, at: datetime) -> AhpStudy:
    """Open a study of a card's weights; persons compare its criteria next. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_MODEL, NEEDS_NAME.
    """
    _require(actor, MAKE)
    if model not in CARDS:
        raise Refused(ExpertRefusal.UNKNOWN_MODEL, model=model, models=", ".join(CARDS))
    name = name.strip()
    if not 2 <= len(name) <= NAME_MAX:
        raise Refused(ExpertRefusal.NEEDS_NAME, most=NAME_MAX)
    rows = expert_reckoning.criteria_of(model).items()
    criteria = [{"code": code, "zh": row["zh"], "en": row["en"]} for code, row in rows]
    with transaction.atomic():
        study = AhpStudy.objects.create(
            name=name, model=model, criteria=criteria, made_by_id=actor.person(), made_at=at
        )
        _record("weights.study_made", study, {"name": name}, actor, at)
    return study


def judge_study(
    study_id: int, pairs: Sequence[tuple[str, str, str]], *, actor: Actor, at: datetime
) -> AhpJudgement:
    """One person's comparisons; they replace the person's earlier ones. One ledger entry. A
    judgement that contradicts itself is kept, and keeps the study from being accepted.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_STUDY, STUDY_CLOSED, BAD_ANSWERS.
    """
    _require(actor, JUDGE)
    with transaction.atomic():
        study = _locked(study_id)
        if study.state != "open":
            raise Refused(ExpertRefusal.STUDY_CLOSED)
        found = judged(study, pairs).weights
        mine = AhpJudgement.objects.filter(study=study, person_id=actor.person())
        mine.filter(replaced_at__isnull=True).update(replaced_at=at)
        worst = found.worst
        row = AhpJudgement.objects.create(
            study=study,
            person_id=actor.person(),
            pairs=[list(pair) for pair in pairs],
            weights={code: str(weight) for code, weight in found.weights.items()},
            ratio=found.consistency_ratio,
            consistent=found.accepted,
            worst=[worst.first, worst.second, worst.third] if worst else [],
            judged_at=at,
        )
        told = {"ratio": str(row.ratio), "pairs": "; ".join(" ".join(pair) for pair in pairs)}
        _record("weights.judged", study, told, actor, at)
    return row


def accept_study(study_id: int, *, actor: Actor, at: datetime) -> AhpStudy:
    """Put the group's weights to use, all judgements being consistent, and their mean too. One
    ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_STUDY, STUDY_CLOSED, OWN_STUDY, NO_JUDGEMENT,
    ONLY_OWN_JUDGEMENT, INCONSISTENT, GROUP_INCONSISTENT.
    """
    _require(actor, ACCEPT)
    with transaction.atomic():
        study = _locked(study_id)
        if study.state != "open":
            raise Refused(ExpertRefusal.STUDY_CLOSED)
        if study.made_by_id == actor.person():
            raise Refused(ExpertRefusal.OWN_STUDY)
        rows = standing(study)
        _look_at_judgements(rows, actor)
        weights = together(study, rows).weights
        if weights.card_weights is None:
            raise Refused(ExpertRefusal.GROUP_INCONSISTENT, ratio=weights.consistency_ratio)
        items = expert_reckoning.items_weighed(study.model, weights.card_weights)
        study.weights = {
            "criteria": {code: str(weight) for code, weight in weights.card_weights.items()},
            "items": {key: str(weight) for key, weight in items.items()},
        }
        study.ratio, study.state = weights.consistency_ratio, "accepted"
        study.accepted_by_id, study.accepted_at = actor.person(), at
        study.entry_id = UUID(hex=new_ids(1)[0])
        study.save()
        told = {"ratio": str(study.ratio), "judgements": str(len(rows))}
        _record("weights.accepted", study, told, actor, at, study.entry_id)
    return study


def retire_study(study_id: int, *, actor: Actor, at: datetime) -> None:
    """Take accepted weights out of use; runs that used them stay as they are. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_STUDY, NOT_ACCEPTED.
    """
    _require(actor, ACCEPT)
    with transaction.atomic():
        study = _locked(study_id)
        if study.state != "accepted":
            raise Refused(ExpertRefusal.NOT_ACCEPTED)
        study.state = "retired"
        study.save(update_fields=["state"])
        _record("weights.retired", study, {}, actor, at)


# --- Reads


def studies_of(user: Any) -> QuerySet[AhpStudy]:
    """The studies that the user may see, those in use and the newest first."""
    rows = AhpStudy.objects.visible_to(user).select_related("made_by", "accepted_by")
    return rows.order_by("state", "-made_at", "-pk")


def standing(study: AhpStudy) -> list[AhpJudgement]:
    """Each person's judgement that counts, in the order in which they were given."""
    rows = AhpJudgement.objects.filter(study=study, replaced_at__isnull=True)
    return list(rows.select_related("person").order_by("judged_at", "pk")[: ahp.MAX_EXPERTS])


def judged(study: AhpStudy, pairs: Sequence[tuple[str, str, str]]) -> Judged:
    """What comparisons say; refuses BAD_ANSWERS where a pair is missing or can't be read."""
    try:
        return _judged(study, _matrix(codes_of(study), pairs))
    except AnswerError as wrong:
        raise Refused(ExpertRefusal.BAD_ANSWERS, zh=wrong.zh, en=wrong.en) from wrong


def together(study: AhpStudy, rows: Sequence[AhpJudgement]) -> Judged:
    """The group's weights: the geometric mean of the judgements, pair by pair."""
    codes = codes_of(study)
    experts = {str(row.person_id): _matrix(codes, row.pairs) for row in rows}
    found = ahp.weigh_together(codes, experts).together
    return Judged(found, _said(study, ahp.judgements(found.inputs), found))


def accepted(model: str) -> list[AhpStudy]:
    """The studies whose weights a card may be run with, the newest first."""
    rows = AhpStudy.objects.filter(model=model, state="accepted")
    return list(rows.order_by("-accepted_at", "-pk")[:STUDIES_MAX])


def accepted_weights(study_id: str, model: str) -> dict[str, Decimal] | None:
    """The items' weights of an accepted study of this card; None where there is none."""
    if not (study_id.isascii() and study_id.isdecimal() and len(study_id) < 18):
        return None
    study = AhpStudy.objects.filter(pk=int(study_id), model=model, state="accepted").first()
    if study is None:
        return None
    return {key: Decimal(weight) for key, weight in study.weights["items"].items()}


def codes_of(study: AhpStudy) -> list[str]:
    return [row["code"] for row in study.criteria]


# --- The arithmetic's words


def _matrix(codes: Sequence[str], pairs: Sequence[Sequence[str]]) -> Matrix:
    place = {code: at for at, code in enumerate(codes)}
    rows: list[list[str | None]] = [[None] * len(codes) for _ in codes]
    for one, other, said in pairs:
        if one not in place or other not in place or place[one] >= place[other]:
            raise AnswerError(f"没有这一对：{one}、{other}。", f"No such pair: {one}, {other}.")
        rows[place[one]][place[other]] = said
    return ahp.judgements(rows)


def _judged(study: AhpStudy, matrix: Matrix) -> Judged:
    found = ahp.weigh(codes_of(study), matrix)
    return Judged(found, _said(study, matrix, found))


def _said(study: AhpStudy, matrix: Matrix, found: Weights) -> tuple[T, ...]:
    """The reasons with the criteria's names in the reader's language."""
    zh = ahp.weigh([row["zh"] for row in study.criteria], matrix)
    en = ahp.weigh([row["en"] for row in study.criteria], matrix)
    return tuple(T(a.zh, b.en) for a, b in zip(zh.reasons, en.reasons, strict=True))


def _look_at_judgements(rows: Sequence[AhpJudgement], actor: Actor) -> None:
    if not rows:
        raise Refused(ExpertRefusal.NO_JUDGEMENT)
    if all(row.person_id == actor.person() for row in rows):
        raise Refused(ExpertRefusal.ONLY_OWN_JUDGEMENT)
    for row in rows:
        if not row.consistent:
            raise Refused(ExpertRefusal.INCONSISTENT, person=row.person.name, ratio=row.ratio)


def _require(actor: Actor, word: str) -> None:
    if not actor.may(word):
        raise Refused(ExpertRefusal.NOT_ALLOWED, permission=word)
    if actor.person_id is None:
        raise Refused(ExpertRefusal.NAMED_PERSON)


def _locked(study_id: int) -> AhpStudy:
    rows = AhpStudy.objects.select_for_update(of=("self",))
    study: AhpStudy | None = rows.filter(pk=study_id).first()
    if study is None:
        raise Refused(ExpertRefusal.UNKNOWN_STUDY)
    return study


def _record(
    kind: str,
    study: AhpStudy,
    told: Mapping[str, str],
    actor: Actor,
    at: datetime,
    entry_id: UUID | None = None,
) -> None:
    """One entry; it is about nobody."""
    fields = {"study": str(study.pk), "actor": actor.ref, **told}
    entry = NewEntry(kind, {"model": study.model}, fields, system_key(at=at))
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor, ids=[entry_id.hex] if entry_id else None)
