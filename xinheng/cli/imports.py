"""`xinheng import KIND FILE`, `xinheng import undo BATCH`, `xinheng import template KIND FILE`.

Example: `xinheng import invoices ledger.csv --json` prints {"read": 3, "created": 3, "updated":
0, "unchanged": 0, "rejected": 0, "errors_file": null, "batch": 1}. The exit code is 1 where the
file was refused; the file that `errors_file` names says why, row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import actor_named

KINDS = {
    "customers": "客户 · Customers",
    "orders": "订单 · Orders",
    "deliveries": "发货与退货 · Deliveries and returns",
    "invoices": "发票 · Invoices (unknown customers are created)",
    "credit_notes": "红字发票 · Credit notes",
    "receipts": "收款 · Receipts",
    "bills": "票据 · Bills of exchange",
    "guarantees": "对外保函 · Guarantees given",
    "opening_balances": "期初余额 · Opening balances",
    "statements": "财务报表 · Financial statements",
    "statements_cas": "财务报表，会计准则，一行一份 · Statements, CAS, one a row",
    "lines_cas": "财务报表，会计准则，一行一项 · Statements, CAS, one line a row",
    "statements_ifrs": "财务报表，国际准则，一行一份 · Statements, IFRS, one a row",
    "lines_ifrs": "财务报表，国际准则，一行一项 · Statements, IFRS, one line a row",
    "facts": "档案信息 · Facts of the credit file (each waits to be verified)",
    "applications": "授信申请 · Applications for credit (each is submitted)",
    "rates": "汇率 · Exchange rates",
    "holidays": "节假日 · Holidays",
    "terms": "付款条件 · Payment terms",
}
SHOWN_ERRORS = 10

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="导入客户、发票、收款等文件 · Import customers, invoices, receipts …",
)

File = Annotated[Path, typer.Argument(help="CSV、XLSX、XLS 或只含一个文件的 ZIP · the file")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只试算，不写入 · Try, write nothing")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="跳过有错的行 · Leave bad rows out, take the others")
]
Currency = Annotated[
    str, typer.Option("--currency", help="文件没有币种时使用 · Where the file tells no currency")
]
Order = Annotated[
    str, typer.Option("--date-order", help="2/11/2026 的读法：dmy 或 mdy · How to read 2/11/2026")
]
By = Annotated[
    str,
    typer.Option(
        "--by", help="以谁的名义，用户名；空则为系统 · On whose authority; empty: the system's"
    ),
]
Mapping = Annotated[
    str, typer.Option("--mapping", help='列映射 · Columns by hand: "number=row,amount=total"')
]


def _command(kind: str) -> Callable[..., None]:
    def command(
        file: File,
        dry_run: DryRun = False,
        skip_bad: SkipBad = False,
        currency: Currency = "",
        date_order: Order = "",
        mapping: Mapping = "",
        by: By = "",
        as_json: Json = False,
    ) -> None:
        if date_order not in ("", "dmy", "mdy"):
            raise typer.BadParameter("dmy / mdy", param_hint="--date-order")
        _run(kind, file, dry_run, skip_bad, currency, date_order, mapping, by, as_json)

    return command


for _kind, _help in KINDS.items():
    app.command(_kind, help=_help)(_command(_kind))


def _run(
    kind: str,
    file: Path,
    dry_run: bool,
    skip_bad: bool,
    currency: str,
    date_order: str,
    mapping: str,
    by: str,
    as_json: bool,
) -> None:
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.connectors.files.headers import parse_mapping
    from xinheng.connectors.files.imports import run_import
    from xinheng.people.actor import system

    with _progress(as_json) as tell:
        result = run_import(
            kind,
            file,
            actor=actor_named(by) if by else system("cli"),
            at=datetime.now(UTC),
            dry_run=dry_run,
            skip_bad=skip_bad,
            mapping=parse_mapping(kind, mapping),
            default_currency=currency.upper() or None,
            date_order=date_order,
            on_progress=tell,
        )
    say(result.as_answer(), as_json, lambda: _show(result))
    if result.refused:
        raise typer.Exit(1)


@contextmanager
def _progress(quiet: bool) -> Any:
    """A bar on the terminal; nothing where a script reads."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("…", total=100)
        yield lambda percent, phase: bar.update(
            task, completed=percent, description=f"{phase.zh} {phase.en}"
        )


def _show(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("读取 read", "新增 created", "更新 updated", "未变 unchanged", "拒绝 rejected")
    counts = result.counts
    table.add_row(
        *(
            str(n)
            for n in (
                *(counts.read, counts.created, counts.updated),
                *(counts.unchanged, counts.rejected),
            )
        )
    )
    console.print(table)
    for error in result.errors[:SHOWN_ERRORS]:
        where = f"第 {error.row} 行 row {error.row}, {error.column}: "
        console.print(where + f"{error.reason.zh} {error.reason.en}", markup=False)
    if result.errors_file:
        console.print(f"逐行原因 · reasons row by row: {result.errors_file}", markup=False)
    if result.warning_count:
        first = result.warnings[0]
        console.print(f"提示 {result.warning_count} 行 · {result.warning_count} rows to note, e.g.")
        console.print(f"  {first.row}: {first.reason.zh} {first.reason.en}", markup=False)
    if result.refused:
        console.print("未写入任何数据；可用 --skip-bad 跳过错误行")
        console.print("Nothing was written; --skip-bad leaves the bad rows out")
    elif result.dry_run:
        console.print("试算完成，未写入 · Dry run: nothing was written")
    else:
        seconds = sum(result.seconds.values())
        done = f"批次 {result.batch_id}，用时 {seconds:.1f} 秒"
        console.print(f"{done} · batch {result.batch_id}, {seconds:.1f} s")


@app.command("undo", help="撤销一个批次 · Take back one batch")
def undo(
    batch: Annotated[int, typer.Argument(help="批次编号 · the batch's number")],
    as_json: Json = False,
) -> None:
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.connectors.files.imports import undo_import
    from xinheng.people.actor import system

    result = undo_import(batch, actor=system("cli"), at=datetime.now(UTC))
    answer = {
        "batch": result.batch_id,
        "removed": result.removed,
        "restored": result.restored,
        "customers_kept": result.customers_kept,
        "facts_kept": result.facts_kept,
        "applications_kept": result.applications_kept,
    }
    say(answer, as_json, lambda: _show_undone(result))


def _show_undone(result: Any) -> None:
    print(f"已撤销批次 {result.batch_id} · Batch {result.batch_id} undone:")
    print(f"  删除 {result.removed}，还原 {result.restored} · removed / restored")
    if result.facts_kept:
        kept = result.facts_kept
        print(f"  {kept} 项已核验而保留 · {kept} facts stay: they were verified meanwhile")
    if result.applications_kept:
        kept = result.applications_kept
        print(f"  {kept} 份申请已有人办理而保留 · {kept} applications stay: somebody has them")
    if result.customers_kept:
        kept = result.customers_kept
        print(f"  {kept} 个客户已被引用而保留 · {kept} customers stay: others refer to them")


@app.command("template", help="生成导入模板 · Write a template to fill in (.xlsx or .csv)")
def template(
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    file: Annotated[Path, typer.Argument(help="customers.xlsx …")],
    as_json: Json = False,
) -> None:
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.connectors.files.templates import write_template

    written = write_template(kind, file)
    say({"template": str(written)}, as_json, lambda: print(written))
