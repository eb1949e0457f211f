"""A batch moves once from running to its end, and remembers what it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xinheng.intake.actions import (
    Counts,
    claim_waiting,
    close_interrupted,
    finish_batch,
    note_changes,
    open_batch,
)
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import changes_of, history, tables_of
from xinheng.people.actor import Actor, system
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOW = {"actor": system("test"), "at": AT}


@pytest.fixture
def batch(db: None) -> ImportBatch:
    return open_batch("invoices", "a.csv", "0" * 64, {"waiting": True}, **HOW)


def test_a_batch_ends_once(batch: ImportBatch) -> None:
    # Broken build this catches: a late failure that overwrites "done".
    finish_batch(batch, Counts(read=3, created=3), **HOW)
    assert (batch.state, batch.created, batch.progress) == ("done", 3, 100)
    with pytest.raises(AssertionError):
        finish_batch(batch, Counts(), state="failed", **HOW)
    assert ImportBatch.objects.get().state == "done"


def test_what_a_batch_did_is_read_back(batch: ImportBatch) -> None:
    changes = [(7, None), (8, {"amount_minor": 120000, "due_on": AT.date()})]
    assert note_changes(batch, "receivables_invoice", changes) == 2
    assert tables_of(batch) == {"receivables_invoice": 2}
    created, updated = changes_of(batch, "receivables_invoice")
    assert (created.row, created.before) == ("7", None)
    assert updated.before == {"amount_minor": 120000, "due_on": "2026-11-22"}


def test_a_waiting_batch_is_taken_once(batch: ImportBatch) -> None:
    assert claim_waiting() == batch
    assert claim_waiting() is None


def test_a_stopped_process_leaves_a_batch_that_says_so(batch: ImportBatch) -> None:
    later = AT + timedelta(hours=1)
    assert close_interrupted(started_before=later, actor=system("t"), at=later) == 0  # a command's
    ImportBatch.objects.filter(pk=batch.pk).update(options={"waiting": False})
    assert close_interrupted(started_before=AT, actor=system("t"), at=later) == 0
    assert close_interrupted(started_before=later, actor=system("t"), at=later) == 1
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "Interrupted" in batch.message


def test_counts_add_up() -> None:
    both = Counts(read=2, created=1, rejected=1) + Counts(read=1, updated=1)
    assert both == Counts(read=3, created=1, updated=1, rejected=1)
    assert both.changed == 2


def test_who_may_not_import_opens_nothing(db: None) -> None:
    eve = Actor("user", 5, 5, frozenset({"customers.view"}))
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        open_batch("invoices", "a.csv", "0" * 64, {}, actor=eve, at=AT)
    with pytest.raises(ValueError, match="kind"):
        open_batch("nonsense", "a.csv", "0" * 64, {}, **HOW)
    assert history() == []
