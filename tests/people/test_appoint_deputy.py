"""A deputy decides in a person's absence: from day to day, up to a ceiling, and for nobody else's
deputy."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.world import AT, PASSWORD, TODAY, World, make_world
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.deputies import appoint_deputy, end_deputy
from xinheng.people.models import Authority, Deputy, User
from xinheng.people.queries import approvers, authority, deputies_for
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return make_world()


def person(name: str, role: str) -> User:
    root = system("tests")
    made = create_user(
        name, PASSWORD, name=name, roles=[role], sees_all_units=True, actor=root, at=AT
    )
    return User.objects.get(pk=made.pk)


@pytest.fixture
def fang(world: World) -> User:
    """The finance director, who is away."""
    return person("fang", "finance_director")


@pytest.fixture
def gao(world: World) -> User:
    return person("gao", "credit_manager")


def appoint(who: User, deputy: User, **extra: object) -> Deputy:
    from xinheng.people.actor import of_user

    given = {"valid_from": TODAY, "valid_until": TODAY + 5 * DAY, "actor": of_user(who), **extra}
    return appoint_deputy(who, deputy, at=AT, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("currency", "ceiling", "asked", "expected"),
    [
        ("", None, "CNY", 2_000_000_000),  # as far as the person's own
        ("CNY", 900_000_000, "CNY", 900_000_000),  # cut to the ceiling
        ("CNY", 9_000_000_000, "CNY", 2_000_000_000),  # a ceiling raises nobody's authority
        ("CNY", 100, "CNY", 500_000_000),  # one's own is larger
        ("CNY", 900_000_000, "USD", 100_000_000),  # another currency: only one's own
    ],
)
def test_a_deputy_has_the_lesser_of_ceiling_and_the_persons_authority(
    fang: User, gao: User, currency: str, ceiling: int | None, asked: str, expected: int
) -> None:
    appoint(fang, gao, currency=currency, up_to_minor=ceiling)
    found = authority(gao.pk, "release_hold", asked, day=TODAY)
    assert found is not None
    assert found.up_to_minor == expected
    own = {"CNY": 500_000_000, "USD": 100_000_000}[asked]
    assert found.deputised == (None if expected == own else fang.pk)


def test_an_unlimited_person_lends_the_ceiling_only(fang: User, gao: User) -> None:
    Authority.objects.filter(role_id="finance_director").update(unlimited=True, up_to_minor=None)
    appoint(fang, gao, currency="CNY", up_to_minor=700_000_000)
    found = authority(gao.pk, "release_hold", "CNY", day=TODAY)
    assert found is not None
    assert (found.unlimited, found.up_to_minor) == (False, 700_000_000)
    assert found.words() == f"finance_director: 7000000.00 CNY for user:{fang.pk}"


@pytest.mark.parametrize(
    ("day", "stands_in"),
    [(-1, False), (0, True), (5, True), (6, False)],
    ids=["before", "first day", "last day", "after"],
)
def test_a_deputy_decides_on_both_days_and_between(
    fang: User, gao: User, day: int, stands_in: bool
) -> None:
    appoint(fang, gao)
    found = authority(gao.pk, "release_hold", "CNY", day=TODAY + day * DAY)
    assert found is not None
    assert (found.deputised == fang.pk) is stands_in


def test_nobody_stands_in_unless_the_day_is_asked_or_for_who_is_barred(
    fang: User, gao: User
) -> None:
    appoint(fang, gao)
    assert authority(gao.pk, "release_hold", "CNY").deputised is None  # type: ignore[union-attr]
    barred = authority(gao.pk, "release_hold", "CNY", day=TODAY, barred=[fang.pk])
    assert barred is not None
    assert barred.deputised is None


def test_there_is_no_deputy_of_a_deputy(world: World, fang: User, gao: User) -> None:
    appoint(fang, gao)
    appoint(gao, world.alice)
    found = authority(world.alice.pk, "release_hold", "CNY", day=TODAY)
    assert found is not None
    assert found.up_to_minor == 500_000_000


def test_who_has_left_lends_nothing(fang: User, gao: User) -> None:
    appoint(fang, gao)
    User.objects.filter(pk=fang.pk).update(is_active=False)
    assert authority(gao.pk, "release_hold", "CNY", day=TODAY).deputised is None  # type: ignore[union-attr]


REFUSED = [
    ({"deputy": "fang"}, PeopleRefusal.DEPUTY_OF_ONESELF),
    ({"deputy": "bob"}, PeopleRefusal.DEPUTY_MAY_NOT),
    ({"valid_until": TODAY - DAY}, PeopleRefusal.BAD_PERIOD),
    ({"valid_from": date(2026, 11, 1), "valid_until": TODAY - DAY}, PeopleRefusal.BAD_PERIOD),
    ({"valid_until": TODAY + 400 * DAY}, PeopleRefusal.BAD_PERIOD),
    ({"up_to_minor": 5}, PeopleRefusal.BAD_CEILING),
    ({"currency": "CNY"}, PeopleRefusal.BAD_CEILING),
    ({"currency": "CNY", "up_to_minor": -1}, PeopleRefusal.BAD_CEILING),
    ({"currency": "XXY", "up_to_minor": 1}, PeopleRefusal.UNKNOWN_CURRENCY),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_an_appointment_that_will_not_do_is_refused(
    fang: User, gao: User, change: dict[str, object], code: PeopleRefusal
) -> None:
    deputy = User.objects.get(username=change.pop("deputy", "gao"))
    with pytest.raises(Refused) as caught:
        appoint(fang, deputy, **change)
    assert caught.value.code is code
    assert not Deputy.objects.exists()


def test_the_same_deputy_twice_in_a_period_is_refused(fang: User, gao: User) -> None:
    appoint(fang, gao)
    with pytest.raises(Refused) as caught:
        appoint(fang, gao, valid_from=TODAY + 5 * DAY, valid_until=TODAY + 9 * DAY)
    assert caught.value.code is PeopleRefusal.DEPUTY_ALREADY
    appoint(fang, gao, valid_from=TODAY + 6 * DAY, valid_until=TODAY + 9 * DAY)


def test_others_are_named_by_who_manages_people_but_never_for_themselves(
    world: World, fang: User, gao: User
) -> None:
    with pytest.raises(Refused) as caught:
        appoint(fang, gao, actor=world.actor("alice"))
    assert caught.value.code is PeopleRefusal.NOT_PERMITTED
    root = User.objects.get(username="root")  # administrator and credit manager
    from xinheng.people.actor import of_user

    with pytest.raises(Refused) as caught:
        appoint(fang, root, actor=of_user(root))
    assert caught.value.code is PeopleRefusal.DEPUTY_OF_ONESELF
    appoint(fang, gao, actor=of_user(root))


def test_an_appointment_and_its_end_stand_in_the_ledger(fang: User, gao: User) -> None:
    from xinheng.people.actor import of_user

    made = appoint(fang, gao, currency="CNY", up_to_minor=100_00)
    assert end_deputy(made.pk, actor=of_user(gao), at=AT) is True
    assert end_deputy(made.pk, actor=of_user(gao), at=AT) is False
    leaves = [bytes(leaf) for leaf in PendingEntry.objects.values_list("leaf", flat=True)]
    for kind in (b'"deputy.appointed"', b'"deputy.ended"'):
        assert sum(kind in leaf for leaf in leaves) == 1
    assert authority(gao.pk, "release_hold", "CNY", day=TODAY).deputised is None  # type: ignore[union-attr]


def test_a_stranger_neither_sees_nor_ends_it(world: World, fang: User, gao: User) -> None:
    made = appoint(fang, gao)
    with pytest.raises(Refused) as caught:
        end_deputy(made.pk, actor=world.actor("alice"), at=AT)
    assert caught.value.code is PeopleRefusal.UNKNOWN_DEPUTY
    assert list(deputies_for(world.alice)) == []
    assert list(deputies_for(fang)) == list(deputies_for(gao)) == [made]
    assert list(deputies_for(User.objects.get(username="root"))) == [made]


def test_the_approvers_are_those_with_authority_and_their_deputies(
    world: World, fang: User, gao: User
) -> None:
    Authority.objects.filter(role_id="credit_manager", action="release_hold").delete()
    appoint(fang, gao)
    found = {
        (User.objects.get(pk=row.user_id).username, row.mandate.deputised is not None)
        for row in approvers("release_hold", ["CNY"], TODAY)
    }
    assert found == {("fang", False), ("gao", True)}
