"""The first pages of a credit report: figures, who the company is, what its file lacks, and its
facts by block with their source, their age and who verified them.

Example: 注册资本 · 8,000,000.00 CNY · 登记机关 SAMR (A) · 公开记录, 李明 · 2026-05-01 · 203 天.
"""

from __future__ import annotations

from django.db.models import Q

from xinheng.credit.divisions import division
from xinheng.credit.industries import industry
from xinheng.credit.scale import meaning
from xinheng.customers.models import Customer, OtherName
from xinheng.dossiers.credit_file import Held
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.measures import points_by_block
from xinheng.papers.drawing import limit_bar
from xinheng.papers.layout import (
    Block,
    Cell,
    Drawing,
    Figure,
    Figures,
    Head,
    Notice,
    Section,
    Toned,
    Words,
    pairs,
    sheet,
)
from xinheng.texts import T
from xinheng.web.customers.identity_panel import numbers_of
from xinheng.web.files import fact_words
from xinheng.web.papers.asked import Asked
from xinheng.web.papers.figures import day, english, money, per_cent
from xinheng.web.templatetags.xinheng import STATUSES

COLOURS = ("#1d6a66", "#4f938b", "#84b5ad", "#b2d0ca", "#d37f3f", "#586663")


def top(asked: Asked) -> list[Block]:
    """Grade, limit, exposure, headroom, overdue; the limit bar; the four measures."""
    owing = asked.file.due.aged
    items = [
        _grade(asked),
        *_limit(asked),
        Figure(
            str(T("逾期", "Overdue")),
            money(owing.overdue_minor, asked.currency),
            str(T("最长 {n} 天", "oldest {n} days").format(n=max(0, owing.oldest_dpd)))
            if owing.overdue_minor
            else asked.currency,
            "stop" if owing.overdue_minor else "",
            12,
        ),
    ]
    blocks: list[Block] = [Figures(items)]
    if asked.customer.simulated:
        blocks.append(Words(str(T("演示数据，系模拟。", "Simulated: demonstration data.")), "act"))
    if asked.view.back:
        said = T(
            "本报告反映 {d} 日终时所知的情况；信用占用只有当前值，故不列。",
            "This report tells what was known when {d} ended; exposure is kept as of today only"
            " and is left out.",
        )
        blocks.append(Notice(str(said.format(d=day(asked.day)))))
    blocks += _bar(asked)
    blocks.append(_measures(asked))
    return blocks


def _grade(asked: Asked) -> Figure:
    name, rating = str(T("信用等级", "Grade")), asked.standing.rating
    if rating is None or not rating.grade:
        return Figure(name, str(T("未评级", "Not rated")), size=12)
    said = meaning(rating.grade)
    note = f"{rating.points if rating.points is not None else '–'} · {said[_language()]}"
    if asked.standing.rating_expired:
        note = str(T("已过有效期", "out of date"))
    return Figure(name, rating.grade, note, "stop" if asked.standing.rating_expired else "")


def _language() -> str:
    return "en" if english() else "zh"


def _limit(asked: Asked) -> list[Figure]:
    """The limit, what of it is used, what is left."""
    name = str(T("授信额度", "Credit limit"))
    if asked.view.back:
        then = asked.limit
        unlimited = then is not None and then.unlimited
        amount = None if then is None else then.amount_minor
        said = str(T("不限", "unlimited")) if unlimited else money(amount, asked.currency)
        return [Figure(name, said, asked.currency, size=12)]
    usage, line = asked.standing.usage, asked.standing.line
    if usage is None or line is None:
        return [Figure(name, str(T("未设", "none")), asked.currency, size=12)]
    ends = T("至 {d}", "until {d}").format(d=day(line.valid_until)) if line.valid_until else ""
    ceiling = money(usage.ceiling, usage.currency)
    if usage.unset or usage.unlimited:
        ceiling = str(T("不限", "unlimited") if usage.unlimited else T("未设", "none"))
    over = usage.headroom is not None and usage.headroom < 0
    return [
        Figure(name, ceiling, f"{asked.currency} {ends}", size=12),
        Figure(
            str(T("信用占用", "Exposure")),
            money(usage.used, usage.currency),
            "" if usage.percent is None else f"{usage.percent}%",
            "stop" if over else "",
            12,
        ),
        Figure(
            str(T("可用额度", "Headroom")),
            str(T("不限", "unlimited"))
            if usage.headroom is None
            else money(usage.headroom, usage.currency),
            asked.currency,
            "stop" if over else "within",
            12,
        ),
    ]


