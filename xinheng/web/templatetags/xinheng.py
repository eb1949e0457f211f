"""The words and pictures of the pages: built into every template, no `{% load %}` needed.

    {% t "共 {n} 户" "{n} customers" n=total %}      both languages at the place of use
    {{ minor|money:currency }}  {% amount minor currency %}  {% unit currency %}
    {{ due_on|day }}  {{ decided_at|moment }}  {{ rating.grade|grade }}
    {% icon "search" %}  {% simulated row.simulated %}  {% limit_bar components ceiling currency %}

`money` is exact; `amount` follows the reader's unit (元 or 万元), which `unit` names in the head
of the column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from msgspec import structs

from xinheng.credit import scale
from xinheng.credit.exposure import WHOLE_BPS, Components
from xinheng.credit.money import display, divide_half_up, exponent
from xinheng.texts import T
from xinheng.web.frame import drawings
from xinheng.web.frame import waterfall as falling

register = template.Library()

MINUS: Final = "\N{MINUS SIGN}"
STATUSES: Final = {
    "prospect": T("待核验", "Prospect"),
    "active": T("正常", "Active"),
    "watch": T("关注", "On watch"),
    "blocked": T("停止往来", "Blocked"),
    "closed": T("已关闭", "Closed"),
}
OUTCOMES: Final = {  # word, meaning colour, icon
    "approve": (T("通过", "Approved"), "within", "circle-check"),
    "refer": (T("复核", "Referred"), "watch", "eye"),
    "hold": (T("冻结", "On hold"), "act", "hand-stop"),
    "decline": (T("拒绝", "Declined"), "stop", "ban"),
}


@register.simple_tag
def t(zh: str, en: str, **fields: Any) -> SafeString:
    """A text in the reader's language; fields are escaped, the text is the template's own."""
    text = str(T(zh, en))
    if not fields:
        return mark_safe(text)
    return mark_safe(
        text.format(**{name: conditional_escape(value) for name, value in fields.items()})
    )


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Exact, with thousands separators: 123456700 CNY → 1,234,567.00; None → –."""
    return "–" if minor is None else display(int(minor), currency).replace("-", MINUS)


@register.simple_tag(takes_context=True)
def amount(context: template.Context, minor: int | None, currency: str) -> SafeString | str:
    """In the reader's unit; where that rounds, the exact amount is the title."""
    if minor is None:
        return "–"
    if context.get("unit") != "wan":
        return money(minor, currency)
    return format_html(
        '<span title="{}">{}</span>', money(minor, currency), in_ten_thousands(int(minor), currency)
    )


def in_ten_thousands(minor: int, currency: str) -> str:
    """123456700 CNY → 123.46 (万元), HALF_UP."""
    hundredths = divide_half_up(minor * 100, 10_000 * 10 ** exponent(currency))
    return display(hundredths, "CNY").replace("-", MINUS)


@register.simple_tag(takes_context=True)
def unit(context: template.Context, currency: str) -> str:
    """The name of the unit that `amount` writes in: 元, 万元, USD, 万 USD."""
    wan = context.get("unit") == "wan"
    if currency == "CNY":
        return str(T("万元", "CNY 10k") if wan else T("元", "CNY"))
    return str(T(f"万 {currency}", f"{currency} 10k") if wan else T(currency, currency))


@register.filter
def short(minor: int | None, currency: str) -> str:
    """For sentences and the axes of charts: 1.23 亿, 456.8 万; 123.4M, 4.57M, 12.3k."""
    if minor is None:
        return "–"
    whole = divide_half_up(abs(int(minor)), 10 ** exponent(currency))
    sign = MINUS if minor < 0 else ""
    steps = (
        [(10**9, "B"), (10**6, "M"), (10**3, "k")]
        if english()
        else [(10**8, " 亿"), (10**4, " 万")]
    )
    for size, word in steps:
        if whole >= size:
            tenths = divide_half_up(whole * 10, size)
            return f"{sign}{tenths // 10:,}.{tenths % 10}{word}"
    return f"{sign}{whole:,}"


def english() -> bool:
    return (get_language() or "zh").startswith("en")


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-22, in the company's zone; None → –."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return value.strftime("%Y-%m-%d")


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-22 09:41, in the company's zone."""
    return "–" if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


