"""Credit lines and what they carry: counters in the locked row, a journal of movements,
reservations.

A line belongs to one customer and one currency. `amount_minor` null is *unset* (no credit), 0 is
zero, `unlimited` is a word. The counters are the truth that decisions read under the row lock; the
journal explains them: for each component, the sum of its movements equals the counter. Example
EXP-1: open items 600,000 + unbilled 120,000 + orders 90,000 + bills 150,000 − unapplied 30,000 −
prepaid 50,000 = 880,000 used of 1,000,000.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from xinheng.people.models import unit_scope


class OwnedQuery(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OwnedQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))


class CreditLine(models.Model):
    """One customer's credit in one currency. Counters are integer minor units of that currency."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    single_order_cap_minor = models.BigIntegerField(null=True, blank=True)
    terms_days_max = models.IntegerField(null=True, blank=True)
    overdue_allowed_minor = models.BigIntegerField(default=0)
    overdue_days_allowed = models.IntegerField(default=0)
    forced_hold = models.BooleanField(default=False)
    forced_hold_reason = models.CharField(max_length=400, blank=True)

    open_items_minor = models.BigIntegerField(default=0)
    unbilled_minor = models.BigIntegerField(default=0)
    orders_minor = models.BigIntegerField(default=0)
    bills_minor = models.BigIntegerField(default=0)
    guarantees_minor = models.BigIntegerField(default=0)
    unapplied_minor = models.BigIntegerField(default=0)
    prepaid_minor = models.BigIntegerField(default=0)
    line_version = models.BigIntegerField(default=0)  # grows with each reservation granted
    updated_at = models.DateTimeField()

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "currency"], name="line_per_currency"),
            models.CheckConstraint(
                condition=Q(unlimited=False) | Q(amount_minor__isnull=True),
                name="line_unlimited_is_a_word",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=0),
                name="line_amount_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(orders_minor__gte=0) & Q(unapplied_minor__gte=0),
                name="line_counters_not_negative",
            ),
        ]


class OpenDue(models.Model):
    """Open items of a line added up per due date, so that the overdue test costs the same for any
    book.
    """

    line = models.ForeignKey(CreditLine, models.CASCADE, related_name="+")
    due_on = models.DateField()
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "due_on"], name="open_due_once")]
        # who is overdue, over the whole book, without reading the table
        indexes = [
            models.Index(fields=["due_on"], include=["line", "open_minor"], name="open_due_day")
        ]


class Reservation(models.Model):
    """Credit promised to an order. The grant is guarded here, whatever the code above believes."""

    id = models.UUIDField(primary_key=True)
    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    order_ref = models.CharField(max_length=80)
    order_version = models.IntegerField()
    amount_minor = models.BigIntegerField()
    used_before_minor = models.BigIntegerField()
    ceiling_minor = models.BigIntegerField(null=True)  # null only when the line is unlimited
    unlimited = models.BooleanField(default=False)
    override_id = models.UUIDField(null=True)  # decisions.Override: person, authority, reason
    line_version = models.BigIntegerField()
    state = models.CharField(max_length=8, default="pending")
    posted_minor = models.BigIntegerField(default=0)  # part that became an invoice
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(override_id__isnull=False)
                | Q(unlimited=True)
                | Q(
                    ceiling_minor__isnull=False,
                    used_before_minor__lte=F("ceiling_minor") - F("amount_minor"),
                ),
                name="reservation_within_ceiling",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="reservation_positive"),
            models.CheckConstraint(
                condition=Q(posted_minor__gte=0, posted_minor__lte=F("amount_minor")),
                name="reservation_posted_part",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "posted", "voided", "expired"]),
                name="reservation_state_known",
            ),
            models.UniqueConstraint(
                fields=["line", "line_version"], name="reservation_line_version"
            ),
            models.UniqueConstraint(
                fields=["order_ref"], condition=Q(state="pending"), name="reservation_one_pending"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="pending"), name="reservation_due"
            )
        ]


class Movement(models.Model):
    """The exposure journal: append-only; the movements of a component add up to the line's
    counter.
    """

    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    component = models.CharField(max_length=12)  # open_items | unbilled | orders | ... | prepaid
    delta_minor = models.BigIntegerField()
    cause = models.CharField(
        max_length=20
    )  # reserve void expire post invoice settle apply undo ...
    document = models.CharField(
        max_length=100, blank=True
    )  # "order:PO-7#1", "invoice:I1", "batch:12"
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["line", "id"], name="movement_line")]


class Proposal(models.Model):
    """A limit that an import, a model or a person proposes; a person with authority makes it
    live.
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    terms_days = models.IntegerField(null=True)
    # Every method's value, which was decisive, grade, caps; `by_hand` {reason, person, model_minor}
    # where a person entered the amount; `rejected` {reason} where one was rejected.
    workings = models.JSONField()
    state = models.CharField(
        max_length=10, default="proposed"
    )  # proposed granted rejected superseded
    proposed_by = models.CharField(max_length=80)  # "system:import", "user:3"
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "currency"],
                condition=Q(state="proposed"),
                name="proposal_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "granted", "rejected", "superseded"]),
                name="proposal_state_known",
            ),
        ]
