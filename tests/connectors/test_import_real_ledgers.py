"""The real files of ../shared load to the last cent; skipped where they are not there."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from xinheng.customers.models import Customer, OtherName
from xinheng.receivables.models import Invoice

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
LEDGER = SHARED / "ar" / "noncommercial"
IBM = SHARED / "ar" / "ibm_late_payment_histories.csv"
needs_ledger = pytest.mark.skipif(not LEDGER.is_dir(), reason="../shared/data is not here")
Bring = Callable[..., Any]


def _rows(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return list(csv.DictReader(io.StringIO(text)))


@needs_ledger
def test_the_real_ledger_loads_as_it_was_agreed(bring: Bring) -> None:
    closed, opened = (LEDGER / f"highradius_{kind}_dev.csv.zip" for kind in ("closed", "open"))
    result = bring("invoices", closed)
    assert (result.profile, result.counts.created) == ("highradius-closed", 25_253)
    for row in _rows(closed)[::500]:
        invoice = Invoice.objects.select_related("customer").get(number=row["row"])
        due = date.fromisoformat(row["due_in_date"])
        assert invoice.customer.code == row["cust_number"]
        assert Decimal(invoice.amount_minor) / 100 == Decimal(row["total_open_amount"])
        assert invoice.currency == (row["currency_mode"] or "USD")
        assert invoice.issued_on == due - timedelta(days=int(row["net_days_mode"] or 0))
        assert (invoice.due_on, str(invoice.settled_on)) == (due, row["clear_date"])
        assert invoice.open_minor == 0
    result = bring("invoices", opened)
    assert (result.profile, result.counts.created, result.warning_count) == (
        *("highradius-open", 6_432, 10),
    )
    rows = _rows(opened)
    total = sum(Decimal(row["total_open_amount"]) for row in rows)
    found = sum(Invoice.objects.exclude(open_minor=0).values_list("open_minor", flat=True))
    assert Decimal(found) / 100 == total
    assert Invoice.objects.filter(number=rows[0]["doc_id"].removesuffix(".0")).exists()
    assert Customer.objects.count() == 556
    names = Counter(row["name_customer"] for row in rows if row["cust_key"] == "200769623")
    spelled = OtherName.objects.filter(customer__code="200769623").count()
    assert (len(names), spelled) == (11, 10)  # the closed file's stem is one of them
    assert bring("invoices", closed).counts.unchanged == 25_253


@pytest.mark.skipif(not IBM.is_file(), reason="../shared/data is not here")
def test_the_ibm_file_reads_month_first_and_takes_the_base_currency(bring: Bring) -> None:
    result = bring("invoices", IBM)
    assert result.counts.created == 2_466
    assert set(result.date_orders.values()) == {"mdy"}
    invoice = Invoice.objects.get(number="611365")
    assert (invoice.issued_on, invoice.due_on) == (date(2013, 1, 2), date(2013, 2, 1))
    assert (invoice.currency, invoice.amount_minor) == ("CNY", 5_594)
    assert Invoice.objects.filter(disputed=True).count() == 561
    assert not Invoice.objects.exclude(open_minor=0).exists()
