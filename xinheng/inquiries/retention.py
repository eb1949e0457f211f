"""Reports of bureaus end: after so many days what they said is emptied, and the row says so.

How many days is each bureau's term (bureaus_v1.json: retention_days), counted from the day on which
the report came; on the last of them it is still there. A report that is still good is left alone.
Grade and score stay only where the terms let them. Facts that a person verified are the file's own
by then and age by their own rules. Example: a report that came on 22 November 2021 and is kept for
1825 days is there on 21 November 2026 and ended on the 22nd.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from xinheng.customers.models import Customer
from xinheng.inquiries.bureau_keeping import emptied
from xinheng.inquiries.bureau_terms import BureauTerms, terms
from xinheng.inquiries.models import BureauReport
from xinheng.ledger.actions import append_one
from xinheng.people.actor import system
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.vault.queries import open_living_keys

ENDED_A_ROUND: Final = 200
WHY: Final = "retention"


def end_reports(*, today: date, at: datetime, most: int = ENDED_A_ROUND) -> int:
    """Empty reports whose days are over, `most` a call, the oldest of each bureau first; found by
    state, one ledger entry each. Returns how many.
    """
    ended = 0
    for bureau in terms().bureaus.values():
        for report_id, customer_id in _over(bureau, today, most - ended):
            ended += _end(report_id, customer_id, bureau, today, at)
    return ended


def _over(bureau: BureauTerms, today: date, most: int) -> list[tuple[UUID, int]]:
    """Reports of a bureau that came before the first day that is still kept."""
    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    first_kept = datetime.combine(today - timedelta(days=bureau.retention_days), time(), zone)
    rows = BureauReport.objects.filter(
        bureau=bureau.code,
        closed_at__isnull=True,
        received_at__lt=first_kept.astimezone(UTC),
        valid_until__lt=today,
    )
    return list(rows.order_by("received_at", "pk").values_list("pk", "customer_id")[:most])


def _end(report_id: UUID, customer_id: int, bureau: BureauTerms, today: date, at: datetime) -> bool:
    """One report, under its customer's lock; False where it was closed or prolonged meanwhile."""
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        open_rows = BureauReport.objects.filter(pk=report_id, closed_at__isnull=True)
        report = open_rows.filter(valid_until__lt=today).defer("raw_sealed").first()
        if report is None:
            return False
        by = system("jobs").ref
        stays = bureau.grade_stays
        emptied([report_id], grade_stays=stays, closed_why=WHY, closed_by=by, at=at)
        rule = {"kept_days": bureau.retention_days, "kept_terms": terms().version}
        BureauReport.objects.filter(pk=report_id).update(**rule)
        _record(report, customer, bureau, by, at)
    return True


def _record(
    report: BureauReport, customer: Customer, bureau: BureauTerms, by: str, at: datetime
) -> None:
    fields = {
        "report": str(report.pk),
        "bureau": report.bureau,
        "product": report.product,
        "sha256": report.raw_sha256,
        "kept_days": str(bureau.retention_days),
        "terms": str(terms().version),
        "grade_stays": "yes" if bureau.grade_stays else "no",
        "by": by,
    }
    living = bool(open_living_keys([customer.data_key_id]))
    told = {"customer": customer.code} if living else {}  # an erased one is named no more
    key = customer.data_key_id if living else None
    append_one("report.ended", {}, told | fields, at=at, key_id=key)
