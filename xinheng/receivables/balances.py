"""What the documents of some customers amount to, per account: customer, currency and scope.

Open items, orders and what is unbilled stand in the scope of their document (a product's, a
project's sub-limit); cash, bills and guarantees belong to the customer as a whole, scope "". Two
balances, before and after, are all that is posted. Example: open item of 80.00 due 1 October in
scope "product:CEM-42" is due[(7, "CNY", "product:CEM-42"), 2026-10-01] = 8000.

Read only; `settling` writes what is read here.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

Account = tuple[int, str, str]  # customer, currency, scope


class Balances(NamedTuple):
    """Minor units by component and account; due: also by day, disputed: by day and acceptance."""

    components: dict[str, dict[Account, int]]
    due: dict[tuple[Any, ...], int]
    order_due: dict[tuple[Any, ...], int]
    disputed: dict[tuple[Any, ...], int]


# component → what of it the documents say, one row per account
_SUMS: Final = {
    "orders": ("receivables_orderchain", "open_minor", "scope", "true"),
    "unbilled": ("receivables_orderchain", "unbilled_minor", "scope", "true"),
    "unapplied": (
        *("receivables_receipt", "unapplied_minor", "''"),
        "entered and confirmed and not prepayment",
    ),
    "prepaid": (
        *("receivables_receipt", "unapplied_minor", "''"),
        "entered and confirmed and prepayment",
    ),
    "bills": ("receivables_bill", "counts_minor", "''", "kind = 'commercial'"),
    "bank_bills": ("receivables_bill", "counts_minor", "''", "kind = 'bank'"),
    "listed_bills": ("receivables_bill", "counts_minor", "''", "kind = 'listed'"),
    "guarantees": ("receivables_guarantee", "counts_minor", "''", "true"),
}
COMPONENTS: Final = ("open_items", *_SUMS)

_DAYS: Final = {
    "due": ("receivables_invoice", "due_on", "true"),
    "order_due": ("receivables_orderchain", "delivery_on", "delivery_on is not null"),
    "disputed": (
        *("receivables_invoice", "due_on, dispute_accepted_on"),
        "disputed and dispute_accepted_on is not null",
    ),
}


def balances(cursor: Any) -> Balances:
    """What the touched pairs carry now."""
    days = {name: _by_day(cursor, *source) for name, source in _DAYS.items()}
    components = {name: _sum(cursor, *source) for name, source in _SUMS.items()}
    return Balances({"open_items": _by_account(days["due"])} | components, **days)


def _by_day(cursor: Any, table: str, days: str, where: str) -> dict[tuple[Any, ...], int]:
    cursor.execute(
        f"select customer_id, currency, scope, {days}, sum(open_minor)::bigint from {table}"
        f" join touched_pair using (customer_id, currency) where open_minor <> 0 and {where}"
        f" group by customer_id, currency, scope, {days}"
    )
    return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}


def _sum(cursor: Any, table: str, column: str, scope: str, where: str) -> dict[Account, int]:
    cursor.execute(
        f"select customer_id, currency, {scope}, sum({column})::bigint from {table}"
        " join touched_pair using (customer_id, currency)"
        f" where {column} <> 0 and {where} group by 1, 2, 3"
    )
    return {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}


def _by_account(due: dict[tuple[Any, ...], int]) -> dict[Account, int]:
    total: dict[Account, int] = {}
    for (customer, currency, scope, _), amount in due.items():
        account = (customer, currency, scope)
        total[account] = total.get(account, 0) + amount
    return total
