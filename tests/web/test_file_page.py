"""The credit file: its figures are those of the books, each opens; strangers see nothing."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import ask, make_customer, make_world
from xinheng.decisions.actions import check_orders
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.limits.models import CreditLine
from xinheng.people.queries import today
from xinheng.receivables.actions import record_invoices, record_receipts
from xinheng.receivables.rows import InvoiceRow, ReceiptRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


def sold(world, code="C1"):
    """Four invoices 100.00 each: paid in part by 60.00, 45 days late, 5 days late, not due."""
    actor, at = world.actor("alice"), timezone.now()
    day = today(at)
    days_late = {"I1": 200, "I2": 45, "I3": 5, "I4": -10}
    rows = [
        InvoiceRow(
            number=number,
            customer_code=code,
            currency="CNY",
            amount_minor=100_00,
            issued_on=day - timedelta(days=late + 30),
            due_on=day - timedelta(days=late),
        )
        for number, late in days_late.items()
    ]
    paid = [
        ReceiptRow(
            number="R1",
            customer_code=code,
            currency="CNY",
            amount_minor=60_00,
            received_on=day - timedelta(days=20),
            reference="I1",
        )
    ]
    for kind, record, given in (
        ("invoices", record_invoices, rows),
        ("receipts", record_receipts, paid),
    ):
        digest = sha256(kind.encode()).hexdigest()
        batch = open_batch(kind, f"{kind}.csv", digest, {}, actor=actor, at=at)
        counts = record(given, batch=batch, actor=actor, at=at)
        finish_batch(batch, counts, actor=actor, at=at)


def test_the_file_shows_limit_overdue_and_rating(world):
    buyer("C1", world.units["EAST"], 1_000_00, name="长江建材")
    sold(world)
    page = text_of(signed_in(world.alice).get("/customers/C1/"))
    for said in (
        "长江建材",
        "1,000.00",
        "340.00",
        "240.00",
        "BBB",
        "200 天",
        "收款先核销其注明的发票",
    ):
        assert said in page, said


def test_the_buckets_lead_to_lists_that_add_up_to_them(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    sold(world)
    client = signed_in(world.alice)
    aged = client.get("/customers/C1/").context["file"].due.aged
    for name, minor in aged.ageing.items():
        listed = client.get("/customers/C1/file/items/", {"currency": "CNY", "bucket": name})
        assert listed.context["total"] == minor, name
    overdue = client.get("/customers/C1/file/items/", {"currency": "CNY", "bucket": "overdue"})
    assert overdue.context["total"] == aged.overdue_minor == 240_00


def test_overdue_is_the_sum_of_all_items_however_many_are_listed(world):
    # Fails when the sums are taken over the items that a list shows (at most 2,000).
    buyer("C1", world.units["EAST"], 1_000_00)
    actor, at = world.actor("alice"), timezone.now()
    day = today(at)
    rows = [
        InvoiceRow(
            number=f"I{n}",
            customer_code="C1",
            currency="CNY",
            amount_minor=100,
            issued_on=day - timedelta(days=60),
            due_on=day - timedelta(days=30) if n < 2_100 else day,
        )
        for n in range(2_150)
    ]
    batch = open_batch("invoices", "many.csv", sha256(b"many").hexdigest(), {}, actor=actor, at=at)
    record_invoices(rows, batch=batch, actor=actor, at=at)
    page = signed_in(world.alice).get("/customers/C1/")
    aged = page.context["file"].due.aged
    assert (aged.overdue_minor, aged.total_minor, aged.items) == (2_100_00, 2_150_00, 2_150)
    assert "未收 2,150 张" in text_of(page)


def test_an_invoice_opens_to_what_was_applied_to_it(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    sold(world)
    client = signed_in(world.alice)
    rows = client.get("/customers/C1/file/items/?currency=CNY").context["page"].rows
    oldest = next(row for row in rows if row.number == "I1")
    part = text_of(client.get(f"/customers/C1/file/items/?currency=CNY&invoice={oldest.pk}"))
    assert "R1" in part and "60.00" in part and "按注明" in part


def test_a_component_opens_to_movements_that_add_up(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    sold(world)
    check_orders([ask("PO-1", "C1", 10_00)], actor=world.actor("alice"))
    client = signed_in(world.alice)
    for component in ("open_items", "orders"):
        page = client.get(
            "/customers/C1/file/movements/",
            {"component": component, "currency": "CNY"},
            headers=HTMX,
        )
        moved = sum(row.delta_minor for row in page.context["page"].rows)
        assert moved == page.context["counter"]
        assert moved == getattr(CreditLine.objects.get(), f"{component}_minor")


def test_the_timeline_tells_imports_and_decisions(world):
    buyer("C1", world.units["EAST"], 1_000_000_00)
    sold(world)
    check_orders([ask("PO-1", "C1", 10_00)], actor=world.actor("bob"))
    page = text_of(signed_in(world.alice).get("/customers/C1/file/timeline/"))
    assert "invoices.csv" in page and "receipts.csv" in page and "PO-1" in page


def test_a_customer_without_anything_still_has_a_file(world):
    make_customer("NEW", unit=world.units["EAST"])
    page = text_of(signed_in(world.bob).get("/customers/NEW/"))
    assert "还没有评估过" in page and "未设" in page


def test_a_code_with_a_slash_is_found(world):
    make_customer("A/1 ä", unit=world.units["EAST"])
    assert signed_in(world.bob).get("/customers/A%2F1%20%C3%A4/").status_code == 200


@pytest.mark.parametrize("part", ["", "file/items/", "file/timeline/", "file/movements/"])
def test_a_stranger_s_file_is_404_with_all_its_parts(world, part):
    buyer("C1", world.units["EAST"], 1_000_00)
    assert signed_in(world.eve).get(f"/customers/C1/{part}").status_code == 404


def test_the_page_is_in_one_language_at_a_time(world):
    buyer("C1", world.units["EAST"], 1_000_00, name="Changjiang", name_en="Changjiang")
    sold(world)
    page = text_of(signed_in(world.alice, "en").get("/customers/C1/"))
    main = page.split("<main", 1)[1].split("</main>", 1)[0]
    chinese = [sign for sign in main if "\u4e00" <= sign <= "\u9fff"]
    assert not chinese, "".join(chinese)
