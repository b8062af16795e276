"""Neighbourhood grey tone difference matrix: PyRadiomics' `ngtdm`, the IBSI's features of the same name."""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from ..kernels import neighbours as column
from ..registry import Domain, Family, Feature, Values
from .aggregate import by_dimension, mean_of_matrices, named
from .source import Source

# p_i = n_i / N_v: share of level i among the voxels; s_i: sum of |i - mean of the neighbours| over its voxels
FEATURES = (
    Feature(
        "Coarseness",
        "1 / sum_i(p_i s_i); 10^6 where that sum is 0",
        "High where voxels are like their neighbours: large areas of even intensity.",
        itemgetter(column.COARSENESS),
        code="QCDE",
        term="Coarseness",
    ),
    Feature(
        "Contrast",
        "sum_ij(p_i p_j (i - j)^2) / (N_gp (N_gp - 1)) * sum_i(s_i) / N_v; 0 where N_gp = 1",
        "High where both the range of grey levels and the changes between neighbours are large.",
        itemgetter(column.CONTRAST),
        code="65HE",
        term="Contrast",
    ),
    Feature(
        "Busyness",
        "sum_i(p_i s_i) / sum_ij(|i p_i - j p_j|) over p_i, p_j > 0; 0 where N_gp = 1",
        "High where intensity changes rapidly from voxel to voxel.",
        itemgetter(column.BUSYNESS),
        code="NQ30",
        term="Busyness",
    ),
    Feature(
        "Complexity",
        "sum_ij(|i - j| (p_i s_i + p_j s_j) / (p_i + p_j)) / N_v over p_i, p_j > 0",
        "High where many grey levels alternate rapidly.",
        itemgetter(column.COMPLEXITY),
        code="HDEZ",
        term="Complexity",
    ),
    Feature(
        "Strength",
        "sum_ij((p_i + p_j) (i - j)^2) / sum_i(s_i) over p_i, p_j > 0; 0 where sum_i(s_i) = 0",
        "High where areas of clearly different intensity are easily told apart.",
        itemgetter(column.STRENGTH),
        code="1X9X",
        term="Strength",
    ),
)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    results = []
    for aggregation, planar, by_slice in by_dimension(source.config):
        counts, sums = source.surroundings(planar).tones(by_slice, source.config.dialect)
        columns = np.empty((len(counts), column.TONE_COLUMNS))
        column.tone_features(counts, sums, columns)
        results.append((aggregation, named(features, mean_of_matrices(columns))))
    return results


FAMILY = Family(
    name="ngtdm",
    title="Neighbourhood grey tone difference matrix",
    domain=Domain.LEVELS,
    features=FEATURES,
    compute=compute,
    code="IPET",
)
