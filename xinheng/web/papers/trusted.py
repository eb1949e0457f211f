"""The last part of a credit report: the assessment with every point, what others say (references,
visits, bureaus), contracts, and the last decisions.

Example: 付款指数 · 72.10 · 55 分，满分 80; each entry of the ledger that proves the assessment is
named beside it.
"""

from __future__ import annotations

from typing import Any, Final

from xinheng.contracts.queries import of_customer as contracts_of
from xinheng.decisions.models import Decision, GradeOverride
from xinheng.inquiries.models import Reference
from xinheng.inquiries.reports import SeenReport, reports_of
from xinheng.inquiries.visits import visits_of
from xinheng.papers.layout import Block, Cell, Head, Notice, Section, Toned, Words, pairs, sheet
from xinheng.texts import T
from xinheng.web.contracts.views import row_of
from xinheng.web.inquiries.panel import as_of
from xinheng.web.inquiries.references import reference_row
from xinheng.web.papers.asked import Asked
from xinheng.web.papers.figures import day, moment, money, plain
from xinheng.web.templatetags.xinheng import OUTCOMES

ROWS_SHOWN: Final = 12


# --- The assessment


def assessment(asked: Asked) -> list[Block]:
    """Card, points, grade and how it is valid; every characteristic; the reasons in words."""
    trust = asked.file.trust
    title = Section(str(T("信用评估", "Assessment")))
    found = trust.assessment
    if found is None:
        return [title, Words(str(T("还没有评估。", "Not assessed yet.")), "quiet")]
    rows = [
        (T("评分卡", "Card"), str(trust.card or found.card)),
        (T("总分", "Points"), plain(found.points)),
        (T("等级", "Grade"), found.grade or str(T("未评级", "not rated"))),
        (T("数据覆盖", "Coverage"), f"{found.coverage_pct}%"),
        (T("评估日", "Assessed as of"), day(found.as_of)),
        (T("有效至", "Valid until"), day(found.valid_until)),
        (T("账本记录", "Ledger entry"), str(found.entry_id) if found.entry_id else "–"),
    ]
    blocks: list[Block] = [title, pairs(rows), *_override(asked), *_unverified(found)]
    points: list[list[Cell]] = [
        [str(one.name), one.value, str(one.text), str(one.points), str(one.best)]
        for one in trust.points
    ]
    head = [
        Head(str(T("特征", "Characteristic")), width=2),
        Head(str(T("数值", "Value")), width=1),
        Head(str(T("落入", "Falls in")), width=2),
        Head(str(T("得分", "Points")), True),
        Head(str(T("满分", "Of")), True),
    ]
    if points:
        blocks.append(sheet(head, points))
    blocks += [Words(f"• {one}") for one in trust.reasons]
    return blocks


def _override(asked: Asked) -> list[Block]:
    """A person's other grade, as it was in force on the day."""
    rows = GradeOverride.objects.visible_to(asked.user).filter(
        customer=asked.customer, decided_at__isnull=False, state__in=["in_force", "ended"]
    )
    known_at = asked.view.seen.known_at
    if known_at is None:
        rows = rows.filter(state="in_force")
    else:
        rows = rows.filter(decided_at__lte=known_at).exclude(ended_at__lte=known_at)
    one = rows.order_by("-decided_at").first()
    if one is None or one.valid_until < asked.day:
        return []
    said = T(
        "人工调整：模型等级 {m}，调整为 {g}，有效至 {d}。理由：{r}",
        "Set by persons: the model said {m}, now {g}, until {d}. Reason: {r}",
    )
    told = said.format(m=one.model_grade, g=one.grade, d=day(one.valid_until), r=one.reason)
    return [Notice(str(told))]


def _unverified(found: Any) -> list[Block]:
    if not found.unverified:
        return []
    said = T("评估用到未经核实的内容：{w}。", "It used what nobody had verified: {w}.")
    names = {"statement": T("财务报表", "the statement")}
    told = [names.get(one, T(str(one), str(one))) for one in found.unverified]
    zh, en = "、".join(one.zh for one in told), ", ".join(one.en for one in told)
    return [Notice(str(said.format(w=T(zh, en))), "act")]


# --- What others say


def others(asked: Asked) -> list[Block]:
    """References, visits and bureaus in short; what was not asked is said so."""
    title = Section(str(T("外部信息", "What others say")))
    found = [*_references(asked), *_visits(asked), *_bureaus(asked)]
    none = T("没有资信证明、走访或外部报告。", "No reference, visit or report of a bureau.")
    return [title, *(found or [Words(str(none), "quiet")])]


def _references(asked: Asked) -> list[Block]:
    then = asked.view.seen.known_at
    rows = Reference.objects.all().visible_to(asked.user).filter(customer=asked.customer)
    if then is not None:
        rows = rows.filter(asked_at__lte=then)
    found = list(rows.order_by("-asked_at")[:ROWS_SHOWN])
    if then is not None:
        found = [as_of(one, then) for one in found]
    told = [reference_row(one, asked.day) for one in found]
    shown: list[list[Cell]] = [
        [
            str(one["kind"]),
            _word(one["state"]),
            day(one["row"].asked_at),
            day(one["row"].answered_at),
            plain(one["row"].points),
            str(T("已复核", "reviewed")) if one["row"].reviewed_at else "–",
        ]
        for one in told
    ]
    head = [
        Head(str(T("资信证明", "Reference")), width=1),
        Head(str(T("状态", "State"))),
        Head(str(T("征询日", "Asked"))),
        Head(str(T("答复日", "Answered"))),
        Head(str(T("得分", "Points")), True),
        Head(str(T("复核", "Reviewed"))),
    ]
    return [sheet(head, shown, total=rows.count())] if shown else []


