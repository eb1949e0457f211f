"""What came in by file or message: batches, and what each row was before, so that a batch can be
undone.

A batch is one file imported once. A change row says which record a batch created (`before` is null)
or updated (`before` holds the old values). Example: importing 3 invoices of which 1 existed with
another amount leaves one batch and 3 changes: two with before = null, one with before =
{"amount_minor": 120000}. A batch in state `trial` is a file that somebody has handed over to see
what it would do; it has written nothing.
"""

from __future__ import annotations

from django.db import models


class ImportBatch(models.Model):
    KINDS = [
        *("customers", "invoices", "receipts", "orders", "statements", "deliveries"),
        *("credit_notes", "bills", "guarantees", "opening_balances", "rates", "holidays", "terms"),
        *("facts", "applications"),
        *("statements_cas", "lines_cas", "statements_ifrs", "lines_ifrs"),
        "documents",  # by message: a mixture of kinds
    ]
    STATES = ["trial", "running", "done", "refused", "undone", "failed"]

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default="running")
    read = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    errors_file = models.CharField(max_length=255, blank=True)
    simulated = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    # progress of a background import, shown on its page; the message is "中文 / English"
    progress = models.IntegerField(default=0)
    message = models.TextField(blank=True)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["trial", "running", "done", "refused", "undone", "failed"]
                ),
                name="batch_state_known",
            )
        ]


class Change(models.Model):
    """One record touched by a batch. `table` is a db_table, `row` its primary key as text."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="+")
    table = models.CharField(max_length=60)
    row = models.CharField(max_length=40)
    before = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["table", "row"], name="change_row")]
