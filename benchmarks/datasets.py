"""The real files that models are measured on. None of them ships with the product.

They are read from the folder in XINHENG_DATASETS (by default `shared/data` beside the repository's
folder): German credit and UCI card default (CC BY 4.0), HMEQ, Polish and US bankruptcies, and
receivables under CC BY-NC, which are measured with and never shipped. What a person has to decide
before a model may be learnt (which blanks are codes, which ratios make sense) stands here, in the
open, because it moves the figures.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from pathlib import Path

import numpy as np
from msgspec import Struct

from xinheng.learning.binning import MONOTONE, Rule, Shape
from xinheng.learning.card import Plan
from xinheng.learning.columns import Column, Integers, Truths, column_of
from xinheng.learning.derived import Derived, extend
from xinheng.learning.features import Invoices

FOLDER = Path(
    os.environ.get("XINHENG_DATASETS", Path(__file__).resolve().parents[2] / "shared" / "data")
)
# What the bureau reports about an applicant. A blank says that it has nothing on file, which the
# applicant can't bring about by keeping silent; so it is a code and not a missing value.
HMEQ_BUREAU = ("Derogatories", "Delinquencies", "CLAGE", "Inquiries", "CLNO")


class Dataset(Struct, frozen=True):
    """Columns, outcomes, and how its scorecard is planned."""

    name: str
    columns: dict[str, Column]
    bad: Truths
    shapes: tuple[Shape, ...] = MONOTONE
    codes: dict[str, tuple[float, ...]] = {}

    def plan(self) -> Plan:
        """The same for all but what a person must tell."""
        return Plan(self.name, rule=Rule(shapes=self.shapes), codes=self.codes)


def there() -> bool:
    """Whether the files are on this machine."""
    return (FOLDER / "credit_scoring").is_dir()


def read(path: str) -> dict[str, list[str]]:
    """The columns of a CSV, or of the one inside a zip, as texts."""
    raw = (FOLDER / path).read_bytes()
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = packed.read(packed.namelist()[0])
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    return {name: [row[i].strip() for row in rows[1:]] for i, name in enumerate(rows[0])}


def _table(
    path: str, outcome: str, word: str, drop: tuple[str, ...] = ()
) -> tuple[dict[str, Column], Truths]:
    texts = read(path)
    bad = np.array([text == word for text in texts.pop(outcome)], dtype=np.bool_)
    return {key: column_of(value) for key, value in texts.items() if key not in drop}, bad


def german() -> Dataset:
    columns, bad = _table("credit_scoring/german_credit.csv.zip", "creditability", "bad")
    return Dataset("German credit", columns, bad)


def card_default() -> Dataset:
    columns, bad = _table(
        "credit_scoring/uci_taiwan_credit_card_30000.csv.zip",
        "default_payment_next_month",
        "1",
        ("ID",),
    )
    return Dataset("UCI card default", columns, bad)


def hmeq(*, bureau_codes: bool = True) -> Dataset:
    columns, bad = _table("credit_scoring/hmeq.csv.zip", "Default", "1")
    if not bureau_codes:
        return Dataset("HMEQ, blanks as missing", columns, bad)
    for key in HMEQ_BUREAU:
        columns[key] = np.where(np.isnan(columns[key]), -1.0, columns[key])
    codes = dict.fromkeys(HMEQ_BUREAU, (-1.0,))
    return Dataset("HMEQ", columns, bad, codes=codes)


def polish() -> Dataset:
    columns, bad = _table("bankruptcy/polish_5year.csv.zip", "class", "1")
    return Dataset("Polish year 5", columns, bad)


_US_RATIOS = (
    Derived("working_capital", "difference", ("current_assets", "total_current_liabilities")),
    Derived("equity", "difference", ("total_assets", "total_liabilities")),
    Derived("quick_assets", "difference", ("current_assets", "inventory")),
    Derived("cash_like", "difference", ("quick_assets", "total_receivables")),
    Derived("wc_to_assets", "ratio", ("working_capital", "total_assets")),
    Derived("re_to_assets", "ratio", ("retained_earnings", "total_assets")),
    Derived("ebit_to_assets", "ratio", ("ebit", "total_assets")),
    Derived("ebitda_to_assets", "ratio", ("ebitda", "total_assets")),
    Derived("income_to_assets", "ratio", ("net_income", "total_assets")),
    Derived("sales_to_assets", "ratio", ("net_sales", "total_assets")),
    Derived("debt_to_assets", "ratio", ("total_liabilities", "total_assets")),
    Derived("long_debt_to_assets", "ratio", ("total_long_term_debt", "total_assets")),
    Derived("market_to_debt", "ratio", ("market_value", "total_liabilities")),
    Derived("market_to_assets", "ratio", ("market_value", "total_assets")),
    Derived("current_ratio", "ratio", ("current_assets", "total_current_liabilities")),
    Derived("cash_ratio", "ratio", ("cash_like", "total_current_liabilities")),
    Derived("cash_to_assets", "ratio", ("cash_like", "total_assets")),
    Derived("gross_margin", "ratio", ("gross_profit", "net_sales")),
    Derived("net_margin", "ratio", ("net_income", "net_sales")),
    Derived("cover", "ratio", ("ebitda", "total_liabilities")),
    Derived("stock_to_sales", "ratio", ("inventory", "net_sales")),
    Derived("receivables_to_sales", "ratio", ("total_receivables", "net_sales")),
    Derived("wear", "ratio", ("depreciation_amortization", "total_assets")),
    Derived("current_share", "ratio", ("total_current_liabilities", "total_liabilities")),
)


def us_firms() -> Dataset:
    columns, bad = _table("bankruptcy/us_firm_years_dev.csv.zip", "failed", "1", ("year",))
    return Dataset("US firm-years", extend(columns, _US_RATIOS), bad)


# Where the terms of an invoice are not told, nearly nine in ten of the others had fifteen days.
_USUAL_TERMS = 15


def receivables() -> Invoices:
    """Paid invoices of 537 customers. An invoice was written on its due day less its terms."""
    texts = read("ar/noncommercial/highradius_closed_dev.csv.zip")
    due, cleared = (_days(texts[key]) for key in ("due_in_date", "clear_date"))
    net = column_of(texts["net_days_mode"])
    return Invoices(
        customer=np.array(texts["cust_number"], dtype=object),
        written=due - np.where(np.isnan(net), _USUAL_TERMS, net).astype(np.int64),
        due=due,
        cleared=cleared,
        amount=column_of(texts["total_open_amount"]),
        net_days=net,
    )


def _days(texts: list[str]) -> Integers:
    return np.array(texts, dtype="datetime64[D]").astype(np.int64)