def _visits(asked: Asked) -> list[Block]:
    seen = asked.view.seen
    found = visits_of(asked.user, asked.customer, asked.day, known_at=seen.known_at)
    shown: list[list[Cell]] = [
        [
            one.purpose,
            one.visitor,
            day(one.planned_on),
            day(one.done_at),
            plain(one.points),
            str(T("已复核", "reviewed")) if one.reviewed_at else "–",
        ]
        for one in found[:ROWS_SHOWN]
    ]
    head = [
        Head(str(T("实地走访", "Visit")), width=2),
        Head(str(T("走访人", "Visitor")), width=1),
        Head(str(T("计划日", "Planned"))),
        Head(str(T("完成日", "Done"))),
        Head(str(T("得分", "Points")), True),
        Head(str(T("复核", "Reviewed"))),
    ]
    return [sheet(head, shown, total=len(found))] if shown else []


def _good_until(one: SeenReport) -> Cell:
    if one.closed_why == "consent":
        return Toned(str(T("同意已撤回", "consent withdrawn")), "stop")
    if one.closed_why:
        return Toned(str(T("到期已删除", "ended, deleted")), "act")
    if one.days_left < 0:
        return Toned(str(T("已过期", "too old")), "act")
    return day(one.valid_until)


def _bureaus(asked: Asked) -> list[Block]:
    seen = asked.view.seen
    found = reports_of(asked.user, asked.customer, asked.day, known_at=seen.known_at)
    shown: list[list[Cell]] = [
        [
            str(one.terms.name),
            str(one.product),
            one.grade or "–",
            one.score or "–",
            one.mapped.grade if one.mapped else "–",
            day(one.reported_on),
            _good_until(one),
        ]
        for one in found[:ROWS_SHOWN]
    ]
    head = [
        Head(str(T("外部报告", "Bureau"))),
        Head(str(T("产品", "Product")), width=1),
        Head(str(T("机构评级", "Its grade"))),
        Head(str(T("分数", "Score")), True),
        Head(str(T("对应等级", "Our scale"))),
        Head(str(T("报告日", "Reported"))),
        Head(str(T("有效至", "Good until"))),
    ]
    return [sheet(head, shown, total=len(found))] if shown else []


# --- Contracts and decisions


def contracts(asked: Asked) -> list[Block]:
    """What is in force, ahead or has ended, by the day."""
    seen = asked.view.seen
    rows = contracts_of(asked.user, asked.customer.pk, seen.known_at)
    told = [row_of(one, seen.day, seen.known_at) for one in rows]
    told = [one for one in told if one["code"] not in ("replaced", "dropped")]
    title = Section(str(T("合同", "Contracts")))
    if not told:
        return [title, Words(str(T("没有合同。", "No contract.")), "quiet")]
    shown: list[list[Cell]] = [
        [
            one["row"].number,
            one["row"].title,
            str(one["kind"]),
            _word(one["state"]),
            money(one["row"].amount_minor, one["row"].currency) if one["row"].currency else "–",
            plain(one["row"].terms_days),
            f"{day(one['row'].valid_from)} – {day(one['end'])}",
        ]
        for one in told[:ROWS_SHOWN]
    ]
    head = [
        Head(str(T("编号", "Number"))),
        Head(str(T("合同", "Contract")), width=1),
        Head(str(T("种类", "Kind"))),
        Head(str(T("状态", "State"))),
        Head(str(T("金额上限", "Ceiling")), True),
        Head(str(T("账期", "Terms")), True),
        Head(str(T("有效期", "Valid"))),
    ]
    return [title, sheet(head, shown, total=len(told))]


def decisions(asked: Asked) -> list[Block]:
    """The newest order checks with their outcome and the entry that proves them."""
    rows = Decision.objects.visible_to(asked.user).filter(customer=asked.customer)
    if asked.view.seen.known_at is not None:
        rows = rows.filter(decided_at__lte=asked.view.seen.known_at)
    title = Section(str(T("最近的订单判断", "Latest decisions on orders")))
    newest = rows.only("order_ref", "decided_at", "amount_minor", "currency", "outcome", "entry_id")
    shown: list[list[Cell]] = [
        [
            one.order_ref,
            moment(one.decided_at),
            money(one.amount_minor, one.currency),
            one.currency,
            _outcome(one.outcome),
            str(one.entry_id),
        ]
        for one in newest.order_by("-decided_at")[:ROWS_SHOWN]
    ]
    if not shown:
        return [title, Words(str(T("没有订单判断。", "No order was checked.")), "quiet")]
    head = [
        Head(str(T("订单", "Order")), width=1),
        Head(str(T("时间", "Time"))),
        Head(str(T("金额", "Amount")), True),
        Head(""),
        Head(str(T("结论", "Outcome"))),
        Head(str(T("账本记录", "Ledger entry"))),
    ]
    return [title, sheet(head, shown, total=rows.count(), size=7)]


def _outcome(word: str) -> Cell:
    text, tone, _ = OUTCOMES[word]
    return Toned(str(text), tone)


def _word(state: Any) -> Cell:
    """A state's word with its colour; some rooms keep only the word."""
    if isinstance(state, tuple):
        return Toned(str(state[0]), state[1])
    return str(state)
