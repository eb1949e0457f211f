"""What the dossiers room refuses, in order of precedence."""

from enum import Enum

from xinheng.texts import T


class DossierRefusal(Enum):
    NOT_ALLOWED = T("您没有导入财务报表的权限。", "You are not allowed to record statements.")
    TOO_MANY = T(
        "一次最多 {limit} 份报表，请拆分文件。", "At most {limit} statements: split the file."
    )
    REPEATED = T(
        "客户 {customer} 截至 {period_end} 的 {currency} 报表重复出现，请只保留一份。",
        "The {currency} statement of {customer} to {period_end} appears twice: keep one.",
    )
    INCOMPLETE = T(
        "客户 {customer} 截至 {period_end} 的报表缺少资产总计或负债合计，请补齐。",
        "The statement of {customer} to {period_end} lacks total assets or total liabilities: add "
        "them.",
    )
    UNBALANCED = T(
        "客户 {customer} 截至 {period_end} 的报表不平：资产总计减负债合计减所有者权益等于 "
        "{difference} {currency}，请核对三项数字。",
        "The statement of {customer} to {period_end} does not balance: assets less liabilities "
        "less equity is {difference} {currency}; check the three figures.",
    )
