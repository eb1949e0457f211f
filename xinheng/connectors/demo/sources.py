"""The three data sets that ship in `book/`, read as they are; ATTRIBUTION.md says whose they are.

Amounts stay text until they become `Decimal`, dates become dates. Orders of the wholesaler with a
negative amount are its cancellations; they become credit notes.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

_BOOK = Path(__file__).parent / "book"


class SourceOrder(NamedTuple):
    """One real order; only Northwind tells `shipped_on`, only the wholesaler `country`."""

    number: str
    customer: str
    country: str
    ordered_on: date
    shipped_on: date | None
    amount: Decimal


class SourceCustomer(NamedTuple):
    code: str
    name: str
    city: str
    country: str


def wholesaler_orders() -> list[SourceOrder]:
    """UCI Online Retail: orders and cancellations in GBP."""
    return [
        SourceOrder(
            row["number"],
            row["customer"],
            row["country"],
            date.fromisoformat(row["ordered_on"]),
            None,
            Decimal(row["amount_gbp"]),
        )
        for row in _rows("uci_orders")
    ]


def northwind_orders() -> list[SourceOrder]:
    """Northwind: orders in USD, without freight."""
    return [
        SourceOrder(
            row["number"],
            row["customer"],
            "",
            date.fromisoformat(row["ordered_on"]),
            date.fromisoformat(row["shipped_on"]) if row["shipped_on"] else None,
            Decimal(row["amount_usd"]),
        )
        for row in _rows("northwind_orders")
    ]


def northwind_customers() -> list[SourceCustomer]:
    return [
        SourceCustomer(row["customer"], row["name"], row["city"], row["country"])
        for row in _rows("northwind_customers")
    ]


def firm_years() -> list[dict[str, str]]:
    """Eight years of eight US listed firms, in millions of USD; `failed` says what came after."""
    return list(_rows("us_firm_years"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(_BOOK / f"{name}.csv.gz", "rb") as packed:
        yield from csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
