"""Applications for credit and how they are decided: from the wish to the granted line.

draft → submitted → investigating → assessed → proposed → deciding → granted | rejected, with
returned, withdrawn and lapsed beside. What was assessed is frozen in a `Snapshot`; a `Proposal` is
made from it; the authority matrix lays out `Stage`s of `Seat`s, and every vote names the snapshot
that its voter saw. Example: asked 800,000.00 for a BBB group that then owes 1,300,000.00 at most:
one stage, any credit manager; for a BB group: any finance director.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from xinheng.people.models import unit_scope

STATES = [
    *("draft", "submitted", "investigating", "assessed", "proposed", "deciding"),
    *("granted", "rejected", "returned", "withdrawn", "lapsed"),
]


class OfCustomer(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OfCustomer:
        """Of the customers that this user may see."""
        return self.filter(unit_scope(user, "customer__business_unit"))


class OfApplication(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OfApplication:
        return self.filter(unit_scope(user, "application__customer__business_unit"))


class Application(models.Model):
    """授信申请: who wants how much on which terms for what, and how far it has come."""

    SOURCES = ["sales", "link", "import", "review", "offer"]
    KINDS = ["new", "increase", "temporary", "renewal", "decrease"]

    number = models.CharField(max_length=24, unique=True)  # SX-2026-000123
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    source = models.CharField(max_length=8)
    kind = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    asked_minor = models.BigIntegerField()
    asked_terms_days = models.IntegerField()
    valid_from = models.DateField(null=True)  # a temporary limit's days
    valid_until = models.DateField(null=True)
    purpose = models.CharField(max_length=1000, blank=True)
    # {"purchases_year_minor", "our_share_pct", "peak_months", "security": [...]}
    forecast = models.JSONField(default=dict)
    state = models.CharField(max_length=13, default="draft")
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # promised to have left this state by then
    applied_by = models.CharField(max_length=60)  # "user:3" | "link:…" | "system:reviews"
    applicant = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    analyst = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    batch_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=1000, blank=True)
    # "a human, please": against a refusal that no person made
    human_asked_at = models.DateTimeField(null=True)
    human_words = models.CharField(max_length=1000, blank=True)
    automatic = models.BooleanField(default=False)  # decided without a person
    granted_dated_id = models.BigIntegerField(null=True)  # limits.DatedLimit that came of it
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="application_state_known"),
            models.CheckConstraint(
                condition=Q(asked_minor__gte=0, asked_terms_days__gte=0),
                name="application_amounts",
            ),
            models.CheckConstraint(
                condition=~Q(applicant=models.F("analyst")), name="application_analyst_is_another"
            ),
            # one open wish of a kind for a customer's line at a time
            models.UniqueConstraint(
                fields=["customer", "currency"],
                condition=Q(
                    state__in=[
                        *("submitted", "investigating", "assessed", "proposed", "deciding"),
                        "returned",
                    ]
                )
                & ~Q(kind="temporary"),
                name="application_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="application_board"),
            models.Index(fields=["customer", "-created_at"], name="application_customer"),
        ]


class Step(models.Model):
    """What happened to an application: one row for each act, in order; the trail of its page."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20)  # submitted assigned assessed proposed vote nudged ...
    person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    by = models.CharField(max_length=60)  # "user:3", "system:jobs"
    words = models.CharField(max_length=1000, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
    entry_id = models.UUIDField(null=True)

    objects = OfApplication.as_manager()

    class Meta:
        indexes = [models.Index(fields=["application", "at"], name="application_step")]


class Task(models.Model):
    """One point of the investigation: what to find out, who, until when, what was found."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="tasks")
    code = models.CharField(max_length=40)  # of checklist_v1.json, or "own:…"
    title = models.CharField(max_length=200, blank=True)  # of one's own points
    assignee = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    required = models.BooleanField(default=True)
    state = models.CharField(max_length=6, default="open")  # open done waived
    finding = models.CharField(max_length=2000, blank=True)
    document_id = models.UUIDField(null=True)  # dossiers.Document: the evidence
    done_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = OfApplication.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "code"], name="application_task_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "waived"]), name="application_task_state"
            ),
        ]


class Snapshot(models.Model):
    """What was assessed, whole and unchangeable: grade, methods, exposure, group, file. A new one
    supersedes it, and with it every proposal and every vote made on it.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="snapshots")
    number = models.IntegerField()
    payload = models.BinaryField()  # canonical JSON
    sha256 = models.BinaryField()
    assessment = models.ForeignKey(
        "decisions.Assessment", models.PROTECT, null=True, related_name="+"
    )
    made_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    entry_id = models.UUIDField(null=True)

    objects = OfApplication.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="snapshot_once"),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(superseded_at__isnull=True),
                name="snapshot_one_current",
            ),
        ]


