"""`xinheng decision replay ID` and `xinheng decision ways-out ID`: a past decision made again from
its record, and what would turn a waiting hold into a yes.

`replay` ends with 0 if the answer comes out byte for byte as it was sent, else with 1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.decisions.models import Decision
    from xinheng.decisions.replaying import Replay
    from xinheng.decisions.ways_out import Outlook

app = typer.Typer(
    help="判断：重演、放行方案 · A decision: replay it, find ways out", no_args_is_help=True
)

Id = Annotated[UUID, typer.Argument(help="判断编号 · The decision's id")]


@app.callback()
def decision() -> None:
    """判断：重演、放行方案 · A decision: replay it, find ways out"""


@app.command("replay")
def replay(decision_id: Id, as_json: Json = False) -> None:
    """按当时的记录重演，逐字节比较 · Decide again from the record, compare byte for byte."""
    django_ready()
    from xinheng.decisions.replaying import replay_decision

    done = replay_decision(_found(decision_id))
    say(_replayed(done), as_json, lambda: _show_replay(done))
    if done.result != "identical":
        raise typer.Exit(int(Exit.FAILED))


def _found(decision_id: UUID) -> Decision:
    from xinheng.decisions.queries import find
    from xinheng.people.queries import WholeBook

    found = find(WholeBook(), decision_id)
    if found is None:
        raise Trouble(
            f"没有编号为 {decision_id} 的判断。",
            f"There is no decision {decision_id}.",
            Exit.FAILED,
        )
    return found


def _replayed(done: Replay) -> dict[str, Any]:
    return {
        "decision": done.decision_id,
        "result": done.result,
        "outcome": done.outcome,
        "policy": done.policy,
        "bytes": done.answer_bytes,
        "difference": done.difference._asdict() if done.difference else None,
    }


def _show_replay(done: Replay) -> None:
    if done.result == "identical":
        print(
            f"一致：{done.answer_bytes} 字节逐字节相同（{done.outcome}，{done.policy}）\n"
            f"Identical: all {done.answer_bytes} bytes ({done.outcome}, {done.policy})"
        )
    elif done.difference is None:
        print(
            "无法重演：该客户的数据已依法删除\n"
            "Can't be replayed: the customer's data has been erased"
        )
    else:
        place, kept, again = done.difference
        print(
            f"不一致，第一处：{place}\nDifferent, first at: {place}\n"
            f"  当时 · kept   {kept}\n  重演 · again  {again}\n"
            "请核对存证 · Compare with the ledger: xinheng ledger verify --rows"
        )


@app.command("ways-out")
def ways_out(decision_id: Id, as_json: Json = False) -> None:
    """冻结的订单怎样才能放行 · What would turn a waiting hold into a yes, cheapest first."""
    django_ready()
    from xinheng.decisions.ways_out import as_values, of_decision

    decision = _found(decision_id)
    outlook = of_decision(decision, at=datetime.now(UTC))
    if outlook is None:
        raise Trouble("这笔判断没有等待中的冻结。", "No hold waits on this decision.", Exit.FAILED)
    say(as_values(outlook, decision.currency), as_json, lambda: _show_ways(outlook))


def _show_ways(outlook: Outlook) -> None:
    if outlook.passes_now:
        print("按今天的事实可以通过：以更高的版本号重新检查\nPasses today: check its next version")
    elif not outlook.ways:
        print("没有现成的方案，由有权限的人决定\nNo way out is known: a person must decide")
    for number, steps in enumerate(outlook.ways, 1):
        for place, told in enumerate(steps):
            lead = f"{number}." if place == 0 else "   +"
            print(f"{lead} {told.text['zh']}\n     {told.text['en']}")
