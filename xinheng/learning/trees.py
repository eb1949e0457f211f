"""Boosted trees as plain data, evaluated by this page alone.

A tree is five lists. Node n sends a row left where value ≤ threshold; a child ≥ 0 is a node further
down the lists (so nothing can run in circles), a child below zero is leaf ~child. The raw score is
the sum of the leaves reached: log-odds of bad. What is not known goes where training sent it
(`learnt`), or, as the product scores, down both branches to the worse end (`worst`), so that
keeping silent never helps; `span` gives both ends, the band that a missing value leaves open.

Worked: one split, days late ≤ 15, leaves −1.2 and 0.8: 10 days → −1.2; not known → 0.8, and the
band is [−1.2, 0.8].
"""

from typing import Literal

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Floats, Integers, LearningError, Truths

Missing = Literal["worst", "learnt"]


class Tree(Struct, frozen=True, forbid_unknown_fields=True):
    """One tree. `cover` counts the training rows of each node, `leaf_cover` of each leaf."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    cover: tuple[int, ...]
    leaf: tuple[float, ...]
    leaf_cover: tuple[int, ...]


def check(trees: tuple[Tree, ...], features: int) -> None:
    """A tree from a file is whole: lists of one length, every child named once and further down."""
    for number, tree in enumerate(trees):
        fault = _fault(tree, features)
        if fault:
            raise LearningError(
                "tree",
                f"第 {number} 棵树无效：{fault[0]}。",
                f"Tree {number} is not valid: {fault[1]}.",
            )


def _fault(tree: Tree, features: int) -> tuple[str, str] | None:
    nodes = len(tree.feature)
    lists = (tree.threshold, tree.missing_left, tree.left, tree.right, tree.cover)
    if any(len(one) != nodes for one in lists) or len(tree.leaf) != nodes + 1:
        return "列表长度不一致", "its lists differ in length"
    if len(tree.leaf_cover) != len(tree.leaf) or min(*tree.cover, *tree.leaf_cover, 1) < 1:
        return "样本数缺失或不为正", "a count of rows is absent or not above zero"
    if not np.isfinite((*tree.threshold, *tree.leaf)).all():
        return "含有非有限数", "a number is not finite"
    if any(not 0 <= one < features for one in tree.feature):
        return "引用了不存在的特征", "it names a feature that is not there"
    for node in range(nodes):
        if any(0 <= child <= node for child in (tree.left[node], tree.right[node])):
            return "子节点不在父节点之后", "a child does not come after its parent"
    children = sorted((*tree.left, *tree.right))
    wanted = [*range(-len(tree.leaf), 0), *range(1, nodes)] if nodes else []
    if children != wanted:
        return "有节点被引用多次或从未引用", "a node is reached twice or never"
    return None


def goes_left(tree: Tree, table: Floats) -> Truths:
    """For each row and node, whether the row would go left there."""
    values = table[:, np.array(tree.feature, dtype=np.int64)]
    left: Truths = values <= np.array(tree.threshold)
    return np.where(np.isnan(values), np.array(tree.missing_left, dtype=np.bool_), left)


def reached(tree: Tree, table: Floats) -> Integers:
    """The leaf of each row."""
    if not tree.feature:
        return np.zeros(len(table), dtype=np.int64)
    feature, threshold = np.array(tree.feature), np.array(tree.threshold)
    left, right = np.array(tree.left), np.array(tree.right)
    missing_left = np.array(tree.missing_left)
    at = np.zeros(len(table), dtype=np.int64)
    rows = np.arange(len(table))
    while len(rows):
        node = at[rows]
        values = table[rows, feature[node]]
        to_left = np.where(np.isnan(values), missing_left[node], values <= threshold[node])
        at[rows] = np.where(to_left, left[node], right[node])
        rows = rows[at[rows] >= 0]
    return ~at


def raw_score(trees: tuple[Tree, ...], table: Floats, missing: Missing) -> Floats:
    """Log-odds of bad of each row."""
    total = np.zeros(len(table))
    unknown = np.isnan(table).any(axis=1) if missing == "worst" else np.zeros(len(table), bool)
    plain = table[~unknown]
    for tree in trees:
        total[~unknown] += np.array(tree.leaf)[reached(tree, plain)]
    if unknown.any():
        total[unknown] = span(trees, table[unknown])[1]
    return total


def span(trees: tuple[Tree, ...], table: Floats) -> tuple[Floats, Floats]:
    """(lowest, highest) raw score of each row over whatever the missing values may be. Bounds: each
    tree takes its own best and worst branch.
    """
    low, high = np.zeros(len(table)), np.zeros(len(table))
    for tree in trees:
        lows, highs = _ends(tree, table)
        low += lows
        high += highs
    return low, high


def _ends(tree: Tree, table: Floats) -> tuple[Floats, Floats]:
    """From the last node upwards: the ends of a node are those of its child, or of both."""
    rows = len(table)
    low: dict[int, Floats] = {~i: np.full(rows, leaf) for i, leaf in enumerate(tree.leaf)}
    high = dict(low)
    for node in reversed(range(len(tree.feature))):
        values = table[:, tree.feature[node]]
        unknown = np.isnan(values)
        left = values <= tree.threshold[node]
        a, b = tree.left[node], tree.right[node]
        low[node] = np.where(left, low[a], low[b])
        high[node] = np.where(left, high[a], high[b])
        low[node][unknown] = np.minimum(low[a], low[b])[unknown]
        high[node][unknown] = np.maximum(high[a], high[b])[unknown]
    root = 0 if tree.feature else -1
    return low[root], high[root]
