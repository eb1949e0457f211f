"""The portfolio in words: the titles that say what their chart shows, and what changed this week.

A delta names its period and carries a sign; nothing is said about what didn't move. Example:
"逾期增加 12.3 万（+4.1%）， 现为 312.0 万。"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from xinheng.credit.scale import GRADES
from xinheng.portfolio.queries import Book, Week
from xinheng.texts import T
from xinheng.web.frame.drawings import AGEING
from xinheng.web.portfolio.figures import Intake
from xinheng.web.templatetags.xinheng import english, pct, short


@dataclass(frozen=True)
class Change:
    """One sentence with an icon, and the places it names."""

    icon: str
    text: T
    links: list[tuple[str, str]] = field(default_factory=list)
    more: str = ""


def ageing_title(book: Book) -> T:
    """What the ageing shows: the worst that is worth a word."""
    currency = book.currency
    if not book.overdue_minor:
        return T("全部未到期", "Nothing is past due")
    old = sum(book.ageing[key] for key in ("91-180", "181-365", "365+"))
    if old:
        size, share = short(old, currency), pct(old, book.open_minor)
        return T(
            f"逾期超过 90 天的有 {size}，占未结 {share}",
            f"{size} is more than 90 days late, {share} of open",
        )
    worst = [key for key in AGEING if book.ageing[key]][-1]
    label = AGEING[worst]
    return T(f"最长逾期在 {label.zh}", f"The oldest is {label.en} late")


def changes(week: Week, intake: Intake) -> list[Change]:
    """This week's sentences, the most telling first."""
    now, before, currency = week.now, week.before, week.now.currency
    said = [
        moved(T("逾期", "Overdue"), now.overdue_minor, before.overdue_minor, currency),
        newly_overdue(week),
        moved(T("未结应收", "Open items"), now.open_minor, before.open_minor, currency),
        received(intake, currency),
        checked(week.decisions),
        ended(intake),
    ]
    found = [change for change in said if change is not None]
    return found or [Change("minus", T("本周没有变化。", "Nothing changed this week."))]


def moved(what: T, now: int, before: int, currency: str) -> Change | None:
    """ "Overdue rose by 12.3 to 312.0 (+4.1 %)"."""
    delta = now - before
    if not delta:
        return None
    up = delta > 0
    size, share = short(abs(delta), currency), pct(abs(delta), before) if before else ""
    zh_share = f"（{'+' if up else '−'}{share}）" if share else ""
    en_share = f" ({'+' if up else '−'}{share})" if share else ""
    text = T(
        f"{what.zh}{'增加' if up else '减少'} {size}{zh_share}，现为 {short(now, currency)}。",
        f"{what.en} {'rose' if up else 'fell'} by {size}{en_share} to {short(now, currency)}.",
    )
    return Change("trending-up" if up else "trending-down", text)


def newly_overdue(week: Week) -> Change | None:
    """Who had nothing overdue a week ago and has now."""
    n = week.newly_overdue_customers
    if not n:
        return None
    in_english = english()
    links = [
        (
            reverse("customer", args=[one.code]),
            one.name_en if in_english and one.name_en else one.name,
        )
        for one in week.newly_overdue
    ]
    rest = n - len(links)
    more = T(f" 等 {n} 户。", f" and {rest} more.") if rest > 0 else T("。", ".")
    text = T(f"{n} 户本周新转入逾期", f"{plural(n, 'customer')} became overdue")
    return Change("alert-triangle", text, links, str(more))


def received(intake: Intake, currency: str) -> Change | None:
    """Cash that came in."""
    if not intake.receipts:
        return None
    size = short(intake.received_minor, currency)
    zh = f"收款 {intake.receipts} 笔，共 {size}。"
    return Change("cash", T(zh, f"{plural(intake.receipts, 'receipt')}, {size} in all."))


def checked(outcomes: dict[str, int]) -> Change | None:
    """Orders checked, by outcome."""
    total = sum(outcomes.values())
    if not total:
        return None
    words = {
        "approve": T("通过", "approved"),
        "refer": T("复核", "referred"),
        "hold": T("冻结", "held"),
        "decline": T("拒绝", "declined"),
    }
    parts = [(outcomes[key], word) for key, word in words.items() if outcomes.get(key)]
    zh = "，".join(f"{word.zh} {n}" for n, word in parts)
    en = ", ".join(f"{n} {word.en}" for n, word in parts)
    text = T(f"检查订单 {total} 笔：{zh}。", f"{plural(total, 'order')} checked: {en}.")
    return Change("clipboard-check", text)


def ended(intake: Intake) -> Change | None:
    """Holds that people released or rejected."""
    released, rejected = intake.released, intake.rejected
    if not released and not rejected:
        return None
    zh = f"人工放行 {released} 笔，拒绝 {rejected} 笔。"
    return Change("lock-open", T(zh, f"{plural(released, 'hold')} released, {rejected} rejected."))


def plural(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def rated_well(amounts: dict[str, int]) -> str:
    """The share of exposure that is BBB or better."""
    good = sum(amounts.get(grade, 0) for grade in GRADES[: GRADES.index("BBB") + 1])
    return pct(good, sum(amounts.values()))


def titles(context: dict[str, Any]) -> dict[str, Any]:
    """The words of the page's heads, ready for `{% t %}` fields."""
    book, exposure, currency = context["book"], context["exposure"], context["currency"]
    return {
        "open_short": f"{short(book.open_minor, currency)} {currency}",
        "overdue_pct": pct(book.overdue_minor, book.open_minor),
        "granted_short": short(exposure.limit_minor, currency),
        "over_short": short(exposure.excess_minor, currency),
        "ageing_title": ageing_title(book),
        "top_pct": pct(context["top_used"], exposure.used_minor),
        "rated_well_pct": rated_well(context["grade_amounts"]),
        "due_next_short": short(context["due_next"], currency),
        "changes": changes(context["week"], context["intake"]),
    }
