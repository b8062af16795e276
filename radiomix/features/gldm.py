"""Dependence matrices: PyRadiomics' `gldm` and the IBSI's `ngldm`, the same counts and formulas under two names."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

import numpy as np

from ..kernels import sizes as column
from ..registry import Domain, Family, Feature, Values
from .aggregate import by_dimension
from .sizes import Words, evaluate, size_features
from .source import Source

WORDS = Words(
    small="SmallDependence",
    large="LargeDependence",
    emphasised="",
    uniform="Dependence",
    counted="Dependence",
    spread="Dependence",
    things="neighbourhoods",
    brief="voxels unlike their neighbours",
    extended="voxels like their neighbours",
    j="number of dependent neighbours",
)

IDENTIFIERS = {
    "SmallDependenceEmphasis": ("SODN", "Low dependence emphasis"),
    "LargeDependenceEmphasis": ("IMOQ", "High dependence emphasis"),
    "LowGrayLevelEmphasis": ("TL9H", "Low grey level count emphasis"),
    "HighGrayLevelEmphasis": ("OAE7", "High grey level count emphasis"),
    "SmallDependenceLowGrayLevelEmphasis": ("EQ3F", "Low dependence low grey level emphasis"),
    "SmallDependenceHighGrayLevelEmphasis": ("JA6D", "Low dependence high grey level emphasis"),
    "LargeDependenceLowGrayLevelEmphasis": ("NBZI", "High dependence low grey level emphasis"),
    "LargeDependenceHighGrayLevelEmphasis": ("9QMG", "High dependence high grey level emphasis"),
    "GrayLevelNonUniformity": ("FP8K", "Grey level non-uniformity"),
    "GrayLevelNonUniformityNormalized": ("5SPA", "Normalised grey level non-uniformity"),
    "DependenceNonUniformity": ("Z87G", "Dependence count non-uniformity"),
    "DependenceNonUniformityNormalized": ("OKJI", "Normalised dependence count non-uniformity"),
    "DependencePercentage": ("6XV8", "Dependence count percentage"),
    "GrayLevelVariance": ("1PFV", "Grey level variance"),
    "DependenceVariance": ("DNX2", "Dependence count variance"),
    "DependenceEntropy": ("FCBV", "Dependence count entropy"),
}

ENERGY = Feature(
    "DependenceEnergy",
    "sum_ij(p_ij^2)",
    "High where grey level and number of dependent neighbours are the same throughout the region.",
    itemgetter(column.ENERGY),
    code="CAS9",
    term="Dependence count energy",
)

# deprecated in PyRadiomics: the one is first-order uniformity, the other always 1
ON_REQUEST = {"GrayLevelNonUniformityNormalized", "DependencePercentage"}


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    results = []
    for aggregation, planar, by_slice in by_dimension(source.config):
        counts = source.surroundings(planar).dependences(by_slice)
        sizes = np.arange(counts.shape[-1], dtype=np.float64)
        results.append((aggregation, evaluate(counts, sizes, source.voxels_of_segments(by_slice), features)))
    return results


SIXTEEN = size_features(WORDS, IDENTIFIERS)

GLDM = Family(
    name="gldm",
    title="Grey level dependence matrix",
    domain=Domain.LEVELS,
    features=tuple(replace(feature, default=feature.name not in ON_REQUEST) for feature in SIXTEEN),
    compute=compute,
    code="REK0",
)

NGLDM = Family(
    name="ngldm",
    title="Neighbouring grey level dependence matrix",
    domain=Domain.LEVELS,
    features=(*SIXTEEN, ENERGY),
    compute=compute,
    code="REK0",
)
