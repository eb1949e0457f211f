"""Verifying many facts at once is verifying them one after the other, in the order of their ids.

Drawn: which facts wait (fields, sources, values, periods, who entered and who checked first), what
stands already, whose clocks are off. The two files are equal column by column, stamps included, and
so are the conflict cases. Broken builds that it finds: a predecessor ended at another instant than
its successor stands from; a case opened although one is open; periods left out of what disagrees.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.world import AT, PASSWORD, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.verifying import verify_facts
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused

FIELDS = ("goods_bought", "person_in_charge", "security_given")
PERIODS = ((None, None), (date(2026, 1, 1), date(2026, 6, 30)), (date(2026, 7, 1), None))
SAID = (("erp", "甲"), ("bureau:qcc", "乙"))
FACT = st.tuples(
    st.integers(0, 1),  # customer
    st.sampled_from(FIELDS),
    st.sampled_from(["erp", "bureau:qcc", "customer"]),
    st.sampled_from(["甲", "乙"]),
    st.sampled_from(PERIODS),
    st.integers(0, 2),  # who enters
    st.sampled_from([-30, 0, 0, 5]),  # seconds of the writer's clock
)
Cast = list[Actor]


@pytest.fixture
def cast(db: None) -> Cast:
    make_world()
    for code in ("C1", "C2"):
        make_customer(code, unit=None)
    names = ("ann", "ben", "cui")
    for name in names:
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=["credit_manager"],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    return [of_user(User.objects.get(username=name)) for name in names]


def enter(cast: Cast, drawn: Any) -> int:
    which, field, source, value, (since, until), who, seconds = drawn
    new = NewFact(
        customer_code=("C1", "C2")[which],
        field=field,
        value=value,
        source=source,
        reliability="C",
        valid_from=since,
        valid_until=until,
        legal_basis="contract",
    )
    return facts.enter_fact(new, actor=cast[who], at=AT + timedelta(seconds=seconds))


def contents() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    cases = ConflictCase.objects.order_by("customer_id", "field", "opened_at")
    told = ("customer_id", "field", "opened_at", "opened_by_fact_id", "resolved_at")
    return list(Fact.objects.order_by("pk").values()), list(cases.values(*told))


@pytest.mark.django_db
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(FACT, max_size=5),
    waiting=st.lists(FACT, min_size=1, max_size=8),
    first=st.lists(st.integers(0, 2), max_size=8),
    left_out=st.integers(0, 7),
    seconds=st.sampled_from([-60, 0, 60]),
)
@example(  # other words about other days are no conflict
    before=[(0, "goods_bought", "erp", "甲", PERIODS[1], 1, 0)],
    waiting=[(0, "goods_bought", "bureau:qcc", "乙", PERIODS[2], 1, 0)],
    first=[],
    left_out=7,
    seconds=0,
)
@example(  # a third source meets a case that is open already; a person's values are compared too
    before=[(0, "person_in_charge", source, value, PERIODS[0], 1, 0) for source, value in SAID],
    waiting=[(0, "person_in_charge", "customer", "甲", PERIODS[0], 1, 0)] * 2,
    first=[],
    left_out=7,
    seconds=-60,
)
def test_many_at_once_is_one_after_the_other(
    cast: Cast, before: Any, waiting: Any, first: list[int], left_out: int, seconds: int
) -> None:
    at = AT + timedelta(seconds=seconds)
    with transaction.atomic():
        for drawn in before:
            fact = enter(cast, drawn)
            for actor in cast:
                one_by_one([fact], actor, AT)
        ids = [enter(cast, drawn) for drawn in waiting]
        for fact, who in zip(ids, first, strict=False):
            one_by_one([fact], cast[who], AT)
        ids = [fact for place, fact in enumerate(ids) if place != left_out]
        after = []
        counted = []
        for many in (False, True):
            with transaction.atomic():
                if many:
                    done = verify_facts(ids, "public_record", 70, actor=cast[0], at=at)
                    counted.append((done.verified, done.checked, done.own + done.gone))
                else:
                    counted.append(one_by_one(ids, cast[0], at, "public_record", 70))
                after.append(contents())
                transaction.set_rollback(True)
        assert after[0] == after[1]
        assert counted[0] == counted[1]
        transaction.set_rollback(True)


def one_by_one(
    ids: list[int], actor: Actor, at: Any, how: str = "third_party", confidence: int = 50
) -> tuple[int, int, int]:
    """How many stand now, were checked first, and could not be verified."""
    counts = [0, 0, 0]
    for fact in sorted(ids):
        try:
            stands = facts.verify_fact(fact, how, confidence, actor=actor, at=at)
        except Refused as refused:
            assert refused.code.name in ("OWN_ENTRY", "UNKNOWN_FACT"), refused
            counts[2] += 1
        else:
            counts[0 if stands else 1] += 1
    return counts[0], counts[1], counts[2]


@pytest.mark.django_db
def test_many_at_once_leaves_one_entry_and_strangers_alone(cast: Cast) -> None:
    from xinheng.ledger.models import PendingEntry

    drawn = [(0, "goods_bought", "erp", "甲", (None, None), 1, 0)] * 1
    ids = [enter(cast, one) for one in drawn]
    Customer.objects.get(code="C2")
    near = PendingEntry.objects.count()
    stranger = Actor("user", 9, cast[2].person_id, frozenset({"facts.verify"}), "x", 77, False)
    done = verify_facts(ids, "third_party", 50, actor=stranger, at=AT)
    assert (done.verified, done.gone) == (0, 1)
    assert PendingEntry.objects.count() == near
    verify_facts(ids, "third_party", 50, actor=cast[2], at=AT)
    assert PendingEntry.objects.count() == near + 1
    with pytest.raises(Refused, match="NEEDS_PERSON"):
        verify_facts(ids, "third_party", 50, actor=system("tests"), at=AT)
    with pytest.raises(Refused, match="BAD_CHECK"):
        verify_facts(ids, "guess", 50, actor=cast[2], at=AT)
