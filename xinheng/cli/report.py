"""`xinheng report buy | add | log`: bureaus' reports, with purpose and legal basis, and their cost.

`buy CODE --bureau tianyancha --product baseinfo --purpose review --basis contract --by alice` asks
over the network; keys are read from XINHENG_BUREAU_TIANYANCHA_KEY (…_SECRET, …_URL) in this
process. `--json` prints {"report", "outcome", "facts", "left_out"}; `outcome` "kept" means that a
report was still good and nothing was paid. `log --month 2026-11` adds up per bureau and unit.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.proposals import By, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="外部信用报告：查询、存入、费用 · Bureaus' reports and their cost",
)

Code = Annotated[str, typer.Argument(help="客户编码 · The customer's code")]
Bureau = Annotated[str, typer.Option("--bureau", help="机构，如 tianyancha · A bureau")]
Product = Annotated[str, typer.Option("--product", help="报告种类，如 baseinfo · Its product")]
Purpose = Annotated[str, typer.Option("--purpose", help="查询目的，如 review · What it is for")]
Basis = Annotated[str, typer.Option("--basis", help="处理依据，如 contract · The legal basis")]
Consent = Annotated[
    str, typer.Option("--consent", help="同意书的文件编号 · Number of the written consent")
]


@app.command()
def buy(
    customer: Code,
    bureau: Bureau,
    product: Product,
    purpose: Purpose,
    basis: Basis,
    by: By,
    consent: Consent = "",
    as_json: Json = False,
) -> None:
    """向机构查询；仍有效的不重复购买 · Ask a bureau, unless a report is still good."""
    django_ready()
    from xinheng.connectors.bureau import client_of
    from xinheng.inquiries.bureaus import buy_report
    from xinheng.people.actor import of_user

    at = datetime.now(UTC)
    client = client_of(bureau, os.environ, at)
    able = client if client and client.connection else None
    asking = _asking(customer, bureau, product, purpose, basis, consent)
    _say_kept(buy_report(asking, able, actor=of_user(person_named(by)), at=at), as_json)


@app.command()
def add(
    customer: Code,
    path: Annotated[Path, typer.Argument(help="报告的 JSON 文件 · The report, a JSON file")],
    bureau: Bureau,
    product: Product,
    purpose: Purpose,
    basis: Basis,
    by: By,
    consent: Consent = "",
    reported: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="报告日期 · Its date")
    ] = None,
    as_json: Json = False,
) -> None:
    """存入手中的报告文件 · Keep a report that is in hand as a file."""
    django_ready()
    from xinheng.connectors.bureau import client_of
    from xinheng.inquiries.bureaus import keep_report
    from xinheng.people.actor import of_user

    at = datetime.now(UTC)
    client = client_of(bureau, os.environ, at)
    if client is None or not path.is_file():
        raise Trouble(
            f"没有机构“{bureau}”，或找不到文件 {path.name}。",
            f"There is no bureau “{bureau}”, or no file {path.name}.",
            Exit.FAILED,
        )
    asking = _asking(customer, bureau, product, purpose, basis, consent)
    day = reported.date() if reported else None
    actor = of_user(person_named(by))
    kept = keep_report(asking, path.read_bytes(), client, actor=actor, at=at, reported_on=day)
    _say_kept(kept, as_json)


@app.command()
def log(
    month: Annotated[str, typer.Option("--month", help="月份，如 2026-11 · A month")] = "",
    as_json: Json = False,
) -> None:
    """一个月的查询次数与费用 · How often was asked in a month, and what it cost."""
    django_ready()
    from xinheng.credit.money import to_text
    from xinheng.inquiries.reports import month_sums
    from xinheng.people.queries import WholeBook, today

    try:
        first = date.fromisoformat(f"{month}-01") if month else today(datetime.now(UTC))
    except ValueError as error:
        raise Trouble(
            f"看不懂月份“{month}”，请写 2026-11。",
            f"“{month}” is no month: write 2026-11.",
            Exit.FAILED,
        ) from error
    rows = [
        {
            "bureau": row.bureau,
            "unit": row.unit_code,
            "asked": row.asked,
            "cost": to_text(row.cost_minor, row.currency) if row.currency else "0",
            "currency": row.currency,
        }
        for row in month_sums(WholeBook(), first.year, first.month)
    ]
    say(rows, as_json, lambda: _table(rows))


def _asking(
    customer: str, bureau: str, product: str, purpose: str, basis: str, consent: str
) -> Any:
    from xinheng.inquiries.bureau_rows import Asking

    try:
        paper = UUID(consent) if consent else None
    except ValueError as error:
        raise Trouble(
            f"“{consent}”不是文件编号。", f"“{consent}” is no document's number.", Exit.FAILED
        ) from error
    return Asking(
        customer_code=customer,
        bureau=bureau,
        product=product,
        purpose=purpose,
        legal_basis=basis,
        consent=paper,
    )


def _say_kept(kept: Any, as_json: bool) -> None:
    told = {
        "report": str(kept.report),
        "outcome": kept.outcome,
        "facts": kept.facts,
        "left_out": list(kept.left_out),
    }
    words = {"fetched": "已存入 · Kept", "kept": "仍有效，未付费 · Still good, nothing paid"}
    said = f"{kept.report} {words[kept.outcome]}; {kept.facts}"
    say(told, as_json, lambda: print(said))


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    names = ("bureau", "unit", "asked", "cost", "currency")
    table = Table(*names)
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    Console().print(table)
