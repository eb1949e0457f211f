"""Many holds at once: a summary that tells what the act then does, one reason, a result to keep."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, ask, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.releasing import reject_hold
from xinheng.limits.models import Reservation
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "客户今天下午付款，见银行回单。"


@pytest.fixture
def world() -> World:
    """Four holds: two to release, one that alice asked about, one of a customer that is blocked."""
    made = make_world()
    for ref, who, amount in [
        ("PO-1", "bob", 500_00),
        ("PO-2", "bob", 900_00),
        ("PO-3", "alice", 500_00),
        ("PO-4", "bob", 500_00),
    ]:
        buyer(f"C-{ref}", made.units["EAST"], 100_00)
        check_orders([ask(ref, f"C-{ref}", amount)], actor=made.actor(who))
    Customer.objects.filter(code="C-PO-4").update(status="blocked")
    return made


def ids(*refs: str) -> list[str]:
    found = dict(Decision.objects.values_list("order_ref", "pk"))
    return [str(found[f"PO-{ref}"]) for ref in refs]


def seal_of(answer: Any) -> str:
    found = re.search(r'name="seal" value="(\w+)"', text_of(answer))
    assert found, text_of(answer)
    return found[1]


def judge(client: Any, verb: str, *refs: str, **extra: str) -> Any:
    """The summary, then the act with its seal."""
    told = {"verb": verb, "pick": ids(*refs)}
    seal = seal_of(client.post("/holds/summary/", told))
    return client.post("/holds/judge/", told | {"seal": seal, "reason": REASON} | extra)


def test_the_summary_tells_what_would_be_released_and_why_not(world: World) -> None:
    alice = signed_in(world.alice)
    answer = alice.post("/holds/summary/", {"verb": "release", "pick": ids("1", "2", "3", "4")})
    page = text_of(answer)
    assert "2 笔将放行，1,400.00 CNY" in page and "2 笔不能" in page
    assert "提交这笔订单检查的人不能放行它" in page and "blocked" in page
    assert "其中 2 笔超出额度" in page
    assert Hold.objects.filter(state="waiting").count() == 4  # nothing has been done
    assert not Reservation.objects.exists()


def test_the_summary_tells_the_group_s_use_after_the_release(world: World) -> None:
    answer = signed_in(world.alice).post(
        "/holds/summary/", {"verb": "release", "pick": ids("1", "2")}
    )
    families = answer.context["families"]
    assert [(one.code, one.used_minor, one.after_minor) for one in families] == [
        ("C-PO-2", 0, 900_00),
        ("C-PO-1", 0, 500_00),
    ]


def test_the_act_does_what_the_summary_told_and_the_result_can_be_found_again(world: World) -> None:
    alice = signed_in(world.alice)
    answer = judge(alice, "release", "1", "2", "3", "4")
    assert answer.status_code == 302
    states = dict(Hold.objects.values_list("decision__order_ref", "state"))
    assert states == {"PO-1": "released", "PO-2": "released", "PO-3": "waiting", "PO-4": "waiting"}
    assert set(Hold.objects.filter(state="released").values_list("reason", flat=True)) == {REASON}
    for _ in range(2):  # reloading shows it again and does nothing
        page = text_of(alice.get(answer["Location"]))
        assert "已放行 2 笔" in page and "2 笔未能处理" in page
        assert f"/decisions/{ids('1')[0]}/" in page  # where it can be cancelled
    assert Reservation.objects.count() == 2


def test_another_session_does_not_find_the_result(world: World) -> None:
    answer = judge(signed_in(world.alice), "release", "1")
    assert signed_in(world.alice).get(answer["Location"]).status_code == 404


def test_what_changed_meanwhile_shows_the_summary_again(world: World) -> None:
    alice = signed_in(world.alice)
    told = {"verb": "release", "pick": ids("1", "2")}
    seal = seal_of(alice.post("/holds/summary/", told))
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=600_00
    )
    answer = alice.post("/holds/judge/", told | {"seal": seal, "reason": REASON})
    assert answer.status_code == 422
    assert "您查看之后情况有变" in text_of(answer) and REASON in text_of(answer)
    assert not Reservation.objects.exists()


def test_a_hold_that_ended_meanwhile_is_left_out_and_said(world: World) -> None:
    reject_hold(
        Decision.objects.get(order_ref="PO-1").pk,
        REASON,
        actor=world.actor("alice"),
        at=timezone.now(),
    )
    answer = signed_in(world.alice).post(
        "/holds/summary/", {"verb": "release", "pick": ids("1", "2")}
    )
    assert "1 笔在此期间已处理" in text_of(answer)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"reason": "ok"}, "请写明理由"),
        ({"days": "两天"}, "天数请写整数"),
        ({"days": "0"}, "天数请写整数"),
        ({"days": "²"}, "天数请写整数"),
        ({"days": "90"}, "您最多可以特批 30 天"),
    ],
    ids=str,
)
def test_a_mistake_comes_back_beside_its_box(
    world: World, extra: dict[str, str], said: str
) -> None:
    answer = judge(signed_in(world.alice), "release", "1", **extra)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert next(iter(extra.values())) in text_of(answer)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("verb", "state", "forced"), [("reject", "rejected", False), ("keep", "waiting", True)]
)
def test_many_are_rejected_or_kept(world: World, verb: str, state: str, forced: bool) -> None:
    answer = judge(signed_in(world.alice), verb, "1", "2")
    assert answer.status_code == 302
    rows = Hold.objects.filter(pk__in=ids("1", "2")).values_list("state", "forced", "reason")
    assert set(rows) == {(state, forced, REASON)}


def test_nothing_ticked_goes_back_with_a_sentence(world: World) -> None:
    alice = signed_in(world.alice)
    answer = alice.post("/holds/summary/", {"verb": "release", "back": "tab=ready"}, follow=True)
    assert answer.redirect_chain[0][0] == "/holds/?tab=ready"
    assert "请先勾选" in text_of(answer)
    junk = {"verb": "release", "pick": ["x", "1", ""]}
    assert alice.post("/holds/summary/", junk).status_code == 302
    assert alice.post("/holds/summary/", {"verb": "burn"}).status_code == 404


def test_holds_out_of_sight_are_not_even_named(world: World) -> None:
    Customer.objects.filter(code="C-PO-1").update(business_unit_id=world.units["WEST"])
    world.alice.sees_all_units = False
    world.alice.business_unit_id = world.units["EAST"]
    world.alice.save()
    page = text_of(
        signed_in(world.alice).post("/holds/summary/", {"verb": "release", "pick": ids("1", "2")})
    )
    assert "PO-2" in page and "PO-1<" not in page
