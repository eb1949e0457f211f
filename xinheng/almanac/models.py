"""The tables that a seller looks things up in: exchange rates, holidays, payment terms. All are
dated and say where they come from; an order check keeps the rate it used in its answer.

Example: 1 EUR = 7.8123 CNY, type `mid`, of 2026-11-20; an order of 10,000.00 EUR on 22 November
counts as 78,123.00 on a line in CNY.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Rate(models.Model):
    """One unit of `base` is worth `rate` units of `quote` from `day` on, until a newer one."""

    kind = models.CharField(max_length=12)  # mid | buy | sell | month_end | own names
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=80)
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "base", "quote", "day"], name="rate_once_a_day"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="rate_between_two"),
        ]


class Holiday(models.Model):
    """A day that is not as its weekday says: off, or worked instead (调休)."""

    calendar = models.CharField(max_length=12)  # CN, a country or a bank's
    day = models.DateField()
    working = models.BooleanField(default=False)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=80, blank=True)
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]


class PaymentTerm(models.Model):
    """A term of payment under the seller's own code, as `credit.term` reads it: N30, EOM+30."""

    code = models.CharField(max_length=20, unique=True)
    rule = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    calendar = models.CharField(max_length=12, blank=True)  # due dates move to its working days
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
