"""A small trade to try expectations on: customers, lines, orders, papers and people, all through
the real actions on a real database.

Figures are minor units, small on purpose: a limit of 1_000 and an order of 600 read as they are.
Example: `trade.line("C1", 1_000)`, `trade.ask("P1", 600)["outcome"] == "approve"`,
`trade.invoice("I1", 600, order_number="P1")`, `trade.used("C1") == 600`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from tests.world import AT, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.almanac.actions import record_rates
from xinheng.almanac.rows import RateRow
from xinheng.credit.exposure import used
from xinheng.credit.shipped import document
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Decision
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.limits.covering import enter_cover
from xinheng.limits.granting import grant_limit
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import components_of
from xinheng.limits.tree import arrange
from xinheng.limits.values import Conditions, NewCover, NewLimit
from xinheng.people.actor import system
from xinheng.policies.actions import approve, draft, go_live
from xinheng.receivables.actions import record_documents
from xinheng.receivables.tables import BY_KIND

CLERK = system("tests")
FAR = date(2027, 6, 30)
WHY = "按年度评审核定"
_files = count(1)


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens inside is undone, also what thinks that it has been committed for good."""
    inside = transaction.atomic()
    inside._from_testcase = True  # so that `durable` blocks may open within
    with inside:
        yield
        transaction.set_rollback(True)


class Trade:
    """One seller's day; `today` moves on with `later`."""

    def __init__(self, world: World) -> None:
        self.world, self.at, self.today = world, AT, TODAY

    @classmethod
    def opened(cls) -> Trade:
        return cls(make_world())

    def later(self, days: int = 0, hours: int = 0) -> None:
        self.at += timedelta(days=days, hours=hours)
        self.today = self.at.date()

    # --- Who buys, and on what

    def customer(self, code: str = "C1", unit: str | None = "EAST", **extra: Any) -> Customer:
        found = Customer.objects.filter(code=code).first()
        return found or make_customer(code, unit=self.world.units[unit] if unit else None, **extra)

    def line(self, code: str = "C1", limit: int | None = 1_000, **extra: Any) -> CreditLine:
        """A line of the customer in its place in the tree. `limit` None: unset."""
        customer = self.customer(code)
        existing = CreditLine.objects.filter(
            customer=customer, currency=extra.get("currency", "CNY"), scope=extra.get("scope", "")
        )
        if existing:
            existing.update(amount_minor=limit, **extra)
            made = existing.get()
        else:
            made = make_line(customer, limit, **extra)
        arrange([customer.pk], at=self.at)
        made.refresh_from_db()
        return made

    def plan(
        self,
        line: CreditLine,
        amount: int | None,
        first: date,
        last: date,
        *,
        temporary: bool = False,
        grace_days: int = 0,
    ) -> None:
        """A dated limit beside those that the line has; no amount is the word unlimited."""
        asked = NewLimit(
            line.customer_id,
            line.currency,
            amount,
            first,
            last,
            WHY,
            line.scope,
            amount is None,
            temporary,
        )
        terms = Conditions(0, 30, grace_days=grace_days)
        assert grant_limit(asked, held_back=nobody, conditions=terms, actor=CLERK, at=self.at).live

    def cover(self, line: CreditLine, amount: int, share_bps: int, last: date) -> None:
        """An insurance from today on."""
        policy = NewCover(
            line.pk, "insurance", f"P-{next(_files)}", amount, share_bps, self.today, last
        )
        enter_cover(policy, held_back=nobody, actor=CLERK, at=self.at)

    def used(self, code: str = "C1", currency: str = "CNY", scope: str = "") -> int:
        """What the line itself carries, under the policy that governs."""
        line = self._line(code, currency, scope)
        return used(components_of(line), live_policy().policy.exposure)

    def parts(self, code: str = "C1") -> dict[str, int]:
        """Every component of the line that is not zero."""
        components = components_of(self._line(code))
        names = components.__struct_fields__
        return {n: getattr(components, n) for n in names if getattr(components, n)}

    def _line(self, code: str, currency: str = "CNY", scope: str = "") -> CreditLine:
        return CreditLine.objects.get(customer__code=code, currency=currency, scope=scope)

    # --- Rules

    def policy(self, **changes: Any) -> None:
        """The shipped policy with other values goes live, as a person would have it."""
        body = {**document("policies/order_check_v3.json"), **changes}
        made = draft("order_check", body, actor=CLERK, at=self.at)
        approve(made.pk, actor=CLERK, at=self.at)
        go_live(made.pk, actor=CLERK, at=self.at)

    def rate(self, base: str, quote: str, rate: str, day: date | None = None) -> None:
        row = RateRow(
            base=base, quote=quote, day=day or self.today, rate=Decimal(rate), confirmed=True
        )
        record_rates([row], actor=CLERK, at=self.at)

    # --- Orders and papers

    def ask(
        self, ref: str, amount: int, code: str = "C1", who: str = "bob", **extra: Any
    ) -> dict[str, Any]:
        """The answer, opened; `status` beside it. Only an answer of 200 has an outcome."""
        [answer] = check_orders(
            [ask(ref, code, amount, **extra)], actor=self.world.actor(who), at=self.at
        )
        body = json.loads(answer.body) if answer.body else {}
        return {"status": answer.status, "again": answer.replayed, **body}

    def decision(self, ref: str, **more: Any) -> Decision:
        return Decision.objects.filter(order_ref=ref, **more).latest("decided_at", "version")

    def record(self, kind: str, **fields: Any) -> Any:
        """One document as an import brings it. Returns the batch, so that it can be undone."""
        row = BY_KIND[kind].row(customer_code=fields.pop("code", "C1"), **_usual(fields))
        number = next(_files)
        batch = open_batch(kind, f"{number}.csv", f"{number:064d}", {}, actor=CLERK, at=self.at)
        done = record_documents(kind, [row], batch=batch, actor=CLERK, at=self.at)
        finish_batch(batch, done.counts, actor=CLERK, at=self.at)
        return batch

    def order(self, number: str, amount: int, **more: Any) -> Any:
        return self.record(
            "orders", number=number, amount_minor=amount, ordered_on=self.today, **more
        )

    def delivery(self, number: str, amount: int, **more: Any) -> Any:
        return self.record(
            "deliveries", number=number, amount_minor=amount, delivered_on=self.today, **more
        )

    def invoice(self, number: str, amount: int, **more: Any) -> Any:
        days = {"issued_on": self.today, "due_on": self.today + timedelta(days=30)} | more
        return self.record("invoices", number=number, amount_minor=amount, **days)

    def receipt(self, number: str, amount: int, **more: Any) -> Any:
        return self.record(
            "receipts", number=number, amount_minor=amount, **{"received_on": self.today} | more
        )

    def bill(self, number: str, amount: int, **more: Any) -> Any:
        days = {"received_on": self.today, "due_on": self.today + timedelta(days=180)} | more
        return self.record("bills", number=number, amount_minor=amount, **days)


def _usual(fields: dict[str, Any]) -> dict[str, Any]:
    return {"currency": "CNY"} | fields


def codes(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]
