"""The first set-up happens once, with a currency, a zone and a password that will do."""

from datetime import UTC, date, datetime

import pytest

from xinheng.ledger.models import PendingEntry
from xinheng.people import actions, queries
from xinheng.people.actor import system
from xinheng.people.models import Authority, Company, Role, User
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SETUP = system("set-up")
PASSWORD = "a long enough phrase 7"


def set_up(**changed: object) -> User:
    given = {
        "name": "信衡演示",
        "base_currency": "CNY",
        "time_zone": "Asia/Shanghai",
        "admin_username": "admin",
        "admin_password": PASSWORD,
    } | changed
    return actions.set_up(**given, actor=SETUP, at=AT)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_the_first_administrator_can_also_grant_and_the_step_is_recorded() -> None:
    admin = set_up()
    assert admin.check_password(PASSWORD)
    assert admin.may("people.manage") and admin.may("lines.grant")
    assert queries.company().base_currency == "CNY"
    assert PendingEntry.objects.count() == 1


@pytest.mark.django_db
def test_a_second_set_up_is_refused_and_changes_nothing() -> None:
    set_up()
    with pytest.raises(Refused) as refused:
        set_up(name="another")
    assert refused.value.code is PeopleRefusal.ALREADY_SET_UP
    assert Company.objects.get().name == "信衡演示"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "  "}, PeopleRefusal.BLANK),
        ({"base_currency": "XXX"}, PeopleRefusal.UNKNOWN_CURRENCY),
        ({"base_currency": "cny"}, PeopleRefusal.UNKNOWN_CURRENCY),
        ({"time_zone": "Mars/Olympus"}, PeopleRefusal.UNKNOWN_TIME_ZONE),
        ({"time_zone": "../etc/passwd"}, PeopleRefusal.UNKNOWN_TIME_ZONE),
        ({"time_zone": ""}, PeopleRefusal.UNKNOWN_TIME_ZONE),
        ({"admin_password": "short"}, PeopleRefusal.PASSWORD_WEAK),
        ({"admin_username": " "}, PeopleRefusal.BLANK),
    ],
)
def test_what_will_not_do_is_refused_in_both_languages(changed: dict, code: object) -> None:
    with pytest.raises(Refused) as refused:
        set_up(**changed)
    assert refused.value.code is code
    assert refused.value.text.zh and refused.value.text.en
    assert not Company.objects.exists() and not User.objects.exists()


@pytest.mark.django_db
def test_shipped_roles_never_overwrite_edited_rows() -> None:
    set_up()
    Role.objects.filter(code="sales").update(permissions=["customers.view"])
    Authority.objects.filter(role="credit_manager", currency="CNY").update(up_to_minor=1)
    Role.objects.filter(code="collector").delete()
    assert actions.ensure_roles(actor=SETUP, at=AT) == 1
    assert Role.objects.get(code="sales").permissions == ["customers.view"]
    assert queries.authority(_manager().pk, "grant_line", "CNY").up_to_minor == 1


def _manager() -> User:
    return actions.create_user(
        "alice", PASSWORD, actor=SETUP, at=AT, name="Alice", roles=["credit_manager"]
    )


@pytest.mark.django_db
def test_a_base_currency_off_the_list_still_has_an_authority() -> None:
    set_up(base_currency="KES")
    assert queries.authority(_manager().pk, "release_hold", "KES").up_to_minor == 500_000_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        # In UTC it is still the 22nd. A build that used UTC's date fails here.
        ("Asia/Shanghai", datetime(2026, 11, 22, 16, 0, tzinfo=UTC), date(2026, 11, 23)),
        ("Asia/Shanghai", datetime(2026, 11, 22, 15, 59, tzinfo=UTC), date(2026, 11, 22)),
        ("America/New_York", datetime(2026, 11, 22, 4, 0, tzinfo=UTC), date(2026, 11, 21)),
    ],
)
def test_today_is_the_date_where_the_company_is(zone: str, at: datetime, expected: date) -> None:
    set_up(time_zone=zone)
    assert queries.today(at) == expected
