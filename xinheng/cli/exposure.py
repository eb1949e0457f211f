"""`xinheng exposure explain CUSTOMER`: why is it 1,234,567.00? Every component down to documents.

Ends with 1 where counter, journal and documents differ, after showing all figures.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.exposure_rebuild import rebuild, reconcile
from xinheng.cli.typed import currency_or_own, customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xinheng.limits.models import CreditLine
    from xinheng.portfolio.exposure import Explanation, Part
    from xinheng.portfolio.levels import Level

app = typer.Typer(help="信用占用从何而来 · Exposure, down to its documents", no_args_is_help=True)
TITLES = {
    "open_items": "未清发票 · open items",
    "unbilled": "已发货未开票 · delivered, unbilled",
    "orders": "订单 · orders",
    "later": "远期订单 · later orders",
    "bills": "商业承兑汇票 · trade bills",
    "bank_bills": "银行承兑汇票 · bank bills",
    "listed_bills": "上市银行承兑汇票 · listed banks' bills",
    "guarantees": "对外担保 · guarantees given",
    "unapplied": "未核销收款 · unapplied cash",
    "prepaid": "预收款 · prepaid",
}
KINDS = {
    "invoice": "发票 · invoice",
    "delivery": "已发货订单 · delivered order",
    "reservation": "订单占用 · reserved",
    "order": "ERP 订单 · ERP order",
    "bill": "票据 · bill",
    "guarantee": "担保 · guarantee",
    "receipt": "收款 · receipt",
}


app.command("reconcile")(reconcile)
app.command("rebuild")(rebuild)


@app.callback()
def exposure() -> None:
    """信用占用从何而来 · Exposure, down to its documents"""


@app.command("explain")
def explain(
    customer: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    currency: Annotated[str, typer.Option(help="币种 · Currency; default: the company's")] = "",
    scope: Annotated[
        str, typer.Option(help="分项额度 · A sub-limit: group, unit:X, product:X, project:X")
    ] = "",
    as_json: Json = False,
) -> None:
    """这个数从何而来 · Why is it this much: amounts, weights, rule, documents, limits above."""
    django_ready()
    from xinheng.decisions.governing import live_policy
    from xinheng.people.queries import today
    from xinheng.portfolio.exposure import as_values, explain_line
    from xinheng.portfolio.levels import way_up

    line, policy = _line(customer, currency.upper(), scope), live_policy().policy
    day = today(datetime.now(UTC))
    told, levels = explain_line(line, policy, day), way_up(line, policy, day)
    values = as_values(told) | {"levels": [_values(level) for level in levels]}
    say({"customer": customer, **values}, as_json, lambda: _show(customer, told, levels))
    if told.differences:
        raise typer.Exit(int(Exit.FAILED))


def _line(code: str, currency: str, scope: str) -> CreditLine:
    from xinheng.limits.models import CreditLine

    found, asked = customer_coded(code), currency_or_own(currency)
    line = CreditLine.objects.filter(customer=found, currency=asked, scope=scope).first()
    if line is None:
        raise Trouble(
            f"该客户没有 {asked} 的额度，也没有占用。",
            f"This customer has no line in {asked}, and no exposure.",
            Exit.FAILED,
        )
    return line


def _values(level: Level) -> dict[str, Any]:
    """One limit on the way up, for scripts; `used` null where a rate is missing."""
    from xinheng.credit.money import to_text

    line = level.line

    def text(minor: int | None) -> str | None:
        return None if minor is None else to_text(minor, line.currency)

    return {
        "customer": line.customer.code,
        "scope": line.scope,
        "currency": line.currency,
        "used": text(level.used_minor),
        "limit": "unlimited" if line.unlimited else text(level.ceiling_minor),
        "headroom": text(level.headroom_minor),
        "rates": [
            {"pair": f"{rate.base}/{rate.quote}", "rate": rate.rate, "day": rate.day}
            for rate in level.rates
        ],
        "rates_missing": list(level.missing),
    }


def _show(customer: str, told: Explanation, levels: Sequence[Level]) -> None:
    from rich.console import Console
    from rich.table import Table

    from xinheng.credit.money import display

    def money(minor: int) -> str:
        return display(minor, told.currency)

    console = Console()
    table = Table("组成 · Component", "金额 · Amount", "权重 · Weight", "计入 · Counts")
    for column in table.columns[1:]:
        column.justify = "right"
    for part in told.parts:
        title, weight = TITLES[part.component], f"{part.weight_bps / 100:g} %"
        if part.is_empty:
            continue
        table.add_row(title, money(part.amount_minor), weight, money(part.counts_minor))
        for one in part.documents:
            name = f"  {KINDS[one.kind]} {one.number} {one.day or ''}"
            table.add_row(name, money(one.open_minor), "", "", style="dim")
        hidden = part.documents_count - len(part.documents)
        if hidden:
            table.add_row(f"  另有 {hidden} 张 · {hidden} more", "", "", "", style="dim")
    table.add_row("已用 · Used", "", "", money(told.used_minor), style="bold")
    console.print(f"[bold]{customer}[/bold]  {told.currency}  {told.policy}")
    console.print(table)
    console.print(told.rule, style="dim")
    for level in levels if len(levels) > 1 or levels[0].below_minor != 0 else ():
        console.print(_level_text(level))
    for part in told.differences:
        console.print(_alarm(part, money(part.amount_minor), told), style="bold red")


def _level_text(level: Level) -> str:
    from xinheng.credit.money import display

    line = level.line

    def money(minor: int | None, none: str) -> str:
        return none if minor is None else display(minor, line.currency)

    limit = "不限额 unlimited" if line.unlimited else money(level.ceiling_minor, "未设 unset")
    return (
        f"{line.customer.code} {line.scope or '本户 own'} {line.currency}  "
        f"已用 used {money(level.used_minor, '缺汇率 no rate')} / {limit}"
        f"  可用 headroom {money(level.headroom_minor, '–')}"
    )


def _alarm(part: Part, counter: str, told: Explanation) -> str:
    from xinheng.credit.money import display

    journal = display(part.journal_minor, told.currency)
    documents = display(part.documents_minor, told.currency)
    return (
        f"不一致：{TITLES[part.component]}\n"
        f"  计数 counter {counter} · 流水 journal {journal} · 单据 documents {documents}\n"
        "  请勿据此放行，先核对单据与流水 · Do not release on these; compare documents and journal"
    )
