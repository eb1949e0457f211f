"""A credit file with a history, for tests of its pages.

On 2026-03-01 the file of C-1001 knows ten million of capital; corrected on 2026-03-06 to eight
million; on 2026-04-02 a bureau says twelve, which opens a conflict. The paying account is secret,
the legal representative sealed; a permit has ended; a fact waits.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.web.pages import buyer
from tests.world import AT, PASSWORD, World
from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.models import Fact
from xinheng.dossiers.rows import NewFact
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User

CODE = "C-1001"
MARCH = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def on(month: int, day: int, hour: int = 4) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def acting(name: str) -> Any:
    return of_user(User.objects.get(username=name))


def entered(field: str, value: str, at: datetime, by: str = "bob", **extra: Any) -> int:
    told = {"source": "营业执照", "reliability": "A", "legal_basis": "contract", **extra}
    told.setdefault("observed_on", at.date())
    new = NewFact(customer_code=CODE, field=field, value=value, **told)
    return facts.enter_fact(new, actor=acting(by), at=at)


def known(field: str, value: str, at: datetime, **extra: Any) -> int:
    """Entered by bob, verified by alice, reviewed by fred where it is critical."""
    fact = entered(field, value, at, **extra)
    return verified(fact, at)


def verified(fact: int, at: datetime) -> int:
    facts.verify_fact(fact, "public_record", 80, actor=acting("alice"), at=at)
    if Fact.objects.get(pk=fact).known_since is None:
        facts.verify_fact(fact, "public_record", 80, actor=acting("fred"), at=at)
    return fact


def filed(world: World) -> Customer:
    create_user(
        "fred",
        PASSWORD,
        name="范东",
        roles=["finance_director"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    customer = buyer(
        CODE, world.units["EAST"], 1_000_000_00, name="江南钢构工程有限公司", open_items=620_000_00
    )
    capital = known("registered_capital", "10000000.00 CNY", MARCH)
    known("registered_name", "江南钢构工程有限公司", MARCH)
    known("legal_representative", "沈秋", MARCH)
    known("company_form", "limited", MARCH)
    known("bank_account", "6222 0000 1111 2222", MARCH)
    known("trade_permit", "钢结构资质二级", MARCH, valid_until=date(2026, 6, 30))
    right = facts.correct_fact(
        capital, "8000000.00 CNY", "执照副本看错一位", actor=acting("bob"), at=on(3, 6)
    )
    verified(right, on(3, 6, 5))
    known("registered_capital", "12000000.00 CNY", on(4, 2), source="bureau:qcc", reliability="B")
    entered("yearly_purchases", "3600000.00 CNY", on(4, 3))
    customer.refresh_from_db()
    return customer
