"""Weights by comparing pairs: the worked matrices, several persons, who accepts, and a card run
with what was accepted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.modelling.rated import acting, cam_1, rating_world, run, scored
from tests.world import AT, World
from xinheng.modelling import ahp_studies as studies
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.models import AhpJudgement, AhpStudy
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
# the upper triangles of AHP-1 and AHP-3 of the reference, over the three groups of the card
AHP_1 = (("A", "B", "2"), ("A", "C", "5"), ("B", "C", "3"))
AHP_3 = (("A", "B", "5"), ("A", "C", "1/3"), ("B", "C", "5"))


@pytest.fixture
def world(db: None) -> World:
    return rating_world()


def made(by: str = "anna", model: str = "character") -> AhpStudy:
    return studies.make_study("二〇二六年权重", model, actor=acting(by), at=AT)


def judge(study: AhpStudy, pairs: Any = AHP_1, by: str = "anna") -> AhpJudgement:
    return studies.judge_study(study.pk, pairs, actor=acting(by), at=AT)


def accept(study: AhpStudy, by: str = "alice") -> AhpStudy:
    return studies.accept_study(study.pk, actor=acting(by), at=AT)


def refused(code: ExpertRefusal, call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, caught.value
    return caught.value


@pytest.mark.parametrize(
    ("pairs", "weights", "ratio", "consistent", "worst"),
    [
        (AHP_1, ("0.5816", "0.3090", "0.1095"), "0.0032", True, None),
        (AHP_3, ("0.3874", "0.3268", "0.2757"), "2.1158", False, ["A", "B", "C"]),
    ],
)
def test_judgements_as_worked(
    world: World, pairs: Any, weights: Any, ratio: str, consistent: bool, worst: Any
) -> None:
    row = judge(made(), pairs)
    row.refresh_from_db()
    if consistent:
        assert tuple(row.weights[code] for code in "ABC") == weights
    assert (row.ratio, row.consistent) == (Decimal(ratio), consistent)
    assert worst is None or row.worst == worst


def test_the_worst_triad_is_named_in_words(world: World) -> None:
    study = made()
    told = studies.judged(study, AHP_3).told
    assert "客户自身特征 重于 客户优先性特征" in told[1].zh and "成环" in told[1].zh
    assert "the customer itself over its priority to us" in told[1].en


def test_accepted_by_another_person_the_weights_weigh_the_card(world: World) -> None:
    study = made()
    judge(study)
    judge(study, by="olaf")
    accept(study)
    study.refresh_from_db()
    assert study.weights["criteria"] == {"A": "58.15", "B": "30.90", "C": "10.95"}
    items = {key: Decimal(weight) for key, weight in study.weights["items"].items()}
    assert sum(items.values()) == 100 and len(items) == 18
    one = run("character", cam_1(), weighting=f"ahp:{study.pk}")
    # A weighs 58.15 instead of 30, and A is CAM-1's middling part
    assert one.weighting == f"ahp:{study.pk}" and Decimal(one.result["pct"]) < Decimal("66.70")
    # a study of one card weighs no other
    other = run("6c", scored("6c"))
    assert other.weighting == "shipped"
    refused(
        ExpertRefusal.UNKNOWN_WEIGHTING,
        lambda: run("6c", scored("6c"), weighting=f"ahp:{study.pk}"),
    )
    studies.retire_study(study.pk, actor=acting("alice"), at=AT)
    refused(
        ExpertRefusal.UNKNOWN_WEIGHTING,
        lambda: run("character", cam_1(), weighting=f"ahp:{study.pk}"),
    )


def test_who_may_accept_and_when(world: World) -> None:
    own = made("alice")
    refused(ExpertRefusal.NOT_ALLOWED, lambda: accept(own, "anna"))
    refused(ExpertRefusal.OWN_STUDY, lambda: accept(own))
    study = made()
    refused(ExpertRefusal.NO_JUDGEMENT, lambda: accept(study))
    judge(study, by="alice")
    refused(ExpertRefusal.ONLY_OWN_JUDGEMENT, lambda: accept(study))
    judge(study, AHP_3, by="olaf")
    wrong = refused(ExpertRefusal.INCONSISTENT, lambda: accept(study))
    assert "欧立" in wrong.text.zh and "2.1158" in wrong.text.zh
    judge(study, by="olaf")
    assert accept(study).state == "accepted"
    refused(ExpertRefusal.STUDY_CLOSED, lambda: judge(study))
    refused(ExpertRefusal.STUDY_CLOSED, lambda: accept(study))
    refused(ExpertRefusal.UNKNOWN_STUDY, lambda: judge(AhpStudy(pk=0)))


def test_opposite_judgements_weigh_all_alike(world: World) -> None:
    study = made()
    judge(study)
    mirror = tuple((one, other, f"1/{said}") for one, other, said in AHP_1)
    judge(study, mirror, by="olaf")
    found = studies.together(study, studies.standing(study)).weights
    assert set(found.weights.values()) == {Decimal("0.3333")} and found.accepted


def test_a_newer_judgement_replaces_the_older_which_stays(world: World) -> None:
    study = made()
    first = judge(study, AHP_3)
    judge(study)
    first.refresh_from_db()
    assert first.replaced_at is not None and len(studies.standing(study)) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AhpJudgement.objects.filter(pk=first.pk).update(consistent=True)


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        AHP_1[:2],
        (("A", "B", "10"), *AHP_1[1:]),
        (("A", "B", "zwei"), *AHP_1[1:]),
        (("A", "D", "2"), *AHP_1[1:]),
        (("B", "A", "2"), *AHP_1[1:]),
    ],
)
def test_what_is_no_comparison_is_refused(world: World, pairs: Any) -> None:
    study = made()
    refused(ExpertRefusal.BAD_ANSWERS, lambda: judge(study, pairs))
    assert not AhpJudgement.objects.exists()


def test_five_c_has_five_criteria_and_six_c_six(world: World) -> None:
    assert [len(made(model=model).criteria) for model in ("character", "5c", "6c")] == [3, 5, 6]
    refused(ExpertRefusal.UNKNOWN_MODEL, lambda: made(model="altman"))
    refused(
        ExpertRefusal.NEEDS_NAME,
        lambda: studies.make_study(" ", "5c", actor=acting("anna"), at=AT),
    )
