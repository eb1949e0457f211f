"""The credit file: financial statements, facts with their source, conflict cases, documents.

A statement is one row per customer, period end and currency; figures are integer minor units in a
JSON object with the field's names (total_assets, current_assets, inventory, total_liabilities,
equity, sales, ebit, net_income, …). Assets must equal liabilities plus equity to the minor unit.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xinheng.people.models import unit_scope


class StatementQuery(models.QuerySet["Statement"]):
    def visible_to(self, user: Any) -> StatementQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))

    def known(self, instant: Any = None) -> StatementQuery:
        """What stands, or what stood at a past instant: since ≤ instant < until."""
        if instant is None:
            return self.filter(known_until__isnull=True)
        open_or_later = models.Q(known_until__isnull=True) | models.Q(known_until__gt=instant)
        return self.filter(open_or_later, known_since__lte=instant)


class Statement(models.Model):
    """One balance sheet with income and cash flow. Never changed: a newer version of the same
    period ends it (`known_until`), so that a past day reads what was known then.
    """

    STANDARDS = ["brief", "cas", "ifrs"]  # brief: only the figures that models read
    OPINIONS = ["unqualified", "emphasis", "qualified", "adverse", "disclaimer", "unaudited"]

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    period_end = models.DateField()
    months = models.IntegerField(default=12)
    currency = models.CharField(max_length=3)
    standard = models.CharField(max_length=5, default="brief")
    consolidated = models.BooleanField(default=False)
    lines = models.JSONField(default=dict)  # line of the standard's template → minor units
    figures = models.JSONField()  # what models read, from the lines or as told
    derived = models.JSONField(default=list)  # names of figures that we reckoned, not the statement
    audit_opinion = models.CharField(max_length=12, blank=True)
    auditor = models.CharField(max_length=120, blank=True)
    document = models.ForeignKey("Document", models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=120, blank=True)
    simulated = models.BooleanField(default=False)
    entered_by = models.CharField(max_length=60, blank=True)
    entered_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    known_since = models.DateTimeField()
    known_until = models.DateTimeField(null=True)
    verified_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=20, null=True)  # as a fact's
    # the first version of what an undoing brought back
    restores = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    objects = StatementQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "period_end", "currency", "consolidated"],
                condition=models.Q(known_until__isnull=True),
                name="statement_once",
            ),
            models.CheckConstraint(
                condition=models.Q(standard__in=["brief", "cas", "ifrs"]),
                name="statement_standard_known",
            ),
            models.CheckConstraint(
                condition=models.Q(known_until__isnull=True)
                | models.Q(known_until__gt=models.F("known_since")),
                name="statement_known_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    verified_by__isnull=True, verified_at__isnull=True, how__isnull=True
                )
                | models.Q(verified_by__isnull=False, verified_at__isnull=False, how__isnull=False)
                & (
                    models.Q(entered_person__isnull=True)
                    | ~models.Q(verified_by=models.F("entered_person"))
                ),
                name="statement_verified_by_another",
            ),
        ]


class FactQuery(models.QuerySet["Fact"]):
    def visible_to(self, user: Any) -> FactQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))

    def waiting(self) -> FactQuery:
        """Entered, and neither verified nor rejected yet."""
        return self.filter(known_since__isnull=True, rejected_at__isnull=True)

    def current(self) -> FactQuery:
        """Verified, and without a successor."""
        return self.filter(known_since__isnull=False, known_until__isnull=True)

    def known_at(self, instant: Any) -> FactQuery:
        """What stood in the file at a past instant: since ≤ instant < until."""
        return self.filter(
            models.Q(known_until__isnull=True) | models.Q(known_until__gt=instant),
            known_since__lte=instant,
        )


class Fact(models.Model):
    """One value of one field, as one source says it. It is true from `valid_from` to `valid_until`
    and in the file from `known_since` until `known_until`; a trigger sees to it that what was
    written once never changes. Without `known_since` it waits to be verified.
    """

    RELIABILITY = ["A", "B", "C", "D"]  # A original or authority … D declared by the customer
    HOW = ["customer", "third_party", "public_record", "site_visit"]
    BASES = ["contract", "consent", "legal_obligation", "legitimate_interest", "public"]

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)  # a code of fields_v1.json
    value = models.TextField(null=True)  # JSON text; null where it is personal and sealed
    value_sealed = models.BinaryField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    observed_on = models.DateField()  # the day the source speaks of; freshness counts from it
    source = models.CharField(max_length=60)
    reliability = models.CharField(max_length=1)
    evidence = models.CharField(max_length=200, blank=True)
    legal_basis = models.CharField(max_length=20, blank=True)
    secrecy = models.SmallIntegerField()
    critical = models.BooleanField()
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=1000, blank=True)  # why it was corrected
    entered_by = models.CharField(max_length=60)
    entered_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    batch = models.ForeignKey("intake.ImportBatch", models.PROTECT, null=True, related_name="+")
    simulated = models.BooleanField(default=False)
    # written once, later
    verified_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=20, null=True)
    confidence = models.SmallIntegerField(null=True)  # 0 to 100
    second_reviewer = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    seconded_at = models.DateTimeField(null=True)
    rejected_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    rejected_at = models.DateTimeField(null=True)
    reject_reason = models.CharField(max_length=1000, null=True)
    known_since = models.DateTimeField(null=True)
    known_until = models.DateTimeField(null=True)

    objects = FactQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "field", "source"],
                condition=models.Q(known_since__isnull=False, known_until__isnull=True),
                name="fact_current_once",
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) ^ models.Q(value_sealed__isnull=True),
                name="fact_has_one_value",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="fact_valid_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(known_until__isnull=True)
                | models.Q(known_until__gt=models.F("known_since")),
                name="fact_known_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(reliability__in=["A", "B", "C", "D"])
                & models.Q(secrecy__in=[1, 2, 3])
                & (models.Q(confidence__isnull=True) | models.Q(confidence__range=(0, 100))),
                name="fact_grades_known",
            ),
            models.CheckConstraint(
                condition=models.Q(how__isnull=True)
                | models.Q(how__in=["customer", "third_party", "public_record", "site_visit"]),
                name="fact_how_known",
            ),
            # no fact stands in the file that only those who entered it have seen
            models.CheckConstraint(
                condition=models.Q(verified_by__isnull=True)
                | models.Q(entered_person__isnull=True)
                | ~models.Q(verified_by=models.F("entered_person")),
                name="fact_verified_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(second_reviewer__isnull=True)
                | ~models.Q(second_reviewer=models.F("verified_by"))
                & (
                    models.Q(entered_person__isnull=True)
                    | ~models.Q(second_reviewer=models.F("entered_person"))
                ),
                name="fact_seconded_by_a_third",
            ),
            models.CheckConstraint(
                condition=models.Q(known_since__isnull=True)
                | models.Q(
                    verified_by__isnull=False,
                    verified_at__isnull=False,
                    how__isnull=False,
                    confidence__isnull=False,
                    rejected_at__isnull=True,
                )
                & (models.Q(critical=False) | models.Q(second_reviewer__isnull=False)),
                name="fact_verified_before_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "field"], name="fact_of_customer"),
            models.Index(
                fields=["entered_at", "id"],
                condition=models.Q(known_since__isnull=True, rejected_at__isnull=True),
                name="fact_waiting",
            ),
            models.Index(
                fields=["batch", "id"],
                condition=models.Q(batch__isnull=False),
                name="fact_of_batch",
            ),
        ]


class ConflictQuery(models.QuerySet["ConflictCase"]):
    def visible_to(self, user: Any) -> ConflictQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))


class FactEntry(models.Model):
    """Which ledger entry proves what was done to a fact; imported ones have their batch's."""

    fact = models.ForeignKey(Fact, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)  # fact.entered, facts.verified, conflict.resolved ...
    entry_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["fact", "id"], name="fact_entry_fact")]


