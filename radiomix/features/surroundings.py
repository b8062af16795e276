"""Neighbourhood counts of one ROI: what GLDM, NGLDM and NGTDM are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from ..config import Config
from ..kernels.neighbours import count_neighbours, sum_tones
from ..registry import Dialect
from .aggregate import neighbour_distances, split_by_slice
from .grid import Grid, stack_of_zeros, surroundings

MOST_IN_TWO_BYTES = 65_535
BLOCK = 2048  # voxels looked at together, so that what is found stays in cache


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Counts by slice, or for the whole region where no slice is asked for.

    Attributes
    ----------
    dependence : (segments, levels + 1, columns) voxels by level and 1 + dependent neighbours
    tone : (segments, levels + 1, columns) voxels by level and neighbours in the ROI
    difference : like tone, sums of |neighbours * level - sum of the neighbours' levels|
    """

    dependence: np.ndarray
    tone: np.ndarray
    difference: np.ndarray

    @classmethod
    def of(cls, grid: Grid, config: Config, planar: bool) -> Surroundings:
        offsets = surroundings(neighbour_distances(config), planar)
        by_slice = split_by_slice(config, planar)
        starts = grid.starts if by_slice else grid.whole
        slices = len(starts) - 1
        dependence = stack_of_zeros(slices, grid.count + 1, len(offsets) + 2)
        tone = stack_of_zeros(slices, grid.count + 1, len(offsets) + 1)
        difference = np.zeros(tone.shape, np.int64)
        steps, alpha = grid.steps(offsets), floor(config.gldm_alpha)
        found = np.empty((2, BLOCK), np.min_scalar_type(len(offsets)))
        sums = np.empty(BLOCK, np.uint16 if len(offsets) * grid.count <= MOST_IN_TWO_BYTES else np.uint32)
        counters = dependence, tone, difference
        count_neighbours(grid.flat, grid.voxels, starts, steps, alpha, found, sums, *counters)
        return cls(dependence, tone, difference)

    def dependences(self, by_slice: bool) -> np.ndarray:
        """The dependence counts as (K, levels + 1, columns)."""
        return _segments(self.dependence, by_slice)

    def tones(self, by_slice: bool, dialect: Dialect) -> tuple[np.ndarray, np.ndarray]:
        """n_i and s_i, (K, levels + 1) each.

        A voxel without neighbours has no tone difference: the IBSI leaves it out, PyRadiomics counts it.
        """
        tone, difference = _segments(self.tone, by_slice), _segments(self.difference, by_slice)
        counts, sums = np.zeros(tone.shape[:2]), np.zeros(tone.shape[:2])
        sum_tones(tone, difference, dialect is Dialect.PYRADIOMICS, counts, sums)
        return counts, sums


def _segments(counts: np.ndarray, by_slice: bool) -> np.ndarray:
    if by_slice or len(counts) == 1:
        return counts
    return counts.sum(axis=0, keepdims=True, dtype=counts.dtype)
