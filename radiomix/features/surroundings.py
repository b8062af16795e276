"""Neighbourhood counts of one ROI: what GLDM, NGLDM and NGTDM are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from ..config import Config
from ..kernels.neighbours import BLOCK, count_neighbours, sum_tones
from ..registry import Dialect
from .aggregate import neighbour_distances, split_by_slice
from .grid import Grid, stack_of_zeros, surroundings

MOST_IN_TWO_BYTES = 65_535


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Counts by slice, or for the whole region where no slice is asked for.

    Attributes
    ----------
    dependence : (segments, levels + 1, columns) voxels by level and 1 + dependent neighbours
    difference : (segments, levels + 1, columns) sums of |neighbours * level - sum of the neighbours' levels| by
        level and neighbours in the ROI; column 0, where the sum would be 0, counts the voxels
    """

    dependence: np.ndarray
    difference: np.ndarray

    @classmethod
    def of(cls, grid: Grid, config: Config, planar: bool) -> Surroundings:
        distances = neighbour_distances(config)
        offsets = surroundings(distances, planar)
        starts = grid.segments(split_by_slice(config, planar))
        shape = len(starts) - 1, grid.count + 1, len(offsets) + 1
        dependence, difference = stack_of_zeros(*shape[:2], shape[2] + 1), np.zeros(shape, np.int64)
        cube = (grid.row, 0 if planar else grid.area) if distances == (1,) else (0, 0)
        working = BLOCK + 2 * (grid.row + 1)
        found = np.empty((4, working), np.min_scalar_type(len(offsets) + 1))
        most = (len(offsets) + 1) * grid.count
        sums = np.empty((3, working), np.uint16 if most <= MOST_IN_TWO_BYTES else np.uint32)
        steps, alpha, counters = grid.steps(offsets), floor(config.gldm_alpha), (dependence, difference)
        count_neighbours(grid.flat, grid.voxels, starts, steps, cube, alpha, found, sums, *counters)
        return cls(dependence, difference)

    def dependences(self, by_slice: bool) -> np.ndarray:
        """The dependence counts as (K, levels + 1, columns)."""
        return _segments(self.dependence, by_slice)

    def tones(self, by_slice: bool, dialect: Dialect) -> tuple[np.ndarray, np.ndarray]:
        """n_i and s_i, (K, levels + 1) each.

        A voxel without neighbours has no tone difference: the IBSI leaves it out, PyRadiomics counts it.
        """
        dependence, difference = self.dependences(by_slice), _segments(self.difference, by_slice)
        counts, sums = np.zeros(difference.shape[:2]), np.zeros(difference.shape[:2])
        sum_tones(dependence, difference, dialect is Dialect.PYRADIOMICS, counts, sums)
        return counts, sums


def _segments(counts: np.ndarray, by_slice: bool) -> np.ndarray:
    if by_slice or len(counts) == 1:
        return counts
    return counts.sum(axis=0, keepdims=True, dtype=counts.dtype)
