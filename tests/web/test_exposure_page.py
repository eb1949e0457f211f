"""Why is it 1,234,567.00: the waterfall, its documents and tree, the journal and its file."""

from __future__ import annotations

from datetime import date

import pytest

from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.limits.actions import Move, post
from xinheng.limits.models import CreditLine, Movement
from xinheng.limits.tree import arrange
from xinheng.web.frame import drawings, specimens
from xinheng.web.frame.waterfall import waterfall

PAGE = "/customers/C1/exposure/"
DOCUMENTS = HTMX | {"HX-Target": "documents"}


@pytest.fixture
def world(transactional_db):
    return make_world()


@pytest.fixture
def busy(world):
    """600.00 open in two invoices, 90.00 of an ERP order, 80.00 reserved, 30.00 in hand."""
    late = {"overdue_allowed_minor": 1_000_00, "overdue_days_allowed": 100_000}
    names = {"name": "长江建材", "name_en": "River Materials"}
    buyer("C1", world.units["EAST"], 1_000_00, **names, **late)
    desk = Desk()
    desk.invoices(
        invoice("I-1", 350_00, date(2026, 9, 1), date(2026, 10, 1)),
        invoice("I-2", 280_00, date(2026, 10, 1), date(2027, 11, 1)),
    )
    desk.receipts(receipt("R-1", 30_00, date(2026, 11, 1), "I-2"))
    desk.orders(order("SO-1", 90_00, date(2026, 11, 2)))
    check_orders([ask("PO-1", "C1", 80_00)], actor=world.actor("bob"))
    return world


def test_the_steps_of_exp_1_add_up_to_the_total_and_start_where_the_last_one_ended():
    # The broken build: round widths instead of edges.
    fall = waterfall([(row[0], row[3]) for row in specimens.WAY], 100_000_000)
    ends = [0, *(step.ends for step in fall.steps)]
    assert [step.starts for step in fall.steps] == ends[:-1]
    assert (fall.total.minor, fall.total.ends, ends[-1]) == (88_000_000, 880, 880)
    assert (fall.room.x, fall.room.width, fall.ceiling.ends) == (880, 120, 1000)
    assert [step.reduces for step in fall.steps] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("parts", "ceiling", "zero", "ends"),
    [
        ([("open_items", 100), ("prepaid", -300)], 200, 500, 0),  # paid ahead: below zero
        ([("open_items", 500)], 250, 0, 1000),
        ([], None, 0, 0),
        ([("open_items", 0)], 0, 0, 0),
    ],
)
def test_a_waterfall_has_room_for_what_is_below_zero_and_beyond_the_limit(
    parts, ceiling, zero, ends
):
    fall = waterfall(parts, ceiling)
    assert (fall.zero, fall.total.ends) == (zero, ends)
    for step in [*fall.steps, fall.total]:
        assert step.x >= 0 and step.x + step.width <= 1000


@pytest.mark.parametrize(
    ("ceiling", "behind", "zones"),
    [
        (100, drawings.PLAIN, []),
        (120, drawings.Ceiling(base=100), [("base", 100), ("temporary", 20)]),
        (80, drawings.Ceiling(base=100), [("temporary", 80)]),
        (140, drawings.Ceiling(covered=40), [("base", 100), ("cover", 40)]),
        (
            150,
            drawings.Ceiling(covered=30, base=100),
            [("base", 100), ("temporary", 20), ("cover", 30)],
        ),
    ],
)
def test_the_zones_of_a_limit_bar_add_up_to_its_ceiling(ceiling, behind, zones):
    bar = drawings.limit_bar({"open_items": 50}, ceiling, behind=behind)
    assert [(part.key, part.minor) for part in bar.zones] == zones
    if zones:
        assert sum(part.width for part in bar.zones) == bar.ceiling_x


def test_the_group_s_mark_stands_where_its_room_ends():
    room = drawings.Ceiling(group_room=20)
    assert drawings.limit_bar({"open_items": 50}, 100, behind=room).group_x == 700
    assert drawings.limit_bar({"open_items": 50}, None, behind=room).group_x == 1000
    # the lower of both is what is left
    assert drawings.limit_bar({"open_items": 50}, 100, behind=room).headroom_minor == 20
    assert drawings.limit_bar({"open_items": 95}, 100, behind=room).headroom_minor == 5
    over = drawings.Ceiling(group_room=-20)
    assert drawings.limit_bar({"open_items": 50}, 100, behind=over).group_x == 300


def test_the_page_tells_each_step_and_where_it_leads(busy):
    page = text_of(signed_in(busy.alice).get(PAGE))
    for said in ("占用 770.00 CNY 从何而来", "未结应收", "600.00", "订单占用", "170.00", "230.00"):
        assert said in page, said
    assert "计数、流水与单据逐分相等" in page and "component=orders" in page
    english = text_of(signed_in(busy.dora, "en").get(PAGE))
    assert "Why exposure is 770.00 CNY" in english and "Reserved by orders" in english


