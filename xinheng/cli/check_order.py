"""`xinheng check-order`: one order decided from the command line, by the same action as the API.

With --json the answer's own bytes are printed. Exit code 0: decided, whatever the outcome; 1: not
decided (unknown customer, another body under the same order number, a bad amount).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json
from xinheng.operate.database import django_ready

if TYPE_CHECKING:
    from xinheng.decisions.values import Answer

WORDS = {"approve": "通过 · approve", "refer": "复核 · refer", "hold": "冻结 · hold"}


def command(
    customer: Annotated[str, typer.Option(help="客户编码 · Customer code")],
    amount: Annotated[str, typer.Option(help="金额，如 180000.00 · Amount")],
    ref: Annotated[str, typer.Option(help="订单号 · Order number")],
    currency: Annotated[str, typer.Option(help="币种 · Currency (ISO 4217)")] = "CNY",
    version: Annotated[int, typer.Option(help="订单版本 · Order version")] = 1,
    terms_days: Annotated[int | None, typer.Option(help="账期（天） · Terms in days")] = None,
    business_unit: Annotated[str | None, typer.Option(help="业务单位 · Business unit")] = None,
    requested_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    as_json: Json = False,
) -> None:
    """Decide one order; an approved one reserves credit."""
    django_ready()
    import msgspec

    from xinheng.api.order_checks import NotValid, OrderCheck, as_ask
    from xinheng.decisions.actions import check_orders
    from xinheng.people.actor import system

    fields: dict[str, Any] = {
        "order_ref": ref,
        "customer": customer,
        "amount": amount,
        "currency": currency,
        "version": version,
        "terms_days": terms_days,
        "business_unit": business_unit,
        "requested_on": requested_on,
    }
    try:
        order = msgspec.convert(fields, OrderCheck)
        answer = check_orders([as_ask(order)], actor=system("cli"))[0]
    except (NotValid, msgspec.ValidationError) as error:
        typer.echo(f"无法检查：{error} · Not decided: {error}", err=True)
        raise typer.Exit(1) from None
    _print(answer, as_json)


def _print(answer: Answer, as_json: bool) -> None:
    import msgspec

    from xinheng.api.order_checks import present

    reply = present(answer)
    if reply.status != 200:
        problem = msgspec.json.decode(reply.body)
        typer.echo(reply.body.decode() if as_json else problem["detail"], err=not as_json)
        raise typer.Exit(1)
    if as_json:
        typer.echo(reply.body.decode())
        return
    _show(msgspec.json.decode(reply.body))


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console()
    exposure = answer["exposure"]
    console.print(f"[bold]{WORDS.get(answer['outcome'], '拒绝 · decline')}[/bold]")
    for reason in answer["reasons"]:
        console.print(f"  {reason['text']['zh']}")
        console.print(f"  {reason['text']['en']}", style="dim")
    console.print(
        f"额度 limit {exposure['limit']} · 占用 used {exposure['used']} · "
        f"可用 headroom {exposure['headroom']} · 本单后 after {exposure['after']}"
    )
    if answer["reservation"]:
        until = answer["reservation"]["expires_at"]
        console.print(f"占用至 · reserved until {until}")
    console.print(f"决定 · decision {answer['decision_id']}", style="dim")
