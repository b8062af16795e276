"""Grey level co-occurrence matrix: PyRadiomics' `glcm`, the IBSI's grey level co-occurrence based features."""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from ..config import Aggregation
from ..kernels import cooccurrence as column
from ..kernels.maximal_correlation import TILE
from ..registry import BOTH, Dialect, Domain, Family, Feature, Values
from .aggregate import Plan, c_log_c, decaying, mean_of_matrices, merge, named, plans
from .grid import Grid, directions, stack_of_zeros
from .source import Source

ONLY_PYRADIOMICS = frozenset({Dialect.PYRADIOMICS})
ONLY_IBSI = frozenset({Dialect.IBSI})

CACHED_CELLS = 2**18  # counters that stay in a processor's second cache
EACH_DIRECTION = frozenset({Aggregation.SLICE_AVERAGED, Aggregation.DIRECTION_MERGED, Aggregation.VOLUME_AVERAGED})


def _feature(
    place: int,
    name: str,
    formula: str,
    meaning: str,
    code: str = "",
    term: str = "",
    *,
    unit: str = "1",
    dialects: frozenset[Dialect] = BOTH,
    default: bool = True,
) -> Feature:
    return Feature(name, formula, meaning, itemgetter(place), code, term, unit, dialects, default)


# p_ij: share of pairs with levels i and j; p_x, p_y its marginals with means mu_x, mu_y and deviations s_x, s_y;
# p_+(k) and p_-(k): share of pairs with i + j = k and |i - j| = k; HX, HY, HXY: entropies of p_x, p_y, p_ij
FEATURES = (
    _feature(
        column.MAXIMUM_PROBABILITY,
        "MaximumProbability",
        "max(p_ij)",
        "The share of the most frequent pair of neighbouring grey levels.",
        "GYBY",
        "Joint maximum",
    ),
    _feature(
        column.JOINT_AVERAGE,
        "JointAverage",
        "sum_ij(i p_ij)",
        "The mean grey level of neighbouring voxels.",
        "60VM",
        "Joint average",
    ),
    _feature(
        column.SUM_SQUARES,
        "SumSquares",
        "sum_ij((i - mu_x)^2 p_ij)",
        "How widely the grey levels of neighbouring voxels are spread.",
        "UR99",
        "Joint variance",
    ),
    _feature(
        column.JOINT_ENTROPY,
        "JointEntropy",
        "-sum_ij(p_ij log2(p_ij))",
        "How unpredictable pairs of neighbouring grey levels are.",
        "TU9B",
        "Joint entropy",
        unit="bit",
    ),
    _feature(
        column.DIFFERENCE_AVERAGE,
        "DifferenceAverage",
        "sum_k(k p_-(k))",
        "The mean difference between neighbouring grey levels.",
        "TF7R",
        "Difference average",
    ),
    _feature(
        column.DIFFERENCE_VARIANCE,
        "DifferenceVariance",
        "sum_k((k - mu)^2 p_-(k)), mu = sum_k(k p_-(k))",
        "How much the differences between neighbours themselves differ.",
        "D3YU",
        "Difference variance",
    ),
    _feature(
        column.DIFFERENCE_ENTROPY,
        "DifferenceEntropy",
        "-sum_k(p_-(k) log2(p_-(k)))",
        "How unpredictable the difference between neighbours is.",
        "NTRS",
        "Difference entropy",
        unit="bit",
    ),
    _feature(
        column.SUM_AVERAGE,
        "SumAverage",
        "sum_k(k p_+(k))",
        "The mean sum of neighbouring grey levels: twice the joint average of a symmetric matrix.",
        "ZGXS",
        "Sum average",
    ),
    _feature(
        column.CLUSTER_TENDENCY,
        "SumVariance",
        "sum_k((k - mu)^2 p_+(k)), mu = sum_k(k p_+(k))",
        "How widely the sums of neighbouring grey levels are spread; the same number as cluster tendency.",
        "OEEB",
        "Sum variance",
        dialects=ONLY_IBSI,
    ),
    _feature(
        column.SUM_ENTROPY,
        "SumEntropy",
        "-sum_k(p_+(k) log2(p_+(k)))",
        "How unpredictable the sum of neighbouring grey levels is.",
        "P6QZ",
        "Sum entropy",
        unit="bit",
    ),
    _feature(
        column.JOINT_ENERGY,
        "JointEnergy",
        "sum_ij(p_ij^2)",
        "High where few pairs of grey levels make up most of the region.",
        "8ZQL",
        "Angular second moment",
    ),
    _feature(
        column.CONTRAST,
        "Contrast",
        "sum_ij((i - j)^2 p_ij)",
        "High where neighbouring voxels differ strongly.",
        "ACUI",
        "Contrast",
    ),
    _feature(
        column.DIFFERENCE_AVERAGE,
        "Dissimilarity",
        "sum_ij(|i - j| p_ij)",
        "The mean difference between neighbouring grey levels; the same number as the difference average.",
        "8S9J",
        "Dissimilarity",
        dialects=ONLY_IBSI,
    ),
    _feature(
        column.ID,
        "Id",
        "sum_ij(p_ij / (1 + |i - j|))",
        "High where neighbouring voxels are alike.",
        "IB1Z",
        "Inverse difference",
    ),
    _feature(
        column.IDN,
        "Idn",
        "sum_ij(p_ij / (1 + |i - j| / N_g))",
        "High where neighbouring voxels are alike, relative to the number of grey levels.",
        "NDRX",
        "Normalised inverse difference",
    ),
    _feature(
        column.IDM,
        "Idm",
        "sum_ij(p_ij / (1 + (i - j)^2))",
        "High where neighbouring voxels are alike; large differences count for almost nothing.",
        "WF0Z",
        "Inverse difference moment",
    ),
    _feature(
        column.IDMN,
        "Idmn",
        "sum_ij(p_ij / (1 + (i - j)^2 / N_g^2))",
        "High where neighbouring voxels are alike, by squared differences relative to the number of grey levels.",
        "1QCO",
        "Normalised inverse difference moment",
    ),
    _feature(
        column.INVERSE_VARIANCE,
        "InverseVariance",
        "sum_k>0(p_-(k) / k^2)",
        "High where neighbouring voxels differ, but little.",
        "E8JP",
        "Inverse variance",
    ),
    _feature(
        column.CORRELATION,
        "Correlation",
        "(sum_ij(i j p_ij) - mu_x mu_y) / (s_x s_y); 1 where a deviation is 0",
        "How well a voxel's grey level foretells its neighbour's along a line.",
        "NI2N",
        "Correlation",
    ),
    _feature(
        column.AUTOCORRELATION,
        "Autocorrelation",
        "sum_ij(i j p_ij)",
        "High where bright voxels lie beside bright ones.",
        "QWB0",
        "Autocorrelation",
    ),
    _feature(
        column.CLUSTER_TENDENCY,
        "ClusterTendency",
        "sum_ij((i + j - mu_x - mu_y)^2 p_ij)",
        "High where voxels of similar grey level group together, away from the mean.",
        "DG8W",
        "Cluster tendency",
    ),
    _feature(
        column.CLUSTER_SHADE,
        "ClusterShade",
        "sum_ij((i + j - mu_x - mu_y)^3 p_ij)",
        "How lopsided the grey levels of neighbours are about their mean.",
        "7NFM",
        "Cluster shade",
    ),
    _feature(
        column.CLUSTER_PROMINENCE,
        "ClusterProminence",
        "sum_ij((i + j - mu_x - mu_y)^4 p_ij)",
        "High where some pairs of neighbours lie far from the mean grey level.",
        "AE86",
        "Cluster prominence",
    ),
    _feature(
        column.IMC1,
        "Imc1",
        "(HXY - HXY1) / max(HX, HY); 0 where both are 0",
        "How much a voxel tells about its neighbour: 0 nothing, -1 everything.",
        "R8DG",
        "Information correlation 1",
    ),
    _feature(
        column.IMC2,
        "Imc2",
        "sqrt(1 - exp(-2 (HXY2 - HXY)))",
        "How much a voxel tells about its neighbour: 0 nothing, towards 1 everything.",
        "JN9H",
        "Information correlation 2",
    ),
    _feature(
        column.MCC,
        "MCC",
        "sqrt(second largest eigenvalue of Q), Q_ij = sum_k(p_ik p_jk / (p_x(i) p_y(k))); 1 for one grey level",
        "The strongest link between a voxel's grey level and its neighbour's, of whatever shape.",
        dialects=ONLY_PYRADIOMICS,
    ),
    _feature(
        column.ID,
        "Homogeneity1",
        "sum_ij(p_ij / (1 + |i - j|))",
        "An old name of Id.",
        dialects=ONLY_PYRADIOMICS,
        default=False,
    ),
    _feature(
        column.IDM,
        "Homogeneity2",
        "sum_ij(p_ij / (1 + (i - j)^2))",
        "An old name of Idm.",
        dialects=ONLY_PYRADIOMICS,
        default=False,
    ),
)


