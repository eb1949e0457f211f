"""A ledger of 100,000 invoices: how fast it comes in, and how fast the book and pages are read.

- `import_invoices`: a CSV through `run_import` (parse, check, write, apply cash, post exposure,
  ledger entry), without assessment, against PostgreSQL's own way of taking the same file in: COPY
  into a bare table, then INSERT into a table of the product's columns and indexes. Rows a second.
- `book_today`, `book_half_a_year_ago`: the portfolio's figures, against one plain GROUP BY over the
  stored open amounts (which can only tell today's). Milliseconds, median of nine.
- `behaviour`: payment figures of all customers at once. Customers a second; no yardstick.
"""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.scratch import installation

ROWS = 100_000
CUSTOMERS = 5_000
ROUNDS = 9
HEADERS = ["number", "customer_code", "name", "currency", "amount", "date", "due", "settled_on"]


def measure() -> dict[str, dict[str, Any]]:
    today = datetime.now(UTC).date()
    with installation() as paths:
        _seller()
        file = paths.root / "invoices.csv"
        write_ledger(file, today)
        bare = _plain_copy(file)
        ours = _import(file)
        figures = {"import_invoices": _rate(ours, bare)}
        figures |= _reads(today)
        _check()
    return figures


def write_ledger(file: Path, today: date) -> None:
    """Two years of invoices; four in five are paid, a fifth of those late. Seeded."""
    random = Random(20)
    with file.open("w", newline="") as target:
        lines = csv.writer(target)
        lines.writerow(HEADERS)
        for n in range(ROWS):
            customer = random.randrange(CUSTOMERS)
            issued = today - timedelta(days=random.randrange(730))
            due = issued + timedelta(days=random.choice([30, 45, 60, 90]))
            paid = due + timedelta(days=random.choice([-5, -1, 0, 0, 20]))
            settled = paid.isoformat() if n % 5 and paid < today else ""
            amount = f"{random.randrange(1, 500_000)}.{random.randrange(100):02d}"
            code = f"K{customer:05d}"
            lines.writerow(
                [f"INV{n:07d}", code, f"客户{customer}", "CNY", amount, issued, due, settled]
            )


def _seller() -> None:
    from xinheng.people.actions import set_up
    from xinheng.people.actor import system
    from xinheng.vault.actions import start

    start()
    at, root = datetime.now(UTC), system("benchmark")
    set_up("基准", "CNY", "Asia/Shanghai", "root", "a long enough passphrase", actor=root, at=at)


def _import(file: Path) -> float:
    from xinheng.connectors.files.imports import run_import
    from xinheng.people.actor import system

    started = time.perf_counter()
    done = run_import(
        "invoices", file, actor=system("benchmark"), at=datetime.now(UTC), assess=False
    )
    seconds = time.perf_counter() - started
    assert done.counts.created == ROWS, done
    print(f"import phases: {done.seconds}")
    return ROWS / seconds


_BARE = (
    "create table bench_raw (n text, c text, name text, k text, a text, d text, due text, s text)"
)
_SHAPED = "create table bench_invoice (like receivables_invoice including all)"
_FILL = """
insert into bench_invoice (customer_id, number, currency, amount_minor, open_minor, issued_on,
  due_on, terms, order_number, settled_on, disputed, simulated, source)
select substr(c, 2)::int, n, k, (a::numeric * 100)::bigint, (a::numeric * 100)::bigint, d::date,
  due::date, '', '', nullif(s, '')::date, false, false, '' from bench_raw
"""


def _plain_copy(file: Path) -> float:
    """Rows a second when the database does nothing but store them."""
    from django.db import connection, transaction

    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE)
        cursor.execute(_SHAPED)
        with cursor.copy("copy bench_raw from stdin with (format csv, header true)") as copy:
            copy.write(file.read_bytes())
        cursor.execute(_FILL)
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("drop table bench_raw, bench_invoice")
    return ROWS / seconds


def _reads(today: date) -> dict[str, dict[str, Any]]:
    from django.db import connection

    from xinheng.customers.models import Customer
    from xinheng.portfolio.queries import book
    from xinheng.receivables.queries import behaviour

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select least((%s - due_on) / 30, 13), sum(open_minor) from receivables_invoice"
                " where currency = 'CNY' and open_minor <> 0 group by 1",
                [today],
            )
            cursor.fetchall()

    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    yardstick = _milliseconds(plain)
    ids = list(Customer.objects.values_list("id", flat=True))
    started = time.perf_counter()
    behaviour(ids, today)
    each_second = len(ids) / (time.perf_counter() - started)
    earlier = today - timedelta(days=182)
    return {
        "book_today": _time(_milliseconds(lambda: book(today, "CNY")), yardstick),
        "book_half_a_year_ago": _time(_milliseconds(lambda: book(earlier, "CNY")), yardstick),
        "behaviour": {
            "value": round(each_second),
            "yardstick": None,
            "ratio": None,
            "unit": "customers/s",
        },
    }


def _milliseconds(read: Callable[[], Any]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        read()
        taken.append((time.perf_counter() - started) * 1_000)
    return statistics.median(taken)


def _rate(ours: float, yardstick: float) -> dict[str, Any]:
    return {
        "value": round(ours),
        "yardstick": round(yardstick),
        "ratio": round(ours / yardstick, 3),
        "unit": "rows/s (yardstick: COPY and INSERT of the bare rows)",
    }


def _time(ours: float, yardstick: float) -> dict[str, Any]:
    return {
        "value": round(ours, 1),
        "yardstick": round(yardstick, 1),
        "ratio": round(yardstick / ours, 3),
        "unit": "ms (yardstick: one GROUP BY over today's open amounts)",
    }


def _check() -> None:
    """A fast import that books wrongly would be worth nothing."""
    from xinheng.limits.queries import reconcile

    assert reconcile() == []
