"""Grey levels as the texture kernels want them, and the neighbours that a configuration asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

import numpy as np

from ..errors import TooManyBins
from ..image import Levels
from ..kernels.grid import lay_out

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
    voxels : positions of the ROI's voxels in `flat`, ascending, uint32
    starts : the voxels of padded slice z are voxels[starts[z]:starts[z + 1]]
    """

    flat: np.ndarray
    shape: tuple[int, int, int]
    frame: int
    count: int
    voxels: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, levels: Levels, frame: int, out_of_plane: int = 0, twin: Grid | None = None) -> Grid:
        """Lay out discretised levels.

        Parameters
        ----------
        levels : of one image's region
        frame : how wide the frame is
        out_of_plane : the axis that becomes the first
        twin : another image's grid of the same region, frame and axis: its voxels lie at the same places

        Raises
        ------
        TooManyBins : there are more levels than the kernels can tell apart
        """
        if levels.count > MOST_LEVELS:
            raise TooManyBins(
                f"texture needs at most {MOST_LEVELS} grey levels; found {levels.count}. Choose wider or fewer bins."
            )
        inside, values = levels.inside, levels.values
        whole = bool(values.all())
        if out_of_plane or not whole:  # in another order, or without the voxels below the lowest bin
            array = np.moveaxis(levels.array, out_of_plane, 0)
            inside = np.ascontiguousarray(array != 0)
            values = array[inside]
        z, y, x = (n + 2 * frame for n in inside.shape)
        flat = np.zeros(z * y * x, np.uint8 if levels.count <= MOST_IN_A_BYTE else np.uint16)
        own = np.zeros(values.size + 1, flat.dtype)
        own[:-1] = values
        if twin is not None and whole and twin.voxels.size == values.size:
            lay_out(inside, own, frame, flat, twin.voxels, twin.starts, True)
            return cls(flat, twin.shape, frame, levels.count, twin.voxels, twin.starts)
        voxels, starts = np.empty(values.size + 1, np.uint32), np.zeros(z + 1, np.int64)
        lay_out(inside, own, frame, flat, voxels, starts, False)
        return cls(flat, (z, y, x), frame, levels.count, voxels[:-1], starts)

    @property
    def row(self) -> int:
        return self.shape[2]

    @property
    def area(self) -> int:
        return self.shape[1] * self.shape[2]

    def segments(self, by_slice: bool) -> np.ndarray:
        """Segment s holds voxels[segments[s]:segments[s + 1]]: a slice, or the whole region."""
        return self.starts if by_slice else np.array([0, self.voxels.size])

    def segment_sizes(self, by_slice: bool) -> np.ndarray:
        """The number of voxels in each segment."""
        return self.starts[1:] - self.starts[:-1] if by_slice else np.array([self.voxels.size])

    def steps(self, offsets: np.ndarray) -> np.ndarray:
        """Distances in `flat` of (n, 3) offsets."""
        return offsets.dot((self.area, self.row, 1))


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
