"""Why the almanac refuses, in order of precedence; codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class AlmanacRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有“{permission}”权限，请让管理员为您的角色添加。",
        "You lack the permission {permission}; ask an administrator to add it to your role.",
    )
    TOO_MANY = T("一次最多 {most} 行，请拆分。", "At most {most} rows at once; split them.")
    REPEATED = T(
        "“{what}”在同一批里出现两次，请只保留一行。", "{what} is there twice; keep one of them."
    )
    UNKNOWN_CURRENCY = T(
        "币种“{currency}”不存在：请填 ISO 4217 代码，例如 CNY、USD。",
        "There is no currency {currency}: give an ISO 4217 code such as CNY or USD.",
    )
    SAME_CURRENCY = T(
        "汇率的两个币种不能相同（{currency}）。",
        "A rate needs two different currencies ({currency} twice).",
    )
    BAD_KIND = T(
        "汇率类型“{kind}”不可用：请用 mid、buy、sell、month_end，"
        "或 1 到 12 个小写字母、数字、下划线。",
        "The rate type {kind} can't be used: mid, buy, sell, month_end, or 1 to 12 small letters, "
        "digits and underscores.",
    )
    BAD_RATE = T(
        "汇率 {rate} 不可用：应大于 0，整数最多 10 位，小数最多 10 位。",
        "The rate {rate} can't be used: above zero, at most 10 digits before and 10 after the "
        "point.",
    )
    RATE_JUMPS = T(
        "{pair} 在 {day} 为 {rate}，与 {before_day} 的 {before} 相差超过 {most}%："
        "请核对方向和单位；确实如此请标记“已核对”。",
        "{pair} of {day} is {rate}, more than {most} % away from {before} of {before_day}: check "
        "direction and unit; if it is so, mark the row as confirmed.",
    )
    BAD_CALENDAR = T(
        "日历代码“{calendar}”不可用：1 到 12 个字母、数字或下划线，例如 CN。",
        "The calendar {calendar} can't be used: 1 to 12 letters, digits or underscores, such as "
        "CN.",
    )
    NAME_MISSING = T("“{what}”缺少名称。", "{what} has no name.")
    TEXT_TOO_LONG = T(
        "“{what}”超过 {most} 个字符，请缩短。", "{what} has more than {most} characters."
    )
    BAD_CODE = T(
        "付款条件代码“{term}”不可用：1 到 20 个字符，不含空格。",
        "The term code {term} can't be used: 1 to 20 characters without blanks.",
    )
    BAD_RULE = T(
        "付款条件规则“{rule}”无法识别：请写 N30、EOM+30、EOM+2M、STM25+1M10 或 DAY5,20+15。",
        "The rule {rule} is not understood: write N30, EOM+30, EOM+2M, STM25+1M10 or DAY5,20+15.",
    )
    CODE_MISLEADS = T(
        "代码“{term}”本身读作付款条件 {meant}，不能另指 {rule}：请换一个代码。",
        "The code {term} itself reads as {meant} and can't mean {rule}: choose another code.",
    )
    TERM_UNKNOWN = T("没有付款条件“{term}”。", "There is no payment term {term}.")
    TERM_ENDED = T(
        "付款条件“{term}”已停用；重新登记即可恢复。",
        "The payment term {term} has ended; enter it again to bring it back.",
    )
    CHANGED_BY_HAND = T(
        "批次 {batch} 不能撤销：其中 {count} 条后来重新录入过，例如 {example}。",
        "Batch {batch} can't be undone: {count} of its rows were entered anew since, for example "
        "{example}.",
    )
