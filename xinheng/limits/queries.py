"""Reads of credit lines and proposals: usage as a drawing needs it, the journal and the proof that
both agree; what waits to be granted, and by whom it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xinheng.credit.exposure import COUNTERS, Components, Weights, explain, used
from xinheng.credit.money import to_text
from xinheng.limits import plan_sql
from xinheng.limits.card import ceiling_on
from xinheng.limits.models import CreditLine, Movement, Proposal
from xinheng.limits.refusals import LimitRefusal
from xinheng.people.actor import Actor
from xinheng.people.queries import Mandate, authority
from xinheng.texts import T


class Usage(NamedTuple):
    """One line's use, in minor units. `ceiling_minor` None only when unlimited; unset counts as
    0, and so does a limit out of its dates.
    """

    line: CreditLine
    components: Components
    used_minor: int
    ceiling_minor: int | None
    headroom_minor: int | None


def lines_of(customer_id: int) -> list[CreditLine]:
    """A customer's own lines, one for each currency, the largest first; a group's limit and
    sub-limits are on the card of the own one.
    """
    mine = CreditLine.objects.filter(customer_id=customer_id, scope="")
    return list(mine.order_by("-amount_minor", "currency"))


def line_of(customer_id: int, currency: str, scope: str = "") -> CreditLine | None:
    mine = CreditLine.objects.filter(customer_id=customer_id, currency=currency, scope=scope)
    return mine.first()


def components_of(line: CreditLine) -> Components:
    return Components(*(getattr(line, f"{name}_minor") for name in COUNTERS))


def usage(line: CreditLine, rule: Weights | None = None, *, today: date | None = None) -> Usage:
    """How much of a line is in use under a policy's weights (all components in full by default).

    today: an expired limit, or one not yet valid, gives nothing on that day; None looks at the
    amount whatever its dates.
    """
    components = components_of(line)
    in_use = used(components, rule) if rule else used(components)
    ceiling = ceiling_on(line, today)
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


def base_limits(
    customer_ids: Sequence[int], *, today: date
) -> dict[tuple[int, str], tuple[int | None, int | None]]:
    """Amount and terms of the base limits that have not ended, also where a temporary one stands
    in for them today: (customer, currency) → (amount, terms).
    """
    with connection.cursor() as cursor:
        cursor.execute(plan_sql.BASE_LIMITS, [today, list(customer_ids), today])
        return {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}


def waiting_proposals(user: Any) -> QuerySet[Proposal]:
    """What waits to be granted among the customers that this person sees.

    Each row carries `limit_now` (None: no limit yet) and `used_now` of its line.
    """
    lines = CreditLine.objects.filter(
        customer=OuterRef("customer"), currency=OuterRef("currency"), scope=OuterRef("scope")
    )
    in_use = (
        F("open_items_minor")
        + F("unbilled_minor")
        + F("orders_minor")
        + F("bills_minor")
        + F("guarantees_minor")
        + F("bank_bills_minor")
        + F("listed_bills_minor")
        - F("unapplied_minor")
        - F("prepaid_minor")
    )
    rows: QuerySet[Proposal] = Proposal.objects.visible_to(user).filter(state="proposed")
    return rows.annotate(
        limit_now=Subquery(lines.values("amount_minor")),
        used_now=Coalesce(Subquery(lines.annotate(n=in_use).values("n")), 0),
    )


class Judged(NamedTuple):
    """Proposals that somebody may grant, and the others with the reason."""

    allowed: list[Proposal]
    refused: list[tuple[Proposal, T]]


def judge_grant(proposals: Sequence[Proposal], actor: Actor) -> Judged:
    """What the actor may grant: amounts within the authority, and none entered by the same person.

    The page shows this before, the action asks it again under the lock.
    """
    if actor.kind == "system":
        return Judged(list(proposals), [])
    person = actor.person()
    ceilings = {
        currency: authority(person, "grant_line", currency)
        for currency in {proposal.currency for proposal in proposals}
    }
    judged = Judged([], [])
    for proposal in proposals:
        ceiling = ceilings[proposal.currency]
        if entered_by(proposal) == person:
            judged.refused.append((proposal, LimitRefusal.OWN_PROPOSAL.value))
        elif covers(ceiling, None if proposal.unlimited else proposal.amount_minor):
            judged.allowed.append(proposal)
        else:
            judged.refused.append((proposal, _above(proposal)))
    return judged


def covers(mandate: Mandate | None, amount_minor: int | None) -> bool:
    """Whether an authority reaches an amount; None is the word unlimited."""
    if mandate is None:
        return False
    return mandate.unlimited if amount_minor is None else mandate.covers(amount_minor)


def entered_by(proposal: Proposal) -> int | None:
    """The person who entered the amount by hand; None where it was calculated."""
    by_hand = (proposal.workings or {}).get("by_hand")
    return by_hand["person"] if by_hand else None


def _above(proposal: Proposal) -> T:
    text: T = LimitRefusal.ABOVE_AUTHORITY.value
    amount = "∞" if proposal.unlimited else to_text(proposal.amount_minor, proposal.currency)
    return text.format(amount=amount, currency=proposal.currency)


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
    ('prepaid', prepaid_minor), ('bank_bills', bank_bills_minor),
    ('listed_bills', listed_bills_minor)) as c(component, counter)
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
