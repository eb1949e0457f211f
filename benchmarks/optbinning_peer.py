"""The yardstick of `scorecard_score_1m`, run by another Python that has optbinning 1.0.

It learns a card on the first rows of a table, prints the card, and scores the whole table once for
each line that it reads. Not part of the product: XINHENG_OPTBINNING_PYTHON names the interpreter.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression


def main(folder: Path) -> None:
    table = np.load(folder / "table.npy")
    bad = np.load(folder / "bad.npy")
    names = [f"c{i}" for i in range(table.shape[1])]
    frame = pd.DataFrame(table, columns=names)
    card = Scorecard(
        binning_process=BinningProcess(names),
        estimator=LogisticRegression(),
        scaling_method="pdo_odds",
        scaling_method_params={"pdo": 20, "odds": 50, "scorecard_points": 600},
        rounding=True,
    )
    card.fit(frame.iloc[: len(bad)], bad)
    print(json.dumps(_described(card, names)), flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        scores = card.score(frame)
        seconds = time.perf_counter() - begun
        np.save(folder / "scores.npy", np.asarray(scores))
        print(seconds, flush=True)


def _described(card: Scorecard, names: list[str]) -> list[dict[str, object]]:
    table = card.table(style="detailed")
    found = []
    for name in names:
        rows = table[table["Variable"] == name]
        bins = [str(one) for one in rows["Bin"]]
        points = [float(one) for one in rows["Points"]]
        at = dict(zip(bins, points, strict=True))
        splits = [float(one) for one in card.binning_process_.get_binned_variable(name).splits]
        found.append(
            {
                "key": name,
                "splits": splits,
                "points": points[: len(splits) + 1],
                "missing": at["Missing"],
            }
        )
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
