"""A customer's grade on pages: asked by one, confirmed by another; each assessment judged again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.decisions.test_assess import run, sells
from tests.decisions.test_assess_again import files
from tests.decisions.test_override_grades import better, worse
from tests.web.pages import signed_in, text_of
from tests.world import PASSWORD, World, make_customer, make_world
from xinheng.credit.grade_override import last_day
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/C/grade/"


@pytest.fixture
def world() -> World:
    made = make_world()
    create_user(
        "fred",
        PASSWORD,
        name="Fred",
        roles=["finance_director"],
        sees_all_units=True,
        actor=system("tests"),
        at=timezone.now(),
    )
    return made


def browser(name: str) -> Client:
    return signed_in(User.objects.get(username=name))


def rated(world: World, code: str = "C") -> Customer:
    day = today(timezone.now())
    customer = sells(code, [9] * 13 + [0])
    Customer.objects.filter(pk=customer.pk).update(business_unit_id=world.units["EAST"])
    run(customer, as_of=day, at=timezone.now())
    return customer


def model() -> str:
    return Rating.objects.get().model_grade or Rating.objects.get().grade


def form(grade: str, **changed: object) -> dict[str, object]:
    until = last_day(today(timezone.now()))
    return {"grade": grade, "until": until, "reason": "母公司担保", "evidence": "函件"} | changed


def test_an_upgrade_goes_through_two_persons(world: World) -> None:
    rated(world)
    wanted = better(model())
    alice, fred = browser("alice"), browser("fred")
    asked = alice.post(f"{PAGE}ask/", form(wanted), follow=True)
    assert "待另一位有权限的人确认" in text_of(asked) and Rating.objects.get().grade != wanted
    made = GradeOverride.objects.get()
    assert "母公司担保" in text_of(fred.get("/overrides/"))
    told = text_of(
        fred.post(f"/overrides/{made.pk}/confirm/", {"reason": "已核对函件"}, follow=True)
    )
    assert "等级已上调" in told and "Fred" in told
    assert Rating.objects.get().grade == wanted
    listed = text_of(fred.get("/overrides/"))
    assert "100.00%" in listed and "超过目标 10%" in listed


def test_who_asked_is_told_that_another_must_confirm(world: World) -> None:
    rated(world)
    alice = browser("alice")
    alice.post(f"{PAGE}ask/", form(better(model())))
    made = GradeOverride.objects.get()
    told = alice.post(f"/overrides/{made.pk}/confirm/", {"reason": "我自己确认"}, follow=True)
    assert "不能自己确认" in text_of(told) and GradeOverride.objects.get().state == "asked"
    alice.post(f"/overrides/{made.pk}/end/", {"reason": "提得太早了"})
    assert GradeOverride.objects.get().state == "ended"


def test_down_counts_at_once_and_shows_in_the_head_of_the_file(world: World) -> None:
    rated(world)
    before = model()
    alice = browser("alice")
    alice.post(f"{PAGE}ask/", form(worse(before), reason="实际控制人被立案"))
    page = text_of(alice.get(PAGE))
    assert "实际控制人被立案" in page and "由人调整" in page
    head = text_of(alice.get("/customers/C/"))
    assert f"模型 {before}" in head


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"until": ""}, "请填写此项"),
        ({"evidence": ""}, "须注明依据"),
        ({"until": "2099-01-01"}, "最长六个月"),
    ],
)
def test_what_is_wrong_stands_beside_its_box(
    world: World, changed: dict[str, object], said: str
) -> None:
    rated(world)
    answer = browser("alice").post(f"{PAGE}ask/", form(better(model()), **changed))
    assert answer.status_code == 422 and said in text_of(answer)


def test_who_may_not_ask_sees_no_form_and_no_list(world: World) -> None:
    rated(world)
    bob = browser("bob")
    assert "改为其他等级" not in text_of(bob.get(PAGE))
    assert bob.post(f"{PAGE}ask/", form("B")).status_code == 404
    assert bob.get("/overrides/").status_code == 404
    assert browser("eve").get(PAGE).status_code == 404


def test_an_assessment_is_judged_again_at_every_view(world: World) -> None:
    rated(world)
    made = Assessment.objects.get()
    alice = browser("alice")
    page = text_of(alice.get(f"/customers/C/assessments/{made.pk}/"))
    assert "逐字节一致" in page and "与存证一致" in page and "流动净资产法" in page
    Assessment.objects.update(points=999)
    page = text_of(alice.get(f"/customers/C/assessments/{made.pk}/"))
    assert "重算结果不一致" in page and "与存证不符" in page
    Assessment.objects.update(record=None)
    assert "早于保存记录" in text_of(alice.get(f"/customers/C/assessments/{made.pk}/"))
    make_customer("D", unit=None)
    assert alice.get(f"/customers/D/assessments/{made.pk}/").status_code == 404
    assert browser("eve").get(f"/customers/C/assessments/{made.pk}/").status_code == 404


def test_an_unverified_statement_shows_wherever_the_grade_stands(world: World) -> None:
    customer = rated(world)
    poor = {"current_assets": 60_000_00, "current_liabilities": 150_000_00, "inventory": 1_00}
    files(world, customer, at=timezone.now(), retained_earnings=-90_000_00, ebit=-50_000_00, **poor)
    run(customer, as_of=today(timezone.now()), at=timezone.now() + timedelta(seconds=1))
    made = Assessment.objects.latest("pk")
    assert made.unverified == ["statement"]
    alice = browser("alice")
    for address in ("/customers/C/", PAGE, f"/customers/C/assessments/{made.pk}/"):
        assert "未核实" in text_of(alice.get(address)), address
    assert "未核实" in text_of(alice.get("/limits/of/C/CNY/"))


@pytest.mark.parametrize("address", [PAGE, "/overrides/"])
def test_in_english_too(world: World, address: str) -> None:
    rated(world)
    alice = signed_in(world.alice, "en")
    assert "Grade" in text_of(alice.get(address))


def test_a_customer_never_assessed_has_a_page_that_says_so(world: World) -> None:
    make_customer("NIL", unit=None)
    assert "还没有评估过" in text_of(browser("alice").get("/customers/NIL/grade/"))
