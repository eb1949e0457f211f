"""`xinheng portfolio`: the whole book on a day in one currency.

Scripts read the JSON: open items gross of unapplied cash, decimal strings, `customers` a count of
those with open items. Example: {"open": "470000.00", "overdue": "260000.00", "ageing": {…}, …}.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready

if TYPE_CHECKING:
    from xinheng.portfolio.queries import Book


def command(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help="截至日，缺省为今天 · The day; today by default",
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", help="币种，缺省为本位币 · Currency; the company's by default"),
    ] = None,
    as_json: Json = False,
) -> None:
    """The book: open, overdue, ageing, unapplied cash, customers with open items."""
    django_ready()
    from xinheng.credit.money import MoneyError, exponent
    from xinheng.people.queries import company, today
    from xinheng.portfolio.queries import book

    seller = company()
    if currency is None:
        if seller is None:
            raise typer.BadParameter("请给出 --currency · Give --currency, such as CNY")
        currency = seller.base_currency
    try:
        exponent(currency)
    except MoneyError as error:
        raise typer.BadParameter(f"{error.zh} · {error.en}") from None
    day = as_of.date() if as_of else today(datetime.now(UTC))
    found = book(day, currency)
    say(found.in_words(), as_json, lambda: _show(found, day))


def _show(found: Book, day: date) -> None:
    from rich.console import Console
    from rich.table import Table

    from xinheng.credit.money import display
    from xinheng.credit.shipped import document

    table = Table(title=f"应收账款 · Receivables  {day}  {found.currency}")
    table.add_column("", justify="left")
    table.add_column(found.currency, justify="right")
    for row in document("ageing_v1.json")["lateness"]:
        amount = display(found.ageing[row["name"]], found.currency)
        table.add_row(f"{row['zh']} · {row['en']}", amount)
    table.add_section()
    for name, minor in (
        ("未清合计 · Open", found.open_minor),
        ("其中逾期 · Overdue", found.overdue_minor),
        ("未核销收款 · Unapplied cash", found.unapplied_minor),
    ):
        table.add_row(name, display(minor, found.currency))
    table.add_row("有未清项的客户 · Customers with open items", str(found.customers))
    Console().print(table)
