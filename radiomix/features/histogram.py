"""Statistics of the grey levels: the IBSI's intensity histogram."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np

from ..registry import Domain, Family, Feature, Values
from .distribution import Distribution, entropy, evaluate, statistics_of
from .source import Source


@dataclass(frozen=True, eq=False)
class Histogram:
    """What histogram features are read from."""

    source: Source

    @cached_property
    def levels(self) -> Distribution:
        present = np.flatnonzero(self.counts) + 1.0
        extremes = float(present[0]), float(present[-1])
        return Distribution(present, self.counts[self.counts > 0], extremes, self.source.config.dialect)

    @property
    def counts(self) -> np.ndarray:
        """How many voxels have each grey level, (Ng,)."""
        return self.source.level_counts

    @property
    def probabilities(self) -> np.ndarray:
        """The shares of the grey levels that occur."""
        return self.counts[self.counts > 0] / self.counts.sum()

    @property
    def mode(self) -> float:
        """The commonest level; of several, the one nearest to the mean, and the lower of two that are equally near."""
        commonest = np.flatnonzero(self.counts == self.counts.max()) + 1
        return float(commonest[np.argmin(np.abs(commonest - self.levels.moments.mean))])

    @cached_property
    def gradient(self) -> np.ndarray:
        """Central differences of the counts, one-sided at both ends, (Ng,); NaN where there is only one level."""
        return np.gradient(self.counts.astype(np.float64)) if self.counts.size > 1 else np.array([nan])

    def level_of(self, gradient: float) -> float:
        """The lowest level with this gradient; NaN where there is only one level."""
        return nan if np.isnan(gradient) else float(np.argmax(self.gradient == gradient) + 1)


IDENTIFIERS = {
    "Mean": ("X6K6", "Mean discretised intensity"),
    "Variance": ("CH89", "Discretised intensity variance"),
    "Skewness": ("88K1", "Discretised intensity skewness"),
    "Kurtosis": ("C3I7", "(Excess) discretised intensity kurtosis"),
    "Median": ("WIFQ", "Median discretised intensity"),
    "Minimum": ("1PR8", "Minimum discretised intensity"),
    "10Percentile": ("GPMT", "10th discretised intensity percentile"),
    "90Percentile": ("OZ0C", "90th discretised intensity percentile"),
    "Maximum": ("3NCY", "Maximum discretised intensity"),
    "InterquartileRange": ("WR0O", "Discretised intensity interquartile range"),
    "Range": ("5Z3W", "Discretised intensity range"),
    "MeanAbsoluteDeviation": ("D2ZX", "Intensity histogram mean absolute deviation"),
    "RobustMeanAbsoluteDeviation": ("WRZB", "Intensity histogram robust mean absolute deviation"),
    "MedianAbsoluteDeviation": ("4RNL", "Intensity histogram median absolute deviation"),
    "CoefficientOfVariation": ("CWYJ", "Intensity histogram coefficient of variation"),
    "QuartileCoefficientOfDispersion": ("SLWD", "Intensity histogram quartile coefficient of dispersion"),
}

FEATURES = (
    *statistics_of("grey level", "level", IDENTIFIERS, lambda histogram: histogram.levels),
    Feature(
        "Mode",
        "level i of the greatest n_i; of several, the nearest to the mean",
        "The commonest grey level.",
        lambda histogram: histogram.mode,
        code="AMMC",
        term="Intensity histogram mode",
        unit="level",
    ),
    Feature(
        "Entropy",
        "-sum(p_i log2(p_i))",
        "How unpredictable a voxel's grey level is.",
        lambda histogram: entropy(histogram.probabilities),
        code="TLU2",
        term="Discretised intensity entropy",
        unit="bit",
    ),
    Feature(
        "Uniformity",
        "sum(p_i^2)",
        "How much of the region shares few grey levels: 1 where all voxels are alike.",
        lambda histogram: float(np.sum(histogram.probabilities**2)),
        code="BJ5W",
        term="Discretised intensity uniformity",
    ),
    Feature(
        "MaximumGradient",
        "max(h_i), h the central differences of the counts n_i",
        "The steepest rise of the histogram.",
        lambda histogram: histogram.gradient.max(),
        code="12CE",
        term="Maximum histogram gradient",
        unit="voxels",
    ),
    Feature(
        "MaximumGradientLevel",
        "lowest level i with the greatest h_i",
        "The grey level at which the histogram rises most steeply.",
        lambda histogram: histogram.level_of(histogram.gradient.max()),
        code="8E6O",
        term="Maximum histogram gradient intensity",
        unit="level",
    ),
    Feature(
        "MinimumGradient",
        "min(h_i)",
        "The steepest fall of the histogram.",
        lambda histogram: histogram.gradient.min(),
        code="VQB3",
        term="Minimum histogram gradient",
        unit="voxels",
    ),
    Feature(
        "MinimumGradientLevel",
        "lowest level i with the least h_i",
        "The grey level at which the histogram falls most steeply.",
        lambda histogram: histogram.level_of(histogram.gradient.min()),
        code="RHQZ",
        term="Minimum histogram gradient intensity",
        unit="level",
    ),
)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    return [(None, evaluate(Histogram(source), features))]


FAMILY = Family(
    name="histogram",
    title="Intensity histogram",
    domain=Domain.LEVELS,
    features=FEATURES,
    compute=compute,
    code="ZVCW",
    default=False,
)
