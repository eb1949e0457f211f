"""`xinheng check-order`: one order decided from the command line, by the same action as the API.

With --json the answer's own bytes are printed, or the problem as the API would tell it. Exit code
0: decided, whatever the outcome; 1: not decided (unknown customer, another body under the same
order number, a bad amount), with a sentence in both languages that says how to mend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from xinheng.cli.answer import Json
from xinheng.operate.database import django_ready

if TYPE_CHECKING:
    from xinheng.api.problems import Reply
    from xinheng.decisions.values import Answer

WORDS = {"approve": "通过 · approve", "refer": "复核 · refer", "hold": "冻结 · hold"}
# What the JSON door says in English, for people who read Chinese: by problem, then by field.
PROBLEMS = {
    "unknown_customer": "没有这个客户编码：请先导入客户或发票。",
    "other_body": "该订单号与版本已按其他内容判断过：内容有变请用更高的 --version。",
    "newer_version": "这张订单已有更新的版本被判断过。",
    "unavailable": "暂时无法判断，没有留下任何结果：请稍后原样重试。",
}
FIELDS = {
    "amount": "金额须为大于零的十进制数，小数位不超过该币种，例如 180000.00。",
    "currency": "币种须为 ISO 4217 三位大写代码，例如 CNY。",
    "customer": "客户编码须为 1 到 60 个字符。",
    "order_ref": "订单号须为 1 到 80 个可见字符。",
    "version": "版本须为 1 到 1,000,000 的整数。",
    "terms_days": "账期须为 0 到 3,650 天的整数。",
    "requested_on": "日期须写成 2026-11-22 这样。",
    "business_unit": "业务单位编码须为 1 到 40 个字符。",
}


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
    from xinheng.api.problems import problem
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
        _give_up(problem(400, "not_valid", str(error)), as_json)
    else:
        _print(answer, as_json)


def _print(answer: Answer, as_json: bool) -> None:
    import msgspec

    from xinheng.api.order_checks import present

    reply = present(answer)
    if reply.status != 200:
        _give_up(reply, as_json)
    if as_json:
        typer.echo(reply.body.decode())
        return
    _show(msgspec.json.decode(reply.body))


def _give_up(reply: Reply, as_json: bool) -> NoReturn:
    """Nothing was decided: says why, and ends with 1."""
    import msgspec

    if as_json:
        typer.echo(reply.body.decode())
    else:
        told = msgspec.json.decode(reply.body)
        chinese = PROBLEMS.get(told["code"]) or _of_field(told["detail"])
        typer.echo(f"未作判断：{chinese}\nNot decided: {told['detail']}", err=True)
    raise typer.Exit(1)


def _of_field(detail: str) -> str:
    """The hint of the field that an English sentence is about."""
    for name, hint in FIELDS.items():
        if name in detail.lower():
            return hint
    return "请检查各项内容。"


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console()
    exposure = answer["exposure"]
    console.print(f"[bold]{WORDS.get(answer['outcome'], '拒绝 · decline')}[/bold]")
    for reason in answer["reasons"]:
        console.print(f"  {reason['text']['zh']}")
        console.print(f"  {reason['text']['en']}", style="dim")
    console.print(
        f"额度 limit {_limit(exposure['limit'])} · 占用 used {exposure['used']} · "
        f"可用 headroom {_headroom(exposure)} · 本单后 after {exposure['after']}"
    )
    if answer["reservation"]:
        until = answer["reservation"]["expires_at"]
        console.print(f"占用至 · reserved until {until}")
    console.print(f"决定 · decision {answer['decision_id']}", style="dim")


def _limit(said: str | None) -> str:
    if said is None:
        return "未设（不给信用） unset (no credit)"
    return "不限额 unlimited" if said == "unlimited" else said


def _headroom(exposure: dict[str, Any]) -> str:
    said = exposure["headroom"]
    if said is not None:
        return str(said)
    return "不限 unlimited" if exposure["limit"] == "unlimited" else "–"
