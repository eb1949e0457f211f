"""The tree of lines in figures: what each level uses, in its own currency, and what it leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from tests.world import AT, TODAY, ask, make_customer, make_line, make_world
from xinheng.almanac.models import Rate
from xinheng.credit.decide import Facts
from xinheng.credit.exposure import Weights
from xinheng.credit.policy import shipped
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.limits.models import CreditLine
from xinheng.limits.tree import arrange
from xinheng.portfolio.levels import Level, tree_of, way_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def family():
    """A group limit of 1,000,000.00 CNY over two branches: 300,000.00 CNY and 10,000.00 EUR."""
    world = make_world()
    head = make_customer("HEAD", unit=world.units["EAST"])
    east = make_customer("B-1", unit=world.units["EAST"], parent=head)
    west = make_customer("B-2", unit=world.units["WEST"], parent=head)
    group = make_line(head, 1_000_000_00, scope="group")
    own = make_line(east, 500_000_00, open_items=300_000_00)
    euro = make_line(west, None, currency="EUR", open_items=10_000_00)
    arrange([head.pk], at=AT)
    for line in (group, own, euro):
        line.refresh_from_db()
    return world, group, own, euro


def rate(value: str, day: date = TODAY) -> None:
    told = {"kind": "mid", "base": "EUR", "quote": "CNY", "source": "test", "entered_by": "test"}
    Rate.objects.create(day=day, rate=Decimal(value), entered_at=AT, **told)


def of(levels: list[Level], line: CreditLine) -> Level:
    return next(level for level in levels if level.line.pk == line.pk)


def test_each_currency_s_sum_is_converted_once_by_the_rate_that_is_told(family):
    _, group, own, euro = family
    rate("7.8123")
    levels = tree_of(own, shipped(), TODAY)
    top = of(levels, group)
    assert (top.own_minor, top.used_minor, top.headroom_minor) == (0, 378_123_00, 621_877_00)
    assert [(one.base, one.rate, one.day) for one in top.rates] == [("EUR", "7.8123", "2026-11-20")]
    assert [level.depth for level in levels] == [0, 1, 1] and levels[0].line == group
    assert of(levels, own).headroom_minor == 200_000_00
    assert of(levels, euro).unset and of(levels, euro).headroom_minor is None


def test_without_a_recent_rate_the_use_is_unknown_and_no_headroom_is_told(family):
    # The broken build: leave out what can't be converted.
    _, group, own, _ = family
    rate("7.8123", date(2026, 11, 1))
    top = of(tree_of(own, shipped(), TODAY), group)
    assert (top.used_minor, top.headroom_minor, top.missing) == (None, None, ("EUR/CNY",))


@pytest.mark.parametrize(
    ("until", "grace", "left"),
    [
        (date(2026, 11, 20), 0, 200_000_00),
        (date(2026, 11, 19), 0, 0),
        (date(2026, 11, 19), 1, 200_000_00),
        (None, 0, 200_000_00),
    ],
)
def test_outside_its_dates_a_limit_leaves_nothing(family, until, grace, left):
    _, _, own, _ = family
    CreditLine.objects.filter(pk=own.pk).update(valid_until=until, grace_days=grace)
    assert way_up(own, shipped(), TODAY)[0].headroom_minor == left


def test_what_covers_add_is_room_and_weights_apply_before_the_rate(family):
    _, group, own, _ = family
    rate("7.8123")
    CreditLine.objects.filter(pk=group.pk).update(covered_minor=100_000_00)
    rule = msgspec.structs.replace(shipped(), exposure=Weights(open_items=5_000))
    top = way_up(own, rule, TODAY)[1]
    assert top.ceiling_minor == 1_100_000_00
    assert top.used_minor == 150_000_00 + 39_061_50


def test_the_page_s_levels_are_those_that_a_decision_measured(family):
    _, group, own, _ = family
    rate("7.8123")
    before = of(tree_of(own, shipped(), TODAY), group)
    check_orders([ask("PO-1", "B-1", 100_00)], actor=family[0].actor("bob"), at=AT)
    facts = msgspec.json.decode(bytes(Decision.objects.get().facts), type=Facts)
    [level] = facts.levels
    assert (level.kind, level.used_minor) == ("group", before.used_minor)
    after = of(tree_of(own, shipped(), TODAY), group)
    assert after.used_minor == before.used_minor + 100_00


def test_a_line_that_stands_alone_is_its_own_tree():
    line = make_line(make_customer("C1", unit=make_world().units["EAST"]), 10_00, open_items=4_00)
    [level] = tree_of(line, shipped(), TODAY)
    assert (level.depth, level.used_minor, level.headroom_minor) == (0, 4_00, 6_00)
