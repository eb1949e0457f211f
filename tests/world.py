"""The fixed cast and a small world to decide in, for tests of any room.

Alice approves, Bob sells, Chen 陈 collects, Dora audits, Eve belongs to another business unit
and sees nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.values import Ask, ask_of
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.people.actions import create_user, ensure_units, set_up
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.policies.actions import adopt_shipped
from xinheng.vault import actions as vault

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PASSWORD = "a long enough passphrase"


@dataclass
class World:
    alice: User
    bob: User
    dora: User
    eve: User
    units: dict[str, int]

    def actor(self, name: str) -> Actor:
        """As the next request would see the person: roles are read anew."""
        return of_user(User.objects.get(pk=getattr(self, name).pk))


def make_world() -> World:
    """A company in Shanghai, two business units, the cast, live policies."""
    root = system("tests")
    vault.start()
    set_up("测试水泥", "CNY", "Asia/Shanghai", "root", PASSWORD, actor=root, at=AT)
    units = ensure_units([("EAST", "华东", "East"), ("WEST", "西部", "West")], actor=root, at=AT)
    adopt_shipped(actor=root, at=AT)
    cast = {
        name: create_user(
            name,
            PASSWORD,
            name=name,
            roles=[role],
            unit_code=unit,
            sees_all_units=unit is None,
            actor=root,
            at=AT,
        )
        for name, role, unit in [
            ("alice", "credit_manager", None),
            ("bob", "sales", "EAST"),
            ("dora", "auditor", None),
            ("eve", "sales", "WEST"),
        ]
    }
    return World(units=units, **cast)


def make_customer(code: str, *, unit: int | None, status: str = "active", **extra: Any) -> Customer:
    return Customer.objects.create(
        code=code,
        name=extra.pop("name", f"客户{code}"),
        status=status,
        business_unit_id=unit,
        data_key_id=vault.create_keys("company", 1, at=AT)[0],
        created_at=AT,
        updated_at=AT,
        **extra,
    )


def make_line(customer: Customer, amount_minor: int | None, **extra: Any) -> CreditLine:
    """A live line of a rated customer, in its place in the tree; counters given are journalled, so
    that the books agree.
    """
    from xinheng.limits.actions import DueShift, Move, post
    from xinheng.limits.tree import arrange

    counters = {name: extra.pop(name) for name in list(extra) if name in _COUNTERS}
    line = CreditLine.objects.create(
        customer=customer,
        currency=extra.pop("currency", "CNY"),
        amount_minor=amount_minor,
        valid_from=extra.pop("valid_from", date(2026, 1, 1)),
        valid_until=extra.pop("valid_until", date(2027, 1, 1)),
        updated_at=AT,
        **extra,
    )
    if line.amount_minor is not None or line.unlimited:
        _plan(line)
    arrange([customer.pk], at=AT, alone=True)
    moves = [Move(line.pk, name, value, "test", "world") for name, value in counters.items()]
    due = [DueShift(line.pk, date(2027, 6, 1), counters.get("open_items", 0))]
    post(moves, due if "open_items" in counters else [], at=AT)
    line.refresh_from_db()
    rate(customer)
    return line


def _plan(line: CreditLine) -> None:
    """The dated limit that stands behind the columns of a line."""
    names = ("amount_minor", "unlimited", "valid_until", "grace_days", "single_order_cap_minor")
    further = ("terms_days_max", "overdue_allowed_minor", "overdue_days_allowed")
    DatedLimit.objects.create(
        line=line,
        valid_from=line.valid_from or date(2026, 1, 1),
        granted_by="system:tests",
        granted_at=AT,
        **{name: getattr(line, name) for name in (*names, *further)},
    )


_COUNTERS = {"open_items", "unbilled", "orders", "bills", "guarantees", "unapplied", "prepaid"}
_COUNTERS |= {"bank_bills", "listed_bills"}


def rate(customer: Customer, grade: str = "BBB", valid_until: date = date(2027, 1, 1)) -> None:
    if Rating.objects.filter(customer=customer).exists():
        return
    assessment = Assessment.objects.create(
        customer=customer,
        card="behaviour v1",
        currency="CNY",
        points=610,
        grade=grade,
        inputs={},
        contributions=[],
        reasons=[],
        as_of=TODAY,
        valid_until=valid_until,
        assessed_at=AT,
    )
    Rating.objects.create(
        customer=customer, assessment=assessment, grade=grade, points=610, valid_until=valid_until
    )


def ask(ref: str, customer: str, amount_minor: int, **extra: Any) -> Ask:
    """An ask as every door makes it."""
    fields = {"version": 1, "currency": "CNY", "terms_days": 30, **extra}
    return ask_of(order_ref=ref, customer_code=customer, amount_minor=amount_minor, **fields)
