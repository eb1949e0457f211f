"""The public log over HTTP: what is published can be fetched, what isn't cannot."""

import pytest
from django.db import connection, transaction
from django.http import HttpResponseNotFound
from django.test import Client, override_settings
from django.urls import include, path

from xinheng.ledger import sequencer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.ledger.signer import load_signer
from xinheng.merkle.note import verify_checkpoint
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.vault.actions import create_keys

pytestmark = pytest.mark.django_db(transaction=True)

# Only the ledger's own addresses, so that this test needs no other room.
urlpatterns = [path("log/", include("xinheng.api.ledger"))]


def handler404(request, exception):
    return HttpResponseNotFound()


here = override_settings(ROOT_URLCONF=__name__)


@pytest.fixture
def signer(tmp_path):
    return load_signer("log.test/a", tmp_path / "keys", tmp_path / "ledger")


@pytest.fixture
def grow(transactional_db, signer, at):
    (key,) = create_keys("company", 1, at=at)

    def write(count, *, sign=True):
        with transaction.atomic(), connection.cursor() as cursor:
            append([NewEntry("x", {"n": n}, {}, key) for n in range(count)], at=at, cursor=cursor)
        with sequencer.connect() as own:
            sequencer.ensure_head(own)
            sequencer.integrate(own)
            if sign:
                sequencer.publish(own, signer, at=at)

    return write


def get(address):
    with here:
        return Client().get("/log/" + address)


def test_a_mirror_can_rebuild_the_signed_root_from_what_is_served(grow, signer):
    grow(300)
    answer = get("checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    checkpoint = verify_checkpoint(answer.content.decode(), [signer.key])
    bundle = get("tile/entries/000").content + get("tile/entries/001.p/44").content
    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    hashes = [hash_leaf(leaf) for leaf in leaves]
    assert (len(hashes), root_of(hashes)) == (checkpoint.size, checkpoint.root)
    assert get("tile/0/000").content == b"".join(hashes[:256])
    assert get("tile/0/001.p/44").content == b"".join(hashes[256:])
    assert get("tile/1/000.p/1").content == root_of(hashes[:256])
    assert "immutable" in get("tile/0/000")["Cache-Control"]


def test_what_is_logged_but_not_signed_is_not_served(grow):
    assert get("checkpoint").status_code == 404
    grow(3)
    grow(2, sign=False)
    assert get("tile/0/000.p/3").status_code == 200
    for address in ("tile/0/000.p/4", "tile/0/000.p/5", "tile/entries/000.p/4", "tile/0/000"):
        assert get(address).status_code == 404, address


@pytest.mark.parametrize(
    "address",
    [
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/03",
        "tile/0/000.p/256",
        "tile/00/000",
        "tile/64/000",
        "tile/63/000.p/1",
        "tile/0/001.p/1",
        "tile/-1/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_addresses_that_no_tile_has_are_absent(grow, address):
    grow(3)
    assert get(address).status_code == 404


def test_only_reading_is_possible(grow):
    grow(1)
    with here:
        assert Client().post("/log/checkpoint").status_code == 405
