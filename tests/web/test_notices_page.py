"""Notices: one sentence each, opened once, read once, and counted by the bell."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, ask, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Notice
from xinheng.decisions.notices import NewNotice, look_after, tell_about
from xinheng.decisions.releasing import release_hold

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """Bob asked about an order of the East; it is held and everybody concerned has been told."""
    made = make_world()
    buyer("C-1", made.units["EAST"], 100_00, name="长江建材", name_en="Yangtze Materials")
    check_orders([ask("PO-1", "C-1", 500_00)], actor=made.actor("bob"))
    look_after(at=timezone.now())
    return made


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh-hans", "订单 PO-1（长江建材）被冻结"), ("en", "Order PO-1 (Yangtze Materials) is held")],
)
def test_a_notice_is_a_sentence_in_the_reader_s_language(
    world: World, language: str, sentence: str
) -> None:
    assert sentence in text_of(signed_in(world.alice, language).get("/notices/"))


def test_opening_one_reads_it_and_leads_to_the_hold(world: World) -> None:
    bob = signed_in(world.bob)
    row = Notice.objects.get(user=world.bob)
    assert "通知，1 条未读" in text_of(bob.get("/customers/"))
    answer = bob.post(f"/notices/{row.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, f"/holds/{row.decision_id}/")
    row.refresh_from_db()
    assert row.read_at is not None
    assert "条未读" not in text_of(bob.get("/customers/"))


def test_after_the_hold_has_ended_it_leads_to_the_decision(world: World) -> None:
    decision = Decision.objects.get()
    release_hold(decision.pk, "客户今天付款", actor=world.actor("alice"), at=timezone.now())
    look_after(at=timezone.now())
    bob = signed_in(world.bob)
    assert "已放行" in text_of(bob.get("/notices/"))
    row = Notice.objects.get(user=world.bob, kind="released")
    assert bob.post(f"/notices/{row.pk}/open/")["Location"] == f"/decisions/{decision.pk}/"


def test_all_at_once_and_only_one_s_own(world: World) -> None:
    signed_in(world.bob).post("/notices/read/")
    assert Notice.objects.get(user=world.bob).read_at is not None
    assert Notice.objects.get(user=world.alice).read_at is None
    assert signed_in(world.bob).get("/notices/?tab=unread").context["lines"] == []


def test_another_s_notice_is_absent(world: World) -> None:
    row = Notice.objects.get(user=world.alice)
    assert signed_in(world.bob).post(f"/notices/{row.pk}/open/").status_code == 404
    row.refresh_from_db()
    assert row.read_at is None


def test_who_lost_sight_of_the_customer_is_told_nothing_of_it(world: World) -> None:
    Customer.objects.update(business_unit_id=world.units["WEST"])
    page = signed_in(world.bob).get("/notices/")
    assert page.context["lines"] == []
    assert "PO-1" not in text_of(page) and "条未读" not in text_of(page)


def test_reading_the_list_reads_nothing_away(world: World) -> None:
    signed_in(world.bob).get("/notices/")
    assert Notice.objects.get(user=world.bob).read_at is None


# --- What is not about an order


def tell_of(world: World, kind: str, about: str, *, customer: bool = True) -> Notice:
    """News for Bob."""
    about_whom = Customer.objects.get().pk if customer else None
    tell_about([NewNotice(world.bob.pk, kind, about_whom, about)], at=timezone.now())
    return Notice.objects.get(user=world.bob, kind=kind)


LICENCE = "7:business_licence:2026-12-31:"
PAPER = "7:document/contract/0b0e:2026-12-31:7"


@pytest.mark.parametrize(
    ("kind", "about", "zh", "en", "leads"),
    [
        (
            *("licence", LICENCE + "30", "长江建材：营业执照有效期至 2026-12-31"),
            *("Yangtze Materials: Business licence ends on 2026-12-31", "/file/licences/"),
        ),
        (
            *("licence", LICENCE + "0", "营业执照有效期到 2026-12-31 为止"),
            *("has its last day on 2026-12-31", "/file/licences/"),
        ),
        (
            *("licence", PAPER, "长江建材：合同有效期至"),
            *("A contract ends on 2026-12-31", "/customers/C-1/documents/"),
        ),
        (
            *(
                "application",
                "application:SX-2026-000123:turn",
                "授信申请 SX-2026-000123（长江建材）",
            ),
            *("application SX-2026-000123 (Yangtze Materials)", "/applications/SX-2026-000123/"),
        ),
        (
            *("minutes", "minutes:SX-2026-000123:7", "会议记录 SX-2026-000123 等您签字"),
            *("Minutes SX-2026-000123 wait", "/applications/SX-2026-000123/"),
        ),
        (
            *("application", "application:", "授信申请"),
            *("News of application", "/applications/"),
        ),
        ("model", "model:17:late", "模型 17 有新情况", "News of the model 17", "/models/17/"),
        ("model", "model:behaviour", "模型 behaviour", "the model behaviour", "/models/"),
        (
            *("drift", "2026-10:behaviour v1", "2026-10：客户群与评分卡 behaviour v1"),
            *("the card behaviour v1 expects", "/models/drift/"),
        ),
        (
            *("challenger", "gbdt v2", "挑战模型 gbdt v2 无法评分"),
            *("Challenger gbdt v2 can&#x27;t be", "/models/challengers/"),
        ),
        ("weather", "rain", "长江建材：有新情况", "News of Yangtze Materials", "/customers/C-1/"),
    ],
    ids=[
        *("licence", "last day", "document", "application", "minutes", "application unnamed"),
        *("model", "model unnumbered", "drift", "challenger", "unknown kind"),
    ],
)
def test_news_of_a_customer_is_a_sentence_and_leads_to_it(
    world: World, kind: str, about: str, zh: str, en: str, leads: str
) -> None:
    row = tell_of(world, kind, about)
    assert zh in text_of(signed_in(world.bob).get("/notices/"))
    assert en in text_of(signed_in(world.bob, "en").get("/notices/"))
    answer = signed_in(world.bob).post(f"/notices/{row.pk}/open/")
    assert answer.status_code == 302 and answer["Location"].endswith(leads)
    row.refresh_from_db()
    assert row.read_at is not None


def test_news_of_no_customer_is_one_s_own(world: World) -> None:
    row = tell_of(world, "facts_waiting", "2026-11-23:14", customer=False)
    bob = signed_in(world.bob)
    assert "有 14 条信息等待核实超过两个工作日" in text_of(bob.get("/notices/"))
    assert "通知，2 条未读" in text_of(bob.get("/customers/"))
    assert bob.post(f"/notices/{row.pk}/open/")["Location"] == "/verification/?tab=late"


@pytest.mark.parametrize("kind", ["application", "review", "minutes", "offer", "model"])
def test_what_other_rooms_tell_needs_no_customer(world: World, kind: str) -> None:
    row = tell_of(world, kind, f"{kind}:X-2026-1:step", customer=False)
    bob = signed_in(world.bob)
    assert bob.get("/notices/").status_code == 200
    assert bob.post(f"/notices/{row.pk}/open/").status_code == 302


def test_a_page_of_many_notices_costs_no_more_than_one_of_few(
    world: World, django_assert_max_num_queries
) -> None:
    customer = Customer.objects.get().pk
    rows = [NewNotice(world.bob.pk, "review", customer, f"R-2026-{n}") for n in range(30)]
    tell_about(rows, at=timezone.now())
    bob = signed_in(world.bob)
    bob.get("/notices/")
    with django_assert_max_num_queries(9):
        bob.get("/notices/")
