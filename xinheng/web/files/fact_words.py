"""What a fact says, in the words of its reader: values, sources, reliability, who checked and how.

Kept values are codes and canonical texts; here they become what people say. Examples: the choice
"joint_stock" reads 股份有限公司, "1200.50 CNY" reads 1,200.50 CNY, the source "bureau:qcc" reads
机构 qcc and "user:3" the person's name. A word that is not known is shown as it was kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from xinheng.credit.money import MoneyError, display, to_minor
from xinheng.dossiers.credit_file import SeenFact
from xinheng.dossiers.fields import Field
from xinheng.inquiries.bureau_terms import terms
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name

RELIABILITY: Final = {
    "A": T("主管机关或原件", "authority or original"),
    "B": T("经审计或独立第三方", "audited, or an independent third party"),
    "C": T("往来单位或本公司人员", "trade partner or our own staff"),
    "D": T("客户自述", "told by the customer"),
}
HOW: Final = {
    "customer": T("向客户核对", "with the customer"),
    "third_party": T("第三方核实", "with a third party"),
    "public_record": T("公开记录", "public record"),
    "site_visit": T("现场核实", "on site"),
}
BASES: Final = {
    "contract": T("订立、履行合同所必需", "needed for a contract"),
    "consent": T("本人同意", "consent"),
    "legal_obligation": T("法定义务", "legal duty"),
    "legitimate_interest": T("正当利益", "legitimate interest"),
    "public": T("已合法公开", "lawfully public"),
}
SECRECY: Final = {
    1: T("1 公开", "1 public"),
    2: T("2 内部", "2 internal"),
    3: T("3 机密", "3 secret"),
}
STATES: Final = {  # word and meaning colour
    "held": (T("有效", "held"), ""),
    "conflict": (T("来源冲突", "in conflict"), "stop"),
    "expired": (T("已失效", "expired"), "act"),
    "absent": (T("缺", "missing"), "watch"),
}
STANDINGS: Final = {
    "waiting": (T("等待核验", "waits"), "watch"),
    "verified": (T("在档", "in the file"), "within"),
    "ended": (T("已被取代", "succeeded"), "quiet"),
    "rejected": (T("未通过", "rejected"), "act"),
}
CHOICES: Final = {
    "limited": T("有限责任公司", "Limited company"),
    "joint_stock": T("股份有限公司", "Joint-stock company"),
    "sole": T("个人独资企业", "Sole proprietorship"),
    "partnership": T("合伙企业", "Partnership"),
    "cooperative": T("合作社", "Cooperative"),
    "public_body": T("机关、事业单位", "Public body"),
    "foreign": T("境外企业", "Foreign company"),
    "unqualified": T("标准无保留意见", "Unqualified"),
    "emphasis": T("带强调事项段的无保留意见", "Unqualified with emphasis of matter"),
    "qualified": T("保留意见", "Qualified"),
    "adverse": T("否定意见", "Adverse"),
    "disclaimer": T("无法表示意见", "Disclaimer"),
    "unaudited": T("未经审计", "Unaudited"),
    "transfer": T("转账", "Bank transfer"),
    "bank_bill": T("银行承兑汇票", "Bank bill"),
    "trade_bill": T("商业承兑汇票", "Trade bill"),
    "letter_of_credit": T("信用证", "Letter of credit"),
    "cash": T("现金", "Cash"),
    "yes": T("是", "Yes"),
    "no": T("否", "No"),
}
_SOURCES: Final = {
    "customer": T("客户自助登记", "the customer's registration"),
    "reference:trade": T("同业资信函", "trade reference"),
    "reference:bank": T("银行资信函", "bank reference"),
    "visit": T("现场走访", "site visit"),
}
_SOURCE_KINDS: Final = {
    "registry": T("登记机关 {rest}", "register {rest}"),
    "bureau": T("机构 {rest}", "bureau {rest}"),
    "file": T("文件 {rest}", "file {rest}"),
}
_SYSTEM: Final = T("系统", "the system")


def choice(field: Field, code: str) -> str:
    """A choice's word; grades of letters speak for themselves."""
    return str(CHOICES.get(code, code))


def told(field: Field, value: str | None) -> str:
    """A value as people read it; "" where there is none to show."""
    if value is None:
        return ""
    if field.form in ("choice", "yes_no"):
        return choice(field, value)
    if field.form == "money":
        amount, _, currency = value.rpartition(" ")
        try:
            return f"{display(to_minor(amount, currency), currency)} {currency}"
        except MoneyError:
            return value
    return value


def source(text: str) -> str:
    """Who says so: "bureau:qichacha" → 企查查; a source in words stays what it is."""
    if text in _SOURCES:
        return str(_SOURCES[text])
    kind, _, rest = text.partition(":")
    if kind == "bureau" and rest in terms().bureaus:
        return str(terms().bureaus[rest].name)
    if rest and kind in _SOURCE_KINDS:
        return str(_SOURCE_KINDS[kind].format(rest=rest))
    return text


def names_of(facts: Iterable[SeenFact], further: Iterable[int | None] = ()) -> dict[int, str]:
    """The names of all who entered, verified or reviewed; one statement."""
    ids = {pk for pk in further if pk is not None}
    for fact in facts:
        ids |= {pk for pk in (fact.verified_by, fact.second_reviewer) if pk is not None}
        if (pk := _person(fact.entered_by)) is not None:
            ids.add(pk)
    if not ids:
        return {}
    return {pk: person_name(user) for pk, user in User.objects.in_bulk(ids).items()}


def entered_by(fact: SeenFact, names: dict[int, str]) -> str:
    pk = _person(fact.entered_by)
    if pk is not None:
        return names.get(pk, fact.entered_by)
    return str(_SYSTEM) if fact.entered_by.startswith("system:") else fact.entered_by


def _person(ref: str) -> int | None:
    kind, _, rest = ref.partition(":")
    return int(rest) if kind == "user" and rest.isdecimal() else None
