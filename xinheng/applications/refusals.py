"""What the applications room refuses; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class ApplicationRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "须由具名的人办理，系统或没有所有人的接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    UNKNOWN_APPLICATION = T("没有这份授信申请。", "There is no such application.")
    UNKNOWN_CUSTOMER = T("没有这个客户。", "There is no such customer.")
    CUSTOMER_CLOSED = T(
        "客户状态为“{status}”或已并入另一家，不能申请授信；请先恢复客户或用并入后的客户。",
        "The customer is {status} or merged into another: reopen it, or apply for the other one.",
    )
    BAD_AMOUNT = T("金额应为大于零的数：{amount}。", "Give an amount above zero, not {amount}.")
    BAD_CURRENCY = T("币种 {currency} 不可用。", "The currency {currency} can't be used.")
    BAD_TERMS = T("账期应为 0 至 {most} 天。", "Terms of payment are 0 to {most} days.")
    BAD_KIND = T(
        "申请种类或来源不可用：{kind}。可用：{allowed}。",
        "This kind or source can't be used: {kind}. There are: {allowed}.",
    )
    BAD_PERIOD = T(
        "起止日期不成立：应为 {first} 至 {last} 之间的一段日期。",
        "These days can't be used: give a first and a last day from {first} to {last}.",
    )
    BAD_FORECAST = T("预计购货资料不可用：{why}", "The forecast can't be used: {why}")
    TOO_LONG = T("文字过长：最多 {most} 个字。", "Too long: at most {most} characters.")
    NEEDS_WORDS = T(
        "请写明{what}（至少 {least} 个字）。",
        "Give {what} in words (at least {least} characters).",
    )
    WRONG_STATE = T(
        "申请现在的状态是“{state}”，不能这样办理；请刷新页面。",
        "The application is {state} now, so this can't be done; reload the page.",
    )
    ALREADY_OPEN = T(
        "该客户 {currency} 已有一份在办申请 {number}；请先办结或撤回它。",
        "There is an open application {number} for this customer in {currency}: end it first.",
    )
    NOT_YOURS = T("只有申请人可以这样办理。", "Only the person who applied can do this.")
    OWN_APPLICATION = T(
        "申请人不能调查、评估或审批自己的申请。",
        "Whoever applied can't investigate, assess or decide the same application.",
    )
    INVOLVED = T(
        "您申请、评估或提出过这份申请，不能参与审批；角色变动也不改变这一点。",
        "You applied for, assessed or proposed this: whatever your role, you have no vote on it.",
    )
    CONFLICTED = T(
        "您已声明与这份申请有利益冲突，不能再表决。",
        "You declared a conflict of interest in this application, so you have no vote on it.",
    )
    NOT_ANALYST = T(
        "这份申请由 {name} 评估；需要更换时请先移交。",
        "{name} assesses this application; have it handed over first.",
    )
    UNFIT_PERSON = T(
        "{name} 不能承担这一步：没有所需角色或权限、看不到该客户，或已参与过这份申请。",
        "{name} can't take this: the role or right is missing, or they don't see the customer, "
        "or had a part in the application.",
    )
    UNKNOWN_TASK = T("没有这项调查任务。", "There is no such task.")
    PAPER_UNFIT = T(
        "这份文件不在该客户的档案里，或已撤下。",
        "This paper is not in the customer's file, or was withdrawn.",
    )
    TASK_CLOSED = T("这项任务已经办结。", "This task is closed already.")
    TASKS_OPEN = T(
        "必做的调查还没有完成：{tasks}。完成或写明理由免做后再评估。",
        "Tasks that must be done are open: {tasks}. Do them, or waive them with a reason.",
    )
    NO_SNAPSHOT = T("还没有评估；请先评估。", "It has not been assessed yet: assess it first.")
    SUPERSEDED = T(
        "您看到的评估已被新的评估取代，不能据此办理；请刷新页面后重新判断。",
        "What you saw has been superseded by a newer assessment: reload, and judge again.",
    )
    ABOVE_ASKED = T(
        "建议额度 {amount} 高于申请额度 {asked}；请先由申请人更改申请。",
        "{amount} is more than the {asked} that was asked for: have the application changed first.",
    )
    ABOVE_SUGGESTION = T(
        "建议额度高于模型建议 {suggested}：方法请选“自定”，并写明理由。",
        "This is above the suggested {suggested}: say the method is your own, and why.",
    )
    UNKNOWN_METHOD = T(
        "方法 {method} 在这次评估里没有数值。",
        "The method {method} has no value in this assessment.",
    )
    CLAUSE_MISSING = T(
        "等级 {grade} 必须有条件“{clause}”，不能免除。",
        "At grade {grade} the condition “{clause}” can't be left out.",
    )
    UNKNOWN_CLAUSE = T("没有条件 {clause}。", "There is no condition {clause}.")
    NO_MATRIX = T(
        "没有生效的授权矩阵，不能提出或批准授信。",
        "No authority matrix is live; nothing can be proposed or approved.",
    )
    NO_POLICY = T(
        "没有生效的评分卡、评估或订单检查策略，不能评估。",
        "No scorecard, assessment policy or order check is live; nothing can be assessed.",
    )
    RATE_MISSING = T(
        "缺少 {base} 兑 {quote} 的汇率，无法计算集团敞口；请先登记汇率。",
        "There is no rate from {base} to {quote} for the group's exposure: enter one first.",
    )
    NOBODY_TO_DECIDE = T(
        "没有人可以审批“{role}”这一步（没有其他有此角色的人）；请先指定人员。",
        "Nobody can decide as {role}: give the role to somebody who had no part in this.",
    )
    NO_QUORUM = T(
        "委员会可表决的只有 {count} 人，法定人数为 {quorum} 人；请补足委员。",
        "The committee has {count} members who may vote and needs {quorum}: name more.",
    )
    UNKNOWN_SEAT = T("没有这个审批席位。", "There is no such seat.")
    SEAT_TAKEN = T("这个席位已经表决。", "This seat has voted already.")
    NOT_YOUR_TURN = T(
        "还没有轮到这个席位，或这一步已经结束。",
        "It is not this seat's turn, or the stage has ended.",
    )
    NOT_YOUR_SEAT = T(
        "这个席位不归您表决：需要角色“{role}”或被指定，代理人须在期限和金额之内。",
        "This is not your seat: it takes the role {role}, or being named; a deputy's days and "
        "ceiling must reach.",
    )
    ONE_VOICE = T(
        "您在这一步已经有一票（本人或代理），不能再投。",
        "You have a voice here already, your own or as a deputy; there is no second one.",
    )
    BAD_VOTE = T("没有这种表决：{vote}。", "There is no such vote: {vote}.")
    ADD_NOT_HERE = T("委员会这一步不能加签。", "No seat can be added to a committee.")
    NUDGED_TODAY = T(
        "今天已经催办过，每个工作日一次。", "Already nudged today; once a working day is enough."
    )
    NOT_A_WORKING_DAY = T("今天不是工作日，不催办。", "Today is no working day; nobody is nudged.")
    ROUTE_OUTDATED = T(
        "集团敞口或等级已经变化，现在需要更高一级审批（{route}）；请重新评估并提出。",
        "The group's exposure or the grade changed; this now takes {route}: assess and propose "
        "again.",
    )
    NOTHING_REFUSED = T(
        "只有系统自动拒绝的申请可以请求人工复核。",
        "Only what was refused without a person can be brought before one.",
    )
    MINUTES_THERE = T("会议纪要已经记录。", "The minutes have been written already.")
    MINUTES_UNFIT = T("会议纪要不成立：{why}", "The minutes can't be taken: {why}")
    OWN_MINUTES = T(
        "纪要须由另一位到会委员确认。", "Another member who was there confirms the minutes."
    )
    UNKNOWN_LETTER = T("没有这封信。", "There is no such letter.")
    LETTER_SENT = T("这封信已经送出。", "This letter has been handed over already.")
    TOO_MANY_ROWS = T(
        "一个文件最多 {most} 份申请，请拆分后再导入。",
        "A file holds at most {most} applications: split it and import the parts.",
    )
