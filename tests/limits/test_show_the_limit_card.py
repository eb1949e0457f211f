"""The card tells every part of a limit with its dates, and the use of each limit of the tree."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.world import AT, TODAY, make_customer, make_line, make_world
from xinheng.almanac.models import Rate
from xinheng.credit.policy import load
from xinheng.credit.shipped import document
from xinheng.limits.card import LimitState, ceiling_on, limit_card, state_of
from xinheng.limits.in_force import bring_in_force
from xinheng.limits.models import Cover, CreditLine, DatedLimit, OrderDue
from xinheng.limits.queries import usage
from xinheng.limits.tree import arrange
from xinheng.limits.tree_use import tree_use

POLICY = load(document("policies/order_check_v3.json"))


def day(n: int) -> date:
    return TODAY + timedelta(days=n)


@pytest.mark.parametrize(
    ("fields", "state", "ceiling"),
    [
        ({"amount_minor": None}, LimitState.UNSET, 0),
        ({"amount_minor": None, "covered_minor": 5}, LimitState.UNSET, 0),
        ({"amount_minor": 0}, LimitState.VALID, 0),
        ({"amount_minor": 100, "covered_minor": 5}, LimitState.VALID, 105),
        ({"amount_minor": 100, "temporary": True}, LimitState.TEMPORARY, 100),
        ({"amount_minor": 100, "valid_from": day(1)}, LimitState.NOT_YET, 0),
        ({"amount_minor": 100, "valid_until": day(0)}, LimitState.VALID, 100),
        ({"amount_minor": 100, "valid_until": day(-1)}, LimitState.EXPIRED, 0),
        ({"amount_minor": 100, "valid_until": day(-3), "grace_days": 3}, LimitState.GRACE, 100),
        ({"amount_minor": 100, "valid_until": day(-4), "grace_days": 3}, LimitState.EXPIRED, 0),
        ({"amount_minor": None, "unlimited": True}, LimitState.UNLIMITED, None),
        # Catches an expired line that the word still makes endless.
        (
            {"amount_minor": None, "unlimited": True, "valid_until": day(-1)},
            LimitState.EXPIRED,
            0,
        ),
    ],
)
def test_what_a_limit_is_worth_on_a_day(fields, state, ceiling):
    line = CreditLine(**fields)
    assert (state_of(line, TODAY), ceiling_on(line, TODAY)) == (state, ceiling)
    assert usage(line, today=TODAY).headroom_minor == ceiling


@pytest.mark.django_db
def test_the_card_tells_limits_covers_levels_and_use():
    make_world()
    head = make_customer("HEAD", unit=None)
    branch = make_customer("B1", unit=None, parent=head)
    group = make_line(head, 10_000_00, scope="group", valid_until=day(30))
    own = make_line(branch, None, open_items=300_00, valid_from=None, valid_until=None)
    euro = make_line(branch, 100_00, currency="EUR", orders=10_00)
    OrderDue.objects.create(line=euro, due_on=day(4_000), open_minor=2_00)
    make_line(branch, 50_00, scope="product:CEM", unbilled=20_00)
    for amount, begins, ends, temporary in [(500_00, -9, 300, False), (700_00, 0, 9, True)]:
        DatedLimit.objects.create(
            line=own,
            amount_minor=amount,
            valid_from=day(begins),
            valid_until=day(ends),
            temporary=temporary,
            granted_by="user:1",
            granted_at=AT,
        )
    Cover.objects.create(
        line=own,
        kind="insurance",
        reference="P-1",
        amount_minor=100_00,
        share_bps=9_000,
        valid_from=day(-1),
        valid_until=day(3),
        entered_by="user:1",
        entered_at=AT,
    )
    bring_in_force([own.pk], today=TODAY, at=AT)
    arrange([branch.pk], at=AT)
    Rate.objects.create(
        kind="mid",
        base="EUR",
        quote="CNY",
        day=TODAY,
        rate=Decimal("8"),
        source="test",
        entered_by="user:1",
        entered_at=AT,
    )
    own.refresh_from_db()
    card = limit_card(own, POLICY, today=TODAY)
    assert (card.state, card.ceiling_minor) == (LimitState.TEMPORARY, 790_00)
    assert card.use is not None and (card.use.used_minor, card.use.own_minor) == (320_00, 300_00)
    assert (card.available_minor, card.next_change) == (470_00, day(4))
    assert [(d.row.amount_minor, d.standing) for d in card.dated] == [
        (700_00, "in_force"),
        (500_00, "waiting"),
    ]
    assert [(c.standing, c.counts_minor, c.days_left) for c in card.covers] == [("valid", 90_00, 3)]
    assert [(one.kind, one.name, one.headroom_minor) for one in card.below] == [
        ("product", "CEM", 30_00)
    ]
    (above,) = card.above
    # 300 + 20 CNY and (10 - 2 beyond the horizon) EUR at 8, but EUR has a limit of its own there
    horizon = 2_00 * (POLICY.exposure.later if POLICY.order_horizon_days is not None else 10_000)
    euros = 8_00 + horizon // 10_000
    assert above.use is not None and above.use.used_minor == 320_00 + euros * 8
    assert above.use.rates[0].rate == "8" and above.use.lines_below == 3
    assert (above.kind, above.line.pk) == ("group", group.pk)


@pytest.mark.django_db
def test_a_missing_rate_makes_the_use_unknown():
    make_world()
    customer = make_customer("C1", unit=None)
    main, euro = make_line(customer, 100_00), make_line(customer, None, currency="EUR", orders=5)
    arrange([customer.pk], at=AT)
    found = tree_use([main.pk], POLICY, today=TODAY)[main.pk]
    assert found.used_minor is None and found.rates_missing == (("EUR", "CNY"),)
    assert tree_use([euro.pk], POLICY, today=TODAY)[euro.pk].used_minor == 5
