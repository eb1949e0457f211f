"""Rules as versioned data: order-check policies, scorecards, scales, limit methods. One live
version per kind.

draft → approved → live → retired; a body never changes once approved, a change is a new version.
The pure core (`credit/`) reads bodies; this room keeps which one was live when. Example:
order_check v1 live since go-live.
"""

from __future__ import annotations

from django.db import models


class Policy(models.Model):
    KINDS = ["order_check", "scorecard", "scale", "limit", "assessment", "authority_matrix"]

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    version = models.IntegerField()
    status = models.CharField(max_length=10, default="draft")
    body = models.JSONField()
    created_at = models.DateTimeField()
    live_from = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(status="live"), name="policy_one_live"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "approved", "live", "retired"]),
                name="policy_status_known",
            ),
        ]
