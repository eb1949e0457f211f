"""Sequencing: contiguous places, one winner, nothing signed that wasn't read back."""

import threading
import time

import psycopg
import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from xinheng.ledger import queries, sequencer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.ledger.models import Checkpoint, Entry, Head, PendingEntry, Tile
from xinheng.ledger.signer import LastSigned, Overtaken, Signer, SignerError, load_signer
from xinheng.merkle.note import verify_checkpoint
from xinheng.merkle.tree import hash_leaf, root_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signer(tmp_path):
    return load_signer("log.test/a", tmp_path / "keys", tmp_path / "ledger")


@pytest.fixture
def own(transactional_db):
    """A connection of the sequencer's own, to the test database."""
    with sequencer.connect() as connection:
        yield connection


@pytest.fixture
def data_key(transactional_db, at):
    from xinheng.vault.actions import create_keys

    return create_keys("company", 1, at=at)[0]


@pytest.fixture
def record(data_key, at):
    def write(count):
        entries = [NewEntry("test.noted", {"n": n}, {"a": str(n)}, data_key) for n in range(count)]
        with transaction.atomic(), connection.cursor() as cursor:
            return append(entries, at=at, cursor=cursor)

    return write


def leaf_hashes():
    leaves = Entry.objects.order_by("idx").values_list("leaf", flat=True)
    return [hash_leaf(bytes(leaf)) for leaf in leaves]


def test_recorded_entries_get_contiguous_places_and_a_signed_root(own, signer, record, at):
    for count in (1, 254, 1, 2, 300, 3):
        record(count)
        assert sequencer.run_once(own, signer, at=at) == count
    assert list(Entry.objects.order_by("idx").values_list("idx", flat=True)) == list(range(561))
    assert not PendingEntry.objects.exists()
    for row in Checkpoint.objects.all():
        checkpoint = verify_checkpoint(row.note, [signer.key])
        assert checkpoint.size == row.size
        assert checkpoint.root == root_of(leaf_hashes()[: row.size])
    assert Checkpoint.objects.count() == 6 and queries.published_size() == 561


def test_an_entry_goes_from_recorded_to_logged_to_signed(own, signer, record, at):
    (entry_id,) = record(1)
    assert queries.status(entry_id).state == "recorded"
    sequencer.ensure_head(own)
    sequencer.integrate(own)
    assert queries.status(entry_id) == queries.Status("logged", 0)
    sequencer.publish(own, signer, at=at)
    assert queries.status(entry_id) == queries.Status("signed", 0)


def test_nothing_new_signs_nothing(own, signer, record, at):
    assert sequencer.run_once(own, signer, at=at) == 0
    record(2)
    sequencer.run_once(own, signer, at=at)
    sequencer.run_once(own, signer, at=at)
    assert Checkpoint.objects.count() == 1


def test_a_transaction_that_commits_late_is_not_skipped(own, signer, record, data_key, at):
    # Fails on a sequencer that reads by cursor (id > last): the early id commits last.
    with sequencer.connect() as slow:
        slow.execute("begin")
        late = append([NewEntry("test.late", {}, {}, data_key)], at=at, cursor=slow.cursor())
        record(2)
        assert sequencer.run_once(own, signer, at=at) == 2
        slow.execute("commit")
    assert sequencer.run_once(own, signer, at=at) == 1
    assert queries.status(late[0]) == queries.Status("signed", 2)


def test_two_sequencers_at_once_never_fork_the_log(signer, record, at):
    total = sum(len(record(7)) for _ in range(40))
    failures = []

    def work():
        with sequencer.connect() as mine:
            while PendingEntry.objects.exists() or Head.objects.get().size < total:
                try:
                    sequencer.run_once(mine, signer, at=at)
                except (sequencer.LostRace, Overtaken):
                    continue
                except (SignerError, psycopg.Error, sequencer.SequencerError) as error:
                    failures.append(error)
                    return
        connection.close()

    monkey_batch, sequencer.BATCH_MAX = sequencer.BATCH_MAX, 11
    try:
        threads = [threading.Thread(target=work) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join(60) for thread in threads]
    finally:
        sequencer.BATCH_MAX = monkey_batch
    assert not failures
    assert list(Entry.objects.order_by("idx").values_list("idx", flat=True)) == list(range(total))
    assert bytes(Head.objects.get().root) == root_of(leaf_hashes())


def test_the_head_moves_for_one_of_two_and_a_blind_build_would_let_both(
    own, signer, record, at, monkeypatch
):
    record(3)
    sequencer.run_once(own, signer, at=at)
    first = {"old": (3, 0), "new": (4, bytes(32))}
    with sequencer.connect() as other:
        assert sequencer.move_head(other, **first)
        assert not sequencer.move_head(own, **first)

        def blind(conn, *, old, new):
            return conn.execute("update ledger_head set size = %s, root = %s", new).rowcount == 1

        assert blind(own, **first)  # without the comparison the second one wins too


def test_a_deposed_sequencer_writes_nothing(own, signer, record, at):
    old_epoch = sequencer.claim(own)
    sequencer.claim(own)
    record(1)
    with pytest.raises(sequencer.LostRace):
        sequencer.run_once(own, signer, at=at, epoch=old_epoch)
    assert not Entry.objects.exists() and PendingEntry.objects.count() == 1


def flip_entry(index):
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update ledger_entry set leaf = set_byte(leaf, 5, get_byte(leaf, 5) # 1)"
            " where idx = %s",
            [index],
        )
        cursor.execute("set session_replication_role = origin")


