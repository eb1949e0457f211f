"""Reminders: every step of an end is told once, to the right people; what waits once a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.dossiers.corpus import pdf
from tests.dossiers.test_count_standings import file_of, licence, stand
from tests.dossiers.test_keep_facts import acting, enter, verify, world  # noqa: F401
from tests.world import AT, PASSWORD, TODAY, World, make_customer
from xinheng.customers.models import Customer
from xinheng.decisions.models import Notice
from xinheng.decisions.notices import of_user
from xinheng.decisions.reminding import remind, remind_of_ends, remind_of_waiting
from xinheng.dossiers.filing import NewDocument, add_document, withdraw_document
from xinheng.dossiers.models import Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.jobs.rounds import ROUNDS, remind_people
from xinheng.people import queries
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import Company, User

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
END = TODAY + 60 * DAY
STANDING = {"alice", "fred", "gina", "root"}  # may release holds, see all


def told(kind: str = "licence") -> set[tuple[str, str]]:
    """(who, step) of everything told so far."""
    rows = Notice.objects.filter(kind=kind).values_list("user__username", "about")
    return {(name, about.rsplit(":", 1)[1]) for name, about in rows}


def look(days_before: int, end: date = END) -> int:
    return remind_of_ends(end - days_before * DAY, at=AT)


def paper(kind: str, until: date, by: str = "bob", title: str = "资料") -> Any:
    new = NewDocument(customer_code="C1", kind=kind, title=title, secrecy=1, valid_until=until)
    upload = check_upload(f"{title}.pdf", pdf(f"%{title}{until}".encode()))
    return add_document(new, upload, actor=acting(by), at=AT)


# --- Steps


@pytest.mark.parametrize(
    ("days", "step"),
    [
        *((31, None), (30, "30"), (29, "30")),
        *((8, "30"), (7, "7"), (6, "7")),
        *((2, "7"), (1, "1"), (0, "0")),
        *((-1, "0"), (-7, "0"), (-8, None)),
    ],
)
def test_the_step_of_a_day_is_the_one_that_has_been_reached(world, days, step):  # noqa: F811
    # Catches < for <=, a step a day late, and old ends that are told for ever.
    licence(END)
    look(days)
    assert {one for _, one in told()} == ({step} if step else set())


def test_each_step_is_told_once_and_the_next_one_again(world: World) -> None:  # noqa: F811
    licence(END)
    counts = [look(days) for days in range(40, -15, -1)]
    people = len({name for name, _ in told()})
    assert [count for count in counts if count] == [people] * 4
    assert [40 - place for place, count in enumerate(counts) if count] == [30, 7, 1, 0]
    assert [look(days) for days in (30, 7, 1, 0)] == [0] * 4


@pytest.mark.parametrize(
    ("zone", "some"), [("Asia/Shanghai", True), ("Europe/Berlin", False), ("UTC", False)]
)
def test_the_day_is_the_company_s(world, zone, some):  # noqa: F811
    # 16:30 UTC is half past midnight of the next day in Shanghai only.
    Company.objects.update(time_zone=zone)
    queries.forget()
    licence(date(2026, 11, 21) + 30 * DAY)
    remind_people(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))
    assert bool(told()) is some


# --- What renews what


def test_a_renewed_licence_gets_no_later_step(world: World) -> None:  # noqa: F811
    licence(END)
    look(30)
    licence(END + 365 * DAY)
    assert [look(days) for days in (7, 1, 0)] == [0, 0, 0]
    assert look(30, END + 365 * DAY) == len({name for name, _ in told()})


@pytest.mark.parametrize(
    ("begins", "silent"), [(END, True), (END + DAY, True), (END + 2 * DAY, False)]
)
def test_one_that_begins_later_replaces_only_without_a_gap(world, begins, silent):  # noqa: F811
    stand("business_licence", "91310", valid_until=END)
    until = END + 365 * DAY
    stand("business_licence", "91310", source="amr", valid_from=begins, valid_until=until)
    assert (look(7) == 0) is silent


def test_a_scan_renews_what_a_fact_told_and_the_other_way_round(world: World) -> None:  # noqa: F811
    stand("business_licence", "91310", valid_until=END)
    old = licence(END)
    new = licence(END + 365 * DAY)
    assert look(7) == 0
    withdraw_document(new, "传错了文件", actor=acting("alice"), at=AT)
    stand("business_licence", "91310", source="amr", valid_until=END + 300 * DAY)
    assert look(7) == 0 and old


def test_what_waits_to_be_verified_renews_nothing(world: World) -> None:  # noqa: F811
    stand("business_licence", "91310", valid_until=END)
    enter("business_licence", "91310", source="amr", valid_until=END + 365 * DAY)
    assert look(7) > 0


def test_other_qualifications_and_papers_are_told_each_for_itself(world: World) -> None:  # noqa: F811
    stand("trade_permit", "许可 1", valid_until=END)
    contract = paper("contract", END, title="框架合同")
    paper("contract", END + 365 * DAY, title="另一份合同")  # which nobody knows to replace it
    stand("goods_bought", "水泥", valid_until=END)  # no qualification
    look(7)
    abouts = set(Notice.objects.values_list("about", flat=True))
    number = file_of().pk
    assert abouts == {
        f"{number}:trade_permit:{END}:7",
        f"{number}:document/contract/{contract}:{END}:7",
    }
    withdraw_document(contract, "已被新合同取代", actor=acting("alice"), at=AT)
    look(1)
    assert {one for _, one in told()} == {"7", "1"}
    assert not Notice.objects.filter(about=f"{number}:document/contract/{contract}:{END}:1")


def test_a_merged_record_s_licence_is_its_survivor_s(world: World) -> None:  # noqa: F811
    survivor = make_customer("C9", unit=world.units["EAST"])
    stand("business_licence", "91310", valid_until=END)
    Customer.objects.filter(code="C1").update(merged_into=survivor)
    look(7)
    assert set(Notice.objects.values_list("customer__code", flat=True)) == {"C9"}


def test_a_closed_customer_s_papers_are_told_to_nobody(world: World) -> None:  # noqa: F811
    licence(END)
    Customer.objects.update(status="closed")
    assert look(7) == 0


# --- To whom


def person(name: str, role: str, unit: str | None) -> User:
    told = {"unit_code": unit, "sees_all_units": unit is None}
    return create_user(
        name, PASSWORD, name=name, roles=[role], actor=system("tests"), at=AT, **told
    )


def test_told_are_who_may_release_in_the_unit_and_who_entered_it(world: World) -> None:  # noqa: F811
    person("east", "credit_manager", "EAST")
    person("west", "credit_manager", "WEST")
    person("sam", "sales", "EAST")  # entered nothing
    paper("reference", END)  # by Bob
    look(7)
    assert {name for name, _ in told()} == STANDING | {"east", "bob"}


def test_who_left_or_sees_the_customer_no_more_is_not_told(world: World) -> None:  # noqa: F811
    paper("reference", END)
    User.objects.filter(username="gina").update(is_active=False)
    User.objects.filter(username="bob").update(business_unit=world.units["WEST"])
    look(7)
    assert {name for name, _ in told()} == STANDING - {"gina"}


# --- Facts that wait


MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)


def waiting(at: datetime = MONDAY) -> dict[str, str]:
    remind_of_waiting(queries.today(at), at=at)
    rows = Notice.objects.filter(kind="facts_waiting")
    return {one.user.username: one.about.split(":")[1] for one in rows if one.told_at == at}


def test_who_may_verify_is_told_once_a_day_how_many_wait(world: World) -> None:  # noqa: F811
    person("wes", "analyst", "WEST")
    early = AT - 9 * DAY
    enter("goods_bought", "水泥", at=early)
    enter("yearly_purchases", "1200.00 CNY", by="gina", at=early)
    enter("court_cases", "无", at=MONDAY - DAY)  # not late yet
    assert waiting() == {"alice": "2", "fred": "2", "gina": "1", "root": "2"}
    assert waiting(MONDAY + timedelta(hours=3)) == {}  # once a day, whatever the number
    assert waiting(MONDAY + DAY)["alice"] == "2"


def test_nobody_is_told_on_a_day_off_or_when_nothing_is_late(world: World) -> None:  # noqa: F811
    enter("goods_bought", "水泥", at=AT - 9 * DAY)
    assert waiting(MONDAY - DAY) == {}
    verify(Fact.objects.get().pk, by="gina")
    assert waiting() == {}


def test_who_has_checked_it_first_is_not_told_of_it(world: World) -> None:  # noqa: F811
    fact = enter("enforced_debtor", "no", at=AT - 9 * DAY)
    verify(fact, by="alice", at=AT - 8 * DAY)
    found = waiting()
    assert "alice" not in found and found["fred"] == "1"


def test_both_in_one_round_that_is_on_the_page(world: World) -> None:  # noqa: F811
    licence(queries.today(MONDAY) + 7 * DAY)
    enter("goods_bought", "水泥", at=AT - 9 * DAY)
    assert remind(at=MONDAY) == Notice.objects.count() > 0
    assert remind(at=MONDAY) == 0
    assert remind_people in [one.look for one in ROUNDS]
    assert {one.kind for one in of_user(world.alice)} == {"licence", "facts_waiting"}
