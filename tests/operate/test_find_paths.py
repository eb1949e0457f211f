"""Where things lie, what is refused before anything starts, and who may run the database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xinheng.operate import account, binaries, locks
from xinheng.operate.cluster import THROW_AWAY, Cluster
from xinheng.operate.paths import (
    FREE_BYTES_MIN,
    SOCKET_NAME,
    paths_at,
    paths_from,
    prepare,
    require_space,
)
from xinheng.operate.trouble import Exit, Trouble


def test_xinheng_data_names_the_folder(tmp_path: Path) -> None:
    assert paths_from({"XINHENG_DATA": str(tmp_path)}).pg == tmp_path / "pg"
    assert paths_from({}).root.name == ".xinheng"


def test_a_long_path_moves_the_socket_to_a_folder_that_every_process_finds(tmp_path: Path) -> None:
    long = tmp_path / ("深圳" * 20)
    paths = paths_at(long)
    assert paths.run.parent == Path("/tmp")
    assert paths.run == paths_at(long).run
    assert len(os.fsencode(paths.run / SOCKET_NAME)) < 107
    assert paths_at(Path("/srv/xh")).run == Path("/srv/xh/run")


def test_a_full_disk_is_refused_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as refused:
        require_space(paths_at(tmp_path), free_bytes=FREE_BYTES_MIN - 1)
    assert refused.value.exit_code == Exit.DISK_FULL
    assert "磁盘将满" in refused.value.line and "disk is full" in refused.value.line
    require_space(paths_at(tmp_path), free_bytes=FREE_BYTES_MIN)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    paths = paths_at(tmp_path / "data")
    prepare(paths)
    assert paths.keys.stat().st_mode & 0o777 == 0o700


def test_an_old_server_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "postgres"
    fake.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
    fake.chmod(0o755)
    with pytest.raises(Trouble) as refused:
        binaries.find({"PG_BIN": str(tmp_path)})
    assert refused.value.exit_code == Exit.OLD_POSTGRES


def test_missing_programs_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="PG_BIN") as refused:
        binaries.find({"PG_BIN": str(tmp_path)})
    assert refused.value.exit_code == Exit.NO_POSTGRES


def test_a_closed_door_above_the_folder_is_seen(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    (closed / "data").mkdir()
    assert not account.can_reach(closed / "data", 12345, 12345)


def test_a_lock_is_gone_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = locks.take(path)
    assert locks.held_by_another(path)
    held.release()
    assert not locks.held_by_another(path)


def test_a_shared_lock_becomes_the_only_one_when_the_others_have_gone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = locks.take(path, shared=True), locks.take(path, shared=True)
    assert not first.make_exclusive()
    second.release()
    assert first.make_exclusive()
    first.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL an account")
def test_root_behind_a_closed_door_keeps_every_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # /root/… is what a server's administrator uses first; the account `postgres` can't walk there.
    closed = Path(f"/tmp/xinheng-test-closed-{os.getpid()}")
    closed.mkdir(mode=0o700)
    try:
        try:
            cluster = Cluster.at(paths_at(closed / "data"), os.environ, THROW_AWAY)
        except Trouble as trouble:
            assert trouble.exit_code == Exit.WRONG_OWNER
            pytest.skip("no user namespaces here: refused with one line, as it should be")
        cluster.create(sync=False)
        server = cluster.start()
        assert (closed / "data" / "pg").stat().st_uid == 0
        cluster.stop(server)
    finally:
        import shutil

        shutil.rmtree(closed, ignore_errors=True)
