"""Judgements and their life: assessments with a rating, order checks with their exact answer,
holds, overrides.

A decision keeps the facts it saw, the policy version, the trace and the answer's exact bytes, so
that it can be replayed and repeated; figures, dates and codes, never names. A hold waits until a
person with authority, who is not the one who asked, releases or rejects it with a reason.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from xinheng.people.models import unit_scope


class OwnedQuery(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OwnedQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))


class Assessment(models.Model):
    """One scoring of one customer by one version of a card: inputs, points, reasons, grade."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    card = models.CharField(max_length=80)  # "behaviour v1"
    currency = models.CharField(max_length=3)
    points = models.IntegerField(null=True)
    grade = models.CharField(max_length=4, blank=True)  # "" = not rated
    coverage_pct = models.IntegerField(default=0)
    inputs = models.JSONField()
    contributions = models.JSONField()
    reasons = models.JSONField()
    as_of = models.DateField()
    valid_until = models.DateField()
    assessed_at = models.DateTimeField()
    entry_id = models.UUIDField(null=True)
    # everything that was read, canonical and whole, so that it can be judged again byte for byte;
    # null: made before records were kept
    record = models.BinaryField(null=True)
    # which of its inputs nobody had verified yet: ["statement"]
    unverified = models.JSONField(default=list, db_default=[])
    # a person's rating by an expert model (`modelling.ExpertRun`), not by a card from the ledger
    by_expert = models.BooleanField(default=False, db_default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        indexes = [
            # the grade of a day gone by is read of the whole book, without touching the rows
            models.Index(
                fields=["customer", "-assessed_at", "-id"],
                include=["grade", "valid_until", "by_expert"],
                name="assessment_of_customer",
            )
        ]


class GradeOverride(models.Model):
    """A person's other grade, with a reason and an end: asked by one, confirmed by another.

    Down may be done by one person with the word for it; up takes two, one notch at most, two with
    the committee, six months at most (`credit.grade_override`).
    """

    STATES = ["asked", "in_force", "refused", "ended"]

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    model_grade = models.CharField(max_length=4)  # what the model said when it was asked
    grade = models.CharField(max_length=4)  # what the person wants
    notches = models.IntegerField()  # up is positive
    committee = models.BooleanField(default=False)
    reason = models.CharField(max_length=1000)
    evidence = models.CharField(max_length=400, blank=True)
    reconciled_on = models.DateField(null=True)  # when the customer last confirmed its balance
    valid_until = models.DateField()
    state = models.CharField(max_length=8, default="asked")
    asked_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)  # "user:3" | "system:jobs"
    entry_id = models.UUIDField(null=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "in_force", "refused", "ended"]),
                name="grade_override_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=models.F("decided_by")) | Q(notches__lt=0),
                name="grade_override_up_by_two",
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="in_force"), name="grade_override_one"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-asked_at"], name="grade_override_customer")]


class Rating(models.Model):
    """The rating in force: one row a customer, read by order checks and lists."""

    customer = models.OneToOneField(
        "customers.Customer", models.PROTECT, primary_key=True, related_name="+"
    )
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+")
    grade = models.CharField(max_length=4, blank=True)  # what counts: with the override, if any
    points = models.IntegerField(null=True)
    valid_until = models.DateField()
    # what the model said, where an override makes `grade` another; "" where none does
    model_grade = models.CharField(max_length=4, default="", db_default="", blank=True)
    override = models.ForeignKey(GradeOverride, models.PROTECT, null=True, related_name="+")


class Decision(models.Model):
    """One answered order check. (order_ref, version, point, document) is the idempotency key, for
    ever.
    """

    id = models.UUIDField(primary_key=True)
    order_ref = models.CharField(max_length=80)
    version = models.IntegerField()
    # quote | order | release | dispatch | invoice: where in the order's life it was asked
    point = models.CharField(max_length=8, default="order", db_default="order")
    document = models.CharField(
        max_length=80, default="", db_default="", blank=True
    )  # the delivery note, ...
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    line_id = models.BigIntegerField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=8)
    request_sha256 = models.BinaryField()
    facts = models.BinaryField()
    order_bytes = models.BinaryField()
    answer = models.BinaryField()
    policy_id = models.BigIntegerField()
    requested_by = models.CharField(max_length=60)  # "user:3" | "key:7"
    person_id = models.BigIntegerField(null=True)  # the person behind the request
    decided_at = models.DateTimeField()
    reservation_id = models.UUIDField(null=True)
    entry_id = models.UUIDField()
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(
        max_length=60, default="", db_default="", blank=True
    )  # "user:3" | "key:7"
    cancel_entry_id = models.UUIDField(null=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_ref", "version", "point", "document"], name="decision_once"
            ),
            models.CheckConstraint(
                condition=Q(point__in=["quote", "order", "release", "dispatch", "invoice"]),
                name="decision_point_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["approve", "refer", "hold", "decline"]),
                name="decision_outcome_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-decided_at"], name="decision_customer"),
            # the newest of the whole book, page after page, without sorting all of them
            models.Index(fields=["-decided_at"], name="decision_newest"),
        ]


