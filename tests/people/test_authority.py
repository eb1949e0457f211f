"""Authority is an amount per role, action and currency; the largest of a person's roles counts."""

from datetime import UTC, datetime

import pytest

from xinheng.people import actions, queries
from xinheng.people.actor import of_user, system
from xinheng.people.models import Authority, User
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SYSTEM = system("test")
PASSWORD = "a long enough phrase 7"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house() -> None:
    actions.set_up("信衡", "CNY", "Asia/Shanghai", "admin", PASSWORD, actor=SYSTEM, at=AT)


def person(*roles: str) -> User:
    return actions.create_user(
        "p" + "_".join(roles), PASSWORD, actor=SYSTEM, at=AT, name="P", roles=roles
    )


@pytest.mark.parametrize(
    ("roles", "action", "currency", "expected"),
    [
        (["credit_manager"], "release_hold", "CNY", 500_000_000),
        (["credit_manager"], "release_hold", "USD", 100_000_000),
        (["credit_manager"], "grant_line", "JPY", 100_000_000),  # no minor units
        (["credit_manager", "finance_director"], "grant_line", "CNY", 2_000_000_000),
        (["sales"], "release_hold", "CNY", None),
        (["collector"], "grant_line", "CNY", None),
        (["credit_manager"], "release_hold", "XOF", None),  # no row, no authority
        (["credit_manager"], "write_off", "CNY", None),
    ],
)
def test_the_table(roles: list[str], action: str, currency: str, expected: int | None) -> None:
    found = queries.authority(person(*roles).pk, action, currency)
    assert (found.up_to_minor if found else None) == expected


def test_unlimited_is_more_than_any_number() -> None:
    user = person("credit_manager", "finance_director")
    Authority.objects.filter(role="credit_manager", action="grant_line", currency="CNY").update(
        unlimited=True, up_to_minor=None
    )
    assert queries.authority(user.pk, "grant_line", "CNY").unlimited


def test_who_has_left_has_no_authority() -> None:
    user = person("credit_manager")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert queries.authority(user.pk, "release_hold", "CNY") is None


def test_only_who_manages_people_adds_people() -> None:
    with pytest.raises(Refused) as refused:
        actions.create_user(
            "x", PASSWORD, actor=of_user(person("sales")), at=AT, name="X", roles=["admin"]
        )
    assert refused.value.code is PeopleRefusal.NOT_PERMITTED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"username": "admin"}, PeopleRefusal.USERNAME_TAKEN),
        ({"roles": ["emperor"]}, PeopleRefusal.UNKNOWN_ROLE),
        ({"unit_code": "nowhere"}, PeopleRefusal.UNKNOWN_UNIT),
        ({"password": "123"}, PeopleRefusal.PASSWORD_WEAK),
    ],
)
def test_a_user_that_will_not_do_is_refused(changed: dict, code: object) -> None:
    given = {"username": "n", "password": PASSWORD, "name": "N", "roles": ["sales"]} | changed
    with pytest.raises(Refused) as refused:
        actions.create_user(**given, actor=SYSTEM, at=AT)
    assert refused.value.code is code
    assert not User.objects.filter(username="n").exists()
