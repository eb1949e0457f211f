"""What each characteristic added to a boosted score: exact Shapley values of the trees.

Along the path to a leaf of value v with characteristics F, a characteristic that is left out of a
coalition sends z of the rows on (shares of training rows), one that is in sends o: 1 if the row
satisfies its conditions, else 0. Averaged over all orders,

    φ_f = v (o_f − z_f) ∫₀¹ Π_{g ∈ F, g ≠ f} (z_g (1 − t) + o_g t) dt

because ∫ tᵏ(1−t)ⁿ⁻¹⁻ᵏ dt is the very weight k!(n−1−k)!/n! of a coalition of k. The integrand is a
polynomial of degree |F| − 1, so Gauss–Legendre with ⌈|F|/2⌉ nodes gives it exactly. The values
add up: base + Σ φ = raw score. Worked: one split, half the rows each side, leaves −1 and 1: base 0,
the row on the right gets φ = 1 · (1 − ½) + (−1) · (0 − ½) = 1.
"""

from functools import lru_cache

import numpy as np

from xinheng.learning.columns import Floats, Truths
from xinheng.learning.trees import Tree, goes_left

# For each leaf: per characteristic (column, share of rows z, the (node, left?) conditions).
_Path = list[tuple[int, float, list[tuple[int, bool]]]]


def base_score(trees: tuple[Tree, ...]) -> float:
    """The mean raw score of the training rows: what is said of a customer of whom nothing is."""
    return float(sum(np.average(tree.leaf, weights=tree.leaf_cover) for tree in trees))


def contributions(trees: tuple[Tree, ...], table: Floats) -> Floats:
    """rows × characteristics; with `base_score` they add up to the raw score as learnt."""
    found = np.zeros(table.shape)
    for tree in trees:
        if not tree.feature:
            continue
        left = goes_left(tree, table)
        for leaf, path in enumerate(_paths(tree)):
            _add(found, left, path, tree.leaf[leaf])
    return found


def _add(found: Floats, left: Truths, path: _Path, value: float) -> None:
    nodes, weights = _gauss((len(path) + 1) // 2)
    share = np.array([z for _, z, _ in path])
    met = np.column_stack([_met(left, conditions) for _, _, conditions in path])
    # rows × characteristics × nodes
    terms = share[None, :, None] * (1.0 - nodes) + met[:, :, None] * nodes
    product = terms.prod(axis=1, keepdims=True)
    integral = ((product / terms) * weights).sum(axis=2)
    found[:, [column for column, _, _ in path]] += value * (met - share) * integral


def _met(left: Truths, conditions: list[tuple[int, bool]]) -> Floats:
    ok = np.ones(len(left), dtype=np.bool_)
    for node, to_left in conditions:
        ok &= left[:, node] == to_left
    return ok.astype(np.float64)


@lru_cache(maxsize=128)
def _gauss(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1.0) / 2.0, weights / 2.0


def _paths(tree: Tree) -> list[_Path]:
    """The path to each leaf, with the conditions of one characteristic put together."""
    found: list[_Path] = [[] for _ in tree.leaf]
    waiting: list[tuple[int, dict[int, tuple[float, list[tuple[int, bool]]]]]] = [(0, {})]
    while waiting:
        node, so_far = waiting.pop()
        if node < 0:
            found[~node] = [(column, z, list(met)) for column, (z, met) in so_far.items()]
            continue
        for child, to_left in ((tree.left[node], True), (tree.right[node], False)):
            rows = tree.cover[child] if child >= 0 else tree.leaf_cover[~child]
            column = tree.feature[node]
            z, met = so_far.get(column, (1.0, []))
            step = (z * rows / tree.cover[node], [*met, (node, to_left)])
            waiting.append((child, {**so_far, column: step}))
    return found
