"""The pairs that may be one company: seen by who may edit, merged or told apart with a reason."""

from __future__ import annotations

import pytest

from tests.web.pages import signed_in, text_of
from tests.world import AT, World, make_customer, make_world
from xinheng.customers.duplicates import look_for_pairs
from xinheng.customers.models import AlikePair, Customer

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/duplicates/"
WHY = "同一家企业两次建档"


@pytest.fixture
def world() -> World:
    world = make_world()
    make_customer("C1", unit=None, name="广州华贸有限公司", city="广州")
    make_customer("C2", unit=None, name="<b>广州华贸</b>股份有限公司", city="深圳")
    Customer.objects.filter(code="C2").update(name="廣州華貿股份有限公司")
    look_for_pairs(at=AT)
    return world


def judge(world: World, verdict: str, reason: str = WHY, who: str = "alice"):
    told = {"pair": AlikePair.objects.get().pk, "verdict": verdict, "reason": reason}
    return signed_in(getattr(world, who)).post(f"{PAGE}judge/", told)


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ("把握 90%", "名称相同", "不同")), ("en", ("90% sure", "Same name", "differs"))],
)
def test_a_pair_stands_side_by_side_with_what_differs(world, language, words):
    page = text_of(signed_in(world.alice, language).get(PAGE))
    assert "C1" in page and "廣州華貿股份有限公司" in page and "深圳" in page
    for word in words:
        assert word in page


@pytest.mark.parametrize(("verdict", "gone", "stays"), [("keep-one", 1, 0), ("keep-other", 0, 1)])
def test_merging_asks_which_of_the_two_stays(world, verdict, gone, stays):
    both = list(Customer.objects.order_by("pk"))
    assert judge(world, verdict)["Location"] == PAGE
    both[gone].refresh_from_db()
    assert both[gone].merged_into_id == both[stays].pk
    assert "没有发现" in text_of(signed_in(world.alice).get(PAGE))


def test_not_the_same_is_kept_and_the_pair_is_shown_no_more(world):
    assert judge(world, "different").status_code == 302
    assert AlikePair.objects.get().different_reason == WHY
    assert "没有发现" in text_of(signed_in(world.alice).get(PAGE))


@pytest.mark.parametrize("verdict", ["different", "keep-one"])
def test_a_missing_reason_is_said_beside_the_pair(world, verdict):
    answer = judge(world, verdict, reason=" ")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text_of(answer) and "请用文字说明理由" in text_of(answer)


def test_the_list_leads_there_for_who_may_edit(world):
    assert PAGE in text_of(signed_in(world.alice).get("/customers/"))
    assert PAGE not in text_of(signed_in(world.bob).get("/customers/"))


def test_who_may_not_edit_finds_no_page_and_odd_words_judge_nothing(world):
    assert signed_in(world.bob).get(PAGE).status_code == 404
    assert judge(world, "different", who="bob").status_code == 404
    assert judge(world, "nonsense").status_code == 404
    for odd in ("", "x", "99999999", "٣"):
        answer = signed_in(world.alice).post(f"{PAGE}judge/", {"pair": odd, "verdict": "different"})
        assert answer.status_code == 404