class Proposal(models.Model):
    """What the analyst proposes on one snapshot: amount, terms, days, conditions, and why."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="proposals")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="proposals")
    verdict = models.CharField(max_length=6)  # grant | refuse
    amount_minor = models.BigIntegerField()
    terms_days = models.IntegerField()
    temporary = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField()
    method = models.CharField(max_length=40, blank=True)  # combined | L1 … L11 | own
    why = models.CharField(max_length=2000)
    conditions = models.JSONField(default=list)  # [{"code", "text", "before": true}]
    made_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    # what the matrix was asked: group exposure after it, what the last 30 days add, grade, cell
    measured = models.JSONField(default=dict)
    entry_id = models.UUIDField(null=True)

    objects = OfApplication.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["grant", "refuse"], amount_minor__gte=0),
                name="application_proposal_words",
            )
        ]


class Stage(models.Model):
    """A step of the way through the authority matrix: who has to agree, how, until when."""

    MODES = ["all", "any", "sequence", "committee"]  # 会签 | 或签 | 依次 | 委员会

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="stages")
    order = models.IntegerField()
    mode = models.CharField(max_length=9)
    # a committee's: of so many seats that may vote so many must be there, and so many agree
    quorum = models.IntegerField(default=0)
    share_num = models.IntegerField(default=0)
    share_den = models.IntegerField(default=1)
    # waiting open passed failed returned closed
    state = models.CharField(max_length=8, default="waiting")
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "order"], name="stage_once"),
            models.CheckConstraint(
                condition=Q(
                    mode__in=["all", "any", "sequence", "committee"],
                    state__in=["waiting", "open", "passed", "failed", "returned", "closed"],
                ),
                name="stage_words_known",
            ),
        ]


class Seat(models.Model):
    """Whose voice counts in a stage. One vote, never changed; it names the snapshot it saw."""

    VOTES = ["yes", "no", "return", "abstain", "conflict"]

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="seats")
    order = models.IntegerField()
    role = models.CharField(max_length=40, blank=True)  # whoever has this role and is not barred
    person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    added_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")  # 加签
    moved_from = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    vote = models.CharField(max_length=8, blank=True)
    words = models.CharField(max_length=1000, blank=True)
    voted_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    stood_in_for = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    voted_at = models.DateTimeField(null=True)
    snapshot_sha256 = models.BinaryField(null=True)
    nudged_at = models.DateTimeField(null=True)  # 催办
    nudges = models.IntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # not needed any more
    entry_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(vote__in=["", "yes", "no", "return", "abstain", "conflict"]),
                name="seat_vote_known",
            ),
            models.CheckConstraint(
                condition=Q(vote="") ^ Q(voted_by__isnull=False), name="seat_vote_has_voter"
            ),
            models.UniqueConstraint(
                fields=["stage", "voted_by"],
                condition=Q(voted_by__isnull=False),
                name="seat_one_voice_a_person",
            ),
        ]


class Minutes(models.Model):
    """A committee's minutes on one stage: who was there, what was said, who keeps them."""

    stage = models.OneToOneField(Stage, models.PROTECT, related_name="minutes")
    held_at = models.DateTimeField()
    present = models.JSONField()  # [user id]
    text = models.TextField()
    written_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    entry_id = models.UUIDField(null=True)


class Letter(models.Model):
    """What the customer is told, in plain words, in both languages; sealed under its key."""

    KINDS = ["grant", "refusal", "offer"]

    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="letters")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    text_sealed = models.BinaryField()
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=60)
    sent_at = models.DateTimeField(null=True)  # a person says that it was handed over, and how
    sent_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    sent_how = models.CharField(max_length=200, blank=True)
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()


class Review(models.Model):
    """A look that a customer is due: every year, when a limit ends, when something happened."""

    CAUSES = ["annual", "event", "expiry", "regrade", "person"]

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    cause = models.CharField(max_length=8)
    about = models.CharField(max_length=120, blank=True)  # "grade:A>BB", "limit:2026-12-31"
    due_on = models.DateField()
    state = models.CharField(max_length=7, default="open")  # open started done dropped
    assignee = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=1000, blank=True)
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "cause", "about"],
                condition=Q(state__in=["open", "started"]),
                name="review_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    cause__in=["annual", "event", "expiry", "regrade", "person"],
                    state__in=["open", "started", "done", "dropped"],
                ),
                name="review_words_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"], condition=Q(state__in=["open", "started"]), name="review_due"
            )
        ]


class RegradeProposal(models.Model):
    """What behaviour says the grade should be, against the one in force: a person decides."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    from_grade = models.CharField(max_length=4, blank=True)
    to_grade = models.CharField(max_length=4)
    evidence = models.JSONField()
    state = models.CharField(max_length=8, default="waiting")  # waiting accepted refused lapsed
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="waiting"), name="regrade_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "accepted", "refused", "lapsed"]),
                name="regrade_state_known",
            ),
        ]


class IncreaseOffer(models.Model):
    """More credit for a customer that pays well and uses what it has: offered by a person, taken by
    the customer, then an application like any other.
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    from_minor = models.BigIntegerField()
    to_minor = models.BigIntegerField()
    reasons = models.JSONField()
    state = models.CharField(
        max_length=8, default="waiting"
    )  # waiting offered taken declined lapsed
    valid_until = models.DateField()
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "currency"],
                condition=Q(state__in=["waiting", "offered"]),
                name="increase_offer_one",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["waiting", "offered", "taken", "declined", "lapsed"],
                    to_minor__gt=models.F("from_minor"),
                ),
                name="increase_offer_words",
            ),
        ]
