"""`xinheng relation parent | payer | merge | unmerge`: who belongs to whom.

`parent CODE OTHER` puts a company under another one, `payer` names who pays its orders, `merge`
says that two files are one company, `unmerge` takes them apart again. `--none` instead of OTHER
ends a parent or a payer. Each wants `--by USER` and a reason. Example: `xinheng relation parent
C-2001 C-1001 --by alice --reason 工商变更`. With `--json`: {"relation", "customer", "other",
"lines_moved"}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, customer_coded
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable


app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="集团、付款方、合并 · Who belongs to whom"
)
Code = Annotated[str, typer.Argument(help="客户编码 · The customer's code")]
Other = Annotated[str, typer.Argument(help="另一家的编码 · The other company's code")]
Reason = Annotated[str, typer.Option("--reason", help="理由 · Why, in words")]
Nobody = Annotated[bool, typer.Option("--none", help="解除关系 · End the relation")]


@app.command()
def parent(
    customer: Code, by: By, reason: Reason, other: Other = "", none: Nobody = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """归入上级公司 · Put a company under another one."""
    _relate("parent", customer, other, none, by, reason, as_json)


@app.command()
def payer(
    customer: Code, by: By, reason: Reason, other: Other = "", none: Nobody = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """指定付款方 · Name who pays a company's orders."""
    _relate("payer", customer, other, none, by, reason, as_json)


@app.command()
def merge(customer: Code, other: Other, by: By, reason: Reason, as_json: Json = False) -> None:
    """并入另一家 · Two files are one company: CODE becomes an alias of OTHER."""
    _relate("merge", customer, other, False, by, reason, as_json)


@app.command()
def unmerge(customer: Code, by: By, reason: Reason, as_json: Json = False) -> None:
    """撤销合并 · Take a merged company apart again."""
    _relate("unmerge", customer, "", True, by, reason, as_json)


def _relate(
    word: str, code: str, other: str, none: bool, by: str, reason: str, as_json: bool
) -> None:
    django_ready()
    from xinheng.decisions import regrouping

    if bool(other) == none:
        raise Trouble(
            "请给出另一家的编码，或用 --none 解除关系。",
            "Give the other company's code, or --none to end the relation.",
            Exit.FAILED,
        )
    customer = customer_coded(code)
    target = customer_coded(other) if other else None
    actor, at = actor_named(by), datetime.now(UTC)
    if word == "unmerge":
        moved = regrouping.unmerge(customer.pk, reason, actor=actor, at=at)
    elif word == "merge" and target is not None:
        moved = regrouping.merge(customer.pk, target.pk, reason, actor=actor, at=at)
    else:
        acts: dict[str, Callable[..., int]] = {
            "parent": regrouping.set_parent,
            "payer": regrouping.set_payer,
        }
        moved = acts[word](customer.pk, target.pk if target else None, reason, actor=actor, at=at)
    told = {"relation": word, "customer": code, "other": other or None, "lines_moved": moved}
    say(told, as_json, lambda: typer.echo(f"{code} → {other or '-'}  {word}  ({moved})"))
