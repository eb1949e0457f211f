"""The try-out panel: the same decision on what one types; nothing is written."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.receivables.conftest import Desk, invoice
from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.ledger.models import Entry
from xinheng.limits.models import Movement, Reservation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world) -> Decision:
    """1,000.00 of limit, 500.00 open, an order of 600.00: 100.00 too much."""
    buyer("C1", world.units["EAST"], 1_000_00)
    today = date.today()  # noqa: DTZ011 - the panel looks at today
    Desk().invoices(invoice("I-1", 500_00, today, today + timedelta(days=30)))
    check_orders([ask("PO-1", "C1", 600_00)], actor=world.actor("bob"))
    return Decision.objects.get()


def tried(world, held, query: str, language: str = "zh-hans", user: str = "bob") -> str:
    client = signed_in(getattr(world, user), language)
    address = f"/decisions/{held.pk}/try-out/?{query}&part=answer"
    return text_of(client.get(address, headers=HTMX))


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("", False),
        ("receive=100", True),
        ("receive=99.99", False),
        ("receive=1,00.00", True),
        ("amount=500", True),
        ("amount=500.01", False),
        ("amount=400&receive=0", True),
        ("prepay=100", True),
        ("cover=100", True),
        ("cover=99.99", False),
        ("temporary=1100", True),
        ("temporary=1099.99", False),
        ("receive=60&cover=40", True),
        ("receive=60&cover=39.99", False),
        ("receive=500&amount=1000", True),
        ("receive=500&amount=1000.01", False),
    ],
)
def test_the_answer_is_that_of_the_changed_facts(world, held, query, passes):
    said = tried(world, held, query)
    assert ("没有任何一项不符合" in said) == passes
    assert ("超过授信额度" in said) != passes
    assert "<html" not in said


def test_terms_are_tried_too(world, held):
    held.customer.refresh_from_db()
    from xinheng.limits.models import CreditLine

    CreditLine.objects.update(terms_days_max=20, amount_minor=9_000_00)
    assert "30 天，超过约定的 20 天" in tried(world, held, "")
    assert "没有任何一项不符合" in tried(world, held, "terms_days=20")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("receive=abc", "#try-receive"),
        ("cover=-1", "The amount can&#x27;t be below zero."),
        ("terms_days=soon", "Terms in days, such as 30."),
        ("delivery_on=2026-13-01", "Write the day as 2026-11-30."),
    ],
)
def test_what_can_t_be_read_is_told_beside_the_answer_of_the_rest(world, held, query, said):
    page = tried(world, held, query, "en")
    assert said in page and "On hold" in page


def test_nothing_is_written(world, held):
    before = (Decision.objects.count(), Reservation.objects.count(), Entry.objects.count())
    moves = Movement.objects.count()
    for query in ("receive=100", "temporary=5000", "amount=1"):
        tried(world, held, query)
    assert (Decision.objects.count(), Reservation.objects.count(), Entry.objects.count()) == before
    assert Movement.objects.count() == moves


def test_who_may_grant_limits_is_led_to_propose_the_temporary_one(world, held):
    address = "/limits/of/C1/CNY/change/?kind=temporary&amp;amount=1100.00"
    assert address in tried(world, held, "temporary=1100", user="alice")
    assert address not in tried(world, held, "temporary=1100", user="bob")


def test_the_decision_page_asks_for_the_panel_and_it_is_a_page_of_its_own(world, held):
    client = signed_in(world.bob, "en")
    page = text_of(client.get(f"/decisions/{held.pk}/"))
    assert f'hx-get="/decisions/{held.pk}/try-out/"' in page
    alone = text_of(client.get(f"/decisions/{held.pk}/try-out/?receive=100"))
    assert "<html" in alone and 'value="100"' in alone and "Nothing stands against it" in alone


def test_a_stranger_s_panel_is_404(world, held):
    assert signed_in(world.eve).get(f"/decisions/{held.pk}/try-out/").status_code == 404
