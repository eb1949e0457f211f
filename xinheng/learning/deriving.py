"""A column made of two others, said as people write it: "margin=profit/sales".

Four signs: / − + and nothing else, so nothing is ever run. A ratio over zero or less is not known,
as in `derived`. Names that have such signs themselves are found whole, the longest first. Worked:
"wc=current-short" and then "x1=wc/assets" with 1200, 800 and 2500 → 400 and 0.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from xinheng.learning.columns import LearningError, column_of, is_number
from xinheng.learning.derived import Derived, Operation, extend

_SIGNS: Final[Mapping[str, Operation]] = {"/": "ratio", "-": "difference", "+": "sum"}


def derived_texts(said: str, texts: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The new column as texts, "" where it is not known."""
    key, _, right = (part.strip() for part in said.partition("="))
    found = next(
        (
            (operation, right[: len(name)], right[len(name) :].lstrip()[1:].strip())
            for name in sorted(texts, key=len, reverse=True)
            for sign, operation in _SIGNS.items()
            if right.startswith(name) and right[len(name) :].lstrip().startswith(sign)
        ),
        None,
    )
    if not key or found is None or found[2] not in texts:
        raise LearningError(
            "derived",
            f"--derive {said}：应写成 新列=列/列、列-列 或 列+列，且列要在文件里。",
            f"--derive {said}: write new=a/b, a-b or a+b with columns of the file.",
        )
    operation, one, other = found
    columns = {name: column_of(texts[name]) for name in (one, other)}
    if not all(is_number(column) for column in columns.values()):
        raise LearningError(
            "derived", f"--derive {said}：两列都应是数值。", f"--derive {said}: both are numbers."
        )
    made = extend(columns, (Derived(key, operation, (one, other)),))[key]
    return {key: ["" if np.isnan(value) else repr(float(value)) for value in made]}
