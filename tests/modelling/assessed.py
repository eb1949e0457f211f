"""Assessed customers for tests of models: inputs drawn from a seed, one assessment a customer."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import numpy as np

from tests.world import AT, TODAY, make_customer
from xinheng.credit import scorecard
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment
from xinheng.learning import boosting, card
from xinheng.learning.columns import column_of
from xinheng.modelling.models import LearntModel

UNTIL = date(2027, 11, 20)


def drawn(rows: int, seed: int = 3, late: float = 10.0) -> list[dict[str, str | None]]:
    """Inputs of the behaviour card: `late` is the mean of days late; one in ten is not known."""
    chance = np.random.default_rng(seed)
    days = np.round(chance.exponential(late, rows), 2)
    oldest = np.maximum(0, np.round(days * chance.uniform(0, 3, rows))).astype(int)
    zones = chance.choice(["safe", "grey", "distress"], rows)
    unknown = chance.random(rows) < 0.1
    return [
        {
            "payment_index": None if unknown[i] else f"{max(1.0, 82 - days[i]):.2f}",
            "days_late_weighted": None if unknown[i] else f"{days[i]:.2f}",
            "overdue_share_pct": f"{min(100.0, days[i]):.2f}",
            "oldest_dpd": str(oldest[i]),
            "months_of_history": str(int(chance.integers(1, 80))),
            "days_late_trend": f"{chance.normal():.2f}",
            "altman_zone": str(zones[i]),
        }
        for i in range(rows)
    ]


def assess_all(
    customers: list[Customer], inputs: list[dict[str, str | None]], at: datetime = AT
) -> list[Assessment]:
    """One assessment each by the shipped card, as `decisions.assess` would have written it."""
    shipped = scorecard.shipped()
    made = []
    for customer, given in zip(customers, inputs, strict=True):
        found = scorecard.score(shipped, typed(given))
        made.append(
            Assessment(
                customer=customer,
                card="behaviour v1",
                currency="CNY",
                points=found.points,
                grade=found.grade or "",
                coverage_pct=found.coverage_pct,
                inputs=given,
                contributions=[
                    {"key": c.key, "value": c.value, "points": c.points, "lost": c.lost}
                    | {"zh": c.zh, "en": c.en}
                    for c in found.contributions
                ],
                reasons=[],
                as_of=TODAY,
                valid_until=UNTIL,
                assessed_at=at,
            )
        )
    return Assessment.objects.bulk_create(made)


def typed(given: dict[str, str | None]) -> dict[str, Any]:
    """Inputs as the scorer takes them: numbers as Decimal, the zone as its word."""
    from decimal import Decimal

    return {
        key: text if text is None or key == "altman_zone" else Decimal(text)
        for key, text in given.items()
    }


def make_customers(count: int, unit: int | None) -> list[Customer]:
    return [make_customer(f"M{i:04}", unit=unit) for i in range(count)]


def taught(rows: int = 1_200, seed: int = 5) -> tuple[dict[str, Any], Any]:
    """Columns by the same keys and an outcome that follows from them."""
    given = drawn(rows, seed)
    columns = {key: column_of([one[key] or "" for one in given]) for key in given[0]}
    chance = np.random.default_rng(seed)
    days = np.nan_to_num(columns["days_late_weighted"], nan=20.0)
    months = columns["months_of_history"]
    risk = -2.2 + 0.09 * days - 0.02 * months
    return columns, chance.random(rows) < 1 / (1 + np.exp(-risk))


def challenger(kind: str = "scorecard", name: str = "own", **changes: Any) -> LearntModel:
    """A challenger taught on made-up rows."""
    columns, bad = taught()
    if kind == "scorecard":
        body = json.loads(card.dump(card.learn(columns, bad, card.Plan(name))))
    else:
        plan = boosting.Plan(name, rounds=20)
        body = json.loads(boosting.dump(boosting.learn_calibrated(columns, bad, plan)))
    fields = {"kind": kind, "name": name, "version": 1, "body": body, "report": {}, "plan": {}}
    fields |= {"sha256": b"x" * 32, "state": "challenger", "made_at": AT}
    return LearntModel.objects.create(**{**fields, **changes})
