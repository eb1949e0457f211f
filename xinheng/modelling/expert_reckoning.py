"""From answers or a statement's figures to one result of one shape, whichever model was run.

Nothing is read and nothing is written here, so that a page may ask "what if" as often as it likes.
The result is what the pure model returned, as plain values; beside it stand its class, the grade it
is worth, the coverage and the band. Example: 6C with every item at 8 → 80.00 %, CA2, BB; with
`experience` not known the band is [76.60, 82.00] and the class of its lower end counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from xinheng.credit import ahp, altman, bathory, character, limit_method, questionnaire
from xinheng.credit.bathory import Bathory
from xinheng.credit.character import Character
from xinheng.credit.limit_method import Balance, MethodValue
from xinheng.credit.money import split
from xinheng.credit.questionnaire import Answer, Questionnaire
from xinheng.credit.shipped import document
from xinheng.modelling import expert_grades

AHP: Final = "ahp:"
SHIPPED: Final = "shipped"
WHOLE_BPS: Final = 10_000
_ADDS: Final = ("depreciation", "deferred_tax", "amortisation", "interest")


class Given(Struct, frozen=True):
    """One answer of a person; `score` None: looked for and not known."""

    score: int | None
    source: str = ""
    evidence: str = ""
    comment: str = ""


class Filed(Struct, frozen=True):
    """What the statement models read: figures in minor units of one currency and year."""

    id: int
    period_end: str
    currency: str
    verified: bool
    figures: dict[str, int]


class Reckoned(Struct, frozen=True):
    """`band` is [lowest, highest] in the model's own measure; None where that end is open."""

    model: str
    version: int
    weighting: str
    result: dict[str, Any]
    class_code: str
    grade: str
    coverage_bps: int
    band: tuple[Decimal | None, Decimal | None]
    value: Decimal | None


def weightings_of(model: str) -> tuple[str, ...]:
    """The weightings that ship with a card; an accepted study adds "ahp:7"."""
    return character.PRESETS if model == "character" else (SHIPPED,)


def weights_of(model: str, weighting: str) -> dict[str, Decimal]:
    """The shipped weights of a card's items, adding up to 100; unknown names raise KeyError."""
    if model == "character":
        if weighting not in character.PRESETS:
            raise KeyError(weighting)
        return character.weights_of(weighting)
    if weighting != SHIPPED:
        raise KeyError(weighting)
    told = questionnaire.TEMPLATES[model]["weights"]
    return {key: Decimal(weight) for key, weight in told.items()}


def criteria_of(model: str) -> dict[str, dict[str, str]]:
    """What is compared in pairs when a card is weighed: its groups, or the C of its name."""
    if model == "character":
        return character.GROUPS
    used = {item["factor"] for item in questionnaire.items_of(model).values()}
    return {key: row for key, row in questionnaire.FACTORS.items() if key in used}


def criterion_of(model: str, item: str) -> str:
    """The criterion that an item belongs to."""
    found: str = (
        character.FACTORS[item]["group"]
        if model == "character"
        else questionnaire.ITEMS[item]["factor"]
    )
    return found


