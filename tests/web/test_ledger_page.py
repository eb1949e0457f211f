"""The ledger page shows what anybody may read, and nothing else; what is signed downloads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.web.pages import buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.ledger.sequencer import connect, run_once
from xinheng.ledger.signer import load_signer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


def test_entries_are_listed_without_names_or_amounts(world, settings, tmp_path):
    settings.XINHENG_LEDGER_DIR = tmp_path
    buyer("C-SECRET", world.units["EAST"], 100_00, name="长江建材")
    check_orders([ask("PO-SECRET", "C-SECRET", 777_77)], actor=world.actor("bob"))
    client = signed_in(world.dora)
    assert "等待编号和签名" in text_of(client.get("/ledger/"))
    signer = load_signer(settings.LEDGER_ORIGIN, tmp_path, tmp_path)
    with connect() as connection:
        while run_once(connection, signer, at=datetime.now(UTC)):
            pass
    page = text_of(client.get("/ledger/"))
    assert "订单判断" in page and "已签名" in page and signer.key.text() in page
    for secret in ("SECRET", "长江建材", "777"):
        assert secret not in page
    assert client.get("/ledger/checkpoint").content.decode().startswith(settings.LEDGER_ORIGIN)
    assert client.get("/ledger/key").content.decode().strip() == signer.key.text()
    assert client.get("/ledger/entries/0/proof").content.startswith(b"c2sp.org/tlog-proof@v1")


def test_the_whole_log_is_checked_and_damage_is_told(world, settings, tmp_path):
    settings.XINHENG_LEDGER_DIR = tmp_path
    buyer("C1", world.units["EAST"], 100_00)
    check_orders([ask("PO-1", "C1", 777_77)], actor=world.actor("bob"))
    signer = load_signer(settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, tmp_path)
    with connect() as connection:
        while run_once(connection, signer, at=datetime.now(UTC)):
            pass
    client = signed_in(world.dora)
    assert "全部重算，一致" in text_of(client.post("/ledger/check/"))
    with connect() as connection:
        connection.execute("alter table ledger_tile disable trigger user")
        connection.execute("update ledger_tile set h = decode(repeat('00', 32 * w), 'hex')")
    assert "损坏" in text_of(client.post("/ledger/check/"))


def test_what_does_not_exist_is_404(world):
    client = signed_in(world.dora)
    for part in ("entries/0/proof", "checkpoint"):
        assert client.get(f"/ledger/{part}").status_code == 404


def test_who_may_not_verify_finds_no_page(world):
    assert signed_in(world.bob).get("/ledger/").status_code == 404
