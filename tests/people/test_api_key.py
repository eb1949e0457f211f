"""An API key: shown once, kept as a hash, compared whole; dead once expired, revoked, orphaned."""

from datetime import UTC, datetime, timedelta

import pytest

from xinheng.people import actions, queries
from xinheng.people.actor import of_user, system
from xinheng.people.models import ApiKey, User, unit_scope
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SYSTEM = system("test")
PASSWORD = "a long enough phrase 7"
LATER = AT + timedelta(seconds=queries.CACHE_SECONDS + 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house() -> None:
    queries.forget()
    actions.set_up("信衡", "CNY", "Asia/Shanghai", "admin", PASSWORD, actor=SYSTEM, at=AT)


def make(owner: User | None = None, **given: object) -> tuple[ApiKey, str]:
    scopes = given.pop("scopes", ["orders.check"])
    return actions.create_api_key("erp", owner=owner, scopes=scopes, actor=SYSTEM, at=AT, **given)


def seller() -> User:
    return actions.create_user("bob", PASSWORD, actor=SYSTEM, at=AT, name="Bob", roles=["sales"])


def test_the_text_opens_the_key_and_is_kept_nowhere() -> None:
    key, text = make()
    assert text.startswith(f"xk_{key.prefix}_")
    assert queries.find_key(text, at=AT) == key
    assert text[-64:] not in str(ApiKey.objects.values().get())


# A build that looked the key up by prefix and forgot the secret passes none of the first two.
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:16] + "0" * 64,
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: "xk_000000000000_" + text[-64:],
        lambda text: "",
        lambda text: "xk__",
    ],
)
def test_anything_else_opens_nothing(spoil) -> None:
    _, text = make()
    assert queries.find_key(text, at=AT)  # cached from here on
    assert queries.find_key(spoil(text), at=AT) is None


def test_a_key_ends_at_its_expiry() -> None:
    _, text = make(expires_at=AT + timedelta(days=1))
    assert queries.find_key(text, at=AT + timedelta(days=1, microseconds=-1))
    assert queries.find_key(text, at=AT + timedelta(days=1)) is None


def test_a_revoked_key_ends_here_at_once(django_capture_on_commit_callbacks) -> None:
    key, text = make()
    assert queries.find_key(text, at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.revoke_api_key(key.prefix, actor=SYSTEM, at=AT)
    assert queries.find_key(text, at=AT) is None
    assert not actions.revoke_api_key(key.prefix, actor=SYSTEM, at=AT)


def test_what_another_process_revoked_ends_within_the_cache_time() -> None:
    key, text = make()
    assert queries.find_key(text, at=AT)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=AT)
    assert queries.find_key(text, at=LATER) is None


def test_a_key_ends_when_its_owner_leaves() -> None:
    bob = seller()
    _, text = make(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert queries.find_key(text, at=LATER) is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scopes": ["everything"]}, PeopleRefusal.UNKNOWN_SCOPE),
        ({"scopes": ["holds.release"]}, PeopleRefusal.SCOPE_BEYOND_OWNER),
        ({"expires_at": AT}, PeopleRefusal.EXPIRES_IN_THE_PAST),
    ],
)
def test_a_key_that_will_not_do_is_refused(given: dict, code: object) -> None:
    with pytest.raises(Refused) as refused:
        make(seller(), **given)
    assert refused.value.code is code
    assert not ApiKey.objects.exists()


def test_only_who_manages_keys_makes_one() -> None:
    with pytest.raises(Refused) as refused:
        actions.create_api_key("x", owner=None, scopes=[], actor=of_user(seller()), at=AT)
    assert refused.value.code is PeopleRefusal.NOT_PERMITTED


def test_use_is_noted_at_most_every_five_minutes() -> None:
    key, _ = make()
    assert actions.note_key_use(key, at=AT)
    assert not actions.note_key_use(key, at=AT + timedelta(minutes=4))
    assert actions.note_key_use(key, at=AT + timedelta(minutes=5))
    key.refresh_from_db()
    assert key.last_used_at == AT + timedelta(minutes=5)


def test_a_key_of_nobody_sees_the_whole_book_and_a_key_of_bob_what_bob_sees() -> None:
    assert not unit_scope(queries.reader_of(make()[0]))
    bob = seller()
    assert queries.reader_of(make(bob)[0]) == bob
