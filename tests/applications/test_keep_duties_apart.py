"""Nobody decides what they asked for or assessed, whatever their role became; deputies, absence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

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
    wish,
)
from tests.world import AT, TODAY
from xinheng.applications import applying, assessing, checklist, proposing, queries, voting
from xinheng.applications.escalating import escalate_due
from xinheng.applications.minutes import confirm_minutes, write_minutes
from xinheng.applications.models import Application, Step
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.decisions.models import Notice
from xinheng.people.deputies import appoint_deputy
from xinheng.people.models import Role, User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def refused(act: Callable[[], object]) -> ApplicationRefusal:
    with pytest.raises(Refused) as caught:
        act()
    found: ApplicationRefusal = caught.value.code
    return found


def give(user: User, role: str) -> None:
    user.roles.add(Role.objects.get(pk=role))


@pytest.mark.parametrize("who", ["bob", "chen"])
def test_who_asked_or_assessed_has_no_vote_whatever_the_role_became(house: House, who: str) -> None:
    row, _ = proposed(house, 800_000_00)
    for role in ("credit_officer", "credit_manager", "general_manager"):
        give(house.user(who), role)
        assert refused(lambda: say(house, row, who)) is ApplicationRefusal.INVOLVED
    assert not queries.inbox(house.user(who), at=AT)


def test_who_was_the_analyst_before_has_no_vote_either(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house)
    assessing.take_up(row.number, actor=house.actor("oli"), at=AT)
    assessing.hand_over(
        row.number, house.user("chen").pk, "外出，请代为调查", actor=house.actor("oli"), at=AT
    )
    for task in checklist.still_open(row):
        checklist.waive_task(row.number, task.code, "近期已做过", actor=house.actor("chen"), at=AT)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(800_000_00), actor=house.actor("chen"), at=AT)
    assert refused(lambda: say(house, row, "oli")) is ApplicationRefusal.INVOLVED
    # nobody else is a credit officer: the seat was open to the managers at once
    assert seats(row)[0].escalated_at == AT
    say(house, row, "fang")
    row.refresh_from_db()
    assert row.state == "granted"


def test_the_applicant_neither_investigates_nor_assesses(house: House) -> None:
    row = applying.apply_at_once(wish(house, 1_000_00), actor=house.actor("fang"), at=AT)
    act = lambda: assessing.take_up(row.number, actor=house.actor("fang"), at=AT)  # noqa: E731
    assert refused(act) is ApplicationRefusal.OWN_APPLICATION
    assessing.take_up(row.number, actor=house.actor("chen"), at=AT)
    code = row.tasks.first().code
    act = lambda: checklist.complete_task(  # noqa: E731
        row.number, code, "没有问题", actor=house.actor("fang"), at=AT
    )
    assert refused(act) is ApplicationRefusal.OWN_APPLICATION


def test_only_the_analyst_freezes_and_proposes(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house)
    investigated(house, row)
    act = lambda: assessing.take_snapshot(row.number, actor=house.actor("alice"), at=AT)  # noqa: E731
    assert refused(act) is ApplicationRefusal.NOT_ANALYST


def test_points_that_must_be_done_come_before_the_assessment(house: House) -> None:
    row = applied(house, 5_000_000_00)
    assessing.take_up(row.number, actor=house.actor("chen"), at=AT)
    codes = set(row.tasks.values_list("code", flat=True))
    assert codes == {"licence", "group", "statements", "bureau", "references", "visit"}
    act = lambda: assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)  # noqa: E731
    assert refused(act) is ApplicationRefusal.TASKS_OPEN


# --- What a vote names


def test_a_vote_on_a_superseded_snapshot_is_refused(house: House) -> None:
    row, _ = proposed(house)
    old, seat = bytes(assessing.current(row).sha256).hex(), seats(row)[0]
    later = AT + timedelta(hours=1)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=later)
    row.refresh_from_db()
    assert row.state == "assessed" and not seats(row)
    act = lambda: say(house, row, "oli", seat=seat, sha=old)  # noqa: E731
    assert refused(act) is ApplicationRefusal.WRONG_STATE
    proposing.propose(row.number, offer(700_000_00), actor=house.actor("chen"), at=later)
    assert refused(act) is ApplicationRefusal.SUPERSEDED
    act = lambda: say(house, row, "oli", sha=old)  # noqa: E731
    assert refused(act) is ApplicationRefusal.SUPERSEDED
    say(house, row, "oli", at=later)
    row.refresh_from_db()
    assert row.state == "granted"


def test_a_vote_after_the_withdrawal_is_refused(house: House) -> None:
    row, _ = proposed(house)
    seat = seats(row)[0]
    applying.withdraw(row.number, "客户改为现款", actor=house.actor("bob"), at=AT)
    assert refused(lambda: say(house, row, "oli", seat=seat, sha="00" * 32)) is (
        ApplicationRefusal.WRONG_STATE
    )


def test_only_the_applicant_withdraws_and_not_once_it_is_granted(house: House) -> None:
    row, _ = proposed(house)
    act = lambda who: applying.withdraw(row.number, "不再需要", actor=house.actor(who), at=AT)  # noqa: E731
    assert refused(lambda: act("alice")) is ApplicationRefusal.NOT_YOURS
    say(house, row, "oli")
    assert refused(lambda: act("bob")) is ApplicationRefusal.WRONG_STATE


def test_a_no_ends_it_with_a_letter_that_names_no_grade(house: House) -> None:
    row, _ = proposed(house)
    act = lambda: say(house, row, "oli", "no", words="")  # noqa: E731
    assert refused(act) is ApplicationRefusal.NEEDS_WORDS
    say(house, row, "oli", "no", words="资料不足以支持此额度")
    whole = queries.one(house.user("bob"), row.number, at=AT)
    assert whole is not None and whole.row.state == "rejected"
    assert whole.row.end_reason == "资料不足以支持此额度"
    letter, text = whole.letters[0]
    assert letter.kind == "refusal" and text is not None
    assert "BBB" not in text.zh + text.en and "资料不足" not in text.zh


@pytest.mark.parametrize(("back_to", "state"), [("analyst", "assessed"), ("applicant", "returned")])
def test_sent_back_to_the_analyst_or_the_applicant(house: House, back_to: str, state: str) -> None:
    row, _ = proposed(house)
    say(house, row, "oli", "return", words="请补充用途说明", back_to=back_to)
    row.refresh_from_db()
    assert row.state == state and not seats(row)
    if state == "returned":
        applying.change(row.number, wish(house, 600_000_00), actor=house.actor("bob"), at=AT)
        applying.submit(row.number, actor=house.actor("bob"), at=AT)
        row.refresh_from_db()
        assert row.state == "investigating" and row.analyst_id == house.user("chen").pk
        assert not row.snapshots.filter(superseded_at=None).exists()


def test_all_have_to_agree_and_one_person_is_one_voice(house: House) -> None:
    row, _ = proposed(house, 900_000_00, "CCC")
    give(house.user("fang"), "finance_director")
    first, second = seats(row)
    say(house, row, "fang", seat=first)
    assert refused(lambda: say(house, row, "fang", seat=second)) is ApplicationRefusal.ONE_VOICE
    row.refresh_from_db()
    assert row.state == "deciding"
    say(house, row, "han", seat=second)
    row.refresh_from_db()
    assert row.state == "granted"


def test_conflict_of_interest_leaves_the_seat_to_another(house: House) -> None:
    row, _ = proposed(house, 4_000_000_00)
    say(house, row, "fang", "conflict", words="亲属在该公司任职")
    assert refused(lambda: say(house, row, "fang")) is ApplicationRefusal.CONFLICTED
    say(house, row, "alice")
    row.refresh_from_db()
    assert row.state == "granted"


def test_before_and_after_others_are_asked_as_well(house: House) -> None:
    row, _ = proposed(house, 4_000_000_00)
    seat, actor = seats(row)[0], house.actor("fang")
    wu, sun = house.user("wu").pk, house.user("sun").pk
    voting.add_seat(row.number, seat.pk, wu, "before", "请总经理先看", actor=actor, at=AT)
    act = lambda: say(house, row, "fang", seat=seat)  # noqa: E731
    assert refused(act) is ApplicationRefusal.NOT_YOUR_TURN
    before = next(one for one in seats(row) if one.person_id == wu)
    say(house, row, "wu", seat=before)
    voting.add_seat(row.number, seat.pk, sun, "after", "请销售总监也看", actor=actor, at=AT)
    say(house, row, "fang", seat=seat)
    row.refresh_from_db()
    assert row.state == "deciding"
    say(house, row, "sun", seat=next(one for one in seats(row) if one.person_id == sun))
    row.refresh_from_db()
    assert row.state == "granted"


def test_a_seat_moves_to_one_of_the_role_or_above(house: House) -> None:
    row, _ = proposed(house, 4_000_000_00)
    seat, actor = seats(row)[0], house.actor("fang")
    for who in ("oli", "bob", "chen", "eve"):
        act = lambda who=who: voting.move_seat(  # noqa: E731
            row.number, seat.pk, house.user(who).pk, "请代为审批", actor=actor, at=AT
        )
        assert refused(act) is ApplicationRefusal.UNFIT_PERSON
    voting.move_seat(row.number, seat.pk, house.user("han").pk, "请上级审", actor=actor, at=AT)
    assert refused(lambda: say(house, row, "alice", seat=seat)) is ApplicationRefusal.NOT_YOUR_SEAT
    say(house, row, "han", seat=seat)
    row.refresh_from_db()
    assert row.state == "granted"


# --- Deputies


def stand_in(house: House, person: str, deputy: str, **extra: object) -> None:
    appoint_deputy(
        house.user(person),
        house.user(deputy),
        TODAY,
        TODAY + timedelta(days=10),
        actor=house.actor(person),
        at=AT,
        **extra,  # type: ignore[arg-type]
    )


def test_a_deputy_speaks_for_the_absent_with_one_voice(house: House) -> None:
    row, _ = proposed(house, 900_000_00, "CCC")
    stand_in(house, "fang", "sun")
    stand_in(house, "han", "sun")
    first, second = seats(row)
    assert refused(lambda: say(house, row, "wu", seat=first)) is ApplicationRefusal.NOT_YOUR_SEAT
    (waiting, other) = queries.inbox(house.user("sun"), at=AT)
    assert {waiting.stands_in_for, other.stands_in_for} == {"fang", "han"}
    say(house, row, "sun", seat=first)
    first.refresh_from_db()
    assert first.stood_in_for_id == house.user("fang").pk
    assert refused(lambda: say(house, row, "sun", seat=second)) is ApplicationRefusal.ONE_VOICE
    # who was stood in for has spoken too
    give(house.user("fang"), "finance_director")
    assert refused(lambda: say(house, row, "fang", seat=second)) is ApplicationRefusal.ONE_VOICE


def test_nobody_stands_in_for_who_has_no_vote(house: House) -> None:
    row, _ = proposed(house, 800_000_00)
    give(house.user("chen"), "credit_officer")
    stand_in(house, "chen", "sun")
    assert refused(lambda: say(house, row, "sun")) is ApplicationRefusal.NOT_YOUR_SEAT


def test_a_deputy_who_had_a_part_has_no_vote(house: House) -> None:
    give(house.user("bob"), "credit_officer")
    row, _ = proposed(house, 4_000_000_00)
    stand_in(house, "fang", "bob")
    assert refused(lambda: say(house, row, "bob")) is ApplicationRefusal.INVOLVED


@pytest.mark.parametrize(
    ("ceiling", "days", "may"),
    [
        (4_000_000_00, 0, True),
        (3_999_999_99, 0, False),
        (None, 10, True),
        (None, 11, False),
    ],
)
def test_days_and_ceiling_of_a_deputy_hold(
    house: House, ceiling: int | None, days: int, may: bool
) -> None:
    row, _ = proposed(house, 4_000_000_00)
    extra = {} if ceiling is None else {"currency": "CNY", "up_to_minor": ceiling}
    stand_in(house, "fang", "sun", **extra)
    at = AT + timedelta(days=days)
    if may:
        assert say(house, row, "sun", at=at).state == "granted"
    else:
        act = lambda: say(house, row, "sun", at=at)  # noqa: E731
        assert refused(act) is ApplicationRefusal.NOT_YOUR_SEAT


# --- Absence


def test_after_two_working_days_the_next_higher_role_may(house: House) -> None:
    row, _ = proposed(house, 800_000_00)  # Friday 10:00 in Shanghai
    assert refused(lambda: say(house, row, "fang")) is ApplicationRefusal.NOT_YOUR_SEAT
    tuesday = AT + timedelta(days=4)
    assert escalate_due(at=tuesday) == 0
    just_after = tuesday + timedelta(minutes=1)
    assert escalate_due(at=just_after) == 1 and escalate_due(at=just_after) == 0
    about = f"application:{row.number}:escalated:{seats(row)[0].pk}"
    told = set(Notice.objects.filter(about=about).values_list("user__username", flat=True))
    assert {"oli", "fang", "alice", "han"} <= told and not {"bob", "chen"} & told
    assert Step.objects.get(application=row, kind="escalated").by == "system:applications"
    say(house, row, "fang", at=just_after)
    row.refresh_from_db()
    assert row.state == "granted"


def test_a_nudge_once_a_working_day(house: House) -> None:
    row, _ = proposed(house, 800_000_00)
    assert voting.nudge(row.number, actor=house.actor("bob"), at=AT) == 1
    act = lambda at=AT: voting.nudge(row.number, actor=house.actor("bob"), at=at)  # noqa: E731
    assert refused(act) is ApplicationRefusal.NUDGED_TODAY
    saturday, monday = AT + timedelta(days=1), AT + timedelta(days=3)
    assert refused(lambda: act(saturday)) is ApplicationRefusal.NOT_A_WORKING_DAY
    assert act(monday) == 1


# --- The committee


def test_a_committee_decides_with_quorum_and_minutes(house: House) -> None:
    row, _ = proposed(house, 4_000_000_00, "CCC")
    give(house.user("sun"), "committee")
    give(house.user("wu"), "committee")
    house.customer.refresh_from_db()
    by_name = {one.person.username: one for one in seats(row) if one.person}
    assert set(by_name) == {"ma", "mo", "mu"}
    stage = by_name["ma"].stage
    for who, said in (("ma", "yes"), ("mo", "yes")):
        say(house, row, who, said, seat=by_name[who])
    present = [house.user(one).pk for one in ("ma", "mo")]
    act = lambda: write_minutes(  # noqa: E731
        row.number,
        stage.pk,
        AT,
        present,
        "讨论了抵押与账期，两人到会。",
        actor=house.actor("ma"),
        at=AT,
    )
    assert refused(act) is ApplicationRefusal.NO_QUORUM
    say(house, row, "mu", "abstain", seat=by_name["mu"], words="不熟悉该客户")
    row.refresh_from_db()
    assert row.state == "granted"
    present = [house.user(one).pk for one in ("ma", "mo", "mu")]
    made = act_minutes = write_minutes(
        row.number,
        stage.pk,
        AT,
        present,
        "讨论了抵押与账期，两票同意。",
        actor=house.actor("ma"),
        at=AT,
    )
    assert made.pk == act_minutes.pk
    act = lambda: confirm_minutes(row.number, stage.pk, actor=house.actor("ma"), at=AT)  # noqa: E731
    assert refused(act) is ApplicationRefusal.OWN_MINUTES
    assert confirm_minutes(row.number, stage.pk, actor=house.actor("mo"), at=AT).confirmed_at == AT


def test_the_minutes_end_a_meeting_where_some_were_away(house: House) -> None:
    for name in ("sun", "wu"):
        give(house.user(name), "committee")
    row, _ = proposed(house, 4_000_000_00, "CCC")
    by_name = {one.person.username: one for one in seats(row) if one.person}
    assert len(by_name) == 5
    for who, said in (("ma", "yes"), ("mo", "yes"), ("mu", "no")):
        say(house, row, who, said, seat=by_name[who], words="意见见会议纪要")
    row.refresh_from_db()
    assert row.state == "deciding"
    present = [house.user(one).pk for one in ("ma", "mo", "mu")]
    write_minutes(
        row.number, by_name["ma"].stage_id, AT, present, "三人到会，两票同意，一票反对。",
        actor=house.actor("mu"), at=AT,
    )  # fmt: skip
    row.refresh_from_db()
    assert row.state == "granted"


def test_too_few_members_are_told_before_anything_waits(house: House) -> None:
    house.user("mu").roles.clear()
    assert refused(lambda: proposed(house, 4_000_000_00, "CCC")) is ApplicationRefusal.NO_QUORUM


def test_committee_and_general_manager_one_after_the_other(house: House) -> None:
    row, _ = proposed(house, 30_000_000_00)
    for who in ("ma", "mo"):
        say(house, row, who)
    last = next(one for one in seats(row) if one.role == "general_manager")
    assert refused(lambda: say(house, row, "wu", seat=last)) is ApplicationRefusal.NOT_YOUR_TURN
    say(house, row, "mu")
    assert [one.seat.pk for one in queries.inbox(house.user("wu"), at=AT)] == [last.pk]
    say(house, row, "wu", seat=last)
    row.refresh_from_db()
    assert row.state == "granted"


# --- One open wish; what the snapshot is for


def test_one_open_wish_for_a_line_at_a_time(house: House) -> None:
    applied(house, 1_000_00)
    assert refused(lambda: applied(house, 2_000_00)) is ApplicationRefusal.ALREADY_OPEN
    temporary = {"valid_from": TODAY, "valid_until": TODAY + timedelta(days=9)}
    applied(house, 2_000_00, kind="temporary", **temporary)
    assert Application.objects.filter(state="submitted").count() == 2


def test_never_more_than_was_asked_for_nor_above_the_methods_without_words(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house, 800_000_00)
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    for amount, extra, code in [
        (800_000_01, {}, ApplicationRefusal.ABOVE_ASKED),
        (800_000_00, {"method": "combined"}, ApplicationRefusal.ABOVE_SUGGESTION),
        (800_000_00, {"method": "L3"}, ApplicationRefusal.UNKNOWN_METHOD),
        (800_000_00, {"why": "可以批准"}, ApplicationRefusal.NEEDS_WORDS),
        (800_000_00, {"valid_from": date(2026, 11, 19)}, ApplicationRefusal.BAD_PERIOD),
    ]:
        act = lambda a=amount, e=extra: proposing.propose(  # noqa: E731
            row.number, offer(a, **e), actor=house.actor("chen"), at=AT
        )
        assert refused(act) is code
