"""Why the customers' room says no, in order of precedence; codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class CustomerRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有“{permission}”权限，请让管理员为您的角色添加。",
        "You lack the permission {permission}; ask an administrator to add it to your role.",
    )
    UNIT_UNKNOWN = T(
        "没有编号为 {codes} 的业务单元；请先建立业务单元，或改正文件中的编号。",
        "No business unit has the code {codes}; create it first or correct the code in the file.",
    )
    CONTACT_NAME_MISSING = T("请填写联系人姓名。", "Give the contact's name.")
    CUSTOMER_UNKNOWN = T(
        "没有编号为 {customer} 的客户。", "There is no customer with the code {customer}."
    )
    ITSELF = T("客户 {customer} 不能与自身建立关系。", "{customer} can't be related to itself.")
    MERGED_AWAY = T(
        "客户 {customer} 已并入另一家；请选择合并后的那一家。",
        "{customer} was merged into another company; choose that one.",
    )
    RING = T(
        "{other} 已在 {customer} 之下，不能再作为其上级；请先解除原有关系。",
        "{other} stands below {customer} already and can't be above it; end that relation first.",
    )
    TOO_DEEP = T(
        "集团层级最多 {most} 层，请检查上级关系。",
        "A group has at most {most} levels; look at the parents again.",
    )
    NOT_MERGED = T(
        "客户 {customer} 没有并入其他客户。", "{customer} is not merged into another company."
    )
    NEEDS_REASON = T("请用文字说明理由（至少 4 个字）。", "Give a reason in at least 4 characters.")
    REASON_TOO_LONG = T("理由最多 {most} 个字。", "A reason has at most {most} characters.")
    KIND_UNKNOWN = T(
        "号码种类应为：{kinds}。", "The kind of number is one of {kinds}; choose one of them."
    )
    IDENTITY_INVALID = T("{zh}", "{en}")  # the words of the check that failed
    NEEDS_OVERRIDE = T("需特别采用：{zh}", "To be taken on: {en}")
    NOTHING_TO_OVERRIDE = T(
        "{value} 不在早期试点代码之列，无须也不能特别采用；请按一般号码登记。",
        "{value} is not on the list of early codes: enter it as any other number.",
    )
    IDENTITY_KNOWN = T("该客户已登记 {value}。", "The customer has the number {value} already.")
    IDENTITY_TAKEN = T(
        "{value} 已属于客户 {other}；如是同一家企业，请合并两者，否则请核对号码。",
        "{value} belongs to the customer {other}; merge the two if they are one company, or check "
        "the number.",
    )
    IDENTITY_TAKEN_ELSEWHERE = T(
        "{value} 已属于您看不到的另一客户；请联系信用部门核对。",
        "{value} belongs to a customer that you can't see; ask the credit department.",
    )
    TOO_MANY_IDENTITIES = T(
        "一个客户最多登记 {most} 个号码。", "A customer has at most {most} numbers."
    )
    PAIR_UNKNOWN = T(
        "找不到这一对客户，可能已合并；请刷新列表。",
        "This pair is not there any more; it may have been merged. Load the list again.",
    )
    NOT_A_PROSPECT = T(
        "客户 {customer} 已不是待核验客户，不能再由外部更改。",
        "{customer} is no prospect any more; outsiders can't change it.",
    )
    HAS_A_TWIN = T(
        "已有客户 {other} 登记了同一统一社会信用代码。请先在“可能重复的客户”中合并两者，或写明不是"
        "同一家。",
        "The customer {other} has the same USCC. First merge the two among the possible "
        "duplicates, or say there that they are not the same.",
    )
    IDENTITY_UNKNOWN = T(
        "没有这个号码，或已停用；请刷新页面。",
        "This number is not there or was ended; load the page again.",
    )
    IDENTITY_TAKEN_SINCE = T(
        "{value} 在合并期间已登记给 {other}；请先在那里停用，再拆开。",
        "{value} was given to {other} while the two were merged; end it there first.",
    )
    NAME_MISSING = T(
        "请填写名称（最多 {most} 个字）。", "Give a name of at most {most} characters."
    )
    NAME_KNOWN = T("已有名称“{name}”。", "The name {name} is there already.")
    DAYS_IN_ORDER = T(
        "起止日期颠倒了：先填开始使用的日期。",
        "The days are the wrong way round: the first day comes first.",
    )
    BAD_READING = T(
        "拼音只用小写字母和数字，首字母同样；例如 chongqingchangan 与 cqca。",
        "A reading is written in small letters and digits, as in chongqingchangan and cqca.",
    )
    NAMES_FULL = T("一个客户最多 {most} 个其他名称。", "A customer has at most {most} other names.")
    DIVISION_UNKNOWN = T(
        "“{written}”不是 GB/T 2260 的区划；请从列表选择或填六位代码。",
        "{written} is no division of GB/T 2260; choose one from the list or give its six digits.",
    )
    INDUSTRY_UNKNOWN = T(
        "“{written}”不是 GB/T 4754 的行业；请从列表选择或填代码（如 C3011）。",
        "{written} is no industry of GB/T 4754; choose one of the list, or a code like C3011.",
    )
    BAD_SHARE = T(
        "持股比例大于 0%，不超过 100%，最多两位小数。",
        "A share is above 0 % and at most 100 %, with two decimals at most.",
    )
    CONTROL_KIND = T("种类应为：{kinds}。", "The kind is one of {kinds}; choose one of them.")
    CONTROL_SOURCE = T("请写明来源（最多 60 个字）。", "Name the source in at most 60 characters.")
    CONTROL_WAITS = T(
        "这两家之间已有一条待核验的记录；请先核验或撤回。",
        "A share between these two waits already; verify or withdraw that one first.",
    )
    CONTROL_UNKNOWN = T(
        "没有这条持股记录，或已结束；请刷新页面。",
        "This share is not there or has ended; load the page again.",
    )
    CONTROL_OWN = T(
        "录入人不能核验自己的记录；请另一人核验。",
        "Who entered a share can't verify it; ask another person.",
    )
    CONTROL_TOO_MUCH = T(
        "{owned} 的持股合计将达 {sum}%，超过 100%；请先更正或结束其他记录。",
        "Shares of {owned} would add up to {sum} %, above 100 %; correct or end another one first.",
    )
    CONTROLS_FULL = T("一家企业最多 {most} 条持股记录。", "A company has at most {most} shares.")
