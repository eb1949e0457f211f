"""Data keys: created in bulk, opened from a cache, destroyed for ever, moved to a new KEK."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from xinheng.vault import actions, keyring, queries
from xinheng.vault.models import DataKey
from xinheng.vault.seal import OpenKey, SealError, open_sealed, random_bytes, seal

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    """Each test has a key directory and a cache of its own."""
    settings.XINHENG_KEYS_DIR = tmp_path / "keys"
    queries.open_key_cache.clear()
    yield
    queries.open_key_cache.clear()


@pytest.mark.django_db
def test_created_keys_open_and_differ():
    ids = actions.create_keys("company", 300, at=AT)
    keys = queries.open_keys(ids)
    envelopes = {seal(keys[key_id], "t.c.1", b"same")[29:] for key_id in ids}
    assert len(set(ids)) == 300 and len(envelopes) == 300
    assert DataKey.objects.get(id=ids[0]).kind == "company"


@pytest.mark.django_db
def test_a_destroyed_key_is_gone_and_its_row_holds_no_key():
    first, second = actions.create_keys("person", 2, at=AT)
    queries.open_keys([first, second])
    assert actions.destroy_key(first, at=AT) is True
    assert actions.destroy_key(first, at=AT) is False
    with pytest.raises(queries.KeyGone) as gone:
        queries.open_keys([first, second])
    assert gone.value.ids == [first]
    assert list(queries.open_living_keys([first, second])) == [second]
    assert bytes(DataKey.objects.get(id=first).wrapped) == b""


@pytest.mark.django_db
def test_a_key_destroyed_by_another_process_is_served_no_longer_than_the_sweep(monkeypatch):
    # Fails on a cache without the sweep: the destroyed key would be served for ever.
    (key_id,) = actions.create_keys("person", 1, at=AT)
    now = [100.0]
    cache = queries.KeyCache(clock=lambda: now[0])
    monkeypatch.setattr(queries, "open_key_cache", cache)
    queries.open_keys([key_id])
    DataKey.objects.filter(id=key_id).update(wrapped=b"", destroyed_at=AT)  # "another process"
    now[0] += queries.SWEEP_SECONDS - 0.1
    assert queries.open_keys([key_id])
    now[0] += 0.1
    with pytest.raises(queries.KeyGone):
        queries.open_keys([key_id])


def test_keys_read_before_the_cache_was_emptied_are_not_kept():
    # Fails when keep() ignores the generation: a reader that was slow would revive a dead key.
    cache, key = queries.KeyCache(), OpenKey(uuid4(), random_bytes(32))
    generation = cache.generation
    cache.clear()
    cache.keep({key.id: key}, generation)
    assert cache.take([key.id]) == ({}, [key.id])


@pytest.mark.django_db
def test_a_destroyed_key_that_still_holds_its_bytes_is_refused_by_the_database():
    (key_id,) = actions.create_keys("person", 1, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.filter(id=key_id).update(destroyed_at=AT)


@pytest.mark.django_db
def test_rewrap_moves_every_living_key_and_changes_no_data_key(settings):
    ids = actions.create_keys("company", 5, at=AT)
    actions.destroy_key(ids[0], at=AT)
    envelope = seal(queries.open_keys(ids[1:])[ids[1]], "t.c.1", b"secret")
    assert actions.rewrap() == 4
    assert set(DataKey.objects.filter(destroyed_at=None).values_list("kek_id", flat=True)) == {2}
    queries.open_key_cache.clear()
    assert open_sealed(queries.open_keys([ids[1]])[ids[1]], "t.c.1", envelope) == b"secret"
    (settings.XINHENG_KEYS_DIR / "kek-0001.key").unlink()
    queries.keyring_in.cache_clear()
    queries.open_key_cache.clear()
    assert queries.open_keys(ids[1:])


@pytest.mark.django_db
def test_a_process_with_an_old_key_ring_reads_the_new_file():
    (key_id,) = actions.create_keys("company", 1, at=AT)
    old_ring = queries.keyring_in(Path(actions.settings.XINHENG_KEYS_DIR))
    actions.rewrap()
    assert not old_ring.knows({2})
    queries.open_key_cache.clear()
    assert queries.open_keys([key_id])


@pytest.mark.django_db
def test_a_lost_key_directory_is_not_replaced_in_silence(settings, tmp_path):
    actions.create_keys("company", 1, at=AT)
    settings.XINHENG_KEYS_DIR = tmp_path / "empty"
    with pytest.raises(keyring.KeyringError, match="restore the directory"):
        actions.start()


@pytest.mark.django_db
def test_a_key_file_of_another_installation_is_named(settings, tmp_path):
    (key_id,) = actions.create_keys("company", 1, at=AT)
    settings.XINHENG_KEYS_DIR = tmp_path / "other"
    keyring.create_kek(settings.XINHENG_KEYS_DIR, 1)
    queries.open_key_cache.clear()
    with pytest.raises(keyring.KeyringError, match="another installation"):
        queries.open_keys([key_id])


def test_key_files_are_private_and_wider_modes_stop_the_start(tmp_path):
    directory = tmp_path / "keys"
    keyring.create_kek(directory, 1)
    file = directory / "kek-0001.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    file.chmod(0o640)
    with pytest.raises(keyring.KeyringError, match="chmod 600"):
        keyring.load(directory)
    file.chmod(0o600)
    directory.chmod(0o750)
    with pytest.raises(keyring.KeyringError, match="chmod 700"):
        keyring.load(directory)


def test_the_first_key_file_stays_when_two_starts_race(tmp_path):
    keyring.create_kek(tmp_path / "keys", 1)
    before = (tmp_path / "keys" / "kek-0001.key").read_bytes()
    keyring.create_kek(tmp_path / "keys", 1)
    assert (tmp_path / "keys" / "kek-0001.key").read_bytes() == before
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["kek-0001.key"]


@pytest.mark.django_db
def test_the_system_key_is_made_once():
    assert actions.system_key(at=AT) == actions.system_key(at=AT)
    assert DataKey.objects.filter(kind="system").count() == 1


@pytest.mark.parametrize("change", ["key", "where", *range(0, 60, 7)])
def test_an_envelope_opens_only_under_its_key_in_its_place_unchanged(change):
    key = OpenKey(uuid4(), random_bytes(32))
    envelope = seal(key, "people_user.phone.17", b"13800000000")
    assert open_sealed(key, "people_user.phone.17", envelope) == b"13800000000"
    place = "people_user.phone.17"
    if change == "key":
        key = OpenKey(key.id, random_bytes(32))
    elif change == "where":
        place = "people_user.phone.18"
    else:
        position = min(int(change), len(envelope) - 1)
        flipped = envelope[position] ^ 1
        envelope = envelope[:position] + bytes([flipped]) + envelope[position + 1 :]
    with pytest.raises(SealError):
        open_sealed(key, place, envelope)


def test_an_open_key_never_shows_its_secret():
    assert random_bytes(32).hex() not in repr(OpenKey(uuid4(), random_bytes(32)))
    assert repr(OpenKey(key_id := uuid4(), random_bytes(32))) == f"OpenKey({key_id})"
