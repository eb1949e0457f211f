"""The middle of a credit report: statements over the years, how the customer pays, what is open and
how late, and the limit with every method that suggested one.

Example: 资产总计 · 150,000.00 · 100.00% beside 应收账款 · 70,000.00 · 46.67%; twenty-four months of
payments as a chart whose sentence says what it shows.
"""

from __future__ import annotations

from typing import Final

from xinheng.limits.models import Cover, DatedLimit, Proposal
from xinheng.papers.drawing import Month, Share, bar_chart, payment_chart
from xinheng.papers.layout import Block, Cell, Drawing, Head, Section, Toned, Words, pairs, sheet
from xinheng.receivables.behaviour import paid_of
from xinheng.receivables.queries import open_items
from xinheng.texts import T
from xinheng.web.files.paying import bands_of
from xinheng.web.frame.drawings import AGEING
from xinheng.web.limits.card import COVER_KINDS
from xinheng.web.limits.reading import workings_of
from xinheng.web.papers.asked import Asked
from xinheng.web.papers.figures import day, money, pct, per_cent, plain, short, so_many
from xinheng.web.statements.reading import Part, Years, years

YEARS_SHOWN: Final = 3
ITEMS_SHOWN: Final = 40
LIMITS_SHOWN: Final = 12
HEAT: Final = ("#1d6a66", "#84b5ad", "#d9b56a", "#d37f3f", "#ad4a10", "#a8242a", "#7c1a1f")
DAYS: Final = T("天", "days")
UNLIMITED: Final = T("不限", "unlimited")


# --- Statements


def statements(asked: Asked) -> list[Block]:
    """Amounts with their share beside them, then ratios, for the newest years."""
    title = Section(str(T("财务报表", "Financial statements")))
    amounts = asked.years
    if amounts is None:
        return [title, Words(str(T("没有财务报表。", "No statement is in the file.")), "quiet")]
    shares = years(asked.user, asked.customer.pk, "", "shares", asked.view.seen.known_at)
    blocks: list[Block] = [title, _periods(amounts)]
    beside = {part.code: part for part in shares.parts} if shares else {}
    blocks += [_part(part, beside.get(part.code), amounts) for part in amounts.parts]
    rows: list[list[Cell]] = []
    sums: list[int] = []
    for group, found in amounts.ratios:
        sums.append(len(rows))
        rows.append([str(group), "", *([""] * len(amounts.columns))])
        for ratio in found:
            told = [str(one.shown) for one in ratio.values]
            rows.append([str(ratio.first.name), str(ratio.first.formula), *told])
    heads = [
        Head(str(T("比率", "Ratio")), width=2),
        Head(str(T("算法", "How it is reckoned")), width=3),
        *(Head(day(one.statement.period_end), True) for one in amounts.columns),
    ]
    if rows:
        blocks += [Section(str(T("财务比率", "Ratios"))), sheet(heads, rows, sums=sums)]
    return blocks


def _periods(found: Years) -> Block:
    rows: list[list[Cell]] = [
        [
            day(one.statement.period_end),
            f"{one.statement.months}",
            str(one.marks.opinion or "–"),
            one.marks.source or "–",
            str(one.marks.verified)
            if one.marks.is_verified
            else Toned(str(one.marks.verified), "watch"),
        ]
        for one in found.columns
    ]
    head = [
        Head(str(T("期末", "Period end"))),
        Head(str(T("月数", "Months")), True),
        Head(str(T("审计意见", "Audit opinion")), width=1),
        Head(str(T("来源", "Source")), width=1),
        Head(str(T("核验", "Verified")), width=1),
    ]
    return sheet(head, rows)


def _part(part: Part, shares: Part | None, found: Years) -> Block:
    shown = found.columns[:YEARS_SHOWN]
    by_code = {row.code: row for row in shares.rows} if shares else {}
    rows: list[list[Cell]] = []
    sums: list[int] = []
    for row in part.rows:
        if row.kind == "sum":
            sums.append(len(rows))
        cells: list[Cell] = [str(row.name)]
        for place in range(len(shown)):
            one = row.cells[place]
            cells.append(one.text)
            cells.append(by_code[row.code].cells[place].text if row.code in by_code else "–")
        rows.append(cells)
    heads = [Head(f"{part.name} · {found.currency}", width=1)]
    for column in shown:
        heads += [Head(day(column.statement.period_end), True), Head("%", True)]
    return sheet(heads, rows, sums=sums, size=7.6)


# --- Paying


