"""`xinheng review`: what is due, asked for, begun and ended, each by a named person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.world import make_customer, make_line
from xinheng.applications.models import Application, Review
from xinheng.applications.reviews import find_reviews
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_due_is_listed_and_begun_and_what_was_asked_for_is_ended(world, run):
    at = datetime.now(UTC)
    day = today(at)
    customer = make_customer("C-7", unit=world.units["EAST"])
    make_line(customer, 50_000_000, valid_until=day + timedelta(days=40), valid_from=day)
    find_reviews(today=day, at=at)
    (row,) = run("review", "list", "--json").json
    assert (row["customer"], row["cause"], row["state"]) == ("C-7", "expiry", "open")
    told = run("review", "start", str(row["id"]), "--by", "bob", "--json").json
    assert told["application"] == Application.objects.get().number
    assert run("review", "start", str(row["id"]), "--by", "bob").code != 0
    due = (day + timedelta(days=7)).isoformat()
    words = ("--by", "bob", "--reason", "听说换了老板", "--due")
    assert run("review", "ask", "C-7", *words, "soon").code != 0
    asked = run("review", "ask", "C-7", *words, due, "--json").json
    ended = ("review", "end", str(asked["id"]), "--reason", "没有换老板")
    assert run(*ended, "--by", "bob").code != 0  # sales may not
    run(*ended, "--by", "alice")
    assert Review.objects.get(pk=asked["id"]).state == "done"
    assert [one["id"] for one in run("review", "list", "--ended", "--json").json] == [asked["id"]]
