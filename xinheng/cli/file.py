"""`xinheng file show | enter | verify | reject | correct | conflicts | resolve | history |
measures`: the credit file's facts, who says them, and since when they were known. Further ones for
many files at once stand in file_queue.py.

`show CODE --as-of INSTANT` prints the file as a reader saw it then; a bare day means its
end. `show --json` prints {"customer", "known_at", "valid_on", "measures": {"complete", …},
"fields": [{"field", "state", "value", "source", …}]}. What is entered waits until `verify --by`
another person; a critical field wants a second one: then `--json` says `"known": false`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.file_queue import COMMANDS
from xinheng.cli.typed import By, actor_named, customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.dossiers.credit_file import SeenFact

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="信用档案：来源、核验、历史 · The credit file's facts",
)
for name, command in COMMANDS.items():
    app.command(name)(command)

Code = Annotated[str, typer.Argument(help="客户编码 · The customer's code")]
FieldCode = Annotated[str, typer.Argument(help="字段，见 file show · A field, see file show")]
FactId = Annotated[int, typer.Argument(help="信息编号 · The fact's number")]
Value = Annotated[str, typer.Argument(help="内容，如 1200.50 CNY · The value")]
Reason = Annotated[str, typer.Option("--reason", help="理由 · Why, in words")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 · A day")]


@app.command()
def show(
    customer: Code,
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="当时所知：日期或时刻 · As known then: a day or an instant"),
    ] = "",
    valid_on: Day = None,
    as_json: Json = False,
) -> None:
    """信用档案，可看过去任何一天 · The file, also as it was known on a past day."""
    django_ready()
    from xinheng.dossiers.credit_file import file_as_of
    from xinheng.dossiers.measures import measure, tier_of
    from xinheng.people.queries import WholeBook, today

    found = customer_coded(customer)
    known_at = _instant(as_of) if as_of else None
    day = valid_on.date() if valid_on else today(known_at or datetime.now(UTC))
    file = file_as_of(WholeBook(), found, valid_on=day, known_at=known_at)
    measures = measure(file, tier_of(found.status))
    told = {
        "customer": customer,
        "known_at": known_at,
        "valid_on": day,
        "measures": {
            name: getattr(measures, name) for name in ("complete", "timely", "accurate", "secure")
        },
        "fields": [
            {
                "field": held.field,
                "state": held.state,
                "waiting": held.waiting,
                **(_told(held.fact) if held.fact else {}),
                "facts": [_told(one) for one in held.facts],
            }
            for held in file.fields
        ],
    }
    say(told, as_json, lambda: _show_file(told))


@app.command()
def enter(
    customer: Code,
    field: FieldCode,
    value: Value,
    source: Annotated[str, typer.Option("--source", help="来源 · Who says so")],
    reliability: Annotated[
        str, typer.Option("--reliability", help="来源可靠性 A 至 D · A (authority) to D (declared)")
    ],
    by: By,
    observed: Day = None,
    valid_from: Day = None,
    valid_until: Day = None,
    evidence: Annotated[str, typer.Option(help="依据编号 · Where it is written")] = "",
    basis: Annotated[str, typer.Option(help="处理依据 · The legal basis")] = "",
    as_json: Json = False,
) -> None:
    """录入一项信息，待他人核验 · Enter a fact; it waits for another person."""
    django_ready()
    actor = actor_named(by)
    from xinheng.dossiers.facts import enter_fact
    from xinheng.dossiers.rows import NewFact

    new = NewFact(
        customer_code=customer,
        field=field,
        value=value,
        source=source,
        reliability=reliability,
        observed_on=_day(observed),
        valid_from=_day(valid_from),
        valid_until=_day(valid_until),
        evidence=evidence,
        legal_basis=basis,
    )
    fact = enter_fact(new, actor=actor, at=datetime.now(UTC))
    _say_known(fact, False, as_json)


@app.command()
def verify(
    fact: FactId,
    by: By,
    how: Annotated[
        str,
        typer.Option(help="customer、third_party、public_record、site_visit · How it was verified"),
    ],
    confidence: Annotated[int, typer.Option(help="把握程度 0 至 100 · How sure, 0 to 100")] = 80,
    as_json: Json = False,
) -> None:
    """核验一项信息；关键字段须再由一人复核 · Verify a fact; a critical one needs two."""
    django_ready()
    actor = actor_named(by)
    from xinheng.dossiers.facts import verify_fact

    known = verify_fact(fact, how, confidence, actor=actor, at=datetime.now(UTC))
    _say_known(fact, known, as_json)


@app.command()
def reject(fact: FactId, by: By, reason: Reason, as_json: Json = False) -> None:
    """退回一项信息 · Turn a waiting fact down."""
    django_ready()
    actor = actor_named(by)
    from xinheng.dossiers.facts import reject_fact

    reject_fact(fact, reason, actor=actor, at=datetime.now(UTC))
    say({"fact": fact, "rejected": True}, as_json, lambda: print(f"{fact} 已退回 · Rejected"))


@app.command()
def correct(fact: FactId, value: Value, by: By, reason: Reason, as_json: Json = False) -> None:
    """更正：录入新的一项，原项仍可查 · Correct: a new fact, the old one stays readable."""
    django_ready()
    actor = actor_named(by)
    from xinheng.dossiers.facts import correct_fact

    made = correct_fact(fact, value, reason, actor=actor, at=datetime.now(UTC))
    _say_known(made, False, as_json)


@app.command()
def conflicts(as_json: Json = False) -> None:
    """来源不一致、待人决定的字段 · Where sources disagree and a person decides."""
    django_ready()
    from xinheng.dossiers.credit_file import open_conflicts
    from xinheng.people.queries import WholeBook

    rows = [
        {
            "conflict": case.pk,
            "customer": case.customer.code,
            "field": case.field,
            "opened_at": case.opened_at,
        }
        for case in open_conflicts(WholeBook())
    ]
    say(rows, as_json, lambda: _table(rows, ("conflict", "customer", "field", "opened_at")))


@app.command()
def resolve(
    conflict: Annotated[int, typer.Argument(help="冲突编号 · The conflict's number")],
    fact: FactId,
    by: By,
    reason: Reason,
    as_json: Json = False,
) -> None:
    """决定以哪一项为准 · Decide which fact holds."""
    django_ready()
    actor = actor_named(by)
    from xinheng.dossiers.facts import resolve_conflict

    resolve_conflict(conflict, fact, reason, actor=actor, at=datetime.now(UTC))
    say(
        {"conflict": conflict, "chosen": fact},
        as_json,
        lambda: print(f"以 {fact} 为准 · Fact {fact} holds"),
    )


@app.command()
def history(customer: Code, field: FieldCode, as_json: Json = False) -> None:
    """一个字段的全部记录 · Everything that was ever entered for a field."""
    django_ready()
    from xinheng.dossiers.credit_file import history as history_of
    from xinheng.people.queries import WholeBook

    rows = [
        {**_told(row.fact), "state": row.state, "known_until": row.known_until, "why": row.reason}
        for row in history_of(WholeBook(), customer_coded(customer), field)
    ]
    names = ("id", "state", "value", "source", "known_since", "known_until", "why")
    say(rows, as_json, lambda: _table(rows, names))


@app.command()
def measures(day: Day = None, days: int = 30, as_json: Json = False) -> None:
    """全部档案的四性与到期日历 · The four measures over the book, and what grows stale."""
    django_ready()
    from xinheng.dossiers.measures import book_measures, calendar
    from xinheng.people.queries import WholeBook, today

    on = _day(day) or today(datetime.now(UTC))
    found = book_measures(WholeBook(), on)
    due = [
        {name: getattr(row, name) for name in ("due_on", "customer", "block", "field", "tier")}
        for row in calendar(WholeBook(), on, days=days)
    ]
    names = ("files", "complete", "timely", "accurate", "secure")
    told = {**{name: getattr(found, name) for name in names}, "due": due}

    def table() -> None:
        _table([told], names)
        _table(due, ("due_on", "customer", "block", "field", "tier"))

    say(told, as_json, table)


# --- What commands share


def _instant(text: str) -> datetime:
    """An instant as typed; a bare day means its end, in the company's time zone."""
    from xinheng.people.queries import DEFAULT_TIME_ZONE, company

    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    try:
        if len(text) == len("2026-11-20"):
            next_day = date.fromisoformat(text) + timedelta(days=1)
            start = datetime.combine(next_day, time(), zone).astimezone(UTC)
            return start - timedelta(microseconds=1)
        told = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise Trouble(
            f"看不懂时刻“{text}”，请写 2026-11-20 或 2026-11-20T10:00+08:00。",
            f"“{text}” is no instant: write 2026-11-20 or 2026-11-20T10:00+08:00.",
            Exit.FAILED,
        ) from error
    return told if told.tzinfo else told.replace(tzinfo=zone)


def _day(told: datetime | None) -> date | None:
    return told.date() if told else None


def _told(fact: SeenFact) -> dict[str, Any]:
    names = ("id", "field", "value", "source", "reliability", "how", "confidence", "evidence")
    further = ("valid_from", "valid_until", "observed_on", "entered_by", "known_since")
    return {name: getattr(fact, name) for name in (*names, *further)}


def _say_known(fact: int, known: bool, as_json: bool) -> None:
    said = "已入档 · In the file" if known else "待另一人核验 · Another person verifies it"
    say({"fact": fact, "known": known}, as_json, lambda: print(f"{fact} {said}"))


def _show_file(told: dict[str, Any]) -> None:
    print(f"{told['customer']}  {told['valid_on']}")
    _table([told["measures"]], tuple(told["measures"]))
    _table(told["fields"], ("field", "state", "value", "source", "reliability", "observed_on"))


def _table(rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*names)
    for row in rows:
        told = [row.get(name) for name in names]
        table.add_row(*("–" if one is None else str(one) for one in told))
    Console().print(table)