def _bar(asked: Asked) -> list[Block]:
    """The limit bar with its legend as a table: what the exposure is made of."""
    usage = asked.standing.usage
    if usage is None or asked.view.back:
        return []
    adding = [part for part in usage.parts if part.minor > 0]
    drawn = [(part.minor, COLOURS[place % 6]) for place, part in enumerate(adding)]
    svg = limit_bar(drawn, None if usage.unset else usage.ceiling)
    shown = [part for part in usage.parts if part.minor]
    if not shown:
        return []
    rows = [[str(part.title), money(part.minor, usage.currency)] for part in shown]
    rows.append([str(T("信用占用合计", "Exposure in all")), money(usage.used, usage.currency)])
    head = [
        Head(str(T("占用构成", "What the exposure is made of")), width=1),
        Head(usage.currency, True),
    ]
    return [
        Drawing(svg, str(T("额度与占用", "Limit and exposure"))),
        sheet(head, rows, sums=[len(rows) - 1]),
    ]


def _measures(asked: Asked) -> Figures:
    found = asked.measures
    named = [
        (T("完整", "Complete"), found.complete),
        (T("及时", "Timely"), found.timely),
        (T("准确", "Accurate"), found.accurate),
        (T("安全", "Secure"), found.secure),
    ]
    note = T("档案四项指标", "measure of the file")
    return Figures([Figure(str(name), per_cent(said), str(note), size=11) for name, said in named])


def who(asked: Asked) -> list[Block]:
    """Names, numbers, place, trade, group."""
    one = asked.customer
    rows: list[tuple[object, Cell | None]] = [
        (T("客户名称", "Name"), one.name),
        (T("英文名称", "Name in English"), one.name_en),
        (T("客户编码", "Code"), one.code),
        (T("状态", "Status"), str(STATUSES.get(one.status, one.status))),
        *((number.kind, number.value) for number in numbers_of(one, asked.view.seen.known_at)),
        (T("业务单元", "Business unit"), _unit(asked)),
        (T("地区", "Place"), _place(one)),
        (T("行业", "Trade"), _trade(one)),
    ]
    if not asked.view.back:
        rows += _related(asked)
    names = OtherName.objects.filter(customer=one)
    if asked.view.seen.known_at is not None:
        names = names.filter(first_seen_at__lte=asked.view.seen.known_at)
    rows.append((T("其他名称", "Other names"), "；".join(names.values_list("name", flat=True)[:6])))
    return [Section(str(T("客户", "Who it is"))), pairs(rows)]


def _unit(asked: Asked) -> str:
    unit = asked.customer.business_unit
    if unit is None:
        return ""
    return unit.name_en if english() and unit.name_en else unit.name


def _place(one: Customer) -> str:
    chosen = division(one.division_code) if one.division_code else None
    if chosen is not None:
        return chosen.full
    return " ".join(part for part in (one.country, one.city) if part)


def _trade(one: Customer) -> str:
    chosen = industry(one.industry_code) if one.industry_code else None
    return f"{one.industry_code} {chosen.name}" if chosen is not None else one.industry


def _related(asked: Asked) -> list[tuple[object, Cell | None]]:
    """Parent and payer; a company beyond the reader's sight is not named."""
    one = asked.customer
    wanted = [pk for pk in (one.parent_id, one.payer_id) if pk]
    seen = Customer.objects.visible_to(asked.user).in_bulk(wanted)
    members = Customer.objects.visible_to(asked.user).filter(Q(parent=one)).count()
    told: list[tuple[object, Cell | None]] = []
    for name, pk in (
        (T("上级公司", "Parent company"), one.parent_id),
        (T("付款方", "Payer"), one.payer_id),
    ):
        if pk in seen:
            told.append((name, f"{seen[pk].name}（{seen[pk].code}）"))
    if members:
        told.append((T("下属公司", "Companies below"), str(members)))
    return told


# --- What lacks, and the facts


