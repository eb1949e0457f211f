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
