"""Grey level run length matrix: PyRadiomics' `glrlm`, the IBSI's grey level run length based features."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..config import Config, Weighting
from ..kernels.runs import PLACES, PLACES_IN_PLANE, count_runs
from ..registry import Dialect, Domain, Family, Feature, Values
from .aggregate import decaying, lengths, merge, plans, split_by_slice
from .grid import Grid, directions, stack_of_zeros
from .sizes import Words, evaluate, size_features
from .source import Source

WORDS = Words(
    small="ShortRun",
    large="LongRun",
    emphasised="Run",
    uniform="RunLength",
    counted="Run",
    spread="Run",
    things="runs",
    brief="short runs",
    extended="long runs",
    j="length",
)

IDENTIFIERS = {
    "ShortRunEmphasis": ("22OV", "Short runs emphasis"),
    "LongRunEmphasis": ("W4KF", "Long runs emphasis"),
    "LowGrayLevelRunEmphasis": ("V3SW", "Low grey level run emphasis"),
    "HighGrayLevelRunEmphasis": ("G3QZ", "High grey level run emphasis"),
    "ShortRunLowGrayLevelEmphasis": ("HTZT", "Short run low grey level emphasis"),
    "ShortRunHighGrayLevelEmphasis": ("GD3A", "Short run high grey level emphasis"),
    "LongRunLowGrayLevelEmphasis": ("IVPO", "Long run low grey level emphasis"),
    "LongRunHighGrayLevelEmphasis": ("3KUM", "Long run high grey level emphasis"),
    "GrayLevelNonUniformity": ("R5YN", "Grey level non-uniformity"),
    "GrayLevelNonUniformityNormalized": ("OVBL", "Normalised grey level non-uniformity"),
    "RunLengthNonUniformity": ("W92Y", "Run length non-uniformity"),
    "RunLengthNonUniformityNormalized": ("IC23", "Normalised run length non-uniformity"),
    "RunPercentage": ("9ZK5", "Run percentage"),
    "GrayLevelVariance": ("8CE5", "Grey level variance"),
    "RunVariance": ("SXLW", "Run length variance"),
    "RunEntropy": ("HJ9O", "Run entropy"),
}


def count(grid: Grid, planar: bool, by_slice: bool) -> tuple[np.ndarray, np.ndarray]:
    """Runs of a region, (slices or 1, directions, levels + 1, lengths), and the voxels in each matrix."""
    offsets = directions((1,), planar)
    segments = len(grid.starts) - 1 if by_slice else 1
    counts = stack_of_zeros(segments, grid.count + 1, max(grid.shape) + 2, PLACES_IN_PLANE if planar else PLACES)
    place = grid.flat, grid.row, grid.area, grid.voxels, grid.starts
    running = np.ones((2, len(offsets), grid.area), np.min_scalar_type(counts.shape[2]))
    longest = count_runs(*place, grid.steps(offsets), by_slice, running, counts)
    by_direction = counts.transpose(0, 3, 1, 2)[:, : len(offsets), :, : max(longest, 2) + 1]
    voxels = np.empty(by_direction.shape[:2], np.int64)
    voxels[:] = grid.segment_sizes(by_slice)[:, None]
    return by_direction, voxels


def _drop_lonely_directions(counts: np.ndarray, voxels: np.ndarray, grid: Grid, planar: bool) -> None:
    """Empty the directions along which no line holds two voxels of the ROI, as PyRadiomics does."""
    if counts[0, :, :, 2].any(axis=1).all():  # a run of two is on a line of two
        return
    places = np.array(np.unravel_index(grid.voxels, grid.shape)).T
    for a, offset in enumerate(directions((1,), planar)):
        axis = int(np.flatnonzero(offset)[0])
        lines = places - places[:, axis : axis + 1] * offset
        if len(np.unique(lines, axis=0)) == len(lines):
            counts[0, a] = 0
            voxels[0, a] = 0


def direction_weights(config: Config, offsets: np.ndarray, spacing: np.ndarray) -> np.ndarray | None:
    """How much each direction counts when directions are merged: its length (PyRadiomics), or exp(-length^2) (IBSI)."""
    match config.dialect, config.weighting:
        case _, None | Weighting.NONE:
            return None
        case Dialect.PYRADIOMICS, weighting:
            return lengths(offsets, spacing, weighting)
        case _, weighting:
            return decaying(offsets, spacing, weighting)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    grid, config = source.grid, source.config

    @cache
    def counted(planar: bool) -> tuple[np.ndarray, np.ndarray]:
        counts, voxels = count(grid, planar, split_by_slice(config, planar))
        if config.dialect is Dialect.PYRADIOMICS:
            _drop_lonely_directions(counts, voxels, grid, planar)
        return counts, voxels

    results = []
    for plan in plans(config):
        counts, voxels = counted(plan.planar)
        weights = direction_weights(config, directions((1,), plan.planar), source.grid_spacing)
        merged = merge(counts, plan.merging, weights)
        behind = merge(voxels, plan.merging, weights).astype(np.float64)
        sizes = np.arange(counts.shape[-1], dtype=np.float64)
        results.append((plan.reported, evaluate(merged, sizes, behind, features)))
    return results


FAMILY = Family(
    name="glrlm",
    title="Grey level run length matrix",
    domain=Domain.LEVELS,
    features=size_features(WORDS, IDENTIFIERS),
    compute=compute,
    code="TP0I",
)
