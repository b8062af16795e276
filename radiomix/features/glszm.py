"""Grey level size zone matrix: PyRadiomics' `glszm`, the IBSI's grey level size zone based features."""

from __future__ import annotations

from ..registry import Domain, Family, Feature, Values
from .aggregate import by_dimension
from .sizes import Words, evaluate, size_features
from .source import Source

WORDS = Words(
    small="SmallArea",
    large="LargeArea",
    emphasised="Zone",
    uniform="SizeZone",
    counted="Zone",
    spread="Zone",
    things="zones",
    brief="small zones",
    extended="large zones",
    j="size",
)

IDENTIFIERS = {
    "SmallAreaEmphasis": ("5QRC", "Small zone emphasis"),
    "LargeAreaEmphasis": ("48P8", "Large zone emphasis"),
    "LowGrayLevelZoneEmphasis": ("XMSY", "Low grey level zone emphasis"),
    "HighGrayLevelZoneEmphasis": ("5GN9", "High grey level zone emphasis"),
    "SmallAreaLowGrayLevelEmphasis": ("5RAI", "Small zone low grey level emphasis"),
    "SmallAreaHighGrayLevelEmphasis": ("HW1V", "Small zone high grey level emphasis"),
    "LargeAreaLowGrayLevelEmphasis": ("YH51", "Large zone low grey level emphasis"),
    "LargeAreaHighGrayLevelEmphasis": ("J17V", "Large zone high grey level emphasis"),
    "GrayLevelNonUniformity": ("JNSA", "Grey level non-uniformity"),
    "GrayLevelNonUniformityNormalized": ("Y1RO", "Normalised grey level non-uniformity"),
    "SizeZoneNonUniformity": ("4JP3", "Zone size non-uniformity"),
    "SizeZoneNonUniformityNormalized": ("VB3A", "Normalised zone size non-uniformity"),
    "ZonePercentage": ("P30P", "Zone percentage"),
    "GrayLevelVariance": ("BYLV", "Grey level variance"),
    "ZoneVariance": ("3NSA", "Zone size variance"),
    "ZoneEntropy": ("GU8N", "Zone size entropy"),
}


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    results = []
    for aggregation, planar, by_slice in by_dimension(source.config):
        counts, sizes = source.zones(planar).against_size(by_slice)
        results.append((aggregation, evaluate(counts, sizes, source.voxels_of_segments(by_slice), features)))
    return results


FAMILY = Family(
    name="glszm",
    title="Grey level size zone matrix",
    domain=Domain.LEVELS,
    features=size_features(WORDS, IDENTIFIERS),
    compute=compute,
    code="9SAK",
)
