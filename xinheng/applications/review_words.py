"""What a review is about, why an offer is made and what speaks for another grade, in words.

Rows keep codes and figures ("grade:A>BB", {"payment_index": "91.20"}), so that each reader reads
them in their own language. Example: ("expiry", "limit:CNY:2026-12-31") reads "The CNY limit ends on
2026-12-31".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from xinheng.credit.money import display
from xinheng.dossiers.fields import catalogue
from xinheng.texts import T

CAUSES: Final = {
    "annual": T("年度复评", "Yearly review"),
    "expiry": T("额度到期", "Limit ends"),
    "event": T("事件复评", "Event"),
    "regrade": T("调级", "Regrade"),
    "person": T("人工提出", "Asked by a person"),
}
_ABOUT: Final = {
    "since": T("上次复评或核定：{rest}", "Last looked at on {rest}"),
    "licence": T("营业执照于 {rest} 到期", "The business licence ended on {rest}"),
    "overdue": T("最久的欠款逾期已满 30 天", "The oldest item is 30 days overdue or more"),
    "stale": T("信用档案已过期", "The credit file is out of date"),
}


def about_words(cause: str, about: str) -> T:
    """Why the customer is looked at."""
    code, _, rest = about.partition(":")
    if cause == "person":
        return T(about, about)
    if code == "limit":
        parts = rest.split(":")
        scope = f" {':'.join(parts[1:-1])}" if parts[1:-1] else ""
        return T("{c}{s} 额度于 {d} 到期", "The {c}{s} limit ends on {d}").format(
            c=parts[0], s=scope, d=parts[-1]
        )
    if code == "grade":
        was, _, now = rest.partition(">")
        return T("等级由 {a} 降至 {b}", "The grade fell from {a} to {b}").format(a=was, b=now)
    if code == "conflict":
        field = catalogue().fields.get(rest)
        name = field.name if field else T(rest, rest)
        return T("“{n}”的来源冲突久未解决", "{n}: sources disagree for long").format(n=name)
    said = _ABOUT.get(code)
    return said.format(rest=rest) if said else T(about, about)


def offer_words(reasons: Mapping[str, Any], currency: str) -> list[T]:
    """Why more credit is offered, one sentence for each figure."""
    suggested = display(reasons["suggested_minor"], currency)
    complete = f"{Decimal(reasons['complete_bps']) / 100:.2f}"
    return [
        T(
            "近 {n} 天平均使用额度的 {p}%。",
            "On average {p} % of the limit was in use for {n} days.",
        ).format(n=reasons["usage_days"], p=reasons["usage_pct"]),
        T("付款指数 {x}。", "Payment index {x}.").format(x=reasons["payment_index"]),
        T("十二个月内最多逾期 {d} 天。", "At most {d} days late within twelve months.").format(
            d=reasons["days_late_max"]
        ),
        T("等级 {g}，档案完整度 {c}%。", "Grade {g}; the file is {c} % complete.").format(
            g=reasons["grade"], c=complete
        ),
        T("评估建议额度 {a}。", "The assessment suggests {a}.").format(a=f"{currency} {suggested}"),
    ]


def evidence_words(evidence: Mapping[str, Any]) -> list[T]:
    """What speaks for the other grade."""
    said = []
    if "index_now" in evidence:
        said.append(
            T(
                "付款指数三个月内由 {a} 降至 {b}。",
                "The payment index fell from {a} to {b} in 3 months.",
            ).format(a=evidence["index_before"], b=evidence["index_now"])
        )
    if "oldest_dpd" in evidence:
        said.append(
            T("最久的欠款已逾期 {d} 天。", "The oldest open item is {d} days overdue.").format(
                d=evidence["oldest_dpd"]
            )
        )
    if "model_grade" in evidence:
        said.append(
            T(
                "人工调级之后，模型等级由 {a} 变为 {b}。",
                "Since a person changed the grade, the model moved from {a} to {b}.",
            ).format(a=evidence["model_grade_then"], b=evidence["model_grade"])
        )
    if "behaviour_grade" in evidence:
        said.append(
            T(
                "按付款行为评估为 {b}，现行为专家评级。",
                "By its behaviour it is {b}; an expert's rating is in force.",
            ).format(b=evidence["behaviour_grade"])
        )
    return said
