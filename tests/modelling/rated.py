"""A customer without a ledger, the answers of worked examples, and an analyst beside the cast."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.credit import character, questionnaire
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_filing import file_statement
from xinheng.modelling.expert_reckoning import Given
from xinheng.modelling.expert_runs import record_run
from xinheng.modelling.models import ExpertRun
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User

CODE = "C-1"
# CAM-1 of the reference: A, B and C in the order of the card
CAM_1 = (6, 7, 6, 5, 7, 6, 7, 8, 5, 6, 4, 7, 9, 8, 6, 7, 7, 6)
# Z-1 and B-1 of the reference, in minor units
FIGURES = {
    "total_assets": 2500_00,
    "current_assets": 1200_00,
    "inventory": 500_00,
    "current_liabilities": 800_00,
    "retained_earnings": 400_00,
    "ebit": 220_00,
    "equity": 1000_00,
    "total_liabilities": 1500_00,
    "sales": 3000_00,
    "profit_before_tax": 180_00,
    "depreciation": 60_00,
    "deferred_tax": 10_00,
    "intangible_assets": 50_00,
}


def rating_world() -> World:
    """The cast, an analyst and a credit officer, and a new customer of EAST."""
    world = make_world()
    roles = {"anna": "analyst", "olaf": "credit_officer", "fred": "finance_director"}
    for name, role in roles.items():
        create_user(
            name,
            PASSWORD,
            name={"anna": "安娜", "olaf": "欧立", "fred": "范东"}[name],
            roles=[role],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    make_customer(CODE, unit=world.units["EAST"], name="江南新建材有限公司")
    return world


def acting(name: str) -> Actor:
    return of_user(User.objects.get(username=name))


def scored(model: str, score: int = 8, **other: int | None) -> dict[str, Given]:
    """Every item with one score, but for those told otherwise."""
    keys = character.FACTORS if model == "character" else questionnaire.items_of(model)
    told: dict[str, int | None] = {**dict.fromkeys(keys, score), **other}
    return {key: Given(one, "走访", "走访记录", "") for key, one in told.items()}


def cam_1(**other: int | None) -> dict[str, Given]:
    scores = {**dict(zip(character.FACTORS, CAM_1, strict=True)), **other}
    return {key: Given(score, "走访", "走访记录", "") for key, score in scores.items()}


def run(
    model: str,
    answers: dict[str, Given] | None = None,
    *,
    by: str = "anna",
    weighting: str = "",
    as_of: date = TODAY,
    code: str = CODE,
    at: Any = AT,
) -> ExpertRun:
    usual = {"character": "balanced", "5c": "shipped", "6c": "shipped"}.get(model, "")
    told = answers if answers is not None else {}
    return record_run(code, model, weighting or usual, told, as_of, actor=acting(by), at=at)


def stated(code: str = CODE, *, at: Any = AT, **figures: int) -> int:
    """The statement of 2025 of the reference, entered by alice and not verified."""
    row = StatementRow(
        customer_code=code,
        period_end=date(2025, 12, 31),
        currency="CNY",
        figures={**FIGURES, **figures},
        source="审计报告",
    )
    return file_statement(row, actor=acting("alice"), at=at)
