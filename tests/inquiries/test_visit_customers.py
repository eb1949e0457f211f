"""Visits: planned, filled in by who goes, handed in whole, reviewed by somebody who stayed away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tests.dossiers.corpus import exif, jpeg, pdf, png, segment
from tests.inquiries.photos import GPS_PHOTO, photo_told
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.models import Document, Fact
from xinheng.dossiers.picture_facts import PictureFacts, told_by_picture
from xinheng.dossiers.uploads import check_upload
from xinheng.inquiries.models import Visit, VisitPhoto
from xinheng.inquiries.visit_form import points_of, visit_form
from xinheng.inquiries.visit_review import review_visit, send_back
from xinheng.inquiries.visiting import (
    COMPANIONS_MAX,
    NewVisit,
    Position,
    Taken,
    add_photo,
    begin_visit,
    cancel_visit,
    plan_visit,
    save_section,
    submit_visit,
)
from xinheng.inquiries.visits import counts, one_visit, visits, visits_of
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
HERE = Position(Decimal("30.21"), Decimal("120.18"), 12)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"])
    for name, role in (("anna", "analyst"), ("fred", "finance_director")):
        told = {"name": name, "roles": [role], "sees_all_units": True}
        create_user(name, PASSWORD, **told, actor=system("tests"), at=AT)
    return made


def acting(name: str) -> Actor:
    return of_user(User.objects.get(username=name))


def person(name: str) -> int:
    return User.objects.get(username=name).pk


def plan(by: str = "bob", visitor: str = "bob", **extra: Any) -> UUID:
    companions = tuple(person(one) for one in extra.pop("companions", ()))
    told = {"customer_code": "C1", "purpose": "年度复评", "planned_on": TODAY, **extra}
    new = NewVisit(visitor=person(visitor), companions=companions, **told)
    return plan_visit(new, actor=acting(by), at=AT)


def filled(rating: str = "3", **more: dict[str, str]) -> dict[str, dict[str, str]]:
    """An answer to every required question."""
    form = {code: {"rating": rating} for code in visit_form().sections}
    form["overview"] |= {"activity": "钢结构加工，去年新增一条线", "goods": "水泥、钢材"}
    form["premises"] |= {"as_registered": "yes"}
    form["management"] |= {"met": "王芳，总经理"}
    form["staff"] |= {"headcount": "86"}
    for code, answers in more.items():
        form[code] |= answers
    return form


def fill(visit: UUID, told: Any = None, by: str = "bob") -> None:
    begin_visit(visit, HERE, "长河路 1 号", actor=acting(by), at=AT)
    for code, answers in (told or filled()).items():
        save_section(visit, code, answers, actor=acting(by), at=AT)


def done(**extra: Any) -> UUID:
    visit = plan(**extra)
    fill(visit)
    submit_visit(visit, actor=acting("bob"), at=AT)
    return visit


def test_a_visit_from_the_calendar_to_facts_of_the_file(world: World) -> None:
    before = PendingEntry.objects.count()
    visit = done()
    assert Visit.objects.get().points == 50
    assert review_visit(visit, "照片与地址相符", 70, actor=acting("alice"), at=AT) == 4
    facts = {one.field: one for one in Fact.objects.all()}
    assert set(facts) == {"last_visit", "employees", "goods_bought", "person_in_charge"}
    assert facts["last_visit"].value == '"2026-11-20"' and facts["employees"].value == '"86"'
    assert facts["person_in_charge"].value is None  # a person's name lies sealed
    for one in facts.values():
        told = (one.source, one.reliability, one.how, one.confidence, one.entered_person_id)
        assert told == ("visit", "C", "site_visit", 70, world.bob.pk)
        assert one.verified_by_id == world.alice.pk and one.known_since is not None
    # planned, begun, handed in, reviewed; and each fact entered and verified
    assert PendingEntry.objects.count() == before + 4 + 2 * 4


def test_answers_lie_sealed_and_each_section_keeps_the_others(world: World) -> None:
    visit = plan()
    fill(visit, {"management": {"met": "王芳"}, "staff": {"headcount": "1,086"}})
    save_section(visit, "staff", {"headcount": "87"}, actor=acting("bob"), at=AT)
    row = Visit.objects.get()
    assert "王芳".encode() not in bytes(row.form_sealed)
    whole = one_visit(world.alice, visit, TODAY)
    assert whole and whole.told == {"management": {"met": "王芳"}, "staff": {"headcount": "87"}}
    save_section(visit, "staff", {}, actor=acting("bob"), at=AT)
    whole = one_visit(world.alice, visit, TODAY)
    assert whole and whole.told and whole.told["staff"] == {}


@pytest.mark.parametrize(
    ("section", "typed"),
    [
        ("overview", {"rating": "6"}),
        ("overview", {"rating": "0"}),
        ("overview", {"activity": "x" * 2001}),
        ("overview", {"activity": "a\x07b"}),
        ("staff", {"headcount": "8.5"}),
        ("staff", {"headcount": "viele"}),
        ("staff", {"headcount": "-1"}),
        ("staff", {"headcount": "NaN"}),
        ("staff", {"headcount": "1e9999"}),
        ("revenue", {"largest_share": "101"}),
        ("premises", {"owned": "stolen"}),
        ("premises", {"as_registered": "maybe"}),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_kept(
    world: World, section: str, typed: dict[str, str]
) -> None:
    visit = plan()
    with pytest.raises(Refused, match="VISIT_ANSWER"):
        save_section(visit, section, typed, actor=acting("bob"), at=AT)
    assert Visit.objects.get().form_sealed is None


def test_handing_in_names_what_is_missing(world: World) -> None:
    visit = plan()
    with pytest.raises(Refused, match="VISIT_INCOMPLETE") as refused:
        submit_visit(visit, actor=acting("bob"), at=AT)
    assert "走访地点" in refused.value.text.zh and "经营概况·经营状况" in refused.value.text.zh
    fill(visit, filled() | {"buyers": {}})
    with pytest.raises(Refused, match="VISIT_INCOMPLETE") as refused:
        submit_visit(visit, actor=acting("bob"), at=AT)
    assert (
        refused.value.text.en == "Not yet; please add: Main customers: Quality, and how they pay."
    )


@pytest.mark.parametrize(
    ("told", "points"),
    [
        (filled("3"), 50),
        (filled("1"), 0),
        (filled("5"), 100),
        (filled("3", overview={"rating": "5"}), 58),  # 57.5, HALF_UP
        (filled("3", surroundings={"rating": "4"}), 52),  # 51.5
    ],
)
def test_points_are_weights_times_ratings(told: Any, points: int) -> None:
    assert points_of(visit_form(), told) == points


def test_the_form_is_whole() -> None:
    form = visit_form()
    assert len(form.sections) == 10
    assert sum(one.weight for one in form.sections.values()) == 100
    for section in form.sections.values():
        (rating,) = [one for one in section.questions if one.kind == "rating"]
        assert rating.required and [one.at for one in rating.anchors] == [1, 3, 5]
        assert len({one.code for one in section.questions}) == len(section.questions)
        assert all(one.choices for one in section.questions if one.kind == "choice")
    assert [one.at for one in form.words] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"by": "dora"}, "NOT_ALLOWED"),
        ({"by": "eve"}, "UNKNOWN_CUSTOMER"),
        ({"customer_code": "C9"}, "UNKNOWN_CUSTOMER"),
        ({"purpose": " "}, "VISIT_PURPOSE"),
        ({"purpose": "x" * 201}, "VISIT_PURPOSE"),
        ({"planned_on": TODAY - DAY}, "VISIT_DAY"),
        ({"planned_on": TODAY + 367 * DAY}, "VISIT_DAY"),
        ({"visitor": "eve"}, "VISITOR_UNFIT"),
        ({"companions": ("eve",)}, "VISITOR_UNFIT"),
    ],
)
def test_what_can_not_be_planned(world: World, extra: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        plan(**extra)
    assert not Visit.objects.exists()


def test_a_crowd_does_not_go(world: World) -> None:
    for number in range(COMPANIONS_MAX + 1):
        told = {"name": str(number), "roles": ["sales"], "sees_all_units": True}
        create_user(f"u{number}", PASSWORD, **told, actor=system("tests"), at=AT)
    with pytest.raises(Refused, match="VISITOR_UNFIT"):
        plan(companions=[f"u{number}" for number in range(COMPANIONS_MAX + 1)])


def test_only_who_goes_fills_in_and_nobody_after_it_was_handed_in(world: World) -> None:
    visit = plan(companions=("anna",))
    with pytest.raises(Refused, match="NOT_THERE"):
        save_section(visit, "staff", {}, actor=acting("alice"), at=AT)
    with pytest.raises(Refused, match="UNKNOWN_VISIT"):
        save_section(visit, "staff", {}, actor=acting("eve"), at=AT)
    with pytest.raises(Refused, match="NEEDS_PERSON"):
        save_section(visit, "staff", {}, actor=system("tests"), at=AT)
    fill(visit, by="anna")
    submit_visit(visit, actor=acting("anna"), at=AT)
    with pytest.raises(Refused, match="VISIT_STATE"):
        save_section(visit, "staff", {}, actor=acting("bob"), at=AT)
    with pytest.raises(Refused, match="VISIT_STATE"):
        cancel_visit(visit, "不去了，客户停产", actor=acting("bob"), at=AT)


@pytest.mark.parametrize(
    ("by", "statement", "code"),
    [
        ("bob", "很好很好", "NOT_ALLOWED"),
        ("anna", "很好很好", "OWN_VISIT"),  # she went along
        ("alice", "好", "NEEDS_STATEMENT"),
        ("alice", "x" * 1001, "NEEDS_STATEMENT"),
    ],
)
def test_who_was_there_does_not_review(world: World, by: str, statement: str, code: str) -> None:
    visit = done(companions=("anna",))
    with pytest.raises(Refused, match=code):
        review_visit(visit, statement, 80, actor=acting(by), at=AT)
    assert not Fact.objects.exists()


def test_the_table_itself_keeps_the_visitor_from_reviewing(world: World) -> None:
    visit = done()
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit).update(reviewed_by_id=world.bob.pk)


def test_a_visit_sent_back_is_mended_and_handed_in_again(world: World) -> None:
    visit = done()
    send_back(visit, "请补拍门牌照片", actor=acting("alice"), at=AT)
    row = Visit.objects.get()
    assert (row.state, row.points, row.review_note) == ("planned", None, "请补拍门牌照片")
    save_section(visit, "overview", filled("5")["overview"], actor=acting("bob"), at=AT)
    assert submit_visit(visit, actor=acting("bob"), at=AT) == 58
    assert not Fact.objects.exists()
    with pytest.raises(Refused, match="BAD_CHECK"):
        review_visit(visit, "照片已补齐", 101, actor=acting("alice"), at=AT)
    assert Visit.objects.get().state == "done"  # nothing half done


def test_a_visit_is_called_off_with_a_reason(world: World) -> None:
    visit = plan()
    with pytest.raises(Refused, match="VISIT_REASON"):
        cancel_visit(visit, "否", actor=acting("bob"), at=AT)
    cancel_visit(visit, "客户当天停产检修", actor=acting("bob"), at=AT)
    assert Visit.objects.get().state == "cancelled"


@pytest.mark.parametrize(("latitude", "longitude"), [("91", "0"), ("0", "181"), ("-90.1", "0")])
def test_a_place_off_the_earth_is_refused(world: World, latitude: str, longitude: str) -> None:
    visit = plan()
    with pytest.raises(Refused, match="BAD_POSITION"):
        where = Position(Decimal(latitude), Decimal(longitude))
        begin_visit(visit, where, "", actor=acting("bob"), at=AT)


# --- Photos


def test_a_photo_is_kept_without_its_place_which_stands_beside_it(world: World) -> None:
    visit = plan()
    upload = check_upload("a.jpg", GPS_PHOTO)
    facts = told_by_picture(GPS_PHOTO, UTC)
    taken = Taken("picture", facts.taken_at, facts.latitude, facts.longitude)
    add_photo(visit, upload, "premises", taken, actor=acting("bob"), at=AT)
    photo = VisitPhoto.objects.get()
    assert (photo.latitude, photo.longitude) == (Decimal("31.230400"), Decimal("-121.473700"))
    assert photo.taken_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert photo.told_by == "picture" and photo.section == "premises"
    assert Document.objects.get().kind == "visit_photo"
    assert b"2026:11:20" not in upload.content
    for bad, section, code in ((pdf(), "", "NOT_A_PHOTO"), (png(), "attic", "UNKNOWN_SECTION")):
        upload = check_upload("a.pdf" if bad[:4] == b"%PDF" else "a.png", bad)
        with pytest.raises(Refused, match=code):
            add_photo(visit, upload, section, Taken("person"), actor=acting("bob"), at=AT)
    assert VisitPhoto.objects.count() == 1 and Document.objects.count() == 1


def test_a_picture_tells_when_and_where() -> None:
    shanghai = timezone(timedelta(hours=8))
    there = PictureFacts(
        datetime(2026, 11, 20, 9, 30, tzinfo=shanghai), Decimal("31.230400"), Decimal("-121.473700")
    )
    assert told_by_picture(GPS_PHOTO, UTC) == there
    assert told_by_picture(photo_told(order="<"), UTC) == there
    assert told_by_picture(photo_told(offset=""), shanghai) == there
    assert told_by_picture(photo_told(sides=("S", "E")), UTC)[1:] == (
        Decimal("-31.230400"),
        Decimal("121.473700"),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        png(),
        pdf(),
        jpeg(),
        jpeg(extra=segment(0xE1, exif())),
        GPS_PHOTO[:60],
        photo_told(taken="0000:00:00 00:00:00", sides=("N", "N")),
        photo_told(taken="", sides=("", "")),
        photo_told(taken="yesterday", seconds=(4944, 0)),
        photo_told(taken="2026:13:40 09:30:00", degrees=91),
    ],
)
def test_a_picture_that_tells_nothing_sure_tells_nothing(content: bytes) -> None:
    assert told_by_picture(content, UTC) == PictureFacts()


def test_every_cut_and_every_flipped_byte_of_a_photo_is_survived() -> None:
    whole = GPS_PHOTO[:400]
    for at in range(len(whole)):
        told_by_picture(whole[:at], UTC)
        told_by_picture(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], UTC)


# --- Lists


def test_lists_say_what_is_planned_overdue_and_waits(world: World) -> None:
    old, new, over = plan(), plan(planned_on=TODAY + 3 * DAY), done()
    later = TODAY + DAY
    assert [one.id for one in visits(world.bob, "planned", later)] == [old, new]
    (late,) = visits(world.bob, "overdue", later)
    assert (late.id, late.overdue_days) == (old, 1)
    assert [one.id for one in visits(world.bob, "done", later)] == [over]
    assert {one.id for one in visits(world.bob, "planned", later, day=TODAY)} == {old, over}
    told = counts(world.bob, later)
    assert told == {"planned": 2, "overdue": 1, "done": 1, "reviewed": 0, "cancelled": 0}
    assert not visits(world.eve, "planned", later) and not any(counts(world.eve, later).values())
    assert one_visit(world.eve, old, later) is None


def test_a_customers_visits_as_known_then(world: World) -> None:
    customer = Customer.objects.get(code="C1")
    visit = done()
    review_visit(visit, "照片与地址相符", 70, actor=acting("alice"), at=AT + DAY)
    assert [one.state for one in visits_of(world.bob, customer, TODAY)] == ["reviewed"]
    assert not visits_of(world.bob, customer, TODAY, known_at=AT - DAY)
    (then,) = visits_of(world.bob, customer, TODAY, known_at=AT)
    assert then.state == "done"
    assert not visits_of(world.eve, customer, TODAY)
