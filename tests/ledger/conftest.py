"""A key directory, a ledger directory and a cache of its own for every test of the ledger."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def at():
    return datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    from xinheng.vault import queries  # here: a conftest is read before Django is set up

    settings.XINHENG_KEYS_DIR = tmp_path / "keys"
    settings.XINHENG_LEDGER_DIR = tmp_path / "ledger"
    queries.open_key_cache.clear()
    yield
    queries.open_key_cache.clear()


@pytest.fixture
def data_key(db, at):
    from xinheng.vault import actions

    return actions.create_keys("company", 1, at=at)[0]
