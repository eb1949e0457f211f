"""The hold queue: oldest first, every reason at once, a yes or no with a reason and authority."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import PASSWORD, ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.limits.models import Reservation
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "客户今天下午付款，见银行回单。"


@pytest.fixture
def world():
    return make_world()


def held(world, ref="PO-1", who="bob", amount=500_00) -> Decision:
    code = f"C-{ref}"
    buyer(code, world.units["EAST"], 100_00)
    check_orders([ask(ref, code, amount)], actor=world.actor(who))
    return Decision.objects.get(order_ref=ref)


def test_the_queue_shows_the_oldest_first_with_all_reasons(world):
    held(world, "PO-1")
    held(world, "PO-2")
    page = text_of(signed_in(world.alice).get("/holds/"))
    assert page.index("PO-1") < page.index("PO-2")
    assert "超过授信额度" in page and "400.00" in page


def test_tabs_count_and_filter(world):
    held(world, "PO-1")
    page = signed_in(world.alice).get("/holds/?tab=refer")
    assert page.context["queue"].rows == []
    assert page.context["queue"].total == 1
    page = signed_in(world.alice).get("/holds/?tab=code-headroom_exceeded")
    assert [row.decision.order_ref for row in page.context["queue"].rows] == ["PO-1"]


def test_a_release_with_a_reason_reserves_the_credit(world):
    decision = held(world)
    answer = signed_in(world.alice).post(f"/holds/{decision.pk}/release/", {"reason": REASON})
    assert answer.status_code == 302
    assert Hold.objects.get().state == "released"
    assert Reservation.objects.get().amount_minor == 500_00
    page = text_of(signed_in(world.alice).get(f"/decisions/{decision.pk}/"))
    assert REASON in page and "特批" in page


def test_without_a_reason_nothing_happens_and_the_page_says_so(world):
    decision = held(world)
    answer = signed_in(world.alice).post(f"/holds/{decision.pk}/release/", {"reason": " ok "})
    assert answer.status_code == 422
    assert "请写明理由" in text_of(answer)
    assert Hold.objects.get().state == "waiting"


def test_whoever_asked_may_not_release(world):
    decision = held(world, who="alice")
    answer = signed_in(world.alice).post(f"/holds/{decision.pk}/release/", {"reason": REASON})
    assert "不能放行" in text_of(answer) and REASON in text_of(answer)
    assert Hold.objects.get().state == "waiting"


def test_an_amount_above_the_authority_is_refused_with_the_figures(world):
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=100_00
    )
    decision = held(world)
    answer = signed_in(world.alice).post(f"/holds/{decision.pk}/release/", {"reason": REASON})
    assert "授权上限 100.00" in text_of(answer)
    assert not Reservation.objects.exists()


def test_htmx_brings_the_error_back_under_the_row(world):
    decision = held(world)
    address = f"/holds/{decision.pk}/release/"
    answer = signed_in(world.alice).post(address, {"reason": ""}, headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Retarget"] == f"#judge-{decision.pk}"
    answer = signed_in(world.alice).post(address, {"reason": REASON}, headers=HTMX)
    assert "已放行" in text_of(answer)


def test_a_rejected_hold_leaves_the_queue(world):
    decision = held(world)
    client = signed_in(world.alice)
    client.post(f"/holds/{decision.pk}/reject/", {"reason": REASON})
    assert Hold.objects.get().state == "rejected"
    assert client.get("/holds/").context["queue"].rows == []


def test_a_second_judgement_is_refused_not_repeated(world):
    decision = held(world)
    client = signed_in(world.alice)
    client.post(f"/holds/{decision.pk}/reject/", {"reason": REASON})
    client.post(f"/holds/{decision.pk}/release/", {"reason": REASON})
    assert Hold.objects.get().state == "rejected"
    assert not Reservation.objects.exists()


def test_a_stranger_s_hold_is_404(world):
    decision = held(world)
    create_user(
        "frank",
        PASSWORD,
        name="frank",
        roles=["credit_manager"],
        unit_code="WEST",
        actor=system("tests"),
        at=timezone.now(),
    )
    frank = signed_in(type(world.eve).objects.get(username="frank"))
    assert frank.get(f"/holds/{decision.pk}/release/").status_code == 404
    assert frank.post(f"/holds/{decision.pk}/release/", {"reason": REASON}).status_code == 404
    assert "PO-1" not in text_of(frank.get("/holds/"))
    assert Hold.objects.get().state == "waiting"


def test_a_salesman_sees_the_queue_but_cannot_release(world):
    decision = held(world)
    bob = signed_in(world.bob)
    page = text_of(bob.get("/holds/"))
    assert "PO-1" in page and "/release/" not in page
    assert bob.post(f"/holds/{decision.pk}/release/", {"reason": REASON}).status_code == 404
