"""What intensities and grey levels alike are described by; each part is computed when a feature first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, nan, sqrt
from typing import Any

import numpy as np

from ..image import Levels
from ..kernels import statistics
from ..registry import Dialect, Feature

ONLY_PYRADIOMICS = frozenset({Dialect.PYRADIOMICS})
ONLY_IBSI = frozenset({Dialect.IBSI})


def ratio(numerator: float, denominator: float) -> float:
    """A quotient; NaN for 0 / 0, signed infinity for anything else over 0."""
    if denominator == 0:
        return nan if numerator == 0 else inf * (1 if numerator > 0 else -1)
    return numerator / denominator


@dataclass(frozen=True, eq=False)
class Distribution:
    """A list of intensities or of grey levels.

    Attributes
    ----------
    values : float64, ascending where they have counts
    counts : how often each of the values occurs; None where each stands for itself
    extremes : the lowest and the highest value that occurs
    dialect : PyRadiomics' kurtosis is 3 for a normal distribution, the IBSI's is 0
    shift : added to the values before their squares are summed
    """

    values: np.ndarray
    counts: np.ndarray | None
    extremes: tuple[float, float]
    dialect: Dialect
    shift: float = 0.0

    @cached_property
    def moments(self) -> statistics.Moments:
        return statistics.moments(self.values, self.counts, *self.extremes, self.shift)

    @cached_property
    def percentiles(self) -> tuple[float, ...]:
        """The 10th, 25th, 50th, 75th and 90th percentile."""
        return statistics.percentiles(self.values, self.counts, (0.10, 0.25, 0.50, 0.75, 0.90), *self.extremes)

    @property
    def range(self) -> float:
        return self.moments.maximum - self.moments.minimum

    @property
    def interquartile_range(self) -> float:
        return self.percentiles[3] - self.percentiles[1]

    @property
    def skewness(self) -> float:
        """0 where all values are equal, by both dialects' definition."""
        return self.moments.third / self.moments.second**1.5 if self.moments.second else 0.0

    @property
    def kurtosis(self) -> float:
        """0 where all values are equal, by both dialects' definition."""
        if self.moments.second == 0:
            return 0.0
        plain = self.moments.fourth / self.moments.second**2
        match self.dialect:
            case Dialect.PYRADIOMICS:
                return plain
            case Dialect.IBSI:
                return plain - 3

    @property
    def robust_deviation(self) -> float:
        return float(statistics.robust_deviation(self.values, self.counts, self.percentiles[0], self.percentiles[4]))

    @property
    def median_deviation(self) -> float:
        return float(statistics.mean_deviation(self.values, self.counts, self.percentiles[2]))

    @property
    def variation(self) -> float:
        return ratio(sqrt(self.moments.second), self.moments.mean)

    @property
    def quartile_dispersion(self) -> float:
        return ratio(self.interquartile_range, self.percentiles[3] + self.percentiles[1])

    @property
    def root_mean_square(self) -> float:
        return sqrt(self.moments.energy / (self.values.size if self.counts is None else self.counts.sum()))


@dataclass(frozen=True)
class _Statistic:
    """A feature of any distribution: `{}` in its meaning stands for what is distributed, `power` is its unit's."""

    formula: str
    meaning: str
    value: Callable[[Distribution], float]
    power: int = 1
    dialects: frozenset[Dialect] = frozenset(Dialect)


