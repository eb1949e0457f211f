"""The credit file's laws, on the real actions and PostgreSQL, over drawn histories.

What somebody read at an instant is what a view of that instant shows ever after, whatever came
later; the view of now is the file as it stands; completeness lies between 0 and 100; a fact's own
row changes in nothing but what was still empty.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import AT, PASSWORD, TODAY, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers import facts
from xinheng.dossiers.credit_file import CreditFile, file_as_of
from xinheng.dossiers.measures import TIERS, measure
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.rows import NewFact
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User
from xinheng.people.queries import WholeBook
from xinheng.refusals import Refused

VALUES = {
    "goods_bought": ["水泥", "熟料", "砂石"],
    "person_in_charge": ["王芳", "李伟"],
    "frame_contract": ["HT-1", "HT-2"],
    "security_given": ["无", "抵押"],
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "verify", "enter", "verify", "correct", "resolve", "reject"]),
        st.integers(0, 11),  # which field, value, source, or which of those that wait
        st.integers(0, 2),  # who
        st.sampled_from([-60, 0, 0, 1, 60]),  # seconds by which the writer's clock is off
        st.booleans(),  # whether somebody reads before the next step, or time stands still
    ),
    max_size=14,
)


class Desk:
    """Three people who do whatever is drawn; what can't be done is refused and changes nothing."""

    def __init__(self) -> None:
        make_customer("C1", unit=None)
        for name in ("ann", "ben", "cui"):
            create_user(
                name,
                PASSWORD,
                name=name,
                roles=["credit_manager"],
                sees_all_units=True,
                actor=system("tests"),
                at=AT,
            )
        self.people = [of_user(User.objects.get(username=name)) for name in ("ann", "ben", "cui")]
        self.customer = Customer.objects.get(code="C1")
        for which in (0, 4):  # two sources that disagree about one field, before the first step
            fact = facts.enter_fact(self._new(which), actor=self.people[0], at=AT)
            facts.verify_fact(fact, "third_party", 50, actor=self.people[1], at=AT)

    def do(self, verb: str, which: int, who: int, at: datetime) -> None:
        actor = self.people[who]
        try:
            if verb == "enter":
                facts.enter_fact(self._new(which), actor=actor, at=at)
            elif verb == "verify" and (one := self._nth(Fact.objects.waiting(), which)):
                facts.verify_fact(one, "third_party", 50 + which, actor=actor, at=at)
            elif verb == "reject" and (one := self._nth(Fact.objects.waiting(), which)):
                facts.reject_fact(one, "与凭证不符", actor=actor, at=at)
            elif verb == "correct" and (one := self._nth(Fact.objects.current(), which)):
                values = VALUES[Fact.objects.get(pk=one).field]
                value = values[which % len(values)]
                facts.correct_fact(one, value, "录入有误", actor=actor, at=at)
            elif verb == "resolve":
                self._resolve(which, actor, at)
        except Refused as refused:
            assert refused.code.name == "OWN_ENTRY", refused

    def _new(self, which: int) -> NewFact:
        field = list(VALUES)[which % 4]
        return NewFact(
            customer_code="C1",
            field=field,
            value=VALUES[field][which % len(VALUES[field])],
            source=("erp", "bureau", "licence")[which % 3],
            reliability="ABD"[which % 3],
            legal_basis="contract",
        )

    def _resolve(self, which: int, actor: Any, at: datetime) -> None:
        case = ConflictCase.objects.filter(resolved_at__isnull=True).first()
        if case and (one := self._nth(Fact.objects.current().filter(field=case.field), which)):
            facts.resolve_conflict(case.pk, one, "以原件为准", actor=actor, at=at)

    @staticmethod
    def _nth(found: Any, which: int) -> int | None:
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        return ids[which % len(ids)] if ids else None

    def read(self, known_at: datetime | None) -> CreditFile:
        return file_as_of(WholeBook(), self.customer, valid_on=TODAY, known_at=known_at)


def contents() -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in Fact.objects.values()}


def newest_stamp() -> datetime | None:
    """The last instant at which the file changed, to the microsecond."""
    names = ("known_since", "known_until", "entered_at", "rejected_at")
    stamps = [value for row in Fact.objects.values_list(*names) for value in row]
    stamps += ConflictCase.objects.values_list("resolved_at", flat=True)
    return max((stamp for stamp in stamps if stamp), default=None)


@pytest.mark.django_db
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_past_reads_as_it_was_read_and_a_fact_never_changes(
    desk: Desk, steps: list[tuple[str, int, int, int, bool]]
) -> None:
    """`known_at` with ≤ for the end of a fact, or a case that is forgotten once it is resolved,
    fail here; a stamp from the writer's own clock fails in tests/dossiers/test_keep_facts.py.
    """
    with transaction.atomic():
        read: list[tuple[datetime, CreditFile]] = []
        rows: dict[int, dict[str, Any]] = {}
        now = AT + timedelta(minutes=5)
        for verb, which, who, off, somebody_reads in steps:
            desk.do(verb, which, who, now + timedelta(seconds=off))
            after = contents()
            for pk, before in rows.items():
                assert all(after[pk][k] == v for k, v in before.items() if v is not None)
            rows = after
            file = desk.read(None)
            assert desk.read(newest_stamp() or now) == file
            assert all(0 <= measure(file, tier).complete <= Decimal(100) for tier in TIERS)
            if somebody_reads:
                now += timedelta(minutes=5)
                assert desk.read(now) == file
                read.append((now, file))
                now += timedelta(minutes=5)
        for then, seen in read:
            assert desk.read(then) == seen
        assert not Fact.objects.current().filter(verified_by=None).exists()
        transaction.set_rollback(True)


@pytest.fixture
def desk(db: None) -> Desk:
    make_world()
    return Desk()
