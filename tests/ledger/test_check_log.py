"""fsck, proofs and erasure on a live log: every damage is found, and at its place."""

import json

import pytest
from django.db import connection, transaction

from xinheng.ledger import queries, sequencer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.ledger.fsck import fsck
from xinheng.ledger.signer import LastSigned, load_signer
from xinheng.merkle.verify import verify, verify_files
from xinheng.texts import T
from xinheng.vault.actions import create_keys, destroy_key
from xinheng.vault.queries import KeyGone

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 600


@pytest.fixture
def signer(tmp_path):
    return load_signer("log.test/a", tmp_path / "keys", tmp_path / "ledger")


@pytest.fixture
def keys(transactional_db, at):
    return create_keys("company", 2, at=at)


@pytest.fixture
def entry_ids(keys, signer, at):
    """600 entries about two companies, signed at 257 and 600."""
    ids = []
    with sequencer.connect() as own:
        for count in (257, SIZE - 257):
            entries = [
                NewEntry("test.noted", {"n": n}, {"amount": str(n), "who": "甲"}, keys[n % 2])
                for n in range(count)
            ]
            with transaction.atomic(), connection.cursor() as cursor:
                ids += append(entries, at=at, cursor=cursor)
            sequencer.run_once(own, signer, at=at)
    return ids


def check(signer, **options):
    options.setdefault("last_signed", signer.last_signed())
    with sequencer.connect() as own:
        return fsck(own, signer.key, **options)


def tamper(sql):
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica; " + sql)
        cursor.execute("set session_replication_role = origin")


def test_a_sound_log_is_sound(entry_ids, signer):
    report = check(signer)
    assert report.sound and report.size == SIZE and report.checkpoints == 2
    assert report.pending == 0


def test_an_empty_log_is_sound(transactional_db, signer):
    assert check(signer).sound


TAMPERINGS = [
    ("update ledger_entry set leaf = leaf || 'x' where idx = 17", "entry 17", "differ"),
    ("delete from ledger_entry where idx = 300", "entry 300", "missing"),
    ("delete from ledger_entry where idx = 599", "entry 599", "missing"),
    ("delete from ledger_entry where idx >= 512", "head", "there are 512"),
    (
        "update ledger_tile set h = set_byte(h, 40, get_byte(h, 40) # 1) where lvl = 0 and n = 1",
        "entry 257",
        "differ",
    ),
    (
        "update ledger_tile set h = set_byte(h, 3, get_byte(h, 3) # 1) where lvl = 1",
        "tile 1/0",
        "level below",
    ),
    ("delete from ledger_tile where lvl = 1", "tile 1/0", "level below"),
    ("insert into ledger_tile values (1, 5, 1, sha256('x'))", "tile 1/5", "no entry leads to"),
    ("insert into ledger_tile values (0, 5, 1, sha256('x'))", "tile 0/5", "no entry leads to"),
    ("update ledger_head set size = 599", "head", "599"),
    ("update ledger_head set root = sha256('x')", "head", "root"),
    ("update ledger_checkpoint set root = sha256('x') where size = 257", "checkpoint 257", "row"),
    (
        "update ledger_checkpoint set note = replace(note, '257', '258') where size = 257",
        "checkpoint 257",
        "not signed",
    ),
    ("delete from ledger_disclosure", "entry ", "disclosure row is missing"),
    (
        "with a as (select entry_id from ledger_entry where idx = 5) update ledger_entry"
        " set entry_id = gen_random_uuid() where idx = 5",
        "entry 5",
        "id is not",
    ),
    (
        "update ledger_entry e set leaf = o.leaf from ledger_entry o"
        " where (e.idx, o.idx) in ((8, 9), (9, 8))",
        "entry 8",
        "differ",
    ),
]


@pytest.mark.parametrize(("sql", "where", "text"), TAMPERINGS)
def test_every_tampering_is_found_at_its_place(entry_ids, signer, sql, where, text):
    tamper(sql)
    report = check(signer)
    assert not report.sound
    assert [d for d in report.damages if d.where.startswith(where) and text in d.text.en]


def test_the_signed_root_tells_which_of_leaf_and_tile_was_changed(entry_ids, signer):
    tamper("update ledger_entry set leaf = leaf || 'x' where idx = 17")
    assert "entries were changed after it" in [d.text.en for d in check(signer).damages]


def test_a_log_rewritten_as_a_whole_contradicts_what_was_signed(entry_ids, signer):
    forged = LastSigned(SIZE, bytes(32))
    damages = check(signer, last_signed=forged).damages
    assert [d.where for d in damages] == [f"last-signed {SIZE}"]


def test_a_row_that_no_longer_says_what_the_leaf_says_is_reported(entry_ids, signer):
    wrong = entry_ids[44]
    report = check(
        signer, check_row=lambda id_, leaf: T("金额", "amount") if id_ == wrong else None
    )
    assert [d.where for d in report.damages] == ["entry 44"]


def test_every_hundredth_proof_verifies_offline(entry_ids, signer):
    for index in range(0, SIZE, 100):
        report = verify(queries.proof(entry_ids[index]), [signer.key])
        assert report.proved, report.problem
        assert (report.index, report.size) == (index, SIZE)
        assert report.hidden == ("amount", "who")


def test_a_disclosure_opens_the_fields_it_shows_and_no_others(entry_ids, signer, tmp_path):
    (tmp_path / "p.tlog-proof").write_bytes(queries.proof(entry_ids[7]))
    shown = queries.disclosure(entry_ids[7], {"amount": "7"})
    (tmp_path / "d.json").write_text(json.dumps(shown))
    report = verify_files(tmp_path / "p.tlog-proof", signer.key.text(), tmp_path / "d.json")
    assert report.shown == {"amount": "7"} and report.hidden == ("who",)
    other = json.dumps(queries.disclosure(entry_ids[9])).encode()
    refused = verify(queries.proof(entry_ids[7]), [signer.key], other)
    assert "another entry" in refused.problem


def test_destroying_a_data_key_closes_the_values_and_leaves_every_proof_valid(
    entry_ids, signer, keys, at
):
    before = queries.proof(entry_ids[7])
    destroy_key(keys[1], at=at)
    with pytest.raises(KeyGone):
        queries.disclosure(entry_ids[7])
    assert queries.disclosure(entry_ids[8])["fields"]
    assert verify(before, [signer.key]).proved
    assert queries.proof(entry_ids[7]) == before
    assert check(signer).sound


def test_an_unsigned_entry_has_no_proof_yet_and_an_unknown_one_none(keys, at):
    with transaction.atomic(), connection.cursor() as cursor:
        (entry_id,) = append([NewEntry("x", {}, {}, keys[0])], at=at, cursor=cursor)
    with pytest.raises(queries.NotYetSigned):
        queries.proof(entry_id)
    with pytest.raises(LookupError, match="ever recorded"):
        queries.proof(keys[0])
    waiting = queries.backlog()
    assert (waiting.count, waiting.oldest_at) == (1, at)
