"""The explanation for a customer: what it may know, what is left out, and how to get a person."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.test import Client

from tests.receivables.conftest import Desk, invoice
from tests.web.pages import buyer, signed_in, text_of
from tests.world import AT, ask, make_world
from xinheng.credit.reason_text import codes
from xinheng.decisions.actions import check_orders
from xinheng.decisions.explaining import INSTEAD, TOLD_AS_IT_IS
from xinheng.decisions.models import Decision, Rating, ReviewRequest
from xinheng.limits.models import CreditLine
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world) -> Decision:
    buyer("C1", world.units["EAST"], 1_000_00)
    today = date.today()  # noqa: DTZ011 - the page looks at today
    Desk().invoices(invoice("I-1", 500_00, today, today + timedelta(days=30)))
    check_orders([ask("PO-1", "C1", 600_00)], actor=world.actor("bob"))
    return Decision.objects.get()


def page_of(world, decision: Decision, language: str = "en") -> str:
    """The letter itself, without the frame around it."""
    page = text_of(signed_in(world.bob, language).get(f"/decisions/{decision.pk}/explanation/"))
    return page.partition("<article")[2].partition("</article>")[0]


def test_every_reason_is_told_as_it_is_or_in_other_words():
    assert set(INSTEAD) | TOLD_AS_IT_IS == set(codes())
    assert not set(INSTEAD) & TOLD_AS_IT_IS


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh-hans",
            [
                "加上本单后占用 1,100.00 元，超过授信额度 1,000.00 元",
                "付款 100.00 CNY",
                "信用等级与评分",
            ],
        ),
        ("en", ["more than the limit of CNY 1,000.00", "Pay 100.00 CNY", "The credit grade"]),
    ],
)
def test_it_says_why_what_would_help_and_what_is_left_out(world, held, language, said):
    page = page_of(world, held, language)
    for words in said:
        assert words in page
    assert "BBB" not in page and "Raise the limit" not in page


def test_a_grade_and_an_inner_status_are_not_told(world):
    buyer("C1", world.units["EAST"], 1_000_00, status="watch")
    Rating.objects.update(valid_until=date(2026, 1, 1), grade="CC")
    check_orders([ask("PO-1", "C1", 100_00)], actor=world.actor("bob"))
    page = page_of(world, Decision.objects.get())
    assert "bring our credit assessment up to date" in page
    assert "can&#x27;t buy on credit at present" in page
    assert "watch" not in page and "CC" not in page


def test_a_group_s_figures_are_not_told_nor_sums_that_give_them_away(world):
    own = buyer("C1", world.units["EAST"], 5_000_00)
    head = buyer("HEAD", world.units["EAST"], 5_000_00)
    line = CreditLine.objects.get(customer=own)
    group = CreditLine.objects.create(
        customer=head,
        currency="CNY",
        scope="group",
        amount_minor=777_77,
        updated_at=line.updated_at,
    )
    CreditLine.objects.filter(pk=group.pk).update(root_id=group.pk)
    CreditLine.objects.filter(pk=line.pk).update(within=group, path=[group.pk], root_id=group.pk)
    today = date.today()  # noqa: DTZ011
    Desk().invoices(invoice("I-1", 500_00, today, today + timedelta(days=30)))
    check_orders([ask("PO-1", "C1", 600_00)], actor=world.actor("bob"))
    page = page_of(world, Decision.objects.get())
    assert "share with others" in page and "please ask us for the amount" in page
    assert "777" not in page and "322.23" not in page and "HEAD" not in page


def test_a_person_is_asked_for_with_words_and_once(world, held):
    client = signed_in(world.bob, "en")
    address = f"/decisions/{held.pk}/review/"
    refused = client.post(address, {"words": ""})
    assert refused.status_code == 422 and "err-words" in text_of(refused)
    assert client.post(address, {"words": "我们上周已付款，请复核。"}).status_code == 302
    assert ReviewRequest.objects.get().words == "我们上周已付款，请复核。"
    page = page_of(world, held)
    assert "Not answered yet" in page and 'name="words"' not in page


def test_an_approved_order_needs_no_person(world):
    buyer("C1", world.units["EAST"], 1_000_00)
    check_orders([ask("PO-1", "C1", 100_00)], actor=world.actor("bob"))
    page = page_of(world, Decision.objects.get())
    assert "The order is approved." in page and 'name="words"' not in page


def test_a_stranger_gets_neither_page_nor_review(world, held):
    client = signed_in(world.eve)
    assert client.get(f"/decisions/{held.pk}/explanation/").status_code == 404
    assert client.post(f"/decisions/{held.pk}/review/", {"words": "hello"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (
            "",
            {
                "zh": "订单暂停，等待条件改变。",
                "en": "The order is on hold until something changes.",
            },
        ),
        ("?lang=zh", "订单暂停，等待条件改变。"),
        ("?lang=en", "The order is on hold until something changes."),
    ],
)
def test_over_json_in_one_language_or_in_both(world, held, query, answer):
    _, key = create_api_key(
        "erp", owner=world.bob, scopes=["orders.check"], actor=system("tests"), at=AT
    )
    found = Client().get(
        f"/api/v1/order-checks/{held.pk}/explanation{query}",
        headers={"Authorization": f"Bearer {key}"},
    )
    body = json.loads(found.content)
    assert (found.status_code, body["answer"]) == (200, answer)
    assert body["amount"] == "600.00" and body["ledger_entry"] == str(held.entry_id)
    assert len(body["reasons"]) == 1 and len(body["help"]) >= 3 and len(body["withheld"]) == 1
