"""Late, repeated and contradicting messages: older ones change nothing, contradictions wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.receivables.conftest import (
    AT,
    CLERK,
    Desk,
    bill,
    delivery,
    guarantee,
    invoice,
    order,
    receipt,
)
from xinheng.refusals import Refused

DAY = date(2026, 11, 1)
DUE = date(2026, 12, 1)
MAKERS: dict[str, Callable[..., Any]] = {
    "orders": lambda amount, **more: order("X1", amount, DAY, **more),
    "deliveries": lambda amount, **more: delivery("X1", amount, DAY, **more),
    "invoices": lambda amount, **more: invoice("X1", amount, DAY, DUE, **more),
    "receipts": lambda amount, **more: receipt("X1", amount, DAY, **more),
    "bills": lambda amount, **more: bill("X1", amount, DAY, DUE, **more),
    "guarantees": lambda amount, **more: guarantee("X1", amount, DAY, **more),
}


def waiting() -> list[Any]:
    from xinheng.receivables.models import Quarantined

    return list(
        Quarantined.objects.filter(resolved_at=None)
        .order_by("kind", "number", "code")
        .values_list("kind", "number", "code", "times")
    )


def stored(kind: str) -> list[Any]:
    from django.apps import apps

    names = {"deliveries": "delivery"}
    model = apps.get_model("receivables", names.get(kind, kind.removesuffix("s")))
    return list(model.objects.values_list("number", "amount_minor", "revision"))


@pytest.mark.parametrize("kind", MAKERS)
def test_an_older_revision_changes_nothing(desk: Desk, kind: str) -> None:
    # Fails when the last message wins.
    make = MAKERS[kind]
    desk.record(kind, [make(300, revision=3)])
    for revision in (0, 1, 2):
        _, counts = desk.record(kind, [make(100, revision=revision)])
        assert (counts.unchanged, counts.changed) == (1, 0)
    assert stored(kind) == [("X1", 300, 3)]
    _, counts = desk.record(kind, [make(400, revision=4)])
    assert counts.updated == 1 and stored(kind) == [("X1", 400, 4)]


@pytest.mark.parametrize("kind", MAKERS)
def test_the_same_revision_with_other_contents_waits_for_a_later_one(desk: Desk, kind: str) -> None:
    make = MAKERS[kind]
    desk.record(kind, [make(300, revision=3)])
    for _ in range(2):
        _, counts = desk.record(kind, [make(100, revision=3)])
        assert (counts.quarantined, counts.changed, counts.read) == (1, 0, 1)
    assert stored(kind) == [("X1", 300, 3)]
    assert waiting() == [(kind, "X1", "REVISION_REUSED", 2)]
    desk.record(kind, [make(300, revision=3)])
    assert len(waiting()) == 1, "what stands, told again, does not answer the other one"
    desk.record(kind, [make(250, revision=4)])
    assert waiting() == []


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("other", [{"customer_code": "C2"}, {"currency": "USD"}])
def test_a_number_of_another_owner_waits_and_its_neighbours_go_in(
    desk: Desk, kind: str, other: dict[str, str]
) -> None:
    from msgspec import structs

    make = MAKERS[kind]
    first, _ = desk.record(kind, [make(300)])
    neighbour = structs.replace(make(7), number="X2")
    _, counts = desk.record(kind, [make(100, **other), neighbour])
    assert (counts.created, counts.quarantined, counts.read) == (1, 1, 2)
    assert waiting() == [(kind, "X1", "NUMBER_TAKEN", 1)]
    # The gap closes: the number is free again, and the next round takes the message in.
    from xinheng.receivables.actions import retry_quarantined

    assert retry_quarantined(at=AT) == 0
    assert waiting() == [(kind, "X1", "NUMBER_TAKEN", 1)], "trying is not seeing it again"
    desk.undo(first)
    assert retry_quarantined(at=AT) == 1
    assert waiting() == [] and ("X1", 100, 0) in stored(kind)


@pytest.mark.parametrize("first", ["orders", "deliveries"])
def test_a_delivery_belongs_to_its_order_whichever_comes_first(desk: Desk, first: str) -> None:
    steps = [
        ("orders", order("SO-1", 100, DAY)),
        ("deliveries", delivery("D1", 60, DAY, "SO-1", customer_code="C2")),
    ]
    for kind, row in steps if first == "orders" else reversed(steps):
        desk.record(kind, [row])
    late = "deliveries" if first == "orders" else "orders"
    number = {"deliveries": "D1", "orders": "SO-1"}[late]
    assert waiting() == [(late, number, "ORDER_OF_ANOTHER", 1)]


def test_an_undone_batch_leaves_nothing_in_quarantine(desk: Desk) -> None:
    desk.invoices(invoice("X1", 300, DAY, DUE))
    batch, _ = desk.invoices(invoice("X1", 100, DAY, DUE, customer_code="C2"))
    desk.undo(batch)
    assert waiting() == []


def test_a_person_dismisses_a_message_with_a_reason(desk: Desk) -> None:
    from xinheng.ledger.models import PendingEntry
    from xinheng.people.actor import Actor
    from xinheng.receivables.actions import dismiss_quarantined
    from xinheng.receivables.models import Quarantined

    desk.invoices(invoice("X1", 300, DAY, DUE))
    desk.invoices(invoice("X1", 100, DAY, DUE, customer_code="C2"))
    item = Quarantined.objects.get()
    for actor, reason, code in [
        (Actor("user", 2, 2, frozenset({"orders.check"})), "wrong", "NOT_ALLOWED"),
        (CLERK, "no", "NEEDS_REASON"),
        (
            Actor("user", 2, 2, frozenset({"imports.run"}), all_units=False),
            "not my unit",
            "NOT_IN_QUARANTINE",
        ),
    ]:
        with pytest.raises(Refused, match=code):
            dismiss_quarantined(item.pk, reason, actor=actor, at=AT)
    before = PendingEntry.objects.count()
    dismiss_quarantined(item.pk, "typed twice", actor=CLERK, at=AT)
    item.refresh_from_db()
    assert (item.reason, item.resolved_by) == ("typed twice", CLERK.ref)
    assert PendingEntry.objects.count() == before + 1
    with pytest.raises(Refused, match="NOT_IN_QUARANTINE"):
        dismiss_quarantined(item.pk, "typed twice", actor=CLERK, at=AT)


def test_one_sees_in_quarantine_what_one_sees_of_customers(db: None) -> None:
    from tests.world import make_customer, make_world
    from xinheng.receivables.queries import quarantined

    world = make_world()
    for code, unit in (("C1", "EAST"), ("C2", "WEST")):
        make_customer(code, unit=world.units[unit])
    desk = Desk()
    desk.invoices(invoice("X1", 300, DAY, DUE))
    batch, _ = desk.invoices(invoice("X1", 100, DAY, DUE, customer_code="C2"))
    assert [len(quarantined(user)) for user in (world.alice, world.bob, world.eve)] == [1, 0, 1]
    assert len(quarantined(world.alice, batch_id=batch.pk)) == 1
    assert not quarantined(world.alice, batch_id=batch.pk - 1)


def test_one_call_may_tell_several_revisions_and_the_highest_stands(desk: Desk) -> None:
    rows = [
        invoice("X1", amount, DAY, DUE, revision=n) for n, amount in ((2, 20), (3, 30), (1, 10))
    ]
    _, counts = desk.invoices(*rows)
    assert (counts.read, counts.created, counts.unchanged) == (3, 1, 2)
    assert stored("invoices") == [("X1", 30, 3)]
    again = [invoice("X2", 5, DAY, DUE, revision=1), invoice("X2", 6, DAY, DUE, revision=1)]
    with pytest.raises(Refused, match="REPEATED_NUMBER"):
        desk.invoices(*again)


def test_what_became_of_each_message_is_told(desk: Desk) -> None:
    from xinheng.receivables.actions import record_documents

    desk.invoices(invoice("A", 1, DAY, DUE, revision=2), invoice("B", 1, DAY, DUE))
    rows = [
        invoice("A", 9, DAY, DUE, revision=1),
        invoice("B", 1, DAY, DUE),
        invoice("C", 1, DAY, DUE),
        invoice("B2", 1, DAY, DUE),
        invoice("D", 1, DAY, DUE, customer_code="C2"),
    ]
    desk.invoices(invoice("B2", 7, DAY, DUE), invoice("D", 1, DAY, DUE))
    done = record_documents(
        "invoices", rows, batch=desk.batch("invoices"), actor=CLERK, at=AT, tell=True
    )
    told = {number: outcome.became for number, outcome in done.outcomes.items()}
    assert told == {
        "A": "older",
        "B": "unchanged",
        "C": "created",
        "B2": "updated",
        "D": "quarantined",
    }
    assert done.outcomes["D"].why is not None and done.outcomes["D"].why.name == "NUMBER_TAKEN"


KEPT = [
    ("invoices", {"order_number": "SO-1", "terms": "N30", "disputed": True, "scope": "unit:EAST"}),
    ("invoices", {"settled_on": DAY, "credits": "I9", "dispute_accepted_on": DAY}),
    ("receipts", {"reference": "I1", "method": "wire", "prepayment": True, "confirmed": False}),
    ("orders", {"delivery_on": DUE, "scope": "product:P"}),
    ("deliveries", {"order_number": "SO-1", "scope": "product:P"}),
    ("bills", {"state_on": DAY, "recourse_until": DUE, "reference": "I1", "acceptor": "某银行"}),
    ("guarantees", {"valid_until": DUE, "beneficiary": "某某"}),
]


@pytest.mark.parametrize(("kind", "told"), KEPT)
def test_what_a_row_does_not_tell_stays_as_it_is(
    desk: Desk, kind: str, told: dict[str, Any]
) -> None:
    # Fails when a file without a column blanks what it does not speak of.
    from msgspec import structs

    from xinheng.receivables.rows import NOT_TOLD
    from xinheng.receivables.tables import BY_KIND

    silent = dict.fromkeys(BY_KIND[kind].optional, NOT_TOLD)
    row = structs.replace(MAKERS[kind](100), **silent)
    desk.record(kind, [structs.replace(row, **told)])
    _, counts = desk.record(kind, [row])
    assert counts.unchanged == 1
    desk.record(kind, [structs.replace(row, amount_minor=90)])
    assert read(kind, told) == list(told.values())
    empty = {name: BY_KIND[kind].optional[name] for name in told}
    desk.record(kind, [structs.replace(row, amount_minor=90, **empty)])
    assert read(kind, told) == list(empty.values())


def read(kind: str, told: dict[str, Any]) -> list[Any]:
    from django.apps import apps

    names = {"deliveries": "delivery"}
    model = apps.get_model("receivables", names.get(kind, kind.removesuffix("s")))
    return list(model.objects.values_list(*told).get(number="X1"))
