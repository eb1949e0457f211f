"""Pages of models that persons fill in: side by side, the form, one run with what-if, adoption, the
behaviour card, weights by pairs. What only looks writes nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.modelling.rated import CODE, acting, cam_1, rating_world, run, scored, stated
from tests.web.filed import filed
from tests.web.pages import HTMX, signed_in, text_of
from tests.world import World
from xinheng.credit import questionnaire, scorecard
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment
from xinheng.modelling.ahp_studies import make_study
from xinheng.modelling.models import AhpJudgement, AhpStudy, ExpertRun
from xinheng.people.models import User
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return rating_world()


def client(name: str, language: str = "zh-hans") -> Client:
    return signed_in(User.objects.get(username=name), language)


def page(name: str, *args: Any, by: str = "anna", **query: str) -> str:
    answer = client(by).get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def now_run(model: str, answers: Any = None, **extra: Any) -> ExpertRun:
    at = timezone.now()
    return run(model, answers, as_of=today(at), at=at, **extra)


def filled(score: int = 8, **other: str) -> dict[str, str]:
    said = {f"score-{key}": str(score) for key in questionnaire.items_of("6c")}
    told = {"as_of": today(timezone.now()).isoformat(), "weighting": "shipped"}
    return {**said, **told, **{f"score-{key}": text for key, text in other.items()}}


def test_a_new_customer_has_no_model_yet_and_a_way_to_the_first(world: World) -> None:
    told = page("expert-models", CODE)
    assert "还没有人评过" in told and reverse("expert-new", args=[CODE, "6c"]) in told
    assert "没有往来记录" in told
    assert reverse("expert-new", args=[CODE, "6c"]) not in page("expert-models", CODE, by="dora")


def test_the_form_shows_every_anchor_and_takes_a_run(world: World) -> None:
    address = reverse("expert-new", args=[CODE, "6c"])
    told = page("expert-new", CODE, "6c")
    for item in questionnaire.items_of("6c").values():
        assert item["zh"] in told and all(one["zh"] in told for one in item["anchors"].values())
    answer = client("anna").post(address, filled(8, key_person="x"))
    made = ExpertRun.objects.get()
    assert answer.status_code == 302 and answer.url == reverse("expert-run", args=[CODE, made.pk])
    assert made.answers["key_person"]["score"] is None and made.class_code == "CA2"


def test_an_item_left_out_is_named_and_nothing_is_kept(world: World) -> None:
    address = reverse("expert-new", args=[CODE, "6c"])
    sent = filled()
    del sent["score-court_record"]
    answer = client("anna").post(address, {**sent, "comment-industry": "看过年报"})
    told = text_of(answer)
    assert answer.status_code == 422 and "还有 1 项未答" in told and "#item-court_record" in told
    assert "看过年报" in told and not ExpertRun.objects.exists()
    wrong = client("anna").post(address, {**filled(), "as_of": "gestern"})
    assert wrong.status_code == 422 and "请填写日期" in text_of(wrong)


def test_trying_out_says_what_the_answers_come_to_and_writes_nothing(world: World) -> None:
    address = reverse("expert-try", args=[CODE, "6c"])
    answer = client("anna").post(
        address, {"score-pays_us": "9", "score-industry": "x"}, headers=HTMX
    )
    told = text_of(answer)
    assert "已答 2 / 18" in told and "NR" in told and not ExpertRun.objects.exists()
    whole = text_of(client("anna").post(address, filled(8), headers=HTMX))
    assert "已答 18 / 18" in whole and "CA2" in whole


def test_the_file_speaks_to_an_item_and_is_cited_only_when_asked(world: World) -> None:
    User.objects.filter(username="fred").delete()
    filed(world)
    told = page("expert-new", "C-1001", "6c")
    assert "档案：" in told and "沈秋" in told  # the legal representative, to the owner's name
    address = reverse("expert-new", args=["C-1001", "6c"])
    client("anna").post(address, {**filled(), "cite-owner_reputation": "1"})
    kept = ExpertRun.objects.get().answers
    assert kept["owner_reputation"]["source"] == "营业执照"
    assert kept["owner_reputation"]["evidence"].startswith("fact:legal_representative:")
    assert kept["pays_us"]["source"] == ""


def test_a_run_shows_its_points_its_band_and_what_is_unknown(world: World) -> None:
    made = now_run("character", cam_1(bank_credit=None))
    told = page("expert-run", CODE, made.pk)
    assert "65.7%" in told and "可能在 61.8% 至 68.1%" in told and "1 项不详" in told
    assert told.count("fall-unknown") == 1 and "spread-wide" in told
    whole = page("expert-run", CODE, now_run("character", cam_1()).pk)
    assert "66.7%" in whole and "fall-unknown" not in whole and "spread-wide" not in whole


def test_what_if_one_factor_were_another(world: World) -> None:
    made = now_run("character", cam_1())
    before = ExpertRun.objects.count()
    address = reverse("expert-run", args=[CODE, made.pk])
    asked = {"item": "payment_record", "score": "4"}
    told = text_of(client("anna").get(address, asked, headers=HTMX))
    # 5 points of weight 11 less: 667 − 55 = 612 of 1,000
    assert "61.2%" in told and "−55" in told and "<html" not in told
    assert "61.2%" in page("expert-run", CODE, made.pk, **asked)
    unknown = text_of(client("anna").get(address, {**asked, "score": "x"}, headers=HTMX))
    assert "不详" in unknown
    assert ExpertRun.objects.count() == before
    for bad in ({"item": "beauty", "score": "4"}, {"item": "payment_record", "score": "11"}):
        assert client("anna").get(address, bad).status_code == 200


def test_statement_models_show_first_and_are_kept_on_demand(world: World) -> None:
    address = reverse("expert-new", args=[CODE, "altman"])
    assert "没有可用的年度报表" in text_of(client("anna").get(address))
    assert client("anna").post(address).status_code == 422
    stated(at=timezone.now())
    told = text_of(client("anna").get(address))
    assert "2.8626" in told and "尚未核实" in told and not ExpertRun.objects.exists()
    assert client("anna").post(address).status_code == 302
    for model in ("bathory", "working_assets"):
        client("anna").post(reverse("expert-new", args=[CODE, model]))
    told = page("expert-models", CODE)
    assert "2.8058" in told and "报表未核实" in told
    for made in ExpertRun.objects.all():
        assert "只作参考" in page("expert-run", CODE, made.pk)


def test_only_another_person_with_the_word_is_offered_adoption(world: World) -> None:
    made = now_run("6c", scored("6c"))
    offer = reverse("expert-adopt", args=[CODE, made.pk])
    assert offer not in page("expert-run", CODE, made.pk, by="anna")
    assert offer not in page("expert-run", CODE, made.pk, by="dora")
    assert offer in page("expert-run", CODE, made.pk, by="alice")
    own = now_run("5c", scored("5c"), by="alice")
    told = page("expert-run", CODE, own.pk, by="alice")
    assert "评级人不能采用自己的评级" in told
    answer = client("alice").post(reverse("expert-adopt", args=[CODE, own.pk]))
    assert answer.status_code == 422 and "评级人不能采用" in text_of(answer)


def test_two_raters_side_by_side(world: World) -> None:
    now_run("6c", scored("6c", 8, industry=3, pays_us=9))
    made = now_run("6c", scored("6c", 8, industry=9, pays_us=4), by="olaf")
    assert "两人评分是否一致" in page("expert-models", CODE)
    told = page("expert-run", CODE, made.pk)
    assert "与另一位评分人" in told and "9 与 3" in told


def assessed(customer: Customer) -> Assessment:
    inputs = {
        "payment_index": "72",
        "days_late_weighted": "6.5",
        "overdue_share_pct": "0",
        "oldest_dpd": "0",
        "months_of_history": "14",
        "days_late_trend": "0",
        "altman_zone": None,
    }
    card = scorecard.shipped()
    read = {key: None if one is None else Decimal(one) for key, one in inputs.items()}
    score = scorecard.score(card, read)
    day = today(timezone.now())
    plain: Any = [
        {"key": c.key, "value": c.value, "points": c.points, "lost": c.lost, "zh": c.zh, "en": c.en}
        for c in score.contributions
    ]
    return Assessment.objects.create(
        customer=customer,
        card="behaviour v1",
        currency="CNY",
        points=score.points,
        grade=score.grade or "",
        coverage_pct=score.coverage_pct,
        inputs=inputs,
        contributions=plain,
        reasons=[],
        as_of=day,
        valid_until=day.replace(year=day.year + 1),
        assessed_at=timezone.now(),
    )


def test_the_behaviour_card_and_what_if_the_index_were_60(world: World) -> None:
    assert "还没有评估过" in page("expert-behaviour", CODE)
    made = assessed(Customer.objects.get(code=CODE))
    told = page("expert-behaviour", CODE)
    assert str(made.points) in told and "付款指数 70 至 80" in told
    address = reverse("expert-behaviour", args=[CODE])
    asked = {"item": "payment_index", "value": "60"}
    answer = text_of(client("anna").get(address, asked, headers=HTMX))
    # 50 → 38 points
    assert str(made.points - 12) in answer and "付款指数 60 至 70" in answer
    for wrong in ("viel", "1e999", "NaN"):
        told = text_of(client("anna").get(address, {**asked, "value": wrong}, headers=HTMX))
        assert "请填数字" in told
    assert "不足" in text_of(client("anna").get(address, {**asked, "value": ""}, headers=HTMX))
    red = text_of(client("anna").get(address, {"item": "oldest_dpd", "value": "120"}, headers=HTMX))
    assert "红线" in red


def test_a_file_s_overview_shows_the_grades_side_by_side(world: World) -> None:
    assert "还没有任何模型的结果" in page("customer", CODE)
    now_run("6c", scored("6c"))
    told = page("customer", CODE)
    assert "各模型等级" in told and "6C 要素分析" in told and "CA2" in told
    assert "各模型等级" not in page("customer", CODE, by="bob")


def test_pairs_are_compared_live_kept_and_accepted(world: World) -> None:
    answer = client("anna").post(reverse("ahp-make"), {"name": "年度权重", "model": "character"})
    study = AhpStudy.objects.get()
    assert answer.status_code == 302 and "年度权重" in page("ahp-studies")
    some = {"pair-A-B": "5", "pair-A-C": "1/3"}
    tried = reverse("ahp-try", args=[study.pk])
    assert "还有 1 对没有比较" in text_of(client("anna").post(tried, some))
    circle = text_of(client("anna").post(tried, {**some, "pair-B-C": "5"}))
    assert "2.1158" in circle and "成环" in circle and not AhpJudgement.objects.exists()
    good = {"pair-A-B": "2", "pair-A-C": "5", "pair-B-C": "3"}
    assert "58.16%" in text_of(client("anna").post(tried, good))
    judge = reverse("ahp-judge", args=[study.pk])
    assert client("anna").post(judge, some).status_code == 422
    assert client("anna").post(judge, good).status_code == 302
    told = page("ahp-study", study.pk, by="alice")
    assert "安娜" in told and "0.0032" in told
    assert client("alice").post(reverse("ahp-accept", args=[study.pk])).status_code == 302
    form = page("expert-new", CODE, "character")
    assert f'value="ahp:{study.pk}"' in form
    assert f'value="ahp:{study.pk}"' not in page("expert-new", CODE, "6c")
    assert client("alice").post(reverse("ahp-retire", args=[study.pk])).status_code == 302
    again = client("alice").post(reverse("ahp-accept", args=[study.pk]))
    assert again.status_code == 422 and "已采用或停用" in text_of(again)


def test_every_page_speaks_english_too(world: World) -> None:
    stated(at=timezone.now())
    runs = [now_run("6c", scored("6c", 7, industry=None)), now_run("altman")]
    assessed(Customer.objects.get(code=CODE))
    study = make_study("Weights", "5c", actor=acting("anna"), at=timezone.now())
    addresses = [
        reverse("expert-models", args=[CODE]),
        *(reverse("expert-run", args=[CODE, made.pk]) for made in runs),
        reverse("expert-behaviour", args=[CODE]),
        reverse("ahp-study", args=[study.pk]),
        reverse("ahp-studies"),
    ]
    for address in addresses:
        told = text_of(client("anna", "en").get(address))
        for word in ("评级", "级别", "得分", "权重", "覆盖"):
            assert word not in told, (address, word)
