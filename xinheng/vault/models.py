"""Data keys: one per person or company, wrapped, so that destroying one row erases one subject.

A data key encrypts the personal columns and the ledger disclosures of one subject. It is stored
only wrapped under a key-encryption key (KEK) that lives in a file outside the database, so neither
a database dump nor the key files alone open anything. Erasure = `destroyed_at` set and `wrapped`
emptied, in one write that the constraint below ties together.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DataKey(models.Model):
    """A wrapped key of 32 bytes. `kek_id` says which key file opens it."""

    KINDS = ("person", "company", "system")

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8)
    wrapped = models.BinaryField()
    kek_id = models.SmallIntegerField()
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("person", "company", "system")), name="data_key_kind_known"
            ),
            models.CheckConstraint(
                condition=(Q(destroyed_at__isnull=True) & ~Q(wrapped=b""))
                | (Q(destroyed_at__isnull=False) & Q(wrapped=b"")),
                name="data_key_destroyed_is_empty",
            ),
        ]
        indexes = [
            # The sweep that drops destroyed keys from every process counts these rows.
            models.Index(
                fields=["destroyed_at"],
                condition=Q(destroyed_at__isnull=False),
                name="data_key_destroyed",
            ),
            models.Index(fields=["kek_id"], name="data_key_kek"),
            models.Index(
                fields=["created_at", "id"], condition=Q(kind="system"), name="data_key_system"
            ),
        ]
