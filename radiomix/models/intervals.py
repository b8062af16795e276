"""A score as an estimate with its uncertainty, and how estimates are averaged, compared and corrected.

Every score of `metrics*` returns an `Estimate`: its value and each case's influence on it. Influences add up, so that
folds, repeats and several rows of one patient combine without a second formula per score: for the AUC of one sample the
result is DeLong's, for cross-validation it is that of LeDell, Petersen and van der Laan (Electron J Stat 2015;9:1583).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, eq=False)
class Estimate:
    """A score and what each case contributes to its error.

    Attributes
    ----------
    value : the score; NaN where the sample does not define it (one class only, no comparable pair)
    influence : shape (n,); the variance of `value` is the sum of squares over independent cases
    bounded : True for a score between 0 and 1, whose interval is made on the logit scale
    """

    value: float
    influence: np.ndarray
    bounded: bool = True

    def __float__(self) -> float:
        return self.value

    def standard_error(self, groups: np.ndarray | None = None) -> float:
        """With `groups` (patients), rows of one group count as one independent unit."""
        if not np.isfinite(self.value):
            return np.nan
        return float(np.sqrt(np.sum(_by_group(self.influence, groups) ** 2)))

    def interval(self, level: float = 0.95, groups: np.ndarray | None = None) -> tuple[float, float]:
        """Student's interval with as many degrees of freedom as independent contributing units less one."""
        error = self.standard_error(groups)
        units = int(np.count_nonzero(_by_group(self.influence, groups)))
        if not np.isfinite(error) or units < 2:
            return np.nan, np.nan
        quantile = stats.t.ppf(0.5 + level / 2, units - 1)
        if self.bounded and 0 < self.value < 1:
            logit = np.log(self.value / (1 - self.value))
            half = quantile * error / (self.value * (1 - self.value))
            low, high = 1 / (1 + np.exp(-(logit - half))), 1 / (1 + np.exp(-(logit + half)))
            return float(low), float(high)
        return self.value - quantile * error, self.value + quantile * error


def undefined(n: int) -> Estimate:
    """The estimate of a sample that does not define the score."""
    return Estimate(np.nan, np.zeros(n))


def mean(values: np.ndarray, *, bounded: bool = True) -> Estimate:
    """The mean of one number per case."""
    values = np.asarray(values, float)
    n = len(values)
    if n < 2:
        return undefined(n) if n == 0 else Estimate(float(values[0]), np.zeros(1), bounded)
    return Estimate(float(values.mean()), (values - values.mean()) / np.sqrt(n * (n - 1)), bounded)


def ratio(numerator: np.ndarray, denominator: np.ndarray, *, bounded: bool = True) -> Estimate:
    """Sum of one number per case over the sum of another (sensitivity, predictive values)."""
    total = float(np.sum(denominator))
    n = len(numerator)
    if total <= 0:
        return undefined(n)
    value = float(np.sum(numerator)) / total
    count = np.count_nonzero(denominator)
    scale = np.sqrt(count / (count - 1)) if count > 1 else 0.0
    return Estimate(value, scale * (numerator - value * np.asarray(denominator, float)) / total, bounded)


def combine(parts: Sequence[tuple[Estimate, np.ndarray]], n: int) -> Estimate:
    """The mean of a score over test sets, which may overlap.

    Parameters
    ----------
    parts : (estimate, indices of its cases among n) pairs; undefined estimates are left out
    n : number of cases altogether
    """
    defined = [(estimate, index) for estimate, index in parts if np.isfinite(estimate.value)]
    if not defined:
        return undefined(n)
    influence = np.zeros(n)
    for estimate, index in defined:
        np.add.at(influence, index, estimate.influence / len(defined))
    value = float(np.mean([estimate.value for estimate, _ in defined]))
    return Estimate(value, influence, all(estimate.bounded for estimate, _ in defined))


@dataclass(frozen=True)
class Difference:
    """Two scores of the same cases compared: `value` = first - second, with a two-sided p-value."""

    value: float
    low: float
    high: float
    p: float


def difference(
    first: Estimate, second: Estimate, *, groups: np.ndarray | None = None, level: float = 0.95
) -> Difference:
    """The paired comparison of two scores; of two AUCs on one sample, DeLong's test (Biometrics 1988;44:837)."""
    gap = Estimate(first.value - second.value, first.influence - second.influence, bounded=False)
    error = gap.standard_error(groups)
    if not np.isfinite(error):
        return Difference(gap.value, np.nan, np.nan, np.nan)
    if error == 0:
        return Difference(gap.value, gap.value, gap.value, 1.0 if gap.value == 0 else 0.0)
    quantile = stats.norm.ppf(0.5 + level / 2)
    p = 2 * stats.norm.sf(abs(gap.value) / error)
    return Difference(gap.value, gap.value - quantile * error, gap.value + quantile * error, float(p))


def corrected_t_interval(
    scores: Sequence[float], test_fraction: float, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean and interval of scores from resampled splits (Nadeau and Bengio, Machine Learning 2003;52:239).

    The variance over splits is multiplied by 1/J + n_test/n_train, since the training sets overlap.

    Parameters
    ----------
    scores : one per split; NaN is left out
    test_fraction : share of the cases in a test set, between 0 and 1
    """
    values = np.asarray(scores, float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return (float(values.mean()) if len(values) else np.nan), np.nan, np.nan
    factor = 1 / len(values) + test_fraction / (1 - test_fraction)
    half = stats.t.ppf(0.5 + level / 2, len(values) - 1) * np.sqrt(factor * values.var(ddof=1))
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def bootstrap_by_patient(
    statistic: Callable[[np.ndarray], float], groups: np.ndarray, *, draws: int = 200, level: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of a score for which no influence is known, from patients drawn with replacement.

    Parameters
    ----------
    statistic : takes row numbers, of which some stand there several times, and gives the score
    groups : shape (n,), the patient of each row
    """
    rng = np.random.default_rng(0)
    _, owner = np.unique(np.asarray(groups), return_inverse=True)
    rows = [np.flatnonzero(owner == k) for k in range(owner.max() + 1)]
    values = [
        statistic(np.concatenate([rows[k] for k in rng.integers(len(rows), size=len(rows))])) for _ in range(draws)
    ]
    finite = np.array(values)[np.isfinite(values)]
    if len(finite) < draws / 2:
        return np.nan, np.nan
    low, high = np.quantile(finite, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down adjustment; NaN stays NaN and does not count."""
    p = np.asarray(p_values, float)
    adjusted = np.full(p.shape, np.nan)
    order = [i for i in np.argsort(p) if np.isfinite(p[i])]
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


def permutation_p(observed: float, permuted: Sequence[float]) -> float:
    """Share of permutations at least as good as what was observed, the observed one counted in."""
    values = np.asarray(permuted, float)
    values = values[np.isfinite(values)]
    return float((1 + np.sum(values >= observed - 1e-12)) / (1 + len(values)))


def _by_group(influence: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    if groups is None:
        return influence
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    return np.bincount(codes, weights=influence)
