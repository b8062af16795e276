"""The empirical-Bayes part of ComBat: one batch's shift and scale of each feature, drawn towards all features'.

Symbols of Johnson et al. 2007: gamma is `location`, delta squared is `scale`; n counts a feature's known values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Shift(NamedTuple):
    """(features,) what a batch adds to standardised features, and by what variance it multiplies their noise."""

    location: Values
    scale: Values


def batch_moments(standard: Values) -> Shift:
    """Mean and variance (n - 1) of each feature over a batch's known values; 0 and 1 where there are too few."""
    n = np.sum(~np.isnan(standard), axis=0)
    total = np.nansum(standard, axis=0)
    location = total / np.maximum(n, 1)
    squares = np.nansum((standard - location) ** 2, axis=0)
    return Shift(location, np.where(n > 1, squares / np.maximum(n - 1, 1), 1.0))


@dataclass(frozen=True)
class Prior:
    """Normal for locations, inverse gamma for scales; moments taken over features."""

    mean: float
    variance: float
    shape: float
    rate: float

    @classmethod
    def of(cls, seen: Shift) -> Prior:
        if len(seen.location) < 2:
            return cls(float(seen.location.mean()), np.inf, 0.0, 0.0)  # one feature has nothing to be drawn towards
        centre, spread = seen.scale.mean(), max(seen.scale.var(ddof=1), 1e-12)
        return cls(
            mean=float(seen.location.mean()),
            variance=float(seen.location.var(ddof=1)),
            shape=float((2 * spread + centre**2) / spread),
            rate=float((centre * spread + centre**3) / spread),
        )

    def drawn_location(self, seen: Shift, n: Values | float = 1.0, scale: Values | float = 1.0) -> Values:
        """The posterior mean of the location. Without scales (mean only) n and scale are 1, as in neuroCombat."""
        if np.isinf(self.variance):
            return seen.location
        return (self.variance * n * seen.location + scale * self.mean) / np.maximum(self.variance * n + scale, 1e-300)


def posterior(standard: Values, seen: Shift, *, tolerance: float = 1e-4, iterations: int = 1000) -> Shift:
    """The parametric posterior means, found by turns until both change by less than `tolerance`, relatively."""
    prior, known = Prior.of(seen), ~np.isnan(standard)
    n = known.sum(axis=0)
    if np.isinf(prior.variance):
        return Shift(seen.location, np.where(seen.scale > 0, seen.scale, 1.0))
    now = seen
    for _ in range(iterations):
        location = prior.drawn_location(seen, n, now.scale)
        squares = np.nansum((standard - location) ** 2, axis=0)
        new = Shift(location, (squares / 2 + prior.rate) / (n / 2 + prior.shape - 1))
        change = max(_change(new.location, now.location), _change(new.scale, now.scale))
        now = new
        if change <= tolerance:
            break
    return now


def _change(new: Values, old: Values) -> float:
    return float(np.max(np.abs(new - old) / np.maximum(np.abs(old), 1e-300)))


def posterior_without_prior_shape(standard: Values, seen: Shift) -> Shift:
    """Means over the other features' moments, weighted by how likely they make this feature's values."""
    n = np.sum(~np.isnan(standard), axis=0)[:, None]
    sums = np.nansum(standard, axis=0)[:, None]
    squares = np.nansum(standard**2, axis=0)[:, None]
    location, scale = seen.location[None, :], np.maximum(seen.scale, 1e-12)[None, :]
    residual = squares - 2 * location * sums + n * location**2
    likelihood = -n / 2 * np.log(2 * np.pi * scale) - residual / (2 * scale)
    np.fill_diagonal(likelihood, -np.inf)
    weights = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return Shift(weights @ seen.location, weights @ seen.scale)