def test_a_step_opens_its_documents_with_their_days(busy):
    client = signed_in(busy.alice)
    part = client.get(PAGE, {"currency": "CNY", "component": "orders"}, headers=DOCUMENTS)
    shown = {row.document.number: row for row in part.context["page"].rows}
    assert {name: row.document.open_minor for name, row in shown.items()} == {
        "SO-1": 90_00,
        "PO-1#1": 80_00,
    }
    assert shown["SO-1"].href == "/orders/SO-1/"
    assert shown["PO-1#1"].href.startswith("/decisions/")
    assert "<html" not in text_of(part)
    opened = client.get(PAGE, {"currency": "CNY", "component": "open_items"})
    first = opened.context["page"].rows[0]
    assert first.document.number == "I-1" and first.days_late > 0
    assert client.get(first.href).status_code == 200


def test_a_difference_is_an_alarm_with_all_figures(busy):
    # The broken build: an update that forgets the journal.
    CreditLine.objects.update(open_items_minor=600_01)
    page = text_of(signed_in(busy.alice).get(PAGE))
    assert "不一致：计数 600.01，流水 600.00，单据 600.00" in page
    assert "逐分相等" not in page


def test_a_branch_sees_its_group_s_sums_but_no_stranger_s_name(world):
    head = make_customer("HEAD", unit=world.units["WEST"], name="西部集团")
    branch = make_customer("C1", unit=world.units["EAST"], name="长江建材", parent=head)
    other = make_customer("C2", unit=world.units["WEST"], name="西部分公司", parent=head)
    make_line(head, 1_000_00, scope="group")
    make_line(branch, 500_00, open_items=100_00)
    make_line(other, 500_00, open_items=700_00)
    arrange([head.pk], at=AT)
    page = text_of(signed_in(world.bob).get(PAGE))
    assert "上级额度只剩 200.00" in page
    assert "集团额度" in page and "800.00" in page and "200.00" in page
    assert "西部" not in page and "另有 1 条额度属于您看不到的客户" in page
    whole = text_of(signed_in(world.alice).get(PAGE))
    assert "西部集团" in whole and "西部分公司" in whole


def test_a_sub_limit_is_a_step_of_the_line_that_it_lies_within(world):
    customer = make_customer("C1", unit=world.units["EAST"])
    make_line(customer, 1_000_00, open_items=100_00)
    make_line(customer, 300_00, scope="product:CEM-42", open_items=50_00)
    arrange([customer.pk], at=AT)
    client = signed_in(world.alice)
    own = client.get(PAGE, {"currency": "CNY"})
    assert own.context["page"].used_minor == 150_00
    assert "其下各级占用" in text_of(own) and "占用 150.00 CNY" in text_of(own)
    below = client.get(PAGE, {"currency": "CNY", "scope": "product:CEM-42"})
    assert below.context["page"].used_minor == 50_00 and "产品 CEM-42" in text_of(below)


def test_the_journal_runs_a_balance_for_each_component(busy):
    client = signed_in(busy.alice)
    page = client.get(f"{PAGE}journal/")
    line = CreditLine.objects.get()
    newest: dict[str, int] = {}
    for row in page.context["page"].rows:
        newest.setdefault(row.component, row.balance)
    assert newest["orders"] == line.orders_minor == 170_00
    assert newest["open_items"] == line.open_items_minor == 600_00
    narrowed = client.get(f"{PAGE}journal/", {"component": "open_items", "q": "batch"})
    rows = narrowed.context["page"].rows
    assert {row.component for row in rows} == {"open_items"}
    # what the filter hides still counts in the balance
    assert rows[0].balance == 600_00


def test_the_journal_narrows_by_day_and_cause_and_pages_by_key(busy):
    client, line = signed_in(busy.alice), CreditLine.objects.get()
    post([Move(line.pk, "bills", 1, "test", f"bill:{n}") for n in range(120)], at=AT)
    first = client.get(f"{PAGE}journal/", {"cause": "test", "day": "2026-11-20"})
    rows = first.context["page"].rows
    assert len(rows) == 50 and rows[0].balance == 120
    second = client.get(first.context["page"].next_url).context["page"].rows
    assert second[0].balance == 70 and second[0].pk == rows[-1].pk - 1
    assert not client.get(f"{PAGE}journal/", {"day": "2020-01-01"}).context["page"].rows
    for odd in ("9999-12-31", "x", "2026-13-40"):
        assert client.get(f"{PAGE}journal/", {"day": odd}).status_code == 200


def test_the_file_has_every_movement_and_no_formula(busy):
    # The broken build: write a document's number as it came.
    line = CreditLine.objects.get()
    Movement.objects.create(
        line=line, component="bills", delta_minor=5, cause="test", document="=1+1", at=AT
    )
    answer = signed_in(busy.alice).get(f"{PAGE}journal.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.count("\r\n") == Movement.objects.count() + 1
    assert "'=1+1" in text and ",=1+1" not in text and "0.05" in text
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("part", ["", "journal/", "journal.csv"])
def test_a_stranger_s_exposure_is_absent(busy, part):
    assert signed_in(busy.eve).get(f"{PAGE}{part}").status_code == 404
    assert signed_in(busy.alice).get(f"{PAGE}{part}?currency=XXX").status_code == 404


def test_a_customer_without_a_line_is_told_so(world):
    make_customer("C1", unit=world.units["EAST"])
    page = signed_in(world.alice).get(PAGE)
    assert page.status_code == 200 and "没有占用" in text_of(page)
