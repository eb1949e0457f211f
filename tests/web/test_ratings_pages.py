"""The rating board, drift and challengers as pages: they open, say what they show, leak nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.modelling.assessed import assess_all, challenger, drawn, make_customers
from tests.web.pages import signed_in, text_of
from tests.world import AT, TODAY, World, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.limits.models import CreditLine
from xinheng.modelling import drifting, shadowing
from xinheng.web.ratings import words

pytestmark = pytest.mark.django_db
ADDRESSES = ["/ratings/", "/ratings/moves/", "/models/drift/", "/models/challengers/"]
OCTOBER = datetime(2026, 10, 10, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 10, tzinfo=UTC)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for module in ("views", "challengers"):
        monkeypatch.setattr(f"xinheng.web.ratings.{module}.timezone.now", lambda: AT)
    yield make_world()


def contribution(key: str, points: int, zh: str, en: str) -> dict[str, object]:
    return {"key": key, "value": "1", "points": points, "lost": 0, "zh": zh, "en": en}


def moved(world: World, code: str, unit: str, name: str) -> Customer:
    """A customer that fell from BBB to BB in October, with the reasons in its assessments."""
    (made,) = make_customers(1, world.units[unit])
    Customer.objects.filter(pk=made.pk).update(
        code=code, name=name, created_at=SEPTEMBER - timedelta(days=300)
    )
    CreditLine.objects.create(
        customer=made, currency="CNY", open_items_minor=123_456_00, updated_at=AT
    )
    for at, grade, index in (
        (datetime(2026, 6, 1, tzinfo=UTC), "BBB", (50, "付款指数 70 至 80", "index 70 to 80")),
        (OCTOBER, "BB", (26, "付款指数 50 至 60", "index 50 to 60")),
    ):
        last = Assessment.objects.create(
            customer=made,
            card="behaviour v1",
            currency="CNY",
            points=610,
            grade=grade,
            inputs={"oldest_dpd": "3"},
            contributions=[
                contribution("payment_index", *index),
                contribution("months_of_history", 9, "往来 6 至 12 个月", "6 to 12 months"),
            ],
            reasons=[],
            as_of=at.date(),
            valid_until=TODAY + timedelta(days=20),
            assessed_at=at,
        )
    Rating.objects.create(
        customer=made, assessment=last, grade="BB", points=610, valid_until=last.valid_until
    )
    return made


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_empty_house_says_what_comes_next(world: World, address: str, language: str) -> None:
    answer = signed_in(world.alice, language).get(address)
    assert answer.status_code == 200
    assert 'class="empty"' in text_of(answer)


def test_the_board_tells_grades_loss_and_what_ends(world: World) -> None:
    moved(world, "E1", "EAST", "华东宏达")
    page = text_of(signed_in(world.alice).get("/ratings/"))
    assert "1 户中 1 户有有效评级" in page
    assert "3,086.40" in page  # 123,456.00 × 2.5 %
    assert "还有 20 天" in page
    assert "没有客户触及红线" in page


def test_a_move_is_told_with_its_reason(world: World) -> None:
    # Catches the reason of what got better for one that got worse, and an unchanged one.
    moved(world, "E1", "EAST", "华东宏达")
    page = text_of(signed_in(world.alice).get("/ratings/moves/"))
    assert "1 户下调，0 户上调" in page
    assert "付款指数 70 至 80 → 付款指数 50 至 60（−24）" in page
    assert "往来 6 至 12 个月" not in page
    english = text_of(signed_in(world.alice, "en").get("/ratings/moves/"))
    assert "index 70 to 80 → index 50 to 60 (−24)" in english
    later = text_of(signed_in(world.alice).get("/ratings/moves/?before=2026-10-20"))
    assert "没有等级变动" in later


def test_an_override_is_the_reason_where_a_person_gave_it(world: World) -> None:
    made = moved(world, "E1", "EAST", "华东宏达")
    row = GradeOverride.objects.create(
        customer=made,
        model_grade="BB",
        grade="CCC",
        notches=-2,
        reason="诉讼 <b>已立案</b>",
        valid_until=TODAY + timedelta(days=90),
        state="in_force",
        asked_by=world.alice,
        asked_at=AT,
    )
    Rating.objects.filter(customer=made).update(grade="CCC", model_grade="BB", override=row)
    client = signed_in(world.alice)
    page = text_of(client.get("/ratings/moves/"))
    assert "人工调整为 CCC：诉讼 &lt;b&gt;已立案&lt;/b&gt;" in page
    board = text_of(client.get("/ratings/"))
    assert "100.0%" in board and "诉讼 &lt;b&gt;已立案&lt;/b&gt;" in board


@pytest.mark.parametrize("address", ["/ratings/", "/ratings/moves/"])
def test_a_stranger_s_customer_is_nowhere(world: World, address: str) -> None:
    moved(world, "E1", "EAST", "华东宏达")
    assert "华东宏达" in text_of(signed_in(world.bob).get(address))
    for query in ("", "?unit=EAST", "?tier=watch&unit=WEST"):
        page = text_of(signed_in(world.eve).get(address + query))
        assert "华东宏达" not in page and "/E1/" not in page and ">E1<" not in page


@pytest.mark.parametrize(
    "query",
    ["?day=2026-99-99", "?before=x&day=2030-01-01", "?unit=%00", "?tier=all", "?currency=zzz"],
)
def test_words_that_are_not_ours_mean_the_usual(world: World, query: str) -> None:
    for address in ("/ratings/", "/ratings/moves/"):
        assert signed_in(world.alice).get(address + query).status_code == 200


def test_drift_has_a_word_in_every_cell_and_bars_with_figures(world: World) -> None:
    customers = make_customers(220, world.units["EAST"])
    assess_all(customers, drawn(220, seed=1), SEPTEMBER)
    assess_all(customers, drawn(220, seed=3, late=45.0), OCTOBER)
    drifting.look(at=AT)
    client = signed_in(world.dora)
    page = text_of(client.get("/models/drift/"))
    assert "已偏移" in page and "2026-10" in page and "预期：2026-09 的客户群" in page
    chosen = text_of(client.get("/models/drift/?month=2026-10&key=days_late_weighted"))
    assert "平均逾期 60 天及以上" in chosen and "95% 区间" in chosen
    strange = client.get("/models/drift/?month=nonsense&key=' or 1=1")
    assert strange.status_code == 200
    assert signed_in(world.bob).get("/models/drift/").status_code == 404


def test_a_challenger_is_compared_and_too_few_is_said(world: World) -> None:
    assess_all(make_customers(30, world.units["EAST"]), drawn(30))
    model = challenger()
    shadowing.score_challengers(at=AT)
    client = signed_in(world.alice)
    assert f"/models/challengers/{model.pk}/" in text_of(client.get("/models/challengers/"))
    page = text_of(client.get(f"/models/challengers/{model.pk}/"))
    assert "样本太少" in page and "分歧最大的客户" in page
    assert client.get("/models/challengers/999999/").status_code == 404
    assert signed_in(world.bob).get(f"/models/challengers/{model.pk}/").status_code == 404


def test_what_changed_most_comes_first_and_only_in_the_direction() -> None:
    before = [contribution(k, p, k, k) for k, p in (("a", 10), ("b", 10), ("c", 10))]
    after = [contribution(k, p, f"{k}!", f"{k}!") for k, p in (("a", 8), ("b", 1), ("c", 15))]
    worse = words.changed(before, after, worse=True)
    assert [one.en for one in worse] == ["b → b! (−9)", "a → a! (−2)"]
    assert [one.en for one in words.changed(before, after, worse=False)] == ["c → c! (+5)"]
