"""From rows with outcomes to a model with its report, in one step and one order.

    trial out of fold → report;   then the model itself, learnt from every row

The report is about the recipe: five models made the same way, each judged on rows it had not seen.
The model that is kept has seen all rows, so it is at least as good as they were; its own rows are
only used to say what the population looked like.
"""

from msgspec import Struct

from xinheng.learning import boosting, card, logistic, protocol, validation
from xinheng.learning.boosting import BoostedModel
from xinheng.learning.card import ScorecardModel
from xinheng.learning.columns import Columns, Floats, Truths
from xinheng.learning.validation import Report, Trialled

_WORDS = "5-fold stratified, everything learnt inside the folds, pooled out of fold, seed {seed}"


class DevelopedCard(Struct, frozen=True):
    """A scorecard and its report."""

    model: ScorecardModel
    report: Report


class DevelopedTrees(Struct, frozen=True):
    """A challenger, calibrated, and its report."""

    model: BoostedModel
    report: Report


def scorecard(columns: Columns, bad: Truths, plan: card.Plan, seed: int = 0) -> DevelopedCard:
    """Learn a scorecard; its probabilities are those that its points promise."""
    model = card.learn(columns, bad, plan)

    def trial(known: Columns, outcome: Truths, unseen: Columns) -> Floats:
        return logistic.probability(card.log_odds(card.learn(known, outcome, plan), unseen))

    p = protocol.out_of_fold(columns, bad, protocol.folds(bad, seed), trial)
    used = {one.key: columns[one.key] for one in model.bins}
    known_p = logistic.probability(card.log_odds(model, columns))
    trialled = Trialled(
        plan.name, plan.version, _WORDS.format(seed=seed), p, bad, used, known_p, used, seed
    )
    return DevelopedCard(model, validation.report(trialled))


def challenger(columns: Columns, bad: Truths, plan: boosting.Plan) -> DevelopedTrees:
    """Learn a calibrated challenger; each fold is calibrated from rows of the other four."""
    model = boosting.learn_calibrated(columns, bad, plan)

    def trial(known: Columns, outcome: Truths, unseen: Columns) -> Floats:
        return boosting.probability(boosting.learn_calibrated(known, outcome, plan), unseen)

    p = protocol.out_of_fold(columns, bad, protocol.folds(bad, plan.seed), trial)
    known_p = boosting.probability(model, columns)
    words = _WORDS.format(seed=plan.seed) + ", calibrated inside each fold"
    trialled = Trialled(
        plan.name, plan.version, words, p, bad, columns, known_p, columns, plan.seed
    )
    return DevelopedTrees(model, validation.report(trialled))
