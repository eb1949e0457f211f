"""Two at once on a real PostgreSQL: of two votes one counts, a vote and a withdrawal don't both
happen, two sisters are never granted without each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from tests.applications.stage import (
    House,
    applied,
    grade,
    investigated,
    make_house,
    offer,
    proposed,
    say,
    seats,
)
from tests.world import AT, make_customer, make_line
from xinheng.applications import applying, assessing, proposing
from xinheng.applications.models import Application, Seat
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_house()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Each in a thread and a connection of its own, all released at the same moment."""
    told, gate = [""] * len(acts), threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            act()
            told[place] = "done"
        except Refused as refused:
            told[place] = refused.code.name
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return told


def test_of_two_votes_on_a_seat_one_counts(house: House) -> None:
    row, _ = proposed(house, 4_000_000_00)
    seat = seats(row)[0]
    told = at_once(
        lambda: say(house, row, "alice", seat=seat), lambda: say(house, row, "fang", seat=seat)
    )
    assert sorted(told)[1] == "done" and sorted(told)[0] in ("SEAT_TAKEN", "WRONG_STATE")
    assert DatedLimit.objects.filter(granted_by="system:applications").count() == 1
    assert Seat.objects.exclude(vote="").count() == 1


def test_both_of_a_joint_signature_at_once_are_counted(house: House) -> None:
    row, _ = proposed(house, 900_000_00, "CCC")
    first, second = seats(row)
    told = at_once(
        lambda: say(house, row, "fang", seat=first), lambda: say(house, row, "han", seat=second)
    )
    assert told == ["done", "done"]
    row.refresh_from_db()
    assert row.state == "granted"


def test_a_vote_and_a_withdrawal_do_not_both_happen(house: House) -> None:
    row, _ = proposed(house, 800_000_00)
    seat = seats(row)[0]
    told = at_once(
        lambda: say(house, row, "oli", seat=seat),
        lambda: applying.withdraw(row.number, "不再需要", actor=house.actor("bob"), at=AT),
    )
    assert sorted(told) == ["WRONG_STATE", "done"]
    row.refresh_from_db()
    granted = DatedLimit.objects.filter(granted_by="system:applications").exists()
    assert (row.state == "granted") == granted


def test_a_vote_and_a_new_snapshot_do_not_both_count(house: House) -> None:
    row, _ = proposed(house, 800_000_00)
    seat, sha = seats(row)[0], bytes(assessing.current(row).sha256).hex()
    told = at_once(
        lambda: say(house, row, "oli", seat=seat, sha=sha),
        lambda: assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT),
    )
    assert "done" in told and told.count("done") == 1
    row.refresh_from_db()
    assert row.state == ("granted" if told[0] == "done" else "assessed")


def test_two_sisters_at_once_are_measured_with_each_other(house: House) -> None:
    """600,000.00 each is an officer's; together they are a manager's: only one may come of it."""
    sister = make_customer("S-1", unit=house.world.units["EAST"], parent=house.customer)
    make_line(sister, None)
    rows: list[Any] = []
    for customer in (house.customer, sister):
        grade(customer, "BBB")
        one = House(house.world, customer)
        row: Application = applied(one, 600_000_00)
        investigated(one, row)
        assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
        made = proposing.propose(row.number, offer(600_000_00), actor=house.actor("chen"), at=AT)
        assert made.measured["route"] == "officer"
        rows.append((row, seats(row)[0]))
    told = at_once(*(lambda pair=pair: say(house, pair[0], "oli", seat=pair[1]) for pair in rows))
    assert told == ["done", "done"]  # both votes count, one grant is refused
    states = sorted(Application.objects.values_list("state", flat=True))
    assert states == ["deciding", "granted"]
    limits = CreditLine.objects.filter(scope="").values_list("amount_minor", flat=True)
    assert sorted(one or 0 for one in limits) == [0, 600_000_00]
