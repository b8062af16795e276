"""First-order statistics: PyRadiomics' `firstorder`, the IBSI's intensity-based statistical features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt

import numpy as np

from ..registry import Domain, Family, Feature, Values
from .distribution import ONLY_PYRADIOMICS, Distribution, entropy, evaluate, statistics_of
from .source import Source


@dataclass(frozen=True, eq=False)
class FirstOrder:
    """What first-order features are read from."""

    source: Source

    @cached_property
    def intensities(self) -> Distribution:
        roi, config = self.source.roi, self.source.config
        values = roi.exact if roi.whole is None else roi.whole
        return Distribution(values, self.source.intensity_counts, roi.extremes, config.dialect, config.voxel_shift)

    @property
    def total_energy(self) -> float:
        return self.intensities.moments.energy * prod(self.source.roi.spacing)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The share of each grey level that occurs among the ROI's voxels."""
        counts = self.source.level_counts
        counts = counts[counts > 0]
        return counts / counts.sum()


IDENTIFIERS = {
    "Mean": ("Q4LE", "Mean intensity"),
    "Variance": ("ECT3", "Intensity variance"),
    "Skewness": ("KE2A", "Intensity skewness"),
    "Kurtosis": ("IPH6", "(Excess) intensity kurtosis"),
    "Median": ("Y12H", "Median intensity"),
    "Minimum": ("1GSF", "Minimum intensity"),
    "10Percentile": ("QG58", "10th intensity percentile"),
    "90Percentile": ("8DWT", "90th intensity percentile"),
    "Maximum": ("84IY", "Maximum intensity"),
    "InterquartileRange": ("SALO", "Intensity interquartile range"),
    "Range": ("2OJQ", "Intensity range"),
    "MeanAbsoluteDeviation": ("4FUA", "Intensity-based mean absolute deviation"),
    "RobustMeanAbsoluteDeviation": ("1128", "Intensity-based robust mean absolute deviation"),
    "MedianAbsoluteDeviation": ("N72L", "Intensity-based median absolute deviation"),
    "CoefficientOfVariation": ("7TET", "Intensity-based coefficient of variation"),
    "QuartileCoefficientOfDispersion": ("9S40", "Intensity-based quartile coefficient of dispersion"),
}

FEATURES = (
    *statistics_of("intensity", "intensity", IDENTIFIERS, lambda roi: roi.intensities),
    Feature(
        "Energy",
        "sum((x + c)^2), c the voxel shift",
        "The summed squares of the intensities: grows with brightness and with the number of voxels.",
        lambda roi: roi.intensities.moments.energy,
        code="N8CA",
        term="Intensity-based energy",
        unit="intensity^2",
    ),
    Feature(
        "RootMeanSquared",
        "sqrt(sum((x + c)^2) / N), c the voxel shift",
        "The typical size of the intensities, whatever their sign.",
        lambda roi: roi.intensities.root_mean_square,
        code="5ZWQ",
        term="Root mean square intensity",
        unit="intensity",
    ),
    Feature(
        "TotalEnergy",
        "Energy times the volume of a voxel",
        "Energy that does not depend on the voxels' size.",
        lambda roi: roi.total_energy,
        unit="intensity^2 mm^3",
        dialects=ONLY_PYRADIOMICS,
    ),
    Feature(
        "StandardDeviation",
        "sqrt(sum((x - m)^2) / N)",
        "The typical distance of the intensities from their mean: the root of the variance.",
        lambda roi: sqrt(roi.intensities.moments.second),
        unit="intensity",
        dialects=ONLY_PYRADIOMICS,
        default=False,
    ),
    Feature(
        "Entropy",
        "-sum(p_i log2(p_i)) over grey levels",
        "How unpredictable a voxel's grey level is.",
        lambda roi: entropy(roi.probabilities),
        code="TLU2",
        term="Discretised intensity entropy",
        unit="bit",
        dialects=ONLY_PYRADIOMICS,
    ),
    Feature(
        "Uniformity",
        "sum(p_i^2) over grey levels",
        "How much of the region shares few grey levels: 1 where all voxels are alike.",
        lambda roi: (roi.probabilities**2).sum(),
        code="BJ5W",
        term="Discretised intensity uniformity",
        dialects=ONLY_PYRADIOMICS,
    ),
)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    return [(None, evaluate(FirstOrder(source), features))]


FAMILY = Family(
    name="firstorder",
    title="First-order statistics",
    domain=Domain.INTENSITIES,  # PyRadiomics' entropy and uniformity see grey levels, which its dialect always makes
    features=FEATURES,
    compute=compute,
    code="UHIW",
)
