"""Two days of a file side by side: only what differs, with who changed it and why."""

from __future__ import annotations

import pytest

from tests.web.filed import CODE, entered, filed, known, on, verified
from tests.web.pages import signed_in, text_of
from tests.world import World, make_world
from xinheng.dossiers import facts
from xinheng.dossiers.models import ConflictCase, Fact

pytestmark = pytest.mark.django_db
PAGE = f"/customers/{CODE}/file/compare/"
MARK = "<script>window.ran=1</script>"


@pytest.fixture
def world() -> World:
    made = make_world()
    filed(made)
    return made


def told(world: World, query: str, name: str = "alice") -> str:
    answer = signed_in(getattr(world, name)).get(PAGE + query)
    assert answer.status_code == 200
    return text_of(answer)


def test_only_what_differs_is_listed_unless_all_is_asked(world: World) -> None:
    page = told(world, "?one=2026-03-01&other=2026-03-06")
    assert "1 项不同" in page
    for said in ("10,000,000.00 CNY", "8,000,000.00 CNY", "执照副本看错一位", "录入更正"):
        assert said in page, said
    assert "企业类型" not in page
    assert "企业类型" in told(world, "?one=2026-03-01&other=2026-03-06&all=1")


def test_days_the_wrong_way_round_are_put_in_order(world: World) -> None:
    one, other = (
        told(world, query).partition("<table")[2].partition("</table>")[0]
        for query in ("?one=2026-03-06&other=2026-03-01", "?one=2026-03-01&other=2026-03-06")
    )
    assert one == other
    assert "10,000,000.00 CNY" in one


def test_without_days_today_stands_beside_the_last_change(world: World) -> None:
    assert 'value="2026-04-03"' in told(world, "")


def test_the_same_day_twice_differs_in_nothing(world: World) -> None:
    page = told(world, "?one=2026-03-06&other=2026-03-06")
    assert "没有不同" in page
    assert "这两天的档案相同" in page


def test_a_secret_is_told_to_have_changed_and_not_from_what_to_what(world: World) -> None:
    known("bank_account", "6222 9999", on(5, 5))
    page = told(world, "?one=2026-05-04&other=2026-05-05", "bob")
    assert "付款账户" in page
    assert "6222" not in page
    assert "6222 9999" in told(world, "?one=2026-05-04&other=2026-05-05", "alice")


def test_a_decided_conflict_and_a_rejection_say_who_and_why(world: World) -> None:
    case, alice = ConflictCase.objects.get(), world.actor("alice")
    chosen = Fact.objects.current().get(field="registered_capital", source="营业执照")
    facts.resolve_conflict(case.pk, chosen.pk, "以执照为准", actor=alice, at=on(5, 6))
    waiting = Fact.objects.waiting().get()
    facts.reject_fact(waiting.pk, "与合同不符", actor=alice, at=on(5, 6))
    page = told(world, "?one=2026-05-05&other=2026-05-06")
    for said in ("裁定", "以执照为准", "未通过", "与合同不符", "alice"):
        assert said in page, said


def test_markup_in_a_value_is_text_on_every_page_of_the_file(world: World) -> None:
    verified(entered("registered_address", MARK, on(5, 7), source=MARK, evidence=MARK), on(5, 7))
    client = signed_in(world.alice)
    for path in ("file/basic/", "file/fields/registered_address/", "file/compare/?one=2026-05-01"):
        page = text_of(client.get(f"/customers/{CODE}/{path}"))
        assert MARK not in page, path
        assert "&lt;script&gt;" in page, path


def test_a_stranger_compares_nothing(world: World) -> None:
    assert signed_in(world.eve).get(PAGE).status_code == 404
    assert signed_in(world.alice).get(PAGE + "?one=gestern").status_code == 404
