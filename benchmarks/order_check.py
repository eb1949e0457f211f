"""The order check over HTTP against the database's own way of doing the same, in one run.

Product: `xinheng web` answers POST /api/v1/order-checks with the whole decision (policy,
decision, reservation, journal, ledger entry, durable commit), the sequencer running beside it;
wrk asks with 16 and with 64 connections. Yardstick: pgbench calls one PL/pgSQL function per
order on the same server, with the same rows and the product's mean byte lengths
(order_check.sql). 10,000 customers, each with a line, a rating and some open items. The two
take turns, three rounds each; the medians are compared.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.scratch import free_port, installation, process
from xinheng.operate.binaries import find as find_binaries

CUSTOMERS = 10_000
SECONDS = 6
ROUNDS = 3
HERE = Path(__file__).parent


def measure() -> dict[str, dict[str, Any]]:
    """order_check_c16 and order_check_c64, in decisions a second."""
    if shutil.which("wrk") is None:
        raise SystemExit("make bench needs wrk: apt-get install wrk")
    with installation():
        token = seed(CUSTOMERS)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with process("web", "--port", str(port), ready=f"{address}/readyz"), process("sequencer"):
            load(address, token, "warm", 64, 3)
            lengths = mean_lengths()
            prepare_yardstick()
            figures = {}
            for connections in (16, 64):
                ours, theirs = [], []
                for turn in range(ROUNDS):
                    ours.append(
                        load(address, token, f"c{connections}-{turn}", connections, SECONDS)
                    )
                    theirs.append(pgbench(connections, lengths))
                figures[f"order_check_c{connections}"] = figure(ours, theirs)
        check_books()
    return figures


def figure(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    value, yardstick = statistics.median(ours), statistics.median(theirs)
    return {
        "value": round(value, 1),
        "yardstick": round(yardstick, 1),
        "ratio": round(value / yardstick, 3),
        "unit": "decisions/s (yardstick: pgbench, same rows)",
        "spread": [round(min(ours), 1), round(max(ours), 1)],
        "yardstick_spread": [round(min(theirs), 1), round(max(theirs), 1)],
    }


def seed(customers: int) -> str:
    """A company, customers with lines, ratings and open items; returns an API key."""
    from django.db import connection

    from xinheng.people.actions import create_api_key, set_up
    from xinheng.people.actor import system
    from xinheng.policies.actions import adopt_shipped
    from xinheng.vault import actions as vault

    at, root = datetime.now(UTC), system("benchmark")
    vault.start()
    set_up("基准", "CNY", "Asia/Shanghai", "root", "a long enough passphrase", actor=root, at=at)
    adopt_shipped(actor=root, at=at)
    keys = vault.create_keys("company", customers, at=at)
    today = at.date()
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [at, at, [str(key) for key in keys]])
        cursor.execute(_LINES, [today, today + timedelta(days=365), at])
        cursor.execute(_DUE, [today])
        cursor.execute(_ASSESSMENTS, [today, today + timedelta(days=180), at])
        cursor.execute(_RATINGS)
        cursor.execute("vacuum analyze")
    return create_api_key("benchmark", owner=None, scopes=["orders.check"], actor=root, at=at)[1]


_CUSTOMERS = """
insert into customers_customer (code, name, name_en, pinyin, initials, uscc, country, city,
  industry, status, search_text, data_key_id, simulated, source, created_at, updated_at)
select 'C' || lpad((o - 1)::text, 5, '0'), '客户' || o, '', '', '', '', '', '', '', 'active', '', k,
  true, 'benchmark', %s, %s
from unnest(%s::uuid[]) with ordinality as t(k, o)
"""
_LINES = """
insert into limits_creditline (customer_id, currency, amount_minor, unlimited, valid_from,
  valid_until, terms_days_max, overdue_allowed_minor, overdue_days_allowed, forced_hold,
  forced_hold_reason,
  open_items_minor, unbilled_minor, orders_minor, bills_minor, guarantees_minor, unapplied_minor,
  prepaid_minor, line_version, updated_at)
select id, 'CNY', 1000000000000, false, %s, %s, 60, 1000000, 30, false, '', 500000, 0, 0, 0, 0,
  0, 0, 0, %s
