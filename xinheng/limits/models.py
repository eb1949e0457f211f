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

from django.contrib.postgres.fields import ArrayField
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
    # "" own line | "group" | "unit:EAST" | "product:CEM-42" | "project:BRIDGE": a limit inside it
    scope = models.CharField(max_length=60, default="", db_default="", blank=True)
    # The tree of lines: an order is booked on one line and must fit into every limit above it.
    within = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    # the ids above this line, nearest first
    path = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    # the top of its tree; null while the line stands alone, so that most orders look no further
    root_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    # The limit in force: the row of `DatedLimit` that holds today, copied here with what covers add
    # (`actions.bring_in_force`). True up to and including `in_force_until` (null: no change ahead).
    amount_minor = models.BigIntegerField(null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    grace_days = models.IntegerField(default=0, db_default=0)
    temporary = models.BooleanField(default=False, db_default=False)
    covered_minor = models.BigIntegerField(default=0, db_default=0)
    in_force_until = models.DateField(null=True, blank=True)
    single_order_cap_minor = models.BigIntegerField(null=True, blank=True)
    terms_days_max = models.IntegerField(null=True, blank=True)
    overdue_allowed_minor = models.BigIntegerField(default=0)
    overdue_days_allowed = models.IntegerField(default=0)
    forced_hold = models.BooleanField(default=False)
    forced_hold_reason = models.CharField(max_length=400, blank=True)
    forced_hold_by = models.CharField(max_length=60, default="", db_default="", blank=True)
    forced_hold_at = models.DateTimeField(null=True)

    open_items_minor = models.BigIntegerField(default=0)
    unbilled_minor = models.BigIntegerField(default=0)
    orders_minor = models.BigIntegerField(default=0)
    bills_minor = models.BigIntegerField(default=0)
    guarantees_minor = models.BigIntegerField(default=0)
    unapplied_minor = models.BigIntegerField(default=0)
    prepaid_minor = models.BigIntegerField(default=0)
    bank_bills_minor = models.BigIntegerField(default=0, db_default=0)  # accepted by a bank
    listed_bills_minor = models.BigIntegerField(
        default=0, db_default=0
    )  # accepted by a listed bank
    line_version = models.BigIntegerField(default=0)  # grows with each reservation granted
    updated_at = models.DateTimeField()

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "currency", "scope"], name="line_per_currency_and_scope"
            ),
            models.CheckConstraint(condition=~Q(within=F("id")), name="line_not_within_itself"),
            models.CheckConstraint(condition=Q(covered_minor__gte=0), name="line_cover_adds"),
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


class OrderDue(models.Model):
    """What orders of a line count, per delivery day: those beyond the policy's horizon weigh less.
    Orders without a delivery day are not here; they always count.
    """

    line = models.ForeignKey(CreditLine, models.CASCADE, related_name="+")
    due_on = models.DateField()
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "due_on"], name="order_due_once")]


class DisputedDue(models.Model):
    """Open items in an accepted dispute, per due date and day of acceptance: while the dispute is
    young they leave the overdue test, never the exposure.
    """

    line = models.ForeignKey(CreditLine, models.CASCADE, related_name="+")
    due_on = models.DateField()
    accepted_on = models.DateField()
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line", "due_on", "accepted_on"], name="disputed_due_once"
            )
        ]


class DatedLimit(models.Model):
    """A limit granted for a period; several may lie ahead. A temporary one *replaces* the base
    limit while it is valid, then the base returns.
    """

    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    temporary = models.BooleanField(default=False, db_default=False)
    amount_minor = models.BigIntegerField(null=True)
    unlimited = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    grace_days = models.IntegerField(default=0, db_default=0)
    single_order_cap_minor = models.BigIntegerField(null=True)
    terms_days_max = models.IntegerField(null=True)
    overdue_allowed_minor = models.BigIntegerField(default=0)
    overdue_days_allowed = models.IntegerField(default=0)
    reason = models.CharField(max_length=1000, blank=True)
    proposed_by = models.CharField(max_length=80, default="", db_default="", blank=True)
    granted_by = models.CharField(max_length=60)  # "user:3", "system:demo"
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # withdrawn, or another took its first day
    ended_by = models.CharField(max_length=60, default="", db_default="", blank=True)
    end_reason = models.CharField(max_length=1000, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(unlimited=True) & Q(amount_minor__isnull=True))
                | (Q(unlimited=False) & Q(amount_minor__gte=0)),
                name="dated_limit_amount_or_word",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="dated_limit_period",
            ),
            models.CheckConstraint(
                condition=Q(temporary=False) | Q(valid_until__isnull=False),
                name="dated_limit_temporary_ends",
            ),
        ]
        indexes = [models.Index(fields=["line", "-valid_from"], name="dated_limit_line")]


