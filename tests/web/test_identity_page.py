"""Who a company is, on its tab and on the page where a person enters and changes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, make_world
from xinheng.customers.identities import add_identity, override_identity
from xinheng.customers.models import Customer, Identity, OtherName

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/C1/identity/"
TAB = "/customers/C1/file/basic/"
USCC = "91350100M000100Y43"
EARLY = "91350203M0001FUE2P"


@pytest.fixture
def world() -> World:
    world = make_world()
    buyer("C1", world.units["EAST"], 100_00, name="重庆长安建材有限公司")
    return world


def post(world: World, act: str, who: str = "alice", **said: Any) -> Any:
    told = {name if act == "end" else f"{act}-{name}": value for name, value in said.items()}
    return signed_in(getattr(world, who)).post(PAGE, {"act": act, **told})


def one() -> Customer:
    return Customer.objects.get(code="C1")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("身份", "校验通过", "不合标准，特别采用", "理由：", "本企业", "登记与更改")),
        ("en", ("Identity", "checks out", "taken on", "Reason: ", "the company itself")),
    ],
)
def test_the_tab_tells_numbers_with_their_verdicts_in_words(world, language, words) -> None:
    alice = world.actor("alice")
    add_identity(one().pk, "vat", "DE136695976", actor=alice, at=timezone.now())
    override_identity(one().pk, "uscc", EARLY, "执照原件上如此", actor=alice, at=timezone.now())
    page = text_of(signed_in(world.alice, language).get(TAB))
    for word in (EARLY, "DE136695976", "执照原件上如此", *words):
        assert word in page, word


def test_a_number_that_only_a_file_tells_is_marked(world: World) -> None:
    Customer.objects.update(uscc=EARLY)
    assert "只有文件提供" in text_of(signed_in(world.alice).get(TAB))


def test_a_past_day_shows_what_was_known_and_no_more(world: World) -> None:
    add_identity(one().pk, "uscc", USCC, actor=world.actor("alice"), at=timezone.now())
    yesterday = (timezone.now() - timedelta(days=2)).date()
    page = text_of(signed_in(world.alice).get(f"{TAB}?as_of={yesterday}"))
    shown = page[page.index('id="identity"') :]
    assert USCC not in shown and "按当日所知" in shown


def test_a_number_is_entered_and_ended_with_a_reason(world: World) -> None:
    assert post(world, "number", kind="uscc", value=USCC, reason="").status_code == 302
    number = Identity.objects.get()
    refused = post(world, "end", number=number.pk, reason=" ")
    assert refused.status_code == 422 and 'aria-invalid="true"' in text_of(refused)
    assert post(world, "end", number=number.pk, reason="登记有误").status_code == 302
    number.refresh_from_db()
    assert number.ended_at is not None
    for odd in ("", "x", number.pk + 99, "٣"):
        assert post(world, "end", number=odd, reason="登记有误").status_code == 404


def test_an_early_code_asks_for_a_reason_and_takes_it(world: World) -> None:
    asked = post(world, "number", kind="uscc", value=EARLY, reason="")
    assert asked.status_code == 422 and "需特别采用" in text_of(asked)
    done = post(world, "number", kind="uscc", value=EARLY, reason="执照原件上如此")
    assert done.status_code == 302 and Identity.objects.get().verdict == "override"


def test_a_wrong_number_is_refused_in_words_that_mend_it(world: World) -> None:
    answer = post(world, "number", kind="uscc", value="91350100M000100Y44", reason="")
    assert answer.status_code == 422 and "9135" in text_of(answer)
    assert not Identity.objects.exists()


def test_a_former_name_is_added_with_its_days_and_found(world: World) -> None:
    days = {"used_from": "2011-01-01", "used_until": "2018-12-31"}
    assert post(world, "name", name="山城水泥厂", **days).status_code == 302
    assert OtherName.objects.get().kind == "former"
    client = signed_in(world.alice)
    assert "C1" in text_of(client.get("/customers/?q=山城水泥"))
    assert "2018-12-31" in text_of(client.get(TAB))
    wrong = post(world, "name", name="甲", used_from="2019-01-01", used_until="2018-01-01")
    assert wrong.status_code == 422


def test_a_reading_is_corrected(world: World) -> None:
    assert post(world, "reading", pinyin="chong qing", initials="CQ").status_code == 302
    assert one().pinyin == "chongqing"
    assert "人工更正" in text_of(signed_in(world.alice).get(TAB))


def test_places_and_trades_are_picked_by_typing(world: World) -> None:
    client = signed_in(world.alice)
    lines = text_of(client.get("/customers/-/picks/?kind=division&place-division=西湖"))
    assert "330106" in lines
    asked = "/customers/-/picks/?kind=industry&place-industry=水泥制造"
    assert "C3011" in text_of(client.get(asked))
    assert client.get("/customers/-/picks/?kind=nothing").status_code == 404
    picked = {"division": "330106 浙江省 杭州市 西湖区", "industry": "C3011"}
    assert post(world, "place", **picked).status_code == 302
    assert (one().division_code, one().industry_code) == ("330106", "C3011")
    assert "西湖区" in text_of(client.get(TAB))


def test_without_a_script_several_that_fit_become_a_choice(world: World) -> None:
    answer = post(world, "place", division="西湖区", industry="")
    page = text_of(answer)
    assert answer.status_code == 422 and "请选择一个" in page
    assert '<select name="place-division"' in page and 'value="330106"' in page
    unknown = post(world, "place", division="无此地", industry="")
    assert unknown.status_code == 422 and "GB/T 2260" in text_of(unknown)


def test_who_may_not_edit_reads_the_tab_and_finds_no_page(world: World) -> None:
    bob = signed_in(world.bob)
    assert PAGE not in text_of(bob.get(TAB)) and bob.get(PAGE).status_code == 404
    assert post(world, "number", who="bob", kind="uscc", value=USCC).status_code == 404
    assert post(world, "nonsense").status_code == 404
