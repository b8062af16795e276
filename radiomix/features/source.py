"""What a family may look at: one ROI of one derived image, its grey levels, and what has been counted from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..config import Config
from ..image import Levels, Roi
from ..kernels.statistics import tally
from .aggregate import plans
from .distribution import level_counts
from .grid import Grid
from .surroundings import Surroundings
from .zones import Zones


@dataclass(frozen=True, eq=False)
class Source:
    """One ROI of one derived image.

    Counts that several families share are cached properties here, so that each pass over the voxels is made at most
    once and only when a family asks for it.

    Attributes
    ----------
    roi : the region, cut to its bounding box
    levels : the discretised intensities; None when only families of the mask's domain are asked for
    config : the settings in force for this image
    ivh_levels : discretised for the intensity-volume histogram; None outside the IBSI's dialect
    twins : grids of the region's first image, by frame and axis across the slices; shared by all images of the region
    """

    roi: Roi
    levels: Levels | None
    config: Config
    ivh_levels: Levels | None = None
    twins: dict[tuple[int, int], Grid] = field(default_factory=dict)

    @cached_property
    def intensity_counts(self) -> np.ndarray | None:
        """How often each of `roi.whole` occurs."""
        if self.roi.whole is None:
            return None
        return tally(self.roi.values, int(self.roi.extremes[0]), self.roi.whole.size)

    @cached_property
    def level_counts(self) -> np.ndarray:
        """How many voxels have each grey level, (Ng,)."""
        if self.levels is None:
            raise ValueError("grey levels are asked for, but the image has not been discretised")
        return level_counts(self.levels, self.intensity_counts)

    @cached_property
    def out_of_plane(self) -> int:
        """The axis that texture puts first: the one across the slices where anything is computed slice by slice."""
        planar = self.config.force_2d or any(plan.planar for plan in plans(self.config))
        return self.config.force_2d_axis if planar else 0

    @cached_property
    def grid(self) -> Grid:
        """The grey levels in a frame as wide as the largest distance."""
        assert self.levels is not None  # only families of the mask's domain do without
        frame, axis = max(self.config.distances), self.out_of_plane
        grid = Grid.of(self.levels, frame, axis, self.twins.get((frame, axis)))
        self.twins.setdefault((frame, axis), grid)
        return grid

    @cached_property
    def grid_spacing(self) -> np.ndarray:
        """Spacing in mm along the axes of `grid`."""
        order = [self.out_of_plane, *(axis for axis in range(3) if axis != self.out_of_plane)]
        return np.asarray(self.roi.spacing)[order]

    def voxels_of_segments(self, by_slice: bool) -> np.ndarray:
        """The number of voxels in each slice, or in all."""
        return self.grid.segment_sizes(by_slice).astype(np.float64)

    @cached_property
    def flat_region(self) -> bool:
        """Whether the ROI has a single grey level."""
        return bool(np.count_nonzero(self.level_counts) <= 1)

    @cached_property
    def volume_zones(self) -> Zones:
        return Zones.of(self.grid, planar=False)

    @cached_property
    def plane_zones(self) -> Zones:
        return Zones.of(self.grid, planar=True)

    def zones(self, planar: bool) -> Zones:
        """Voxels of equal level connected in space, or within their slice."""
        return self.plane_zones if planar else self.volume_zones

    @cached_property
    def volume_surroundings(self) -> Surroundings:
        return Surroundings.of(self.grid, self.config, planar=False)

    @cached_property
    def plane_surroundings(self) -> Surroundings:
        return Surroundings.of(self.grid, self.config, planar=True)

    def surroundings(self, planar: bool) -> Surroundings:
        """Dependence and tone counts of neighbourhoods in space, or within a slice."""
        return self.plane_surroundings if planar else self.volume_surroundings
