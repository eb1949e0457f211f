"""What contracts tell the credit file: one fact per kind, that waits to be verified.

Two contracts of a customer are no disagreement, so they share a source ("contracts") and one fact
names all that are in force; the newest fact of a source succeeds the one before. Worked: frame
contracts K-1 (60 days, ceiling 5,000,000.00 CNY) and K-2 → "K-1 框架合同，账期 60 天，上限
5,000,000.00 CNY；K-2 框架合同", valid from the first day of the first to the last day of the last.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from xinheng.contracts.models import Contract
from xinheng.contracts.queries import last_day
from xinheng.credit.money import display
from xinheng.dossiers.facts import enter_fact
from xinheng.dossiers.rows import NewFact
from xinheng.people.actor import Actor

SOURCE: Final = "contracts"
FIELDS: Final = {
    "frame": "frame_contract",
    "single": "frame_contract",
    "guarantee": "security_given",
    "security": "security_given",
}
KINDS: Final = {
    "frame": "框架合同",
    "single": "单笔合同",
    "guarantee": "保证合同",
    "security": "担保物合同",
}
TOLD_MAX: Final = 12  # a file's value is one line; the rest is counted


def tell(row: Contract, day: date, *, actor: Actor, at: datetime) -> int:
    """A step of putting in force and of ending: enter what is now in force. Returns the fact."""
    field = FIELDS[row.kind]
    kinds = [kind for kind, told in FIELDS.items() if told == field]
    rows = Contract.objects.filter(
        customer_id=row.customer_id, kind__in=kinds, state__in=["in_force", "ended", "terminated"]
    )
    standing = [one for one in rows.order_by("number", "id") if _lasts(one, day)] or [row]
    ends = [last_day(one) for one in standing]
    new = NewFact(
        customer_code=row.customer.code,
        field=field,
        value=_sentence(standing),
        source=SOURCE,
        reliability="A",
        observed_on=day,
        valid_from=min(one.valid_from for one in standing),
        valid_until=None if None in ends else max(one for one in ends if one),
        evidence=f"document:{row.document_id}",
        legal_basis="contract",
    )
    return enter_fact(new, actor=actor, at=at)


def _lasts(row: Contract, day: date) -> bool:
    end = last_day(row)
    return end is None or end >= day


def _sentence(rows: list[Contract]) -> str:
    told = "；".join(_one(row) for row in rows[:TOLD_MAX])
    return told + (f"；另 {len(rows) - TOLD_MAX} 份" if len(rows) > TOLD_MAX else "")


def _one(row: Contract) -> str:
    parts = [f"{row.number} {KINDS[row.kind]}"]
    if row.terms_days is not None:
        parts.append(f"账期 {row.terms_days} 天")
    if row.amount_minor is not None:
        parts.append(f"上限 {display(row.amount_minor, row.currency)} {row.currency}")
    return "，".join(parts)
