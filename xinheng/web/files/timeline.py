"""What happened with a customer, newest first: imports, assessments, limits, decisions, holds.

Each event says what and when, and leads to its own page. The rows are those that the rooms keep
anyway; nothing is written for the timeline. The whole list is capped: a longer history is the
ledger's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse

from xinheng.contracts.models import Contract
from xinheng.credit.money import display
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Decision, Hold
from xinheng.intake.models import ImportBatch
from xinheng.limits.models import Proposal
from xinheng.relations.models import Talk
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.reading import person_name

EVENTS_MAX = 200
EACH_MAX = 60

# A customer's own row, and any document of the customer, as a batch has noted them.
_BATCHES = """
select distinct batch_id from intake_change
where "table" = 'customers_customer' and "row" = %(id)s::text
union
select distinct c.batch_id from receivables_invoice d
join intake_change c on c."table" = 'receivables_invoice' and c."row" = d.id::text
where d.customer_id = %(id)s
union
select distinct c.batch_id from receivables_receipt d
join intake_change c on c."table" = 'receivables_receipt' and c."row" = d.id::text
where d.customer_id = %(id)s
"""


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    icon: str
    title: T
    detail: str
    href: str = ""
    tone: str = ""


def read(user: Any, customer: Customer, *, imports: bool, most: int = EVENTS_MAX) -> list[Event]:
    """The newest events. `imports` costs a look through the customer's documents."""
    events = [
        *_assessments(user, customer),
        *_grants(customer),
        *_decisions(user, customer),
        *_holds(user, customer),
        *_talks(user, customer),
        *_contracts(user, customer),
    ]
    if imports:
        events.extend(_imports(user, customer))
    return sorted(events, key=lambda event: event.at, reverse=True)[:most]


def _assessments(user: Any, customer: Customer) -> Iterator[Event]:
    rows = Assessment.objects.visible_to(user).filter(customer=customer).order_by("-assessed_at")
    for row in rows[:EACH_MAX]:
        title = (
            T("评为 {g}", "Rated {g}").format(g=row.grade)
            if row.grade
            else T("评估后未评级：资料不足", "Assessed, not rated: too little is known")
        )
        points = str(T("{p} 分", "{p} points").format(p=row.points)) if row.points else ""
        yield Event(
            row.assessed_at,
            "scale",
            title,
            f"{points} · {words.ref(row.card)}".strip(" ·"),
            "#rating",
        )


def _grants(customer: Customer) -> Iterator[Event]:
    words_of = {
        "proposed": T("建议额度", "Limit proposed"),
        "granted": T("核定额度", "Limit granted"),
        "rejected": T("建议未采纳", "Proposal rejected"),
        "superseded": T("建议被取代", "Proposal superseded"),
    }
    rows = Proposal.objects.filter(customer=customer).select_related("decided_by")
    for row in rows.order_by("-proposed_at")[:EACH_MAX]:
        amount = f"{display(row.amount_minor, row.currency)} {row.currency}"
        by = f" · {person_name(row.decided_by)}" if row.decided_by else ""
        at = row.decided_at or row.proposed_at
        yield Event(at, "coins", words_of[row.state], amount + by, "#limit")


def _decisions(user: Any, customer: Customer) -> Iterator[Event]:
    rows = Decision.objects.visible_to(user).filter(customer=customer).order_by("-decided_at")
    for row in rows[:EACH_MAX]:
        outcome = words.OUTCOMES[row.outcome]
        title = T(
            f"订单 {row.order_ref}：{outcome.text.zh}", f"Order {row.order_ref}: {outcome.text.en}"
        )
        amount = f"{display(row.amount_minor, row.currency)} {row.currency}"
        href = reverse("decision", args=[row.pk])
        yield Event(row.decided_at, "clipboard-check", title, amount, href, outcome.tone)


def _holds(user: Any, customer: Customer) -> Iterator[Event]:
    rows = Hold.objects.visible_to(user).filter(customer=customer, ended_at__isnull=False)
    for row in rows.select_related("decision", "ended_by").order_by("-ended_at")[:EACH_MAX]:
        state, tone = words.HOLD_STATES[row.state]
        ref = row.decision.order_ref
        title = T(f"订单 {ref} 的冻结{state.zh}", f"Hold of order {ref}: {state.en.lower()}")
        said = " · ".join(
            part for part in (person_name(row.ended_by) if row.ended_by else "", row.reason) if part
        )
        href = reverse("decision", args=[row.pk])
        yield Event(row.ended_at or row.opened_at, "hand-stop", title, said, href, tone)


def _talks(user: Any, customer: Customer) -> Iterator[Event]:
    rows = Talk.objects.all().visible_to(user).filter(customer=customer, withdrawn_at=None)
    for row in rows.select_related("recorded_by").order_by("-recorded_at")[:EACH_MAX]:
        title = T(f"沟通：{row.subject}", f"Talk: {row.subject}")
        href = reverse("talk", args=[row.pk])
        yield Event(row.recorded_at, "phone", title, row.recorded_by.name, href)


def _contracts(user: Any, customer: Customer) -> Iterator[Event]:
    mine = Contract.objects.all().visible_to(user).filter(customer=customer)
    rows = mine.filter(in_force_at__isnull=False).select_related("in_force_by")
    for row in rows.order_by("-in_force_at")[:EACH_MAX]:
        title = T(f"合同 {row.number} 生效", f"Contract {row.number} in force")
        by = person_name(row.in_force_by) if row.in_force_by else ""
        href = reverse("contract", args=[row.pk])
        yield Event(row.in_force_at or row.recorded_at, "contract", title, by, href)


def _imports(user: Any, customer: Customer) -> Iterator[Event]:
    kinds = {
        "customers": T("客户资料导入", "Customers imported"),
        "invoices": T("发票导入", "Invoices imported"),
        "receipts": T("收款导入", "Receipts imported"),
        "orders": T("订单导入", "Orders imported"),
        "statements": T("报表导入", "Statements imported"),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, {"id": customer.pk})
        ids = [row[0] for row in cursor.fetchall()]
    may_open = user.may("imports.run")
    for row in ImportBatch.objects.filter(pk__in=ids).order_by("-started_at")[:EACH_MAX]:
        href = f"/imports/{row.pk}/" if may_open else ""
        yield Event(row.started_at, "file-import", kinds[row.kind], row.file_name, href)
