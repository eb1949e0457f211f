"""`xinheng review list | ask | start | end`: customers that are to be looked at.

The list comes by itself (a round finds what is due); these commands show it, ask for a look, begin
one (an application is drafted) or end it. Example: `xinheng review start 41 --by bob` drafts an
application to renew the limit. `list --json` prints [{"id", "customer", "cause", "about", "due_on",
"days_left", "state", "assignee", "application"}].
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(no_args_is_help=True, add_completion=False, help="复评 · Reviews of customers")
ROWS_MAX = 500
Number = Annotated[int, typer.Argument(help="复评编号，见 list · The review's number, see list")]


@app.command("list")
def list_reviews(
    ended: Annotated[bool, typer.Option("--ended", help="已办结 · Those that are over")] = False,
    as_json: Json = False,
) -> None:
    """列出复评 · List reviews, the first due first."""
    django_ready()
    from xinheng.applications.review_queries import Sought, reviews
    from xinheng.people.queries import WholeBook, today

    day = today(datetime.now(UTC))
    found = reviews(WholeBook(), Sought("ended" if ended else "open"))[:ROWS_MAX]
    rows = [_told(row, day) for row in found]
    say(rows, as_json, lambda: _table(rows))


def _told(row: Any, day: date) -> dict[str, Any]:
    return {
        "id": row.pk,
        "customer": row.customer.code,
        "cause": row.cause,
        "about": row.about,
        "due_on": row.due_on,
        "days_left": (row.due_on - day).days,
        "state": row.state,
        "assignee": row.assignee.username if row.assignee else None,
        "application": row.application.number if row.application else None,
    }


def _table(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        who = row["assignee"] or "-"
        line = f"{row['id']:>6}  {row['due_on']}  {row['customer']}  {row['cause']}  {row['about']}"
        typer.echo(f"{line}  {row['state']}  {who}  {row['application'] or ''}".rstrip())
    if not rows:
        typer.echo("没有复评。 · No reviews.")


@app.command()
def ask(
    customer: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="为什么 · Why, in words")],
    due: Annotated[str, typer.Option("--due", help="最迟哪天 · By which day, YYYY-MM-DD")],
    as_json: Json = False,
) -> None:
    """提出复评 · Ask for a look at a customer."""
    django_ready()
    from xinheng.applications.reviews import ask_review

    try:
        day = date.fromisoformat(due)
    except ValueError:
        zh, en = f"日期 {due!r} 不对，应为 2026-12-31。", f"{due!r} is no day: give 2026-12-31."
        raise Trouble(zh, en, Exit.FAILED) from None
    code = customer_coded(customer).code
    row = ask_review(code, day, reason, actor=actor_named(by), at=datetime.now(UTC))
    _answer({"id": row.pk, "customer": code, "due_on": row.due_on}, as_json)


@app.command()
def start(
    review: Number,
    by: By,
    lower_to: Annotated[
        str, typer.Option("--lower-to", help="降至此额 · Lower the limit to this amount")
    ] = "",
    as_json: Json = False,
) -> None:
    """办理：起草续期或降额申请 · Begin it: an application is drafted."""
    django_ready()
    from xinheng.applications.models import Review
    from xinheng.applications.reviews import start_review
    from xinheng.applications.starting import standing_limit
    from xinheng.credit.money import to_minor
    from xinheng.people.queries import today

    at, amount = datetime.now(UTC), None
    row = Review.objects.filter(pk=review).first()
    if lower_to and row is not None:
        currency = standing_limit(row.customer_id, row.about, today(at)).currency
        amount = to_minor(lower_to, currency)
    kind = "decrease" if lower_to else "renewal"
    made = start_review(review, kind, amount, actor=actor_named(by), at=at)
    _answer({"id": review, "application": made.number, "kind": kind}, as_json)


@app.command()
def end(
    review: Number,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="结果 · What came of it")],
    drop: Annotated[bool, typer.Option("--drop", help="不需要复评 · No look is needed")] = False,
    as_json: Json = False,
) -> None:
    """办结 · End it with what came of it."""
    django_ready()
    from xinheng.applications.reviews import end_review

    end_review(review, reason, dropped=drop, actor=actor_named(by), at=datetime.now(UTC))
    _answer({"id": review, "state": "dropped" if drop else "done"}, as_json)


def _answer(told: dict[str, Any], as_json: bool) -> None:
    say(told, as_json, lambda: typer.echo("  ".join(str(value) for value in told.values())))
