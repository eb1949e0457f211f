"""`xinheng holds plan`: the collections that free most, as a table and for scripts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.receivables.conftest import Desk, invoice
from tests.web.pages import buyer
from tests.world import ask
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision


@pytest.fixture
def held(world) -> Decision:
    buyer("C1", world.units["EAST"], 1_000_00)
    today = date.today()  # noqa: DTZ011 - the command looks at today
    Desk().invoices(invoice("I-1", 500_00, today, today + timedelta(days=30)))
    check_orders([ask("PO-1", "C1", 600_00)], actor=world.actor("bob"))
    return Decision.objects.get()


def test_the_plan_for_scripts(held, run):
    told = run("holds", "plan", "--collect", "1,000.00", "--currency", "CNY", "--json")
    assert told.code == 0
    assert told.json["steps"] == [
        {
            "collect": [
                {
                    "customer": "C1",
                    "amount": "100.00",
                    "invoices": [{"number": "I-1", "amount": "100.00"}],
                }
            ],
            "frees": [{"order": "PO-1", "decision": str(held.pk), "amount": "600.00"}],
        }
    ]
    assert (told.json["needed"], told.json["left"], told.json["exact"]) == (
        "100.00",
        "900.00",
        True,
    )


def test_the_plan_as_a_table_for_what_a_person_sees(held, run):
    assert "PO-1" in run("holds", "plan", "--collect", "100", "--by", "bob").out
    assert "PO-1" not in run("holds", "plan", "--collect", "100", "--by", "eve").out
    assert run("holds", "plan", "--collect", "soon").code != 0
    assert run("holds", "plan", "--collect", "1", "--by", "nobody").code != 0
