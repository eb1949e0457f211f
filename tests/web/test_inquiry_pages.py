"""Our side: links made and revoked, registrations decided, references asked and reviewed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.inquiries.test_ask_references import BEST
from tests.web.pages import signed_in, text_of
from tests.web.test_outside_pages import filled, hand_in
from tests.world import World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.facts import verify_fact
from xinheng.dossiers.models import Fact
from xinheng.inquiries.models import Link, Reference, Registration
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
LINK = {"note": "厦门 王经理", "days": "14", "uses": "1", "language": "zh-hans"}
ASK = {
    "kind": "trade",
    "company": "老供应商有限公司",
    "person": "张先生",
    "address": "z@example.com",
    "purpose": "评估是否赊销",
    "due": "2099-01-01",
    "language": "zh-hans",
}


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    for name in ("vera", "walt"):
        create_user(
            name,
            "a long enough passphrase",
            name=name,
            roles=["analyst"],
            sees_all_units=True,
            actor=system("tests"),
            at=timezone.now(),
        )
    make_customer("C-1", unit=made.units["EAST"], name="江南钢构")
    return made


def client_of(name: str) -> Client:
    return signed_in(User.objects.get(username=name))


def token_in(page: str) -> str:
    found = re.search(r"/in/([\w-]{43})/", page)
    assert found, page[:2000]
    return found[1]


def handed_in(world: World) -> Registration:
    unit = str(world.units["EAST"])
    page = text_of(client_of("bob").post("/inquiries/links/", {**LINK, "unit": unit}))
    phone = Client()
    hand_in(phone, filled(phone, token_in(page)))
    return Registration.objects.get()


def test_a_link_is_shown_once_and_revoked(world: World) -> None:
    bob = client_of("bob")
    page = text_of(bob.post("/inquiries/links/", {**LINK, "unit": str(world.units["EAST"])}))
    token = token_in(page)
    assert token not in text_of(bob.get("/inquiries/links/"))
    assert Client().get(f"/in/{token}/").status_code == 200
    link = Link.objects.get()
    assert client_of("eve").post(f"/inquiries/links/{link.pk}/revoke/").status_code == 404
    assert bob.post(f"/inquiries/links/{link.pk}/revoke/").status_code == 302
    assert Client().get(f"/in/{token}/").status_code == 404


def test_a_seller_makes_no_link_for_another_unit(world: World) -> None:
    for unit in (str(world.units["WEST"]), ""):
        answer = client_of("bob").post("/inquiries/links/", {**LINK, "unit": unit})
        assert answer.status_code == 422
    assert not Link.objects.exists()


def test_a_registration_is_verified_and_accepted(world: World) -> None:
    row = handed_in(world)
    vera, walt = client_of("vera"), client_of("walt")
    listed = text_of(vera.get("/inquiries/registrations/"))
    assert "厦门海沧建材有限公司" in listed and "厦门 王经理" in listed
    address = f"/inquiries/registrations/{row.pk}/"
    page = text_of(vera.get(address))
    for shown in ("陈小敏", "营业执照", "校验通过", "待核验", "我同意贵方用以上信息"):
        assert shown in page
    early = vera.post(f"{address}decide/", {"verdict": "accept"})
    assert early.status_code == 422 and "登记名称" in text_of(early)
    people = [of_user(User.objects.get(username=name)) for name in ("vera", "walt")]
    for fact in Fact.objects.waiting():
        for person in people:
            if verify_fact(fact.pk, "public_record", 90, actor=person, at=timezone.now()):
                break
    assert "名称、代码和执照都已核验" in text_of(walt.get(address))
    assert walt.post(f"{address}decide/", {"verdict": "accept"}).status_code == 302
    customer = Customer.objects.get(pk=row.customer_id)
    assert customer.status == "active"
    assert "厦门海沧" in text_of(walt.get(f"/customers/{customer.code}/file/basic/"))


def test_a_registration_is_returned_with_a_reason_that_the_applicant_reads(world: World) -> None:
    row = handed_in(world)
    decide = f"/inquiries/registrations/{row.pk}/decide/"
    vera = client_of("vera")
    assert vera.post(decide, {"verdict": "return", "reason": "不"}).status_code == 422
    assert vera.post(decide, {"verdict": "return", "reason": "执照不清楚"}).status_code == 302
    assert vera.post(decide, {"verdict": "refuse", "reason": "再来一次"}).status_code == 422
    row.refresh_from_db()
    assert row.state == "returned" and not Fact.objects.waiting().exists()


@pytest.mark.parametrize("name", ["bob", "dora", "eve"])
def test_what_an_applicant_said_is_read_by_who_reviews(world: World, name: str) -> None:
    row = handed_in(world)
    address = f"/inquiries/registrations/{row.pk}/"
    assert client_of(name).get(address).status_code == 404


def test_a_draft_is_read_by_nobody(world: World) -> None:
    page = text_of(
        client_of("bob").post("/inquiries/links/", {**LINK, "unit": str(world.units["EAST"])})
    )
    filled(Client(), token_in(page))
    row = Registration.objects.get()
    assert client_of("vera").get(f"/inquiries/registrations/{row.pk}/").status_code == 404


def test_a_reference_from_the_file_to_the_file(world: World) -> None:
    bob, vera = client_of("bob"), client_of("vera")
    assert "询问银行或供应商" in text_of(bob.get("/customers/C-1/file/trade/"))
    soon = today(timezone.now()) + timedelta(days=9)
    asked = bob.post("/customers/C-1/references/ask/", {**ASK, "due": soon.isoformat()})
    assert asked.status_code == 200, text_of(asked)
    token = token_in(text_of(asked))
    phone = Client()
    form = text_of(phone.get(f"/in/{token}/"))
    assert "江南钢构" in form and "老供应商有限公司" in form
    half = phone.post(f"/in/{token}/", {"owed": "nothing"})
    assert half.status_code == 422 and "请选一项" in text_of(half)
    assert "谢谢" in text_of(phone.post(f"/in/{token}/", {**BEST, "words": "<b>守约</b>"}))
    assert "谢谢" in text_of(phone.get(f"/in/{token}/"))  # and nothing is asked twice
    row = Reference.objects.get()
    page = text_of(vera.get(f"/inquiries/references/{row.pk}/"))
    assert "100 分" in page and "&lt;b&gt;守约" in page
    assert "守约" not in text_of(bob.get(f"/inquiries/references/{row.pk}/"))
    review = f"/inquiries/references/{row.pk}/review/"
    assert vera.post(review, {"note": "可信"}).status_code == 302
    assert vera.post(review, {"note": "可信"}).status_code == 422
    assert "平均 100 分" in text_of(vera.get("/customers/C-1/file/trade/"))
    then = text_of(vera.get("/customers/C-1/file/trade/?as_of=2020-01-01"))
    assert "还没有资信证明" in then


def test_declining_is_one_press(world: World) -> None:
    soon = today(timezone.now()) + timedelta(days=9)
    ask = {**ASK, "due": soon.isoformat(), "language": "en"}
    page = text_of(client_of("bob").post("/customers/C-1/references/ask/", ask))
    assert "Dear 老供应商有限公司" in page
    phone = Client()
    assert "Thank you" in text_of(phone.post(f"/in/{token_in(page)}/", {"decline": "1"}))
    assert Reference.objects.get().state == "declined"


def test_late_and_unreviewed_references_have_tabs(world: World) -> None:
    soon = today(timezone.now()) + timedelta(days=3)
    client_of("bob").post("/customers/C-1/references/ask/", {**ASK, "due": soon.isoformat()})
    Reference.objects.update(due_on=today(timezone.now()) - timedelta(days=2))
    page = text_of(client_of("bob").get("/inquiries/references/?view=late"))
    assert "江南钢构" in page and "逾期 2 天" in page
    row = Reference.objects.get()
    told: Any = text_of(client_of("bob").get(f"/inquiries/references/{row.pk}/"))
    assert "尚未收到" in told
    assert client_of("bob").post(f"/inquiries/references/{row.pk}/withdraw/").status_code == 302
    assert client_of("eve").get(f"/inquiries/references/{row.pk}/").status_code == 404