class Cover(models.Model):
    """What secures a line beyond trust: insurance, a guarantee, collateral, a deposit. It adds
    amount × share to the ceiling while it is valid, and nothing from the day after.
    """

    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)  # insurance | guarantee | collateral | deposit
    reference = models.CharField(max_length=80)
    provider = models.CharField(max_length=200, blank=True)
    amount_minor = models.BigIntegerField()
    share_bps = models.IntegerField(default=10_000)  # insured share, or what a haircut leaves
    valid_from = models.DateField()
    valid_until = models.DateField()
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, default="", db_default="", blank=True)
    end_reason = models.CharField(max_length=1000, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["insurance", "guarantee", "collateral", "deposit"]),
                name="cover_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(share_bps__gte=0) & Q(share_bps__lte=10_000),
                name="cover_amount_and_share",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="cover_period"
            ),
            models.UniqueConstraint(
                fields=["line", "kind", "reference"],
                condition=Q(ended_at__isnull=True),
                name="cover_once",
            ),
        ]


class Reservation(models.Model):
    """Credit promised to an order. The grant is guarded here, whatever the code above believes."""

    id = models.UUIDField(primary_key=True)
    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    order_ref = models.CharField(max_length=80)
    order_version = models.IntegerField()
    amount_minor = models.BigIntegerField()  # in the line's own currency
    delivery_on = models.DateField(null=True)
    # what documents of the order covered already when this was promised beside them
    covered_before_minor = models.BigIntegerField(default=0, db_default=0)
    # The guard of the nearest limit (its own line's, mostly), in that limit's currency; further
    # limits above it have a `ReservationLevel` each. `counts_minor`: what of the amount counts,
    # less than all where the delivery lies beyond the horizon.
    limit_line_id = models.BigIntegerField(null=True)
    counts_minor = models.BigIntegerField()
    used_before_minor = models.BigIntegerField()
    ceiling_minor = models.BigIntegerField(null=True)  # null only when the line is unlimited
    unlimited = models.BooleanField(default=False)
    override_id = models.UUIDField(null=True)  # decisions.Override: person, authority, reason
    line_version = models.BigIntegerField()
    state = models.CharField(max_length=8, default="pending")
    posted_minor = models.BigIntegerField(default=0)  # part that documents have taken over
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
                    used_before_minor__lte=F("ceiling_minor") - F("counts_minor"),
                ),
                name="reservation_within_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(counts_minor__gte=0),
                name="reservation_positive",
            ),
            models.CheckConstraint(
                condition=Q(posted_minor__gte=0, posted_minor__lte=F("amount_minor")),
                name="reservation_posted_part",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "posted", "voided", "expired", "replaced"]),
                name="reservation_state_known",
            ),
            models.UniqueConstraint(
                fields=["line", "line_version"], name="reservation_line_version"
            ),
            # posted: documents cover all of it; should one be reversed, it is pending again
            models.UniqueConstraint(
                fields=["order_ref"],
                condition=Q(state__in=["pending", "posted"]),
                name="reservation_one_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="pending"), name="reservation_due"
            )
        ]


class ReservationLevel(models.Model):
    """A further limit that a reservation had to fit into: the group's, another above it. Guarded
    as the reservation itself is, in the currency of that limit.
    """

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="levels")
    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")
    counts_minor = models.BigIntegerField()
    used_before_minor = models.BigIntegerField()
    ceiling_minor = models.BigIntegerField(null=True)
    unlimited = models.BooleanField(default=False)
    overridden = models.BooleanField(default=False)
    line_version = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(overridden=True)
                | Q(unlimited=True)
                | Q(
                    ceiling_minor__isnull=False,
                    used_before_minor__lte=F("ceiling_minor") - F("counts_minor"),
                ),
                name="reservation_level_within",
            ),
            models.UniqueConstraint(
                fields=["line", "line_version"], name="reservation_level_version"
            ),
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
    scope = models.CharField(max_length=60, default="", db_default="", blank=True)
    amount_minor = models.BigIntegerField()  # 0 where it is `unlimited`
    unlimited = models.BooleanField(default=False, db_default=False)
    temporary = models.BooleanField(default=False, db_default=False)
    # from-to where the proposal says so; else whoever grants it says
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
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
                fields=["customer", "currency", "scope", "temporary"],
                condition=Q(state="proposed"),
                name="proposal_one_waits",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0) & (Q(unlimited=False) | Q(amount_minor=0)),
                name="proposal_amount_or_word",
            ),
            models.CheckConstraint(
                condition=Q(temporary=False)
                | Q(valid_from__isnull=False, valid_until__gte=F("valid_from")),
                name="proposal_temporary_period",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "granted", "rejected", "superseded"]),
                name="proposal_state_known",
            ),
        ]
