"""The credit file of a large book: 100,000 customers, 1,000,000 facts in their files.

- `file_page_overview`, `file_page_<block>`, `file_page_as_of`: the pages as a signed-in credit
  manager waits for them, p95 of 60 requests over 60 customers, `xinheng web` as in the product;
  150 ms is the promise. Yardstick: /healthz of the same server.
- `facts_import_100k`: `run_import` of a CSV of 100,000 facts of 20,000 customers, whole, into the
  book with the million; 20 s is the promise. `facts_import_again`: the same file, which changes
  nothing. Yardstick of both: COPY of the bare rows into a table with the same columns and indexes.
- `facts_verify_100k`: the batch verified at once (60 s is the promise); yardstick: one UPDATE of as
  many rows of a table with the same columns and indexes.

One in ten facts is a person's, sealed under the company's key; every customer has one conflict in
a hundred. Rates are rows a second.
"""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.imports import bring, found_company
from benchmarks.pages import CUSTOMERS, PASSWORD, REQUESTS, _figure, _Visitor, _write_customers
from benchmarks.scratch import free_port, installation, process

FACTS = 1_000_000
ROWS = 100_000
BUYERS = 20_000
IMPORT_SECONDS_MAX = 20
VERIFY_SECONDS_MAX = 60
# field, source, reliability, what is said: nine facts of each customer, and a person's name sealed
TOLD = (
    ("registered_name", "bureau:qcc", "B", "'客户' || c.id"),
    ("registered_address", "bureau:qcc", "B", "'上海市' || c.id || '号'"),
    ("registered_capital", "bureau:qcc", "B", None),
    ("registered_capital", "licence", "A", None),
    ("established_on", "licence", "A", "'2009-07-01'"),
    ("tax_grade", "authority", "A", "'B'"),
    ("total_assets", "file:audit", "B", None),
    ("goods_bought", "erp", "C", "'水泥'"),
    ("court_cases", "bureau:qcc", "B", "'无'"),
)
PERSONAL = "person_in_charge"


def measure() -> dict[str, dict[str, Any]]:
    with installation() as paths:
        people = _fill(paths.root)
        figures = _import(paths.root, people["ben"])
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with process("web", "--port", str(port), ready=f"{address}/readyz"):
            visitor = _Visitor(port)
            visitor.sign_in("alice", PASSWORD)
            healthz = [visitor.get("/healthz") for _ in range(REQUESTS)][5:]
            for name, addresses in _addresses().items():
                figures[name] = _figure(visitor, addresses, healthz)
    return figures


def _addresses() -> dict[str, list[str]]:
    from xinheng.dossiers.fields import catalogue

    codes = [f"K{n * 331:06d}" for n in range(REQUESTS)]
    earlier = (datetime.now(UTC).date() - timedelta(days=30)).isoformat()
    found = {"file_page_overview": [f"/customers/{code}/" for code in codes]}
    for block in catalogue().blocks:
        pages = [f"/customers/{code}/file/{block.code}/" for code in codes]
        found[f"file_page_{block.code}"] = pages
    found["file_page_as_of"] = [f"/customers/{code}/file/basic/?as_of={earlier}" for code in codes]
    return found


# --- The book


def _fill(folder: Path) -> dict[str, Any]:
    """The customers by file, their million facts by SQL as verifying would have left them."""
    found_company()
    customers = folder / "customers.csv"
    _write_customers(customers)
    bring("customers", customers, created=CUSTOMERS, assess=False)
    people = {name: _person(name) for name in ("alice", "ben")}
    started = time.perf_counter()
    _write_facts(people["alice"].pk)
    _seal_names(people["alice"].pk)
    _execute(_CASES)
    _execute("vacuum analyze")
    print(f"  {FACTS} facts in {time.perf_counter() - started:.0f} s", flush=True)
    return people


def _person(name: str) -> Any:
    from xinheng.people.actions import create_user
    from xinheng.people.actor import system

    return create_user(
        name,
        PASSWORD,
        name=name.title(),
        roles=["credit_manager"],
        sees_all_units=True,
        actor=system("benchmark"),
        at=datetime.now(UTC),
    )


_INTO = """
insert into dossiers_fact (customer_id, field, value, value_sealed, observed_on, source,
  reliability, evidence, legal_basis, secrecy, critical, reason, entered_by, entered_at, simulated,
  verified_by_id, verified_at, how, confidence, second_reviewer_id, seconded_at, known_since)
"""
_FACT = (
    _INTO
    + """
select c.id, %(field)s, {value}, null, %(day)s, %(source)s, %(reliability)s, '', 'public',
  %(secrecy)s, %(critical)s, '', 'system:benchmark', %(at)s, false, %(by)s, %(at)s,
  'public_record', 80, case when %(critical)s then %(second)s end,
  case when %(critical)s then %(at)s::timestamptz end, %(at)s
from customers_customer c
"""
)
# One customer in a hundred has a licence that says another capital than the bureau.
_MONEY = """
'{"currency":"CNY","minor":'
  || case when c.id %% 100 = 0 and %(source)s = 'licence' then 9 else 8 end || '00000000}'
"""
_CASES = """
insert into dossiers_conflictcase (customer_id, field, opened_at, opened_by_fact_id, reason)
select customer_id, field, known_since, id, '' from dossiers_fact
where field = 'registered_capital' and source = 'licence' and customer_id % 100 = 0
"""


def _write_facts(alice: int) -> None:
    from xinheng.dossiers.fields import catalogue

    at = datetime.now(UTC) - timedelta(days=60)
    second = _second(alice)
    for field, source, reliability, said in TOLD:
        kind = catalogue().fields[field]
        value = _MONEY if said is None else f"""'"' || {said} || '"'"""
        told = {"field": field, "source": source, "reliability": reliability, "by": alice}
        told |= {"secrecy": kind.secrecy, "critical": kind.critical, "at": at, "day": at.date()}
        _execute(_FACT.replace("{value}", value), told | {"second": second})


