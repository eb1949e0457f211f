"""Bureaus' reports by page: asked, handed over, the log of what it cost; panels on the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.connectors.bureau_answers import PRODUCTS, USCC, Served, bureau_server, raw
from tests.web.pages import buyer, signed_in, text_of
from tests.world import make_world
from xinheng.customers.models import Customer
from xinheng.inquiries.models import BureauQuery, BureauReport

pytestmark = pytest.mark.django_db
PAGE = "/customers/E1/reports/"
ASKED = {"report": "tianyancha/baseinfo", "purpose": "review", "legal_basis": "public"}


@pytest.fixture
def world():
    made = make_world()
    buyer("E1", made.units["EAST"], None, name="江南钢构")
    buyer("W1", made.units["WEST"], None, name="西岭水泥")
    Customer.objects.filter(code="E1").update(uscc=USCC)
    return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with bureau_server() as served:
        served.say("/services/open/ic/baseinfo/normal", raw("tianyancha"))
        monkeypatch.setenv("XINHENG_BUREAU_TIANYANCHA_KEY", "k")
        monkeypatch.setenv("XINHENG_BUREAU_TIANYANCHA_URL", served.url)
        yield served


def typed(prefix: str, **told: Any) -> dict[str, Any]:
    return {f"{prefix}-{name}": value for name, value in (ASKED | told).items()}


def hand_over(client: Any, bureau: str, content: bytes, **told: Any) -> Any:
    file = SimpleUploadedFile("report.json", content, "application/json")
    product = f"{bureau}/{PRODUCTS[bureau]}"
    return client.post(PAGE + "add/", typed("add", report=product, **told) | {"add-file": file})


def test_a_report_is_asked_for_and_shown(world, server):
    client = signed_in(world.alice)
    assert "还没有外部报告" in text_of(client.get(PAGE))
    answer = client.post(PAGE + "buy/", typed("buy"), follow=True)
    page = text_of(answer)
    assert "报告已存入，8 项信息待他人核验" in page and "企业基本信息" in page
    assert "0.15" in page and "评分 7120" in page and "不是违约率" in page
    assert len(server.asked) == 1
    again = text_of(client.post(PAGE + "buy/", typed("buy"), follow=True))
    assert "没有花钱" in again and len(server.asked) == 1
    assert list(BureauQuery.objects.values_list("outcome", flat=True)) == ["fetched", "kept"]
    english = text_of(signed_in(world.alice, "en").get(PAGE))
    assert "Company record" in english and "days left: 90" in english


@pytest.mark.parametrize(
    ("told", "field", "said"),
    [
        ({"purpose": ""}, "purpose", "从列表中选择"),
        ({"legal_basis": "because"}, "legal_basis", "从列表中选择"),
        ({"report": "oracle/all"}, "report", "从列表中选择"),
        ({"report": "qichacha/basic"}, "report", "尚未配置企查查的接口"),
    ],
)
def test_a_mistake_stands_beside_its_field(world, server, told, field, said):
    answer = signed_in(world.alice).post(PAGE + "buy/", typed("buy", **told))
    page = text_of(answer)
    assert answer.status_code == 422 and not server.asked
    assert said in page.split(f'id="buy_buy-{field}_error"')[1].split("</div>")[0]


def test_a_bureaus_no_stands_on_the_page_and_in_the_log(world, server):
    server.say("/services/open/ic/baseinfo/normal", {"error_code": 300006})
    client = signed_in(world.alice)
    page = text_of(client.post(PAGE + "buy/", typed("buy")))
    assert "没有拿到报告。天眼查：余额或次数已用完" in page
    log = text_of(client.get("/inquiries/bureaus/"))
    assert "未取得" in log and "余额或次数已用完" in log
    english = text_of(signed_in(world.alice, "en").get("/inquiries/bureaus/"))
    assert "the account is used up" in english and "余额" not in english


def test_a_report_in_hand_is_handed_over(world):
    client = signed_in(world.alice)
    assert hand_over(client, "creditsafe", b"<html>").status_code == 422
    assert hand_over(client, "dnb", raw("creditsafe")).status_code == 422
    assert hand_over(client, "creditsafe", raw("creditsafe")).status_code == 302
    page = text_of(client.get(PAGE))
    assert "grade-bb" in page and "PD 1.50–3.50 %" in page and "文件交来" in page
    assert hand_over(client, "qichacha", raw("qichacha")).status_code == 302
    page = text_of(client.get(PAGE))
    assert "各机构对照" in page and "有限责任公司" in page and "18,500,000.00 CNY" in page


def test_hostile_words_of_a_bureau_are_words(world):
    told = raw("qichacha").replace("江南钢构".encode(), b"<script>alert(1)</script>")
    client = signed_in(world.alice)
    hand_over(client, "qichacha", told)
    hand_over(client, "creditsafe", raw("creditsafe"))
    page = text_of(client.get(PAGE))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_the_panel_of_the_file_shows_what_was_known_then(world):
    hand_over(signed_in(world.alice), "creditsafe", raw("creditsafe"))
    address = "/customers/E1/file/external/"
    page = text_of(signed_in(world.bob).get(address))
    assert "Creditsafe" in page and "查询报告" not in page  # bob may see and not buy
    assert "查询报告" in text_of(signed_in(world.alice).get(address))
    long_ago = (timezone.now() - timedelta(days=30)).date().isoformat()
    then = text_of(signed_in(world.alice).get(f"{address}?as_of={long_ago}"))
    assert "当时还没有外部报告" in then


def test_strangers_see_nothing_and_the_log_keeps_to_ones_unit(world, server):
    signed_in(world.alice).post(PAGE + "buy/", typed("buy"))
    assert signed_in(world.eve).get(PAGE).status_code == 404
    assert signed_in(world.bob).post(PAGE + "buy/", typed("buy")).status_code == 404
    log = "/inquiries/bureaus/"
    assert "江南钢构" in text_of(signed_in(world.dora).get(log))
    assert "江南钢构" not in text_of(signed_in(world.eve).get(log))
    assert "本月预算" in text_of(signed_in(world.alice).get(log))
    assert "本月预算" not in text_of(signed_in(world.bob).get(log))
    for month in ("1999-01", "9999-12", "x", "2026-13", "2026-11"):
        assert signed_in(world.alice).get(f"{log}?month={month}&bureau=oracle").status_code == 200
    assert BureauReport.objects.count() == 1
