"""Z-scores 计分 (Altman): five ratios of a statement, weighted; low means distress.

    X1 = (CA − CL) ÷ TA   X2 = retained earnings ÷ TA   X3 = EBIT ÷ TA
    X4 = equity ÷ TL (market value for Z, book value for the others)   X5 = sales ÷ TA

Weights and cut-offs are data (altman_v1.json), with the Chinese textbooks' 2.675 as the set "cn".
A value on a cut-off is grey. Z-1: Z 2.6264 grey, Z′ 2.0013 grey, Z″ 2.8626 safe, EM 6.1126 safe.
No assets, no liabilities or a missing figure: not applicable, with the reason; never a score from
nothing. The weights were fitted on US firms: show `WARNING`.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document

_ALTMAN: Final[dict[str, Any]] = document("altman_v1.json")
MODELS: Final[tuple[str, ...]] = tuple(_ALTMAN["models"])
WARNING: Final[dict[str, str]] = _ALTMAN["warning"]
ZONES: Final[dict[str, dict[str, str]]] = _ALTMAN["zones"]


class Statement(Struct, frozen=True):
    """Minor units of one currency, one period of twelve months. None: the statement does not
    tell.
    """

    total_assets: int | None = None
    current_assets: int | None = None
    current_liabilities: int | None = None
    retained_earnings: int | None = None
    ebit: int | None = None
    equity: int | None = None
    total_liabilities: int | None = None
    sales: int | None = None
    market_value: int | None = None


class Altman(Struct, frozen=True):
    """`score` to 4 decimals; None, with `why_not`, where the model does not apply. `ratios` are
    X1 … X5.
    """

    model: str
    score: Decimal | None
    zone: str | None
    ratios: tuple[Decimal, ...]
    cut_offs: str
    why_not: str | None


def choose(*, listed: bool, manufacturing: bool) -> str:
    """Which model suits a firm: Z for listed and Z′ for private manufacturers, Z″ for everybody
    else.
    """
    if not manufacturing:
        return "zpp"
    return "z" if listed else "zp"


def score(statement: Statement, model: str, cut_offs: str = "standard") -> Altman:
    """The score and its zone; the zone is found from the exact value, before rounding."""
    rule = _ALTMAN["models"][model]
    why_not = _guard(statement, rule)
    if why_not:
        return Altman(model, None, None, (), cut_offs, why_not)
    ratios = _ratios(statement, rule["equity"])
    weights = [Fraction(weight) for weight in rule["weights"]]
    exact = Fraction(rule["constant"]) + sum(
        (weight * ratio for weight, ratio in zip(weights, ratios, strict=True)), Fraction(0)
    )
    low, high = (Fraction(bound) for bound in _ALTMAN["cut_offs"][cut_offs][model])
    zone = "distress" if exact < low else "safe" if exact > high else "grey"
    shown = tuple(_four_decimals(ratio) for ratio in ratios)
    return Altman(model, _four_decimals(exact), zone, shown, cut_offs, None)


def why_not_text(code: str) -> dict[str, str]:
    """Why a model does not apply, in both languages."""
    row: dict[str, str] = _ALTMAN["not_applicable"][code]
    return row


def _needed(rule: dict[str, Any]) -> list[str]:
    names = ["total_assets", "current_assets", "current_liabilities", "retained_earnings", "ebit"]
    names += ["total_liabilities", rule["equity"]]
    return names + (["sales"] if Fraction(rule["weights"][4]) else [])


def _guard(statement: Statement, rule: dict[str, Any]) -> str | None:
    if any(getattr(statement, name) is None for name in _needed(rule)):
        return "missing"
    if (statement.total_assets or 0) <= 0:
        return "no_assets"
    if (statement.total_liabilities or 0) <= 0:
        return "no_liabilities"
    return None


def _ratios(statement: Statement, equity: str) -> list[Fraction]:
    s, assets = statement, statement.total_assets or 0
    working = (s.current_assets or 0) - (s.current_liabilities or 0)
    return [
        Fraction(working, assets),
        Fraction(s.retained_earnings or 0, assets),
        Fraction(s.ebit or 0, assets),
        Fraction(getattr(s, equity), s.total_liabilities or 0),
        Fraction(s.sales or 0, assets),
    ]


def _four_decimals(value: Fraction) -> Decimal:
    return Decimal(divide_half_up(value.numerator * 10_000, value.denominator)).scaleb(-4)
