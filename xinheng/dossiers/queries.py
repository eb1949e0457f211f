"""Reads of the credit file's papers: the newest statement of each customer, versions of a
statement, documents and those that expire.

Statements are read in two times: the period that they speak of and the instant at which they were
known. Example: sales of 2025 were told as 300.00 in March and as 310.00 in April; `latest` with
`known_at` in March gives the first, without it the second. Ratios: statement_ratios.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from xinheng.dossiers.models import Document, Statement
from xinheng.dossiers.statement_ratios import Ratio, ratios
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

__all__ = [
    "Expiring",
    "Filed",
    "Ratio",
    "document_place",
    "documents_of",
    "expiring",
    "latest",
    "ratios",
    "statements_of",
    "versions_of",
    "year_before",
]

STATEMENTS_MAX = 40
DOCUMENTS_MAX = 1_000
EXPIRING_MAX = 10_000


def latest(
    customer_ids: Iterable[int],
    as_of: date | None = None,
    *,
    known_at: datetime | None = None,
) -> dict[int, Statement]:
    """Each customer's newest statement (period ended by `as_of`, as known at `known_at`); customers
    without are absent.

    Of two with the same period end the alphabetically first currency counts, and the company's own
    accounts before the group's.
    """
    found = Statement.objects.all().known(known_at).filter(customer_id__in=list(customer_ids))
    if as_of is not None:
        found = found.filter(period_end__lte=as_of)
    ordered = found.order_by("customer_id", *_NEWEST).distinct("customer_id")
    return {statement.customer_id: statement for statement in ordered}


def statements_of(
    user: Any, customer_id: int, limit: int = 10, *, known_at: datetime | None = None
) -> list[Statement]:
    """A customer's statements that the user may see, the newest first, as known at an instant."""
    visible = Statement.objects.all().visible_to(user).known(known_at)
    rows = visible.filter(customer_id=customer_id).select_related("entered_person", "verified_by")
    return list(rows.order_by(*_NEWEST)[: min(limit, STATEMENTS_MAX)])


def versions_of(user: Any, statement: Statement) -> list[Statement]:
    """All versions of a statement's period, currency and scope, the newest first."""
    visible = Statement.objects.all().visible_to(user)
    same = visible.filter(
        customer_id=statement.customer_id,
        period_end=statement.period_end,
        currency=statement.currency,
        consolidated=statement.consolidated,
    )
    rows = same.select_related("entered_person", "verified_by")
    return list(rows.order_by("-known_since", "-pk")[:STATEMENTS_MAX])


def year_before(
    customer_id: int, period_end: date, currency: str, consolidated: bool
) -> Statement | None:
    """What stands for the period that ended a year earlier."""
    rows = Statement.objects.filter(
        customer_id=customer_id,
        period_end__year=period_end.year - 1,
        period_end__month=period_end.month,
        currency=currency,
        consolidated=consolidated,
        known_until__isnull=True,
    )
    return rows.order_by("-period_end").first()


_NEWEST = ("-period_end", "currency", "consolidated", "pk")


class Filed(Struct, frozen=True, kw_only=True):
    """A document as the file lists it; title, name and reason are None where the key is gone."""

    id: UUID
    kind: str
    form: str
    title: str | None
    file_name: str | None
    secrecy: int
    bytes_count: int
    pages: int | None
    width: int | None
    height: int | None
    sha256: str
    valid_from: date | None
    valid_until: date | None
    uploaded_by: str
    uploaded_at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


def documents_of(user: Any, customer_id: int) -> list[Filed]:
    """A customer's documents that the user may see, the newest first, withdrawn ones too."""
    visible = Document.objects.all().visible_to(user).filter(customer_id=customer_id)
    rows = list(visible.select_related("customer").order_by("-uploaded_at", "id")[:DOCUMENTS_MAX])
    keys = open_living_keys({row.customer.data_key_id for row in rows})
    return [_filed(row, keys.get(row.customer.data_key_id)) for row in rows]


def document_place(column: str, document_id: UUID) -> str:
    """Where a document's text is sealed for."""
    return f"dossiers_document.{column}.{document_id}"


def _filed(row: Document, key: Any) -> Filed:
    def told(column: str) -> str | None:
        sealed = getattr(row, f"{column}_sealed")
        if key is None or sealed is None:
            return None
        return open_sealed(key, document_place(column, row.pk), bytes(sealed)).decode()

    fields = Filed.__struct_fields__
    columns: dict[str, Any] = {name: getattr(row, name) for name in fields if hasattr(row, name)}
    for name in ("title", "file_name", "withdrawn_reason"):
        columns[name] = told(name)
    return Filed(**columns)


class Expiring(Struct, frozen=True):
    """A document whose validity ends, or has ended."""

    document_id: UUID
    customer_id: int
    kind: str
    valid_until: date


def expiring(days: int, *, today: date, kinds: Iterable[str] = ("licence",)) -> list[Expiring]:
    """Documents that stand in a file and end within so many days, those that have ended included,
    the earliest first. One that another replaced is listed until it is withdrawn: which paper
    replaces which, nobody but a person can say. Example: 2026-11-20, 30 days → up to 2026-12-20.
    """
    rows = Document.objects.filter(
        withdrawn_at__isnull=True, valid_until__lte=today + timedelta(days=days), kind__in=kinds
    ).order_by("valid_until", "id")
    return [
        Expiring(row.pk, row.customer_id, row.kind, row.valid_until)
        for row in rows.defer("title_sealed", "file_name_sealed")[:EXPIRING_MAX]
        if row.valid_until is not None
    ]
