"""Bathory 巴萨利模型: five ratios added without weights; high is strong, at or below zero is poor.

    A1 = (profit + depreciation + deferred tax) ÷ CL     A2 = profit ÷ (CA − CL)    A3 = equity ÷ CL
    A4 = (equity − intangibles) ÷ TL                     A5 = (CA − CL) ÷ TA

B-1: .3125 + .45 + 1.25 + .6333 + .16 = 2.8058; with EBITDA in A1 ("ebitda") 2.8496.
Without working capital A2 turns its sign (a loss over a negative base looks good): no score, a
person judges. `counted`, which gives the class, mends what would reward more debt: a profit counts
in A2 over current assets, and a negative numerator of A1, A3 or A4 is high risk. What the
statement lacks gives no score; add-backs that can't be negative count at zero, and the band is open
above. Bands are defaults (bathory_v1.json); current assets have no direction of their own here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct, structs

from xinheng.credit.expert_card import AnswerError, places
from xinheng.credit.shipped import document

_MODEL: Final[dict[str, Any]] = document("bathory_v1.json")
VERSION: Final[int] = _MODEL["version"]
NOTE: Final[dict[str, str]] = _MODEL["note"]
VARIANTS: Final[tuple[str, ...]] = tuple(_MODEL["variants"])
RATIOS: Final[dict[str, dict[str, str]]] = _MODEL["ratios"]
CLASSES: Final[tuple[str, ...]] = tuple(row["class"] for row in _MODEL["classes"])
MANUAL: Final = "manual"


class Statement(Struct, frozen=True):
    """Minor units of one currency, one period of twelve months. None: the statement does not
    tell.
    """

    profit_before_tax: int | None = None
    depreciation: int | None = None
    deferred_tax: int | None = None
    amortisation: int | None = None
    interest: int | None = None
    current_assets: int | None = None
    current_liabilities: int | None = None
    equity: int | None = None
    intangible_assets: int | None = None
    total_liabilities: int | None = None
    total_assets: int | None = None


class Reason(Struct, frozen=True):
    """Why there is no score, or why the class is not what the sum alone would say."""

    code: str
    zh: str
    en: str


class Bathory(Struct, frozen=True):
    """`score` is the published sum to 4 decimals and `mean` a fifth of it; `counted` gives
    `class_counts`. The band is [lowest, highest]; None is open.
    """

    model: str
    version: int
    variant: str
    inputs: dict[str, int | None]
    ratios: dict[str, Decimal | None]
    score: Decimal | None
    mean: Decimal | None
    counted: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None
    class_of_score: str
    class_counts: str
    cut_off: str
    missing: tuple[str, ...]
    reasons: tuple[Reason, ...]


def score(statement: Statement, variant: str = "deferred_tax") -> Bathory:
    """The sum, its class and why; never a class from a sum that is not whole."""
    if variant not in VARIANTS:
        raise AnswerError(
            f"没有口径 {variant}：请选 {'、'.join(VARIANTS)}。",
            f"There is no variant {variant}: choose {', '.join(VARIANTS)}.",
        )
    figures = structs.asdict(statement)
    needed = _needed(variant)
    missing = tuple(name for name in needed if figures[name] is None)
    zeros = tuple(name for name in missing if name in _MODEL["at_zero_if_missing"])
    known = {name: figures[name] or 0 for name in needed}
    halt = _halt(known, missing, zeros)
    if halt:
        return _manual(variant, figures, {}, missing, (halt,))
    ratios = _ratios(known, variant)
    if ratios["A2"] is None:
        return _manual(variant, figures, ratios, missing, (_reason("no_working_capital"),))
    return _whole(variant, figures, known, ratios, missing)


def class_of(value: Decimal | Fraction) -> str:
    """The class of a sum: 2.5 is moderate, anything above it low; 0 is high."""
    found: str = _row(Fraction(value))["class"]
    return found


def meaning(named: str) -> dict[str, str]:
    """What a class says, in both languages; also of "manual"."""
    row = next((row for row in _MODEL["classes"] if row["class"] == named), _MODEL["manual"])
    return {"zh": row["zh"], "en": row["en"]}


def _whole(
    variant: str,
    figures: dict[str, Any],
    known: Mapping[str, int],
    ratios: dict[str, Fraction | None],
    missing: tuple[str, ...],
) -> Bathory:
    exact = sum((ratio for ratio in ratios.values() if ratio is not None), Fraction(0))
    counted, told = _counted(exact, known, ratios)
    negative = _negative_bases(known, variant)
    row = _MODEL["classes"][-1] if negative else _row(counted)
    zeros = (_reason("counted_at_zero", missing),) if missing else ()
    shown = places(exact, 4)
    return Bathory(
        model="bathory",
        version=VERSION,
        variant=variant,
        inputs=figures,
        ratios={name: None if one is None else places(one, 4) for name, one in ratios.items()},
        score=shown,
        mean=places(exact / 5, 4),
        counted=places(counted, 4),
        lowest=shown,
        highest=None if missing else shown,
        class_of_score=class_of(exact),
        class_counts=row["class"],
        cut_off=row["range"],
        missing=missing,
        reasons=(*negative, *told, *zeros),
    )


def _counted(
    exact: Fraction, known: Mapping[str, int], ratios: Mapping[str, Fraction | None]
) -> tuple[Fraction, tuple[Reason, ...]]:
    """A profit over thin working capital would make more short-term debt look better."""
    a2, assets = ratios["A2"] or Fraction(0), known["current_assets"]
    calm = Fraction(known["profit_before_tax"], assets)
    if calm >= a2:
        return exact, ()
    told = _reason("a2_swollen", a2=places(a2, 4), counted=places(calm, 4))
    return exact - a2 + calm, (told,)


def _negative_bases(known: Mapping[str, int], variant: str) -> tuple[Reason, ...]:
    found = {
        "cash_flow_negative": _cash_flow(known, variant) < 0,
        "equity_negative": known["equity"] < 0,
        "tangible_negative": known["equity"] - known["intangible_assets"] < 0,
    }
    return tuple(_reason(code) for code, holds in found.items() if holds)


def _needed(variant: str) -> list[str]:
    adds: list[str] = _MODEL["variants"][variant]["adds"]
    names = ["profit_before_tax", *adds, "current_assets", "current_liabilities", "equity"]
    return [*names, "intangible_assets", "total_liabilities", "total_assets"]


def _halt(known: Mapping[str, int], missing: Sequence[str], zeros: Sequence[str]) -> Reason | None:
    lacking = [name for name in missing if name not in zeros]
    if lacking:
        return _reason("missing", lacking)
    negative = [name for name in _MODEL["at_zero_if_missing"] if known.get(name, 0) < 0]
    if negative:
        return _reason("negative_add_back", negative)
    for figure, code in (
        ("total_assets", "no_assets"),
        ("current_liabilities", "no_current_liabilities"),
        ("total_liabilities", "no_liabilities"),
    ):
        if known[figure] <= 0:
            return _reason(code)
    return None


def _cash_flow(known: Mapping[str, int], variant: str) -> int:
    adds: list[str] = _MODEL["variants"][variant]["adds"]
    return known["profit_before_tax"] + sum(known[name] for name in adds)


def _ratios(known: Mapping[str, int], variant: str) -> dict[str, Fraction | None]:
    short, working = known["current_liabilities"], _working_capital(known)
    tangible = known["equity"] - known["intangible_assets"]
    return {
        "A1": Fraction(_cash_flow(known, variant), short),
        "A2": Fraction(known["profit_before_tax"], working) if working > 0 else None,
        "A3": Fraction(known["equity"], short),
        "A4": Fraction(tangible, known["total_liabilities"]),
        "A5": Fraction(working, known["total_assets"]),
    }


def _working_capital(known: Mapping[str, int]) -> int:
    return known["current_assets"] - known["current_liabilities"]


def _manual(
    variant: str,
    figures: dict[str, Any],
    ratios: Mapping[str, Fraction | None],
    missing: tuple[str, ...],
    reasons: tuple[Reason, ...],
) -> Bathory:
    shown = {name: None if one is None else places(one, 4) for name, one in ratios.items()}
    return Bathory(
        model="bathory",
        version=VERSION,
        variant=variant,
        inputs=figures,
        ratios=shown,
        score=None,
        mean=None,
        counted=None,
        lowest=None,
        highest=None,
        class_of_score=MANUAL,
        class_counts=MANUAL,
        cut_off=MANUAL,
        missing=missing,
        reasons=reasons,
    )


def _row(value: Fraction) -> dict[str, Any]:
    rows: list[dict[str, Any]] = _MODEL["classes"]
    return next((row for row in rows[:-1] if value > Fraction(row["above"])), rows[-1])


def _reason(code: str, figures: Sequence[str] = (), **fields: Any) -> Reason:
    both, words = _MODEL["reasons"][code], _MODEL["figures"]
    zh, en = (", ".join(words[name][tongue] for name in figures) for tongue in ("zh", "en"))
    return Reason(
        code,
        both["zh"].format(figures=zh.replace(", ", "、"), **fields),
        both["en"].format(figures=en, **fields),
    )
