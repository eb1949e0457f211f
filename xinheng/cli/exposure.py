"""`xinheng exposure explain CUSTOMER`: why is it 1,234,567.00? Every component down to documents.

Ends with 1 where counter, journal and documents differ, after showing all figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.limits.models import CreditLine
    from xinheng.portfolio.exposure import Explanation, Part

app = typer.Typer(help="信用占用从何而来 · Exposure, down to its documents", no_args_is_help=True)
TITLES = {
    "open_items": "未清发票 · open items",
    "unbilled": "已发货未开票 · delivered, unbilled",
    "orders": "订单 · orders",
    "bills": "票据 · bills",
    "guarantees": "担保 · guarantees given",
    "unapplied": "未核销收款 · unapplied cash",
    "prepaid": "预收款 · prepaid",
}
KINDS = {
    "invoice": "发票 · invoice",
    "reservation": "订单占用 · reserved",
    "order": "ERP 订单 · ERP order",
    "receipt": "收款 · receipt",
    "movement": "变动 · movement",
}


@app.callback()
def exposure() -> None:
    """信用占用从何而来 · Exposure, down to its documents"""


@app.command("explain")
def explain(
    customer: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    currency: Annotated[str, typer.Option(help="币种 · Currency; default: the company's")] = "",
    as_json: Json = False,
) -> None:
    """这个数从何而来 · Why is it this much: amounts, weights, rule and documents."""
    django_ready()
    from xinheng.decisions.governing import live_policy
    from xinheng.portfolio.exposure import as_values, explain_line

    told = explain_line(_line(customer, currency.upper()), live_policy().policy)
    say({"customer": customer, **as_values(told)}, as_json, lambda: _show(customer, told))
    if told.differences:
        raise typer.Exit(int(Exit.FAILED))


def _line(code: str, currency: str) -> CreditLine:
    from xinheng.customers.models import Customer
    from xinheng.limits.queries import line_of
    from xinheng.people.queries import company

    found = Customer.objects.filter(code=code).first()
    if found is None:
        raise Trouble(f"没有编码为“{code}”的客户。", f"There is no customer “{code}”.", Exit.FAILED)
    seller = company()
    asked = currency or (seller.base_currency if seller else "CNY")
    line = line_of(found.pk, asked)
    if line is None:
        raise Trouble(
            f"该客户没有 {asked} 的额度，也没有占用。",
            f"This customer has no line in {asked}, and no exposure.",
            Exit.FAILED,
        )
    return line


def _show(customer: str, told: Explanation) -> None:
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
        if not (part.amount_minor or part.documents_minor or part.journal_minor):
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
    for part in told.differences:
        console.print(_alarm(part, money(part.amount_minor), told), style="bold red")


def _alarm(part: Part, counter: str, told: Explanation) -> str:
    from xinheng.credit.money import display

    journal = display(part.journal_minor, told.currency)
    documents = display(part.documents_minor, told.currency)
    return (
        f"不一致：{TITLES[part.component]}\n"
        f"  计数 counter {counter} · 流水 journal {journal} · 单据 documents {documents}\n"
        "  请勿据此放行，先核对单据与流水 · Do not release on these; compare documents and journal"
    )
