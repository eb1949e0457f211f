"""I1 and I3 on real PostgreSQL with many clients at once, and the broken builds that they catch.

Each law is run against a mutant too: without the row lock, the table's own constraints must refuse;
without lock and constraint, the law must notice that the limit was exceeded; and an answer that is
given before COMMIT is noticed by asking again. A law that no mutant breaks would prove nothing.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions import actions, ground
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.limits import sql
from xinheng.limits.locking import read_lines
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "door"])
CLIENTS = 64
ROOM = 1_000_00
EACH = 30_00  # 33 fit


@pytest.fixture
def world():
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), ROOM)
    return world


def all_at_once(actor, asks):
    """Every ask from a thread of its own, released by one barrier; returns answers or
    exceptions.
    """
    barrier = threading.Barrier(len(asks))

    def one(order):
        try:
            barrier.wait(30)
            return check_orders([order], actor=actor, at=AT)[0]
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def outcomes(answers):
    return Counter(
        type(a).__name__ if isinstance(a, Exception) else json.loads(a.body)["outcome"]
        for a in answers
    )


def used_minor():
    return sum(Reservation.objects.filter(state="pending").values_list("amount_minor", flat=True))


def test_sixty_four_clients_on_one_customer_never_exceed_the_limit(world):
    answers = all_at_once(world.actor("bob"), [ask(f"PO-{n}", "C1", EACH) for n in range(CLIENTS)])
    assert outcomes(answers) == {"approve": ROOM // EACH, "hold": CLIENTS - ROOM // EACH}
    assert used_minor() == CreditLine.objects.get().orders_minor == ROOM // EACH * EACH
    assert reconcile() == []


def test_at_the_last_unit_exactly_one_of_many_wins(world):
    CreditLine.objects.update(amount_minor=EACH)
    answers = all_at_once(world.actor("bob"), [ask(f"D-{n}", "C1", EACH) for n in range(32)])
    assert outcomes(answers) == {"approve": 1, "hold": 31}


def test_the_members_of_a_group_never_pass_its_limit_together(world):
    """Each has room of its own; what they share is the group's, in another currency even."""
    head = make_customer("HEAD", unit=world.units["EAST"])
    for code in ("G1", "G2", "G3"):
        make_line(make_customer(code, unit=world.units["EAST"], parent=head), ROOM)
    make_line(head, ROOM, scope="group")
    asks = [ask(f"G-{n}", f"G{n % 3 + 1}", EACH) for n in range(CLIENTS)]
    answers = all_at_once(world.actor("bob"), asks)
    assert outcomes(answers) == {"approve": ROOM // EACH, "hold": CLIENTS - ROOM // EACH}
    assert used_minor() == ROOM // EACH * EACH
    assert reconcile() == []


def test_twenty_twins_get_one_decision_and_the_same_bytes(world):
    answers = all_at_once(world.actor("bob"), [ask("PO-1", "C1", EACH)] * 20)
    assert len({answer.body for answer in answers}) == 1
    assert {answer.status for answer in answers} == {200}
    assert (Decision.objects.count(), used_minor()) == (1, EACH)


def test_twins_for_two_customers_at_once_leave_one_decision(world):
    make_line(make_customer("C2", unit=world.units["EAST"]), ROOM)
    twins = [ask("PO-1", code, EACH) for code in ("C1", "C2")] * 8
    answers = all_at_once(world.actor("bob"), twins)
    assert Counter(answer.status for answer in answers) == {200: 8, 422: 8}
    assert (Decision.objects.count(), used_minor()) == (1, EACH)


# --- Broken builds


@pytest.fixture
def without_the_lock(monkeypatch):
    monkeypatch.setattr(sql, "LOCK_LINES", sql.LOCK_LINES.replace("for no key update", ""))


GUARDS = {
    "reservation_within_ceiling": "limits_reservation",
    "reservation_line_version": "limits_reservation",
    "reservation_level_within": "limits_reservationlevel",
    "reservation_level_version": "limits_reservationlevel",
}


def drop(*constraints):
    with connection.cursor() as cursor:
        for name in constraints:
            cursor.execute(f"alter table {GUARDS[name]} drop constraint {name}")


@pytest.fixture
def without_the_constraints():
    """The tables believe everything; put back afterwards, on the emptied tables."""
    definitions = {}
    with connection.cursor() as cursor:
        for name in GUARDS:
            cursor.execute(
                "select pg_get_constraintdef(oid) from pg_constraint where conname = %s", [name]
            )
            definitions[name] = cursor.fetchone()[0]
    drop(*definitions)
    yield
    with connection.cursor() as cursor:
        cursor.execute("truncate limits_reservation cascade")
        for name, definition in definitions.items():
            cursor.execute(f"alter table {GUARDS[name]} add constraint {name} {definition}")


def test_without_the_lock_the_table_still_refuses(world, without_the_lock):
    answers = all_at_once(world.actor("bob"), [ask(f"PO-{n}", "C1", EACH) for n in range(CLIENTS)])
    assert used_minor() <= ROOM
    assert outcomes(answers)["approve"] <= ROOM // EACH


def test_without_lock_and_constraints_the_law_notices(
    world, without_the_lock, without_the_constraints
):
    for attempt in range(5):
        all_at_once(
            world.actor("bob"), [ask(f"P{attempt}-{n}", "C1", EACH) for n in range(CLIENTS)]
        )
        if used_minor() > ROOM:
            return
    pytest.fail("the mutant was not noticed: the law proves nothing")


def test_a_group_without_the_lock_above_is_noticed(world, without_the_constraints, monkeypatch):
    """Mutant: only the order's own line is locked, and the tables believe everything. (With their
    guards a promise that saw an old state is refused and decided again: no test would notice.)
    """
    head = make_customer("HEAD", unit=world.units["EAST"])
    for code in ("G1", "G2"):
        make_line(make_customer(code, unit=world.units["EAST"], parent=head), ROOM)
    top = make_line(head, ROOM, scope="group").pk
    honest = ground.lock_exactly

    def below_only(line_ids, *, using="default"):
        return honest(set(line_ids) - {top}, using=using) | read_lines([top], using=using)

    monkeypatch.setattr(ground, "lock_exactly", below_only)
    for attempt in range(10):
        asks = [ask(f"G{attempt}-{n}", f"G{n % 2 + 1}", EACH) for n in range(CLIENTS)]
        all_at_once(world.actor("bob"), asks)
        if used_minor() > ROOM:
            return
        Reservation.objects.update(state="voided")
        CreditLine.objects.update(orders_minor=0)
    pytest.fail("the mutant was not noticed: the law proves nothing")


def test_the_check_constraint_alone_refuses_what_exceeds_the_ceiling(world, monkeypatch):
    """A decide() that approves everything is stopped by the table: an invariant, not an answer."""
    import xinheng.decisions.batch as batch

    honest = batch.decide

    def generous(facts, order, policy):
        import msgspec

        verdict = honest(facts, order, policy)
        return msgspec.structs.replace(verdict, outcome="approve", reasons=())

    monkeypatch.setattr(batch, "decide", generous)
    with pytest.raises(Exception, match="reservation_within_ceiling"):
        check_orders([ask("PO-1", "C1", ROOM + 1)], actor=world.actor("bob"), at=AT)
    assert (Decision.objects.count(), used_minor()) == (0, 0)


def test_an_answer_before_commit_is_noticed_by_asking_again(world, monkeypatch):
    """Mutant: the answer leaves although the transaction rolls back."""
    honest = actions._check
    told = []

    def hasty(*args):
        told.extend(honest(*args))
        raise RuntimeError("the process dies between the answer and COMMIT")

    monkeypatch.setattr(actions, "_check", hasty)
    with pytest.raises(RuntimeError):
        check_orders([ask("PO-1", "C1", EACH)], actor=world.actor("bob"), at=AT)
    monkeypatch.setattr(actions, "_check", honest)
    [again] = check_orders([ask("PO-1", "C1", EACH)], actor=world.actor("bob"), at=AT)
    assert told[0].body != again.body, "the law 'same key, same bytes' must see the difference"
