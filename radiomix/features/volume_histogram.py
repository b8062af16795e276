"""The cumulative histogram: how much of the volume has at least a certain intensity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..config import Config, FixedBinNumber, FixedBinWidth, NoBins, RangeMode
from ..errors import ConfigError
from ..image import Levels
from ..registry import Domain, Family, Feature, Values
from .distribution import ONLY_IBSI, evaluate, level_counts
from .source import Source


@dataclass(frozen=True, eq=False)
class VolumeHistogram:
    """An intensity-volume histogram.

    Attributes
    ----------
    counts : (n,) voxels per step; those beyond `steps` exceed the range, as an intensity at its upper bound may
    low, width : the intensity of the first step, and from one step to the next
    steps : how many steps the range has
    """

    counts: np.ndarray
    low: float
    width: float
    steps: int

    @cached_property
    def at_least(self) -> np.ndarray:
        """(n + 1,) the voxels at or above each step."""
        return np.append(np.cumsum(self.counts[::-1])[::-1], 0)

    def volume_fraction(self, percent: int) -> float:
        """The share of voxels at or above `percent` of the intensity range."""
        step = -(-percent * (self.steps - 1) // 100)
        return float(self.at_least[min(step, self.counts.size)] / self.at_least[0])

    def intensity(self, percent: int) -> float:
        """The lowest intensity that at most `percent` of the voxels reach."""
        step = int(np.argmax(100 * self.at_least <= percent * self.at_least[0]))
        return self.low + step * self.width

    @property
    def area(self) -> float:
        """Under volume fraction over intensity fraction, by trapezia; 0 where there is only one step."""
        shares = np.zeros(self.steps)
        known = min(self.steps, self.at_least.size)
        shares[:known] = self.at_least[:known] / self.at_least[0]
        return float(np.trapezoid(shares, dx=1 / (self.steps - 1))) if self.steps > 1 else 0.0


def histogram_of(levels: Levels, config: Config) -> VolumeHistogram:
    """The histogram over the range that the discretisation and re-segmentation define (IBSI: three cases)."""
    counts = level_counts(levels)
    match config.ivh_bins:
        case NoBins():  # the intensities themselves, in steps of 1
            return _of_intensities(counts, levels, config)
        case FixedBinWidth(width=width):  # the bins' centres
            origin = float(levels.edges[0])
            end = _bound(config, "high", origin + (levels.count - 1) * width)
            steps = levels.count if end is None else round((end - origin) / width)
            return VolumeHistogram(counts, origin + width / 2, width, steps)
        case FixedBinNumber(count=count):  # the bins' numbers
            return VolumeHistogram(counts, 1.0, 1.0, count)
    raise ConfigError(f"unknown discretisation {config.ivh_bins!r}: expected FixedBinWidth, FixedBinNumber or NoBins")


def _of_intensities(counts: np.ndarray, levels: Levels, config: Config) -> VolumeHistogram:
    level_one = float(levels.edges[0]) if levels.edges.size else 1.0
    occurring = np.flatnonzero(counts)
    least, greatest = level_one + occurring[0], level_one + occurring[-1]
    low, high = _bound(config, "low", least), _bound(config, "high", greatest)
    low, high = least if low is None else low, greatest if high is None else high
    empty = np.zeros(round(least - low), counts.dtype)
    return VolumeHistogram(np.concatenate([empty, counts[occurring[0] :]]), low, 1.0, round(high - low) + 1)


def _bound(config: Config, side: str, reached: float) -> float | None:
    """A bound of the re-segmentation range; None where it is open, or exceeded and so that of another image."""
    rule = config.resegment
    bound = getattr(rule, side) if rule is not None and rule.mode is RangeMode.ABSOLUTE else None
    if bound is None or (bound > reached if side == "low" else bound < reached):
        return None
    return bound


FEATURES: tuple[Feature, ...] = (
    Feature(
        "VolumeAtIntensityFraction10",
        "share of the voxels with at least 10 % of the intensity range",
        "How much of the region is more than faintly bright.",
        lambda histogram: histogram.volume_fraction(10),
        code="BC2M",
        term="Volume at intensity fraction 10%",
    ),
    Feature(
        "VolumeAtIntensityFraction90",
        "share of the voxels with at least 90 % of the intensity range",
        "How much of the region is about as bright as its brightest part.",
        lambda histogram: histogram.volume_fraction(90),
        code="BC2M",
        term="Volume at intensity fraction 90%",
    ),
    Feature(
        "IntensityAtVolumeFraction10",
        "lowest intensity that at most 10 % of the voxels reach",
        "The intensity that only the brightest tenth of the region reaches.",
        lambda histogram: histogram.intensity(10),
        code="GBPN",
        term="Intensity at volume fraction 10%",
        unit="intensity",
    ),
    Feature(
        "IntensityAtVolumeFraction90",
        "lowest intensity that at most 90 % of the voxels reach",
        "The intensity that all but the darkest tenth of the region reach.",
        lambda histogram: histogram.intensity(90),
        code="GBPN",
        term="Intensity at volume fraction 90%",
        unit="intensity",
    ),
    Feature(
        "VolumeFractionDifference",
        "VolumeAtIntensityFraction10 - VolumeAtIntensityFraction90",
        "How much of the region is neither dark nor about as bright as its brightest part.",
        lambda histogram: histogram.volume_fraction(10) - histogram.volume_fraction(90),
        code="DDTU",
        term="Volume fraction difference between intensity fractions (10%, 90%)",
    ),
    Feature(
        "IntensityFractionDifference",
        "IntensityAtVolumeFraction10 - IntensityAtVolumeFraction90",
        "How far the brightest tenth of the region stands out from the darkest tenth.",
        lambda histogram: histogram.intensity(10) - histogram.intensity(90),
        code="CNV2",
        term="Intensity fraction difference between volume fractions (10%, 90%)",
        unit="intensity",
    ),
    Feature(
        "AreaUnderCurve",
        "area under volume fraction over intensity fraction (not standardised by the IBSI)",
        "The average share of the region that lies above a threshold drawn at random.",
        lambda histogram: histogram.area,
        code="9CMM",
        term="Area under the IVH curve",
    ),
)
FEATURES = tuple(replace(feature, dialects=ONLY_IBSI) for feature in FEATURES)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    if source.ivh_levels is None:
        raise ConfigError(
            "the ivh family needs a discretisation of its own, and ivh_bins is None: set ivh_bins to NoBins(), "
            "FixedBinWidth(...) or FixedBinNumber(...)"
        )
    return [(None, evaluate(histogram_of(source.ivh_levels, source.config), features))]


FAMILY = Family(
    name="ivh",
    title="Intensity-volume histogram",
    domain=Domain.INTENSITIES,
    features=FEATURES,
    compute=compute,
    code="P88C",
    default=False,
)
