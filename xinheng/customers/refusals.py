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
