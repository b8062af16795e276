"""Grey levels as the texture kernels want them, and the neighbours that a configuration asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from math import prod

import numpy as np

from ..errors import TooManyBins
from ..image import Levels
from ..kernels.grid import locate

MOST_LEVELS, MOST_IN_A_BYTE = 65_535, 255
LARGEST_STACK = 4 * 1024**3  # bytes


@dataclass(frozen=True, eq=False)
class Grid:
    """Grey levels laid out flat inside a frame of zeros, so that neighbours are fixed steps away and need no checks.

    Attributes
    ----------
    flat : the padded levels, unsigned; 0 outside the ROI
    shape : of the padded array
    frame : its width in voxels
    count : the number of grey levels
    """

    flat: np.ndarray
    shape: tuple[int, int, int]
    frame: int
    count: int

    @classmethod
    def of(cls, levels: Levels, frame: int, out_of_plane: int = 0) -> Grid:
        """Lay out discretised levels; `out_of_plane` is the axis that becomes the first.

        Raises
        ------
        TooManyBins : there are more levels than the kernels can tell apart
        """
        if levels.count > MOST_LEVELS:
            raise TooManyBins(
                f"texture needs at most {MOST_LEVELS} grey levels; found {levels.count}. Choose wider or fewer bins."
            )
        dtype = np.uint8 if levels.count <= MOST_IN_A_BYTE else np.uint16
        array = np.moveaxis(levels.array, out_of_plane, 0) if out_of_plane else levels.array
        padded = framed(array, frame, dtype)
        return cls(padded.reshape(-1), padded.shape, frame, levels.count)

    @property
    def row(self) -> int:
        return self.shape[2]

    @property
    def area(self) -> int:
        return self.shape[1] * self.shape[2]

    @cached_property
    def _located(self) -> tuple[np.ndarray, np.ndarray]:
        voxels, starts = np.empty(self.flat.size + 1, np.uint32), np.empty(self.shape[0] + 1, np.int64)
        return voxels[: locate(self.flat, self.area, voxels, starts)], starts

    @property
    def voxels(self) -> np.ndarray:
        """Positions of the ROI's voxels in `flat`, ascending, uint32."""
        return self._located[0]

    @property
    def starts(self) -> np.ndarray:
        """The voxels of padded slice z are voxels[starts[z]:starts[z + 1]]."""
        return self._located[1]

    @property
    def whole(self) -> np.ndarray:
        """`starts` for a region that is not divided into slices."""
        return np.array([0, self.voxels.size])

    def steps(self, offsets: np.ndarray) -> np.ndarray:
        """Distances in `flat` of (n, 3) offsets."""
        return offsets @ np.array([self.area, self.row, 1])


def framed(array: np.ndarray, frame: int, dtype: type) -> np.ndarray:
    """A (z, y, x) array inside a frame of zeros, one piece of memory."""
    padded: np.ndarray = np.zeros([n + 2 * frame for n in array.shape], dtype)
    padded[tuple(slice(frame, frame + n) for n in array.shape)] = array
    return padded


@cache
def directions(distances: tuple[int, ...], planar: bool) -> np.ndarray:
    """One offset of each pair of opposite ones, (n, 3), whose Chebyshev norm is among the distances."""
    reach = range(-max(distances), max(distances) + 1)
    offsets = [o for o in product(reach, repeat=3) if o > (0, 0, 0) and max(map(abs, o)) in distances]
    return np.array([o for o in offsets if not (planar and o[0])], np.int64)


@cache
def surroundings(distances: tuple[int, ...], planar: bool) -> np.ndarray:
    """All offsets whose Chebyshev norm is among the distances, (n, 3)."""
    half = directions(distances, planar)
    return np.concatenate([-half, half])


def stack_of_zeros(*shape: int) -> np.ndarray:
    """Counters for a stack of matrices.

    Raises
    ------
    TooManyBins : they would not fit into a reasonable amount of memory
    """
    needed = prod(shape) * np.dtype(np.uint32).itemsize
    if needed > LARGEST_STACK:
        raise TooManyBins(
            f"matrices of shape {shape} need {needed / 1024**3:.0f} GiB; found more than the "
            f"{LARGEST_STACK / 1024**3:.0f} GiB that are used at most. Choose wider or fewer bins."
        )
    return np.zeros(shape, np.uint32)
