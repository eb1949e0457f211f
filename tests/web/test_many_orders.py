"""Two hundred orders at once: a pasted list is understood, nothing is lost, all is answered."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.pages import buyer, signed_in, text_of
from tests.world import make_world
from xinheng.decisions.models import Decision, Hold
from xinheng.limits.models import CreditLine, Reservation
from xinheng.web.orders import sheet

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/orders/check/many/"
HEAD = "订单号\t客户编码\t金额\t币种\t账期\n"


@pytest.fixture
def world():
    return make_world()


def post(client, text, do="check", **fields):
    return client.post(PAGE, {"text": text, "do": do, "point": "order", **fields})


def page(client, text, do="check", **fields):
    return text_of(post(client, text, do, **fields))


def test_each_order_sees_what_the_one_before_it_reserved(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    shown = page(
        signed_in(world.bob), HEAD + "".join(f"P{n}\tC1\t40000\tCNY\t30\n" for n in (1, 2, 3))
    )
    outcomes = dict(Decision.objects.values_list("order_ref", "outcome"))
    assert outcomes == {"P1": "approve", "P2": "approve", "P3": "hold"}
    assert CreditLine.objects.get().orders_minor == 80_000_00
    assert "120,000.00 / 80,000.00" in shown  # asked / approved
    for decision in Decision.objects.all():
        assert f"/decisions/{decision.pk}/" in shown


def test_the_same_list_again_gives_the_same_answers_and_reserves_nothing_twice(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    client, text = signed_in(world.bob), HEAD + "P1\tC1\t40000\tCNY\t30\nP2\tC1\t90000\tCNY\t30\n"
    page(client, text)
    again = page(client, text)
    assert "2 张此前已判断" in again
    assert Decision.objects.count() == 2 and Reservation.objects.count() == 1


LAYOUTS = [
    pytest.param("P1\tC1\t1,234.50\tCNY\t30\n", id="no head, tabs, thousands"),
    pytest.param("P1,C1,1234.50,CNY,30\n", id="no head, commas"),
    pytest.param('P1,C1,"1,234.50",CNY,30\n', id="quoted"),
    pytest.param(
        "金额,币种,账期（天）,客户,订单编号\n1234.50,人民币,30天,C1,P1\n", id="Chinese head"
    ),
    pytest.param(
        "Amount;Ccy;Terms;Customer Code;Order No.\n1234.50;cny;net 30;C1;P1\n", id="English"
    ),
    pytest.param("\n\nP1\tC1\t￥1234.5\t\t30\n\n", id="empty lines, own currency"),
    pytest.param("订单号\t客户名称\t金额\t备注\t账期\nP1\t客户C1\t1234.50\t急\t30\n", id="by name"),
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_a_list_is_understood_as_spreadsheets_copy_it(world, text):
    buyer("C1", world.units["EAST"], 100_000_00)
    page(signed_in(world.bob), text)
    decision = Decision.objects.get()
    assert (decision.order_ref, decision.amount_minor, decision.currency) == ("P1", 1234_50, "CNY")
    assert b'"terms_days":30' in bytes(decision.order_bytes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("P9\tC1\t12万\tCNY\t30", "12万 无法识别"),
        ("P9\tC1\t\tCNY\t30", "请填写金额"),
        ("P9\tC1\t-5\tCNY\t30", "必须大于零"),
        ("P9\tC1\t1.005\tCNY\t30", "小数位过多"),
        ("P9\tC1\t5\tXXQ\t30", "XXQ 不存在"),
        ("P9\tnobody\t5\tCNY\t30", "没有编码或名称为“nobody”的客户"),
        ("P9\tC\t5\tCNY\t30", "是不是：C1 客户C1"),
        ("P9\t\t5\tCNY\t30", "请填写客户"),
        ("P9\tC1\t5\tCNY\tsoon", "应为 0 到 3650"),
        ("P1\tC1\t5\tCNY\t30", "第 2 行已有同一订单号"),
        ("P" * 81 + "\tC1\t5\tCNY\t30", "最多 80 个字符"),
    ],
)
def test_a_mistake_stands_beside_its_cell_and_nothing_is_asked(world, line, said):
    buyer("C1", world.units["EAST"], 100_000_00)
    shown = page(signed_in(world.bob), HEAD + "P1\tC1\t40000\tCNY\t30\n" + line + "\n")
    assert said in shown
    assert line in shown  # the text is still there to mend
    assert not Decision.objects.exists()


def test_the_rows_without_mistakes_can_go_first(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    text = HEAD + "P1\tC1\t40000\tCNY\t30\nP2\tC1\tlots\tCNY\t30\n"
    shown = page(signed_in(world.bob), text, skip="1")
    assert list(Decision.objects.values_list("order_ref", flat=True)) == ["P1"]
    assert "没有检查" in shown and "P2\tC1\tlots" in shown


def test_an_order_without_a_number_gets_one_before_it_is_asked(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    client = signed_in(world.bob)
    shown = page(client, "客户\t金额\nC1\t5\nC1\t6\n")
    assert not Decision.objects.exists() and "2 张没有订单号" in shown
    written = shown.split('wrap="off"')[1].split(">", 1)[1].split("</textarea>")[0]
    page(client, written)
    refs = sorted(Decision.objects.values_list("order_ref", flat=True))
    assert len(refs) == 2 and refs[0].startswith("WEB-") and refs[1].endswith("-bob-2")
    page(client, written)
    assert Decision.objects.count() == 2


def test_more_than_two_hundred_are_refused_as_a_whole(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    text = HEAD + "".join(f"P{n}\tC1\t1\tCNY\t30\n" for n in range(201))
    response = post(signed_in(world.bob), text)
    assert response.status_code == 422 and "最多 200 张订单，这里有 201 张" in text_of(response)
    assert not Decision.objects.exists()


def test_two_hundred_go_in_one_call(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    page(signed_in(world.bob), HEAD + "".join(f"P{n}\tC1\t1\tCNY\t30\n" for n in range(200)))
    assert Decision.objects.filter(outcome="approve").count() == 200


def test_a_workbook_is_read_like_a_pasted_list(world):
    import xlsxwriter

    buyer("C1", world.units["EAST"], 100_000_00)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page_ = book.add_worksheet()
        page_.write_row(0, 0, ["订单号", "客户编码", "金额", "账期"])
        page_.write_row(1, 0, ["P1", "C1", 1234.5, 30])
    file = SimpleUploadedFile("orders.xlsx", out.getvalue())
    shown = text_of(signed_in(world.bob).post(PAGE, {"do": "preview", "file": file}))
    assert "1,234.50" in shown and "P1\tC1\t1234.5\t30" in shown
    assert not Decision.objects.exists()  # a file is always looked at first


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_answers_can_be_kept_as_a_file(world, form):
    buyer("C1", world.units["EAST"], 100_000_00, name="=1+1")
    client = signed_in(world.bob)
    text = HEAD + "P1\tC1\t40000\tCNY\t30\nP2\tC1\t90000\tCNY\t30\n"
    page(client, text)
    response = post(client, text, form)
    assert response["Content-Disposition"].startswith("attachment")
    if form == "csv":
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    else:
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
        rows = book.get_sheet_by_index(0).to_python()
    assert [row[7] for row in rows[1:]] == ["approve", "hold"]
    assert "额度" in rows[2][8] and rows[1][4] == ("'=1+1" if form == "csv" else "=1+1")
    assert Decision.objects.count() == 2


def test_only_trying_decides_and_reserves_nothing(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    client, text = signed_in(world.bob), HEAD + "P1\tC1\t40000\tCNY\t30\nP2\tC1\t900000\tCNY\t30\n"
    shown = page(client, text, point="quote")
    assert "试算结果：没有占用额度" in shown
    assert dict(Decision.objects.values_list("order_ref", "outcome")) == {
        "P1": "approve",
        "P2": "hold",
    }
    assert not Reservation.objects.exists() and not Hold.objects.exists()
    page(client, text)  # and then for real
    assert Reservation.objects.get().order_ref == "P1" and Hold.objects.count() == 1


def test_payer_delivery_day_and_scope_are_asked_with_the_order(world):
    buyer("C1", world.units["EAST"], None)
    buyer("HEAD", world.units["EAST"], 100_000_00)
    head = "订单号\t客户\t金额\t交货日期\t付款客户\t额度范围\t版本\n"
    page(signed_in(world.bob), head + "P1\tC1\t40000\t2099-12-10\tHEAD\t\t3\n")
    decision, kept = Decision.objects.get(), Reservation.objects.get()
    assert (decision.outcome, decision.version, decision.customer.code) == ("approve", 3, "C1")
    assert kept.line.customer.code == "HEAD" and kept.delivery_on.isoformat() == "2099-12-10"
    shown = page(signed_in(world.bob), head + "P2\tC1\t40000\t\tnobody\tcement\t1\n")
    assert "没有编码或名称为“nobody”的客户" in shown and "product:…" in shown


def test_a_stranger_s_customer_is_not_found_and_not_offered(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    shown = page(signed_in(world.eve), HEAD + "P1\tC1\t5\tCNY\t30\n")
    assert "没有编码或名称为“C1”的客户。" in shown and "客户C1" not in shown


def test_english_readers_get_english(world):
    buyer("C1", world.units["EAST"], 100_000_00)
    shown = page(signed_in(world.bob, "en"), HEAD + "P1\tC1\t5\tCNY\t30\n")
    assert "All answers" in shown and "Approved" in shown


def test_a_grid_written_back_reads_the_same():
    for text in ("P1\tC1\t5\n", 'a,b\n"x ""y""","1,2"\n', HEAD + "P1\tC1\t5\t\t\n"):
        grid = sheet.of_text(text)
        assert sheet.of_text(grid.as_text()).rows == grid.rows
