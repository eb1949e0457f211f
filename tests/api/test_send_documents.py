"""POST /api/v1/documents: each document has its outcome, and what is sent twice counts once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.world import AT, make_customer, make_world
from xinheng.almanac.actions import record_terms
from xinheng.almanac.rows import TermRow
from xinheng.api.openapi import document
from xinheng.connectors.files.imports import undo_import
from xinheng.customers.models import Customer
from xinheng.intake.models import ImportBatch
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import reconcile as journal_faults
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system
from xinheng.receivables.models import Bill, Delivery, Guarantee, Invoice, Order, Receipt
from xinheng.receivables.queries import reconcile

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/documents"
ROOT = system("tests")


@pytest.fixture
def world() -> Any:
    world = make_world()
    make_customer("C1", unit=world.units["EAST"])
    make_customer("C2", unit=world.units["WEST"])
    return world


def sent(world: Any, *documents: Any, owner: Any = None, body: Any = None) -> Any:
    key = create_api_key("erp", owner=owner, scopes=["documents.write"], actor=ROOT, at=AT)[1]
    content = body if body is not None else msgspec.json.encode({"documents": documents})
    return Client().post(
        PATH,
        content,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def one(kind: str, number: str, amount: str = "100.00", **extra: Any) -> dict[str, Any]:
    return {"kind": kind, "number": number, "customer": "C1", "currency": "CNY"} | {
        "amount": amount,
        **extra,
    }


def life() -> list[dict[str, Any]]:
    """One of each kind: an order on its way to cash."""
    return [
        one("order", "SO-1", "300.00", ordered_on="2026-10-01", delivery_on="2026-11-01"),
        one("delivery", "DN-1", "200.00", delivered_on="2026-10-20", order_number="SO-1"),
        one(
            "invoice",
            "I-1",
            "150.00",
            issued_on="2026-10-21",
            terms="N30",
            order_number="SO-1",
        ),
        one("credit_note", "CN-1", "10.00", issued_on="2026-10-25", credits="I-1"),
        one("receipt", "R-1", "40.00", received_on="2026-11-01", reference="I-1"),
        one("bill", "B-1", "30.00", received_on="2026-11-02", due_on="2027-05-02", reference="I-1"),
        one("guarantee", "G-1", "70.00", issued_on="2026-10-05"),
    ]


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [document["outcome"] for document in answer.json()["documents"]]


def counters() -> dict[str, int]:
    line = CreditLine.objects.get(customer__code="C1", currency="CNY", scope="")
    names = ("orders", "unbilled", "open_items", "bills", "guarantees", "unapplied")
    return {name: getattr(line, f"{name}_minor") for name in names}


def test_one_of_each_kind_moves_value_along(world: Any) -> None:
    answer = sent(world, *life())
    assert outcomes(answer) == ["taken"] * 7
    assert answer.json()["counts"]["created"] == 7
    assert counters() == {
        "orders": 100_00,  # 300 ordered less 200 delivered
        "unbilled": 50_00,  # 200 delivered less 150 invoiced
        "open_items": 70_00,  # 150 less credit note, receipt and bill
        "bills": 30_00,
        "guarantees": 70_00,
        "unapplied": 0,
    }
    assert Invoice.objects.get(number="CN-1").amount_minor == -10_00
    assert str(Invoice.objects.get(number="I-1").due_on) == "2026-11-20"
    assert journal_faults() == [] and reconcile() == []


def test_the_same_message_again_changes_nothing_and_leaves_nothing(world: Any) -> None:
    sent(world, *life())
    batches, entries = ImportBatch.objects.count(), PendingEntry.objects.count()
    answer = sent(world, *life())
    assert outcomes(answer) == ["unchanged"] * 7
    assert answer.json()["batch"] is None
    assert ImportBatch.objects.count() == batches
    # the new key of the second call has an entry of its own
    assert PendingEntry.objects.count() == entries + 1


def test_a_message_is_one_batch_one_entry_and_can_be_undone(world: Any) -> None:
    answer = sent(world, *life())
    batch = ImportBatch.objects.get(pk=answer.json()["batch"])
    assert (batch.kind, batch.state, batch.created) == ("documents", "done", 7)
    undo_import(batch.pk, actor=ROOT, at=AT, assess=False)
    for model in (Order, Delivery, Invoice, Receipt, Bill, Guarantee):
        assert not model.objects.exists()
    assert set(counters().values()) == {0}


def test_what_is_older_than_what_is_known_changes_nothing(world: Any) -> None:
    def invoice(amount: str, revision: int) -> dict[str, Any]:
        return one("invoice", "I-1", amount, issued_on="2026-10-21", terms="N30", revision=revision)

    assert outcomes(sent(world, invoice("150.00", 3))) == ["taken"]
    assert outcomes(sent(world, invoice("999.00", 2))) == ["older"]
    both = sent(world, invoice("120.00", 5), invoice("130.00", 4))
    assert outcomes(both) == ["taken", "older"]
    assert Invoice.objects.get().amount_minor == 120_00


def test_a_contradiction_waits_in_quarantine_and_its_neighbour_goes_in(world: Any) -> None:
    sent(world, one("receipt", "R-1", received_on="2026-11-01"))
    wrong = one("receipt", "R-1", received_on="2026-11-01") | {"customer": "C2"}
    answer = sent(world, wrong, one("receipt", "R-2", received_on="2026-11-02"))
    assert outcomes(answer) == ["quarantined", "taken"]
    told = answer.json()["documents"][0]
    assert told["code"] == "number_taken" and "R-1" in told["text"]["zh"] and told["text"]["en"]
    again = sent(world, wrong)
    assert outcomes(again) == ["quarantined"] and again.json()["batch"] is None
    key = create_api_key("erp", owner=None, scopes=["documents.write"], actor=ROOT, at=AT)[1]
    head = {"Authorization": f"Bearer {key}"}
    page = Client().get("/api/v1/quarantine", headers=head).json()
    assert [(i["number"], i["customer"], i["amount"]) for i in page["items"]] == [
        ("R-1", "C2", "100.00")
    ]
    assert page["next"] is None
    assert Client().get("/api/v1/quarantine?limit=0", headers=head).status_code == 400


def test_documents_that_settle_need_a_known_customer_and_invoices_may_bring_one(
    world: Any,
) -> None:
    new = {"customer": "C9", "customer_name": "新客户"}
    receipt = one("receipt", "R-9", received_on="2026-11-02") | {"customer": "C9"}
    alone = sent(world, receipt)
    assert outcomes(alone) == ["refused"]
    assert alone.json()["documents"][0]["code"] == "unknown_customer"
    invoice = one("invoice", "I-9", issued_on="2026-10-21", terms="N30") | new
    assert outcomes(sent(world, receipt, invoice)) == ["taken", "taken"]
    assert Customer.objects.get(code="C9").name == "新客户"
    assert Invoice.objects.get(number="I-9").open_minor == 0


def test_a_credit_note_does_not_turn_an_invoice_round(world: Any) -> None:
    invoice = one("invoice", "I-1", issued_on="2026-10-21", terms="N30")
    sent(world, invoice)
    answer = sent(world, one("credit_note", "I-1", issued_on="2026-10-25"))
    assert outcomes(answer) == ["refused"]
    assert answer.json()["documents"][0]["code"] == "sign_turned"
    assert outcomes(sent(world, invoice | {"amount": "90.00"})) == ["taken"]
    assert Invoice.objects.get().amount_minor == 90_00


def test_a_key_writes_for_the_customers_that_its_owner_sees(world: Any) -> None:
    from xinheng.people.models import Role

    Role.objects.filter(code="sales").update(permissions=["documents.write", "customers.view"])
    mine = one("receipt", "R-1", received_on="2026-11-01")
    theirs = one("receipt", "R-2", received_on="2026-11-01") | {"customer": "C2"}
    nobodys = one("order", "SO-7", ordered_on="2026-11-01") | {"customer": "C7"}
    answer = sent(world, mine, theirs, nobodys, owner=world.bob)
    assert outcomes(answer) == ["taken", "refused", "refused"]
    assert not Customer.objects.filter(code="C7").exists()


def test_terms_may_be_the_sellers_own(world: Any) -> None:
    record_terms([TermRow(code="月结30", rule="EOM+30", name="月结")], actor=ROOT, at=AT)
    sent(world, one("invoice", "I-1", issued_on="2026-10-21", terms="月结30"))
    invoice = Invoice.objects.get()
    assert (str(invoice.due_on), invoice.terms) == ("2026-11-30", "月结30")


def test_what_is_not_told_stays_and_what_is_told_empty_goes(world: Any) -> None:
    told = one("invoice", "I-1", issued_on="2026-10-21", due_on="2026-11-20", order_number="SO-1")
    sent(world, told | {"disputed": True})
    sent(world, one("invoice", "I-1", issued_on="2026-10-21", due_on="2026-11-25"))
    invoice = Invoice.objects.get()
    assert (invoice.order_number, invoice.disputed) == ("SO-1", True)
    sent(world, told | {"order_number": "", "disputed": False})
    invoice.refresh_from_db()
    assert (invoice.order_number, invoice.disputed) == ("", False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": 100}, "amount"),
        ({"amount": "100.001"}, "documents[0]"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "-5.00"}, "above zero"),
        ({"currency": "XXX"}, "documents[0]"),
        ({"received_on": "2026-13-01"}, "received_on"),
        ({"received_on": "1899-01-01"}, "received_on"),
        ({"received_on": "2199-01-01"}, "received_on"),
        ({"colour": "red"}, "colour"),
        ({"kind": "parcel"}, "kind"),
        ({"number": "R\n1"}, "number"),
        ({"number": "settled:1"}, "settled"),
        ({"revision": -1}, "revision"),
    ],
)
def test_a_message_that_can_not_be_read_is_refused_whole(
    world: Any, wrong: dict[str, Any], said: str
) -> None:
    good = one("receipt", "R-0", received_on="2026-11-01")
    answer = sent(world, one("receipt", "R-1", received_on="2026-11-01") | wrong, good)
    assert answer.status_code == 400, answer.content
    assert said in answer.json()["detail"]
    assert not Receipt.objects.exists() and not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([], "length"),
        ([one("receipt", f"R-{n}", received_on="2026-11-01") for n in range(1_001)], "length"),
        ([one("receipt", "R-1", received_on="2026-11-01")] * 2, "R-1"),
        ([one("invoice", "I-1", issued_on="2026-11-01")], "due_on"),
        ([one("invoice", "I-1", issued_on="2026-11-01", terms="N30X")], "terms"),
        ([one("invoice", "I-1", issued_on="2026-11-01", terms="N30", scope="x:1")], "scope"),
        ([one("bill", "B-1", received_on="2026-11-01", due_on="2026-10-01")], "due_on"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_whole(
    world: Any, documents: list[Any], said: str
) -> None:
    answer = sent(world, *documents)
    assert answer.status_code == 400 and said in answer.json()["detail"], answer.content


def test_another_scope_may_not_write(world: Any) -> None:
    key = create_api_key("erp", owner=None, scopes=["orders.check"], actor=ROOT, at=AT)[1]
    head = {"Authorization": f"Bearer {key}"}
    answer = Client().post(PATH, b"{}", content_type="application/json", headers=head)
    assert answer.status_code == 403
    assert Client().get(PATH, headers=head).status_code == 405


def test_the_description_names_every_kind(world: Any) -> None:
    schemas = document()["components"]["schemas"]
    kinds = schemas["DocumentBatch"]["properties"]["documents"]["items"]["discriminator"]
    assert set(kinds["mapping"]) == {
        *("order", "delivery", "invoice", "credit_note", "receipt", "bill", "guarantee")
    }
