"""`xinheng ledger`: the whole log, one file offline, proof files; with its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from xinheng.cli import ledger as command
from xinheng.ledger import sequencer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.ledger.signer import load_signer
from xinheng.operate import database
from xinheng.vault.actions import create_keys, destroy_key

pytestmark = pytest.mark.django_db(transaction=True)
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def key_id(transactional_db, at):
    return create_keys("company", 1, at=at)[0]


@pytest.fixture
def entry_id(key_id, settings, at, monkeypatch):
    """One signed entry under the installation's own key; commands use the test's database."""
    monkeypatch.setattr(database, "django_ready", lambda: None)
    with transaction.atomic(), connection.cursor() as cursor:
        entry = NewEntry("test.noted", {"outcome": "approve"}, {"amount": "700"}, key_id)
        (made,) = append([entry], at=at, cursor=cursor)
    signer = load_signer(
        settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR
    )
    with sequencer.connect() as own:
        sequencer.run_once(own, signer, at=at)
    return made


def run(*words):
    return CliRunner().invoke(command.app, [str(word) for word in words])


def test_a_sound_log_exits_with_0_and_a_damaged_one_with_1(entry_id):
    done = run("verify", "--json")
    assert (done.exit_code, json.loads(done.stdout)["sound"]) == (0, True)
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update ledger_entry set leaf = leaf || 'x'")
        cursor.execute("set session_replication_role = origin")
    done = run("verify")
    assert done.exit_code == 1 and "entry 0" in done.stdout and "已损坏 · DAMAGED" in done.stdout


def test_written_files_verify_offline_without_django(entry_id, settings, tmp_path):
    done = run("proof", entry_id, "--out", tmp_path, "--json")
    proof, disclosure = json.loads(done.stdout)["files"]
    program = (
        "import sys; from xinheng.cli.ledger import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: assert 'django' not in sys.modules, 'verifying a file needs no Django'\n"
    )
    key = settings.XINHENG_LEDGER_DIR / "ledger.vkey"
    words = ["verify", proof, "--key", str(key), "--disclosure", disclosure, "--json"]
    verified = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=REPOSITORY,
        capture_output=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(verified.stdout)
    assert answer["proved"] and answer["shown"] == {"amount": "700"}
    changed = Path(proof).read_text().replace("index 0", "index 1")
    Path(proof).write_text(changed)
    assert run("verify", proof, "--key", key).exit_code == 1
    assert run("verify", proof, "--key", "nonsense").exit_code == 2


def test_an_erased_entry_still_has_its_proof_file(entry_id, key_id, tmp_path, at):
    destroy_key(key_id, at=at)
    done = run("proof", entry_id, "--out", tmp_path, "--json")
    assert done.exit_code == 0 and len(json.loads(done.stdout)["files"]) == 1


def test_an_unknown_id_has_no_proof(entry_id, key_id, tmp_path):
    assert run("proof", key_id, "--out", tmp_path).exit_code == 1
