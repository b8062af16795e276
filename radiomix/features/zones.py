"""Zones of one ROI, counted by grey level against size or distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..kernels.zones import (
    BLOCK,
    MEETINGS,
    border_distance,
    find_zones,
    least_of_zones,
    rank,
    representatives,
    tabulate,
)
from .grid import Grid, directions, framed, stack_of_zeros


@dataclass(frozen=True, eq=False)
class Zones:
    """Connected voxels of equal level.

    Attributes
    ----------
    grid : the grey levels
    planar : whether zones end at their slice
    level, size, first : (zones,) level, number of voxels, and place of the first voxel in `grid.voxels`
    labels, zone_of_label : zone_of_label[labels[v]] is the zone of voxel v of `grid.flat`
    """

    grid: Grid
    planar: bool
    level: np.ndarray
    size: np.ndarray
    first: np.ndarray
    labels: np.ndarray
    zone_of_label: np.ndarray

    @classmethod
    def of(cls, grid: Grid, planar: bool) -> Zones:
        offsets = directions((1,), planar=False)
        steps = grid.steps(offsets)
        labels, zones = np.empty(grid.flat.size, np.int32), np.empty((4, grid.voxels.size), np.int32)
        codes = _plane_codes() if planar else _codes()
        back = np.zeros(16, np.uint64)
        back[1 : len(steps) + 1] = steps
        equal, meetings = np.empty(BLOCK, np.uint16), np.empty((MEETINGS + 8, 2), np.int32)
        found = find_zones(grid.flat, grid.voxels, steps, back, codes, equal, meetings, labels, zones)
        level, size, first = zones[:3, :found]
        return cls(grid, planar, level, size, first, labels, zones[3])

    def slices(self, by_slice: bool) -> np.ndarray:
        """The segment of each zone: its slice, or 0 for all."""
        if not by_slice:
            return np.zeros(self.level.size, np.int64)
        return np.searchsorted(self.grid.starts, self.first, side="right") - 1

    def against_size(self, by_slice: bool) -> tuple[np.ndarray, np.ndarray]:
        """Counts (slices or 1, levels + 1, columns), and the size that each column stands for."""
        columns, sizes = np.empty_like(self.size), np.empty_like(self.size)
        seen = np.zeros(int(self.size.max()) + 1, np.int32)
        sizes = sizes[: rank(self.size, seen, columns, sizes)]
        return self._tabulate(columns, len(sizes), by_slice), sizes.astype(np.float64)

    def against_distance(self, region: np.ndarray, by_slice: bool) -> tuple[np.ndarray, np.ndarray]:
        """Counts (slices or 1, levels + 1, columns) of zones by their least distance to the border of a region.

        region : (z, y, x) booleans on the axes of the grid
        """
        inside = framed(region, self.grid.frame, np.uint8).reshape(-1)
        axes = np.array([self.grid.area, self.grid.row, 1])[1 if self.planar else 0 :]
        distances = np.empty(inside.size, np.int32)
        border_distance(inside, axes, distances)
        least = np.full(self.level.size, np.iinfo(np.int32).max, np.int32)
        least_of_zones(distances, self.grid.voxels, self.labels, self.zone_of_label, least)
        largest = int(least.max())
        return self._tabulate(least, largest + 1, by_slice), np.arange(largest + 1, dtype=np.float64)

    def _tabulate(self, columns: np.ndarray, width: int, by_slice: bool) -> np.ndarray:
        segments = len(self.grid.starts) - 1 if by_slice else 1
        counts = stack_of_zeros(segments, self.grid.count + 1, width)
        tabulate(self.slices(by_slice), self.level, columns, counts)
        return counts


@cache
def _codes() -> np.ndarray:
    return representatives(-directions((1,), planar=False))


@cache
def _plane_codes() -> np.ndarray:
    """The same table, blind to neighbours in other slices."""
    offsets = directions((1,), planar=False)
    in_plane = sum(1 << a for a in np.flatnonzero(offsets[:, 0] == 0))
    return _codes()[np.arange(len(_codes())) & in_plane]
