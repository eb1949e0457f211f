"""The ledger's tables: pending → entry → tile → head → checkpoint, and disclosures beside them.

`PendingEntry` rows are written by the action that decided something, in its own transaction. The
one sequencer moves them to `Entry`, where the contiguous index *is* the order, keeps the hashes of
the Merkle tree in `Tile` rows (256 hashes = 8 kB each, as C2SP tlog-tiles serves them), moves
`Head` by compare-and-swap and signs a `Checkpoint`. `Disclosure` holds what opens a leaf, sealed
under the data key of the person or company it is about. Triggers in the migration refuse to change
an entry, and to do anything to a tile but lengthen it; they are a fence against mistakes, while
the signed checkpoints are what stops an operator.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PendingEntry(models.Model):
    """Recorded, not yet provable. Taken by existence, never by cursor: ids commit out of order."""

    entry_id = models.UUIDField(unique=True)
    leaf = models.BinaryField()


class Entry(models.Model):
    """A leaf at its place in the log. Never changed, never deleted."""

    idx = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    leaf = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(idx__gte=0), name="ledger_entry_idx_not_negative")
        ]


class Tile(models.Model):
    """Hashes n*256 … n*256+w-1 of one level; level l holds the roots of full tiles of l-1."""

    pk = models.CompositePrimaryKey("lvl", "n")
    lvl = models.SmallIntegerField()
    n = models.BigIntegerField()
    w = models.SmallIntegerField()
    h = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(w__gte=1, w__lte=256, lvl__gte=0, lvl__lte=7, n__gte=0),
                name="ledger_tile_bounds",
            )
        ]


class Head(models.Model):
    """The single row that the sequencer moves by compare-and-swap on size and epoch."""

    one = models.BooleanField(primary_key=True, default=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    epoch = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(one=True), name="ledger_head_single"),
            models.CheckConstraint(condition=Q(size__gte=0), name="ledger_head_size"),
        ]


class Checkpoint(models.Model):
    """A signed statement (origin, size, root) as it was published, byte for byte."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="ledger_checkpoint_size")
        ]


class Disclosure(models.Model):
    """What opens a leaf: its seed and perhaps its values, sealed; erased with the data key."""

    entry_id = models.UUIDField(primary_key=True)
    # A plain id, not a foreign key: checking the reference would lock the key's row on every order.
    data_key_id = models.UUIDField()
    sealed = models.BinaryField()