def items_weighed(model: str, criteria: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The weights of all items from those of the criteria; within one the shipped shares stay."""
    shipped = weights_of(model, weightings_of(model)[0])
    within: dict[str, dict[str, Decimal]] = {code: {} for code in criteria}
    for item, weight in shipped.items():
        within[criterion_of(model, item)][item] = weight
    shares = {code: _of_hundred(items) for code, items in within.items()}
    spread = ahp.spread(criteria, shares)
    return {item: spread[item] for item in shipped}


def _of_hundred(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    parts = split(10_000, [int(weight * 100) for weight in weights.values()])
    return {key: Decimal(part).scaleb(-2) for key, part in zip(weights, parts, strict=True)}


def card(
    model: str,
    weighting: str,
    weights: Mapping[str, Decimal],
    answers: Mapping[str, Given],
    reviewer: str,
) -> Reckoned:
    """A person's card; the model raises AnswerError where answers can't be used."""
    found: Character | Questionnaire
    if model == "character":
        own = None if weighting in character.PRESETS else weights
        scores = {key: given.score for key, given in answers.items()}
        found = character.score(scores, weighting if own is None else "balanced", weights=own)
    else:
        told = {
            key: Answer(given.score, given.source, given.evidence, reviewer)
            for key, given in answers.items()
        }
        found = questionnaire.score(told, model, None if weighting == SHIPPED else weights)
    return Reckoned(
        model=model,
        version=found.version,
        weighting=weighting,
        result=_plain(found),
        class_code=found.class_counts,
        grade=expert_grades.grade_of(model, found.class_counts),
        coverage_bps=int(found.coverage * WHOLE_BPS),
        band=(found.lowest_pct, found.highest_pct),
        value=found.pct,
    )


def statement(model: str, filed: Filed, *, manufacturing: bool) -> Reckoned:
    """What a statement says by one of the models that read nothing else."""
    if model == "bathory":
        return _bathory(filed)
    if model == "altman":
        return _altman(filed, manufacturing)
    return _working_assets(filed)


def _bathory(filed: Filed) -> Reckoned:
    found: Bathory = bathory.score(_figures(bathory.Statement, filed))
    return _of_statement(
        "bathory",
        filed,
        version=found.version,
        weighting=found.variant,
        result=_plain(found),
        class_code=found.class_counts,
        coverage_bps=0 if found.score is None else _part(found),
        band=(found.lowest, found.highest),
        value=found.score,
    )


def _part(found: Bathory) -> int:
    """What of the figures that this variant reads the statement told; others counted at zero."""
    adds = document("bathory_v1.json")["variants"][found.variant]["adds"]
    needed = len(bathory.Statement.__struct_fields__) - len(_ADDS) + len(adds)
    return WHOLE_BPS * (needed - len(found.missing)) // needed


def _altman(filed: Filed, manufacturing: bool) -> Reckoned:
    told = _figures(altman.Statement, filed)
    which = altman.choose(listed=told.market_value is not None, manufacturing=manufacturing)
    found = altman.score(told, which)
    reasons = [{"code": "us_weights", **altman.WARNING}]
    if found.why_not:
        reasons.insert(0, {"code": found.why_not, **altman.why_not_text(found.why_not)})
    rules = document("altman_v1.json")
    rule = rules["models"][which]
    return _of_statement(
        "altman",
        filed,
        version=rules["version"],
        weighting=which,
        result=_plain(found)
        | {
            "name": {"zh": rule["zh"], "en": rule["en"]},
            "weights": list(rule["weights"]),
            "constant": rule["constant"],
            "bounds": list(rules["cut_offs"][found.cut_offs][which]),
            "reasons": reasons,
        },
        class_code=found.zone or expert_grades.NOT_APPLICABLE,
        coverage_bps=WHOLE_BPS if found.score is not None else 0,
        band=(found.score, found.score),
        value=found.score,
    )


def _working_assets(filed: Filed) -> Reckoned:
    found: MethodValue = limit_method.working_assets(_figures(Balance, filed))
    share = found.inputs.get("share")
    known = share is not None
    named = expert_grades.working_assets_class(Decimal(share)) if share is not None else ""
    reasons = []
    if found.why_not:
        words = document("limit_methods_v1.json")["why_not"][found.why_not]
        reasons.append({"code": found.why_not, **words})
    value = Decimal(found.inputs["v"]) if known else None
    return _of_statement(
        "working_assets",
        filed,
        version=limit_method.VERSION,
        weighting="",
        result=_plain(found) | {"model": "working_assets", "reasons": reasons},
        class_code=named or expert_grades.NOT_APPLICABLE,
        coverage_bps=WHOLE_BPS if known else 0,
        band=(value, value),
        value=value,
    )


def _of_statement(model: str, filed: Filed, **told: Any) -> Reckoned:
    kept = {"id": filed.id, "period_end": filed.period_end, "currency": filed.currency}
    result = told.pop("result") | {"statement": kept | {"verified": filed.verified}}
    grade = expert_grades.grade_of(model, told["class_code"])
    return Reckoned(model=model, result=result, grade=grade, **told)


def _figures(kind: type[Any], filed: Filed) -> Any:
    return kind(**{name: filed.figures.get(name) for name in kind.__struct_fields__})


def _plain(found: Struct) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told
