"""The press: texts stay texts, every page is drawn, tables go on, two at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest
from openpyxl import load_workbook

from tests.papers.looking import ink, needs_pdftotext, plain, text_of
from xinheng.papers import press
from xinheng.papers.drawing import Month, Share, bar_chart, curve_chart, limit_bar, payment_chart
from xinheng.papers.layout import (
    Drawing,
    Figure,
    Figures,
    Head,
    Notice,
    Paper,
    Section,
    Signatures,
    Toned,
    Words,
    breakable,
    pairs,
    sheet,
)
from xinheng.papers.workbook import workbook

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NASTY = '#let x = 1; $y$ ] } \\ "quoted" *bold* _low_ @ref <tag> `raw` // note'


def paper(*blocks: object, **told: object) -> Paper:
    fields: dict[str, object] = {
        "title": "信用报告",
        "company": "测试水泥",
        "lang": "zh",
        "watermark": "alice 2026-11-23 10:00",
        "foot": ["为 alice 制作"],
        "pages": "第 {n} 页，共 {m} 页",
        "blocks": list(blocks),
        **told,
    }
    return Paper(**fields)  # type: ignore[arg-type]


@needs_pdftotext
def test_what_looks_like_typesetting_is_printed_as_it_is(tmp_path: Path) -> None:
    made = paper(Section(NASTY), Words(NASTY), pairs([("名称", NASTY)], 1), subtitle=NASTY)
    told = plain(text_of(press.pdf(made, at=AT), tmp_path))
    # the straight quotes are set as typographic ones by nobody: they arrive as typed
    assert told.count(plain(NASTY)) >= 4


@needs_pdftotext
def test_a_table_goes_on_with_its_head_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    rows = [[f"INV-{n}", f"{n},000.00"] for n in range(350)]
    made = paper(sheet([Head("发票", width=1), Head("金额", True)], rows, total=777))
    told = text_of(press.pdf(made, at=AT), tmp_path)
    assert "INV-199" in told and "INV-200" not in told
    assert "只列出前 200 行，共 777 行" in told
    pages = told.count("发票")
    assert pages > 2 and f"第 1 页，共 {pages} 页" in told


def test_every_kind_of_block_is_drawn_on_a_page_that_is_not_blank() -> None:
    months = [Month(f"2026-{n:02}", n * 100, n * 50, n * 30, n * 10 - 30) for n in range(1, 13)]
    months[4] = months[4]._replace(days_tenths=None)
    pages = press.pictures(
        paper(
            Figures([Figure("等级", "BBB", "610"), Figure("额度", "1.00", tone="stop")]),
            Section("图", "说明"),
            Drawing(payment_chart(months, ["开票", "按期", "逾期", "天数"], "10 万"), "付款"),
            Drawing(bar_chart([Share("未到期", 5, "5.00"), Share("逾期", 0, "0.00")]), "账龄"),
            Drawing(limit_bar([(880, "#1d6a66"), (20, "#d37f3f")], 1000), "额度"),
            Drawing(curve_chart([(0.1, 0.12), (0.3, 0.28)], ("预测", "实际")), "校准"),
            Notice("注意"),
            Signatures([("申请人", "日期"), ("批准人", "日期")]),
            qr=press.qr("https://example.test/papers/entries/1/"),
            secrecy="机密",
            secret=True,
        )
    )
    empty = ink(press.pictures(paper(watermark=""))[0])
    assert all(ink(page) > empty for page in pages)


def test_long_words_may_be_broken_and_texts_are_not_endless() -> None:
    assert breakable("ab" * 32).count("\u200b") == 5
    assert breakable("短 text") == "短 text"
    assert len(breakable("字" * 10_000)) == 4_000


def test_two_are_drawn_at_a_time_and_the_third_is_asked_to_come_again() -> None:
    inside, leave = [Event(), Event()], Event()

    def hold(entered: Event) -> None:
        with press.lane():
            entered.set()
            leave.wait(10)

    threads = [Thread(target=hold, args=(entered,)) for entered in inside]
    for thread in threads:
        thread.start()
    assert all(entered.wait(10) for entered in inside)
    with pytest.raises(press.Busy), press.lane(wait=0.05):
        pass
    leave.set()
    for thread in threads:
        thread.join()
    with press.lane(wait=0.05):
        pass


def test_a_paper_that_nobody_could_read_is_refused() -> None:
    with pytest.raises(press.TooLarge):
        press.pdf(paper(*[Words("字" * 3_000)] * 300), at=AT)


def test_a_workbook_keeps_codes_as_text_numbers_as_numbers_and_runs_nothing() -> None:
    heads = [Head("编码"), Head("名称"), Head("金额", True), Head("天", True)]
    rows = [
        ["0012345678901234567", "=HYPERLINK(1)", "1,234,567.89", Toned("−12", "stop")],
        ["+1", "@x", "–", "9" * 17],
    ]
    content = workbook("报告", ["为 alice"], [Section("未结"), sheet(heads, rows), Section("未结")])
    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["报告", "未结", "未结 2"]
    found = [[cell.value for cell in row] for row in book["未结"].iter_rows(min_row=2)]
    assert found[0] == ["编码", "名称", "金额", "天"]
    assert found[1] == ["0012345678901234567", "=HYPERLINK(1)", 1234567.89, -12]
    assert found[2] == ["+1", "@x", "–", "9" * 17]
    assert book["未结"]["B3"].data_type == "s" and book["未结"]["C3"].number_format == "#,##0.00"
