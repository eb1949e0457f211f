"""Facts that come by message, up to 1,000 at once: staged as a file's are, all or nothing.

The same rows go the same way as those of a file: one transaction, one batch that can be undone, one
ledger entry, and each fact waits for another person. What is known already changes nothing, so the
same message may be sent any number of times: the second answers with no batch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction
from msgspec import Struct

from xinheng.dossiers.fact_import import record_facts
from xinheng.dossiers.rows import NewFact
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.intake.counts import Counts
from xinheng.intake.refusals import IntakeRefusal
from xinheng.ledger.actions import append_one
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "facts.enter"


class ReceivedFacts(Struct, frozen=True):
    """No batch where nothing changed."""

    counts: Counts
    batch_id: int | None = None


def receive_facts(
    rows: Sequence[NewFact], *, sender: str, sha256: str, actor: Actor, at: datetime
) -> ReceivedFacts:
    """Stage facts, all in one transaction. Refuses NOT_ALLOWED (no `facts.enter`), and what
    `record_facts` refuses; nothing is written then.
    """
    if not actor.may(PERMISSION):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission=PERMISSION)
    # Whoever may enter facts by message does what an import does, and nothing else.
    hand = dataclasses.replace(actor, permissions=actor.permissions | {"imports.run"})
    with transaction.atomic():
        batch = open_batch("facts", sender, sha256, {"message": True}, actor=hand, at=at)
        counts = record_facts(rows, batch=batch, actor=hand, at=at)
        if not counts.created:
            transaction.set_rollback(True)
            return ReceivedFacts(counts)
        encode = msgspec.json.Encoder(order="deterministic").encode
        root = root_of([hash_leaf(encode(row)) for row in rows])
        append_one(
            "facts.received",
            clear={"rows": len(rows), "created": counts.created, "unchanged": counts.unchanged},
            fields={
                "actor": actor.ref,
                "batch": str(batch.pk),
                "rows_root": root.hex(),
                "sha256": sha256,
            },
            at=at,
        )
        finish_batch(batch, counts, actor=hand, at=at)
    return ReceivedFacts(counts, batch.pk)
