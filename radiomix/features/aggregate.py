"""How matrices of directions and slices become one number per feature, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from ..config import Aggregation, Config, Weighting
from ..kernels.sizes import mean_of_filled
from ..registry import Dialect, Feature

PLANAR = frozenset(a for a in Aggregation if a.dimension != "3D")
BY_SLICE = frozenset(a for a in Aggregation if a.dimension == "2D")


class Plan(NamedTuple):
    """One result: the aggregation it is reported under, and the one its matrices are merged by."""

    reported: Aggregation
    merging: Aggregation

    @property
    def planar(self) -> bool:
        return self.reported in PLANAR

    @property
    def by_slice(self) -> bool:
        return self.reported in BY_SLICE


PLANE_BY_DIRECTION = Plan(Aggregation.DIRECTION_MERGED, Aggregation.DIRECTION_MERGED)
PLANE_WEIGHTED = Plan(Aggregation.DIRECTION_MERGED, Aggregation.PLANE_MERGED)
VOLUME_BY_DIRECTION = Plan(Aggregation.VOLUME_AVERAGED, Aggregation.VOLUME_AVERAGED)
VOLUME_WEIGHTED = Plan(Aggregation.VOLUME_AVERAGED, Aggregation.VOLUME_MERGED)


def plans(config: Config) -> tuple[Plan, ...]:
    """The results that a configuration asks for.

    PyRadiomics averages features over directions, the slices being merged where texture is two-dimensional; with a
    weighting it merges the directions too. The IBSI's aggregations are those of the configuration.
    """
    match config.dialect, config.force_2d, config.weighting:
        case Dialect.IBSI, _, _:
            return tuple(Plan(a, a) for a in config.aggregations)
        case _, True, None:
            return (PLANE_BY_DIRECTION,)
        case _, True, _:
            return (PLANE_WEIGHTED,)
        case _, _, None:
            return (VOLUME_BY_DIRECTION,)
        case _:
            return (VOLUME_WEIGHTED,)


def split_by_slice(config: Config, planar: bool) -> bool:
    """Whether counts in the plane must be kept apart by slice for any of the results."""
    return planar and any(plan.by_slice for plan in plans(config))


def merge(stack: np.ndarray, merging: Aggregation, weights: np.ndarray | None = None) -> np.ndarray:
    """Combine matrices of slices and directions.

    Parameters
    ----------
    stack : (slices, directions, ...) counts
    weights : (directions,); None for equal ones

    Returns
    -------
    (K, ...) counts, K as `merging` says
    """
    match merging:
        case Aggregation.SLICE_AVERAGED | Aggregation.VOLUME_AVERAGED:
            return stack.reshape(-1, *stack.shape[2:])
        case Aggregation.SLICE_MERGED:
            return _over_directions(stack, weights)
        case Aggregation.DIRECTION_MERGED:
            return stack[0] if len(stack) == 1 else stack.sum(axis=0, dtype=stack.dtype)
        case Aggregation.PLANE_MERGED | Aggregation.VOLUME_MERGED:
            return _over_directions(merge(stack, Aggregation.DIRECTION_MERGED)[None], weights)


def _over_directions(stack: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        return stack.sum(axis=1, dtype=stack.dtype)
    return np.einsum("sd...,d->s...", stack, weights)


def lengths(offsets: np.ndarray, spacing: np.ndarray, weighting: Weighting) -> np.ndarray:
    """Lengths in mm of (n, 3) offsets under the norm of a weighting."""
    sides = np.abs(offsets) * spacing
    match weighting:
        case Weighting.MANHATTAN:
            return sides.sum(axis=1)
        case Weighting.EUCLIDEAN:
            return np.sqrt((sides**2).sum(axis=1))
        case Weighting.INFINITY:
            return sides.max(axis=1)
        case Weighting.NONE:
            raise ValueError("directions of equal weight have no length")


def decaying(offsets: np.ndarray, spacing: np.ndarray, weighting: Weighting | None) -> np.ndarray | None:
    """Weights exp(-length^2) of directions; None for equal ones."""
    if weighting is None or weighting is Weighting.NONE:
        return None
    return np.exp(-(lengths(offsets, spacing, weighting) ** 2))


def mean_of_matrices(features: np.ndarray) -> np.ndarray:
    """The mean over a stack (K, features), leaving out the NaN rows of empty matrices; NaN where all are empty."""
    if len(features) == 1:
        return features[0]
    mean = np.empty(features.shape[1])
    mean_of_filled(features, mean)
    return mean


def named(features: tuple[Feature, ...], columns: np.ndarray) -> dict[str, float]:
    """The value of each feature from the row of columns that its kernel computed."""
    row = columns.tolist()
    return {feature.name: feature.value(row) for feature in features}


@cache
def _c_log_c() -> np.ndarray:
    counts = np.arange(1, 4096)
    return np.concatenate([[0.0], counts * np.log2(counts)])


def c_log_c(counts: np.ndarray) -> np.ndarray:
    """The values c log2 c that kernels look up instead of taking logarithms; none for weighted counts."""
    return _c_log_c() if counts.dtype.kind == "u" else np.empty(0)


def neighbour_distances(config: Config) -> tuple[int, ...]:
    """Which distances make a neighbourhood: those listed (PyRadiomics), or all up to the largest (IBSI)."""
    match config.dialect:
        case Dialect.PYRADIOMICS:
            return config.distances
        case Dialect.IBSI:
            return tuple(range(1, max(config.distances) + 1))


def by_dimension(config: Config) -> Iterator[tuple[Aggregation, bool, bool]]:
    """For families without directions: what is asked for, whether it is in the plane, whether it is slice by slice."""
    for plan in plans(config):
        yield plan.reported, plan.planar, plan.by_slice