def paying(asked: Asked) -> list[Block]:
    """The sentence, the chart, the figures of a year, and how late by days."""
    payment = asked.file.payment
    title = Section(str(T("付款表现", "How it pays")), str(payment.title))
    found = payment.figures
    if found is None:
        none = T("没有发票，无从判断。", "No invoice, so nothing to tell.")
        return [title, Words(str(none), "quiet")]
    months = [
        Month(
            one.month,
            one.sales_minor,
            one.on_time_minor,
            one.late_minor,
            None if one.days_late is None else int(one.days_late * 10),
        )
        for one in payment.months
    ]
    top = max([max(one.sold, one.on_time + one.late) for one in months] + [0])
    names = [
        T("开票", "Invoiced"),
        T("按期收款", "Paid on time"),
        T("逾期收款", "Paid late"),
        T("平均迟付天数（负数为提前）", "Days late on average (negative: early)"),
    ]
    svg = payment_chart(months, [str(one) for one in names], short(top, asked.currency))
    rows = [
        (T("付款指数", "Payment index"), plain(found.payment_index)),
        (T("加权迟付天数", "Days late, weighted"), so_many(found.days_late_weighted, DAYS)),
        (T("按期付款份额", "Paid on time"), per_cent(found.on_time_share_pct)),
        (T("最长迟付", "Latest ever"), so_many(found.dpd_max, DAYS)),
        (T("迟付趋势（天/月）", "Trend, days a month"), plain(found.days_late_trend)),
        (T("付款笔数", "Payments"), str(found.experiences)),
        (T("往来月数", "Months of history"), str(found.months_of_history)),
        (T("近一年开票额", "Invoiced in a year"), money(found.sales_minor, found.currency)),
        (T("常用账期", "Usual terms"), so_many(found.terms_days, DAYS)),
        (T("逾期份额", "Share overdue"), per_cent(found.overdue_share_pct)),
    ]
    blocks: list[Block] = [title, Drawing(svg, str(payment.title)), pairs(rows)]
    return blocks + _bands(asked)


def _bands(asked: Asked) -> list[Block]:
    found = bands_of(paid_of(asked.customer.pk, asked.day, currency=asked.currency))
    if not found:
        return []
    rows: list[list[Cell]] = [
        [
            str(one.name),
            str(one.count),
            money(one.amount_minor, asked.currency),
            per_cent(one.share_pct),
        ]
        for one in found
    ]
    head = [
        Head(str(T("近 365 天付款", "Paid in the last 365 days")), width=1),
        Head(str(T("笔数", "Payments")), True),
        Head(asked.currency, True),
        Head(str(T("份额", "Share")), True),
    ]
    return [sheet(head, rows)]


# --- What is open


def ageing(asked: Asked) -> list[Block]:
    """Open items by age as bars and a table, then the oldest of them."""
    owing = asked.file.due.aged
    title = Section(str(T("未结应收与账龄", "Open items by age")), asked.currency)
    if not owing.total_minor:
        return [title, Words(str(T("没有未结发票。", "Nothing is open.")), "quiet")]
    shares = [
        Share(
            str(label),
            owing.ageing.get(key, 0),
            f"{money(owing.ageing.get(key, 0), asked.currency)} · "
            f"{pct(owing.ageing.get(key, 0), owing.total_minor)}",
            HEAT[place],
        )
        for place, (key, label) in enumerate(AGEING.items())
    ]
    found = open_items(asked.customer.pk, asked.day, currency=asked.currency, limit=ITEMS_SHOWN)
    rows: list[list[Cell]] = [
        [
            one.number,
            day(one.issued_on),
            day(one.due_on),
            Toned(str(one.days_past_due), "stop" if one.days_past_due > 0 else "quiet"),
            money(one.amount_minor, one.currency),
            money(one.open_minor, one.currency),
            str(T("争议", "disputed")) if one.disputed else "",
        ]
        for one in found
    ]
    head = [
        Head(str(T("发票", "Invoice")), width=1),
        Head(str(T("开票日", "Issued"))),
        Head(str(T("到期日", "Due"))),
        Head(str(T("逾期天数", "Days past due")), True),
        Head(str(T("金额", "Amount")), True),
        Head(str(T("未收", "Open")), True),
        Head(""),
    ]
    total = T("未结合计 {t}，其中逾期 {o}", "{t} open in all, {o} of it overdue").format(
        t=money(owing.total_minor, asked.currency), o=money(owing.overdue_minor, asked.currency)
    )
    return [
        title,
        Words(str(total)),
        Drawing(bar_chart(shares), str(title.t)),
        sheet(head, rows, total=owing.items),
    ]


