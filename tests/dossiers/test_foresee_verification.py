"""What the queue foretells is what verifying does, over drawn files and selections."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.web.verification.staged import desk, entered, person
from tests.world import AT, World
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.verifying import verify_facts
from xinheng.dossiers.waiting import Wanted, beside, foresee, narrowed, survey, waiting_for
from xinheng.people.actor import of_user
from xinheng.people.queries import WholeBook

VALUES = {
    "goods_bought": ["水泥", "熟料"],
    "person_in_charge": ["王芳", "李伟"],  # personal, sealed
    "enforced_debtor": ["yes", "no"],  # critical
}


@pytest.fixture
def world(db: None) -> World:
    return desk()


def some(draw: random.Random, number: int) -> list[int]:
    made = []
    for _ in range(number):
        field = draw.choice(list(VALUES))
        first = draw.choice([None, AT.date(), AT.date() - timedelta(days=400)])
        until = first + timedelta(days=100) if first and draw.random() < 0.5 else None
        told = {"valid_from": first, "valid_until": until}
        source = draw.choice(["erp", "bureau", "licence"])
        by = draw.choice(["bob", "fay", "alice"])
        value = draw.choice(VALUES[field])
        made.append(entered(field, value, source=source, by=by, **told))
    return made


@pytest.mark.parametrize("seed", range(8))
def test_what_is_foretold_comes_true(world: World, seed: int) -> None:
    """A foresight that looks at each fact alone, forgets that a newer fact of a source ends the
    older one, or takes days apart for a contradiction, fails here.
    """
    draw = random.Random(seed)
    alice, fay = of_user(world.alice), of_user(person("fay"))
    verify_facts(some(draw, 6), "third_party", 80, actor=fay, at=AT)
    verify_facts(some(draw, 3), "third_party", 80, actor=alice, at=AT + timedelta(minutes=1))
    some(draw, 8)
    free = list(waiting_for(world.alice).select_related("customer").order_by("pk"))
    told = foresee(free)
    before = set(ConflictCase.objects.values_list("pk", flat=True))
    ids = [one.pk for one in free]
    counts = verify_facts(ids, "third_party", 80, actor=alice, at=AT + timedelta(minutes=9))
    assert (counts.own, counts.gone) == (0, 0)
    opened = ConflictCase.objects.exclude(pk__in=before)
    assert {pk for pk, would in told.items() if would == "conflict"} == set(
        opened.values_list("opened_by_fact_id", flat=True)
    )
    rows = Fact.objects.in_bulk(ids)
    for pk, would in told.items():
        assert (rows[pk].known_since is None) == (would == "second"), (seed, pk, would)


def test_one_by_one_the_first_of_a_selection_is_foretold_alike(world: World) -> None:
    draw = random.Random(3)
    some(draw, 8)
    free = list(waiting_for(world.alice).select_related("customer").order_by("pk"))
    alone = {one.fact.pk: one.would for one in beside(free)}
    first = free[0].pk
    assert foresee(free)[first] == alone[first]


def test_the_survey_counts_what_the_tabs_then_show(world: World) -> None:
    draw = random.Random(5)
    some(draw, 12)
    verify_facts(
        list(Fact.objects.waiting().values_list("pk", flat=True)[:6]),
        "third_party",
        80,
        actor=of_user(person("fay")),
        at=AT,
    )
    at = AT + timedelta(days=3)
    for wanted in (Wanted(), Wanted(block="trade"), Wanted(source="erp"), Wanted(text="nobody")):
        told = survey(world.alice, wanted, at=at)
        for tab, number in told.tabs.items():
            shown = Wanted(tab, wanted.block, wanted.source, wanted.text)
            assert narrowed(world.alice, shown, at=at).count() == number, (wanted, tab)
    told = survey(WholeBook(), Wanted(), at=at)
    assert sum(told.sources.values()) == sum(told.blocks.values()) == told.tabs[""]
