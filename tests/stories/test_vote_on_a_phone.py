"""Oli reads an application on his phone, asks Wu as well, and votes after him; it is granted.

In a real browser at 390 px: nothing scrolls sideways, axe is content, the console stays empty.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.applications.stage import YEAR, House, applied, grade, investigated, make_house, offer
from tests.stories.test_visit_on_a_phone import content, sign_in
from tests.world import PASSWORD
from xinheng.applications import assessing, proposing
from xinheng.applications.models import Application, Seat
from xinheng.people.models import User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("XINHENG_SHOTS", "")
SMALL = 300_000_00


@pytest.fixture
def house(transactional_db: None) -> House:
    made = make_house()
    kept = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.filter(username__in=["oli", "wu"]).update(password=kept)
    return made


@pytest.fixture
def heard(page: Any) -> list[str]:
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda m: told.append(m.text) if "Content Security" in m.text else None)
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(20_000)
    return told


def seen(page: Any, name: str) -> None:
    content(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def waiting(house: House) -> Application:
    """Put forward by Chen a moment ago."""
    now = timezone.now()
    grade(house.customer, "BBB")
    row = applied(house, SMALL, at=now)
    investigated(house, row, at=now)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=now)
    told = offer(SMALL, valid_from=today(now), valid_until=today(now) + YEAR)
    proposing.propose(row.number, told, actor=house.actor("chen"), at=now)
    return row


def test_read_ask_and_vote(house: House, served: str, page: Any, heard: list[str]) -> None:
    row = waiting(house)
    sign_in(page, served, "oli", "/approvals/")
    seen(page, "inbox")
    page.click("text=阅读并表决")
    page.wait_for_selector(f".crumbs >> text={row.number}")
    seen(page, "sheet")
    page.click("summary:has-text('加签')")
    page.select_option("#add-person", label="wu")
    page.fill("#add-words", "请看集团敞口")
    seen(page, "ask")
    page.click(".asks details[open] button[type=submit]")
    page.wait_for_selector("text=已请 wu 一并审批")
    assert page.locator(".vote-buttons").count() == 0
    sign_in(page, served, "wu", "/approvals/")
    page.click("text=阅读并表决")
    page.click(".vote-buttons [value=no]")  # without a reason
    page.wait_for_selector(".note-error")
    seen(page, "refused")
    page.click(".vote-buttons [value=yes]")
    page.wait_for_selector("text=没有等您审批的申请")
    sign_in(page, served, "oli", "/approvals/")
    page.click("text=阅读并表决")
    page.select_option("#vote-phrase", "yes:0")
    seen(page, "before-vote")
    page.click(".vote-buttons [value=yes]")
    page.wait_for_selector("text=已记下")
    row.refresh_from_db()
    assert row.state == "granted"
    assert Seat.objects.filter(vote="yes").count() == 2
    page.click(".tabs >> text=我已批")
    page.wait_for_selector("text=已授信")
    seen(page, "done")
    page.goto(f"{served}/delegations/")
    seen(page, "delegations")
    wide_and_in_english(house, served, page)
    assert heard == []


def wide_and_in_english(house: House, served: str, page: Any) -> None:
    """What has been voted on stays readable; a desk and the other language are no afterthought."""
    seat = Seat.objects.filter(added_by=None).get()
    number = seat.stage.proposal.application.number
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": served}])
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{served}/approvals/{number}/seats/{seat.pk}/")
    page.wait_for_selector("text=Group exposure")
    page.wait_for_selector("text=oli has voted on this seat")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/voted-en-wide.png", full_page=True)
