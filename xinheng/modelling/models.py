"""Models of credit risk: what they were taught on, how they were judged, who put them to work, and
what persons rated by the expert ones.

A sample is rows with known outcomes; a training makes a model of them in the jobs process; a model
never changes. A scorecard becomes champion when one person proposes and another promotes it: then
it is the live `scorecard` policy, and nothing else is. Challengers score beside it and decide
nothing. Example: card "own book" v1 from 4,120 rows with 212 bads; proposed by Ann, promoted by
Alice; challenger "trees" v1 scores the same customers every night.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from xinheng.people.models import unit_scope


class OfCustomer(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OfCustomer:
        """Of the customers that this user may see."""
        return self.filter(unit_scope(user, "customer__business_unit"))


class OfTheHouse(models.QuerySet[Any]):
    """Samples and models belong to no business unit: who may see models sees all of them."""

    def visible_to(self, user: Any) -> OfTheHouse:
        may = getattr(user, "may", None)
        return self.all() if may is not None and may("models.view") else self.none()


class Sample(models.Model):
    """Rows with a known outcome: drawn from the own ledger, or a file. Sealed; never changed."""

    SOURCES = ["own_book", "file"]

    name = models.CharField(max_length=80)
    source = models.CharField(max_length=8)
    file_name = models.CharField(max_length=200, blank=True)
    # what counts as bad, in words and as data: {"column": "BAD", "bad": "1"} | {"dpd": 90, ...}
    outcome = models.JSONField()
    columns = models.JSONField()  # [{"key", "kind": "number" | "words", "missing", "distinct"}]
    rows = models.IntegerField()
    bads = models.IntegerField()
    time_column = models.CharField(max_length=80, blank=True)  # orders the rows, where there is one
    # columns as compressed CSV in pieces sealed under the system's key; empty until it is drawn
    content_sealed = models.BinaryField()
    sha256 = models.BinaryField()
    made_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    entry_id = models.UUIDField(null=True)

    objects = OfTheHouse.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["own_book", "file"]) & Q(bads__gte=0) & Q(rows__gte=0),
                name="sample_counts",
            )
        ]


class LearntModel(models.Model):
    """A model as plain data with its report. draft → proposed → challenger | champion → retired."""

    KINDS = ["scorecard", "boosting"]
    STATES = ["draft", "proposed", "challenger", "champion", "retired", "refused"]

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60)
    version = models.IntegerField()
    body = models.JSONField()  # learning.card.ScorecardModel | learning.boosting.BoostedModel
    report = models.JSONField()  # learning.validation.Report
    plan = models.JSONField()
    sample = models.ForeignKey(Sample, models.PROTECT, null=True, related_name="+")
    sha256 = models.BinaryField()  # of the canonical body
    state = models.CharField(max_length=10, default="draft")
    made_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    # as what it was proposed: challenger | champion
    proposed_as = models.CharField(max_length=10, blank=True)
    proposed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    proposal_reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    retired_at = models.DateTimeField(null=True)
    policy_id = models.BigIntegerField(null=True)  # the policy version that it became
    entry_id = models.UUIDField(null=True)

    objects = OfTheHouse.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name", "version"], name="learnt_model_once"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="champion"), name="learnt_model_one_champion"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("draft", "proposed", "challenger"),
                        *("champion", "retired", "refused"),
                    ],
                    kind__in=["scorecard", "boosting"],
                ),
                name="learnt_model_words_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["challenger", "champion"])
                | ~Q(proposed_by=models.F("decided_by")),
                name="learnt_model_by_two",
            ),
        ]


class Training(models.Model):
    """A wish to have a model learnt: found by the jobs process, done once, with its outcome."""

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    plan = models.JSONField()
    state = models.CharField(max_length=8, default="waiting")  # waiting running done failed
    asked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    message = models.JSONField(default=dict)  # {"code", "zh", "en"} of what could not be done
    model = models.ForeignKey(LearntModel, models.PROTECT, null=True, related_name="+")

    objects = OfTheHouse.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]),
                name="training_state_known",
            )
        ]


class ShadowScore(models.Model):
    """What a challenger says of a customer that the champion has assessed: shown, never used."""

    model = models.ForeignKey(LearntModel, models.PROTECT, related_name="+")
    assessment = models.ForeignKey("decisions.Assessment", models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    points = models.IntegerField(null=True)
    probability = models.DecimalField(max_digits=9, decimal_places=8, null=True)
    grade = models.CharField(max_length=4, blank=True)
    reasons = models.JSONField(default=list)
    at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "assessment"], name="shadow_score_once")
        ]
        indexes = [models.Index(fields=["customer", "-at"], name="shadow_score_customer")]


class DriftReading(models.Model):
    """How far the book has moved from what a model was taught on, a row a month and
    characteristic; characteristic "" is the score itself. `policy_id` where a shipped card is read.
    """

    model = models.ForeignKey(LearntModel, models.PROTECT, null=True, related_name="+")
    policy_id = models.BigIntegerField(null=True)
    month = models.DateField()
    characteristic = models.CharField(max_length=80, blank=True)
    psi = models.DecimalField(max_digits=9, decimal_places=6)
    low = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    high = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    rows = models.IntegerField()
    expected = models.JSONField()  # {"bin": count}
    actual = models.JSONField()
    verdict = models.CharField(max_length=8)  # stable | watch | shift | few
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "policy_id", "month", "characteristic"],
                nulls_distinct=False,
                name="drift_reading_once",
            )
        ]


class ExpertRun(models.Model):
    """One run of an expert model on a customer by a person: every answer, every point. Append-only;
    another run follows it.
    """

    # character 5c 6c bathory altman working_assets, or an expert card of one's own
    model = models.CharField(max_length=40)
    version = models.IntegerField()
    weighting = models.CharField(max_length=40, blank=True)  # a preset, or "ahp:7"
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    as_of = models.DateField()
    answers = models.JSONField()  # by item: value, source, evidence, comment
    result = models.JSONField()  # as the pure model returned it
    class_code = models.CharField(max_length=20, blank=True)  # CA2 | low | safe ...; "" not rated
    grade = models.CharField(max_length=4, blank=True)  # on the master scale, where it maps to one
    coverage_bps = models.IntegerField(default=0)
    used_unverified = models.JSONField(default=list)
    run_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    run_at = models.DateTimeField()
    # put in force as the customer's rating: by whom and when (a second person)
    adopted_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)
    assessment = models.ForeignKey(
        "decisions.Assessment", models.PROTECT, null=True, related_name="+"
    )
    entry_id = models.UUIDField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(run_by=models.F("adopted_by")), name="expert_run_adopted_by_another"
            )
        ]
        indexes = [models.Index(fields=["customer", "-run_at"], name="expert_run_customer")]


class AhpStudy(models.Model):
    """Weights found by comparing pairs: open → accepted → retired. Only what several persons'
    consistent judgements give can weigh a model.
    """

    name = models.CharField(max_length=80)
    model = models.CharField(max_length=40)  # whose items are weighed: character, 5c, 6c
    criteria = models.JSONField()  # [{"code", "zh", "en"}]
    state = models.CharField(max_length=8, default="open")
    weights = models.JSONField(default=dict)  # of the group, once accepted
    ratio = models.DecimalField(max_digits=8, decimal_places=4, null=True)  # CR of the group
    made_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    accepted_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    entry_id = models.UUIDField(null=True)

    objects = OfTheHouse.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "retired"]), name="ahp_state_known"
            )
        ]


class AhpJudgement(models.Model):
    """One person's comparisons in a study; a later one replaces an earlier one of the same person,
    which stays readable.
    """

    study = models.ForeignKey(AhpStudy, models.PROTECT, related_name="judgements")
    person = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    pairs = models.JSONField()  # [["payment", "finance", "3"], ...]: the first is so much weightier
    weights = models.JSONField()
    ratio = models.DecimalField(max_digits=8, decimal_places=4)
    consistent = models.BooleanField()
    worst = models.JSONField(default=list)  # the triad that contradicts itself most
    judged_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "person"],
                condition=Q(replaced_at__isnull=True),
                name="ahp_judgement_one",
            )
        ]
