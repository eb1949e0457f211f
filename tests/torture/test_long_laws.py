"""R-01, R-04, R-11 and R-12 for hours instead of a minute: make torture ARGS="-k long_laws".

XINHENG_LAW_EXAMPLES and XINHENG_LAW_LENGTH set how much R-01 and R-02 try, XINHENG_LAW_SCHEDULES
how many orders of each pair R-04 tries, XINHENG_LAW_RACES how often R-11 lets five people end the
same order at once, XINHENG_LAW_SHUFFLES how often R-12 shuffles the messages.
XINHENG_TORTURE_SEED repeats a draw.
"""

from __future__ import annotations

import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connections

from tests.laws import test_interleavings as pairs
from tests.laws.interleave import Race
from tests.laws.line_model import Account, Model
from tests.laws.test_line_model import House, try_all, try_sequences
from tests.laws.test_messages_in_any_order import try_shuffles
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Hold
from xinheng.limits import sql
from xinheng.limits.queries import reconcile
from xinheng.refusals import Refused

pytestmark = pytest.mark.torture
EXAMPLES = int(os.environ.get("XINHENG_LAW_EXAMPLES", "2000"))
LENGTH = int(os.environ.get("XINHENG_LAW_LENGTH", "4"))
SCHEDULES = int(os.environ.get("XINHENG_LAW_SCHEDULES", "60"))
SHUFFLES = int(os.environ.get("XINHENG_LAW_SHUFFLES", "10000"))
RACES = int(os.environ.get("XINHENG_LAW_RACES", "2000"))
DUELS = int(os.environ.get("XINHENG_LAW_DUELS", "1000"))
DUELLISTS = 20
SEED = int(os.environ.get("XINHENG_TORTURE_SEED", "20261122"))
SWITCHES = 2


@pytest.mark.django_db
def test_many_drawn_sequences_agree_with_the_model() -> None:
    from tests.laws.test_line_model import HOUSES

    HOUSES.append(House())
    try:
        try_sequences(EXAMPLES)
    finally:
        HOUSES.clear()


@pytest.mark.django_db
def test_all_sequences_of_four_agree_with_the_model() -> None:
    try_all(House(), Model({"C": Account(), "D": Account()}), LENGTH)


@pytest.mark.django_db(transaction=True, databases=["default", "door"])
def test_every_pair_in_many_orders() -> None:
    tried = pairs.PAIRS
    with Race() as race:
        bench = pairs.Bench(race)
        found = pairs.faults_of(bench, tried, preemptions=SWITCHES, at_most=SCHEDULES)
        print(f"{bench.schedules} schedules of {len(tried)} pairs")
    assert not found, "\n\n".join(found.values())
    assert reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_many_shuffles_of_messages_end_in_the_same_books() -> None:
    # Each shuffle in a transaction of its own: what it made and dropped can be swept up meanwhile.
    try_shuffles(SHUFFLES, SEED)


# --- the last unit of credit


@pytest.mark.django_db(transaction=True, databases=["default", "door"])
def test_of_many_at_the_last_unit_exactly_one_wins() -> None:
    """XINHENG_LAW_DUELS duels; every second one is about the last unit of a group's limit."""
    world = make_world()
    bob = world.actor("bob")
    with ThreadPoolExecutor(DUELLISTS) as pool:
        for duel in range(DUELS):
            _duel(pool, bob, world.units["EAST"], duel)
        meeting = threading.Barrier(DUELLISTS)  # so that each thread closes its own connection
        list(pool.map(lambda _: (meeting.wait(60), connections.close_all()), range(DUELLISTS)))
    assert reconcile() == []


def _duel(pool: ThreadPoolExecutor, bob: Any, unit: int, duel: int) -> None:
    head = make_customer(f"HEAD-{duel}", unit=unit)
    codes = [f"C-{duel}-{n}" for n in range(2)]
    for code in codes:
        make_line(make_customer(code, unit=unit, parent=head if duel % 2 else None), 1)
    if duel % 2:
        make_line(head, 1, scope="group")
    barrier = threading.Barrier(DUELLISTS)

    def one(number: int) -> str:
        barrier.wait(60)
        code = codes[number % 2 if duel % 2 else 0]
        [answer] = check_orders([ask(f"D-{duel}-{number}", code, 1)], actor=bob, at=AT)
        return str(json.loads(answer.body)["outcome"])

    told = list(pool.map(one, range(DUELLISTS)))
    assert told.count("approve") == 1, f"duel {duel}: {told.count('approve')} were granted"


# --- everybody at once on the same order


def race_on_orders(races: int, forgiven: tuple[type[Exception], ...] = (Refused,)) -> None:
    """No scheduler here: five threads released by a barrier, as they fall, on an order of each
    race's own. What is not forgiven ends the run.
    """
    draw = random.Random(SEED)
    world = make_world()
    bob, alice = world.actor("bob"), world.actor("alice")
    crew = [ThreadPoolExecutor(1) for _ in range(5)]
    try:
        for race in range(races):
            scene = pairs.make_scene(world, bob, alice)
            names = draw.sample(CROWD, len(crew))
            crowd = [pairs.COMMANDS[name](scene) for name in names]
            barrier = threading.Barrier(len(crew))
            running = [
                one.submit(_at_once, job, barrier, forgiven)
                for one, job in zip(crew, crowd, strict=True)
            ]
            results = [each.result(60) for each in running]
            _assert_ended_once(scene, dict(zip(names, results, strict=True)), f"race {race}")
    finally:
        for one in crew:
            one.submit(connections.close_all).result()
            one.shutdown()


@pytest.mark.django_db(transaction=True, databases=["default", "door"])
def test_five_at_once_end_an_order_once() -> None:
    race_on_orders(RACES)
    assert reconcile() == []


@pytest.mark.django_db(transaction=True, databases=["default", "door"])
def test_five_without_the_lock_are_noticed(monkeypatch: Any) -> None:
    """What the table itself refuses is forgiven: the law about the rows must notice the rest."""
    monkeypatch.setattr(sql, "LOCK_LINES", sql.LOCK_LINES.replace("for no key update", ""))
    with pytest.raises(AssertionError, match=r"I4|both ended|race"):
        race_on_orders(RACES, (Refused, DatabaseError))


# Lowering and raising make proposals of one customer: only one of them waits at a time.
CROWD = [
    *("cancel A", "cancel H", "release H", "reject H", "expire", "lower the limit", "block"),
    *("invoice A", "A version 2", "H version 2", "order A in the ERP"),
]


def _at_once(job: Any, barrier: threading.Barrier, forgiven: tuple[type[Exception], ...]) -> Any:
    barrier.wait(30)
    try:
        return job()
    except forgiven as error:
        return error


def _assert_ended_once(scene: Any, results: dict[str, Any], word: str) -> None:
    """I1 and I4 on the rows; and of those who ended the hold, exactly one was told that it did."""
    pairs.assert_rows(scene)
    told = [name for name in ("release H", "reject H") if results.get(name) == "done"]
    state = Hold.objects.get(decision=scene.decisions["H"]).state
    assert len(told) <= 1, f"{word}: {told} both ended the hold"
    assert not told or state == {"release H": "released", "reject H": "rejected"}[told[0]], word