def test_a_bit_flipped_between_commit_and_signature_stops_it(own, signer, record, at):
    record(5)
    sequencer.ensure_head(own)
    sequencer.integrate(own)
    flip_entry(3)
    with pytest.raises(sequencer.SequencerError, match="entry 3"):
        sequencer.publish(own, signer, at=at)
    assert not Checkpoint.objects.exists() and signer.last_signed() is None


def test_a_build_that_signs_before_reading_back_would_sign_the_damage(
    own, signer, record, at, monkeypatch
):
    record(5)
    sequencer.ensure_head(own)
    sequencer.integrate(own)
    flip_entry(3)
    monkeypatch.setattr(
        sequencer, "reread", lambda conn, last, size, root: sequencer.tile_reader(conn)[1]
    )
    sequencer.publish(own, signer, at=at)
    assert bytes(Checkpoint.objects.get().root) != root_of(leaf_hashes())


def test_a_restored_older_database_is_not_signed_on(own, signer, record, at):
    record(4)
    sequencer.run_once(own, signer, at=at)
    with connection.cursor() as cursor:  # as a restore from before the last signature would
        cursor.execute("truncate ledger_entry, ledger_tile, ledger_checkpoint, ledger_head")
    record(6)
    with pytest.raises((SignerError, sequencer.SequencerError)):
        sequencer.run_once(own, signer, at=at)
    assert not Checkpoint.objects.exists() and signer.last_signed().size == 4


def test_a_shorter_restored_database_is_refused_by_the_signer(own, signer, record, at):
    record(4)
    sequencer.run_once(own, signer, at=at)
    with connection.cursor() as cursor:
        cursor.execute("truncate ledger_entry, ledger_tile, ledger_checkpoint, ledger_head")
    record(2)
    with pytest.raises(SignerError, match="does not extend"):
        sequencer.run_once(own, signer, at=at)


def test_a_crash_between_signature_and_publication_is_made_good(own, signer, record, at):
    record(4)
    sequencer.run_once(own, signer, at=at)
    note = Checkpoint.objects.get().note
    with connection.cursor() as cursor:
        cursor.execute("truncate ledger_checkpoint")
    sequencer.run_once(own, signer, at=at)
    assert Checkpoint.objects.get().note == note


def test_a_lost_memory_of_the_signer_is_not_started_afresh(own, signer, record, at, tmp_path):
    record(4)
    sequencer.run_once(own, signer, at=at)
    (tmp_path / "ledger" / "last-signed").unlink()
    record(1)
    with pytest.raises(SignerError, match="last-signed"):
        sequencer.run_once(own, signer, at=at)


def test_a_lost_signing_key_is_not_replaced(signer, tmp_path):
    signer.sign(1, bytes(32), [], since=None)
    (tmp_path / "keys" / "ledger-ed25519.key").unlink()
    with pytest.raises(SignerError, match="restore it"):
        load_signer("log.test/a", tmp_path / "keys", tmp_path / "ledger")


def test_the_signer_signs_no_second_root_for_a_size(signer):
    last = LastSigned(7, bytes(32))
    assert signer.sign(7, bytes(32), [], since=None)
    assert signer.sign(7, bytes(32), [], since=last)
    for size, root in ((7, bytes(31) + b"\x01"), (6, bytes(32)), (8, bytes(32))):
        with pytest.raises(SignerError, match="does not extend"):
            signer.sign(size, root, [], since=last)


def test_the_signer_notices_that_another_has_signed_meanwhile(signer):
    signer.sign(7, bytes(32), [], since=None)
    with pytest.raises(Overtaken):
        signer.sign(8, bytes(32), [], since=None)


def test_the_database_refuses_to_change_or_delete_an_entry(own, signer, record, at):
    record(2)
    sequencer.run_once(own, signer, at=at)
    for change in (
        lambda: Entry.objects.filter(idx=0).update(leaf=b"x"),
        lambda: Entry.objects.filter(idx=0).delete(),
        lambda: Checkpoint.objects.all().delete(),
        lambda: Tile.objects.all().delete(),
        lambda: Tile.objects.filter(lvl=0, n=0).update(w=1, h=bytes(32)),
        lambda: Tile.objects.filter(lvl=0, n=0).update(h=bytes(64)),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()


def test_a_notice_at_commit_is_not_taken_for_success(own):
    with pytest.raises(sequencer.SequencerError, match="notice"), sequencer.WatchedCommit(own):
        own.execute(
            "do $$ begin raise warning 'canceling wait for synchronous replication'; end $$"
        )


def test_the_loop_outlives_a_lost_connection(own, record, settings):
    settings.LEDGER_ORIGIN = "log.test/a"
    stop = threading.Event()
    thread = threading.Thread(target=sequencer.run_forever, args=(stop,))
    thread.start()
    try:
        (first,) = record(1)
        _until(lambda: queries.status(first).state == "signed")
        own.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'xinheng sequencer' and pid <> pg_backend_pid()"
            " and datname = current_database()"
        )
        (second,) = record(1)
        _until(lambda: queries.status(second).state == "signed")
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def _until(reached):
    for _ in range(200):
        if reached():
            return
        time.sleep(0.05)
    raise AssertionError("not reached within 10 s")


def test_the_sequencer_keeps_up(own, signer, record, at):
    """Prints the rate; the bound is loose because test machines are shared."""
    record(6_000)
    started = time.perf_counter()
    done = sum(sequencer.run_once(own, signer, at=at) for _ in range(3))
    rate = done / (time.perf_counter() - started)
    print(f"{rate:,.0f} entries/s sequenced and signed")
    assert done == 6_000 and rate > 1_000


def test_a_signer_keeps_its_name(signer):
    assert isinstance(signer, Signer) and signer.key.text().startswith("log.test/a+")