class ConflictCase(models.Model):
    """Two sources disagree about a field; until a person decides, neither counts as the answer."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    opened_by_fact = models.ForeignKey(Fact, models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    chosen = models.ForeignKey(Fact, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=1000, blank=True)

    objects = ConflictQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "field"],
                condition=models.Q(resolved_at__isnull=True),
                name="conflict_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    resolved_at__isnull=True, resolved_by__isnull=True, chosen__isnull=True
                )
                | models.Q(
                    resolved_at__isnull=False, resolved_by__isnull=False, chosen__isnull=False
                ),
                name="conflict_resolved_whole",
            ),
        ]


class FileStanding(models.Model):
    """How a file stood when it was counted last (standing.py). `moved`: it changed since; a trigger
    on facts and documents says so.
    """

    customer = models.OneToOneField(
        "customers.Customer", models.CASCADE, primary_key=True, related_name="+"
    )
    moved = models.BooleanField(db_default=False)
    complete_bps = models.IntegerField(db_default=0)
    fresh_until = models.DateField(null=True)
    licence_until = models.DateField(null=True)
    recount_on = models.DateField(null=True)  # the first day on which the count changes by itself
    tier = models.CharField(max_length=6, db_default="normal")
    into = models.ForeignKey("customers.Customer", models.SET_NULL, null=True, related_name="+")
    counted_at = models.DateTimeField(null=True)
    # kept.py: four weights of the whole file, then of each block
    sums = ArrayField(models.IntegerField(), null=True)
    stale_on = models.DateField(null=True)  # the day after one of the facts was last fresh

    class Meta:
        indexes = [
            models.Index(
                fields=["customer"], condition=models.Q(moved=True), name="file_standing_moved"
            ),
            models.Index(fields=["recount_on"], name="file_standing_recount"),
            models.Index(fields=["stale_on"], name="file_standing_stale"),
        ]


class DocumentQuery(models.QuerySet["Document"]):
    def visible_to(self, user: Any) -> DocumentQuery:
        """Of the user's own customers; class 3 only with the word for it."""
        rows = self.filter(unit_scope(user, "customer__business_unit"))
        if not getattr(user, "may", lambda word: False)("documents.view.secret"):
            rows = rows.exclude(secrecy=3)
        return rows


