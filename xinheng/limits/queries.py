"""Reads of credit lines: usage as a drawing needs it, the journal, and the proof that both
agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection, connections

from xinheng.credit.exposure import Components, Weights, explain, used
from xinheng.limits import sql
from xinheng.limits.models import CreditLine, Movement


class Usage(NamedTuple):
    """One line's use, in minor units. `ceiling_minor` None only when unlimited; unset counts as
    0.
    """

    line: CreditLine
    components: Components
    used_minor: int
    ceiling_minor: int | None
    headroom_minor: int | None


def lines_of(customer_id: int) -> list[CreditLine]:
    """A customer's lines, the largest first."""
    return list(
        CreditLine.objects.filter(customer_id=customer_id).order_by("-amount_minor", "currency")
    )


def line_of(customer_id: int, currency: str) -> CreditLine | None:
    return CreditLine.objects.filter(customer_id=customer_id, currency=currency).first()


def components_of(line: CreditLine) -> Components:
    return Components(*(getattr(line, f"{name}_minor") for name in Components.__struct_fields__))


def usage(line: CreditLine, rule: Weights | None = None) -> Usage:
    """How much of a line is in use under a policy's weights (all components in full by default)."""
    components = components_of(line)
    in_use = used(components, rule) if rule else used(components)
    ceiling = None if line.unlimited else (line.amount_minor or 0)
    return Usage(line, components, in_use, ceiling, None if ceiling is None else ceiling - in_use)


def explained(line: CreditLine) -> list[dict[str, Any]]:
    """The components of a line's use, each with the movements that made it: newest 50."""
    parts = explain(components_of(line))
    journal = list(Movement.objects.filter(line=line).order_by("-id")[:50])
    return [
        {
            "component": part.component,
            "amount_minor": part.amount_minor,
            "counts_minor": part.counts_minor,
            "movements": [move for move in journal if move.component == part.component],
        }
        for part in parts
    ]


def pending_of_orders(
    order_refs: Iterable[str], *, using: str = "default"
) -> dict[str, tuple[Any, int, int, int]]:
    """Pending reservations by order: (id, line id, order version, still promised)."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.PENDING_OF_ORDERS, [list(order_refs)])
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in cursor.fetchall()}


def reconcile() -> list[dict[str, Any]]:
    """Lines where a counter differs from its journal, or open items from their due dates. Must be
    empty.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_DIFFERENCES = """
with journal as (
  select line_id, component, sum(delta_minor) as total from limits_movement group by 1, 2
), counters as (
  select l.id as line_id, c.component, c.counter
  from limits_creditline l cross join lateral (values
    ('open_items', open_items_minor), ('unbilled', unbilled_minor), ('orders', orders_minor),
    ('bills', bills_minor), ('guarantees', guarantees_minor), ('unapplied', unapplied_minor),
    ('prepaid', prepaid_minor)) as c(component, counter)
), promised as (
  select line_id, sum(amount_minor - posted_minor) as total
  from limits_reservation where state = 'pending' group by 1
)
select c.line_id, c.component, c.counter, coalesce(j.total, 0)::bigint as journal
from counters c left join journal j using (line_id, component)
where c.counter <> coalesce(j.total, 0)
union all
select l.id, 'open_items by due date', l.open_items_minor, coalesce(sum(d.open_minor), 0)::bigint
from limits_creditline l left join limits_opendue d on d.line_id = l.id
group by l.id, l.open_items_minor having l.open_items_minor <> coalesce(sum(d.open_minor), 0)
union all
select l.id, 'orders less than promised', l.orders_minor, p.total::bigint
from limits_creditline l join promised p on p.line_id = l.id where l.orders_minor < p.total
"""
