"""The page of the collections plan: who pays what, which orders go, and what was typed is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.receivables.conftest import Desk, invoice
from tests.web.pages import buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    made = make_world()
    today = date.today()  # noqa: DTZ011 - the page looks at today
    for code, wanted in (("C1", 600_00), ("C2", 900_00)):
        buyer(code, made.units["EAST"], 1_000_00)
        Desk().invoices(
            invoice(f"I-{code}", 500_00, today, today + timedelta(days=30), customer_code=code)
        )
        check_orders([ask(f"PO-{code}", code, wanted)], actor=made.actor("bob"))
    return made


@pytest.mark.parametrize(
    ("collect", "there", "absent"),
    [
        ("100", ["PO-C1", "I-C1", "100.00"], ["PO-C2"]),
        ("400", ["PO-C2"], ["PO-C1"]),
        ("500", ["PO-C1", "PO-C2", "Proven best"], []),
        ("99.99", ["frees none of the waiting orders"], ["PO-C1"]),
        ("1,000,000", ["999,500.00"], []),
    ],
)
def test_the_plan_for_an_amount(world, collect, there, absent):
    client = signed_in(world.alice, "en")
    page = text_of(client.get(f"/portfolio/collections/?currency=CNY&collect={collect}"))
    for words in there:
        assert words in page
    for words in absent:
        assert words not in page


def test_what_can_t_be_read_stays_in_its_field(world):
    answer = signed_in(world.alice).get("/portfolio/collections/?collect=soon")
    assert answer.status_code == 422
    assert 'value="soon"' in text_of(answer) and "err-collect" in text_of(answer)


def test_who_sees_nobody_gets_an_empty_plan(world):
    page = text_of(signed_in(world.eve).get("/portfolio/collections/?collect=500"))
    assert "没有等待中的冻结" in page and "PO-C1" not in page
