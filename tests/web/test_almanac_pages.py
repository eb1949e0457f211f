"""Rates, holidays, terms by page: looked up by all, entered by who may, mistakes said in place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.web.pages import signed_in, text_of
from tests.world import AT, make_world
from xinheng.almanac.actions import record_rates, record_terms
from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.almanac.rows import RateRow, TermRow
from xinheng.people.actor import system
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
ROOT = system("tests")
RATE = {"day": "2026-11-20", "base": "EUR", "quote": "CNY", "rate": "7.8123", "kind": "mid"}


@pytest.fixture
def world():
    return make_world()


def told(base: str, rate: str, age: int, kind: str = "mid") -> None:
    day = today(timezone.now()) - timedelta(days=age)
    row = RateRow(base=base, quote="CNY", day=day, rate=Decimal(rate), kind=kind)
    record_rates([row], actor=ROOT, at=AT)


def test_the_newest_rate_of_each_pair_tells_its_age_and_whether_it_is_too_old(world):
    told("EUR", "7.8123", 1)
    told("EUR", "7.8", 3)
    told("USD", "7.1", 300)
    page = text_of(signed_in(world.bob).get("/rates/"))
    assert page.index("各币种最新") < page.index("7.8123") < page.index("全部汇率")
    assert "太旧：300 天" in page and "太旧：1 天" not in page
    english = text_of(signed_in(world.bob, "en").get("/rates/"))
    assert "too old: 300 days" in english


def test_the_list_is_filtered_by_currency_and_kind(world):
    told("EUR", "7.8123", 1)
    told("USD", "7.1111", 1, kind="month_end")
    client = signed_in(world.bob)
    found = text_of(client.get("/rates/?currency=eur")).split("全部汇率")[1]
    assert "7.8123" in found and "7.1111" not in found
    found = text_of(client.get("/rates/?kind=month_end")).split("全部汇率")[1]
    assert "7.1111" in found and "7.8123" not in found
    for odd in ("?from=x", "?kind=%00", "?after=xyz", "?currency=<b>"):
        assert client.get("/rates/" + odd).status_code == 200


def test_a_rate_is_entered_once_and_corrected_by_name(world):
    client = signed_in(world.alice)
    assert client.post("/rates/enter/", RATE)["Location"] == "/rates/"
    stored = Rate.objects.get()
    assert (stored.rate, stored.entered_by) == (Decimal("7.8123"), f"user:{world.alice.pk}")
    answer = client.post("/rates/enter/", RATE | {"rate": "7.8213"}, follow=True)
    assert "原值记在存证账本里" in text_of(answer)
    assert Rate.objects.get().rate == Decimal("7.8213")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": "7,8123"}, "无法识别"),
        ({"rate": "0"}, "应大于 0"),
        ({"base": "欧洲"}, "不存在"),
        ({"quote": "EUR"}, "不能相同"),
        ({"day": "2026-02-30"}, "2026-11-22 这样的日期"),
        ({"kind": "??"}, "汇率类型"),
    ],
)
def test_a_mistake_brings_the_form_back_with_what_was_typed(world, wrong, said):
    answer = signed_in(world.alice).post("/rates/enter/", RATE | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer) and "各币种最新" in text_of(answer)
    assert not Rate.objects.exists()


def test_a_large_move_wants_to_be_confirmed(world):
    client = signed_in(world.alice)
    client.post("/rates/enter/", RATE)
    wrong = RATE | {"day": "2026-11-21", "rate": "78.123"}
    answer = client.post("/rates/enter/", wrong)
    assert answer.status_code == 422 and "相差超过 20%" in text_of(answer)
    assert client.post("/rates/enter/", wrong | {"confirmed": "on"}).status_code == 302
    assert Rate.objects.count() == 2


def test_who_only_looks_is_offered_no_form(world):
    client = signed_in(world.bob)
    for page in ("/rates/", "/holidays/", "/terms/"):
        assert 'id="enter"' not in text_of(client.get(page))
        assert client.post(f"{page}enter/", RATE).status_code == 404


def test_holidays_are_entered_and_shown_by_calendar_and_year(world):
    client = signed_in(world.alice)
    day = {"calendar": "cn", "day": "2026-10-10", "name": "调休", "working": "1"}
    assert client.post("/holidays/enter/", day).status_code == 302
    assert (Holiday.objects.get().calendar, Holiday.objects.get().working) == ("CN", True)
    assert "2026-10-10" in text_of(client.get("/holidays/?calendar=CN&year=2026"))
    assert "2026-10-10" not in text_of(client.get("/holidays/?calendar=CN&year=2025"))
    assert client.get("/holidays/?year=99999").status_code == 200


def test_terms_are_entered_and_ended(world):
    client = signed_in(world.alice)
    term = {"code": "月结30", "rule": "EOM+30", "name": "月结 30 天"}
    assert client.post("/terms/enter/", term).status_code == 302
    assert "EOM+30" in text_of(client.get("/terms/"))
    answer = client.post("/terms/enter/", term | {"code": "N30"})
    assert answer.status_code == 422 and "换一个代码" in text_of(answer)
    assert client.post("/terms/end/", {"code": "月结30"})["Location"] == "/terms/"
    assert PaymentTerm.objects.get().ended_at is not None
    assert "已停用" in text_of(client.get("/terms/"))
    assert client.post("/terms/end/", {"code": "月结30"}).status_code == 409


def test_a_name_is_shown_as_text(world):
    name = "<script>alert(1)</script>"
    record_terms([TermRow(code="A", rule="N30", name=name)], actor=ROOT, at=AT)
    page = text_of(signed_in(world.bob).get("/terms/"))
    assert name not in page and "&lt;script&gt;" in page
