"""Conflict cases: side by side, the suggestion marked as one, chosen with a reason by another."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.pages import signed_in, text_of
from tests.web.verification.staged import WHY, desk, disputed, person, standing
from tests.world import World
from xinheng.dossiers.models import ConflictCase, Fact

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/verification/conflicts/"


@pytest.fixture
def world(transactional_db: None) -> World:
    return desk()


def by_source(case: int) -> dict[str, Fact]:
    field = ConflictCase.objects.get(pk=case).field
    return {one.source: one for one in Fact.objects.filter(field=field)}


def test_a_case_stands_side_by_side_and_the_suggestion_is_not_chosen(world: World) -> None:
    case = disputed()
    listed = text_of(signed_in(world.alice).get(LIST))
    assert "采购品种" in listed and "水泥" in listed and "熟料" in listed
    answer = signed_in(world.alice).get(f"{LIST}{case}/")
    page = text_of(answer)
    for words in ("以此为准", "建议", "执照 3", "主管机关或原件", "公开记录，把握 90"):
        assert words in page, words
    sides = answer.context["sides"]
    assert [(one.told.value, one.side.suggested) for one in sides] == [
        ("水泥", True),
        ("熟料", False),
    ]
    assert " checked" not in page
    assert "Suggested" in text_of(signed_in(world.alice, "en").get(f"{LIST}{case}/"))


def test_the_chosen_holds_and_what_was_decided_stays_readable(world: World) -> None:
    case = disputed()
    facts = by_source(case)
    client = signed_in(world.alice)
    told = {"chosen": str(facts["bureau:qcc"].pk), "reason": "来函有客户盖章"}
    assert client.post(f"{LIST}{case}/", told)["Location"] == f"{LIST}{case}/"
    assert Fact.objects.current().get(field="goods_bought").pk == facts["bureau:qcc"].pk
    page = text_of(client.get(f"{LIST}{case}/"))
    assert "来函有客户盖章" in page and "alice" in page and "不再有效" in page and "水泥" in page
    history = text_of(client.get(f"{LIST}?state=decided"))
    assert "来函有客户盖章" in history and "熟料" in history
    assert "没有待决的来源冲突" in text_of(client.get(LIST))
    again = client.post(f"{LIST}{case}/", told)
    assert again.status_code == 422 and "没有编号为" in text_of(again)


def test_who_entered_it_is_told_before_that_they_can_t_choose_it(world: World) -> None:
    case = disputed(by="fay")
    facts = by_source(case)
    fay = signed_in(person("fay"))
    page = text_of(fay.get(f"{LIST}{case}/"))
    assert "您录入的，不能由您选定" in page and page.count(" disabled") == 1
    told = {"chosen": str(facts["licence"].pk), "reason": WHY}
    refused = fay.post(f"{LIST}{case}/", told)
    assert refused.status_code == 422 and "须是不同的人" in text_of(refused)
    assert WHY in text_of(refused)  # nothing typed is lost
    other = {"chosen": str(facts["bureau:qcc"].pk), "reason": WHY}
    assert fay.post(f"{LIST}{case}/", other).status_code == 302


def test_who_entered_both_is_told_that_another_decides(world: World) -> None:
    case = disputed(by="fay", other="fay")
    page = text_of(signed_in(person("fay")).get(f"{LIST}{case}/"))
    assert "几项都是您录入的，由另一人裁定" in page and "<textarea" not in page


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"reason": WHY}, "请选择以哪一项为准"),
        ({"chosen": "x" * 30, "reason": WHY}, "请选择以哪一项为准"),
        ({"chosen": "999", "reason": WHY}, "不在冲突之中"),
        ({"chosen": "first", "reason": "短"}, "至少四个字"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_decided(
    world: World, told: dict[str, str], words: str
) -> None:
    case = disputed()
    if told.get("chosen") == "first":
        told = told | {"chosen": str(by_source(case)["licence"].pk)}
    answer = signed_in(world.alice).post(f"{LIST}{case}/", told)
    assert answer.status_code == 422 and words in text_of(answer)
    assert ConflictCase.objects.get().resolved_at is None


def test_a_case_is_absent_for_a_stranger_and_for_who_does_not_verify(world: World) -> None:
    case = disputed()
    assert signed_in(person("wu")).get(f"{LIST}{case}/").status_code == 404
    assert "没有待决" in text_of(signed_in(person("wu")).get(LIST))
    assert signed_in(world.bob).get(LIST).status_code == 404


def test_the_list_costs_the_same_for_one_case_and_for_many(world: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as told:
            answer = client.get(LIST)
        assert answer.status_code == 200
        return len(told)

    client: Any = signed_in(world.alice)
    disputed()
    cost()
    one = cost()
    for field, values in (
        ("way_of_paying", ("transfer", "cash")),
        ("trade_permit", ("甲", "乙")),
        ("person_in_charge", ("王芳", "李伟")),
    ):
        for source, value in zip(("a", "b"), values, strict=True):
            standing(field, value, source=source)
    assert ConflictCase.objects.count() == 4
    assert cost() <= one + 1  # the keys, once
