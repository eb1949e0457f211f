"""What runs of expert models and their weights refuse; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class ExpertRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "评级须由具名的人做出，系统或没有所有者的接口不能代替。",
        "A named person rates; neither the system nor a key without an owner can.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    UNKNOWN_MODEL = T(
        "没有模型 {model}：请选 {models}。", "There is no model {model}: choose {models}."
    )
    UNKNOWN_WEIGHTING = T(
        "{model} 没有权重方案 {weighting}：请从列表中选择。",
        "{model} has no weighting {weighting}: choose one of the list.",
    )
    BAD_ANSWERS = T("{zh}", "{en}")
    TOO_LONG = T(
        "来源、证据和说明各最多 {most} 个字。",
        "Source, evidence and comment take {most} characters each at most.",
    )
    BAD_DAY = T(
        "评级日期须在今天或此前 {days} 天之内。",
        "The day rated is today or within the last {days} days.",
    )
    NO_STATEMENT = T(
        "没有可用的年度报表：请先录入不早于 {oldest} 的报表，再计算。",
        "No statement can be used: enter one of a year that ended on {oldest} or later.",
    )
    NOT_A_YEAR = T(
        "最近的报表只有 {months} 个月；模型需要十二个月的报表，请录入年报。",
        "The latest statement covers {months} months; the model needs twelve: enter the year's.",
    )
    UNKNOWN_RUN = T("没有这次评级。", "There is no such run.")
    OWN_RUN = T(
        "评级人不能采用自己的评级，请由另一位同事采用。",
        "Who rated can't adopt the rating: another person does.",
    )
    ALREADY_ADOPTED = T("这次评级已被采用。", "This run has been adopted already.")
    NO_GRADE = T(
        "这次结果不换算等级，不能作为客户评级。",
        "This result is worth no grade and can't become the customer's rating.",
    )
    TOO_OLD = T(
        "这次评级说的是 {as_of}，已超过 {days} 天：请重新评级。",
        "This run speaks of {as_of}, more than {days} days ago: rate anew.",
    )
    NEWER_RUN = T(
        "同一模型已有更新的评级（{moment}）：请采用最新的一次。",
        "The same model was run again ({moment}): adopt the newest run.",
    )
    CARD_RATES = T(
        "往来行为评分卡的等级 {grade} 仍有效，专家评级 {wanted} 更好："
        "不能以此抬高，请申请等级调整。",
        "The behaviour card's grade {grade} is in force and {wanted} is better: ask for an"
        " override of the grade instead.",
    )
    NEEDS_NAME = T(
        "请用 2 至 {most} 个字为这组权重命名。",
        "Name these weights with 2 to {most} characters.",
    )
    UNKNOWN_STUDY = T("没有这组权重。", "There are no such weights.")
    STUDY_CLOSED = T(
        "这组权重已采用或停用，不能再比较：请另建一组。",
        "These weights are accepted or retired: make new ones to compare again.",
    )
    NO_JUDGEMENT = T("还没有人比较过。", "Nobody has compared yet.")
    INCONSISTENT = T(
        "{person} 的判断一致性比率为 {ratio}，不低于 0.10：请先重新比较。",
        "{person}'s judgements have a consistency ratio of {ratio}, not below 0.10: they are to"
        " be compared again first.",
    )
    GROUP_INCONSISTENT = T(
        "合并后的一致性比率为 {ratio}，不低于 0.10：不能采用。",
        "Together the consistency ratio is {ratio}, not below 0.10: the weights can't be used.",
    )
    OWN_STUDY = T(
        "建立这组权重的人不能自己采用，请由另一位同事采用。",
        "Who made these weights can't accept them: another person does.",
    )
    ONLY_OWN_JUDGEMENT = T(
        "只有您自己比较过：至少还要有另一位同事的判断，才能由您采用。",
        "Only you have compared: you can accept once a colleague has compared too.",
    )
    NOT_ACCEPTED = T("这组权重没有被采用，无需停用。", "These weights are not in use.")
