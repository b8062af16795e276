"""Scores of class predictions. Arrays in, `Estimate` out; nothing here knows a table, a model or a fold.

`y` is 0/1 for two classes and 0..K-1 for several; `probability` is of class 1, or of shape (n, K).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from .intervals import Estimate, combine, mean, ratio, undefined


def auc(y: np.ndarray, score: np.ndarray) -> Estimate:
    """Area under the ROC curve with DeLong's variance (Biometrics 1988;44:837).

    Parameters
    ----------
    y : shape (n,), 0 or 1
    score : shape (n,), higher for class 1; only the order matters, ties count one half
    """
    y, score = np.asarray(y, bool), np.asarray(score, float)
    m, n = int(y.sum()), int((~y).sum())
    if m == 0 or n == 0:
        return undefined(len(y))
    all_ranks = rankdata(score)
    placement = np.empty(len(y))
    placement[y] = (all_ranks[y] - rankdata(score[y])) / n
    placement[~y] = 1 - (all_ranks[~y] - rankdata(score[~y])) / m
    value = float(placement[y].mean())
    influence = np.empty(len(y))
    influence[y] = (placement[y] - value) / np.sqrt(m * max(m - 1, 1))
    influence[~y] = (placement[~y] - value) / np.sqrt(n * max(n - 1, 1))
    return Estimate(value, influence)


def average_precision(y: np.ndarray, score: np.ndarray) -> Estimate:
    """Mean of the precision at each case of class 1.

    Its influence leaves out what a case does to the precision at other cases: intervals are better bootstrapped.
    """
    y, score = np.asarray(y, bool), np.asarray(score, float)
    if not y.any() or y.all():
        return undefined(len(y))
    at_or_above = rankdata(-score, method="max")
    positives_above = np.searchsorted(np.sort(-score[y]), -score, side="right")
    precision = positives_above / at_or_above
    return ratio(precision * y, y.astype(float))


def balanced_accuracy(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    """Mean over the classes of the share that is recognised."""
    y, predicted = np.asarray(y), np.asarray(predicted)
    right = (y == predicted).astype(float)
    recalls = [ratio(right * (y == c), (y == c).astype(float)) for c in np.unique(y)]
    index = np.arange(len(y))
    return combine([(recall, index) for recall in recalls], len(y)) if len(recalls) > 1 else undefined(len(y))


def sensitivity(y: np.ndarray, positive: np.ndarray) -> Estimate:
    y, positive = np.asarray(y, bool), np.asarray(positive, bool)
    return ratio((y & positive).astype(float), y.astype(float))


def specificity(y: np.ndarray, positive: np.ndarray) -> Estimate:
    return sensitivity(~np.asarray(y, bool), ~np.asarray(positive, bool))


def positive_predictive_value(y: np.ndarray, positive: np.ndarray) -> Estimate:
    """NaN where nobody is called positive."""
    return sensitivity(positive, y)


def negative_predictive_value(y: np.ndarray, positive: np.ndarray) -> Estimate:
    """NaN where nobody is called negative."""
    return sensitivity(~np.asarray(positive, bool), ~np.asarray(y, bool))


def multiclass_auc(y: np.ndarray, probability: np.ndarray) -> Estimate:
    """Unweighted mean of each class's AUC against all others."""
    parts = [(auc(y == k, probability[:, k]), np.arange(len(y))) for k in range(probability.shape[1])]
    return combine(parts, len(y))


def accuracy(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    return mean((np.asarray(y) == np.asarray(predicted)).astype(float))


def quadratic_kappa(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    """Agreement of grades beyond chance, weighted by the squared distance (Cohen 1968)."""
    y, predicted = np.asarray(y, float), np.asarray(predicted, float)
    n = len(y)
    squared = (y - predicted) ** 2
    chance_of_y = np.array([np.mean((a - predicted) ** 2) for a in y])
    chance_of_prediction = np.array([np.mean((y - b) ** 2) for b in predicted])
    by_chance = float(chance_of_y.mean())
    if n < 2 or by_chance == 0:
        return undefined(n)
    disagreement = squared.mean() / by_chance
    change = squared - disagreement * (chance_of_y + chance_of_prediction - by_chance)
    return Estimate(float(1 - disagreement), -change / (by_chance * np.sqrt(n * (n - 1))), bounded=False)


def roc_curve(y: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rate, true positive rate and threshold, from (0, 0) to (1, 1), a point per distinct score."""
    y, score = np.asarray(y, bool), np.asarray(score, float)
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.r_[np.flatnonzero(np.diff(score[order])), len(y) - 1]
    true = np.cumsum(y[order])[last_of_ties]
    false = 1 + last_of_ties - true
    rates = (np.r_[0, false] / max(int((~y).sum()), 1), np.r_[0, true] / max(int(y.sum()), 1))
    return *rates, np.r_[np.inf, score[order][last_of_ties]]


@dataclass(frozen=True)
class Threshold:
    """A cut chosen on training data: called positive at or above `value`."""

    rule: str
    value: float


def youden_threshold(y: np.ndarray, score: np.ndarray) -> Threshold:
    """The cut with the largest sensitivity + specificity, half way to the next score below it."""
    false, true, cuts = roc_curve(y, score)
    return Threshold("youden", _half_way(cuts, int(np.argmax(true - false))))


def sensitivity_threshold(y: np.ndarray, score: np.ndarray, at_least: float = 0.9) -> Threshold:
    """The highest cut at which the sensitivity reaches `at_least`."""
    _, true, cuts = roc_curve(y, score)
    return Threshold(f"sensitivity {at_least:g}", _half_way(cuts, int(np.argmax(true >= at_least - 1e-12))))


def _half_way(cuts: np.ndarray, chosen: int) -> float:
    if chosen == 0:
        return float(cuts[1])
    below = cuts[chosen + 1] if chosen + 1 < len(cuts) else cuts[chosen]
    return float((cuts[chosen] + below) / 2)
