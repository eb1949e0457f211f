"""The credit file's papers; in this first version the financial statements.

One row per customer, period end and currency; figures are integer minor units in a JSON object with
the field's names (total_assets, current_assets, inventory, current_liabilities, total_liabilities,
equity, retained_earnings, sales, ebit, net_income, market_value, …). Assets must equal liabilities
plus equity to the minor unit.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from xinheng.people.models import unit_scope


class StatementQuery(models.QuerySet["Statement"]):
    def visible_to(self, user: Any) -> StatementQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))


class Statement(models.Model):
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    period_end = models.DateField()
    months = models.IntegerField(default=12)
    currency = models.CharField(max_length=3)
    figures = models.JSONField()
    derived = models.JSONField(default=list)  # names of figures that we reckoned, not the statement
    source = models.CharField(max_length=120, blank=True)
    simulated = models.BooleanField(default=False)

    objects = StatementQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "period_end", "currency"], name="statement_once"
            )
        ]
