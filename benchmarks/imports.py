"""A ledger of 100,000 invoices comes in, of 5,000 customers, two years, four in five paid.

- `import_100k_invoices`: `run_import` whole: read, check, write, apply cash, post exposure, note
  what undo needs, ledger entry, durable commit, and the assessment of every customer.
- `import_100k_again`: the same file once more, which changes nothing.
- Yardstick of both: PostgreSQL's own way of taking the same file in, COPY into a bare table, then
  INSERT into a table with the product's columns, checks and indexes (no keys to other tables, no
  receipts, no exposure); the median of three rounds.
- `read_100k_xlsx`: the same rows read from a workbook; yardstick: read from the CSV.

Rows a second; the ratio is ours ÷ yardstick.
"""

from __future__ import annotations

import csv
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.scratch import installation

ROWS = 100_000
CUSTOMERS = 5_000
ROUNDS = 3
SECONDS_MAX = 30
HEADERS = ["number", "customer_code", "name", "currency", "amount", "date", "due", "settled_on"]


def measure() -> dict[str, dict[str, Any]]:
    today = datetime.now(UTC).date()
    with installation() as paths:
        found_company()
        file = paths.root / "invoices.csv"
        write_ledger(file, today)
        bare = statistics.median(_plain_copy(file) for _ in range(ROUNDS))
        seconds = bring("invoices", file, created=ROWS)
        again = bring("invoices", file, created=0)
        check_books()
        figures = {
            "import_100k_invoices": _figure(ROWS / seconds, bare, _COPY)
            | {"seconds": round(seconds, 1), "seconds_max": SECONDS_MAX},
            "import_100k_again": _figure(ROWS / again, bare, _COPY),
            "read_100k_xlsx": _figure(*_read(file), "the same rows from CSV"),
        }
    return figures


_COPY = "COPY and INSERT of the bare rows"


def _figure(ours: float, yardstick: float, what: str) -> dict[str, Any]:
    return {
        "value": round(ours),
        "yardstick": round(yardstick),
        "ratio": round(ours / yardstick, 3),
        "unit": f"rows/s (yardstick: {what})",
    }


def found_company() -> None:
    """A seller in Shanghai with the shipped policies."""
    from xinheng.people.actions import set_up
    from xinheng.people.actor import system
    from xinheng.policies.actions import adopt_shipped
    from xinheng.vault.actions import start

    start()
    at, root = datetime.now(UTC), system("benchmark")
    set_up("基准", "CNY", "Asia/Shanghai", "root", "a long enough passphrase", actor=root, at=at)
    adopt_shipped(actor=root, at=at)


def write_ledger(file: Path, today: date, customers: int = CUSTOMERS) -> None:
    """Two years of invoices; four in five are paid, a fifth of those late. Seeded."""
    random = Random(20)
    with file.open("w", newline="") as target:
        lines = csv.writer(target)
        lines.writerow(HEADERS)
        for n in range(ROWS):
            customer = random.randrange(customers)
            issued = today - timedelta(days=random.randrange(730))
            due = issued + timedelta(days=random.choice([30, 45, 60, 90]))
            paid = due + timedelta(days=random.choice([-5, -1, 0, 0, 20]))
            settled = paid.isoformat() if n % 5 and paid < today else ""
            amount = f"{random.randrange(1, 500_000)}.{random.randrange(100):02d}"
            code = f"K{customer:06d}"
            lines.writerow(
                [f"INV{n:07d}", code, f"客户{customer}", "CNY", amount, issued, due, settled]
            )


def bring(kind: str, file: Path, *, created: int, assess: bool = True) -> float:
    """Import a file; the seconds it took."""
    from xinheng.connectors.files.imports import run_import
    from xinheng.people.actor import system

    started = time.perf_counter()
    done = run_import(kind, file, actor=system("benchmark"), at=datetime.now(UTC), assess=assess)
    seconds = time.perf_counter() - started
    if done.counts.created != created or done.counts.rejected:
        raise SystemExit(f"the import of {file.name} went wrong: {done.counts}")
    print(f"  {kind}: {seconds:.1f} s {done.seconds}, assessed {done.assessed}", flush=True)
    return seconds


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


def _read(file: Path) -> tuple[float, float]:
    """Rows a second from a workbook, and from the CSV."""
    from xinheng.connectors.files.read import read

    workbook = _as_workbook(file)
    rates = []
    for path in (workbook, file):
        started = time.perf_counter()
        found = len(read(path).rows)
        rates.append(ROWS / (time.perf_counter() - started))
        if found != ROWS + 1:
            raise SystemExit(f"{path.name} has {found} rows")
    return rates[0], rates[1]


def _as_workbook(file: Path) -> Path:
    """The same cells as a spreadsheet keeps them: amounts as numbers, days as days."""
    import xlsxwriter

    target = file.with_suffix(".xlsx")
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(str(target), options) as book, file.open(newline="") as source:
        sheet = book.add_worksheet()
        for row, cells in enumerate(csv.reader(source)):
            for column, cell in enumerate(cells):
                if row and column == 4:
                    sheet.write_number(row, column, float(cell))
                elif row and column > 4 and cell:
                    sheet.write_datetime(row, column, datetime.fromisoformat(cell))
                elif cell:
                    sheet.write_string(row, column, cell)
    return target


def check_books() -> None:
    """A fast import that books wrongly would be worth nothing."""
    from xinheng.limits.queries import reconcile

    if off := reconcile():
        raise SystemExit(f"{len(off)} lines do not add up after the import: {off[:3]}")
