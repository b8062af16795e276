"""Scores of predicted numbers."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from .intervals import Estimate, mean, undefined


def mean_absolute_error(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    return mean(np.abs(np.asarray(y, float) - np.asarray(predicted, float)), bounded=False)


def mean_squared_error(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    return mean((np.asarray(y, float) - np.asarray(predicted, float)) ** 2, bounded=False)


def r_squared(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    """1 - squared error / variance; below 0 where the mean would have done better."""
    y, predicted = np.asarray(y, float), np.asarray(predicted, float)
    spread = (y - y.mean()) ** 2
    if len(y) < 2 or spread.sum() == 0:
        return undefined(len(y))
    error = (y - predicted) ** 2
    share = float(error.sum() / spread.sum())
    return Estimate(1 - share, -(error - share * spread) / spread.sum(), bounded=False)


def spearman(y: np.ndarray, predicted: np.ndarray) -> Estimate:
    """Spearman's rank correlation; its influence is that of a correlation of the ranks."""
    n = len(y)
    if n < 3 or np.ptp(y) == 0 or np.ptp(predicted) == 0:
        return undefined(n)
    a, b = ((r - r.mean()) / r.std() for r in (rankdata(y), rankdata(predicted)))
    value = float(np.mean(a * b))
    return Estimate(value, (a * b - value * (a**2 + b**2) / 2) / np.sqrt(n * (n - 1)), bounded=False)
