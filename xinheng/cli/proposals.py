"""`xinheng proposals list | grant | reject`: proposed limits, made live by a named person.

`--by USERNAME` says whose authority counts: the person's permissions, amounts and units, as on the
page. `grant --json` prints {"granted", "total": {"CNY": "…"}, "kept": [{"customer", "currency",
"amount", "why"}], "valid_from", "valid_until"}; what is kept goes on waiting. Exit code 1 where
nothing was done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.limits.models import Proposal
    from xinheng.people.models import User

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="待授予的额度建议 · Proposed limits that wait to be granted",
)
SHOWN_MAX = 50

Codes = Annotated[
    list[str] | None,
    typer.Option("--customer", help="客户编码，可多次给出 · Customer code; may be given again"),
]
All = Annotated[bool, typer.Option("--all", help="全部待处理的建议 · Everything that waits")]
Currency = Annotated[str | None, typer.Option("--currency", help="只看一个币种 · One currency")]


@app.command("list")
def list_waiting(currency: Currency = None, as_json: Json = False) -> None:
    """列出待授予的额度建议 · List what waits."""
    django_ready()
    from xinheng.people.queries import WholeBook

    rows = [_told(row) for row in _waiting(WholeBook(), None, currency)]
    say(rows, as_json, lambda: _show(rows))


@app.command()
def grant(
    by: By,
    all_of_them: All = False,
    customer: Codes = None,
    currency: Currency = None,
    valid_until: Annotated[
        datetime | None,
        typer.Option("--valid-until", formats=["%Y-%m-%d"], help="有效至，缺省一年 · Last day"),
    ] = None,
    as_json: Json = False,
) -> None:
    """授予额度，超出本人授权的留待他人 · Grant; what is above the authority goes on waiting."""
    django_ready()
    from xinheng.decisions.file_gaps import held_back
    from xinheng.limits.conditions import usual, usual_end
    from xinheng.limits.proposing import grant_proposals
    from xinheng.people.actor import of_user
    from xinheng.people.queries import today

    person = person_named(by)
    chosen = _chosen(person, all_of_them, customer, currency)
    at = datetime.now(UTC)
    start = today(at)
    end = valid_until.date() if valid_until else usual_end(start)
    done = grant_proposals(
        list(chosen),
        held_back=held_back,
        valid_from=start,
        valid_until=end,
        conditions=usual(),
        actor=of_user(person),
        at=at,
    )
    from xinheng.credit.money import to_text

    answer = {
        "granted": done.lines,
        "total": {code: to_text(minor, code) for code, minor in sorted(done.total_minor.items())},
        "kept": [_named(chosen[pk]) | {"why": why.both()} for pk, why in done.refused],
        "valid_from": start,
        "valid_until": end,
    }
    say(answer, as_json, lambda: _show_granted(answer))
    if not done.lines:
        raise typer.Exit(1)


@app.command()
def reject(
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="理由 · Why, in words")],
    all_of_them: All = False,
    customer: Codes = None,
    currency: Currency = None,
    as_json: Json = False,
) -> None:
    """不采纳额度建议，须写理由 · Turn proposals down, with a reason."""
    django_ready()
    from xinheng.limits.proposing import reject_proposals
    from xinheng.people.actor import of_user

    person = person_named(by)
    chosen = _chosen(person, all_of_them, customer, currency)
    count = reject_proposals(list(chosen), reason, actor=of_user(person), at=datetime.now(UTC))
    say({"rejected": count}, as_json, lambda: print(f"已拒绝 {count} 条 · {count} rejected"))


def _waiting(reader: Any, codes: list[str] | None, currency: str | None) -> list[Proposal]:
    from xinheng.limits.queries import waiting_proposals

    rows = waiting_proposals(reader).select_related("customer")
    if currency:
        rows = rows.filter(currency=currency.upper())
    if codes is not None:
        rows = rows.filter(customer__code__in=codes)
    return list(rows.order_by("currency", "-amount_minor", "customer__code"))


def _chosen(
    person: User, everything: bool, codes: list[str] | None, currency: str | None
) -> dict[int, Proposal]:
    """What is meant, among the customers that the person sees; each code must have something."""
    if everything == bool(codes):
        raise Trouble(
            "请给出 --all，或一个或多个 --customer。",
            "Give either --all or one or more --customer.",
            Exit.FAILED,
        )
    rows = _waiting(person, codes or None, currency)
    missing = sorted(set(codes or []) - {row.customer.code for row in rows})
    if missing:
        named = ", ".join(missing[:10])
        raise Trouble(
            f"这些客户没有待处理的额度建议：{named}",
            f"No proposal waits for: {named}",
            Exit.FAILED,
        )
    return {row.pk: row for row in rows}


def _named(row: Proposal) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    return {
        "customer": row.customer.code,
        "currency": row.currency,
        "amount": to_text(row.amount_minor, row.currency),
    }


def _told(row: Any) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    now = None if row.limit_now is None else to_text(row.limit_now, row.currency)
    return _named(row) | {
        "name": row.customer.name,
        "terms_days": row.terms_days,
        "grade": row.workings.get("grade"),
        "limit_now": now,
        "used_now": to_text(row.used_now, row.currency),
        "by_hand": "by_hand" in row.workings,
        "proposed_at": row.proposed_at,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        print("没有待授予的额度建议 · No proposals are waiting")
        return
    table = Table()
    for head in ("客户 · Customer", "名称 · Name", "等级 · Grade"):
        table.add_column(head, overflow="fold")
    for head in ("建议 · Proposed", "币种 · Currency", "现额度 · Now", "占用 · Used"):
        table.add_column(head, justify="right", overflow="fold")
    for row in rows[:SHOWN_MAX]:
        table.add_row(
            row["customer"],
            row["name"],
            row["grade"] or "-",
            row["amount"],
            row["currency"],
            row["limit_now"] or "-",
            row["used_now"],
        )
    Console().print(table)
    print(f"共 {len(rows)} 条 · {len(rows)} in all")


def _show_granted(answer: dict[str, Any]) -> None:
    totals = "，".join(f"{amount} {code}" for code, amount in answer["total"].items())
    print(f"已授予 {answer['granted']} 条：{totals or '–'}，有效至 {answer['valid_until']}")
    print(f"{answer['granted']} granted: {totals or '–'}, valid until {answer['valid_until']}")
    for kept in answer["kept"][:SHOWN_MAX]:
        print(f"  {kept['customer']}: {kept['why']['zh']} · {kept['why']['en']}")
    if answer["kept"]:
        print(f"{len(answer['kept'])} 条保留待他人授予 · {len(answer['kept'])} kept for others")
