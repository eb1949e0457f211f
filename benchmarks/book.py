"""The book of 100,000 invoices, read as a whole: today, half a year ago, and how each buyer pays.

- `book_today`, `book_half_a_year_ago`: the portfolio's figures, against one plain GROUP BY over the
  stored open amounts (which can only tell today's). Milliseconds, median of nine; the ratio is
  yardstick ÷ ours, so that more is better everywhere.
- `behaviour`: payment figures of all customers at once, against the plain sum per customer of what
  was paid in the window. Customers a second; the ratio is ours ÷ yardstick.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.imports import ROWS, bring, check_books, found_company, write_ledger
from benchmarks.scratch import installation

ROUNDS = 9


def measure() -> dict[str, dict[str, Any]]:
    today = datetime.now(UTC).date()
    with installation() as paths:
        found_company()
        file = paths.root / "invoices.csv"
        write_ledger(file, today)
        bring("invoices", file, created=ROWS, assess=False)
        check_books()
        _vacuum()
        return _books(today) | {"behaviour": _behaviour(today)}


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def _books(today: date) -> dict[str, dict[str, Any]]:
    from xinheng.portfolio.queries import book

    yardstick = _milliseconds(lambda: _fetch(_PLAIN, [today]))
    earlier = today - timedelta(days=182)
    return {
        "book_today": _time(_milliseconds(lambda: book(today, "CNY")), yardstick),
        "book_half_a_year_ago": _time(_milliseconds(lambda: book(earlier, "CNY")), yardstick),
    }


_PLAIN = (
    "select least((%s - due_on) / 30, 13), sum(open_minor) from receivables_invoice"
    " where currency = 'CNY' and open_minor <> 0 group by 1"
)
_PAID = """
select i.customer_id, sum(a.amount_minor), sum(a.amount_minor * (a.applied_on - i.due_on))
from receivables_allocation a join receivables_invoice i on i.id = a.invoice_id
where a.applied_on > %s group by 1
"""


def _behaviour(today: date) -> dict[str, Any]:
    from xinheng.customers.models import Customer
    from xinheng.receivables.queries import behaviour

    ids = list(Customer.objects.values_list("id", flat=True))
    since = today - timedelta(days=365)
    plain = _milliseconds(lambda: _fetch(_PAID, [since]), rounds=3)
    ours = _milliseconds(lambda: behaviour(ids, today), rounds=3)
    return {
        "value": round(len(ids) / ours * 1_000),
        "yardstick": round(len(ids) / plain * 1_000),
        "ratio": round(plain / ours, 3),
        "unit": "customers/s (yardstick: one GROUP BY of what each paid and how late)",
    }


def _fetch(statement: str, values: list[Any]) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _milliseconds(read: Callable[[], Any], rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        read()
        taken.append((time.perf_counter() - started) * 1_000)
    return statistics.median(taken)


def _time(ours: float, yardstick: float) -> dict[str, Any]:
    return {
        "value": round(ours, 1),
        "yardstick": round(yardstick, 1),
        "ratio": round(yardstick / ours, 3),
        "unit": "ms (yardstick: one GROUP BY over today's open amounts)",
    }
