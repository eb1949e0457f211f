"""Why people's actions refuse, in order of precedence. Codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class PeopleRefusal(Enum):
    NOT_PERMITTED = T(
        "您没有“{permission}”权限，请联系系统管理员。",
        "You lack the permission “{permission}”: ask an administrator.",
    )
    ALREADY_SET_UP = T(
        "本系统已经初始化，请直接登录。", "This installation has been set up already: sign in."
    )
    UNKNOWN_CURRENCY = T(
        "“{currency}”不是可用的 ISO 4217 币种代码，例如 CNY、USD。",
        "“{currency}” is no ISO 4217 currency with minor units; give CNY or USD, for example.",
    )
    UNKNOWN_TIME_ZONE = T(
        "找不到时区“{time_zone}”，例如 Asia/Shanghai。",
        "There is no time zone “{time_zone}”; give Asia/Shanghai, for example.",
    )
    BLANK = T("请填写“{field}”。", "Fill in “{field}”.")
    USERNAME_TAKEN = T("用户名“{username}”已被使用。", "The user name “{username}” is taken.")
    PASSWORD_WEAK = T("密码不合格：{zh}", "This password will not do: {en}")
    UNKNOWN_ROLE = T("没有角色“{role}”。", "There is no role “{role}”.")
    UNKNOWN_UNIT = T("没有业务单元“{unit}”。", "There is no business unit “{unit}”.")
    UNKNOWN_SCOPE = T(
        "密钥不能有权限“{scope}”；可用：{allowed}",
        "A key can't have the scope “{scope}”; possible: {allowed}",
    )
    SCOPE_BEYOND_OWNER = T(
        "密钥的权限“{scope}”超出了负责人“{owner}”的权限。",
        "The scope “{scope}” goes beyond what its owner “{owner}” may do.",
    )
    EXPIRES_IN_THE_PAST = T(
        "有效期必须晚于现在。", "The key must expire later than now: give a later date."
    )
    UNKNOWN_KEY = T("没有前缀为“{prefix}”的密钥。", "There is no key with the prefix “{prefix}”.")
    UNKNOWN_USER = T("没有用户“{username}”。", "There is no user “{username}”.")
    LAST_ADMINISTRATOR = T(
        "“{username}”是最后一位系统管理员，请先新建另一位。",
        "“{username}” is the last administrator: add another one first.",
    )
    VIEW_NAME_TOO_LONG = T(
        "视图名称最多 {most} 个字。", "A view's name has at most {most} characters."
    )
    VIEW_TOO_LONG = T(
        "筛选条件太长（最多 {most} 个字符），请减少后再保存。",
        "These filters are too many to save (at most {most} characters): take some away.",
    )
    TOO_MANY_VIEWS = T(
        "每页最多保存 {most} 个视图，请先删除不用的。",
        "At most {most} views of a page: delete one that you no longer need.",
    )
    DEPUTY_OF_ONESELF = T(
        "不能指定自己为代理人，请选择另一位。",
        "Nobody names themselves as a deputy: choose another person.",
    )
    DEPUTY_MAY_NOT = T(
        "“{username}”没有放行或审批权限，不能代理或被代理。",
        "“{username}” may neither release holds nor vote on applications: a deputy and whom they "
        "stand in for must both be allowed the same.",
    )
    BAD_PERIOD = T(
        "代理期间不对：结束日不得早于今天和开始日，最长 {days} 天。",
        "This period will not do: it must end today or later and last at most {days} days.",
    )
    BAD_CEILING = T(
        "代理上限要同时给出金额和币种，且不为负；不设上限则两者都留空。",
        "A ceiling is an amount of 0 or more with its currency; leave out both for none.",
    )
    DEPUTY_ALREADY = T(
        "“{deputy}”在这段时间内已是代理人，请先结束原来的代理。",
        "“{deputy}” is a deputy in this period already: end that one first.",
    )
    UNKNOWN_DEPUTY = T(
        "没有这条代理记录。", "There is no such deputy; list them with `xinheng deputy list`."
    )
