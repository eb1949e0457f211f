"""`xinheng holds list | plan | release | reject | force | recheck`: held orders, judged by people.

`--by USERNAME` says whose authority counts: the person's permissions, amounts and units, as on the
page. `release --try --json` prints what would happen and does nothing. What is refused goes on
waiting and is told: {"done": [{"decision", "order", "excess", "until", "authority"}], "refused":
[{"decision", "order", "why"}]}. Exit code 1 where nothing was done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.collecting import plan
from xinheng.cli.typed import By, actor_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit

if TYPE_CHECKING:
    from xinheng.decisions.models import Hold
    from xinheng.decisions.releasing import Done

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="冻结的订单 · Orders that are held"
)
SHOWN_MAX = 200
app.command("plan")(plan)

Ids = Annotated[list[UUID], typer.Argument(help="判断编号 · Ids of the decisions")]
Reason = Annotated[str, typer.Option("--reason", help="理由 · Why, in words")]


@app.command("list")
def list_waiting(
    customer: Annotated[str, typer.Option("--customer", help="客户编码 · Customer code")] = "",
    ready: Annotated[bool, typer.Option("--ready", help="只看已满足的 · Only ready")] = False,
    as_json: Json = False,
) -> None:
    """列出冻结的订单 · List the held orders, the oldest first."""
    django_ready()
    from xinheng.decisions.models import Hold

    rows = Hold.objects.filter(state="waiting").select_related("customer", "decision")
    if customer:
        rows = rows.filter(customer__code=customer)
    if ready:
        rows = rows.filter(ready=True)
    told = [_told(row) for row in rows.order_by("opened_at")[:SHOWN_MAX]]
    say(told, as_json, lambda: _show(told))


@app.command()
def release(
    decisions: Ids,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="理由 · Why, in words")] = "",
    days: Annotated[int | None, typer.Option("--days", help="特批天数 · Days approved")] = None,
    only_try: Annotated[bool, typer.Option("--try", help="只试算 · Only try")] = False,
    as_json: Json = False,
) -> None:
    """放行：按本人授权，超额部分为特批 · Release, on the person's authority."""
    django_ready()
    from xinheng.decisions.releasing import judge_releases, release_holds

    actor, at = actor_named(by), datetime.now(UTC)
    if only_try:
        done = judge_releases(decisions, days=days, actor=actor, at=at)
    else:
        done = release_holds(decisions, reason, days=days, actor=actor, at=at)
    _answer(done, as_json, "可放行 · would be released" if only_try else "已放行 · released")


@app.command()
def reject(decisions: Ids, by: By, reason: Reason, as_json: Json = False) -> None:
    """拒绝放行，须写理由 · Reject, with a reason."""
    django_ready()
    from xinheng.decisions.releasing import reject_holds

    done = reject_holds(decisions, reason, actor=actor_named(by), at=datetime.now(UTC))
    _answer(done, as_json, "已拒绝 · rejected")


@app.command()
def force(decisions: Ids, by: By, reason: Reason, as_json: Json = False) -> None:
    """人工冻结或保留，不会自动放行 · Stop orders, or keep them held: never released by itself."""
    django_ready()
    from xinheng.decisions.forcing import force_holds

    done = force_holds(decisions, reason, actor=actor_named(by), at=datetime.now(UTC))
    _answer(done, as_json, "已人工保留 · kept by hand")


@app.command()
def recheck(as_json: Json = False) -> None:
    """重新检查情况已变的冻结订单 · Look again at those whose state has changed."""
    django_ready()
    from xinheng.decisions.rechecking import recheck_due, recheck_horizon

    at = datetime.now(UTC)
    looked = {"looked_at": recheck_due(at=at), "come_near": recheck_horizon(at=at)}
    said = f"重新检查 {looked['looked_at']} 笔 · {looked['looked_at']} looked at"
    say(looked, as_json, lambda: print(said))


def _answer(done: list[Done], as_json: bool, word: str) -> None:
    from xinheng.credit.money import to_text
    from xinheng.decisions.models import Decision

    currencies = dict(
        Decision.objects.filter(pk__in=[one.decision_id for one in done]).values_list(
            "pk", "currency"
        )
    )
    answer: dict[str, list[dict[str, Any]]] = {"done": [], "refused": []}
    for one in done:
        named = {"decision": one.decision_id, "order": one.order_ref}
        if one.refused is not None:
            answer["refused"].append(named | {"why": one.refused.both()})
            continue
        excess = to_text(one.excess_minor, currencies[one.decision_id])
        told = {"excess": excess, "until": one.until, "authority": one.authority}
        answer["done"].append(named | told)
    say(answer, as_json, lambda: _show_done(answer, word))
    if not answer["done"]:
        raise typer.Exit(int(Exit.FAILED))


def _show_done(answer: dict[str, list[dict[str, Any]]], word: str) -> None:
    for one in answer["done"]:
        until = f"，至 · until {one['until']:%Y-%m-%d}" if one["until"] else ""
        print(f"{word}: {one['order']}{until}")
    for one in answer["refused"]:
        print(f"未处理 · refused: {one['order'] or one['decision']}")
        print(f"  {one['why']['zh']}\n  {one['why']['en']}")


def _told(row: Hold) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    decision = row.decision
    return {
        "decision": row.pk,
        "order": decision.order_ref,
        "version": decision.version,
        "customer": row.customer.code,
        "amount": to_text(decision.amount_minor, decision.currency),
        "currency": decision.currency,
        "kind": row.kind,
        "codes": [code for code in (row.codes_left or row.codes).split(",") if code],
        "ready": row.ready,
        "forced": row.forced,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
    }


def _show(told: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not told:
        print("没有冻结的订单 · No order is held")
        return
    table = Table()
    heads = (
        "判断 · Decision",
        "订单 · Order",
        "客户 · Customer",
        "金额 · Amount",
        "理由 · Reasons",
    )
    for head in heads:
        table.add_column(head, overflow="fold")
    for one in told:
        amount = f"{one['amount']} {one['currency']}"
        said = "已满足 · ready" if one["ready"] else " ".join(one["codes"])
        kept = "（人工保留 · kept）" if one["forced"] else ""
        order = f"{one['order']}#{one['version']}"
        table.add_row(str(one["decision"]), order, one["customer"], amount, said + kept)
    Console().print(table)