STATISTICS = {
    "Mean": _Statistic("m = sum(x) / N", "The average {}.", lambda d: d.moments.mean),
    "Variance": _Statistic(
        "sum((x - m)^2) / N", "How widely the {}s spread about their mean.", lambda d: d.moments.second, 2
    ),
    "Skewness": _Statistic(
        "mu_3 / mu_2^1.5; 0 where all x are equal",
        "How far the {}s lean: positive with a tail towards high values, negative towards low ones.",
        lambda d: d.skewness,
        0,
    ),
    "Kurtosis": _Statistic(
        "mu_4 / mu_2^2 (PyRadiomics), mu_4 / mu_2^2 - 3 (IBSI); 0 where all x are equal",
        "How much of the spread comes from rare, extreme {}s.",
        lambda d: d.kurtosis,
        0,
    ),
    "Median": _Statistic("P50", "The middle {}: half of the voxels lie below it.", lambda d: d.percentiles[2]),
    "Minimum": _Statistic("min(x)", "The lowest {}.", lambda d: d.moments.minimum),
    "10Percentile": _Statistic("P10", "The {} below which a tenth of the voxels lie.", lambda d: d.percentiles[0]),
    "90Percentile": _Statistic("P90", "The {} above which a tenth of the voxels lie.", lambda d: d.percentiles[4]),
    "Maximum": _Statistic("max(x)", "The highest {}.", lambda d: d.moments.maximum),
    "InterquartileRange": _Statistic(
        "P75 - P25", "The width of the middle half of the {}s.", lambda d: d.interquartile_range
    ),
    "Range": _Statistic("max(x) - min(x)", "The distance from the lowest to the highest {}.", lambda d: d.range),
    "MeanAbsoluteDeviation": _Statistic(
        "sum(|x - m|) / N", "The average distance of the {}s from their mean.", lambda d: d.moments.deviation
    ),
    "RobustMeanAbsoluteDeviation": _Statistic(
        "mean absolute deviation of those x with P10 <= x <= P90; NaN where there is none",
        "The average distance of the {}s from their mean, the lowest and highest tenth left out.",
        lambda d: d.robust_deviation,
    ),
    "MedianAbsoluteDeviation": _Statistic(
        "sum(|x - P50|) / N",
        "The average distance of the {}s from their median.",
        lambda d: d.median_deviation,
        dialects=ONLY_IBSI,
    ),
    "CoefficientOfVariation": _Statistic(
        "sqrt(mu_2) / m", "The spread of the {}s relative to their mean.", lambda d: d.variation, 0, ONLY_IBSI
    ),
    "QuartileCoefficientOfDispersion": _Statistic(
        "(P75 - P25) / (P75 + P25)",
        "The spread of the middle half of the {}s relative to their size.",
        lambda d: d.quartile_dispersion,
        0,
        ONLY_IBSI,
    ),
}


def statistics_of(
    what: str, unit: str, identifiers: Mapping[str, tuple[str, str]], get: Callable[[Any], Distribution]
) -> tuple[Feature, ...]:
    """The features that describe a distribution, as one family declares them.

    Parameters
    ----------
    what : what is distributed, in the singular
    unit : of a value
    identifiers : the IBSI's code and term in this family, by name
    get : finds the distribution in what the family computes
    """
    return tuple(
        Feature(
            name=name,
            formula=statistic.formula,
            meaning=statistic.meaning.format(what),
            value=_after(get, statistic.value),
            code=identifiers[name][0],
            term=identifiers[name][1],
            unit=power_of(unit, statistic.power),
            dialects=statistic.dialects,
        )
        for name, statistic in STATISTICS.items()
    )


def _after(get: Callable[[Any], Distribution], value: Callable[[Distribution], float]) -> Callable[[Any], float]:
    return lambda computed: value(get(computed))


def power_of(unit: str, exponent: int) -> str:
    """
    >>> power_of("mm", 3), power_of("mm", 1), power_of("mm", 0)
    ('mm^3', 'mm', '1')
    """
    return {0: "1", 1: unit}.get(exponent, f"{unit}^{exponent}")


def level_counts(levels: Levels, intensities: np.ndarray | None = None) -> np.ndarray:
    """How many voxels have each grey level, (Ng,); from the counts of `intensities` where levels were looked up."""
    if levels.table is None or intensities is None:
        return statistics.tally(levels.values, 0, levels.count + 1)[1:]
    return np.bincount(levels.table, intensities, levels.count + 1)[1:].astype(np.int64)


def entropy(probabilities: np.ndarray) -> float:
    """In bits, of probabilities that are not zero."""
    return -float((probabilities * np.log2(probabilities)).sum())


def evaluate(computed: object, features: tuple[Feature, ...]) -> dict[str, float]:
    """The value of each feature by name."""
    return {feature.name: float(feature.value(computed)) for feature in features}
