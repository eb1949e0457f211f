"""Whom we asked about a customer, for what, and what came back.

Five askings, one shape: somebody is asked (the customer itself, its bank, another supplier, a
bureau, our own visitor), answers, and what was answered goes to the credit file as facts that wait
to be verified. Outsiders come in by a `Link`: a random token of which only the hash is kept.
Example: a link "register" valid for 14 days, one use; its token opens one registration and nothing
else. Words of outsiders lie sealed under the customer's data key.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from xinheng.people.models import unit_scope


class OfCustomer(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OfCustomer:
        """Of the customers that this user may see."""
        return self.filter(unit_scope(user, "customer__business_unit"))


class LinkQuery(models.QuerySet["Link"]):
    def visible_to(self, user: Any) -> LinkQuery:
        return self.filter(unit_scope(user, "business_unit"))


class Link(models.Model):
    """What lets an outsider in, to one thing, until a day. The token itself is nowhere kept."""

    KINDS = ["register", "reference", "apply"]

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=12)
    token_sha256 = models.BinaryField(unique=True)
    # of whoever comes in by it; null: of no unit yet
    business_unit = models.ForeignKey(
        "people.BusinessUnit", models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)  # for whom it was made
    language = models.CharField(max_length=10, default="zh-hans")
    made_by = models.CharField(max_length=60)
    made_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    uses_max = models.IntegerField(default=1)  # a standing link on the website allows many
    uses = models.IntegerField(default=0)
    revoked_by = models.CharField(max_length=60, blank=True)
    revoked_at = models.DateTimeField(null=True)

    objects = LinkQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["register", "reference", "apply"])
                & models.Q(uses__gte=0, uses__lte=models.F("uses_max")),
                name="link_within_its_uses",
            )
        ]


class Registration(models.Model):
    """A new customer introduces itself: draft → submitted → accepted, returned or refused.

    The customer exists from the first step as a prospect, so that papers and facts have a file to
    lie in; it becomes active only when the registration is accepted.
    """

    STATES = ["draft", "submitted", "returned", "accepted", "refused"]

    id = models.UUIDField(primary_key=True)
    link = models.ForeignKey(Link, models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="draft")
    resume_sha256 = models.BinaryField(unique=True)  # of the token by which it is taken up again
    answers_sealed = models.BinaryField(null=True)  # JSON: field → as typed
    consent_version = models.CharField(max_length=20, blank=True)
    consented_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason_sealed = models.BinaryField(null=True)  # what is to be mended, as the applicant reads it

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft")
                | models.Q(
                    state__in=["submitted", "returned", "accepted", "refused"],
                    submitted_at__isnull=False,
                    consented_at__isnull=False,
                ),
                name="registration_submitted_with_consent",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "submitted"])
                | models.Q(decided_at__isnull=False, decided_person__isnull=False),
                name="registration_decided_by_a_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at", "id"],
                condition=models.Q(state="submitted"),
                name="registration_waiting",
            )
        ]


class Reference(models.Model):
    """A bank or another supplier is asked how the customer pays; the answer has a form."""

    KINDS = ["bank", "trade"]
    STATES = ["asked", "answered", "declined", "withdrawn"]

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5)
    giver_sealed = models.BinaryField()  # JSON: company, person, address written to
    link = models.ForeignKey(Link, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="asked")
    purpose = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=60)
    asked_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    template_version = models.IntegerField()
    answers_sealed = models.BinaryField(null=True)  # JSON: question → answer
    answered_at = models.DateTimeField(null=True)
    points = models.SmallIntegerField(null=True)  # 0 to 100, by the template's weights
    reviewed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=1000, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["bank", "trade"],
                    state__in=["asked", "answered", "declined", "withdrawn"],
                )
                & (models.Q(points__isnull=True) | models.Q(points__range=(0, 100))),
                name="reference_words_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="answered")
                | models.Q(answered_at__isnull=False, answers_sealed__isnull=False),
                name="reference_answered_whole",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-asked_at"], name="reference_of_customer")]


class Visit(models.Model):
    """We went and looked: planned → done → reviewed by somebody who was not there."""

    STATES = ["planned", "done", "reviewed", "cancelled"]

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="planned")
    purpose = models.CharField(max_length=200)
    planned_on = models.DateField()
    planned_by = models.CharField(max_length=60)
    visitor = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    companions = models.JSONField(default=list)  # user ids of colleagues who went along
    template_version = models.IntegerField()
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # where it took place, as the visitor's device said; null where it said nothing
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    accuracy_m = models.IntegerField(null=True)
    place = models.CharField(max_length=200, blank=True)  # the address as the visitor writes it
    form_sealed = models.BinaryField(null=True)  # JSON: section → answers
    points = models.SmallIntegerField(null=True)
    reviewed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=1000, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "done", "reviewed", "cancelled"])
                & (
                    models.Q(latitude__isnull=True, longitude__isnull=True)
                    | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                ),
                name="visit_somewhere_on_earth",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_by__isnull=True)
                | ~models.Q(reviewed_by=models.F("visitor")),
                name="visit_reviewed_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-planned_on"], name="visit_of_customer"),
            models.Index(
                fields=["planned_on"], condition=models.Q(state="planned"), name="visit_planned"
            ),
        ]


class VisitPhoto(models.Model):
    """A photo taken on the spot: the picture lies in the file without its metadata; when and where
    it was taken stands here, with who says so.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    document = models.ForeignKey("dossiers.Document", models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    told_by = models.CharField(max_length=8)  # picture | device | person
    section = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(told_by__in=["picture", "device", "person"]),
                name="visit_photo_told_by_known",
            )
        ]


