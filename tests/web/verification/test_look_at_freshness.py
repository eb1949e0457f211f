"""The calendar and the measures as pages: figures that open, filters, a file, rights."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.web.verification.staged import desk, person, standing
from tests.world import World
from xinheng.customers.models import Customer
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
CALENDAR = "/verification/calendar/"
MEASURES = "/verification/measures/"


@pytest.fixture
def world(transactional_db: None) -> World:
    """One stale fact, one that grows stale in 5 days (on watch), one in 60, one fresh for long."""
    world = desk()
    now = timezone.now()
    day = today(now)

    def seen(field: str, value: str, days_left: int, age: int, customer: str = "C1") -> None:
        by = "bob" if customer == "C1" else "eve"
        told = {"by": by, "customer": customer, "at": now - timedelta(hours=3)}
        standing(field, value, observed_on=day - timedelta(days=age - days_left), **told)

    seen("court_cases", "无", -3, 90)
    seen("goods_bought", "水泥", 60, 183)
    seen("established_on", "2001-02-03", 170, 180)
    Customer.objects.filter(code="C2").update(status="watch", name="=西岭混凝土")
    seen("goods_bought", "砂石", 5, 30, "C2")
    return world


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["court_cases", "goods_bought"]),
        ("?span=stale", ["court_cases"]),
        ("?span=7", ["court_cases", "goods_bought"]),
        ("?span=90", ["court_cases", "goods_bought", "goods_bought"]),
        ("?span=90&tier=watch", ["goods_bought"]),
        ("?span=90&block=external", ["court_cases"]),
        ("?span=90&q=长江", ["court_cases", "goods_bought"]),
        ("?span=nonsense&block=nonsense&tier=nonsense", ["court_cases", "goods_bought"]),
        ("?span=90&after=WyJub25zZW5zZSIsMV0", ["court_cases", "goods_bought", "goods_bought"]),
    ],
)
def test_the_calendar_lists_the_window(world: World, query: str, found: list[str]) -> None:
    answer = signed_in(world.alice).get(CALENDAR + query)
    assert [row.due.field for row in answer.context["page"].rows] == found


def test_a_stale_fact_leads_to_the_form_that_enters_it_anew(world: World) -> None:
    page = text_of(signed_in(world.bob).get(CALENDAR))
    assert "1 项信息已过期" in page and "已过期 3 天" in page
    assert "/customers/C1/file/enter/?field=court_cases" in page and "砂石" not in page
    assert "file/enter/" not in text_of(signed_in(world.dora).get(CALENDAR))  # may not enter
    english = text_of(signed_in(world.alice, "en").get(CALENDAR))
    assert "stale for 3 days" in english and "5 days left" in english


def test_by_customer_the_calendar_adds_up_points(world: World) -> None:
    answer = signed_in(world.alice).get(f"{CALENDAR}?span=90&by=customer")
    told = [
        (row.due.customer, row.due.points, row.due.stale) for row in answer.context["page"].rows
    ]
    assert told == [("C1", 7, 1), ("C2", 4, 0)]
    assert "/customers/C1/file/external/" in text_of(answer)
    assert signed_in(world.alice).get(f"{CALENDAR}?by=customer&after=WzEsMl0").status_code == 200


def test_the_calendar_is_a_file_to_take_along(world: World) -> None:
    answer = signed_in(world.alice).get("/verification/calendar.csv?span=90")
    assert (
        answer["Content-Type"].startswith("text/csv")
        and "attachment" in answer["Content-Disposition"]
    )
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][0] == "最后有效日" and len(rows) == 4
    assert rows[1][1:3] == ["-3", "C1"] and rows[1][6] == "涉诉情况"
    assert rows[2][3] == "'=西岭混凝土"  # never a formula
    assert "水泥" not in text  # what the facts say stays in the file
    mine = signed_in(world.bob).get("/verification/calendar.csv?span=90").content.decode()
    assert "C2" not in mine


def test_the_measures_stand_by_block_and_unit_and_open(world: World) -> None:
    page = signed_in(world.alice).get(MEASURES)
    text = text_of(page)
    assert "2 份档案，全面率 6.50%" in text  # 3 + 4 + 2 and 4 points of 200
    for words in ("按栏目", "按业务单元", "华东", "西部", "?span=stale", "最差的档案在最前"):
        assert words in text, words
    worst = [one.customer for one in page.context["page"].rows]
    assert worst == ["C2", "C1"]
    stale = signed_in(world.alice).get(f"{MEASURES}?sort=timely").context["page"].rows
    assert [one.customer for one in stale] == ["C1", "C2"]
    trade = signed_in(world.alice).get(f"{MEASURES}?block=trade&unit=EAST")
    assert [str(one.measures.complete) for one in trade.context["page"].rows] == ["40.00"]
    assert "/customers/C1/file/trade/" in text_of(trade)
    assert signed_in(world.alice).get(f"{MEASURES}?after=WzEsMl0&sort=x&unit=x").status_code == 200


def test_a_person_of_a_unit_sees_its_measures_alone(world: World) -> None:
    page = text_of(signed_in(person("wu")).get(MEASURES))
    assert "1 份档案，全面率 4.00%" in page and "华东" not in page and "C1" not in page


def test_the_portfolio_asks_for_the_card_after_its_own_figures(world: World) -> None:
    buyer("C9", world.units["EAST"], 100_00)
    page = text_of(signed_in(world.alice).get("/portfolio/"))
    assert 'hx-get="/verification/measures/card/"' in page
    Customer.objects.filter(code="C9").update(status="closed")
    card = text_of(signed_in(world.alice).get(f"{MEASURES}card/", headers=HTMX))
    assert "6.50%" in card and "<html" not in card
    assert "<html" in text_of(signed_in(world.alice).get(f"{MEASURES}card/"))
