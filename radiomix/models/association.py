"""How strongly each column goes with the outcome, one column at a time, for every kind of outcome.

All are rank statistics, so a monotone change of a feature changes nothing: Kruskal-Wallis for classes (Mann-Whitney
for two), Spearman for numbers and grades, the Cox score test on ranks for times to event.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.utils.multiclass import type_of_target

from .frames import Values
from .outcome import Outcome, Task, entries, only_cause, strata


def task_of(y: Any) -> Task:
    """The kind of outcome an array looks like; grades given as integers look like classes."""
    names = getattr(getattr(y, "dtype", None), "names", None)
    if names:
        return Task.SURVIVAL if y["event"].dtype == bool else Task.COMPETING
    match type_of_target(y):
        case "binary":
            return Task.BINARY
        case "continuous":
            return Task.CONTINUOUS
        case _:
            return Task.MULTICLASS


def association(values: Values, y: Any, task: Task | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test each column against the outcome.

    Parameters
    ----------
    values : (n, p) numbers; missing ones count as the column's median
    y : (n,) outcome
    task : its kind; None asks `task_of`

    Returns
    -------
    statistic : (p,) chi-squared-like numbers, larger is stronger; 0 for a constant
    p_value : (p,) two-sided; 1 for a constant
    """
    match task or task_of(y):
        case Task.BINARY | Task.MULTICLASS:
            return _kruskal(ranks(values), np.asarray(y))
        case Task.CONTINUOUS | Task.ORDINAL:
            numbers = np.unique(y, return_inverse=True)[1] if np.asarray(y).dtype.kind in "OUS" else y
            return _spearman(ranks(values), stats.rankdata(numbers))
        case Task.COMPETING:
            return _squared(score_test(values, only_cause(y)))
        case Task.SURVIVAL:
            return _squared(score_test(values, y))


def ranks(values: Values) -> Values:
    """(n, p) average ranks within columns, centred at 0, missing values at the middle."""
    missing = np.isnan(values)
    if not missing.any():
        return stats.rankdata(values, axis=0) - (len(values) + 1) / 2
    out = stats.rankdata(values, axis=0, nan_policy="omit")
    return np.where(missing, 0.0, out - (np.sum(~missing, axis=0) + 1) / 2)


def _kruskal(ranked: Values, y: NDArray[Any]) -> tuple[Values, Values]:
    classes, codes = np.unique(y, return_inverse=True)
    member = np.eye(len(classes))[codes]
    means = (member.T @ ranked) / member.sum(axis=0)[:, None]
    between = member.sum(axis=0) @ (means - ranked.mean(axis=0)) ** 2
    statistic = _ratio(between, ranked.var(axis=0, ddof=1))
    return statistic, stats.chi2.sf(statistic, len(classes) - 1)


def _spearman(ranked: Values, y: Values) -> tuple[Values, Values]:
    centred = y - y.mean()
    cross = (centred @ (ranked - ranked.mean(axis=0))) ** 2
    statistic = (len(y) - 1) * _ratio(cross, (centred @ centred) * len(y) * ranked.var(axis=0))
    return statistic, stats.chi2.sf(statistic, 1)


def score_test(values: Values, y: Outcome) -> NDArray[np.float64]:
    """(p,) z of Cox's score test on the ranks of each column: positive where high values go with early events."""
    return score_of_ranks(ranks(values), y)


def score_of_ranks(ranked: Values, y: Outcome) -> NDArray[np.float64]:
    """The same for columns that are ranks already, perhaps among more cases than these."""
    score, variance = np.zeros(ranked.shape[1]), np.zeros(ranked.shape[1])
    for stratum in np.unique(strata(y)):
        rows = strata(y) == stratum
        s, v = _score_and_variance(ranked[rows], y[rows])
        score, variance = score + s, variance + v
    return _ratio(score, np.sqrt(variance))


def _score_and_variance(x: Values, y: Outcome) -> tuple[Values, Values]:
    """The Cox score at zero effect and its variance: at each event, the case against those at risk."""
    times = np.unique(y["time"][y["event"]])
    by_time = np.searchsorted(times, y["time"], side="right")  # at risk at times[:by_time]
    by_entry = np.searchsorted(times, entries(y), side="right")  # ... but not at times[:by_entry]
    moments = np.concatenate([np.ones((len(x), 1)), x, x**2], axis=1)
    change = np.zeros((len(times) + 1, moments.shape[1]))
    np.add.at(change, by_time, moments)
    np.add.at(change, by_entry, -moments)
    at_risk = np.cumsum(change[::-1], axis=0)[::-1][1:]
    size, p = at_risk[:, :1], x.shape[1]
    mean, square = at_risk[:, 1 : p + 1] / size, at_risk[:, p + 1 :] / size
    events = np.bincount(np.searchsorted(times, y["time"][y["event"]]), minlength=len(times)).astype(float)
    return x[y["event"]].sum(axis=0) - events @ mean, events @ np.maximum(square - mean**2, 0)


def _squared(z: Values) -> tuple[Values, Values]:
    return z**2, stats.chi2.sf(z**2, 1)


def _ratio(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.zeros_like(above, dtype=float), where=below > 1e-12)