# --- The limit


def limits(asked: Asked) -> list[Block]:
    """Limits granted with their days, what secures them, and what every method came to."""
    title = Section(str(T("授信额度与算法", "The limit and how it was found")))
    return [title, *_granted(asked), *_covers(asked), *_methods(asked)]


def _granted(asked: Asked) -> list[Block]:
    rows = DatedLimit.objects.filter(
        line__customer=asked.customer, line__currency=asked.currency, line__scope=""
    ).order_by("-granted_at", "-pk")
    if asked.view.seen.known_at is not None:
        rows = rows.filter(granted_at__lte=asked.view.seen.known_at)
    shown: list[list[Cell]] = [
        [
            str(T("临时", "temporary") if one.temporary else T("基本", "base")),
            str(UNLIMITED) if one.unlimited else money(one.amount_minor, asked.currency),
            f"{day(one.valid_from)} – {day(one.valid_until)}",
            plain(one.terms_days_max),
            one.reason or "–",
            Toned(str(T("已终止", "ended")), "quiet") if one.ended_at else "",
        ]
        for one in rows[:LIMITS_SHOWN]
    ]
    if not shown:
        return [Words(str(T("没有核定过额度。", "No limit was ever granted.")), "quiet")]
    head = [
        Head(str(T("种类", "Kind"))),
        Head(f"{T('额度', 'Limit')} {asked.currency}", True),
        Head(str(T("有效期", "Valid"))),
        Head(str(T("账期天数", "Terms, days")), True),
        Head(str(T("理由", "Reason")), width=1),
        Head(""),
    ]
    return [sheet(head, shown, total=rows.count())]


def _covers(asked: Asked) -> list[Block]:
    rows = Cover.objects.filter(
        line__customer=asked.customer,
        line__currency=asked.currency,
        ended_at__isnull=True,
        valid_from__lte=asked.day,
        valid_until__gte=asked.day,
    )
    if asked.view.seen.known_at is not None:
        rows = rows.filter(entered_at__lte=asked.view.seen.known_at)
    shown: list[list[Cell]] = [
        [
            str(COVER_KINDS.get(one.kind, one.kind)),
            one.provider or "–",
            one.reference,
            money(one.amount_minor, asked.currency),
            pct(one.share_bps, 10_000),
            day(one.valid_until),
        ]
        for one in rows.order_by("valid_until")[:LIMITS_SHOWN]
    ]
    head = [
        Head(str(T("担保", "Cover"))),
        Head(str(T("提供方", "By")), width=1),
        Head(str(T("编号", "Reference")), width=1),
        Head(asked.currency, True),
        Head(str(T("计入", "Counts")), True),
        Head(str(T("至", "Until"))),
    ]
    return [sheet(head, shown)] if shown else []


def _methods(asked: Asked) -> list[Block]:
    """Of the newest proposal: each method's value or why it has none, and what was decisive."""
    rows = Proposal.objects.visible_to(asked.user).filter(
        customer=asked.customer, currency=asked.currency, scope=""
    )
    if asked.view.seen.known_at is not None:
        rows = rows.filter(proposed_at__lte=asked.view.seen.known_at)
    newest = rows.order_by("-proposed_at", "-pk").first()
    if newest is None:
        return []
    told = workings_of(newest)
    shown: list[list[Cell]] = [
        [str(name), money(value, asked.currency), str(why) if why else ""]
        for name, value, why in told.methods
    ]
    shown.append([str(T("中位数", "Median")), money(told.median_minor, asked.currency), ""])
    shown += [[str(name), money(cap, asked.currency), ""] for name, cap in told.caps]
    suggested = T("建议额度", "Suggested")
    by = T("取决于：{why}", "decided by: {why}").format(why=told.decisive)
    grade = T("等级系数 {c}", "coefficient of the grade: {c}").format(c=told.coefficient or "–")
    sums = [len(shown)]
    shown.append(
        [
            f"{suggested} · {day(newest.proposed_at)}",
            money(newest.amount_minor, asked.currency),
            str(T(f"{by.zh}；{grade.zh}", f"{by.en}; {grade.en}")),
        ]
    )
    head = [
        Head(str(T("额度算法", "Method")), width=2),
        Head(asked.currency, True),
        Head(str(T("说明", "Remark")), width=2),
    ]
    blocks: list[Block] = [sheet(head, shown, sums=sums)]
    if told.reason:
        said = T("人工提出：{r}（{p}）", "Entered by hand: {r} ({p})")
        blocks.append(Words(str(said.format(r=told.reason, p=told.person))))
    return blocks
