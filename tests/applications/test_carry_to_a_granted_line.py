"""From a wish to a granted line: the whole way, once, with what it leaves behind."""

from __future__ import annotations

import pytest

from tests.applications.stage import House, make_house, proposed, say, seats
from tests.world import AT
from xinheng.applications import letters, queries
from xinheng.applications.models import Application
from xinheng.decisions.models import Notice
from xinheng.limits.models import CreditLine, DatedLimit

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def test_a_wish_of_a_bbb_customer_becomes_a_line_by_one_officer(house: House) -> None:
    row, made = proposed(house, 800_000_00)
    assert row.state == "deciding" and made.measured["route"] == "officer"
    assert [one.role for one in seats(row)] == ["credit_officer"]
    assert [one.seat.pk for one in queries.inbox(house.user("oli"), at=AT)] == [seats(row)[0].pk]
    assert not queries.inbox(house.user("chen"), at=AT)
    say(house, row, "oli")
    row.refresh_from_db()
    assert row.state == "granted"
    line = CreditLine.objects.get(customer=house.customer, scope="")
    assert line.amount_minor == 800_000_00 and line.terms_days_max == 60
    dated = DatedLimit.objects.get(pk=row.granted_dated_id)
    assert dated.granted_by == "system:applications" and dated.reason.startswith(row.number)
    whole = queries.one(house.user("alice"), row.number, at=AT)
    assert whole is not None
    assert [step.kind for step in whole.trail][-4:] == ["assessed", "proposed", "vote", "granted"]
    assert all(step.entry_id for step in whole.trail)
    letter, text = whole.letters[0]
    assert letter.kind == "grant" and text is not None
    assert "人民币捌拾万元整" in text.zh and "800,000.00" in text.en
    assert "捌拾万".encode() not in bytes(letter.text_sealed)
    told = Notice.objects.filter(kind="application", user=house.user("bob"))
    assert [one.about for one in told] == [f"application:{row.number}:granted"]
    assert letters.text_of(letter) == text


def test_a_stranger_sees_nothing_of_it(house: House) -> None:
    row, _ = proposed(house)
    assert queries.one(house.user("eve"), row.number, at=AT) is None
    assert not queries.board(house.user("eve"), at=AT)
    assert [one.row.pk for one in queries.board(house.user("bob"), at=AT)] == [row.pk]
    assert Application.objects.count() == 1
