"""Columns of facts about customers, and the words by which people write what a field may say.

One line is one fact: whose, which field, what, who says so and when. Example: "C-1001, 注册资本,
1000 万元, bureau:qcc, B, 2026-11-02" says ten million; "1000" alone with 单位 万元 says the same.
"""

from __future__ import annotations

from xinheng.connectors.files.field import CUSTOMER, Field, choices
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.models import Fact
from xinheng.texts import T

RELIABILITY = choices(
    A=("a", "主管机关", "原件", "authority", "original"),
    B=("b", "经审计", "独立第三方", "audited", "third party", "independent"),
    C=("c", "往来单位", "本公司人员", "trade partner", "own staff"),
    D=("d", "客户自述", "客户申报", "customer", "declared"),
)
BASIS = choices(
    contract=("合同", "订立履行合同"),
    consent=("同意", "本人同意", "授权"),
    legal_obligation=("法定义务", "legal obligation", "law"),
    legitimate_interest=("正当利益", "合法利益", "legitimate interest"),
    public=("公开", "公开信息", "已公开"),
)
assert set(RELIABILITY.values()) == set(Fact.RELIABILITY)
assert set(BASIS.values()) == set(Fact.BASES)
TIMES = choices(
    **{
        "1": ("元", "yuan", "one", "units"),
        "1000": ("千元", "thousand", "k"),
        "10000": ("万元", "万", "ten thousand"),
        "1000000": ("百万元", "百万", "million", "m"),
        "100000000": ("亿元", "亿", "hundred million"),
    }
)
# What people write for the choices of a field.
WORDS = choices(
    limited=("有限责任公司", "有限公司", "limited company", "ltd"),
    joint_stock=("股份有限公司", "股份公司", "joint stock", "plc"),
    sole=("个人独资企业", "个体工商户", "sole proprietor"),
    partnership=("合伙企业", "合伙"),
    cooperative=("合作社", "农民专业合作社", "co-operative"),
    public_body=("事业单位", "机关", "public body"),
    foreign=("外国公司", "境外公司", "foreign company"),
    unqualified=("标准无保留意见", "无保留意见", "标准无保留", "clean"),
    emphasis=("带强调事项段", "带强调事项段的无保留意见", "emphasis of matter"),
    qualified=("保留意见",),
    adverse=("否定意见",),
    disclaimer=("无法表示意见",),
    unaudited=("未审计", "未经审计", "not audited"),
    transfer=("电汇", "转账", "银行转账", "wire", "bank transfer"),
    bank_bill=("银行承兑汇票", "银承", "bank acceptance"),
    trade_bill=("商业承兑汇票", "商承", "commercial acceptance"),
    letter_of_credit=("信用证", "l/c", "lc"),
    cash=("现金",),
    yes=("是", "y", "true", "1"),
    no=("否", "n", "false", "0"),
)
VALUE_MAX = 1_000


def field_names() -> dict[str, str]:
    """Each name of a field that a file may use, and the field's code."""
    names: dict[str, str] = {}
    for field in catalogue().fields.values():
        for name in (field.code, field.name.zh, field.name.en):
            names[name.casefold()] = field.code
    return names


FACTS = (
    CUSTOMER[0],
    Field(
        "field",
        "choice",
        T("档案字段", "Field"),
        True,
        choices=field_names(),
        sample="registered_capital",
        note=T("档案字段的代码或名称", "code or name of a field of the credit file"),
    ),
    Field(
        "value",
        "text",
        T("内容", "Value"),
        True,
        sample="1000000.00 CNY",
        most=VALUE_MAX,
        note=T("金额可写成 1000000.00 CNY，或另填币种", "money as 1000000.00 CNY, or see Currency"),
    ),
    Field(
        "value_currency",
        "currency",
        T("币种", "Currency"),
        sample="",
        note=T("金额没有写币种时；空则为本位币", "where the value tells none; empty: your own"),
    ),
    Field(
        "times",
        "choice",
        T("单位", "Unit"),
        choices=TIMES,
        note=T("1、1000、10000（万元）……；空则为 1", "1, 1000, 10000 …; empty: 1"),
    ),
    Field(
        "source",
        "text",
        T("来源", "Source"),
        True,
        sample="file:crm",
        most=60,
        note=T(
            "谁这样说：bureau:代码、customer、file:名称", "who says so: bureau:CODE, customer …"
        ),
    ),
    Field(
        "reliability",
        "choice",
        T("可靠性", "Reliability"),
        True,
        choices=RELIABILITY,
        sample="B",
        note=T("A 主管机关或原件 … D 客户自述", "A authority or original … D told by the customer"),
    ),
    Field(
        "observed_on",
        "day",
        T("取得日期", "Observed on"),
        sample="2026-11-02",
        note=T("来源说的是哪一天；空则为今天", "the day the source speaks of; empty: today"),
    ),
    Field("valid_from", "day", T("生效日期", "Valid from"), far=True),
    Field("valid_until", "day", T("失效日期", "Valid until"), far=True),
    Field("evidence", "text", T("依据", "Evidence"), most=200),
    Field(
        "legal_basis",
        "choice",
        T("处理依据", "Legal basis"),
        choices=BASIS,
        note=T("个人信息必填", "must for a person's details"),
    ),
)
