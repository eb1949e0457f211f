"""The pages of applications open for who may see them, and each act has its form."""

from __future__ import annotations

import pytest

from tests.web.pages import signed_in, text_of
from tests.world import AT, PASSWORD, World, make_customer, make_line, make_world
from xinheng.applications.models import Application
from xinheng.people.actions import create_user
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    create_user(
        "fang",
        PASSWORD,
        name="方",
        roles=["analyst"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    customer = make_customer("C-1", unit=made.units["EAST"])
    make_line(customer, 300_000_00)
    return made


def test_from_the_form_to_the_assessment(world: World) -> None:
    from xinheng.people.models import User

    bob, fang = signed_in(world.bob), signed_in(User.objects.get(username="fang"))
    page = text_of(bob.get("/applications/new/?customer=C-1"))
    assert "申请授信" in page
    typed = {
        "kind": "increase",
        "amount": "80",
        "unit": "wan",
        "currency": "CNY",
        "terms_days": "60",
        "purpose": "明年框架合同，每月发货约二十万",
        "then": "submit",
    }
    answer = bob.post("/applications/new/?customer=C-1", typed)
    assert answer.status_code == 302, text_of(answer)
    row = Application.objects.get()
    assert (row.asked_minor, row.state) == (800_000_00, "submitted")
    address = f"/applications/{row.number}/"
    assert "人民币捌拾万元整" in text_of(bob.get(address))
    assert signed_in(world.eve).get(address).status_code == 404
    for tab in ("", "?tab=mine", "?as=table", "?tab=ended", "?tab=late"):
        assert bob.get(f"/applications/{tab}").status_code == 200
    assert fang.post(f"{address}take-up/").status_code == 302
    page = text_of(fang.get(address))
    assert "调查清单" in page
    row.refresh_from_db()
    for task in row.tasks.all():
        told = {"code": task.code, "words": "查过了，没有异常", "then": "waive"}
        assert fang.post(f"{address}tasks/close/", told).status_code == 302
    assert fang.post(f"{address}snapshot/").status_code == 302
    page = text_of(fang.get(address))
    assert "各额度方法" in page
    assert "提交审批" in page
