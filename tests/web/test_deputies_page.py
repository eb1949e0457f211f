"""Deputies: named on a page, with what is wrong beside its box; ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import PASSWORD, World, ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Override
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import Authority, Deputy, User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/people/deputies/"


@pytest.fixture
def world() -> World:
    made = make_world()
    for name, role in (("fang", "finance_director"), ("gao", "credit_manager")):
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=[role],
            sees_all_units=True,
            actor=system("tests"),
            at=timezone.now(),
        )
    return made


def user(name: str) -> User:
    return User.objects.get(username=name)


def told(**changed: object) -> dict[str, object]:
    day = today(timezone.now())
    form = {"valid_from": day, "valid_until": day + timedelta(days=5), "ceiling": ""}
    return {"deputy": user("gao").pk, "currency": "CNY", **form, **changed}


def test_a_deputy_is_named_and_listed(world: World) -> None:
    fang = signed_in(user("fang"))
    answer = fang.post(PAGE, told(ceiling="9,000,000.00"), follow=True)
    assert "gao 已是您的代理人" in text_of(answer)
    row = Deputy.objects.get()
    assert (row.currency, row.up_to_minor) == ("CNY", 900_000_000)
    assert "9,000,000.00 CNY" in text_of(answer) and "代理中" in text_of(answer)
    assert "我代 fang" in text_of(signed_in(user("gao")).get(PAGE))


def test_without_a_ceiling_no_currency_is_kept(world: World) -> None:
    signed_in(user("fang")).post(PAGE, told())
    assert (Deputy.objects.get().currency, Deputy.objects.get().up_to_minor) == ("", None)


@pytest.mark.parametrize(
    ("changed", "box", "said"),
    [
        ({"deputy": ""}, "deputy", "请填写此项"),
        ({"deputy": "1000000"}, "deputy", "请从名单中选择"),
        ({"valid_from": "明天"}, "valid_from", "2027-11-22"),
        ({"valid_until": "2020-01-01"}, "valid_until", "代理期间不对"),
        ({"valid_until": "2099-01-01"}, "valid_until", "最长 366 天"),
        ({"ceiling": "很多"}, "ceiling", ""),
        ({"ceiling": "-1"}, "ceiling", ""),
        ({"ceiling": "1.005"}, "ceiling", ""),
        ({"currency": "XXX"}, "currency", "请从名单中选择"),
    ],
    ids=str,
)
def test_a_mistake_stands_beside_its_box(
    world: World, changed: dict[str, str], box: str, said: str
) -> None:
    answer = signed_in(user("fang")).post(PAGE, told(**changed))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert box in errors and said in str(errors[box])
    assert f'id="id_{box}_error"' in text_of(answer) or said in text_of(answer)
    assert not Deputy.objects.exists()


def test_the_same_person_twice_is_refused_beside_the_box(world: World) -> None:
    fang = signed_in(user("fang"))
    fang.post(PAGE, told())
    answer = fang.post(PAGE, told())
    assert "已是代理人" in str(answer.context["form"].errors["deputy"])


def test_the_list_of_deputies_names_only_who_may_release(world: World) -> None:
    form = signed_in(user("fang")).get(PAGE).context["form"]
    names = {one.username for one in form.fields["deputy"].queryset}
    assert names == {"alice", "gao", "root"}  # not bob, who sells; not fang


def test_a_deputy_releases_what_only_the_absent_person_could(world: World) -> None:
    Authority.objects.filter(role_id="credit_manager").update(up_to_minor=1_00)
    buyer("C-1", world.units["EAST"], 100_00)
    check_orders([ask("PO-1", "C-1", 500_00)], actor=world.actor("bob"))
    hold, gao = Decision.objects.get(), signed_in(user("gao"))
    address = f"/holds/{hold.pk}/release/"
    assert "授权上限" in text_of(gao.post(address, {"reason": "客户今天付款"}))
    signed_in(user("fang")).post(PAGE, told())
    weighed = text_of(gao.post(f"/holds/{hold.pk}/weigh/"))
    assert "您可以放行这一笔" in weighed and "代 fang" in weighed
    assert gao.post(address, {"reason": "客户今天付款"}).status_code == 302
    assert "for user:" in Override.objects.get().authority


def test_ending_takes_effect_at_once(world: World) -> None:
    fang = signed_in(user("fang"))
    fang.post(PAGE, told())
    row = Deputy.objects.get()
    address = f"{PAGE}{row.pk}/end/"
    assert signed_in(world.alice).post(address).status_code == 404  # concerns her not
    assert "代理已结束" in text_of(fang.post(address, follow=True))
    assert "早已结束" in text_of(fang.post(address, follow=True))
