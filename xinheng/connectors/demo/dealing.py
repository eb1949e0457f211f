"""A few contracts and talks of the demonstration, by everybody's actions: two people, real papers.

Bob records and files the paper, Alice puts in force; what the file is told waits for Fang. One
contract ends within the month, one within the quarter, one has no end, one is still a draft. Calls
have follow-ups: one today, two ahead. Everything is simulated. Example: 4 contracts, 5 talks.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from xinheng.connectors.demo.filing import pdf_of
from xinheng.contracts.actions import put_in_force, record_contract
from xinheng.contracts.rows import NewContract
from xinheng.customers.models import Customer
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.uploads import check_upload
from xinheng.people.actor import Actor
from xinheng.relations.actions import record_talk
from xinheng.relations.rows import NewTalk

# days until it ends (None: no end), days of terms, ceiling in whole units; the last stays a draft
CONTRACTS: Final = ((18, 60, 5_000_000), (75, 30, None), (None, 45, 2_000_000), (300, 90, 800_000))
# days ago, how, about, subject, what was said, follow up so many days after today (None: no)
TALKS: Final = (
    (6, "call", "payment", "催收两张逾期发票", "承诺本周付款，需再核对一张发票。", 0),
    (9, "call", "dispute", "质量异议：第三批货", "对方要求换货，等质检报告。", 5),
    (15, "meeting", "credit", "谈下季度额度", "对方希望提高额度，答应提供年报。", 12),
    (21, "mail", "payment", "对账单已寄出", "已寄十月对账单。", None),
    (30, "call", "order", "确认年底交货计划", "计划不变。", None),
)


def deal_some(cast: dict[str, Actor], day: date, *, at: datetime) -> dict[str, int]:
    """Contracts of customers whom Bob sees, and talks with them. Returns how many."""
    bob = cast["bob"]
    known = Customer.objects.filter(simulated=True, status="active").order_by("code")
    chosen = [one for one in known[:400] if bob.reaches(one.business_unit_id)][: len(TALKS)]
    for customer, (left, terms, ceiling) in zip(chosen, CONTRACTS, strict=False):
        until = None if left is None else day + timedelta(days=left)
        _contract(customer, (until, terms, ceiling), cast, day, at)
    for customer, (ago, kind, concerns, subject, text, follow) in zip(chosen, TALKS, strict=False):
        new = NewTalk(
            customer_code=customer.code,
            day=day - timedelta(days=ago),
            kind=kind,
            concerns=concerns,
            subject=subject,
            text=text,
            follow_up_on=None if follow is None else day + timedelta(days=follow),
        )
        record_talk(new, actor=bob, at=at)
    return {"contracts": min(len(chosen), len(CONTRACTS)), "talks": len(chosen)}


def _contract(
    customer: Customer,
    told: tuple[date | None, int, int | None],
    cast: dict[str, Actor],
    day: date,
    at: datetime,
) -> None:
    until, terms, ceiling = told
    number = f"K-{day.year}-{customer.code}"[:40]
    since = day - timedelta(days=340)
    content = pdf_of(f"SIMULATED CONTRACT {number}", f"{since} - {until or 'open'}")
    title = "年度供货框架合同（模拟）"
    filed = NewDocument(customer_code=customer.code, kind="contract", title=title, secrecy=2)
    upload = check_upload(f"{number}.pdf", content)
    document = add_document(filed, upload, actor=cast["bob"], at=at)
    new = NewContract(
        number=number,
        kind="frame",
        title=title,
        valid_from=since,
        valid_until=until,
        signed_on=since,
        currency="CNY" if ceiling else "",
        amount_minor=ceiling * 100 if ceiling else None,
        terms_days=terms,
        governing_law="中国法律",
        retention_of_title=True,
        document_id=document,
    )
    row = record_contract(customer.code, new, actor=cast["bob"], at=at)
    if terms != CONTRACTS[-1][1]:
        put_in_force(row.pk, actor=cast["alice"], at=at)
