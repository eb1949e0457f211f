"""Why is it 1,234,567.00? A credit line's exposure taken apart, down to the documents.

Each component has three figures that must agree: the counter that decisions read, the journal of
its movements, and the documents behind it (open invoices; what is promised to orders and the ERP's
own open orders; cash in hand). Components without documents of their own are told by the journal,
document by document. All of it is one statement, so one moment. Example: open items 600,000.00 =
I-1 350,000.00 + I-2 250,000.00, at 100 % → 600,000.00. A difference is an alarm with both figures,
never smoothed over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from msgspec import Struct

from xinheng.credit.exposure import Components, explain
from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.limits.models import CreditLine

DOCUMENTS_MAX = 200
# Components whose documents stand in tables; the others are told by their journal.
DOCUMENTED = ("open_items", "orders", "unapplied")


class Document(Struct, frozen=True):
    """One document behind a component: its whole amount and what of it is still open."""

    kind: str  # invoice | reservation | order | receipt | movement
    number: str
    day: date | None  # due, expires, ordered, received
    amount_minor: int
    open_minor: int


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


class Explanation(Struct, frozen=True):
    """The parts add up to `used_minor`. `ceiling_minor` None: unlimited, or unset (`unset`)."""

    currency: str
    parts: tuple[Part, ...]
    used_minor: int
    ceiling_minor: int | None
    unset: bool
    rule: str
    policy: str

    @property
    def differences(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.agrees)


_DOCUMENTS = """
with line as (
  select l.*, to_jsonb(l) as counters from limits_creditline l where l.id = %(line)s
), document as (
  select 'open_items' as component, 'invoice' as kind, i.number, i.due_on as day, i.amount_minor,
    i.open_minor
  from line l join receivables_invoice i
    on i.customer_id = l.customer_id and i.currency = l.currency and i.open_minor <> 0
  union all
  select 'orders', 'reservation', r.order_ref || '#' || r.order_version, r.expires_at::date,
    r.amount_minor, r.amount_minor - r.posted_minor
  from line l join limits_reservation r on r.line_id = l.id and r.state = 'pending'
  union all
  select 'orders', 'order', o.number, o.ordered_on, o.amount_minor, o.open_minor
  from line l join receivables_order o
    on o.customer_id = l.customer_id and o.currency = l.currency and o.open_minor > 0
  union all
  select 'unapplied', 'receipt', r.number, r.received_on, r.amount_minor, r.unapplied_minor
  from line l join receivables_receipt r
    on r.customer_id = l.customer_id and r.currency = l.currency and r.unapplied_minor > 0
  union all
  select m.component, 'movement', coalesce(nullif(m.document, ''), m.cause), max(m.at)::date,
    sum(m.delta_minor) filter (where m.delta_minor > 0), sum(m.delta_minor)
  from limits_movement m
  where m.line_id = %(line)s and not m.component = any(%(documented)s::text[])
  group by m.component, coalesce(nullif(m.document, ''), m.cause) having sum(m.delta_minor) <> 0
), numbered as (
  select d.*, count(*) over w as n, sum(open_minor) over w as total,
    row_number() over (partition by component order by open_minor desc, number) as place
  from document d window w as (partition by component)
), journal as (
  select component, sum(delta_minor) as total from limits_movement
  where line_id = %(line)s group by component
)
select c.component, (l.counters ->> (c.component || '_minor'))::bigint,
  coalesce(j.total, 0)::bigint, coalesce(d.total, 0)::bigint, coalesce(d.n, 0),
  d.kind, d.number, d.day, coalesce(d.amount_minor, 0)::bigint, d.open_minor::bigint
from line l cross join unnest(%(components)s::text[]) as c(component)
left join journal j on j.component = c.component
left join numbered d on d.component = c.component and d.place <= %(most)s
order by d.place
"""


def explain_line(line: CreditLine, policy: Policy, *, most: int = DOCUMENTS_MAX) -> Explanation:
    """The line's exposure as it is now, under the policy's weights; found by who may see it."""
    with connection.cursor() as cursor:
        cursor.execute(
            _DOCUMENTS,
            {
                "line": line.pk,
                "documented": list(DOCUMENTED),
                "components": list(Components.__struct_fields__),
                "most": min(most, DOCUMENTS_MAX),
            },
        )
        rows = cursor.fetchall()
    counters = {row[0]: row[1] for row in rows}
    weighted = explain(Components(**counters), policy.exposure)
    parts = tuple(
        _part(one.weight_bps, one.counts_minor, [row for row in rows if row[0] == one.component])
        for one in weighted
    )
    return Explanation(
        line.currency,
        parts,
        sum(part.counts_minor for part in parts),
        None if line.unlimited else line.amount_minor,
        line.amount_minor is None and not line.unlimited,
        policy.rule,
        f"{policy.name} v{policy.version}",
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
                    }
                    for one in part.documents
                ],
            }
            for part in told.parts
        ],
    }
