"""Talks with customers: who spoke with whom about what, and what was promised to be done.

A talk is never deleted and never edited; one that was wrong is withdrawn with a reason and stays
readable. What is to follow is a row of its own with a day and a person; at most one is open per
talk. Whom we talked with and what was said lie sealed under the customer's data key. Worked: on 20
November Bob calls about two overdue invoices, follow-up on the 27th; on the 28th it is 1 day late.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from xinheng.people.models import unit_scope


class TalkQuery(models.QuerySet["Talk"]):
    def visible_to(self, user: Any) -> TalkQuery:
        """With the customers that this user may see."""
        return self.filter(unit_scope(user, "customer__business_unit"))

    def known(self, known_at: datetime | None) -> TalkQuery:
        """What was on record at an instant; None: all that is."""
        return self if known_at is None else self.filter(recorded_at__lte=known_at)


class Talk(models.Model):
    """One call, meeting, mail, message or letter."""

    KINDS = ["call", "meeting", "mail", "message", "letter"]
    CONCERNS = ["payment", "dispute", "order", "credit", "other"]

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=7)
    concerns = models.CharField(max_length=7)
    subject = models.CharField(max_length=120)
    with_sealed = models.BinaryField(null=True)
    text_sealed = models.BinaryField(null=True)
    recorded_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    objects = TalkQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["call", "meeting", "mail", "message", "letter"],
                    concerns__in=["payment", "dispute", "order", "credit", "other"],
                ),
                name="talk_words_known",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~models.Q(withdrawn_reason=""),
                name="talk_withdrawn_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-day", "-recorded_at"], name="talk_of_customer"),
            models.Index(fields=["-recorded_at"], name="talk_newest"),
        ]


class FollowUpQuery(models.QuerySet["FollowUp"]):
    def visible_to(self, user: Any) -> FollowUpQuery:
        return self.filter(unit_scope(user, "talk__customer__business_unit"))

    def open(self) -> FollowUpQuery:
        """Still to be done; those of withdrawn talks are not."""
        return self.filter(done_at__isnull=True, talk__withdrawn_at__isnull=True)


class FollowUp(models.Model):
    """What is to be done after a talk, by whom, until when."""

    id = models.BigAutoField(primary_key=True)
    talk = models.ForeignKey(Talk, models.PROTECT, related_name="follow_ups")
    due_on = models.DateField()
    person = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    set_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    done_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    outcome_sealed = models.BinaryField(null=True)

    objects = FollowUpQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["talk"], condition=models.Q(done_at__isnull=True), name="follow_up_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, done_by__isnull=True)
                | models.Q(done_at__isnull=False, done_by__isnull=False),
                name="follow_up_done_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                condition=models.Q(done_at__isnull=True),
                name="follow_up_due",
            )
        ]
