"""The hold queue: oldest first, every reason at once, a yes or no with a reason and authority."""

from __future__ import annotations

from datetime import timedelta

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
from xinheng.web.holds import reading

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
    page = signed_in(world.alice).get("/holds/?code=headroom_exceeded")
    assert [row.decision.order_ref for row in page.context["queue"].rows] == ["PO-1"]


def refs(client, address) -> list[str]:
    return [row.decision.order_ref for row in client.get(address).context["queue"].rows]


def test_rows_sort_by_deadline_amount_excess_and_age(world):
    for place, (ref, amount) in enumerate([("PO-1", 500_00), ("PO-2", 900_00), ("PO-3", 300_00)]):
        row = held(world, ref, amount=amount)
        due = timezone.now() + timedelta(hours=9 - place)
        Hold.objects.filter(pk=row.pk).update(due_at=due)
    alice = signed_in(world.alice)
    assert refs(alice, "/holds/") == ["PO-3", "PO-2", "PO-1"]  # nearest deadline first
    assert refs(alice, "/holds/?sort=-amount") == ["PO-2", "PO-1", "PO-3"]
    assert refs(alice, "/holds/?sort=excess") == ["PO-3", "PO-1", "PO-2"]
    assert refs(alice, "/holds/?sort=opened") == ["PO-1", "PO-2", "PO-3"]


@pytest.mark.parametrize("sort", ["due", "-amount", "-excess", "opened", "customer"])
def test_pages_follow_each_other_by_key_without_gap_or_double(world, sort, monkeypatch):
    for n in range(5):
        held(world, f"PO-{n}", amount=500_00)
    monkeypatch.setattr(reading, "ROWS", 2)
    alice, address, seen = signed_in(world.alice), f"/holds/?sort={sort}", []
    while address:
        queue = alice.get(address).context["queue"]
        seen += [row.decision.order_ref for row in queue.rows]
        address = queue.page.next_url
    assert sorted(seen) == [f"PO-{n}" for n in range(5)]


def test_who_sorts_by_amount_looks_at_one_currency(world):
    held(world, "PO-1")
    held(world, "PO-2")
    buyer("C-USD", world.units["EAST"], 1_00, currency="USD")
    check_orders([ask("PO-USD", "C-USD", 900_00, currency="USD")], actor=world.actor("bob"))
    alice = signed_in(world.alice)
    assert len(refs(alice, "/holds/")) == 3
    page = alice.get("/holds/?sort=-amount")
    assert page.context["queue"].asked.wanted.currency == "CNY"
    assert refs(alice, "/holds/?from=800&currency=USD") == ["PO-USD"]


def test_an_amount_that_can_t_be_read_narrows_nothing_and_is_said(world):
    held(world)
    page = signed_in(world.alice).get("/holds/?from=many")
    assert len(page.context["queue"].rows) == 1
    assert 'value="many"' in text_of(page) and 'role="alert"' in text_of(page)


def test_columns_are_chosen_in_the_address_and_three_always_stay(world):
    held(world)
    page = signed_in(world.alice).get("/holds/?col=unit&col=evil")
    assert page.context["queue"].columns == ("customer", "order", "unit", "reasons")
    assert "华东" in text_of(page)


def test_what_was_mended_is_marked_and_what_is_left_is_named(world):
    decision = held(world)
    Hold.objects.update(
        codes="headroom_exceeded,rating_expired",
        codes_left="rating_expired",
        evaluated_at=timezone.now(),
    )
    page = text_of(signed_in(world.alice).get("/holds/"))
    assert "已消除" in page and "只差：" in page and "评级已过期" in page
    Hold.objects.update(codes_left="", ready=True)
    assert "条件已满足，可放行" in text_of(signed_in(world.alice).get(f"/holds/{decision.pk}/"))


def test_a_salesman_looks_at_his_own_and_reads_only(world):
    held(world, "PO-1")
    held(world, "PO-2", who="alice")
    bob = signed_in(world.bob)
    assert refs(bob, "/holds/?tab=asked") == ["PO-1"]
    page = text_of(bob.get("/holds/?tab=asked"))
    assert 'name="pick"' not in page and "放行所选" not in page


def test_the_page_of_a_hold_tells_who_may_decide(world):
    decision = held(world, who="alice")
    page = text_of(signed_in(world.alice).get(f"/holds/{decision.pk}/"))
    assert "这张订单是您提出的" in page and "可以处理的同事：" in page and "root" in page
    assert "/release/" not in page
    page = text_of(signed_in(world.bob).get(f"/holds/{decision.pk}/"))
    assert "由有放行权限的同事处理" in page and "root" in page and "/reject/" not in page


def test_the_page_of_a_hold_tells_every_limit_on_the_way_up(world):
    decision = held(world)
    page = signed_in(world.alice).get(f"/holds/{decision.pk}/")
    [step] = page.context["page"].steps
    assert (step.ceiling_minor, step.used_minor, step.after_minor) == (100_00, 0, 500_00)
    assert step.over_minor == 400_00


def test_weighing_tells_the_excess_and_the_authority_and_does_nothing(world):
    decision = held(world)
    page = text_of(signed_in(world.alice).post(f"/holds/{decision.pk}/weigh/"))
    assert "您可以放行这一笔" in page and "400.00 CNY 超出额度" in page
    assert "放行授权（信用经理）：5,000,000.00 CNY，本人" in page
    assert Hold.objects.get().state == "waiting" and not Reservation.objects.exists()


def test_days_of_a_special_approval_are_kept_when_the_action_refuses(world):
    decision = held(world)
    answer = signed_in(world.alice).post(
        f"/holds/{decision.pk}/release/", {"reason": REASON, "days": "90"}
    )
    assert answer.status_code == 422
    assert "您最多可以特批 30 天" in text_of(answer) and 'value="90"' in text_of(answer)


def test_a_person_keeps_a_hold_and_lifts_it_again(world):
    decision = held(world)
    alice = signed_in(world.alice)
    alice.post(f"/holds/{decision.pk}/keep/", {"reason": "客户换了收货地址"})
    assert Hold.objects.get().forced
    page = text_of(alice.get("/holds/?tab=forced"))
    assert "人工保留" in page and "客户换了收货地址" in page
    answer = alice.post(f"/holds/{decision.pk}/lift/", {"reason": "地址已核实"}, follow=True)
    assert not Hold.objects.get().forced
    assert "人工保留已解除" in text_of(answer)


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