from customers_customer
"""
_DUE = """
insert into limits_opendue (line_id, due_on, open_minor)
select l.id, %s::date + d, 100000 from limits_creditline l, unnest(array[-10, -3, 5, 12, 30]) d
"""
_ASSESSMENTS = """
insert into decisions_assessment (customer_id, card, currency, points, grade, coverage_pct, inputs,
  contributions, reasons, as_of, valid_until, assessed_at)
select id, 'benchmark', 'CNY', 610, 'BBB', 100, '{}', '[]', '[]', %s, %s, %s from customers_customer
"""
_RATINGS = """
insert into decisions_rating (customer_id, assessment_id, grade, points, valid_until)
select customer_id, id, grade, points, valid_until from decisions_assessment
"""


def load(address: str, token: str, prefix: str, connections: int, seconds: int) -> float:
    """Decisions a second, asked by wrk; anything but 200 ends the benchmark."""
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            str(HERE / "order_check.lua"),
            address,
            "--",
            prefix,
            token,
            str(CUSTOMERS),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stderr.strip() or "Non-2xx" in done.stdout:
        raise SystemExit(f"wrk saw failures: {done.stderr[:400]} {done.stdout}")
    latency = re.findall(r"(50|99)%\s+(\S+)", done.stdout)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))  # type: ignore[union-attr]
    print(f"  {prefix}: {rate:.0f}/s, p50 {latency[0][1]}, p99 {latency[1][1]}", flush=True)
    return rate


def mean_lengths() -> dict[str, int]:
    """The product's mean byte lengths, measured on what it has just written."""
    row = _query(
        "select avg(octet_length(facts))::int, avg(octet_length(order_bytes))::int,"
        " avg(octet_length(answer))::int from decisions_decision"
    )
    leaf = _query(
        "select avg(octet_length(leaf))::int from"
        " (select leaf from ledger_pendingentry union all select leaf from ledger_entry) l"
    )
    sealed = _query("select avg(octet_length(sealed))::int from ledger_disclosure")
    names = ("facts_len", "order_len", "answer_len", "leaf_len", "sealed_len")
    lengths = dict(zip(names, (*row, *leaf, *sealed), strict=True))
    print(f"  mean bytes: {lengths}", flush=True)
    return lengths


def prepare_yardstick() -> None:
    with psycopg.connect(os.environ["XINHENG_DSN"], autocommit=True) as connection:
        connection.execute((HERE / "order_check.sql").read_text())
        connection.execute("vacuum analyze yardstick.line")


def pgbench(connections: int, lengths: dict[str, int]) -> float:
    """The same rows, one order per transaction, by the database alone."""
    ids = _query("select min(id), max(id) from customers_customer")
    script = (
        f"\\set customer random({ids[0]}, {ids[1]})\n\\set amount random(100, 90000)\n"
        "\\set n random(1, 9000000000000)\n"
        "select yardstick.check_order(:customer, 'Y-' || :n, :amount, :facts_len, :order_len,"
        " :answer_len, :leaf_len, :sealed_len);\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        defines = [f"-D{name}={value}" for name, value in lengths.items()]
        done = subprocess.run(
            [
                find_binaries(os.environ).program("pgbench"),
                "-n",
                "-M",
                "prepared",
                "-f",
                file.name,
                f"-c{connections}",
                "-j1",
                f"-T{SECONDS}",
                *defines,
                os.environ["XINHENG_DSN"],
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    rate = float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))  # type: ignore[union-attr]
    print(f"  pgbench c{connections}: {rate:.0f}/s", flush=True)
    return rate


def check_books() -> None:
    """After the load: counters equal the reservations, nothing above its line."""
    off = _query(
        "select count(*) from limits_creditline l left join (select line_id, sum(amount_minor) s"
        " from limits_reservation where state = 'pending' group by 1) r on r.line_id = l.id"
        " where l.orders_minor <> coalesce(r.s, 0)"
    )
    if off[0]:
        raise SystemExit(f"{off[0]} lines do not add up after the load")


def _query(statement: str) -> tuple[Any, ...]:
    with psycopg.connect(os.environ["XINHENG_DSN"]) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row
