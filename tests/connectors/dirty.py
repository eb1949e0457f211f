"""A thousand dirty rows, drawn from a seed: clean rows with about 25 kinds of dirt between them.

Each kind says where it lies (a column), and what an import says of it: taken as it should be (the
value that is kept), refused at a column with words that mend it, or only repeated. `corpus(kind)`
gives the CSV's bytes and the verdicts by row number, as a spreadsheet counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from random import Random
from typing import NamedTuple

ROWS = 1_000
SEED = 4


class Dirt(NamedTuple):
    """What is done to a clean row, and what an import must say: `column` of an error and a piece of
    its reason in both languages; or, where the row is good, `kept`: (field, value).
    """

    name: str
    change: dict[str, str]
    column: str = ""
    zh: str = ""
    en: str = ""
    kept: str | None = None
    field: str = ""  # of a fact: which field the row is about


def bad(name: str, column: str, cell: str, zh: str, en: str, field: str = "", **more: str) -> Dirt:
    return Dirt(name, {column: cell, **more}, column, zh, en, None, field)


def good(name: str, column: str, cell: str, kept: str, field: str = "", **more: str) -> Dirt:
    return Dirt(name, {column: cell, **more}, kept=kept, field=field)


FACT_HEAD = ("客户编码", "档案字段", "内容", "币种", "单位", "来源", "可靠性", "取得日期")
FACT_HEAD += ("生效日期", "失效日期", "依据", "处理依据")
V, D = "内容", "取得日期"
FACT_DIRT = (
    # taken as what they mean
    good("full-width digits", V, "￥１，２００．５０", "1200.50 CNY", "yearly_purchases"),
    good("thousands with blanks", V, "1 234 567.00 CNY", "1234567.00 CNY", "yearly_purchases"),
    good("brackets around", "可靠性", " b ", "", "goods_bought"),
    good("ten thousands said", V, "120万元", "1200000.00 CNY", "yearly_purchases"),
    good("ten thousands beside", V, "120", "1200000.00 CNY", "yearly_purchases", 单位="万元"),
    good("Chinese date", V, "2026年10月5日", "2026-10-05", "last_visit"),
    good("compact date", V, "20261005", "2026-10-05", "last_visit"),
    good("day with a clock", V, "2026-10-05 00:00:00", "2026-10-05", "last_visit"),
    good("a word for a choice", V, "保留意见", "qualified", "audit_opinion"),
    good("blanks around a name", V, "  水泥   熟料 ", "水泥 熟料", "goods_bought"),
    good("a number as a float", V, "120.0", "120", "employees"),
    # refused, each at its cell
    bad("date that never was", V, "2026-02-30", "不是日历上的日期", "not a date of", "last_visit"),
    bad("serial of a day", V, "46300", "日期序号", "number of a day", "last_visit"),
    bad("day first or month first", V, "3/4/2026", "日、月顺序", "told apart", "last_visit"),
    bad("a visit ahead", V, "2027-03-01", "不能晚于今天", "can't lie in the future", "last_visit"),
    bad("observed ahead", D, "2027-03-01", "不能晚于今天", "after today", "goods_bought"),
    bad(
        "ends before it begins",
        "失效日期",
        "2025-01-01",
        "早于生效",
        "before it begins",
        "goods_bought",
        生效日期="2026-01-01",
    ),
    bad("columns swapped", "档案字段", "12000.00", "应为", "should be", "goods_bought"),
    bad("unknown field", "档案字段", "moon_phase", "应为", "should be", "goods_bought"),
    bad(
        "field left empty below a merged cell",
        "档案字段",
        "",
        "不能为空",
        "must not be empty",
        "goods_bought",
    ),
    bad(
        "customer left empty below a merged cell",
        "客户编码",
        "",
        "不能为空",
        "must not be empty",
        "goods_bought",
    ),
    bad("unknown customer", "客户编码", "KLINE", "没有客户", "no customer", "goods_bought"),
    bad("leading zeros lost", "客户编码", "17", "开头的 0", "leading 0", "goods_bought"),
    bad(
        "invisible character in a code",
        "客户编码",
        "00\u200b17",
        "看不见",
        "invisible",
        "goods_bought",
    ),
    bad("invisible character in a text", V, "水\u200b泥", "看不见", "invisible", "goods_bought"),
    bad("control character", V, "水\x07泥", "控制字符", "control character", "goods_bought"),
    bad("negative capital", V, "-5.00 CNY", "不能是负数", "negative", "registered_capital"),
    bad("not a number", V, "NaN", "无法识别", "not understood", "employees"),
    bad("half a person", V, "12.5", "应为整数", "whole number", "employees"),
    bad("formula", V, "=SUM(A1:A9)", "公式", "formula", "goods_bought"),
    bad("broken formula", V, "#REF!", "公式", "formula", "goods_bought"),
    bad("two currencies", V, "5.00 USD", "USD", "USD", "yearly_purchases", 币种="CNY"),
    bad("no such currency", V, "5.00 XXQ", "无法识别", "not understood", "yearly_purchases"),
    bad("unit twice", V, "5万", "只写一处", "write it once", "yearly_purchases", 单位="千元"),
    bad("more decimals than the currency has", V, "1.005 CNY", "CNY", "CNY", "yearly_purchases"),
    bad("too long", V, "泥" * 1_001, "1000", "1000", "goods_bought"),
    bad("source too long", "来源", "s" * 61, "60", "60", "goods_bought"),
    bad("source missing", "来源", "", "不能为空", "must not be empty", "goods_bought"),
    bad("no such reliability", "可靠性", "E", "应为", "should be", "goods_bought"),
    bad("no such choice", V, "尚可", "请从中选一项", "choose one of", "audit_opinion"),
    bad("a person without a basis", "处理依据", "", "处理依据", "legal basis", "person_in_charge"),
)

CUSTOMER_HEAD = ("客户编码", "客户名称", "统一社会信用代码", "国家", "状态", "业务单元")
U = "统一社会信用代码"
CUSTOMER_DIRT = (
    good("code with spaces", U, " 91350100M000100Y43 ", "91350100M000100Y43"),
    good("code with hyphens", U, "91350100-M000100Y4-3", "91350100M000100Y43"),
    good("small letters", U, "91350100m000100y43", "91350100M000100Y43"),
    good("full-width code", U, "９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
    good("a word for a state", "状态", "冻结", ""),
    bad("check character wrong", U, "91350100M000100Y44", "校验", "check"),
    bad("code too short", U, "91350100M000100Y4", "18", "18"),
    bad("code as a number of a spreadsheet", U, "9.13501E+17", "18", "18"),
    bad("name left empty", "客户名称", "", "不能为空", "must not be empty"),
    bad("code left empty", "客户编码", "", "不能为空", "must not be empty"),
    bad("name too long", "客户名称", "长" * 201, "200", "200"),
    bad("control character", "客户名称", "长\x07安", "控制字符", "control character"),
    bad("no such state", "状态", "还行", "应为", "should be"),
    bad("no such unit", "业务单元", "MOON", "没有业务单元", "no business unit"),
)

STATEMENT_HEAD = ("客户编码", "报表日期", "月数", "币种", "资产总计", "负债合计", "所有者权益合计")
A = "资产总计"
STATEMENT_DIRT = (
    good("full-width digits", A, "１，０００．００", "1000.00"),
    good("sign of the currency", A, "¥1000.00", "1000.00"),
    good("Chinese date", "报表日期", "YEAR年12月31日", "1000.00"),
    bad("does not balance", A, "1000.01", "0.01", "0.01"),
    bad("unit 万元 in one cell", A, "0.10", "不平", "does not balance"),
    bad("not a number", A, "NaN", "无法识别", "not understood"),
    bad("formula", A, "=B2+C2", "无法识别", "not understood"),
    bad("comma for a point", A, "1000,00", "无法识别", "not understood"),
    bad("blank in a number", A, "10 00.00", "无法识别", "not understood"),
    bad("assets missing", A, "", "不能为空", "must not be empty"),
    bad("date that never was", "报表日期", "2025-02-30", "不是日历", "not a date"),
    bad("serial of a day", "报表日期", "46022", "无法识别", "not understood"),
    bad("year of another age", "报表日期", "1899-12-31", "检查年份", "check the year"),
    bad("no such currency", "币种", "XXQ", "不存在", "no currency"),
    bad("thirteen months of two years", "月数", "25", "1 到 24", "from 1 to 24"),
    bad("unknown customer", "客户编码", "KLINE", "没有客户", "no customer"),
    bad("leading zeros lost", "客户编码", "1LINE", "没有客户", "no customer"),
)


class Verdict(NamedTuple):
    """Of a row: the dirt in it (None: clean)."""

    dirt: Dirt | None
    cells: dict[str, str]


FACT_CLEAN = {
    "yearly_purchases": "5000.00 CNY",
    "registered_capital": "90000.00 CNY",
    "last_visit": "2026-10-05",
    "employees": "12",
    "goods_bought": "水泥",
    "audit_opinion": "unqualified",
    "person_in_charge": "王芳",
}


def _fact(n: int, dirt: Dirt | None, random: Random) -> dict[str, str]:
    field = dirt.field if dirt else random.choice(list(FACT_CLEAN))
    row = dict.fromkeys(FACT_HEAD, "") | {"客户编码": f"{n % 50:04d}", "档案字段": field}
    row |= {V: FACT_CLEAN[field], "来源": f"file:r{n}", "可靠性": "C", D: "2026-11-02"}
    return row | {"处理依据": "contract" if field == "person_in_charge" else ""}


def _customer(n: int, dirt: Dirt | None, random: Random) -> dict[str, str]:
    row = dict.fromkeys(CUSTOMER_HEAD, "")
    return row | {"客户编码": f"D{n:05d}", "客户名称": f"长安贸易{n}", "国家": "CN"}


def _statement(n: int, dirt: Dirt | None, random: Random) -> dict[str, str]:
    day = f"{2000 + n // 50:04d}-12-31"
    row = {"客户编码": f"{n % 50:04d}", "报表日期": day, "月数": "12", "币种": "CNY"}
    return row | {A: "1000.00", "负债合计": "600.00", "所有者权益合计": "400.00"}


Make = Callable[[int, Dirt | None, Random], dict[str, str]]
KINDS: dict[str, tuple[tuple[str, ...], tuple[Dirt, ...], Make]] = {
    "facts": (FACT_HEAD, FACT_DIRT, _fact),
    "customers": (CUSTOMER_HEAD, CUSTOMER_DIRT, _customer),
    "statements": (STATEMENT_HEAD, STATEMENT_DIRT, _statement),
}


def corpus(kind: str, rows: int = ROWS, *, dirty: bool = True) -> tuple[bytes, dict[int, Verdict]]:
    """A CSV with a mark and titles above its header, and what is in each row. One row in three is
    dirty, each kind of dirt at least once; one clean row stands twice.
    """
    head, kinds, make = KINDS[kind]
    random = Random(f"{SEED}:{kind}")
    drawn = [*kinds, *(random.choice(kinds) for _ in range(rows // 3 - len(kinds)))]
    places = set(random.sample(range(1, rows), len(drawn))) if dirty else set()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"{kind}（2026年11月导出）"])
    writer.writerow([])
    writer.writerow(head)
    found: dict[int, Verdict] = {}
    for n in range(rows):
        dirt = drawn.pop() if n in places else None
        cells = make(n, dirt, random)
        if dirt:
            year = str(2000 + n // 50)
            cells |= {
                name: told.replace("YEAR", year).replace("LINE", str(n))
                for name, told in dirt.change.items()
            }
        writer.writerow([cells[name] for name in head])
        found[n + 4] = Verdict(dirt, cells)
        if n == 0:
            first = cells
    writer.writerow([first[name] for name in head])  # the same row once more
    found[rows + 4] = Verdict(None, first)
    return out.getvalue().encode("utf-8-sig"), found
