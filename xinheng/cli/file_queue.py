"""`xinheng file queue | verify-many | conflict | calendar | worst`: working through many files.

`queue --json` prints [{"id", "customer", "field", "value", "source", "would", …}]; `would` tells
what verifying does: stands, second (another person reviews it), conflict or joins (an open case).
`verify-many --json` prints {"verified", "checked", "own", "gone", "conflicts"}, as one action.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

ROWS = 200
Tab = Annotated[str, typer.Option(help="first、second、critical、corrected、late · Which of them")]
Block = Annotated[str, typer.Option(help="栏目，如 finance · A block of the file")]
Source = Annotated[str, typer.Option(help="来源 · A source")]
Batch = Annotated[int | None, typer.Option(help="导入批次 · An import batch")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 · A day")]


def queue(
    by: By,
    tab: Tab = "",
    block: Block = "",
    source: Source = "",
    customer: Annotated[str, typer.Option(help="客户名称或编码 · Customer")] = "",
    batch: Batch = None,
    as_json: Json = False,
) -> None:
    """待此人核验的信息，最早的在前 · What this person may verify, the oldest first."""
    django_ready()
    from xinheng.dossiers.waiting import Wanted, beside, narrowed

    wanted = Wanted(tab, block, source, customer, batch)
    found = narrowed(person_named(by), wanted, at=datetime.now(UTC))
    facts = found.select_related("customer").order_by("entered_at", "pk")[:ROWS]
    rows = [
        {
            "id": one.fact.pk,
            "customer": one.fact.customer.code,
            "field": one.fact.field,
            "value": one.said.value,
            "before": one.before.value if one.before else None,
            "others": [{"source": said.source, "value": said.value} for said in one.others],
            "source": one.fact.source,
            "reliability": one.fact.reliability,
            "evidence": one.fact.evidence,
            "entered_by": one.fact.entered_by,
            "entered_at": one.fact.entered_at,
            "critical": one.fact.critical,
            "second": one.fact.verified_by_id is not None,
            "would": one.would,
        }
        for one in beside(list(facts))
    ]
    names = ("id", "customer", "field", "value", "before", "source", "reliability", "would")
    say(rows, as_json, lambda: _table(rows, names))


def verify_many(
    by: By,
    how: Annotated[
        str,
        typer.Option(help="customer、third_party、public_record、site_visit · How it was verified"),
    ],
    facts: Annotated[list[int] | None, typer.Argument(help="信息编号 · Facts' numbers")] = None,
    batch: Batch = None,
    confidence: Annotated[int, typer.Option(help="把握程度 0 至 100 · How sure, 0 to 100")] = 80,
    as_json: Json = False,
) -> None:
    """一次核验多项，或整个导入批次 · Verify several facts, or all of an import batch, at once."""
    actor = _actor(by)
    from xinheng.dossiers.verifying import verify_batch, verify_facts

    if bool(facts) == (batch is not None):
        raise Trouble(
            "请写信息编号，或用 --batch 指定导入批次，二者选一。",
            "Name the facts' numbers, or an import with --batch: one of the two.",
            Exit.FAILED,
        )
    at = datetime.now(UTC)
    if batch is not None:
        told = verify_batch(batch, how, confidence, actor=actor, at=at)
    else:
        told = verify_facts(facts or [], how, confidence, actor=actor, at=at)
    names = ("verified", "checked", "own", "gone", "conflicts")
    counts = {name: getattr(told, name) for name in names}
    say(counts, as_json, lambda: _table([counts], names))


def conflict(
    number: Annotated[int, typer.Argument(help="冲突编号 · The conflict's number")],
    as_json: Json = False,
) -> None:
    """一个来源冲突的各方说法 · What each source of a conflict says, the suggested one first."""
    django_ready()
    from xinheng.dossiers.disputes import sides_of
    from xinheng.dossiers.models import ConflictCase
    from xinheng.people.queries import WholeBook

    case = ConflictCase.objects.filter(pk=number).select_related("customer", "resolved_by").first()
    if case is None:
        raise Trouble(
            f"没有编号为 {number} 的来源冲突；用 xinheng file conflicts 查看。",
            f"There is no conflict {number}: see `xinheng file conflicts`.",
            Exit.FAILED,
        )
    facts = [
        {
            "fact": side.fact.pk,
            "value": side.said.value,
            "source": side.said.source,
            "reliability": side.said.reliability,
            "observed_on": side.said.observed_on,
            "evidence": side.said.evidence,
            "suggested": side.suggested,
            "chosen": side.chosen,
        }
        for side in sides_of([case], WholeBook())[case.pk]
    ]
    told: dict[str, Any] = {
        "conflict": case.pk,
        "customer": case.customer.code,
        "field": case.field,
        "resolved_at": case.resolved_at,
        "resolved_by": case.resolved_by.username if case.resolved_by else None,
        "reason": case.reason,
        "facts": facts,
    }
    say(told, as_json, lambda: _table(facts, tuple(facts[0]) if facts else ("fact",)))


def calendar(
    span: Annotated[str, typer.Option(help="stale、7、30、90 · Stale, or days ahead")] = "30",
    block: Block = "",
    tier: Annotated[str, typer.Option(help="normal、watch · The customers' tier")] = "",
    customer: Annotated[str, typer.Option(help="客户名称或编码 · Customer")] = "",
    day: Day = None,
    as_json: Json = False,
) -> None:
    """已过期和将到期的信息 · Facts that are stale or grow so, the most urgent first."""
    django_ready()
    from xinheng.dossiers.freshness import ROWS_MAX, SPANS, Window, due_facts

    if span not in SPANS:
        raise Trouble(
            f"--span 只能是 {'、'.join(SPANS)}。",
            f"--span is one of {', '.join(SPANS)}.",
            Exit.FAILED,
        )
    window = Window(span, block, tier, customer)
    found = due_facts(_whole_book(), _on(day), window, limit=ROWS_MAX)
    names = ("due_on", "customer", "tier", "block", "field", "source", "observed_on")
    rows = [{name: getattr(one, name) for name in names} for one in found]
    say(rows, as_json, lambda: _table(rows, names))


def worst(
    order: Annotated[str, typer.Option(help="complete、timely、accurate、secure")] = "complete",
    block: Block = "",
    day: Day = None,
    as_json: Json = False,
) -> None:
    """最差的档案在最前 · Files by one of the four measures, the worst first."""
    django_ready()
    from xinheng.dossiers.breakdown import ORDERS, worst_files

    if order not in ORDERS:
        raise Trouble(
            f"--order 只能是 {'、'.join(ORDERS)}。",
            f"--order is one of {', '.join(ORDERS)}.",
            Exit.FAILED,
        )
    found = worst_files(_whole_book(), _on(day), order=order, block=block, limit=ROWS)
    rows = [
        {"customer": one.customer, "tier": one.tier}
        | {name: getattr(one.measures, name) for name in ORDERS}
        for one in found
    ]
    say(rows, as_json, lambda: _table(rows, ("customer", "tier", *ORDERS)))


COMMANDS = {
    "queue": queue,
    "verify-many": verify_many,
    "conflict": conflict,
    "calendar": calendar,
    "worst": worst,
}


def _actor(by: str) -> Any:
    django_ready()
    return actor_named(by)


def _whole_book() -> Any:
    from xinheng.people.queries import WholeBook

    return WholeBook()


def _on(day: datetime | None) -> Any:
    from xinheng.people.queries import today

    return day.date() if day else today(datetime.now(UTC))


def _table(rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*names)
    for row in rows:
        told = [row.get(name) for name in names]
        table.add_row(*("–" if one is None else str(one) for one in told))
    Console().print(table)