def _second(alice: int) -> int:
    from xinheng.people.models import User

    found: int = User.objects.exclude(pk=alice).order_by("pk").values_list("pk", flat=True)[0]
    return found


def _seal_names(alice: int) -> None:
    """The tenth fact of each customer: a person's, sealed for its place."""
    from django.db import connection

    from xinheng.customers.models import Customer
    from xinheng.dossiers.credit_file import place_of
    from xinheng.vault.queries import open_keys
    from xinheng.vault.seal import seal

    at = datetime.now(UTC) - timedelta(days=60)
    names = "customer_id, field, value_sealed, observed_on, source, reliability, evidence,"
    names += " legal_basis, secrecy, critical, reason, entered_by, entered_at, simulated,"
    names += " verified_by_id, verified_at, how, confidence, known_since"
    keys = dict(Customer.objects.values_list("pk", "data_key_id"))
    ids = list(keys.values())
    opened = {}
    for start in range(0, len(ids), 50_000):
        opened |= open_keys(ids[start : start + 50_000])
    into = f"copy dossiers_fact ({names}) from stdin"
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for pk, key in keys.items():
            sealed = seal(opened[key], place_of(pk, PERSONAL), b'"\xe7\x8e\x8b\xe8\x8a\xb3"')
            copy.write_row(
                (
                    *(pk, PERSONAL, sealed, at.date(), "erp", "C", "", "contract", 2, False, ""),
                    *("system:benchmark", at, False, alice, at, "third_party", 80, at),
                )
            )


def _execute(statement: str, values: Any = None) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
        return count


# --- Facts by file


def _import(folder: Path, ben: Any) -> dict[str, dict[str, Any]]:
    from xinheng.dossiers.verifying import verify_batch
    from xinheng.intake.models import ImportBatch
    from xinheng.people.actor import of_user

    file = folder / "facts.csv"
    _write_rows(file)
    copied, updated = _plain(file)
    seconds = bring("facts", file, created=ROWS, assess=False)
    batch = ImportBatch.objects.latest("pk")
    again = bring("facts", file, created=0, assess=False)
    started = time.perf_counter()
    done = verify_batch(batch.pk, "third_party", 80, actor=of_user(ben), at=datetime.now(UTC))
    verifying = time.perf_counter() - started
    print(f"  verified in {verifying:.1f} s: {done}", flush=True)
    if done.verified + done.checked != ROWS:
        raise SystemExit(f"verifying went wrong: {done}")
    return {
        "facts_import_100k": _rate(seconds, copied, "COPY of the bare rows")
        | {"seconds": round(seconds, 1), "seconds_max": IMPORT_SECONDS_MAX},
        "facts_import_again": _rate(again, copied, "COPY of the bare rows"),
        "facts_verify_100k": _rate(verifying, updated, "one UPDATE of the bare rows")
        | {"seconds": round(verifying, 1), "seconds_max": VERIFY_SECONDS_MAX},
    }


def _rate(ours: float, yardstick: float, what: str) -> dict[str, Any]:
    return {
        "value": round(ROWS / ours),
        "yardstick": round(ROWS / yardstick),
        "ratio": round(yardstick / ours, 3),
        "unit": f"rows/s (yardstick: {what})",
    }


def _write_rows(file: Path) -> None:
    random = Random(31)
    said = {
        "yearly_purchases": lambda: f"{random.randrange(1, 9_000)}000.00 CNY",
        "goods_bought": lambda: random.choice(["水泥", "熟料", "砂石", "混凝土"]),
        "employees": lambda: str(random.randrange(1, 5_000)),
        "bank_account": lambda: f"62{random.randrange(10**14):014d}",
        "legal_representative": lambda: random.choice(["王芳", "李伟", "张敏", "刘洋"]),
    }
    fields = cycle(said)
    day = datetime.now(UTC).date() - timedelta(days=3)
    with file.open("w", newline="") as target:
        lines = csv.writer(target)
        head = "customer_code field value source reliability observed_on legal_basis"
        lines.writerow(head.split())
        for n in range(ROWS):
            field = next(fields)
            code = f"K{n // len(said) * (CUSTOMERS // BUYERS):06d}"
            lines.writerow([code, field, said[field](), "file:crm", "C", day, "contract"])


_RAW = "create table bench_raw (c text, f text, v text, s text, r text, d text, b text)"
_SHAPED = "create table bench_fact (like dossiers_fact including all)"
_FILL = """
insert into bench_fact (customer_id, field, value, observed_on, source, reliability, evidence,
  legal_basis, secrecy, critical, reason, entered_by, entered_at, simulated)
select substr(c, 2)::int, f, to_json(v), d::date, s, r, '', b, 2, false, '', '', now(), false
from bench_raw
"""
_STAND = """
update bench_fact set verified_by_id = 1, verified_at = now(), how = 'third_party', confidence = 80,
  known_since = now()
"""


def _plain(file: Path) -> tuple[float, float]:
    """Seconds in which the database takes the same rows, and in which it changes them all."""
    from django.db import connection, transaction

    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RAW)
        cursor.execute(_SHAPED)
        with cursor.copy("copy bench_raw from stdin with (format csv, header true)") as copy:
            copy.write(file.read_bytes())
        cursor.execute(_FILL)
    copied = time.perf_counter() - started
    started = time.perf_counter()
    _execute(_STAND)
    updated = time.perf_counter() - started
    _execute("drop table bench_raw, bench_fact")
    return copied, updated


assert CUSTOMERS * (len(TOLD) + 1) == FACTS
