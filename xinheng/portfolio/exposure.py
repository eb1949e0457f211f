"""Why is it 1,234,567.00? A credit line's exposure taken apart, down to the documents.

Each component has three figures that must agree: the counter that decisions read, the journal of
its movements, and the documents behind it (open invoices; deliveries not billed; what is promised
to orders and the ERP's own open orders; bills, guarantees, cash in hand). Policy comes last: it
says which part of the orders lies beyond its horizon, and how much of each component counts. All of
it is one statement, so one moment. Example: open items 600,000.00 = I-1 350,000.00 + I-2
250,000.00, at 100 % → 600,000.00. A difference is an alarm with all figures, never smoothed over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from msgspec import Struct

from xinheng.credit.exposure import COUNTERS, Components, explain
from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.limits.models import CreditLine
from xinheng.portfolio.levels import horizon_of

DOCUMENTS_MAX = 200


class Document(Struct, frozen=True):
    """One document behind a component: its whole amount, what of it is still open, and the order
    or invoice that it names.
    """

    # invoice | delivery | reservation | order | bill | guarantee | receipt
    kind: str
    number: str
    day: date | None  # due, delivery, expiry, receipt
    amount_minor: int
    open_minor: int
    named: str = ""


class Part(Struct, frozen=True):
    """One component: counter, weight, what counts, and what stands behind it."""

    component: str
    amount_minor: int
    weight_bps: int
    counts_minor: int
    journal_minor: int
    documents_minor: int
    documents_count: int
    documents: tuple[Document, ...]  # the largest DOCUMENTS_MAX

    @property
    def agrees(self) -> bool:
        return self.amount_minor == self.journal_minor == self.documents_minor

    @property
    def is_empty(self) -> bool:
        return not (self.amount_minor or self.journal_minor or self.documents_minor)


class Explanation(Struct, frozen=True):
    """The parts add up to `used_minor`. `ceiling_minor`: the limit in force and what covers add;
    None: unlimited, or unset (`unset`). `horizon`: the last delivery day whose orders count whole.
    """

    currency: str
    parts: tuple[Part, ...]
    used_minor: int
    ceiling_minor: int | None
    unset: bool
    rule: str
    policy: str
    horizon: date | None = None

    @property
    def differences(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.agrees)

    @property
    def headroom_minor(self) -> int | None:
        """What is left; None where there is no number: unlimited, or unset."""
        return None if self.ceiling_minor is None else self.ceiling_minor - self.used_minor


_DOCUMENTS = """
with line as (
  select l.*, to_jsonb(l) as counters from limits_creditline l where l.id = %(line)s
), document as (
  select 'open_items' as component, 'invoice' as kind, i.number, i.due_on as day, i.amount_minor,
    i.open_minor, i.order_number as named
  from line l join receivables_invoice i on i.customer_id = l.customer_id
    and i.currency = l.currency and i.scope = l.scope and i.open_minor <> 0
  union all
  select 'unbilled', 'delivery', c.number, c.delivery_on, c.delivered_minor, c.unbilled_minor, ''
  from line l join receivables_orderchain c on c.customer_id = l.customer_id
    and c.currency = l.currency and c.scope = l.scope and c.unbilled_minor > 0
  union all
  select case when r.delivery_on > %(horizon)s::date then 'later' else 'orders' end, 'reservation',
    r.order_ref || '#' || r.order_version, coalesce(r.delivery_on, r.expires_at::date),
    r.amount_minor, r.amount_minor - r.posted_minor, r.order_ref
  from line l join limits_reservation r on r.line_id = l.id and r.state = 'pending'
    and r.amount_minor > r.posted_minor
  union all
  select case when c.delivery_on > %(horizon)s::date then 'later' else 'orders' end, 'order',
    c.number, c.delivery_on, c.ordered_minor, c.open_minor, c.number
  from line l join receivables_orderchain c on c.customer_id = l.customer_id
    and c.currency = l.currency and c.scope = l.scope and c.open_minor > 0
  union all
  select case b.kind when 'listed' then 'listed_bills' when 'bank' then 'bank_bills'
    else 'bills' end, 'bill', b.number, b.due_on, b.amount_minor, b.counts_minor, b.reference
  from line l join receivables_bill b on l.scope = '' and b.customer_id = l.customer_id
    and b.currency = l.currency and b.counts_minor <> 0
  union all
  select 'guarantees', 'guarantee', g.number, g.valid_until, g.amount_minor, g.counts_minor,
    g.beneficiary
  from line l join receivables_guarantee g on l.scope = '' and g.customer_id = l.customer_id
    and g.currency = l.currency and g.counts_minor <> 0
  union all
  select case when r.prepayment then 'prepaid' else 'unapplied' end, 'receipt', r.number,
    r.received_on, r.amount_minor, r.unapplied_minor, r.reference
  from line l join receivables_receipt r on l.scope = '' and r.customer_id = l.customer_id
    and r.currency = l.currency and r.unapplied_minor > 0
    and r.entered and r.confirmed
), numbered as (
  select d.*, count(*) over w as n, sum(open_minor) over w as total,
    row_number() over (partition by component order by open_minor desc, number) as place
  from document d window w as (partition by component)
), later as (
  select coalesce(sum(o.open_minor), 0)::bigint as minor from limits_orderdue o
  where o.line_id = %(line)s and o.due_on > %(horizon)s::date
), journal as (
  select component, sum(delta_minor)::bigint as total from limits_movement
  where line_id = %(line)s group by component
), counted as (
  select c.component, (l.counters ->> (c.component || '_minor'))::bigint as counter,
    coalesce(j.total, 0) as journal
  from line l cross join unnest(%(counters)s::text[]) as c(component)
  left join journal j on j.component = c.component
), told as (
  select component, counter - case when component = 'orders' then minor else 0 end as counter,
    journal - case when component = 'orders' then minor else 0 end as journal
  from counted cross join later
  union all
  select 'later', minor, minor from later
)
select t.component, t.counter, t.journal, coalesce(d.total, 0)::bigint, coalesce(d.n, 0),
  d.kind, d.number, d.day, coalesce(d.amount_minor, 0)::bigint, d.open_minor::bigint, d.named
