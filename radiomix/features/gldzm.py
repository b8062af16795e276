"""Grey level distance zone matrix, an IBSI family: zones by their distance to the border of the region."""

from __future__ import annotations

import numpy as np

from ..registry import Domain, Family, Feature, Values
from .aggregate import by_dimension
from .sizes import Words, evaluate, size_features
from .source import Source

WORDS = Words(
    small="SmallDistance",
    large="LargeDistance",
    emphasised="Zone",
    uniform="ZoneDistance",
    counted="Zone",
    spread="ZoneDistance",
    things="zones",
    brief="zones near the border",
    extended="zones deep inside",
    j="distance to the border",
)

IDENTIFIERS = {
    "SmallDistanceEmphasis": ("0GBI", "Small distance emphasis"),
    "LargeDistanceEmphasis": ("MB4I", "Large distance emphasis"),
    "LowGrayLevelZoneEmphasis": ("S1RA", "Low grey level zone emphasis"),
    "HighGrayLevelZoneEmphasis": ("K26C", "High grey level zone emphasis"),
    "SmallDistanceLowGrayLevelEmphasis": ("RUVG", "Small distance low grey level emphasis"),
    "SmallDistanceHighGrayLevelEmphasis": ("DKNJ", "Small distance high grey level emphasis"),
    "LargeDistanceLowGrayLevelEmphasis": ("A7WM", "Large distance low grey level emphasis"),
    "LargeDistanceHighGrayLevelEmphasis": ("KLTH", "Large distance high grey level emphasis"),
    "GrayLevelNonUniformity": ("VFT7", "Grey level non-uniformity"),
    "GrayLevelNonUniformityNormalized": ("7HP3", "Normalised grey level non-uniformity"),
    "ZoneDistanceNonUniformity": ("V294", "Zone distance non-uniformity"),
    "ZoneDistanceNonUniformityNormalized": ("IATH", "Normalised zone distance non-uniformity"),
    "ZonePercentage": ("VIWW", "Zone percentage"),
    "GrayLevelVariance": ("QK93", "Grey level variance"),
    "ZoneDistanceVariance": ("7WT1", "Zone distance variance"),
    "ZoneDistanceEntropy": ("GBDU", "Zone distance entropy"),
}


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    region = np.moveaxis(source.roi.morphological, source.out_of_plane, 0)
    results = []
    for aggregation, planar, by_slice in by_dimension(source.config):
        counts, distances = source.zones(planar).against_distance(region, by_slice)
        results.append((aggregation, evaluate(counts, distances, source.voxels_of_segments(by_slice), features)))
    return results


FAMILY = Family(
    name="gldzm",
    title="Grey level distance zone matrix",
    domain=Domain.LEVELS,
    features=size_features(WORDS, IDENTIFIERS),
    compute=compute,
    code="VMDZ",
)
