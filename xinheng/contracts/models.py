"""Contracts with customers: what was agreed, on which paper, from when until when.

One row is one version of a contract; `lineage` names the contract, `version` counts. A version is a
draft until another person puts it in force; then its words never change: a correction is a draft of
the next version, and the day it comes in force the one before is *replaced*. Every change of state
keeps its instant, so a past day is read from the rows alone. Worked: K-1 v1 in force since 1 March,
v2 since 9 June: looked at as of 1 May, v1 counts, though its row says "replaced" today.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce, Least

from xinheng.people.models import unit_scope


class ContractQuery(models.QuerySet["Contract"]):
    def visible_to(self, user: Any) -> ContractQuery:
        """Of the customers that this user may see."""
        return self.filter(unit_scope(user, "customer__business_unit"))

    def known(self, known_at: datetime | None) -> ContractQuery:
        """The versions that stood at an instant, drafts among them; None: that stand now."""
        if known_at is None:
            return self.filter(gone_at__isnull=True)
        gone_later = models.Q(gone_at__isnull=True) | models.Q(gone_at__gt=known_at)
        return self.filter(gone_later, recorded_at__lte=known_at)

    def counting(self, day: date, known_at: datetime | None = None) -> ContractQuery:
        """In force on a day, its last day included, as it was known."""
        rows = self.known(known_at).filter(in_force_at__isnull=False, valid_from__lte=day)
        end = Least(Coalesce("valid_until", FAR), Coalesce("ends_on", FAR))
        if known_at is not None:
            told = models.Case(
                models.When(ended_at__lte=known_at, then=models.F("ends_on")), default=None
            )
            end = Least(Coalesce("valid_until", FAR), Coalesce(told, FAR))
            rows = rows.filter(in_force_at__lte=known_at)
        return rows.annotate(last_day=end).filter(last_day__gte=day)

    def ending(self, day: date, by: date) -> ContractQuery:
        """In force on a day and no longer than to another, the earliest end first."""
        rows: Any = self.counting(day)
        found: ContractQuery = rows.filter(last_day__lte=by).order_by("last_day", "id")
        return found


FAR = models.Value(date(9999, 12, 31), output_field=models.DateField())


class Contract(models.Model):
    """One version of a contract."""

    KINDS = ["frame", "single", "guarantee", "security"]
    # dropped: a draft that nobody put in force; ended: by agreement; terminated: by notice
    STATES = ["draft", "in_force", "ended", "terminated", "replaced", "dropped"]

    id = models.UUIDField(primary_key=True)
    lineage = models.UUIDField()  # the id of its first version
    version = models.SmallIntegerField(default=1)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=9)
    title = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, blank=True)
    amount_minor = models.BigIntegerField(null=True)  # null: it states no ceiling
    terms_days = models.SmallIntegerField(null=True)  # null: it states none
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)  # null: until it is ended
    signed_on = models.DateField(null=True)
    governing_law = models.CharField(max_length=60, blank=True)
    jurisdiction = models.CharField(max_length=120, blank=True)
    retention_of_title = models.BooleanField(default=False)
    our_signatory = models.CharField(max_length=60, blank=True)
    their_signatory_sealed = models.BinaryField(null=True)
    document = models.ForeignKey("dossiers.Document", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default="draft")
    correction_reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    in_force_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    in_force_at = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)  # its last day, where it is ended before its time
    ended_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=500, blank=True)
    gone_at = models.DateTimeField(null=True)  # replaced by the next version, or dropped

    objects = ContractQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lineage"],
                condition=models.Q(state="draft"),
                name="contract_one_draft",
            ),
            models.UniqueConstraint(
                fields=["lineage"],
                condition=models.Q(state__in=["in_force", "ended", "terminated"]),
                name="contract_one_standing",
            ),
            models.UniqueConstraint(fields=["lineage", "version"], name="contract_versions"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["frame", "single", "guarantee", "security"],
                    state__in=["draft", "in_force", "ended", "terminated", "replaced", "dropped"],
                ),
                name="contract_words_known",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__isnull=True)
                | models.Q(amount_minor__gt=0) & ~models.Q(currency=""),
                name="contract_amount_with_currency",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="contract_valid_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "dropped"], in_force_at__isnull=True)
                | models.Q(
                    state__in=["in_force", "ended", "terminated", "replaced"],
                    in_force_at__isnull=False,
                    in_force_by__isnull=False,
                    document__isnull=False,
                )
                & ~models.Q(in_force_by=models.F("recorded_by")),
                name="contract_in_force_by_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["ended", "terminated"])
                | models.Q(ended_at__isnull=False, ended_by__isnull=False, ends_on__isnull=False)
                & ~models.Q(ended_reason=""),
                name="contract_ended_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["replaced", "dropped"], gone_at__isnull=False)
                | ~models.Q(state__in=["replaced", "dropped"]) & models.Q(gone_at__isnull=True),
                name="contract_gone_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "valid_from"], name="contract_of_customer"),
            models.Index(
                fields=["valid_until", "id"],
                condition=models.Q(state="in_force"),
                name="contract_expiring",
            ),
        ]
