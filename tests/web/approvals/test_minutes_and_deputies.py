"""A committee's minutes, and the month of who stands in for whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.applications.stage import House, make_house, proposed, say, seats
from tests.web.pages import signed_in, text_of
from tests.world import AT
from xinheng.applications.models import Minutes, Stage
from xinheng.people.models import Deputy

pytestmark = pytest.mark.django_db
HELD = "2026-11-01T10:00"


@pytest.fixture
def house() -> House:
    return make_house()


def test_minutes_close_the_vote_and_another_confirms_them(house: House) -> None:
    row, _ = proposed(house, 6_000_000_00, "BB")
    stage = Stage.objects.get(proposal__application=row)
    for who, said in (("ma", "yes"), ("mo", "yes")):
        mine = next(one for one in seats(row) if one.person == house.user(who))
        say(house, row, who, said, seat=mine)
    address = f"/approvals/{row.number}/stages/{stage.pk}/minutes/"
    ma, mo = signed_in(house.user("ma")), signed_in(house.user("mo"))
    page = text_of(ma.get(address))
    assert "没有表决的委员视为缺席" in page
    present = [str(house.user(one).pk) for one in ("ma", "mo")]
    told = {"held_at": HELD, "present": present, "text": "讨论了抵押与集团敞口，两人同意。"}
    few = ma.post(address, told)
    assert few.status_code == 422 and "法定人数" in text_of(few)
    assert "讨论了抵押与集团敞口" in text_of(few)  # nothing is lost
    mu = next(one for one in seats(row) if one.person == house.user("mu"))
    say(house, row, "mu", "abstain", seat=mu, words="不了解这家公司")
    told["present"] = [*present, str(house.user("mu").pk)]
    answer = ma.post(address, told)
    assert answer.status_code == 302, text_of(answer)
    row.refresh_from_db()
    assert row.state == "granted"
    assert "会议纪要须由" not in text_of(ma.get(address)) and "确认纪要无误" not in text_of(
        ma.get(address)
    )
    own = ma.post(f"{address}confirm/")
    assert own.status_code == 422 and "另一位到会委员确认" in text_of(own)
    assert "确认纪要无误" in text_of(mo.get(address))
    assert mo.post(f"{address}confirm/").status_code == 302
    assert Minutes.objects.get().confirmed_by == house.user("mo")
    assert signed_in(house.user("qi")).get(address).status_code == 200  # sees, writes nothing


def test_minutes_are_only_of_a_committee(house: House) -> None:
    row, _ = proposed(house, 300_000_00)
    stage = Stage.objects.get(proposal__application=row)
    oli = signed_in(house.user("oli"))
    assert oli.get(f"/approvals/{row.number}/stages/{stage.pk}/minutes/").status_code == 404


def stands_in(house: House, deputy: str, person: str, first: date, last: date) -> Deputy:
    return Deputy.objects.create(
        person=house.user(person),
        deputy=house.user(deputy),
        valid_from=first,
        valid_until=last,
        entered_by="tests",
        entered_at=AT,
    )


def test_a_month_shows_own_deputies_and_not_others(house: House) -> None:
    stands_in(house, "alice", "fang", date(2027, 3, 29), date(2027, 4, 2))
    stands_in(house, "wu", "han", date(2027, 4, 1), date(2027, 4, 30))
    page = text_of(signed_in(house.user("fang")).get("/delegations/?month=2027-04"))
    assert page.count('"due-one">alice 代我') == 5 and "代 han" not in page
    assert "我代" in text_of(signed_in(house.user("alice")).get("/delegations/?month=2027-03"))
    bob = signed_in(house.user("bob"))
    assert "这个月没有代理" in text_of(bob.get("/delegations/?month=2027-04"))
    assert bob.get("/delegations/?month=nonsense").status_code == 200


def test_who_manages_people_sees_everybody_and_what_ended_early(house: House) -> None:
    row = stands_in(house, "wu", "han", date(2027, 4, 1), date(2027, 4, 30))
    row.ended_at = AT + timedelta(days=900)
    row.save()
    root = house.user("root")
    assert root.may("people.manage")
    page = text_of(signed_in(root).get("/delegations/?month=2027-04"))
    assert page.count('"due-one">wu 代 han') == 30 and "所有人的代理" in page
    row.ended_at = AT.replace(year=2027, month=4, day=3)
    row.save()
    page = text_of(signed_in(root).get("/delegations/?month=2027-04"))
    assert page.count('"due-one">wu 代 han') == 3 and "已提前结束" in page
