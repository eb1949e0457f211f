"""What papers are made of, for tests that only need that they are there: a granted limit and an
application of each unit, a model, the record of a paper.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.world import AT, World
from xinheng.applications.models import Application
from xinheng.customers.models import Customer
from xinheng.limits.models import DatedLimit
from xinheng.modelling.models import LearntModel
from xinheng.papers.making import Cover, Reader, record

ENTRY = UUID("5f0c0000-0000-4000-8000-000000000001")


def printed(world: World) -> dict[str, Any]:
    """By unit: `dated` and `wish`; for all: `learnt` and `paper`."""
    reader = Reader("alice", world.actor("alice"), AT, str)
    record(Cover("credit_report", "客户"), "pdf", b"%PDF-", reader, ENTRY)
    found: dict[str, Any] = {"learnt": a_model().pk, "paper": ENTRY}
    for unit in ("EAST", "WEST"):
        customer = Customer.objects.get(code=f"{unit}-1")
        dated = DatedLimit.objects.filter(line__customer=customer, ended_at__isnull=True)
        wish = a_wish(customer, f"SX-2026-9{len(found):05}")
        found[unit] = {"dated": dated.latest("pk").pk, "wish": wish.number}
    return found


def a_wish(customer: Customer, number: str) -> Application:
    return Application.objects.create(
        number=number,
        customer=customer,
        source="sales",
        kind="new",
        currency="CNY",
        asked_minor=500_000_00,
        asked_terms_days=30,
        state_since=AT,
        applied_by="user:1",
        created_at=AT,
    )


def a_model() -> LearntModel:
    """A card that nobody tried: a report with nothing in it."""
    return LearntModel.objects.create(
        kind="scorecard",
        name="own book",
        version=99,
        body={},
        report={},
        plan={},
        sha256=b"m",
        made_at=AT,
    )
