"""How far predicted probabilities can be taken at their word, and what acting on them is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from .intervals import Estimate, mean, undefined

SMALLEST = 1e-6


def brier(y: np.ndarray, probability: np.ndarray) -> Estimate:
    """Mean squared distance of the probability from the outcome; of shape (n, K) probabilities, summed over classes."""
    probability = np.asarray(probability, float)
    if probability.ndim == 2:
        truth = np.eye(probability.shape[1])[np.asarray(y, int)]
        return mean(((probability - truth) ** 2).sum(axis=1), bounded=False)
    return mean((probability - np.asarray(y, float)) ** 2)


def log_loss(y: np.ndarray, probability: np.ndarray) -> Estimate:
    probability = np.clip(np.asarray(probability, float), SMALLEST, 1 - SMALLEST)
    if probability.ndim == 2:
        return mean(-np.log(probability[np.arange(len(y)), np.asarray(y, int)]), bounded=False)
    y = np.asarray(y, bool)
    return mean(-np.log(np.where(y, probability, 1 - probability)), bounded=False)


@dataclass(frozen=True)
class BrierParts:
    """Murphy's decomposition: brier = reliability - resolution + uncertainty + what grouping leaves within."""

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @property
    def brier(self) -> float:
        return self.reliability - self.resolution + self.uncertainty + self.within


def brier_parts(y: np.ndarray, probability: np.ndarray, groups: int = 10) -> BrierParts:
    """The Brier score taken apart over `groups` groups of equal size (Murphy 1973, Stephenson 2008 for `within`)."""
    y, probability = np.asarray(y, float), np.asarray(probability, float)
    base = y.mean()
    reliability = resolution = within = 0.0
    for part in _equal_groups(probability, groups):
        share, observed, expected = len(part) / len(y), y[part].mean(), probability[part].mean()
        reliability += share * (expected - observed) ** 2
        resolution += share * (observed - base) ** 2
        deviation = probability[part] - expected
        within += share * (np.mean(deviation**2) - 2 * np.mean(deviation * (y[part] - observed)))
    return BrierParts(float(reliability), float(resolution), float(base * (1 - base)), float(within))


def calibration_slope(y: np.ndarray, probability: np.ndarray) -> Estimate:
    """Slope of the outcome on the logit of the probability: below 1 the predictions are too extreme."""
    design = np.column_stack([np.ones(len(y)), _logits(probability)])
    return _coefficient(design, np.asarray(y, float), np.zeros(len(y)), 1)


def calibration_intercept(y: np.ndarray, probability: np.ndarray) -> Estimate:
    """Calibration in the large: the shift on the logit scale that is missing; above 0 the risks are too low."""
    return _coefficient(np.ones((len(y), 1)), np.asarray(y, float), _logits(probability), 0)


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """`observed[i]` is the smoothed share of outcomes where `predicted[i]` was predicted; `low`, `high` bound it."""

    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray


def calibration_curve(y: np.ndarray, probability: np.ndarray, points: int = 50) -> CalibrationCurve:
    """A flexible curve: logistic regression on a restricted cubic spline (3 knots) of the logit.

    The knots lie at the 10th, 50th and 90th percentile (Harrell, Regression Modeling Strategies); where fewer than
    three distinct values exist there, the curve is a straight line on the logit scale.
    """
    y, x = np.asarray(y, float), _logits(probability)
    knots = np.unique(np.quantile(x, [0.1, 0.5, 0.9]))
    grid = np.linspace(np.quantile(x, 0.01), np.quantile(x, 0.99), points)
    weights, covariance = _logistic(_spline(x, knots), y, np.zeros(len(y)))
    if weights is None or covariance is None:
        flat = np.full(points, np.nan)
        return CalibrationCurve(expit(grid), flat, flat, flat)
    basis = _spline(grid, knots)
    centre = basis @ weights
    half = 1.959964 * np.sqrt(np.einsum("ij,jk,ik->i", basis, covariance, basis))
    return CalibrationCurve(expit(grid), expit(centre), expit(centre - half), expit(centre + half))


def calibration_errors(y: np.ndarray, probability: np.ndarray) -> tuple[float, float]:
    """ECI and ICI: 100 times the mean squared, and the mean absolute, distance of prediction and flexible curve.

    Van Hoorde et al. (J Biomed Inform 2015;54:283) and Austin and Steyerberg (Stat Med 2019;38:4051).
    """
    y, probability = np.asarray(y, float), np.asarray(probability, float)
    x = _logits(probability)
    knots = np.unique(np.quantile(x, [0.1, 0.5, 0.9]))
    weights, _ = _logistic(_spline(x, knots), y, np.zeros(len(y)))
    if weights is None:
        return np.nan, np.nan
    gap = expit(_spline(x, knots) @ weights) - probability
    return float(100 * np.mean(gap**2)), float(np.mean(np.abs(gap)))


def net_benefit(y: np.ndarray, probability: np.ndarray, threshold: float) -> Estimate:
    """True positives less false positives weighted by the odds of the threshold, per case (Vickers and Elkin 2006)."""
    y, treated = np.asarray(y, bool), np.asarray(probability, float) >= threshold
    worth = (treated & y) - (treated & ~y) * threshold / (1 - threshold)
    return mean(worth.astype(float), bounded=False)


def decision_curve(y: np.ndarray, probability: np.ndarray, thresholds: np.ndarray) -> dict[str, np.ndarray]:
    """Net benefit of the model, of treating all and of treating none at each threshold."""
    everyone = np.ones(len(y))
    return {
        "threshold": np.asarray(thresholds, float),
        "model": np.array([net_benefit(y, probability, t).value for t in thresholds]),
        "all": np.array([net_benefit(y, everyone, t).value for t in thresholds]),
        "none": np.zeros(len(thresholds)),
    }


def _logits(probability: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(probability, float), SMALLEST, 1 - SMALLEST))


def _equal_groups(values: np.ndarray, groups: int) -> list[np.ndarray]:
    return [part for part in np.array_split(np.argsort(values, kind="stable"), groups) if len(part)]


def _spline(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    columns = [np.ones(len(x)), x]
    if len(knots) == 3:
        first, middle, last = knots
        cube = [np.clip(x - k, 0, None) ** 3 for k in knots]
        bend = cube[0] - cube[1] * (last - first) / (last - middle) + cube[2] * (middle - first) / (last - middle)
        columns.append(bend / (last - first) ** 2)
    return np.column_stack(columns)


def _logistic(
    design: np.ndarray, y: np.ndarray, offset: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """Weights and covariance by Newton's method; None where the data do not determine them."""
    weights = np.zeros(design.shape[1])
    if y.min() == y.max() or np.linalg.matrix_rank(design) < design.shape[1]:
        return None, None
    for _ in range(50):
        p = expit(design @ weights + offset)
        information = design.T @ (design * (p * (1 - p))[:, None])
        if np.linalg.cond(information) > 1e12:
            return None, None
        step = np.linalg.solve(information, design.T @ (y - p))
        weights = weights + step / max(1.0, np.abs(step).max() / 5)
        if np.abs(step).max() < 1e-10:
            return weights, np.linalg.inv(information)
    return None, None


def _coefficient(design: np.ndarray, y: np.ndarray, offset: np.ndarray, which: int) -> Estimate:
    weights, covariance = _logistic(design, y, offset)
    if weights is None:
        return undefined(len(y))
    residual = y - expit(design @ weights + offset)
    influence = (covariance @ (design * residual[:, None]).T)[which]
    return Estimate(float(weights[which]), influence, bounded=False)
