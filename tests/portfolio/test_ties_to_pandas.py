"""Real ledgers, read from the shared data, tie to the cent to what an independent script gets.

The script below knows nothing of this project: it reads the files with pandas, in whole cents, and
ages what it finds. The files may not be copied into the project, so the test is skipped where they
are not beside it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.receivables.conftest import AT, CLERK

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ar"
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/ar is not on this machine"),
    pytest.mark.django_db,
]
EDGES = [-(10**6), 0, 30, 60, 90, 180, 365, 10**6]
NAMES = ["not_due", "1-30", "31-60", "61-90", "91-180", "181-365", "365+"]


def cents(column: pd.Series) -> pd.Series:
    whole = column.str.partition(".")[0]
    rest = column.str.partition(".")[2].str.pad(2, side="right", fillchar="0").str[:2]
    assert not column.str.startswith("-").any()
    return whole.astype("int64") * 100 + rest.astype("int64")


def ibm() -> pd.DataFrame:
    raw = pd.read_csv(DATA / "ibm_late_payment_histories.csv", dtype=str)
    return pd.DataFrame(
        {
            "number": raw.invoiceNumber,
            "customer": raw.customerID,
            "currency": "USD",
            "cents": cents(raw.InvoiceAmount),
            "issued": pd.to_datetime(raw.InvoiceDate, format="%m/%d/%Y"),
            "due": pd.to_datetime(raw.DueDate, format="%m/%d/%Y"),
            "settled": pd.to_datetime(raw.SettledDate, format="%m/%d/%Y"),
        }
    )


def paid() -> pd.DataFrame:
    raw = pd.read_csv(DATA / "noncommercial" / "highradius_closed_dev.csv.zip", dtype=str)
    due = pd.to_datetime(raw.due_in_date)
    net = pd.to_timedelta(pd.to_numeric(raw.net_days_mode).fillna(0), unit="D")
    return pd.DataFrame(
        {
            "number": raw["row"],
            "customer": raw.cust_number,
            "currency": raw.currency_mode.fillna("USD"),
            "cents": cents(raw.total_open_amount),
            "issued": due - net,
            "due": due,
            "settled": pd.to_datetime(raw.clear_date),
        }
    )


def still_open() -> pd.DataFrame:
    raw = pd.read_csv(DATA / "noncommercial" / "highradius_open_dev.csv.zip", dtype=str)
    return pd.DataFrame(
        {
            "number": raw.doc_id.str.removesuffix(".0"),
            "customer": raw.cust_key,
            "currency": raw.invoice_currency,
            "cents": cents(raw.total_open_amount),
            "issued": pd.to_datetime(raw.posting_date),
            "due": pd.to_datetime(raw.due_in_date),
            "settled": pd.NaT,
        }
    )


FILES = {
    "ibm": (DATA / "ibm_late_payment_histories.csv", ibm),
    "paid": (DATA / "noncommercial" / "highradius_closed_dev.csv.zip", paid),
    "open": (DATA / "noncommercial" / "highradius_open_dev.csv.zip", still_open),
}
DAYS = {
    "ibm": ["2012-03-15", "2012-12-31", "2013-06-30", "2013-11-30", "2026-11-22"],
    "paid": ["2019-01-02", "2019-05-31", "2019-09-30", "2019-12-31", "2020-02-29", "2026-11-22"],
    "open": ["2020-02-27", "2020-03-13", "2020-05-01", "2020-12-31", "2021-06-30"],
}


def by_pandas(book: pd.DataFrame, as_of: str, currency: str) -> dict[str, Any]:
    day = pd.Timestamp(as_of)
    book = book[(book.currency == currency) & (book.cents > 0)]
    # Paid on the day is paid; paid before it was issued counts from the issue date.
    now = book[(book.issued <= day) & ~(book.settled <= day)]
    early = book[(book.settled <= day) & (book.issued > day)]
    late = (day - now.due).dt.days
    ageing = now.cents.groupby(pd.cut(late, EDGES, labels=NAMES), observed=False).sum()
    return {
        "ageing": {name: int(ageing[name]) for name in NAMES},
        "unapplied": int(early.cents.sum()),
        "customers": int(now.customer.nunique()),
        "open": int(now.cents.sum()),
        "overdue": int(now.cents[late > 0].sum()),
    }


@pytest.fixture
def seller(settings: Any, tmp_path: Path) -> None:
    from xinheng.people.models import Company

    settings.XINHENG_IMPORTS_DIR = tmp_path
    Company.objects.create(name="远衡贸易", base_currency="USD", set_up_at=AT)


def bring(path: Path) -> Any:
    from xinheng.connectors.files.imports import run_import

    return run_import(
        "invoices", path, actor=CLERK, at=AT, default_currency="USD", skip_bad=True, assess=False
    )


@pytest.mark.parametrize("name", FILES)
def test_the_book_ties_to_an_independent_script(name: str, seller: None) -> None:
    from xinheng.portfolio.queries import book

    path, script = FILES[name]
    expected = script()
    result = bring(path)
    assert result.counts.rejected == 0, result
    assert result.counts.created == expected.number.nunique()
    for as_of in DAYS[name]:
        for currency in sorted(expected.currency.unique()):
            found = book(date.fromisoformat(as_of), currency)
            assert {
                "ageing": found.ageing,
                "unapplied": found.unapplied_minor,
                "customers": found.customers,
                "open": found.open_minor,
                "overdue": found.overdue_minor,
            } == by_pandas(expected, as_of, currency), (as_of, currency)


def test_the_real_ledger_twice_changes_nothing(seller: None) -> None:
    first, second = bring(FILES["open"][0]), bring(FILES["open"][0])
    assert second.counts.unchanged == first.counts.created
    assert (second.counts.created, second.counts.updated) == (0, 0)
