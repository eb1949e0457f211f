"""kill -9 of the sequencer while entries pour in: no gap, no duplicate, no fork, nothing lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from xinheng.ledger import queries, sequencer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.ledger.fsck import fsck
from xinheng.ledger.models import Checkpoint
from xinheng.ledger.signer import load_signer
from xinheng.vault.actions import create_keys

pytestmark = pytest.mark.django_db(transaction=True)
REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("XINHENG_KILLS", "3"))  # make torture asks for more
PROGRAM = """
import threading, django
from django.conf import settings
from pathlib import Path
django.setup()
settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR = Path({keys!r}), Path({ledger!r})
settings.LEDGER_ORIGIN = "log.test/a"
from xinheng.ledger import sequencer
sequencer.BATCH_MAX = 150
sequencer.run_forever(threading.Event())
"""


def start(settings):
    """A sequencer process on the test's database."""
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        (name,) = cursor.fetchone()
    given = connection.settings_dict
    dsn = (
        f"postgres://{quote(given['USER'])}:{quote(given['PASSWORD'])}@/{name}"
        f"?host={quote(given['HOST'], safe='')}&port={given['PORT']}"
    )
    program = PROGRAM.format(
        keys=str(settings.XINHENG_KEYS_DIR), ledger=str(settings.XINHENG_LEDGER_DIR)
    )
    environment = {**os.environ, "XINHENG_DSN": dsn, "DJANGO_SETTINGS_MODULE": "xinheng.settings"}
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, env=environment)


def test_killed_sequencers_lose_and_fork_nothing(transactional_db, settings, at):
    (key,) = create_keys("company", 1, at=at)
    signer = load_signer("log.test/a", settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR)
    recorded = []
    for kill in range(KILLS):
        process = start(settings)
        before = Checkpoint.objects.count()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with transaction.atomic(), connection.cursor() as cursor:
                entries = [NewEntry("x", {"n": n}, {}, key) for n in range(40)]
                recorded += append(entries, at=at, cursor=cursor)
            if Checkpoint.objects.count() > before + 1 + kill % 3:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with sequencer.connect() as own:
        while sequencer.run_once(own, signer, at=at):
            pass
    with sequencer.connect() as own:
        report = fsck(own, signer.key, last_signed=signer.last_signed())
    assert report.sound and report.size == len(recorded)
    states = {queries.statuses(recorded[n : n + 5_000])[recorded[n]].state for n in (0, 1, 2)}
    assert states == {"signed"}
    assert report.checkpoints > KILLS