def lacks(asked: Asked) -> list[Block]:
    """Per block how many points are there, and by name what is missing, stale or in conflict."""
    fields, points = catalogue().fields, points_by_block(asked.facts)
    old = {code for code, _ in asked.stale}
    rows: list[list[Cell]] = []
    for block in catalogue().blocks:
        mine = [held for held in asked.facts.fields if fields[held.field].block == block.code]
        missing = [
            str(fields[held.field].name)
            for held in mine
            if held.state in ("absent", "expired") and fields[held.field].weight > 0
        ]
        quarrels = [str(fields[held.field].name) for held in mine if held.state == "conflict"]
        stale = [str(fields[held.field].name) for held in mine if held.field in old]
        rows.append(
            [
                str(block.name),
                f"{points[block.code]}/{block.weight}",
                _several(missing, "watch"),
                _several(stale, "act"),
                _several(quarrels, "stop"),
            ]
        )
    head = [
        Head(str(T("栏目", "Block"))),
        Head(str(T("得分", "Points")), True),
        Head(str(T("缺少", "Missing")), width=3),
        Head(str(T("过时", "Stale")), width=2),
        Head(str(T("来源冲突", "In conflict")), width=1),
    ]
    return [Section(str(T("档案还缺什么", "What the file lacks"))), sheet(head, rows)]


def _several(names: list[str], tone: str) -> Cell:
    return Toned(str(T("、", ", ")).join(names), tone) if names else Toned("–", "quiet")


def facts(asked: Asked) -> list[Block]:
    """Each block that holds something: value, source, who verified it, its age and class."""
    fields = catalogue().fields
    blocks: list[Block] = []
    hidden = 0
    for block in catalogue().blocks:
        rows: list[list[Cell]] = []
        for held in asked.facts.fields:
            if fields[held.field].block != block.code or not held.facts:
                continue
            if asked.hides(held):
                hidden += 1
                continue
            rows += _lines(asked, held)
        if rows:
            blocks += [Section(str(block.name)), sheet(_heads(), rows, size=7.6)]
    if not blocks:
        none = T("档案里还没有核实过的信息。", "Nothing verified is in the file yet.")
        return [Section(str(T("档案信息", "Facts of the file"))), Words(str(none))]
    if hidden:
        left = T(
            "另有 {n} 项机密信息，您没有查阅权限，未列入。",
            "{n} facts of the secret class are left out: you may not read them.",
        )
        blocks.append(Notice(str(left.format(n=hidden)), "quiet"))
    return blocks


def _heads() -> list[Head]:
    return [
        Head(str(T("项目", "Fact")), width=2.2),
        Head(str(T("内容", "Value")), width=3.4),
        Head(str(T("来源", "Source")), width=2),
        Head(str(T("核验", "Verified")), width=2.6),
        Head(str(T("观察日", "Observed"))),
        Head(str(T("天", "Days")), True),
        Head(str(T("密级", "Class"))),
    ]


def _lines(asked: Asked, held: Held) -> list[list[Cell]]:
    """The answer, or what each source says where they disagree."""
    field = catalogue().fields[held.field]
    shown = [held.fact] if held.fact is not None else list(held.facts)
    old = field.code in {code for code, _ in asked.stale}
    rows: list[list[Cell]] = []
    for fact in shown:
        if fact.masked:
            value = str(T("（不显示）", "(not shown)"))
        else:
            value = fact_words.told(field, fact.value) or str(T("（已销毁）", "(erased)"))
        how = fact_words.HOW.get(fact.how or "")
        by = asked.names.get(fact.verified_by or 0, "")
        word, tone = fact_words.STATES[held.state]
        rows.append(
            [
                str(field.name),
                value if held.state == "held" else Toned(f"{value}（{word}）", tone or "watch"),
                f"{fact_words.source(fact.source)} ({fact.reliability})",
                " · ".join(part for part in (str(how) if how else "", by) if part) or "–",
                day(fact.observed_on),
                Toned(str((asked.day - fact.observed_on).days), "act" if old else ""),
                str(_CLASSES[field.secrecy]),
            ]
        )
    return rows


_CLASSES = {1: T("公开", "public"), 2: T("内部", "internal"), 3: T("机密", "secret")}
