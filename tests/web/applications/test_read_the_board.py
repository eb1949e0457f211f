"""The board by state and as a table, its clocks in words, and what an export takes along."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from tests.applications.stage import House, make_house
from tests.web.pages import signed_in, text_of
from xinheng.applications import applying, assessing
from xinheng.applications.models import Application
from xinheng.applications.rows import NewApplication
from xinheng.web.applications.board import cards_of, clock_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    made = make_house()
    wish = NewApplication(made.customer.pk, "CNY", 300_000_00, 30, purpose="旺季备货")
    applying.draft(wish, actor=made.actor("bob"), at=timezone.now())
    applying.apply_at_once(wish, actor=made.actor("bob"), at=timezone.now())
    return made


def listed(house: House, name: str, query: str) -> list[str]:
    request = RequestFactory().get(f"/applications/?{query}")
    request.user = house.user(name)  # type: ignore[assignment]
    return [card.row.state for card in cards_of(request, timezone.now())]


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("bob", "", ["submitted", "draft"]),
        ("chen", "", ["submitted"]),  # a draft is its applicant's
        ("bob", "tab=mine", ["submitted", "draft"]),
        ("chen", "tab=mine", []),
        ("bob", "tab=late", []),
        ("bob", "tab=ended", []),
        ("bob", "state=draft", ["draft"]),
        ("bob", "kind=temporary", []),
        ("bob", "tab=%27nothing&kind=x&state=y", ["submitted", "draft"]),  # not known: not said
        ("eve", "", []),
    ],
)
def test_the_address_narrows_page_and_export_alike(
    house: House, name: str, query: str, found: list[str]
) -> None:
    assert listed(house, name, query) == found


def test_a_draft_has_no_clock_and_a_late_one_says_since_when(house: House) -> None:
    now = timezone.now()
    row = Application.objects.get(state="submitted")
    row.due_at = now - timedelta(days=2, hours=3)
    assert clock_of(row, now) == "超时 2 天"
    row.due_at = now + timedelta(hours=5, minutes=10)
    assert clock_of(row, now) == "还剩 5 小时"
    row.due_at = now - timedelta(minutes=1)
    assert clock_of(row, now) == "超时 1 小时"
    assert clock_of(Application.objects.get(state="draft"), now) == ""


def test_a_late_one_is_marked_on_board_and_table(house: House) -> None:
    Application.objects.filter(state="submitted").update(
        due_at=timezone.now() - timedelta(days=3, hours=1)
    )
    bob = signed_in(house.user("bob"))
    assert "ticket is-late" in text_of(bob.get("/applications/"))
    table = text_of(bob.get("/applications/?tab=late&as=table"))
    assert "超时 3 天" in table and "导出列表" in table
    empty = text_of(bob.get("/applications/?tab=ended"))
    assert "还没有结束的申请" in empty and "导出列表" not in empty


def test_a_point_of_the_checklist_goes_to_another_but_not_to_who_asked(house: House) -> None:
    row = Application.objects.get(state="submitted")
    assessing.take_up(row.number, actor=house.actor("chen"), at=timezone.now())
    task, chen = row.tasks.first(), signed_in(house.user("chen"))
    assert task is not None
    address = f"/applications/{row.number}/tasks/assign/"
    asked = {"code": task.code, "assignee": str(house.user("bob").pk)}
    assert chen.post(address, asked).status_code == 422
    asked["assignee"] = str(house.user("fang").pk)
    assert chen.post(address, asked).status_code == 302
    task.refresh_from_db()
    assert task.assignee_id == house.user("fang").pk
