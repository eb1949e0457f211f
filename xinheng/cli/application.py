"""`xinheng application list | show | apply | import | withdraw`: applications for credit.

`apply CODE 800000.00 --terms 60 --purpose 旺季备货 --by bob` makes one and submits it; `import
FILE` reads a CSV with the columns customer, currency, amount, terms_days, purpose and (if wanted)
kind, each row by itself: what is refused is told with its line and stops nothing else.
Investigating, proposing and voting is done on the pages. With `--json`: {"number", "state",
"customer", "asked", "currency", "due_at"}, `import`: {"applied", "refused": [{"line", "why"}]}.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, currency_or_own, customer_coded, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.applications.models import Application
    from xinheng.people.actor import Actor

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="授信申请 · Applications for credit"
)
ROWS_MAX = 5_000
COLUMNS = ("customer", "currency", "amount", "terms_days", "purpose")
NAMES = {
    "客户编码": "customer",
    "币种": "currency",
    "金额": "amount",
    "账期": "terms_days",
    "用途": "purpose",
    "种类": "kind",
}
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
    money = currency_or_own(currency)
    row = {
        "customer": customer,
        "currency": money,
        "amount": amount,
        "terms_days": str(terms),
        "purpose": purpose,
        "kind": kind,
    }
    made = _apply(row, actor_named(by), "sales")
    say(told(made), as_json, lambda: typer.echo(f"{made.number}  {made.state}"))


@app.command("import")
def import_rows(
    file: Annotated[Path, typer.Argument(help="CSV，UTF-8 或 GB18030 · A CSV file")],
    by: By,
    as_json: Json = False,
) -> None:
    """从文件提出申请 · Apply by a file, each row by itself."""
    django_ready()
    from xinheng.refusals import Refused

    actor, applied, refused = actor_named(by), [], []
    for line, row in _read(file):
        try:
            applied.append(_apply(row, actor, "import").number)
        except Refused as no:
            refused.append({"line": line, "why": no.text.both()})
        except Trouble as no:
            refused.append({"line": line, "why": {"zh": no.zh, "en": no.en}})
    answer = {"applied": applied, "refused": refused}
    say(answer, as_json, lambda: _lines([*({"number": one} for one in applied), *refused]))
    if refused:
        raise typer.Exit(1)


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


def _apply(row: dict[str, str], actor: Actor, source: str) -> Application:
    from xinheng.applications.applying import apply_at_once
    from xinheng.applications.rows import NewApplication
    from xinheng.credit.money import MoneyError, to_minor

    try:
        asked = to_minor(row["amount"].strip(), row["currency"].strip())
        terms = int(row["terms_days"])
    except MoneyError as error:
        raise Trouble(error.zh, error.en, Exit.FAILED) from error
    except ValueError as error:
        zh, en = "账期应为整数天数。", "Terms are a whole number of days."
        raise Trouble(zh, en, Exit.FAILED) from error
    new = NewApplication(
        customer_coded(row["customer"].strip()).pk,
        row["currency"].strip(),
        asked,
        terms,
        kind=row.get("kind", "").strip() or "new",
        purpose=row["purpose"],
        source=source,
    )
    return apply_at_once(new, actor=actor, at=datetime.now(UTC))


def _read(file: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows with their lines. Ends the command where a column is missing."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    reader = csv.DictReader(text.splitlines())
    heads = {name: NAMES.get(name.strip(), name.strip()) for name in reader.fieldnames or ()}
    if missing := [name for name in COLUMNS if name not in heads.values()]:
        told_ = ", ".join(missing)
        raise Trouble(f"缺少列：{told_}。", f"These columns are missing: {told_}.", Exit.FAILED)
    rows = [
        (line, {heads[key]: value or "" for key, value in row.items() if key in heads})
        for line, row in enumerate(reader, start=2)
    ]
    if len(rows) > ROWS_MAX:
        zh, en = f"最多 {ROWS_MAX} 行。", f"At most {ROWS_MAX} rows."
        raise Trouble(zh, en, Exit.FAILED)
    return rows


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
