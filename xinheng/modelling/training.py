"""Trainings: a person asks, the jobs process learns, the model and its report stand as a draft.

Found by state: the oldest that waits is claimed with its row locked, so that two processes never
take the same; what a stopped process left running waits again after half an hour. What can't be
learnt ends as failed, with the words of the learning that say how to mend it. The work between
claim and end holds no transaction. Example: card "own book" of sample 3 → version 1, a draft.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.db import connection, transaction
from django.db.models import Max, Q

from xinheng.ledger.actions import append, append_one
from xinheng.ledger.entries import NewEntry
from xinheng.modelling import own_book, samples
from xinheng.modelling.models import LearntModel, Sample, Training
from xinheng.modelling.refusals import ModelRefusal
from xinheng.people.actor import Actor
from xinheng.policies.queries import live
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

if TYPE_CHECKING:
    from xinheng.learning.teaching import Recipe, Taught

KINDS: Final = ("scorecard", "boosting")
MODEL_NAME_MAX: Final = 60
LEFT_AFTER: Final = timedelta(minutes=30)
SHAPES: Final = ("rising", "falling")


def ask_training(
    sample_id: int,
    kind: str,
    name: str,
    *,
    shapes: Mapping[str, str] | None = None,
    most: int | None = None,
    seed: int = 0,
    actor: Actor,
    at: datetime,
) -> Training:
    """Ask for a model of a sample. One ledger entry now, another with the model.

    Refuses NOT_ALLOWED, NAMED_PERSON, BAD_NAME, UNKNOWN_SAMPLE, NOT_DRAWN, UNKNOWN_KIND,
    UNKNOWN_COLUMN, ASKED_ALREADY.
    """
    if not actor.may(samples.EDIT):
        raise Refused(ModelRefusal.NOT_ALLOWED, permission=samples.EDIT)
    if actor.person_id is None:
        raise Refused(ModelRefusal.NAMED_PERSON)
    if kind not in KINDS:
        raise Refused(ModelRefusal.UNKNOWN_KIND, kinds=", ".join(KINDS))
    named = samples.checked_name(name)[:MODEL_NAME_MAX].strip()
    told = {key: shape for key, shape in (shapes or {}).items() if shape in SHAPES}
    with transaction.atomic():
        sample = Sample.objects.select_for_update().filter(pk=sample_id).first()
        if sample is None:
            raise Refused(ModelRefusal.UNKNOWN_SAMPLE)
        if not bytes(sample.sha256):
            raise Refused(ModelRefusal.NOT_DRAWN)
        unknown = sorted(set(told) - {one["key"] for one in sample.columns})
        if unknown:
            raise Refused(ModelRefusal.UNKNOWN_COLUMN, columns=", ".join(unknown))
        plan = {"name": named, "shapes": told, "most": most, "seed": seed}
        under_way = Training.objects.filter(sample=sample, kind=kind, plan=plan)
        if under_way.filter(state__in=["waiting", "running"]).exists():
            raise Refused(ModelRefusal.ASKED_ALREADY)
        training = Training.objects.create(
            sample=sample, kind=kind, plan=plan, asked_by_id=actor.person_id, asked_at=at
        )
        clear = {"training": training.pk, "sample": sample.pk, "kind": kind}
        append_one("model.asked", clear, {"by": actor.ref, "name": named}, at=at)
    return training


def train_next(now: Callable[[], datetime]) -> int:
    """Claim, learn, and put away one training; returns how many there were."""
    training = claim(at=now())
    if training is None:
        return 0
    from xinheng.learning.columns import LearningError

    try:
        taught = learn(training)
    except LearningError as error:
        give_up(training, {"code": error.code, "zh": error.zh, "en": error.en}, at=now())
    except Exception:
        give_up(training, _BROKEN, at=now())
        raise
    else:
        put_away(training, taught, at=now())
    return 1


_BROKEN: Final = {
    "code": "broken",
    "zh": "训练中断：这是程序错误，已记入日志。请换一个样本或联系维护人员。",
    "en": "The training broke off by a fault of ours, which is in the log. Try another sample.",
}


def claim(*, at: datetime) -> Training | None:
    """The oldest training that waits, or was left running; it is running now."""
    with transaction.atomic():
        left = Q(state="running", started_at__lt=at - LEFT_AFTER)
        waiting = Training.objects.select_for_update(skip_locked=True).filter(
            Q(state="waiting") | left
        )
        training: Training | None = waiting.order_by("pk").first()
        if training is None:
            return None
        training.state, training.started_at = "running", at
        training.save(update_fields=["state", "started_at"])
    return training


def learn(training: Training) -> Taught:
    """The model and its report; reads the sample, writes nothing. `LearningError` where it can't
    be.
    """
    from xinheng.learning.preparing import prepare
    from xinheng.learning.teaching import teach

    sample = training.sample
    rows = prepare(samples.opened(sample), samples.wish_of(sample))
    return teach(rows, recipe_of(training, next_version(training.kind, training.plan["name"])))


def recipe_of(training: Training, version: int) -> Recipe:
    """What the person asked for. Of the own book, directions are those that the figures mean, and
    names those of the live card.
    """
    from xinheng.learning.points import Label
    from xinheng.learning.teaching import Recipe

    plan = training.plan
    own = training.sample.source == "own_book"
    shapes = (dict(own_book.DIRECTIONS) if own else {}) | plan["shapes"]
    labels = {key: Label(*words) for key, words in _labels().items()} if own else {}
    return Recipe(
        "scorecard" if training.kind == "scorecard" else "boosting",
        plan["name"],
        version,
        shapes=shapes,
        labels=labels,
        most_characteristics=plan.get("most"),
        seed=plan.get("seed", 0),
    )


def put_away(training: Training, taught: Taught, *, at: datetime) -> LearntModel | None:
    """The model as a draft and the training done, with one ledger entry; None where another process
    has done it since.
    """
    from xinheng.learning import teaching

    raw = teaching.dump(taught.model)
    with transaction.atomic():
        row = _still_ours(training)
        if row is None:
            return None
        version = next_version(training.kind, training.plan["name"])
        body = json.loads(raw)
        model = LearntModel.objects.create(
            kind=training.kind,
            name=training.plan["name"],
            version=version,
            body=body,
            report=msgspec.to_builtins(taught.report),
            plan=training.plan | {"bins": _shown_bins(taught), "as_learnt": _as_learnt(taught)},
            sample=training.sample,
            sha256=hashlib.sha256(raw).digest(),
            made_by_id=training.asked_by_id,
            made_at=at,
        )
        model.entry_id = _record(model, training, at)
        model.save(update_fields=["entry_id"])
        row.state, row.ended_at, row.model = "done", at, model
        row.save(update_fields=["state", "ended_at", "model"])
    return model


def give_up(training: Training, message: dict[str, str], *, at: datetime) -> None:
    """The training has failed, and says why."""
    with transaction.atomic():
        row = _still_ours(training)
        if row is not None:
            row.state, row.ended_at, row.message = "failed", at, message
            row.save(update_fields=["state", "ended_at", "message"])


def work_waits(*, at: datetime) -> bool:
    """Whether a sample is to be drawn or a model to be learnt."""
    left = Q(state="running", started_at__lt=at - LEFT_AFTER)
    return (
        Training.objects.filter(Q(state="waiting") | left).exists()
        or Sample.objects.filter(sha256=b"", outcome__failed__isnull=True).exists()
    )


def left_running_waits_again(*, at: datetime) -> int:
    """At the start of the jobs process: nothing can be running yet."""
    rows = Training.objects.filter(state="running", started_at__lt=at)
    return rows.update(state="waiting", started_at=None)


def next_version(kind: str, name: str) -> int:
    """The version that a new model of this name gets."""
    held = LearntModel.objects.filter(kind=kind, name=name).aggregate(most=Max("version"))["most"]
    return (held or 0) + 1


def _still_ours(training: Training) -> Training | None:
    rows = Training.objects.select_for_update().filter(
        pk=training.pk, state="running", started_at=training.started_at
    )
    return rows.first()


def _labels() -> dict[str, tuple[str, str]]:
    policy = live("scorecard")
    if policy is None:
        return {}
    return {one["key"]: (one["zh"], one["en"]) for one in policy.body["characteristics"]}


def _shown_bins(taught: Taught) -> list[dict[str, Any]]:
    """Of every column that could have been used, the strongest first, as pages show them."""
    found: list[dict[str, Any]] = msgspec.to_builtins(taught.bins)
    return found


def _as_learnt(taught: Taught) -> float | None:
    return None if taught.as_learnt is None else taught.as_learnt.value


def _record(model: LearntModel, training: Training, at: datetime) -> Any:
    clear = {
        "model": model.pk,
        "kind": model.kind,
        "version": model.version,
        "sha256": bytes(model.sha256).hex(),
        "sample_sha256": bytes(training.sample.sha256).hex(),
    }
    fields = {"name": model.name, "asked_by": f"user:{training.asked_by_id}"}
    entry = NewEntry("model.learnt", clear, fields, system_key(at=at))
    with connection.cursor() as cursor:
        return append([entry], at=at, cursor=cursor)[0]
