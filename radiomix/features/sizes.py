"""Five families that are one: grey level i against something counted, j.

GLRLM counts runs by their length, GLSZM zones by their size, GLDZM zones by their distance to the border, GLDM and
NGLDM voxels by the number of neighbours that depend on them. The formulas are the same and are written here once;
each family gives its words, its codes and its counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from ..kernels import sizes as column
from ..registry import Feature
from .aggregate import c_log_c, mean_of_matrices, named


@dataclass(frozen=True)
class Words:
    """What a family calls the things it counts.

    Attributes
    ----------
    small, large : of features' names ("ShortRun", "LongRun")
    emphasised : what stands in LowGrayLevel...Emphasis ("Run", "Zone", or nothing)
    uniform : what stands in ...NonUniformity ("RunLength")
    counted : what stands in ...Percentage ("Run")
    spread : what stands in ...Variance and ...Entropy ("Run", "ZoneDistance")
    things : the plural in prose ("runs")
    brief, extended : in prose, things of small and of large j ("short runs", "long runs")
    j : what is counted, in prose ("length")
    """

    small: str
    large: str
    emphasised: str
    uniform: str
    counted: str
    spread: str
    things: str
    brief: str
    extended: str
    j: str


# column, name, formula, meaning; N_s = sum_ij(n_ij), n_i. and n_.j are sums over j and over i, p_ij = n_ij / N_s
FORMULAS = (
    (column.SMALL, "{small}Emphasis", "sum_j(n_.j / j^2) / N_s", "Stresses {brief}: high in fine texture."),
    (column.LARGE, "{large}Emphasis", "sum_j(n_.j j^2) / N_s", "Stresses {extended}: high in coarse texture."),
    (
        column.LOW,
        "LowGrayLevel{emphasised}Emphasis",
        "sum_i(n_i. / i^2) / N_s",
        "Stresses {things} of low grey level: high where the region is dark.",
    ),
    (
        column.HIGH,
        "HighGrayLevel{emphasised}Emphasis",
        "sum_i(n_i. i^2) / N_s",
        "Stresses {things} of high grey level: high where the region is bright.",
    ),
    (
        column.SMALL_LOW,
        "{small}LowGrayLevelEmphasis",
        "sum_ij(n_ij / (i^2 j^2)) / N_s",
        "Stresses {brief} of low grey level.",
    ),
    (
        column.SMALL_HIGH,
        "{small}HighGrayLevelEmphasis",
        "sum_ij(n_ij i^2 / j^2) / N_s",
        "Stresses {brief} of high grey level.",
    ),
    (
        column.LARGE_LOW,
        "{large}LowGrayLevelEmphasis",
        "sum_ij(n_ij j^2 / i^2) / N_s",
        "Stresses {extended} of low grey level.",
    ),
    (
        column.LARGE_HIGH,
        "{large}HighGrayLevelEmphasis",
        "sum_ij(n_ij i^2 j^2) / N_s",
        "Stresses {extended} of high grey level.",
    ),
    (
        column.LEVEL_NON_UNIFORMITY,
        "GrayLevelNonUniformity",
        "sum_i(n_i.^2) / N_s",
        "High where few grey levels hold most of the {things}; grows with their number.",
    ),
    (
        column.LEVEL_NON_UNIFORMITY_NORMALISED,
        "GrayLevelNonUniformityNormalized",
        "sum_i(n_i.^2) / N_s^2",
        "High where few grey levels hold most of the {things}; 1 where a single one does.",
    ),
    (
        column.SIZE_NON_UNIFORMITY,
        "{uniform}NonUniformity",
        "sum_j(n_.j^2) / N_s",
        "High where most of the {things} share the same {j}; grows with their number.",
    ),
    (
        column.SIZE_NON_UNIFORMITY_NORMALISED,
        "{uniform}NonUniformityNormalized",
        "sum_j(n_.j^2) / N_s^2",
        "High where most of the {things} share the same {j}; 1 where all do.",
    ),
    (
        column.PERCENTAGE,
        "{counted}Percentage",
        "N_s / N_v",
        "The number of {things} per voxel: high in fine texture.",
    ),
    (
        column.LEVEL_VARIANCE,
        "GrayLevelVariance",
        "sum_ij(p_ij (i - mu)^2), mu = sum_ij(p_ij i)",
        "How widely the grey levels of the {things} are spread.",
    ),
    (
        column.SIZE_VARIANCE,
        "{spread}Variance",
        "sum_ij(p_ij (j - mu)^2), mu = sum_ij(p_ij j)",
        "How widely the {j} of the {things} is spread.",
    ),
    (
        column.ENTROPY,
        "{spread}Entropy",
        "-sum_ij(p_ij log2(p_ij))",
        "How unpredictable grey level and {j} of the {things} are together.",
    ),
)


def size_features(words: Words, identifiers: Mapping[str, tuple[str, str]]) -> tuple[Feature, ...]:
    """Declare the sixteen features of a family.

    identifiers : the IBSI's (code, term) by name
    """
    declared = []
    for place, pattern, formula, meaning in FORMULAS:
        name = pattern.format_map(vars(words))
        code, term = identifiers[name]
        unit = "bit" if place == column.ENTROPY else "1"
        declared.append(
            Feature(name, formula, meaning.format_map(vars(words)), itemgetter(place), code=code, term=term, unit=unit)
        )
    return tuple(declared)


def evaluate(
    counts: np.ndarray, sizes: np.ndarray, voxels: np.ndarray, features: tuple[Feature, ...]
) -> dict[str, float]:
    """Features of a stack of counts (K, levels + 1, columns), averaged over the stack.

    sizes : (columns,) what each column stands for
    voxels : (K,) the number of voxels behind each matrix
    """
    columns = np.empty((len(counts), column.SIZE_COLUMNS))
    column.size_features(np.ascontiguousarray(counts), sizes, voxels, c_log_c(counts), columns)
    return named(features, mean_of_matrices(columns))
