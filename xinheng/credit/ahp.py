"""Weights of an expert's card from comparisons of pairs (AHP, Saaty's scale 1 … 9).

    w_i = (Π_j a_ij)^(1÷n) ÷ Σ            λ = mean((A·w)_i ÷ w_i)
    CI = (λ − n) ÷ (n − 1)                CR = CI ÷ RI(n)

Judgements are used only when CR < 0.10. AHP-1, ((1, 2, 5), (½, 1, 3), (⅕, ⅓, 1)): weights .5816,
.3090, .1095, λ 3.0037, CR 0.0032. AHP-3 has CR 2.1158 and is refused, and the triad that
contradicts itself most is named: there 1 > 2 > 3 > 1. Its gap is |ln(a_ij · a_jk · a_ki)|, which is
0 in every triad of a consistent matrix. Experts' judgements are joined element by element by their
geometric mean, each one's CR beside it. Roots are taken with 40 digits, never as floats.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.expert_card import AnswerError
from xinheng.credit.money import round_half_up, split
from xinheng.credit.shipped import document

_RULES: Final[dict[str, Any]] = document("ahp_v1.json")
VERSION: Final[int] = _RULES["version"]
SCALE: Final[dict[str, dict[str, str]]] = _RULES["scale"]
ACCEPT_BELOW: Final = Decimal(_RULES["accept_below"])
MAX_EXPERTS: Final[int] = _RULES["most_experts"]
# "3", "0.333333" or "1/3"; no exponents, which could ask for a number of a million digits.
_TYPED = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,12}|/[0-9]{1,6})?", re.ASCII)
_WIDE = Context(prec=40, rounding=ROUND_HALF_UP)

Matrix = tuple[tuple[Decimal, ...], ...]


class Triad(Struct, frozen=True):
    """Three criteria in the direction in which their judgements overshoot: `first` over `second`
    over `third` makes `implied` of first against third; `given` was said. `circular`: each of the
    three beats the next.
    """

    first: str
    second: str
    third: str
    implied: Decimal
    given: Decimal
    gap: Decimal
    circular: bool


class Reason(Struct, frozen=True):
    """A sentence about the judgements, in both languages."""

    code: str
    zh: str
    en: str


class Weights(Struct, frozen=True):
    """The weights to 4 decimals, and `card_weights` in hundredths that add up to 100 exactly
    (None: refused). `inputs` are the judgements as used.
    """

    model: str
    version: int
    criteria: tuple[str, ...]
    inputs: tuple[tuple[str, ...], ...]
    weights: dict[str, Decimal]
    card_weights: dict[str, Decimal] | None
    lambda_max: Decimal
    consistency_index: Decimal
    consistency_ratio: Decimal
    cut_off: Decimal
    accepted: bool
    worst: Triad | None
    reasons: tuple[Reason, ...]


class GroupWeights(Struct, frozen=True):
    """What several experts' judgements give together, and each expert's own."""

    together: Weights
    experts: dict[str, Weights]


def judgements(rows: Sequence[Sequence[str | int | Decimal | None]]) -> Matrix:
    """A matrix as typed ("1/3", "0.5", 5); empty below the diagonal is filled with the reciprocal.

    The upper triangle is what counts. A lower value that is given has to be its reciprocal, but for
    the rounding of a written 0.333333.
    """
    size = len(rows)
    if str(size) not in _RULES["random_index"] or any(len(row) != size for row in rows):
        known = "、".join(_RULES["random_index"])
        raise AnswerError(
            f"判断矩阵须为方阵，阶数为 {known} 之一。",
            f"The matrix must be square, of size {known.replace('、', ', ')}.",
        )
    upper = {(i, j): _judgement(rows[i][j], i, j) for i, j in combinations(range(size), 2)}
    for (i, j), value in upper.items():
        _look_at_mirror(rows[j][i], value, i, j)
    for i in range(size):
        if rows[i][i] not in (None, "") and _fraction(rows[i][i], i, i) != 1:
            raise _wrong(i, i, "对角线须为 1", "the diagonal is 1")
    return _filled(size, {pair: _decimal(value) for pair, value in upper.items()})


def weigh(criteria: Sequence[str], matrix: Matrix) -> Weights:
    """The weights and whether they may be used; a refused matrix has weights to look at only."""
    _look_at_names(criteria, matrix)
    shares = _geometric(matrix)
    size = len(matrix)
    highest = _lambda(matrix, shares)
    index = _WIDE.divide(highest - size, Decimal(size - 1)) if size > 1 else Decimal(0)
    ratio = _ratio(index, size)
    accepted = ratio < ACCEPT_BELOW
    names = tuple(criteria)
    worst = _worst(names, matrix)
    return Weights(
        model="ahp",
        version=VERSION,
        criteria=names,
        inputs=tuple(tuple(_short(value) for value in row) for row in matrix),
        weights={name: round_half_up(w, 4) for name, w in zip(names, shares, strict=True)},
        card_weights=_card(names, shares) if accepted else None,
        lambda_max=round_half_up(highest, 4),
        consistency_index=round_half_up(index, 4),
        consistency_ratio=round_half_up(ratio, 4),
        cut_off=ACCEPT_BELOW,
        accepted=accepted,
        worst=worst,
        reasons=_reasons(ratio, accepted, worst),
    )


def weigh_together(criteria: Sequence[str], experts: Mapping[str, Matrix]) -> GroupWeights:
    """Several experts' judgements as one, and each one's consistency."""
    if not 0 < len(experts) <= MAX_EXPERTS:
        raise AnswerError(
            f"专家人数须为 1 至 {MAX_EXPERTS}。", f"Give 1 to {MAX_EXPERTS} experts' judgements."
        )
    alone = {name: weigh(criteria, matrix) for name, matrix in experts.items()}
    size = len(criteria)
    joined = {
        (i, j): _root_of_product([matrix[i][j] for matrix in experts.values()])
        for i, j in combinations(range(size), 2)
    }
    return GroupWeights(weigh(criteria, _filled(size, joined)), alone)


def spread(
    groups: Mapping[str, Decimal], within: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, Decimal]:
    """A tree's weights: 40 of a group × 25 within it = 10 of the card. Every level adds up to 100,
    and so do the leaves.
    """
    for level in (groups, *(within[group] for group in groups)):
        if sum(level.values()) != 100:
            raise AnswerError(
                "每一级权重合计须为 100。", "The weights of each level add up to 100."
            )
    leaves = {
        leaf: int(groups[group] * weight * 10_000)
        for group in groups
        for leaf, weight in within[group].items()
    }
    shares = split(10_000, list(leaves.values()))
    return {leaf: Decimal(w).scaleb(-2) for leaf, w in zip(leaves, shares, strict=True)}


# --- The arithmetic


def _geometric(matrix: Matrix) -> list[Decimal]:
    roots = [_root_of_product(row) for row in matrix]
    total = sum(roots, Decimal(0))
    return [_WIDE.divide(root, total) for root in roots]


def _root_of_product(values: Sequence[Decimal]) -> Decimal:
    logs = Decimal(0)
    for value in values:
        logs = _WIDE.add(logs, _WIDE.ln(value))
    return _WIDE.exp(_WIDE.divide(logs, Decimal(len(values))))


def _lambda(matrix: Matrix, weights: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for row, weight in zip(matrix, weights, strict=True):
        product = Decimal(0)
        for judged, other in zip(row, weights, strict=True):
            product = _WIDE.fma(judged, other, product)
        total = _WIDE.add(total, _WIDE.divide(product, weight))
    return _WIDE.divide(total, Decimal(len(matrix)))


def _ratio(index: Decimal, size: int) -> Decimal:
    random = Decimal(_RULES["random_index"][str(size)])
    # One or two criteria can't contradict one another, and rounding must not show as −0.0000.
    return max(Decimal(0), _WIDE.divide(index, random)) if random else Decimal(0)


def _card(names: Sequence[str], shares: Sequence[Decimal]) -> dict[str, Decimal]:
    parts = split(10_000, [int(share.scaleb(20)) for share in shares])
    return {name: Decimal(part).scaleb(-2) for name, part in zip(names, parts, strict=True)}


def _worst(names: Sequence[str], matrix: Matrix) -> Triad | None:
    triads = [_triad(names, matrix, *three) for three in combinations(range(len(names)), 3)]
    gaping = [one for one in triads if one.gap > 0]
    return max(gaping, key=lambda one: one.gap) if gaping else None


def _triad(names: Sequence[str], a: Matrix, i: int, j: int, k: int) -> Triad:
    if _product(a[i][j], a[j][k], a[k][i]) < 1:
        j, k = k, j
    product = _product(a[i][j], a[j][k], a[k][i])
    if not (circular := a[i][j] > 1 and a[j][k] > 1 and a[k][i] > 1):
        # Start where the direct judgement is the odd one: the strongest two lead, it comes last.
        i, j, k = min(((i, j, k), (j, k, i), (k, i, j)), key=lambda t: a[t[2]][t[0]])
    return Triad(
        first=names[i],
        second=names[j],
        third=names[k],
        implied=round_half_up(_WIDE.multiply(a[i][j], a[j][k]), 2),
        given=round_half_up(a[i][k], 2),
        gap=round_half_up(_WIDE.ln(product), 4),
        circular=circular,
    )


def _product(one: Decimal, other: Decimal, third: Decimal) -> Decimal:
    return _WIDE.multiply(_WIDE.multiply(one, other), third)


def _reasons(ratio: Decimal, accepted: bool, worst: Triad | None) -> tuple[Reason, ...]:
    code = "accepted" if accepted else "rejected"
    first = _reason(code, {"cr": round_half_up(ratio, 4), "least": ACCEPT_BELOW})
    if worst is None:
        return (first,)
    fields = {"a": worst.first, "b": worst.second, "c": worst.third}
    told = fields | {"implied": str(worst.implied), "given": str(worst.given)}
    return (first, _reason("circular" if worst.circular else "stretched", told))


def _reason(code: str, fields: Mapping[str, Any]) -> Reason:
    both = _RULES["reasons"][code]
    return Reason(code, both["zh"].format(**fields), both["en"].format(**fields))


# --- What was typed


def _filled(size: int, upper: Mapping[tuple[int, int], Decimal]) -> Matrix:
    one = Decimal(1)

    def value(i: int, j: int) -> Decimal:
        if i == j:
            return one
        return upper[i, j] if i < j else _WIDE.divide(one, upper[j, i])

    return tuple(tuple(value(i, j) for j in range(size)) for i in range(size))


def _judgement(given: str | int | Decimal | None, i: int, j: int) -> Fraction:
    if given is None or given == "":
        raise _wrong(i, j, "尚未比较", "not compared yet")
    value = _fraction(given, i, j)
    most = Fraction(_RULES["scale_most"])
    near = 1 + Fraction(_RULES["reciprocal_tolerance"])
    if not 1 / most / near <= value <= most:
        raise _wrong(i, j, "须在 1/9 至 9 之间", "a judgement lies between 1/9 and 9")
    return value


def _look_at_mirror(given: str | int | Decimal | None, upper: Fraction, i: int, j: int) -> None:
    if given is None or given == "":
        return
    off = abs(_fraction(given, j, i) * upper - 1)
    if off > Fraction(_RULES["reciprocal_tolerance"]):
        raise _wrong(j, i, "须为对称位置的倒数", "it must be the reciprocal of its mirror")


def _fraction(given: str | int | Decimal | None, i: int, j: int) -> Fraction:
    try:
        plain = isinstance(given, (int, Decimal)) and not isinstance(given, bool)
        if not plain and not (isinstance(given, str) and _TYPED.fullmatch(given.strip())):
            raise ValueError(given)
        return Fraction(given or 0)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise _wrong(i, j, "请写 3、1/3 或 0.5 这样的数", "write 3, 1/3 or 0.5") from None


def _wrong(i: int, j: int, zh: str, en: str) -> AnswerError:
    return AnswerError(f"第 {i + 1} 行第 {j + 1} 列：{zh}。", f"Row {i + 1}, column {j + 1}: {en}.")


def _decimal(value: Fraction) -> Decimal:
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))


def _short(value: Decimal) -> str:
    return f"{round_half_up(value, 6).normalize():f}"


def _look_at_names(criteria: Sequence[str], matrix: Matrix) -> None:
    if len(criteria) != len(matrix) or len(set(criteria)) != len(criteria):
        raise AnswerError(
            f"准则名称须各不相同，共 {len(matrix)} 个。",
            f"Give {len(matrix)} criteria, each with a name of its own.",
        )
