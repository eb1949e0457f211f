"""What tests of verification share: a second verifier, and facts as the actions leave them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.world import AT, PASSWORD, World, make_customer, make_world
from xinheng.customers.search_text import search_text_of
from xinheng.dossiers.facts import enter_fact, verify_fact
from xinheng.dossiers.models import ConflictCase
from xinheng.dossiers.rows import NewFact
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User

WHY = "与营业执照原件不符"


def desk() -> World:
    """The cast, two more who verify (fay everywhere, wu in WEST), and two customers."""
    world = make_world()
    for name, unit in (("fay", None), ("wu", "WEST")):
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=["analyst"],
            unit_code=unit,
            sees_all_units=unit is None,
            actor=system("tests"),
            at=AT,
        )
    make_customer(
        "C1",
        unit=world.units["EAST"],
        name="长江建材",
        search_text=search_text_of(("C1", "长江建材")),
    )
    make_customer("C2", unit=world.units["WEST"], name="西岭混凝土", search_text="c2")
    return world


def person(name: str) -> User:
    return User.objects.get(username=name)


def entered(
    field: str,
    value: str,
    *,
    by: str = "bob",
    customer: str = "C1",
    at: datetime = AT,
    **told: Any,
) -> int:
    """A fact that waits."""
    given = {"source": "erp", "reliability": "B", "legal_basis": "contract", **told}
    new = NewFact(customer_code=customer, field=field, value=value, **given)
    return enter_fact(new, actor=of_user(person(by)), at=at)


def standing(field: str, value: str, *, by: str = "bob", **told: Any) -> int:
    """A fact in the file, verified by alice and, where it is critical, by fay."""
    at = told.pop("at", AT)
    fact = entered(field, value, by=by, at=at, **told)
    checkers = [name for name in ("alice", "fay", "root") if name != by][:2]
    for n, name in enumerate(checkers):
        actor, later = of_user(person(name)), at + timedelta(minutes=n + 1)
        if verify_fact(fact, "public_record", 90, actor=actor, at=later):
            break
    return fact


def disputed(by: str = "bob", other: str = "bob") -> int:
    """Two sources that disagree about the goods bought, and the case that it opened."""
    standing("goods_bought", "水泥", source="licence", reliability="A", by=by, evidence="执照 3")
    standing("goods_bought", "熟料", source="bureau:qcc", reliability="B", by=other)
    return ConflictCase.objects.get().pk
