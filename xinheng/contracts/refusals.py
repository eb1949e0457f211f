"""What the contracts room refuses; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class ContractRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "合同须由具名的人办理，系统或接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    UNKNOWN_CONTRACT = T("没有这份合同。", "There is no such contract.")
    BAD_NUMBER = T(
        "请填写合同编号（最多 40 字）和标题（最多 120 字），并选择种类。",
        "Give the number (40 signs), the title (120 signs) and the kind.",
    )
    NUMBER_TAKEN = T(
        "该客户已有编号为 {number} 的合同。要改它，请打开那份合同并更正。",
        "This customer has a contract {number} already: to change it, open it and correct it.",
    )
    BAD_AMOUNT = T(
        "金额须大于零并选择币种；合同没有约定上限时两项都留空。",
        "An amount is more than zero and has a currency; leave both empty where none is agreed.",
    )
    BAD_TERMS = T("账期为 0 至 {most} 天。", "Terms are 0 to {most} days.")
    BAD_DATES = T(
        "终止日不能早于生效日，签署日不能在今天之后。",
        "It can't end before it begins, nor have been signed after today.",
    )
    TOO_LONG = T("“{zh}”最多 {most} 个字。", "{en}: at most {most} signs.")
    PAPER_UNFIT = T(
        "所选文件不在该客户的档案中，或已撤下，或不是合同。请存入签署的合同。",
        "That paper is not in this customer's file, was withdrawn or is no contract: file the "
        "signed contract.",
    )
    NEEDS_PAPER = T(
        "没有签署的合同文件，不能生效。请先存入文件。",
        "Without the signed paper it can't come in force: file it first.",
    )
    OWN_DRAFT = T(
        "草稿是您自己录入的，请由另一位同事核对后生效。",
        "You recorded this draft yourself: another colleague compares it and puts it in force.",
    )
    NOT_A_DRAFT = T(
        "这不是草稿，可能同事已处理。请重新打开合同。",
        "This is no draft any more; a colleague may have dealt with it. Open the contract again.",
    )
    NOT_IN_FORCE = T(
        "这份合同现在不在履行中，不能这样办理。",
        "This contract is not in force: that can't be done.",
    )
    DRAFT_WAITS = T(
        "这份合同已有一份待生效的更正。请先处理它。",
        "A correction of this contract waits already: deal with that one first.",
    )
    NEEDS_REASON = T("请用 4 至 500 个字写明理由。", "Give a reason of 4 to 500 characters.")
    BAD_END = T(
        "请填最后一天：不早于生效日，不晚于约定的终止日，一年之内。",
        "Give its last day: not before it begins, not after its agreed end, within a year.",
    )
    TOO_MANY = T(
        "该客户已有 {most} 份合同，请先结束不再履行的。",
        "This customer has {most} contracts: end those that are no longer kept.",
    )
    ERASED = T(
        "这个客户的密钥已销毁，不能再存入内容。",
        "The key of this customer has been destroyed: nothing more can be kept.",
    )