@register.filter
def ago(value: datetime | None, now: datetime) -> str:
    """How long something has waited, in the largest whole unit: 3 天 / 3 days."""
    if value is None:
        return "–"
    minutes = max(0, int((now - value).total_seconds()) // 60)
    for size, zh, one, many in ((1440, "天", "day", "days"), (60, "小时", "hour", "hours")):
        if (count := minutes // size) >= 1:
            return str(T(f"{count} {zh}", f"{count} {one if count == 1 else many}"))
    return str(T(f"{minutes} 分钟", f"{minutes} min"))


@register.filter
def pct(part: int | None, whole: int | None) -> str:
    """part ÷ whole as a percentage with one decimal; – where there is no whole."""
    if part is None or not whole or whole < 0:
        return "–"
    tenths = divide_half_up(int(part) * 1000, int(whole))
    sign, size = (MINUS, -tenths) if tenths < 0 else ("", tenths)
    return f"{sign}{size // 10:,}.{size % 10}%"


@register.filter
def count(number: int | None) -> str:
    """A number of things with thousands separators: 100000 → 100,000."""
    return "–" if number is None else f"{number:,}"


@register.filter
def key(mapping: Mapping[str, Any], name: str) -> Any:
    """mapping[name], or nothing."""
    return mapping.get(name) if mapping else None


@register.filter
def grade(symbol: str | None) -> SafeString:
    """The badge of a grade on the ordered ramp, with its meaning as title; "" is not rated."""
    if not symbol:
        return format_html('<span class="grade grade-none">{}</span>', T("未评级", "Not rated"))
    said = scale.meaning(symbol)
    return format_html(
        '<span class="grade grade-{}" title="{}">{}</span>',
        symbol.lower(),
        T(said["zh"], said["en"]),
        symbol,
    )


@register.filter
def status(code: str) -> SafeString:
    """A customer's status in a word; all but `active` carry a colour."""
    return format_html('<span class="status status-{}">{}</span>', code, STATUSES.get(code, code))


@register.filter
def outcome(code: str) -> SafeString:
    """A decision's outcome: word, icon and meaning colour."""
    word, level, picture = OUTCOMES[code]
    return format_html('<span class="outcome is-{}">{}{}</span>', level, icon(picture), word)


@register.filter
def inlang(text: Mapping[str, str]) -> str:
    """The reader's side of a kept text {"zh": …, "en": …}."""
    return text["en" if english() else "zh"]


@register.filter
def spoken(message: str) -> str:
    """The reader's half of a kept message "中文 / English"."""
    parts = message.split(" / ")
    half = len(parts) // 2
    if not half:
        return message
    return " / ".join(parts[half:] if english() else parts[:half])


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; without a label it is decoration and hidden from readers."""
    told = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" {}><use href="{}#{}"></use></svg>',
        told,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def simulated(yes: bool) -> SafeString | str:
    """The one quiet mark of a figure that is simulated."""
    if not yes:
        return ""
    said = T("模拟数据：不是真实往来", "Simulated: not a real transaction")
    return format_html('<abbr class="simulated" title="{}">{}</abbr>', said, T("模拟", "sim"))


@register.inclusion_tag("components/limit_bar.html", takes_context=True)
def limit_bar(
    context: template.Context,
    components: Components | Mapping[str, int],
    ceiling: int | None,
    currency: str,
    unlimited: bool = False,
    asked: int = 0,
    behind: drawings.Ceiling | None = None,
) -> dict[str, Any]:
    """The limit bar with its legend: used by component, reserved, headroom, the order asked about;
    `behind`: temporary and covered parts, and how far the group lets the line go.
    """
    if isinstance(components, Components):
        components = structs.asdict(components)
    bar = drawings.limit_bar(
        components, ceiling, unlimited=unlimited, asked=asked, behind=behind or drawings.PLAIN
    )
    return {"bar": bar, "currency": currency, "unit": context.get("unit")}


@register.inclusion_tag("components/waterfall.html", takes_context=True)
def waterfall(
    context: template.Context,
    way: Sequence[tuple[str, int, int, int]],
    ceiling: int | None,
    currency: str,
    hrefs: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
    chosen: str = "",
    unlimited: bool = False,
) -> dict[str, Any]:
    """How exposure adds up: `way` has (component, amount, weight in basis points, what counts).
    A component with an address in `hrefs` opens its documents, of which `counts` says how many.
    """
    fall = falling.waterfall([(row[0], row[3]) for row in way], ceiling)
    rows = [
        {
            "step": step,
            "label": falling.LABELS[name],
            "amount": -amount if step.reduces else amount,
            "whole": weight == WHOLE_BPS,
            "weight": f"{weight / 100:g}%",
            "counts": counts_minor,
            "href": (hrefs or {}).get(name, ""),
            "documents": (counts or {}).get(name),
            "css": drawings.css_name(name),
        }
        for (name, amount, weight, counts_minor), step in zip(way, fall.steps, strict=True)
    ]
    known = {"currency": currency, "unit": context.get("unit"), "unlimited": unlimited}
    return known | {"fall": fall, "rows": rows, "chosen": chosen, "has_documents": bool(counts)}


@register.inclusion_tag("components/used_bar.html")
def used_bar(used: int | None, ceiling: int | None, unlimited: bool = False) -> dict[str, Any]:
    """The limit bar without its parts, for a row of a table."""
    bar = drawings.limit_bar({"open_items": max(0, used or 0)}, ceiling, unlimited=unlimited)
    return {"bar": bar, "known": used is not None}


@register.inclusion_tag("components/ageing_bar.html", takes_context=True)
def ageing_bar(
    context: template.Context,
    buckets: Mapping[str, int],
    currency: str,
    hrefs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The stacked bar of seven ages with its table: same order and colours everywhere."""
    parts = drawings.ageing_bar(buckets, hrefs)
    total = sum(part.minor for part in parts)
    return {"parts": parts, "total": total, "currency": currency, "unit": context.get("unit")}


@register.inclusion_tag("components/grade_bar.html", takes_context=True)
def grade_bar(
    context: template.Context,
    amounts: Mapping[str, int],
    counts: Mapping[str, int],
    currency: str,
    hrefs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Exposure by grade, AAA first, with the number of customers."""
    parts = drawings.grade_bar(amounts, hrefs)
    rows = [(part, counts.get(part.key, 0)) for part in parts]
    return {"parts": parts, "rows": rows, "currency": currency, "unit": context.get("unit")}
