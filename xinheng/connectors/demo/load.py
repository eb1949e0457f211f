"""Load the demonstration book: set up, people, six imports, one assessment, one grant, first
orders.

Only an installation that holds nothing gets it: no company, no customer, no ledger entry. After a
removal the ledger's entries are still there, so the book does not come back by itself. A load that
was interrupted is removed and begun again. Worked: 459 customers, 9,000 invoices and 5,300 receipts
of 22 months.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from xinheng.connectors.demo import accounts, files, model
from xinheng.connectors.demo.applying import apply_some
from xinheng.connectors.demo.dealing import deal_some
from xinheng.connectors.demo.filing import file_some
from xinheng.connectors.demo.first_orders import FIRST_REF, ask_first_orders
from xinheng.connectors.demo.granting import grant_all
from xinheng.connectors.demo.grouping import group_some
from xinheng.connectors.demo.removal import remove
from xinheng.connectors.demo.statements import verify_audited
from xinheng.connectors.demo.values import Book
from xinheng.connectors.files.imports import run_import
from xinheng.customers.models import Customer
from xinheng.decisions.assess import assess
from xinheng.decisions.models import Decision
from xinheng.ledger.models import Entry, PendingEntry
from xinheng.people import actions as people
from xinheng.people.actor import of_user, system
from xinheng.people.queries import company, today
from xinheng.policies.actions import adopt_shipped

NAME, NAME_EN = "信衡演示商贸有限公司", "Xinheng Demonstration Trading Co., Ltd."
Tell = Callable[[str], None]


def occupied() -> bool:
    """Whether somebody's company or customers are here."""
    return company() is not None or Customer.objects.exists()


def is_empty() -> bool:
    """Whether nothing was ever done here."""
    return not (occupied() or Entry.objects.exists() or PendingEntry.objects.exists())


def ensure(*, at: datetime, tell: Tell | None = None) -> list[dict[str, str | None]]:
    """The demonstration accounts: loads the book first if nothing is here; [] without one.

    Passwords are in the list only where this call made them. Also puts shipped policies to work
    that a newer release brought.
    """
    if interrupted():
        remove(at=at)
        return list(load(at=at, tell=tell)["accounts"])
    if is_empty():
        return list(load(at=at, tell=tell)["accounts"])
    if company() is not None:
        adopt_shipped(actor=system("start"), at=at)
    return accounts.listed(list(accounts.users().values()))


def load(
    *, at: datetime, buyers_max: int | None = None, tell: Tell | None = None
) -> dict[str, Any]:
    """Load it all, step by step, and say what was done and how long it took. Must hold:
    `is_empty()`.

    `buyers_max` cuts each source to so many customers, for tests.
    """
    steps = _Steps(tell)
    actor = system("demonstration")
    passwords = accounts.new_passwords()
    with steps.step("设置与账号 · Set-up and accounts"):
        people.set_up(
            NAME,
            "CNY",
            "Asia/Shanghai",
            "admin",
            passwords["admin"],
            actor=actor,
            at=at,
            name_en=NAME_EN,
            admin_name=accounts.CAST[0][1:3],
            demonstration=True,
        )
        adopt_shipped(actor=actor, at=at)
        cast = accounts.add_cast(passwords, actor=actor, at=at)
    day = today(at)
    with steps.step("模拟 · Simulation"):
        book = model.build(day - timedelta(days=1), buyers_max=buyers_max)
    counts = _import_all(book, steps, at)
    with steps.step("核验报表 · Statements verified"):
        counts["statements_verified"] = verify_audited(of_user(cast["alice"]), day, at=at)
    with steps.step("评估 · Assessment"):
        ids = Customer.objects.filter(simulated=True).values_list("pk", flat=True)
        counts["assessed"] = assess(list(ids), as_of=day, actor=actor, at=at)
    with steps.step("授信 · Grant"):
        counts |= grant_all(of_user(cast["alice"]), day, at=at)
        counts |= group_some(of_user(cast["alice"]), day, at=at)
    with steps.step("信用档案 · Credit files"):
        counts |= deal_some({name: of_user(user) for name, user in cast.items()}, day, at=at)
        counts |= file_some({name: of_user(user) for name, user in cast.items()}, day, at=at)
    with steps.step("授信申请 · Applications"):
        counts |= apply_some({name: of_user(user) for name, user in cast.items()}, day, at=at)
    with steps.step("订单检查 · Order checks"):
        counts |= ask_first_orders(cast, at=at)
    accounts.keep_sealed(passwords, at=at)
    return {
        "accounts": accounts.listed(list(accounts.users().values()), passwords),
        "counts": counts,
        "seconds": steps.seconds,
    }


def _import_all(book: Book, steps: _Steps, at: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="xinheng-demo-") as folder:
        for kind, path in files.write_all(book, Path(folder)).items():
            with steps.step(f"导入 · Import {kind}"):
                result = run_import(
                    kind, path, actor=system("demonstration"), at=at, simulated=True, assess=False
                )
            if result.refused:
                raise RuntimeError(f"{path.name}: {result.errors[:3]}")
            counts[kind] = result.counts.created
    return counts


def interrupted() -> bool:
    """Whether a load stopped half-way: the demonstration's company, but no order was asked yet."""
    seller = company()
    asked = Decision.objects.filter(order_ref=FIRST_REF)
    return bool(seller and seller.demonstration and not asked.exists())


class _Steps:
    """Tells each step and remembers how long it took."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell: Tell = tell or (lambda text: None)
        self.seconds: dict[str, float] = {}

    def step(self, text: str) -> _Step:
        return _Step(self, text)


class _Step:
    def __init__(self, steps: _Steps, text: str) -> None:
        self.steps, self.text = steps, text

    def __enter__(self) -> None:
        self.started = perf_counter()
        self.steps.tell(self.text)

    def __exit__(self, *error: object) -> None:
        self.steps.seconds[self.text] = round(perf_counter() - self.started, 2)
