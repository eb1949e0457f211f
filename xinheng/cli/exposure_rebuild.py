"""`xinheng exposure reconcile` and `xinheng exposure rebuild`: do the lines say what documents say?

`reconcile [--customer C …]` compares the whole book or some customers and ends with 1 where a
figure differs. `rebuild C … --by USER` computes the lines of these customers anew from their
documents and posts only the difference, under the lock: no order ever meets a figure of zero.
`--json`: a list of {"customer", "currency", "scope", "component", "day", "counter", "documents"}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xinheng.receivables.reconciling import Off

Codes = Annotated[list[str], typer.Argument(help="客户编码 · Customer codes")]
Some = Annotated[
    list[str] | None, typer.Option("--customer", help="只看这些客户 · Only these customers")
]


def reconcile(customer: Some = None, as_json: Json = False) -> None:
    """核对占用与单据 · Compare the lines with their documents, to the minor unit."""
    django_ready()
    from xinheng.receivables import queries

    ids = None if customer is None else list(_ids(customer).values())
    told = _told(queries.reconcile(ids))
    say(told, as_json, lambda: _show(told))
    if told:
        raise typer.Exit(Exit.FAILED)


def rebuild(customers: Codes, by: By, as_json: Json = False) -> None:
    """按单据重算占用 · Compute lines anew from their documents; only differences are posted."""
    django_ready()
    from xinheng.receivables import actions

    ids = list(_ids(customers).values())
    off = actions.rebuild(ids, actor=actor_named(by), at=datetime.now(UTC))
    told = _told(off)
    say(told, as_json, lambda: _show(told))


def _ids(codes: Iterable[str]) -> dict[str, int]:
    from xinheng.customers.models import Customer

    found = dict(Customer.objects.filter(code__in=list(codes)).values_list("code", "pk"))
    for code in codes:
        if code not in found:
            raise Trouble(
                f"没有编码为“{code}”的客户。", f"There is no customer “{code}”.", Exit.FAILED
            )
    return found


def _told(off: Iterable[Off]) -> list[dict[str, Any]]:
    from xinheng.credit.money import to_text
    from xinheng.customers.models import Customer

    rows = list(off)
    codes = dict(
        Customer.objects.filter(pk__in={one.customer_id for one in rows}).values_list("pk", "code")
    )
    return [
        {
            "customer": codes[one.customer_id],
            "currency": one.currency,
            "scope": one.scope,
            "component": one.component,
            "day": one.day.isoformat() if one.day else None,
            "counter": to_text(one.counter, one.currency),
            "documents": to_text(one.documents, one.currency),
        }
        for one in rows
    ]


def _show(told: list[dict[str, Any]]) -> None:
    if not told:
        typer.echo("账实相符 · Lines and documents agree.")
    for one in told:
        typer.echo(
            f"{one['customer']} {one['currency']} {one['scope']} {one['component']}"
            f" {one['day'] or ''}: {one['counter']} ≠ {one['documents']}"
        )