def count(grid: Grid, offsets: np.ndarray, by_slice: bool) -> np.ndarray:
    """Pairs of a region, (slices or 1, directions, width, width), each counted in one direction.

    The width is 1 + the levels, filled up to whole tiles.
    """
    starts = grid.segments(by_slice)
    width = 1 + -(-grid.count // TILE) * TILE
    counts = stack_of_zeros(len(starts) - 1, width, len(offsets), width)
    column.count_pairs(grid.flat, grid.voxels, starts, grid.steps(offsets).astype(np.uint64), counts)
    return counts.swapaxes(1, 2)


def _parts(offsets: np.ndarray, grid: Grid, plan: Plan) -> list[np.ndarray]:
    """Directions that are counted together: all, or as many as stay in cache where each is reduced on its own."""
    if plan.merging not in EACH_DIRECTION:
        return [offsets]
    together = max(1, CACHED_CELLS // (grid.count + 1) ** 2)
    return [offsets[i : i + together] for i in range(0, len(offsets), together)]


def _reduce(source: Source, offsets: np.ndarray, plan: Plan, with_correlation: bool) -> np.ndarray:
    """Features (matrices, PAIR_COLUMNS) of the directions that are counted together.

    On its own so that their counters are let go of before the next ones are made, which then lie in the same memory.
    """
    config, grid = source.config, source.grid
    weights = decaying(offsets, source.grid_spacing, config.weighting)
    stack = merge(count(grid, offsets, plan.by_slice), plan.merging, weights)
    columns = np.empty((len(stack), column.PAIR_COLUMNS))
    options = grid.count, config.symmetrical_glcm, with_correlation, source.flat_region
    column.pair_features(np.ascontiguousarray(stack.swapaxes(0, 1)), *options, c_log_c(stack), columns)
    return columns


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    with_correlation = "MCC" in [feature.name for feature in features]
    results = []
    for plan in plans(source.config):
        offsets = directions(source.config.distances, plan.planar)
        columns = [_reduce(source, part, plan, with_correlation) for part in _parts(offsets, source.grid, plan)]
        results.append((plan.reported, named(features, mean_of_matrices(np.concatenate(columns)))))
    return results


FAMILY = Family(
    name="glcm",
    title="Grey level co-occurrence matrix",
    domain=Domain.LEVELS,
    features=FEATURES,
    compute=compute,
    code="LFYI",
)
