"""What contradicts waits on a page, is shown with its batch, and is ended with a reason."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.web.pages import signed_in, text_of
from tests.world import make_customer, make_world
from xinheng.connectors.messages import Message, receive_documents
from xinheng.people.actor import system
from xinheng.receivables.models import Quarantined
from xinheng.receivables.rows import ReceiptRow

pytestmark = pytest.mark.django_db
ROOT = system("tests")


@pytest.fixture
def world():
    world = make_world()
    make_customer("C1", unit=world.units["EAST"])
    make_customer("C2", unit=world.units["WEST"])
    sent("R-1", "C1")
    sent("R-1", "C2", "R-2")
    return world


def sent(number: str, customer: str, other: str = "") -> None:
    at = timezone.now()
    messages = [
        Message(
            "receipts",
            ReceiptRow(
                number=one,
                customer_code=customer,
                currency="CNY",
                amount_minor=100_00,
                received_on=at.date(),
            ),
        )
        for one in (number, other)
        if one
    ]
    receive_documents(messages, sender="erp", sha256="0" * 64, actor=ROOT, at=at)


def test_what_waits_is_listed_and_stands_on_its_batch(world):
    client = signed_in(world.alice)
    page = text_of(client.get("/imports/quarantine/"))
    assert "R-1" in page and "C2" in page and "已属于另一客户" in page
    assert "隔离区有 1 张单据" in text_of(client.get("/imports/"))
    batch = Quarantined.objects.get().batch_id
    assert "1 张单据在隔离区" in text_of(client.get(f"/imports/{batch}/"))
    assert "接口单据" in text_of(client.get(f"/imports/{batch}/"))
    assert "belongs to another customer" in text_of(
        signed_in(world.alice, "en").get("/imports/quarantine/")
    )


def test_it_is_ended_with_a_reason_and_not_without(world):
    client = signed_in(world.alice)
    item = Quarantined.objects.get()
    answer = client.post("/imports/quarantine/dismiss/", {"item": item.pk, "reason": " "})
    assert answer.status_code == 422 and "请写明理由" in text_of(answer)
    told = {"item": item.pk, "reason": "对方编号写错，已作废"}
    assert client.post("/imports/quarantine/dismiss/", told).status_code == 302
    item.refresh_from_db()
    assert item.resolved_at and item.reason == "对方编号写错，已作废"
    assert "隔离区是空的" in text_of(client.get("/imports/quarantine/"))
    assert client.post("/imports/quarantine/dismiss/", told).status_code == 409


@pytest.mark.parametrize("item", ["", "x", "-1", "9" * 30])
def test_a_number_that_is_none_is_refused(world, item):
    told = {"item": item, "reason": "对方编号写错"}
    answer = signed_in(world.alice).post("/imports/quarantine/dismiss/", told)
    assert answer.status_code == 409
    assert Quarantined.objects.get().resolved_at is None
