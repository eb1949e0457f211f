"""`xinheng assessment show ID` and `xinheng assessment replay ID`: what an assessment read and
said, and whether it comes out again byte for byte.

`replay` ends with 0 if everything stored comes out as it is, else with 1; an assessment made before
records were kept can't be replayed and ends with 1 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.decisions.assessing_again import Again
    from xinheng.decisions.models import Assessment

app = typer.Typer(
    help="评估：查看、重演 · An assessment: show it, judge it again", no_args_is_help=True
)

Id = Annotated[int, typer.Argument(help="评估编号 · The assessment's number")]


@app.callback()
def assessment() -> None:
    """评估：查看、重演 · An assessment: show it, judge it again"""


@app.command("list")
def list_of(
    code: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    as_json: Json = False,
) -> None:
    """一个客户的各次评估，最新在前 · A customer's assessments, the newest first."""
    django_ready()
    from xinheng.decisions.queries import assessments_of
    from xinheng.people.queries import WholeBook

    rows = assessments_of(WholeBook(), customer_coded(code).pk)
    told = [_head(row) for row in rows]
    say({"assessments": told}, as_json, lambda: print("\n".join(_line(one) for one in told)))


@app.command("show")
def show(assessment_id: Id, as_json: Json = False) -> None:
    """当时读到什么、得出什么 · What was read, and what came of it."""
    django_ready()
    from xinheng.decisions.assessing_again import again

    made = _found(assessment_id)
    told = _told(made, again(made, with_entry=False))
    say(told, as_json, lambda: _show(told))


@app.command("replay")
def replay(assessment_id: Id, as_json: Json = False) -> None:
    """按当时的记录重算，逐字节比较 · Judge again from the record, compare byte for byte."""
    django_ready()
    from xinheng.decisions.assessing_again import again

    done = again(_found(assessment_id))
    say(_replayed(done), as_json, lambda: _show_replay(done))
    if done.result != "identical" or done.entry == "differs":
        raise typer.Exit(int(Exit.FAILED))


def _found(assessment_id: int) -> Assessment:
    from xinheng.decisions.queries import find_assessment
    from xinheng.people.queries import WholeBook

    found = find_assessment(WholeBook(), assessment_id)
    if found is None:
        raise Trouble(
            f"没有编号为 {assessment_id} 的评估。",
            f"There is no assessment {assessment_id}: xinheng assessment list CUSTOMER",
            Exit.FAILED,
        )
    return found


def _head(made: Assessment) -> dict[str, Any]:
    return {
        "id": made.pk,
        "customer": made.customer.code,
        "card": made.card,
        "points": made.points,
        "grade": made.grade or None,
        "as_of": made.as_of,
        "valid_until": made.valid_until,
        "assessed_at": made.assessed_at,
        "unverified": made.unverified,
        "by_expert": made.by_expert,
    }


def _told(made: Assessment, done: Again) -> dict[str, Any]:
    import msgspec

    told = _head(made) | {"inputs": made.inputs, "reasons": made.reasons, "record": None}
    if done.record is not None:
        told["record"] = msgspec.to_builtins(done.record)
    return told


def _line(one: dict[str, Any]) -> str:
    grade = one["grade"] or "未评级 · not rated"
    mark = "（专家 · expert）" if one["by_expert"] else ""
    return f"{one['id']}  {one['as_of']}  {grade}  {one['points'] or '-'}  {one['card']}{mark}"


def _show(told: dict[str, Any]) -> None:
    print(f"{told['customer']}  {_line(told)}")
    if told["unverified"]:
        print("  含未核实的资料 · counts what nobody verified: " + ", ".join(told["unverified"]))
    for name, value in told["inputs"].items():
        print(f"  {name}: {'-' if value is None else value}")
    for reason in told["reasons"]:
        print(f"  {reason['zh']} · {reason['en']}")
    if told["record"] is None:
        print("  没有保存记录 · no record was kept")
        return
    said = told["record"]["said"]
    print(f"  额度建议 · proposed limit: {said['limit_minor']}  ({said['decisive']})")
    for method, value in said["values"].items():
        print(f"    {method}: {'-' if value is None else value}")


def _replayed(done: Again) -> dict[str, Any]:
    return {
        "assessment": done.assessment_id,
        "result": done.result,
        "bytes": done.bytes,
        "entry": done.entry,
        "difference": done.difference._asdict() if done.difference else None,
    }


_ENTRIES = {
    "committed": "存证一致 · the ledger's entry committed to it",
    "differs": "与存证不符 · NOT what the ledger's entry committed to",
    "unknown": "存证未核对 · its ledger entry was not compared",
}


def _show_replay(done: Again) -> None:
    if done.result == "identical":
        print(f"一致：{done.bytes} 字节逐字节相同\nIdentical: all {done.bytes} bytes")
    elif done.result == "no_record":
        print(
            "无法重演：这次评估早于保存记录的版本\n"
            "Can't be replayed: it was made before records were kept"
        )
    elif done.result == "by_expert":
        print("专家评级，见模型记录\nA person's rating: see the run of its model")
    elif done.difference is not None:
        place, kept, again = done.difference
        print(
            f"不一致，第一处：{place}\nDifferent, first at: {place}\n"
            f"  当时 · kept   {kept}\n  重演 · again  {again}"
        )
    print(_ENTRIES[done.entry])