class BureauReport(models.Model):
    """What a bureau sent: kept whole and sealed, its grade mapped, its facts waiting. A closed one
    is emptied; its row stays and says why.
    """

    CLOSED = ["consent", "retention"]  # its consent was withdrawn, its days are over

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    bureau = models.CharField(max_length=20)  # a code of bureaus_v1.json
    product = models.CharField(max_length=40)
    reported_on = models.DateField()
    received_at = models.DateTimeField()
    valid_until = models.DateField()  # by the bureau's terms; older than this it is bought again
    raw_sealed = models.BinaryField(null=True)  # null: closed
    raw_sha256 = models.CharField(max_length=64)
    parser_version = models.IntegerField()
    grade = models.CharField(max_length=40, blank=True)  # in the bureau's own words
    score = models.CharField(max_length=20, blank=True)
    mapped_grade = models.CharField(max_length=4, blank=True)  # AAA…D by the mapping table
    mapping_version = models.IntegerField(null=True)
    facts_count = models.IntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=12, blank=True)
    closed_by = models.CharField(max_length=60, blank=True)
    kept_days = models.IntegerField(null=True)  # by the bureau's terms, where its days are over
    kept_terms = models.IntegerField(null=True)  # their version

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "bureau", "raw_sha256"],
                condition=models.Q(closed_at__isnull=True),
                name="bureau_report_once",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, closed_why="", raw_sealed__isnull=False)
                | models.Q(
                    closed_at__isnull=False,
                    closed_why__in=["consent", "retention"],
                    raw_sealed__isnull=True,
                ),
                name="bureau_report_closed_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "bureau", "-reported_on"], name="bureau_report_newest"
            ),
            models.Index(
                fields=["bureau", "received_at"],
                condition=models.Q(closed_at__isnull=True),
                name="bureau_report_open",
            ),
        ]


class ConsentWithdrawal(models.Model):
    """A person took back the written consent under which bureaus were asked. The paper stays in the
    file as the proof that it had been given; under it nothing is asked any more.
    """

    id = models.UUIDField(primary_key=True)
    document = models.OneToOneField("dossiers.Document", models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    told_on = models.DateField()  # the day on which the person said so
    words_sealed = models.BinaryField()  # how and why
    recorded_by = models.CharField(max_length=60)
    recorded_person = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = OfCustomer.as_manager()


class BureauQuery(models.Model):
    """Who asked a bureau about whom, why, on which legal basis, and what it cost: the log that the
    law wants, written also where nothing was bought.
    """

    OUTCOMES = ["fetched", "kept", "failed", "refused"]  # kept: a valid report was there already

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    bureau = models.CharField(max_length=20)
    product = models.CharField(max_length=40)
    purpose = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=20)
    consent = models.ForeignKey("dossiers.Document", models.PROTECT, null=True, related_name="+")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=8)
    trouble = models.CharField(max_length=400, blank=True)
    cost_minor = models.BigIntegerField(default=0)
    cost_currency = models.CharField(max_length=3, blank=True)
    report = models.ForeignKey(BureauReport, models.PROTECT, null=True, related_name="+")

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    outcome__in=["fetched", "kept", "failed", "refused"], cost_minor__gte=0
                )
                & (models.Q(cost_minor=0) | ~models.Q(cost_currency="")),
                name="bureau_query_words_known",
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-asked_at"], name="bureau_query_of_customer"),
            models.Index(fields=["-asked_at"], name="bureau_query_newest"),
        ]
