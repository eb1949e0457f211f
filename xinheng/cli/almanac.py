"""`xinheng almanac …`: look up a rate, a working day, the seller's terms; enter one rate.

Example: `xinheng almanac rate EUR CNY --day 2026-11-22` prints the newest mid rate that is at most
seven days old: 7.8123 of 2026-11-20. Whole tables come by file: `xinheng import rates FILE`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(
    help="汇率、节假日、付款条件 · Rates, holidays, payment terms", no_args_is_help=True
)

From = Annotated[str, typer.Argument(help="EUR")]
To = Annotated[str, typer.Argument(help="CNY")]
Kind = Annotated[str, typer.Option(help="汇率类型 · mid, buy, sell, month_end or your own")]
Day = Annotated[
    datetime | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="日期，缺省今天 · The day; default: today"),
]


@app.callback()
def almanac() -> None:
    """汇率、节假日、付款条件 · Rates, holidays, payment terms"""


def _day(told: datetime | None) -> date:
    from xinheng.people.queries import today

    return told.date() if told else today(datetime.now(UTC))


@app.command("rate")
def rate(
    base: From,
    quote: To,
    day: Day = None,
    kind: Kind = "mid",
    age_days: Annotated[int, typer.Option(help="最多几天前 · At most so many days old")] = 7,
    as_json: Json = False,
) -> None:
    """这一天用哪个汇率 · Which rate holds on a day; 1 if there is none."""
    django_ready()
    import msgspec

    from xinheng.almanac.queries import rates_for

    pair = (base.upper(), quote.upper())
    used = rates_for([pair], _day(day), kind, age_days=age_days).get(pair)
    if used is None:
        text = f"{pair[0]}/{pair[1]} {kind}"
        raise Trouble(
            f"{age_days} 天内没有 {text} 汇率；请先登记或导入。",
            f"There is no {text} rate within {age_days} days: enter or import one.",
            Exit.FAILED,
        )
    told = msgspec.to_builtins(used) | {"via": used.via}
    over = f" ({used.via})" if used.via else ""
    line = f"1 {used.base} = {used.rate} {used.quote}  {used.kind} {used.day}{over}"
    say(told, as_json, lambda: print(line))


@app.command("enter-rate")
def enter_rate(
    base: From,
    quote: To,
    value: Annotated[str, typer.Argument(help="7.8123")],
    day: Day = None,
    kind: Kind = "mid",
    source: Annotated[str, typer.Option(help="来源 · Where it comes from")] = "",
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="大幅变动已核对 · A large move was checked")
    ] = False,
    as_json: Json = False,
) -> None:
    """登记一条汇率 · Enter one rate; another one for the same day corrects it by name."""
    django_ready()
    from xinheng.almanac.actions import record_rates
    from xinheng.almanac.rows import RateRow
    from xinheng.people.actor import system

    try:
        number = Decimal(value)
    except InvalidOperation:
        raise typer.BadParameter("7.8123", param_hint="VALUE") from None
    row = RateRow(
        base=base.upper(),
        quote=quote.upper(),
        day=_day(day),
        rate=number,
        kind=kind,
        source=source,
        confirmed=confirmed,
    )
    done = record_rates([row], actor=system("cli"), at=datetime.now(UTC))
    said = {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}
    say(said, as_json, lambda: print(", ".join(f"{n} {name}" for name, n in said.items() if n)))


@app.command("working-day")
def working_day(
    calendar: Annotated[str, typer.Argument(help="CN")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="2026-10-03")],
    as_json: Json = False,
) -> None:
    """是否工作日，下一个是哪天 · Whether it is a working day, and the next one."""
    django_ready()
    from xinheng.almanac.queries import is_working_day, next_working_day

    told = day.date()
    working = is_working_day(calendar.upper(), told)
    following = next_working_day(calendar.upper(), told)
    word = "工作日 · working day" if working else "休 · off"
    answer = {"day": told, "working": working, "next": following}
    say(answer, as_json, lambda: print(f"{told} {word} → {following}"))


@app.command("terms")
def terms(as_json: Json = False) -> None:
    """自家的付款条件 · The seller's own terms."""
    django_ready()
    from xinheng.almanac.queries import living_terms

    found = [
        {"code": one.code, "rule": one.rule, "calendar": one.calendar}
        for one in living_terms().values()
    ]

    def show() -> None:
        for one in found:
            print(f"{one['code']}\t{one['rule']}\t{one['calendar']}")

    say(found, as_json, show)
