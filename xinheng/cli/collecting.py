"""`xinheng holds plan --collect 1000000 --currency CNY`: which collections free most held orders.

`--json` prints {"currency", "collect", "needed", "left", "freed", "value", "waiting", "exact",
"at_most", "steps": [{"collect": [{"customer", "amount", "invoices"}], "frees": [{"order",
"decision", "amount"}]}]}; amounts are decimal strings. `--by USERNAME` plans for what that person
may see; without it the whole book. Nothing is written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import person_named
from xinheng.operate.database import django_ready

if TYPE_CHECKING:
    from xinheng.portfolio.collecting import CollectionPlan, PlanStep

Collect = Annotated[str, typer.Option("--collect", help="可以收回的金额 · Amount to collect")]
Currency = Annotated[
    str | None,
    typer.Option("--currency", help="币种，缺省为本位币 · Currency; the company's by default"),
]
By = Annotated[
    str | None, typer.Option("--by", help="谁看得到的客户，用户名 · For what this person may see")
]


def plan(collect: Collect, currency: Currency = None, by: By = None, as_json: Json = False) -> None:
    """收哪些款放行最多订单 · Which collections free most orders, within an amount."""
    django_ready()
    from xinheng.credit.money import MoneyError, to_minor
    from xinheng.people.queries import WholeBook, company
    from xinheng.portfolio.collecting import plan_collections

    seller = company()
    currency = currency or (seller.base_currency if seller else "CNY")
    try:
        budget = to_minor(collect.replace(",", ""), currency)
    except MoneyError as error:
        raise typer.BadParameter(f"{error.zh} · {error.en}") from None
    if budget < 0:
        raise typer.BadParameter("金额不能小于零 · The amount can't be below zero")
    reader = person_named(by) if by else WholeBook()
    found = plan_collections(reader, currency, budget, at=datetime.now(UTC))
    say(_told(found), as_json, lambda: _show(found))


def _told(found: CollectionPlan) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    def money(minor: int) -> str:
        return to_text(minor, found.currency)

    def step(one: PlanStep) -> dict[str, Any]:
        return {
            "collect": [
                {
                    "customer": pays.customer.code,
                    "amount": money(pays.amount_minor),
                    "invoices": [
                        {"number": due.number, "amount": money(due.open_minor)}
                        for due, _ in pays.invoices
                    ],
                }
                for pays in one.collect
            ],
            "frees": [
                {
                    "order": freed.decision.order_ref,
                    "decision": str(freed.decision.pk),
                    "amount": money(freed.amount_minor),
                }
                for freed in one.freed
            ],
        }

    return {
        "currency": found.currency,
        "collect": money(found.budget_minor),
        "needed": money(found.cost_minor),
        "left": money(found.left_minor),
        "freed": found.freed,
        "value": money(found.value_minor),
        "waiting": found.waiting,
        "exact": found.exact,
        "at_most": money(found.bound_minor),
        "steps": [step(one) for one in found.steps],
    }


def _show(found: CollectionPlan) -> None:
    from rich.console import Console
    from rich.table import Table

    from xinheng.credit.money import display

    table = Table(title=f"收款放行 · Collections that free orders  {found.currency}")
    for heading in ("客户 · Customer", "收回 · Collect", "放行 · Frees", "金额 · Value"):
        table.add_column(heading, justify="left" if heading.endswith("Customer") else "right")
    for step in found.steps:
        table.add_row(
            ", ".join(pays.customer.code for pays in step.collect) or "–",
            display(step.cost_minor, found.currency),
            ", ".join(freed.decision.order_ref for freed in step.freed),
            display(step.value_minor, found.currency),
        )
    table.add_section()
    table.add_row(
        "合计 · Total",
        display(found.cost_minor, found.currency),
        f"{found.freed} / {found.waiting}",
        display(found.value_minor, found.currency),
    )
    Console().print(table)
    if not found.exact:
        most = display(found.bound_minor, found.currency)
        print(f"不是穷举的结果；任何选法都不超过 {most} · Not by trying all; at most {most}")
