"""`xinheng application list | show | apply | withdraw`: applications for credit.

`apply CODE 800000.00 --terms 60 --purpose 旺季备货 --by bob` makes one and submits it; many come by
`xinheng import applications FILE`. Investigating, proposing and voting is done on the pages. With
`--json`: {"number", "state", "kind", "customer", "asked", "currency", "due_at"}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, currency_or_own, customer_coded, minor, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.applications.models import Application

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="授信申请 · Applications for credit"
)
Number = Annotated[str, typer.Argument(help="申请编号 · The application's number")]


@app.command("list")
def list_applications(
    by: By,
    tab: Annotated[str, typer.Option("--tab", help="all、mine、late、ended · Which ones")] = "all",
    as_json: Json = False,
) -> None:
    """列出申请 · List applications."""
    django_ready()
    from xinheng.applications.queries import TABS, board

    if tab not in TABS:
        known = ", ".join(TABS)
        raise Trouble(f"没有“{tab}”，可用：{known}。", f"No “{tab}”: one of {known}.", Exit.FAILED)
    cards = board(person_named(by), at=datetime.now(UTC), tab=tab)
    rows = [told(card.row) | {"late": card.late} for card in cards]
    say(rows, as_json, lambda: _lines(rows))


@app.command()
def show(number: Number, by: By, as_json: Json = False) -> None:
    """一份申请的经过 · One application with its trail."""
    django_ready()
    from xinheng.applications.queries import one

    whole = one(person_named(by), number, at=datetime.now(UTC))
    if whole is None:
        raise Trouble(f"没有申请 {number}。", f"There is no application {number}.", Exit.FAILED)
    trail = [
        {"at": step.at, "what": step.kind, "by": step.by, "words": step.words}
        for step in whole.trail
    ]
    seats = [
        {"stage": view.stage.order, "role": view_seat.seat.role, "vote": view_seat.seat.vote}
        for view in whole.stages
        for view_seat in view.seats
    ]
    answer = told(whole.row) | {"trail": trail, "seats": seats, "snapshot": whole.sha256}
    say(answer, as_json, lambda: _lines([told(whole.row), *trail]))


@app.command()
def apply(
    customer: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    amount: Annotated[str, typer.Argument(help="金额 · The amount")],
    by: By,
    purpose: Annotated[str, typer.Option("--purpose", help="用途 · What it is for")],
    terms: Annotated[int, typer.Option("--terms", help="账期（天）· Terms in days")] = 30,
    currency: Annotated[str | None, typer.Option("--currency", help="币种 · Currency")] = None,
    kind: Annotated[str, typer.Option("--kind", help="new、increase、renewal …")] = "new",
    as_json: Json = False,
) -> None:
    """提出申请 · Apply for a customer."""
    django_ready()
    from xinheng.applications.applying import apply_at_once
    from xinheng.applications.rows import NewApplication

    money = currency_or_own(currency)
    found, asked = customer_coded(customer.strip()), minor(amount.strip(), money)
    new = NewApplication(found.pk, money, asked, terms, kind=kind, purpose=purpose)
    made = apply_at_once(new, actor=actor_named(by), at=datetime.now(UTC))
    say(told(made), as_json, lambda: typer.echo(f"{made.number}  {made.state}"))


@app.command()
def withdraw(
    number: Number,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="理由 · Why, in words")],
    as_json: Json = False,
) -> None:
    """撤回申请 · Take an application back."""
    django_ready()
    from xinheng.applications.applying import withdraw as take_back

    row = take_back(number, reason, actor=actor_named(by), at=datetime.now(UTC))
    say(told(row), as_json, lambda: typer.echo(f"{row.number}  {row.state}"))


def told(row: Application) -> dict[str, Any]:
    """An application as the command tells it."""
    from xinheng.credit.money import to_text

    return {
        "number": row.number,
        "state": row.state,
        "kind": row.kind,
        "customer": row.customer.code,
        "asked": to_text(row.asked_minor, row.currency),
        "currency": row.currency,
        "due_at": row.due_at,
    }


def _lines(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo("  ".join("–" if value is None else str(value) for value in row.values()))