from told t left join numbered d on d.component = t.component and d.place <= %(most)s
order by d.place
"""


def explain_line(
    line: CreditLine, policy: Policy, today: date, *, most: int = DOCUMENTS_MAX
) -> Explanation:
    """The line's exposure as it is now, under the policy's weights and its horizon from `today`.

    Counters, journal and documents are read in one statement. `line` was found by who may see it.
    """
    horizon = horizon_of(policy, today)
    with connection.cursor() as cursor:
        cursor.execute(
            _DOCUMENTS,
            {
                "line": line.pk,
                "horizon": horizon,
                "counters": list(COUNTERS),
                "most": min(most, DOCUMENTS_MAX),
            },
        )
        rows = cursor.fetchall()
    counters = {row[0]: row[1] for row in rows}
    weighted = {one.component: one for one in explain(Components(**counters), policy.exposure)}
    parts = tuple(
        _part(weighted[name].weight_bps, weighted[name].counts_minor, of_it)
        if name in weighted
        else _part(0, 0, of_it)
        for name in _ORDER
        if (of_it := [row for row in rows if row[0] == name])
    )
    ceiling = None if line.amount_minor is None else line.amount_minor + line.covered_minor
    return Explanation(
        line.currency,
        parts,
        sum(part.counts_minor for part in parts),
        None if line.unlimited else ceiling,
        line.amount_minor is None and not line.unlimited,
        policy.rule,
        f"{policy.name} v{policy.version}",
        horizon,
    )


# Along the way of value, as the waterfall shows it: sold, delivered, ordered, paid by paper, lent.
_ORDER = (
    "open_items",
    "unbilled",
    "orders",
    "later",
    "bills",
    "bank_bills",
    "listed_bills",
    "guarantees",
    "unapplied",
    "prepaid",
)


def _part(weight_bps: int, counts_minor: int, rows: list[tuple[Any, ...]]) -> Part:
    component, counter, journal, documents, count = rows[0][:5]
    named = tuple(Document(*row[5:]) for row in rows if row[5] is not None)
    return Part(component, counter, weight_bps, counts_minor, journal, documents, count, named)


def as_values(told: Explanation) -> dict[str, Any]:
    """For scripts: decimal strings; `counts` carries its sign, so the parts add up to `used`."""

    def text(minor: int | None) -> str | None:
        return None if minor is None else to_text(minor, told.currency)

    return {
        "currency": told.currency,
        "used": text(told.used_minor),
        "limit": text(told.ceiling_minor)
        if told.unset or told.ceiling_minor is not None
        else "unlimited",
        "rule": told.rule,
        "policy": told.policy,
        "orders_until": told.horizon,
        "agrees": not told.differences,
        "components": [
            {
                "component": part.component,
                "amount": text(part.amount_minor),
                "weight_bps": part.weight_bps,
                "counts": text(part.counts_minor),
                "journal": text(part.journal_minor),
                "documents_total": text(part.documents_minor),
                "documents_count": part.documents_count,
                "documents": [
                    {
                        "kind": one.kind,
                        "number": one.number,
                        "day": one.day,
                        "amount": text(one.amount_minor),
                        "open": text(one.open_minor),
                        "named": one.named,
                    }
                    for one in part.documents
                ],
            }
            for part in told.parts
            if part.component != "later" or not part.is_empty
        ],
    }
