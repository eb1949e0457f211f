"""Every reason code in words a customer could be shown, in Chinese and English.

`text(Reason("overdue_days_exceeded", "41", "30", "hold"), "CNY")["zh"]` is "最早一张已逾期 41
天，超过允许的 30 天。". Reasons keep canonical figures ("12300.00", "41", "2026-11-22"); here
amounts get their thousands separators and the currency's name. `codes()` lists every code, so
that a test can hold the list against what `decide` can say.
"""

from typing import Final, Literal

from msgspec import Struct

from xinheng.credit.decide import Reason


class Wording(Struct, frozen=True):
    """Both sentences, and what `{m}` (measured) and `{t}` (threshold) are."""

    zh: str
    en: str
    figures: Literal["none", "plain", "money", "status"] = "none"


_CURRENCIES: Final = {
    "CNY": "元",
    "USD": "美元",
    "EUR": "欧元",
    "HKD": "港元",
    "JPY": "日元",
    "GBP": "英镑",
}
_STATUSES: Final = {
    "prospect": ("待核验", "not verified yet"),
    "active": ("正常", "active"),
    "watch": ("重点关注", "on watch"),
    "blocked": ("已停用", "blocked"),
    "closed": ("已关闭", "closed"),
}

WORDINGS: Final[dict[str, Wording]] = {
    "status_not_active": Wording("客户状态为“{m}”。", "The customer is {m}.", "status"),
    "status_unknown": Wording("客户状态未知。", "The customer's status is not known."),
    "limit_missing": Wording(
        "客户没有该币种的授信额度。", "The customer has no credit line in this currency."
    ),
    "limit_unset": Wording(
        "授信额度尚未设定，视为没有授信。", "The limit has not been set, which means no credit."
    ),
    "limit_unknown": Wording("授信额度无法读取。", "The credit limit could not be read."),
    "limit_expired": Wording(
        "授信额度已于 {t} 到期。", "The credit limit expired on {t}.", "plain"
    ),
    "limit_not_yet_valid": Wording(
        "授信额度自 {t} 起生效，今天还不能使用。",
        "The credit limit is valid from {t}; it can't be used yet.",
        "plain",
    ),
    "limit_forced_hold": Wording(
        "该客户的订单已被人工冻结。", "Orders of this customer are on hold by a person's decision."
    ),
    "headroom_exceeded": Wording(
        "加上本单后占用 {m}，超过授信额度 {t}。",
        "With this order {m} would be in use, more than the limit of {t}.",
        "money",
    ),
    "single_order_cap_exceeded": Wording(
        "本单金额 {m}，超过单笔限额 {t}。",
        "The order of {m} is more than the single-order cap of {t}.",
        "money",
    ),
    "overdue_amount_exceeded": Wording(
        "逾期 {m}，超过允许的 {t}。",
        "{m} is overdue, more than the {t} allowed.",
        "money",
    ),
    "overdue_days_exceeded": Wording(
        "最早一张已逾期 {m} 天，超过允许的 {t} 天。",
        "The oldest item is {m} days late, more than the {t} days allowed.",
        "plain",
    ),
    "overdue_unknown": Wording("逾期情况未知。", "What is overdue is not known."),
    "rating_missing": Wording("客户尚未评级。", "The customer has not been rated."),
    "rating_undated": Wording(
        "信用等级 {m} 没有有效期，请重新评级。",
        "The rating {m} carries no validity date; rate the customer again.",
        "plain",
    ),
    "rating_unknown": Wording("信用等级无法读取。", "The rating could not be read."),
    "rating_expired": Wording(
        "信用等级已于 {t} 到期，请重新评级。",
        "The rating expired on {t}; rate the customer again.",
        "plain",
    ),
    "grade_too_low": Wording(
        "信用等级 {m}，低于要求的 {t}。", "The grade {m} is below the required {t}.", "plain"
    ),
    "limit_in_grace": Wording(
        "授信额度已于 {t} 到期，尚在宽限期内。",
        "The credit limit expired on {t}; it is still within its days of grace.",
        "plain",
    ),
    "group_headroom_exceeded": Wording(
        "加上本单后集团占用 {m}，超过集团额度 {t}。",
        "With this order the group would use {m}, more than its limit of {t}.",
        "money",
    ),
    "group_limit_expired": Wording(
        "集团授信额度已于 {t} 到期。", "The group's credit limit expired on {t}.", "plain"
    ),
    "sublimit_exceeded": Wording(
        "加上本单后分项占用 {m}，超过分项额度 {t}。",
        "With this order {m} would be in use here, more than the sub-limit of {t}.",
        "money",
    ),
    "sublimit_expired": Wording(
        "分项额度已于 {t} 到期。", "The sub-limit expired on {t}.", "plain"
    ),
    "exchange_rate_unknown": Wording(
        "缺少有效汇率：{m}。", "There is no valid exchange rate for {m}.", "plain"
    ),
    "payer_not_active": Wording("付款方状态为“{m}”。", "The payer is {m}.", "status"),
    "within_tolerance": Wording(
        "变更在已放行订单的容差之内（{m}，上限 {t}）。",
        "The change is within the tolerance of the released order ({m}, at most {t}).",
        "money",
    ),
    "checked_recently": Wording(
        "本单已于 {m} 通过检查，约定天数内不再检查。",
        "This order passed its check on {m}; within the agreed days it is not checked again.",
        "plain",
    ),
    "order_held_by_person": Wording(
        "本单已被人工冻结，须人工解除。",
        "This order is held by a person's decision; a person must lift it.",
    ),
    "order_not_approved": Wording(
        "本单尚未放行，不能出库。", "The order itself has not been let through yet."
    ),
    "file_missing": Wording(
        "客户还没有经核验的信用档案。", "The customer has no verified credit file yet."
    ),
    "file_incomplete": Wording(
        "信用档案完整率 {m}%，低于要求的 {t}%。",
        "The credit file is {m} % complete, less than the {t} % required.",
        "plain",
    ),
    "file_stale": Wording(
        "信用档案自 {t} 之后已有资料过期未更新。",
        "Since {t} the credit file has held something that is too old.",
        "plain",
    ),
    "licence_expired": Wording(
        "营业执照已于 {t} 到期，请提供新的执照。",
        "The business licence expired on {t}; a new one is needed.",
        "plain",
    ),
    "terms_longer": Wording(
        "订单账期 {m} 天，超过约定的 {t} 天。",
        "The order asks for {m} days, longer than the {t} agreed.",
        "plain",
    ),
}


def codes() -> tuple[str, ...]:
    """Every reason code there is."""
    return tuple(WORDINGS)


def text(reason: Reason, currency: str) -> dict[str, str]:
    """The sentence in both languages. A code without words is a bug: it raises `KeyError`."""
    wording = WORDINGS[reason.code]
    currency = reason.currency or currency
    measured = _shown(reason.measured, wording.figures, currency)
    threshold = _shown(reason.threshold, wording.figures, currency)
    return {
        "zh": wording.zh.format(m=measured[0], t=threshold[0]),
        "en": wording.en.format(m=measured[1], t=threshold[1]),
    }


def _shown(figure: str | None, figures: str, currency: str) -> tuple[str, str]:
    if figure is None:
        return ("", "")
    if figures == "money":
        amount = _grouped(figure)
        return (f"{amount} {_CURRENCIES.get(currency, currency)}", f"{currency} {amount}")
    if figures == "status":
        return _STATUSES.get(figure, (figure, figure))
    return (figure, figure)


def _grouped(amount: str) -> str:
    """Thousands separators for a canonical amount: "1234567.50" → "1,234,567.50"."""
    sign, size = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    whole, point, rest = size.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"