class Hold(models.Model):
    """A decision that waits for a person: outcome hold or refer."""

    decision = models.OneToOneField(Decision, models.PROTECT, primary_key=True, related_name="hold")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6)  # hold | refer
    codes = models.CharField(max_length=300)  # reason codes, comma separated, worst first
    state = models.CharField(
        max_length=10, default="waiting"
    )  # waiting released rejected cancelled superseded
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # promised to be judged by then
    evaluated_at = models.DateTimeField(null=True)  # decided again on later facts
    # which state of lines, customers, policy and day that was: another one means look again
    seen = models.CharField(max_length=32, default="", db_default="", blank=True)
    # what still stands against it then; ready: nothing does, or only a hold that a person placed
    codes_left = models.CharField(max_length=300, default="", db_default="", blank=True)
    ready = models.BooleanField(default=False, db_default=False)
    forced = models.BooleanField(
        default=False, db_default=False
    )  # a person wants it held: never released by itself
    escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_entry_id = models.UUIDField(null=True)
    reason = models.TextField(blank=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["waiting", "released", "rejected", "cancelled", "superseded"]
                ),
                name="hold_state_known",
            )
        ]
        indexes = [
            models.Index(fields=["opened_at"], condition=Q(state="waiting"), name="hold_waiting")
        ]


class Override(models.Model):
    """A person's yes against the rule: who, by which authority, why, and for how much."""

    id = models.UUIDField(primary_key=True)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+")
    person = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    authority = models.CharField(max_length=200)
    reason = models.TextField()
    amount_minor = models.BigIntegerField()
    excess_minor = models.BigIntegerField()
    valid_until = models.DateTimeField(null=True)  # a special approval is capped in days
    at = models.DateTimeField()
    entry_id = models.UUIDField()


class Recheck(models.Model):
    """A waiting or standing order decided again on later facts: by state, never by being asked.

    cause: moved (money or documents came, a limit changed) | horizon (its delivery came near) |
    person. Kept as a decision is, so that it can be replayed.
    """

    id = models.UUIDField(primary_key=True)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="rechecks")
    cause = models.CharField(max_length=8)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=8)
    codes = models.CharField(max_length=300, blank=True)
    released = models.BooleanField(default=False)
    facts = models.BinaryField()
    order_bytes = models.BinaryField()
    policy_id = models.BigIntegerField()
    entry_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=["moved", "horizon", "person"]), name="recheck_cause_known"
            )
        ]
        indexes = [models.Index(fields=["decision", "-at"], name="recheck_decision")]


class Notice(models.Model):
    """Something a person should know about an order or a customer: told once, read once.

    About an order it names the decision; about anything else the customer (if there is one) and
    `about`, the thing in words a reader of that kind understands: "licence:2026-12-31:30",
    "application:SX-2026-000123".
    """

    user = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    # held released rejected ready overdue review_asked | licence facts_waiting application ...
    kind = models.CharField(max_length=20)
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="+")
    about = models.CharField(max_length=120, default="", db_default="", blank=True)
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "decision"], name="notice_once"),
            models.UniqueConstraint(
                fields=["user", "kind", "about"],
                condition=Q(decision__isnull=True),
                name="notice_about_once",
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=True) ^ Q(about=""), name="notice_about_something"
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread")
        ]


class ReviewRequest(models.Model):
    """ "A human, please": the customer, or who speaks for it, asks that a person looks again."""

    decision = models.OneToOneField(Decision, models.PROTECT, primary_key=True, related_name="+")
    asked_by = models.CharField(max_length=60)
    words = models.TextField()
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
