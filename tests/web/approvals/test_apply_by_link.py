"""A customer applies by its own link and follows it there; a human, please."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.applications.stage import YEAR, House, grade, investigated, make_house, offer, say
from tests.web.pages import signed_in, text_of
from xinheng.applications import assessing, automatic, proposing
from xinheng.applications.letters import note_sent
from xinheng.applications.models import Application, Letter
from xinheng.inquiries.models import Link
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
WISH: dict[str, Any] = {
    "amount": "50",
    "unit": "wan",
    "terms_days": "60",
    "purpose": "春季备货，每月约十五万",
    "purchases": "300",
    "share": "40",
}


@pytest.fixture
def house() -> House:
    return make_house()


def invited(house: House, **extra: str) -> str:
    """The path of the address, as Bob is shown it."""
    told = {"customer": "C-1", "kind": "new", "currency": "CNY", "terms_days": "30", "days": "30"}
    answer = signed_in(house.user("bob")).post(
        "/inquiries/links/apply/", told | {"language": "zh-hans"} | extra
    )
    page = text_of(answer)
    found = re.search(r'id="address"[^>]*>https?://[^/]+(/in/[^<]+/)<', page)
    assert found is not None, page
    return found.group(1)


def test_from_the_link_to_a_number(house: House) -> None:
    path, phone = invited(house), Client()
    assert "申请先货后款" in text_of(phone.get(path))
    empty = phone.post(path, {})
    assert empty.status_code == 422 and "请填写此项" in text_of(empty)
    bad = phone.post(path, WISH | {"amount": "很多"})
    assert bad.status_code == 422 and "春季备货" in text_of(bad)
    assert phone.post(path, WISH | {"kind": "temporary", "currency": "USD"}).status_code == 302
    row = Application.objects.get()
    assert (row.state, row.kind, row.currency, row.asked_minor) == (
        "submitted",
        "new",
        "CNY",
        500_000_00,
    )
    assert row.forecast == {"purchases_year_minor": 3_000_000_00, "our_share_pct": 40}
    page = text_of(phone.get(path))
    assert row.number in page and "已收到" in page and "伍拾万元整" in page
    assert "等级" not in page
    again = phone.post(path, WISH)
    assert again.status_code == 422  # nothing was refused, there is nobody to ask
    row.refresh_from_db()
    assert row.state == "submitted"
    assert row.number in text_of(signed_in(house.user("bob")).get("/inquiries/links/apply/"))


def test_a_strangers_customer_is_unknown_and_a_machine_gets_nothing(house: House) -> None:
    told = {"customer": "C-1", "kind": "new", "currency": "CNY", "terms_days": "30", "days": "30"}
    answer = signed_in(house.user("eve")).post(
        "/inquiries/links/apply/", told | {"language": "zh-hans"}
    )
    assert answer.status_code == 422 and "没有这个客户编号" in text_of(answer)
    path = invited(house)
    assert Client().post(path, WISH | {"website": "x"}).status_code == 404
    assert Client().get(f"{path}company/").status_code == 404
    Link.objects.update(revoked_at=timezone.now())
    assert Client().get(path).status_code == 404


def test_a_refusal_by_rules_alone_is_told_and_a_human_can_be_asked_for(house: House) -> None:
    grade(house.customer, "D")
    path, phone = invited(house), Client()
    phone.post(path, WISH)
    automatic.decide_alone_due(at=timezone.now())
    row = Application.objects.get()
    assert row.state == "rejected" and row.automatic
    page = text_of(phone.get(path))
    assert "未获批准" in page and "请人工复核" in page and "D" not in row.purpose
    short = phone.post(path, {"words": "请"})
    assert short.status_code == 422 and ">请</textarea>" in text_of(short)
    words = {"words": "我们 2019 年以来都按时付款，请人看一看"}
    assert phone.post(path, words)["Location"] == path
    row.refresh_from_db()
    assert row.state == "submitted" and row.human_words == words["words"]
    assert "已转人工复核" in text_of(phone.get(path))


def test_a_letter_is_shown_once_it_was_handed_over(house: House) -> None:
    path, phone = invited(house), Client()
    phone.post(path, WISH)
    row = Application.objects.get()
    grade(house.customer, "BBB")
    now = timezone.now()
    investigated(house, row, at=now)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=now)
    assert "正在评估" in text_of(phone.get(path))
    told = offer(500_000_00, valid_from=today(now), valid_until=today(now) + YEAR)
    proposing.propose(row.number, told, actor=house.actor("chen"), at=now)
    assert "正在审批" in text_of(phone.get(path))
    say(house, row, "oli", at=now)
    page = text_of(phone.get(path))
    assert "已批准" in page and "以我们送达的授信通知书为准" in page
    note_sent(Letter.objects.get().pk, "当面交付", actor=house.actor("bob"), at=now)
    page = text_of(phone.get(path))
    assert "letter-text" in page and "500,000.00" in page
