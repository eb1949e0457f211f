"""The pages of a large book, as a signed-in person waits for them.

100,000 customers and 100,000 invoices of 20,000 of them, limits granted, 400 orders checked (some
wait as holds); `xinheng web` as in the product, one connection, one request after the other. Each
figure is the 95th percentile of 60 requests over varying addresses (sort orders, filters, words to
search, customers), so that nothing is asked twice in a row. Yardstick: /healthz of the same
server, asked between them: what the way there and back costs. Milliseconds; the ratio is
yardstick ÷ ours. `first` is the first request of a page, with nothing remembered.
"""

from __future__ import annotations

import csv
import http.client
import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.imports import ROWS, bring, found_company, write_ledger
from benchmarks.scratch import free_port, installation, process

CUSTOMERS = 100_000
BUYERS = 20_000
ORDERS = 400
REQUESTS = 60
PASSWORD = "a long enough passphrase"
CITIES = ("重庆", "上海", "深圳", "成都", "武汉", "杭州", "青岛", "西安", "宁波", "厦门")
WORDS = "华远恒信长安德盛瑞丰嘉和永兴泰达金源顺通宏伟新世纪东方明珠海蓝天宇博文"
TRADES = ("贸易", "机械", "电子", "纺织", "化工", "建材", "食品", "物流")


def measure() -> dict[str, dict[str, Any]]:
    """page_* in milliseconds."""
    with installation() as paths:
        decisions = _fill(paths.root)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with process("web", "--port", str(port), ready=f"{address}/readyz"):
            visitor = _Visitor(port)
            visitor.sign_in("alice", PASSWORD)
            asked = _addresses(decisions)
            healthz = [visitor.get("/healthz") for _ in range(REQUESTS)][5:]
            return {name: _figure(visitor, addresses, healthz) for name, addresses in asked.items()}


def _fill(folder: Path) -> list[str]:
    """The book; the ids of the decisions in it."""
    from django.db import connection

    found_company()
    customers, invoices = folder / "customers.csv", folder / "invoices.csv"
    _write_customers(customers)
    write_ledger(invoices, datetime.now(UTC).date(), BUYERS)
    bring("customers", customers, created=CUSTOMERS, assess=False)
    bring("invoices", invoices, created=ROWS)
    _grant()
    decisions = _check_orders()
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return decisions


def _write_customers(file: Path) -> None:
    random = Random(21)
    with file.open("w", newline="") as target:
        lines = csv.writer(target)
        lines.writerow(["customer_code", "name", "name_en", "city", "country", "status"])
        for n in range(CUSTOMERS):
            city = random.choice(CITIES)
            own = "".join(random.sample(WORDS, 2))
            name = f"{city}{own}{random.choice(TRADES)}有限公司"
            status = "watch" if n % 50 == 0 else "active"
            lines.writerow([f"K{n:06d}", name, f"Buyer {n}", city, "CN", status])


def _grant() -> None:
    """A credit manager, and every proposed limit made live."""
    from xinheng.decisions.file_gaps import held_back
    from xinheng.limits.proposing import grant_proposals
    from xinheng.limits.values import Conditions
    from xinheng.people.actions import create_user
    from xinheng.people.actor import system

    at, root = datetime.now(UTC), system("benchmark")
    create_user(
        "alice",
        PASSWORD,
        name="Alice",
        roles=["credit_manager"],
        sees_all_units=True,
        actor=root,
        at=at,
    )
    today = at.date()
    granted = grant_proposals(
        None,
        held_back=held_back,
        valid_from=today,
        valid_until=today + timedelta(days=365),
        conditions=Conditions(overdue_allowed_bps=500, overdue_days_allowed=15),
        actor=root,
        at=at,
    )
    print(f"  {granted.lines} limits granted", flush=True)


def _check_orders() -> list[str]:
    from xinheng.decisions.actions import check_orders
    from xinheng.decisions.values import ask_of
    from xinheng.people.actor import system

    asks = [
        ask_of(
            order_ref=f"SO-{n:05d}",
            version=1,
            customer_code=f"K{n:06d}",
            amount_minor=5_000_00 * (n % 40 + 1),
            currency="CNY",
            terms_days=30,
        )
        for n in range(ORDERS)
    ]
    found: list[str] = []
    for start in range(0, ORDERS, 100):
        answers = check_orders(
            asks[start : start + 100], actor=system("benchmark"), at=datetime.now(UTC)
        )
        found += [str(answer.decision_id) for answer in answers]
    return found


def _addresses(decisions: list[str]) -> dict[str, list[str]]:
    """What is asked of each page; a list is gone through again where it is short."""
    lists = [
        {"sort": f"{turn}{word}"}
        for word in ("used", "overdue", "code", "name", "grade", "limit", "share", "headroom")
        for turn in ("-", "")
    ]
    lists += [{"view": "overdue"}, {"view": "over"}, {"status": "watch"}, {"grade": "BBB"}]
    sought = ["重庆", "华远", "cqhy", "chongqing", "K0123", "buyer 777", "shdf", "长安贸易"]
    sought += ["wuhan", "信", "K099999", "有限公司", "zz", "明珠", "hz", "青岛 食品"]
    return {
        "page_portfolio": ["/portfolio/"],
        "page_customers": [f"/customers/?{urlencode(one)}" for one in lists],
        "page_customers_search": [f"/customers/?q={quote(word)}" for word in sought],
        "page_customers_suggestions": [
            f"/customers/-/suggestions/?q={quote(word)}" for word in sought
        ],
        "page_credit_file": [f"/customers/K{n * 331:06d}/" for n in range(REQUESTS)],
        "page_holds": ["/holds/"],
        "page_decision": [f"/decisions/{one}/" for one in decisions[::5]],
    }


def _figure(visitor: _Visitor, addresses: list[str], healthz: list[float]) -> dict[str, Any]:
    taken = []
    slowest = (0.0, "")
    for address in islice(cycle(addresses), REQUESTS):
        healthz.append(visitor.get("/healthz"))
        taken.append(visitor.get(address))
        slowest = max(slowest, (taken[-1], address))
    value, yardstick = _p95(taken), _p95(healthz)
    print(f"  median {statistics.median(taken):.1f} ms, slowest {slowest[0]:.0f} {slowest[1]}")
    return {
        "value": round(value, 1),
        "yardstick": round(yardstick, 1),
        "ratio": round(yardstick / value, 3),
        "unit": "ms, p95 (yardstick: /healthz, p95)",
        "median": round(statistics.median(taken), 1),
        "first": round(taken[0], 1),
        "slowest": [round(slowest[0], 1), slowest[1]],
    }


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


class _Visitor:
    """A browser as far as waiting goes: one connection that stays open, and its cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def get(self, address: str) -> float:
        """Milliseconds until the last byte; anything but 200 ends the benchmark."""
        started = time.perf_counter()
        status, _ = self._ask("GET", address)
        if status != 200:
            raise SystemExit(f"{address} answered {status}")
        return (time.perf_counter() - started) * 1_000

    def sign_in(self, username: str, password: str) -> None:
        self._ask("GET", "/sign-in/")
        told = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": self.cookies["xinheng_csrf"],
        }
        status, _ = self._ask("POST", "/sign-in/", urlencode(told))
        if status != 302:
            raise SystemExit(f"sign-in answered {status}")

    def _ask(self, method: str, address: str, body: str | None = None) -> tuple[int, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content
