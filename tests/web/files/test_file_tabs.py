"""The tabs of a credit file: facts with source and state, marks on tabs, what needs somebody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.filed import CODE, filed
from tests.web.pages import signed_in, text_of
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
FILE = f"/customers/{CODE}/"


@pytest.fixture
def world() -> World:
    made = make_world()
    filed(made)
    return made


def seen(user: Any, path: str, language: str = "zh-hans") -> str:
    answer = signed_in(user, language).get(FILE + path)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def test_the_overview_leads_with_what_needs_somebody(world: World) -> None:
    page = seen(world.alice, "")
    for said in ("1 项来源不一致", "1 项等待另一人核验", "项，共", "项超过时限", "等级和理由"):
        assert said in page, said
    assert page.index("来源不一致") < page.index("等级和理由")


@pytest.mark.parametrize(
    "block",
    ["basic", "licences", "finance", "trade", "payment", "contracts", "external", "contact"],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_block_is_a_tab(world: World, block: str, language: str) -> None:
    page = seen(world.alice, f"file/{block}/", language)
    assert page.count('aria-current="page"') >= 1
    assert f"/file/{block}/" in page


def test_a_row_names_source_reliability_and_who_verified(world: World) -> None:
    page = seen(world.alice, "file/basic/")
    for said in ("营业执照", "公开记录", "alice", "范东", "来源冲突", "8,000,000.00 CNY"):
        assert said in page, said
    assert "12,000,000.00 CNY" in page
    assert "机构 qcc" in page
    assert "有限责任公司" in page


def test_an_ended_permit_is_expired(world: World) -> None:
    page = seen(world.alice, "file/licences/")
    assert "已失效" in page
    assert "2026-06-30" in page


@pytest.mark.parametrize(("name", "told"), [("bob", False), ("dora", False), ("alice", True)])
def test_a_secret_value_is_masked_for_who_does_not_verify(
    world: World, name: str, told: bool
) -> None:
    page = seen(getattr(world, name), "file/payment/")
    assert ("6222 0000 1111 2222" in page) is told
    assert ("••••••" in page) is not told


def test_a_block_that_is_none_and_a_stranger_find_nothing(world: World) -> None:
    assert signed_in(world.alice).get(FILE + "file/nothing/").status_code == 404
    assert signed_in(world.eve).get(FILE + "file/basic/").status_code == 404


def test_only_values_of_the_tab_are_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from xinheng.dossiers import credit_file

    opened: list[str] = []
    true = credit_file.open_sealed

    def noted(key: Any, place: str, sealed: bytes) -> bytes:
        opened.append(place)
        return true(key, place, sealed)

    monkeypatch.setattr(credit_file, "open_sealed", noted)
    seen(world.alice, "")
    seen(world.alice, "file/finance/")
    assert opened == []
    assert "沈秋" in seen(world.alice, "file/basic/")
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("path", "most"),
    [("", 44), ("file/basic/", 30), ("file/contact/", 30), ("file/fields/registered_capital/", 22)],
)
def test_a_tab_asks_the_database_little(
    world: World, path: str, most: int, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(world.alice)
    client.get(FILE + path)
    with django_assert_max_num_queries(most):
        client.get(FILE + path)
