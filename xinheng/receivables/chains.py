"""An order's chain: what documents say was ordered, delivered and invoiced under one number.

    open      still on order        = 0 once the order has ended, else ordered − max(delivered,
                                      invoiced), never below 0
    unbilled  delivered, no invoice = delivered − invoiced, never below 0

Each step frees exactly what the next one takes, and a reversal hands it back, because both are
functions of the documents that stand and not of how they came. Example: of 100 ordered, 60 were
delivered and 40 invoiced: 40 open, 20 unbilled, 40 in open items. Returned goods are deliveries
below zero; a credit note does not put goods on order again. A delivery that names no order is a
chain of its own under its own number.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Covered(NamedTuple):
    """A chain that changed: how much of its order documents cover; None: all, the order ended."""

    number: str
    customer_id: int
    currency: str
    covered_minor: int | None


# What each document adds to its chain; `rank`: whose scope and day the chain has.
PIECES: Final = """
select o.customer_id, o.currency, o.number, o.scope, 1 as rank, o.delivery_on,
  o.state <> 'open' as ended, o.amount_minor as ordered, 0::bigint as delivered,
  0::bigint as invoiced
from receivables_order o {narrowed}
union all
select d.customer_id, d.currency, case when d.order_number = '' then d.number
  else d.order_number end, d.scope, 2, null, false, 0, d.amount_minor, 0
from receivables_delivery d {narrowed} where d.state = 'posted'
union all
select i.customer_id, i.currency, i.order_number, i.scope, 3, null, false, 0, 0, i.amount_minor
from receivables_invoice i {narrowed} where i.order_number <> '' and i.amount_minor > 0
"""

# The whole of each chain as the documents say it.
CHAINS: Final = """
select customer_id, currency, number,
  coalesce(max(scope) filter (where rank = 1), max(scope) filter (where rank = 2), max(scope))
    as scope,
  max(delivery_on) as delivery_on, bool_or(ended) as ended,
  sum(ordered)::bigint as ordered, greatest(sum(delivered), 0)::bigint as delivered,
  sum(invoiced)::bigint as invoiced,
  case when bool_or(ended) then 0
    else greatest(sum(ordered) - greatest(sum(delivered), sum(invoiced), 0), 0) end::bigint as open,
  greatest(sum(delivered) - sum(invoiced), 0)::bigint as unbilled
from ({pieces}) p group by customer_id, currency, number
"""

_TOUCHED = "join touched_pair using (customer_id, currency)"
_COMPUTED = CHAINS.format(pieces=PIECES.format(narrowed=_TOUCHED))

_REMOVE = """
delete from receivables_orderchain c using touched_pair p
where p.customer_id = c.customer_id and p.currency = c.currency
and not exists (select 1 from computed_chain n where n.number = c.number
  and n.customer_id = c.customer_id and n.currency = c.currency)
returning c.number, c.customer_id, c.currency, false, 0::bigint
"""

_WRITE = """
insert into receivables_orderchain as c (customer_id, currency, number, scope, delivery_on, ended,
  ordered_minor, delivered_minor, invoiced_minor, open_minor, unbilled_minor)
select n.customer_id, n.currency, n.number, n.scope, n.delivery_on, n.ended, n.ordered,
  n.delivered, n.invoiced, n.open, n.unbilled
from computed_chain n left join receivables_orderchain t on t.number = n.number
  and t.customer_id = n.customer_id and t.currency = n.currency
where t.id is null or (t.scope, t.delivery_on, t.ended, t.ordered_minor, t.delivered_minor,
    t.invoiced_minor, t.open_minor, t.unbilled_minor) is distinct from
  (n.scope, n.delivery_on, n.ended, n.ordered, n.delivered, n.invoiced, n.open, n.unbilled)
on conflict (number, customer_id, currency) do update set scope = excluded.scope,
  delivery_on = excluded.delivery_on, ended = excluded.ended,
  ordered_minor = excluded.ordered_minor, delivered_minor = excluded.delivered_minor,
  invoiced_minor = excluded.invoiced_minor, open_minor = excluded.open_minor,
  unbilled_minor = excluded.unbilled_minor
returning c.number, c.customer_id, c.currency, c.ended,
  greatest(c.ordered_minor, c.delivered_minor, c.invoiced_minor)
"""

_ORDERS = """
update receivables_order o set open_minor = c.open_minor from receivables_orderchain c
join touched_pair using (customer_id, currency)
where o.number = c.number and o.customer_id = c.customer_id and o.currency = c.currency
  and o.open_minor <> c.open_minor
"""


def link(cursor: Any) -> list[Covered]:
    """Compute the chains of the touched pairs anew; those that changed."""
    cursor.execute("drop table if exists computed_chain")
    cursor.execute(f"create temp table computed_chain on commit drop as {_COMPUTED}")
    cursor.execute("analyze computed_chain")
    changed = []
    for statement in (_REMOVE, _WRITE):
        cursor.execute(statement)
        changed += [
            Covered(number, customer, currency, None if ended else covered)
            for number, customer, currency, ended, covered in cursor.fetchall()
        ]
    cursor.execute(_ORDERS)
    return changed


def of_touched(cursor: Any) -> list[Covered]:
    """All chains of the touched pairs, for a rebuild."""
    cursor.execute(
        "select number, customer_id, currency, case when ended then null"
        " else greatest(ordered_minor, delivered_minor, invoiced_minor) end"
        " from receivables_orderchain join touched_pair using (customer_id, currency)"
    )
    return [Covered(*row) for row in cursor.fetchall()]
