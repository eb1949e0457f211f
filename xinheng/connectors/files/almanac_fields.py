"""Columns of what is looked up: exchange rates, holidays, terms of payment.

Example: a bank's table says 外币 EUR, 单位 100, 汇率 781.23: one EUR is 7.8123 CNY.
"""

from __future__ import annotations

from xinheng.connectors.files.field import Field, choices
from xinheng.texts import T

RATE_KIND = choices(
    mid=("中间价", "中行折算价", "基准价", "middle", "central parity"),
    buy=("买入价", "现汇买入价", "bid", "buying"),
    sell=("卖出价", "现汇卖出价", "ask", "offer", "selling"),
    month_end=("月末", "月末汇率", "期末汇率", "month end", "closing"),
)
UNITS = {str(units): str(units) for units in (1, 10, 100, 1_000, 10_000)}
DAY_KIND = choices(
    off=("休", "放假", "休息", "节假日", "假日", "holiday", "closed", "no", "否", "0"),
    worked=("班", "上班", "调休", "补班", "工作日", "working", "workday", "yes", "是", "1"),
)

RATES = (
    Field("day", "day", T("日期", "Date"), True, sample="2026-11-20"),
    Field("base", "currency", T("外币", "From currency"), True, sample="EUR"),
    Field(
        "quote",
        "currency",
        T("折算币种", "To currency"),
        sample="CNY",
        note=T("空则为记账本位币", "empty: the company's base currency"),
    ),
    Field("rate", "rate", T("汇率", "Rate"), True, sample="7.8123"),
    Field(
        "units",
        "choice",
        T("单位", "Units"),
        choices=UNITS,
        sample="1",
        note=T("汇率对应的外币数量：1、100……", "how many units the rate is for: 1, 100 …"),
    ),
    Field(
        "kind",
        "text",
        T("汇率类型", "Rate type"),
        sample="mid",
        most=40,
        note=T("中间价、买入价、卖出价、月末，或自定代码", "mid, buy, sell, month_end or your own"),
    ),
    Field("source", "text", T("来源", "Source"), sample="中国银行", most=80),
    Field(
        "confirmed",
        "yes",
        T("已核对", "Confirmed"),
        note=T(
            "与上一日相差超过 20% 的行要写“是”", "yes, where it is over 20 % from the day before"
        ),
    ),
)
HOLIDAYS = (
    Field(
        "calendar",
        "text",
        T("日历", "Calendar"),
        sample="CN",
        most=12,
        note=T("空则为 CN", "empty: CN"),
    ),
    Field("day", "day", T("日期", "Date"), True, sample="2026-10-01"),
    Field("name", "name", T("名称", "Name"), True, sample="国庆节", most=80),
    Field("name_en", "name", T("英文名称", "English name"), sample="National Day", most=80),
    Field(
        "working",
        "choice",
        T("休 / 班", "Off or worked"),
        choices=DAY_KIND,
        sample="休",
        note=T("休：放假；班：调休上班；空则为休", "off, or worked instead; empty: off"),
    ),
    Field("source", "text", T("来源", "Source"), sample="国办发明电", most=80),
)
TERMS = (
    Field("code", "text", T("代码", "Code"), True, sample="月结30", most=20),
    Field(
        "rule",
        "text",
        T("规则", "Rule"),
        True,
        sample="EOM+30",
        most=40,
        note=T(
            "写成 N30、EOM+30、EOM+2M、STM25+1M10、DAY5,20+15",
            "written as N30, EOM+30, EOM+2M, STM25+1M10 …",
        ),
    ),
    Field("name", "name", T("名称", "Name"), True, sample="月结 30 天", most=120),
    Field("name_en", "name", T("英文名称", "English name"), sample="Month's end + 30", most=120),
    Field(
        "calendar",
        "text",
        T("日历", "Calendar"),
        sample="CN",
        most=12,
        note=T("到期日遇休顺延到该日历的下一工作日", "due dates move on to its next working day"),
    ),
)