class Document(models.Model):
    """A paper in the file: a licence, a contract, a photo. What it holds lies sealed in pieces; the
    row says which it is. `sha256` is of what is kept, `received_sha256` of what was handed over,
    before a photo lost its place and camera. A document is never changed, only withdrawn.
    """

    KINDS = ["licence", "statement", "contract", "visit_photo", "reference", "other"]
    CLASSES = [1, 2, 3]  # internal, restricted, secret

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    title_sealed = models.BinaryField()
    file_name_sealed = models.BinaryField()
    form = models.CharField(max_length=5)  # pdf | jpeg | png | csv | xlsx
    sha256 = models.CharField(max_length=64)
    received_sha256 = models.CharField(max_length=64)
    bytes_count = models.IntegerField()
    pages = models.IntegerField(null=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    secrecy = models.SmallIntegerField()
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    uploaded_by = models.CharField(max_length=60)
    uploaded_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=60, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason_sealed = models.BinaryField(null=True)

    objects = DocumentQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        *("licence", "statement", "contract"),
                        *("visit_photo", "reference", "other"),
                    ],
                    form__in=["pdf", "jpeg", "png", "csv", "xlsx"],
                    secrecy__in=[1, 2, 3],
                    bytes_count__gt=0,
                ),
                name="document_words_known",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="document_valid_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    withdrawn_at__isnull=True,
                    withdrawn_by="",
                    withdrawn_reason_sealed__isnull=True,
                )
                | models.Q(withdrawn_at__isnull=False, withdrawn_reason_sealed__isnull=False)
                & ~models.Q(withdrawn_by=""),
                name="document_withdrawn_whole",
            ),
            models.UniqueConstraint(
                fields=["customer", "sha256"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="document_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-uploaded_at"], name="document_of_customer"),
            models.Index(
                fields=["valid_until", "id"],
                condition=models.Q(withdrawn_at__isnull=True, valid_until__isnull=False),
                name="document_expiring",
            ),
        ]


class DocumentPiece(models.Model):
    """At most 1 MiB of a document, sealed for its place in it under the customer's data key."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="pieces")
    place = models.SmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "place"], name="document_piece_once")
        ]


class DocumentAccess(models.Model):
    """Who was given a document and when; `outcome` says whether it was what had been filed."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="accesses")
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=8)  # given | damaged

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["given", "damaged"]),
                name="document_access_outcome_known",
            )
        ]
        indexes = [models.Index(fields=["document", "-opened_at"], name="document_access_newest")]
