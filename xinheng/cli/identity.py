"""`xinheng identity check | add | override | division | industry`: numbers that name companies.

`check KIND VALUE` says whether a number can be right and how to mend it; `add CODE KIND VALUE`
gives it to a customer, `override` takes on one that was issued against its own standard, with a
reason. KIND is uscc, lei, duns, vat or other. `division` and `industry` look up GB/T 2260 and
GB/T 4754 by code or part of a name. Example: `xinheng identity check uscc 91350100M000100Y43`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="企业证照号码 · Numbers that name companies"
)
Code = Annotated[str, typer.Argument(help="客户编码 · The customer's code")]
Kind = Annotated[str, typer.Argument(help="uscc | lei | duns | vat | other")]
Value = Annotated[str, typer.Argument(help="号码 · The number")]
Words = Annotated[str, typer.Argument(help="代码或名称 · A code or part of a name")]
Reason = Annotated[str, typer.Option("--reason", help="理由 · Why, in words")]


@app.command()
def check(kind: Kind, value: Value, as_json: Json = False) -> None:
    """校验号码 · Whether a number can be right."""
    from xinheng.credit import identity

    if kind not in identity.KINDS:
        kinds = ", ".join(identity.KINDS)
        raise Trouble(f"号码种类应为：{kinds}。", f"The kind is one of {kinds}.", Exit.FAILED)
    found = identity.check(kind, value)
    reason = found.reason.both() if found.reason else None
    told = {"kind": kind, "value": found.value, "verdict": found.verdict, "reason": reason}
    words = f"  {reason['zh']} · {reason['en']}" if reason else ""
    say(told, as_json, lambda: typer.echo(f"{found.value}  {found.verdict}{words}"))


@app.command()
def add(customer: Code, kind: Kind, value: Value, by: By, as_json: Json = False) -> None:
    """登记号码 · Give a customer a number."""
    _enter(customer, kind, value, by, None, as_json)


@app.command()
def override(
    customer: Code, kind: Kind, value: Value, by: By, reason: Reason, as_json: Json = False
) -> None:
    """特别采用 · Take on an early code that fails its check."""
    _enter(customer, kind, value, by, reason, as_json)


@app.command()
def division(words: Words, as_json: Json = False) -> None:
    """行政区划 · Look up GB/T 2260."""
    from xinheng.credit import divisions

    exact = divisions.division(words)
    found = [exact] if exact else divisions.divisions_named(words)
    rows = [{"code": one.code, "name": one.full, "retired": one.retired or None} for one in found]
    say({"divisions": rows}, as_json, lambda: _lines(rows))


@app.command()
def industry(words: Words, as_json: Json = False) -> None:
    """行业分类 · Look up GB/T 4754."""
    from xinheng.credit import industries

    rows = [{"code": one.code, "name": one.full} for one in industries.industries_named(words)]
    say({"industries": rows}, as_json, lambda: _lines(rows))


def _lines(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo(f"{row['code']}  {row['name']}" + (" ×" if row.get("retired") else ""))


def _enter(code: str, kind: str, value: str, by: str, reason: str | None, as_json: bool) -> None:
    django_ready()
    from xinheng.customers.identities import add_identity, override_identity

    customer = customer_coded(code)
    actor, at = actor_named(by), datetime.now(UTC)
    if reason is None:
        kept = add_identity(customer.pk, kind, value, actor=actor, at=at)
    else:
        kept = override_identity(customer.pk, kind, value, reason, actor=actor, at=at)
    told = {"customer": code, "kind": kind, "value": kept.value, "verdict": kept.verdict}
    say(told, as_json, lambda: typer.echo(f"{code}  {kind}  {kept.value}  {kept.verdict}"))
