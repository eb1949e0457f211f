"""A file on a past day shows what was known when that day ended, and nothing is entered there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.dossiers.corpus import pdf
from tests.web.filed import CODE, filed, on
from tests.web.pages import HTMX, signed_in, text_of
from tests.world import World, make_world
from xinheng.dossiers.filing import NewDocument, add_document, withdraw_document
from xinheng.dossiers.models import Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.web.files.looking_back import end_of

pytestmark = pytest.mark.django_db
FILE = f"/customers/{CODE}/"


@pytest.fixture
def world() -> World:
    made = make_world()
    filed(made)
    return made


def seen(world: World, path: str, **headers: str) -> str:
    answer = signed_in(world.alice).get(FILE + path, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer)


def test_a_day_ends_where_the_company_is(world: World) -> None:
    from django.utils import timezone

    from xinheng.web.frame.access import company_zone

    with timezone.override(company_zone()):
        ended = end_of(date(2026, 3, 1))
    assert ended.astimezone(UTC) == datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "told", "not_told"),
    [
        ("2026-02-28", "缺", "CNY</b>"),
        ("2026-03-01", "10,000,000.00 CNY", "8,000,000.00 CNY"),
        ("2026-03-05", "10,000,000.00 CNY", "8,000,000.00 CNY"),
        ("2026-03-06", "8,000,000.00 CNY", "来源冲突"),
        ("2026-04-02", "来源冲突", "10,000,000.00 CNY"),
    ],
)
def test_a_past_day_shows_what_was_known_then(
    world: World, day: str, told: str, not_told: str
) -> None:
    page = seen(world, f"file/basic/?as_of={day}")
    assert f"这是 {day} 结束时所知的档案" in page
    assert told in page
    assert not_told not in page


def test_looking_back_tells_of_the_drawer_what_was_known(world: World) -> None:
    page = seen(world, "file/fields/registered_capital/?as_of=2026-03-02", **HTMX)
    assert "10,000,000.00 CNY" in page
    assert "8,000,000.00 CNY" not in page
    assert "已被取代" not in page
    assert "<html" not in page
    assert "更正" not in page


def test_what_waited_then_waits_in_that_view(world: World) -> None:
    assert "1 项待核" in seen(world, "file/trade/?as_of=2026-04-03")
    assert "1 项待核" not in seen(world, "file/trade/?as_of=2026-04-02")


def test_figures_of_today_stay_away_while_one_looks_back(world: World) -> None:
    page = seen(world, "?as_of=2026-03-06")
    assert "额度与占用" not in page
    assert "只显示今天的情况" in page
    assert "额度与占用" in seen(world, "")


def test_a_past_day_shows_the_grade_and_limit_of_that_day(world: World) -> None:
    early, late = seen(world, "?as_of=2026-11-19"), seen(world, "?as_of=2026-11-20")
    for said in ("BBB", "1,000,000.00"):  # rated and granted on the 20th
        assert said not in early, said
        assert said in late, said
    assert "尚未评估" in early


@pytest.mark.parametrize("day", ["2099-01-01", ""])
def test_a_day_that_is_not_over_is_today(world: World, day: str) -> None:
    page = seen(world, f"file/basic/?as_of={day}")
    assert "结束时所知的档案" not in page


@pytest.mark.parametrize("query", ["as_of=gestern", "as_of=2026-13-01", "step=x", "step=-1"])
def test_what_is_no_day_is_no_page(world: World, query: str) -> None:
    assert signed_in(world.alice).get(f"{FILE}file/basic/?{query}").status_code == 404


@pytest.mark.parametrize(
    ("step", "address"),
    [("0", "?as_of=2026-03-01"), ("1", "?as_of=2026-03-06"), ("999", "")],
)
def test_the_slider_steps_through_the_days_on_which_it_changed(
    world: World, step: str, address: str
) -> None:
    for path in ("", "file/basic/"):
        answer = signed_in(world.alice).get(f"{FILE}{path}?step={step}")
        assert (answer.status_code, answer["Location"]) == (302, FILE + path + address)


def test_no_form_works_while_looking_back(world: World) -> None:
    client, before = signed_in(world.bob), Fact.objects.count()
    fact = Fact.objects.current().filter(field="company_form").get().pk
    told = {"value": "sole", "reason": "换了执照", "observed_on": "2026-03-02"}
    for path in ("file/enter/?field=company_form&", f"file/facts/{fact}/correct/?"):
        address = f"{FILE}{path}as_of=2026-03-06"
        assert client.get(address).status_code == 409
        assert client.post(address, told).status_code == 409
    assert Fact.objects.count() == before


def test_licences_stand_on_their_tab_from_the_day_they_were_filed(world: World) -> None:
    actor = world.actor("alice")
    upload = check_upload("permit.pdf", pdf())
    told: dict[str, Any] = {"customer_code": CODE, "kind": "licence", "secrecy": 2}
    new = NewDocument(title="安全生产许可证", valid_until=date(2026, 5, 1), **told)
    paper = add_document(new, upload, actor=actor, at=on(3, 10))
    assert "安全生产许可证" not in seen(world, "file/licences/?as_of=2026-03-09")
    assert "安全生产许可证" in seen(world, "file/licences/?as_of=2026-03-10")
    assert "1 份证照已过期" in seen(world, "")
    assert "1 份证照在 30 天内到期" in seen(world, "?as_of=2026-04-10")
    withdraw_document(paper, "已换发新证，旧证作废", actor=actor, at=on(6, 1))
    assert "安全生产许可证" not in seen(world, "file/licences/")
    assert "安全生产许可证" in seen(world, "file/licences/?as_of=2026-05-31")
