"""Filters that act axis by axis: the IBSI's mean, Laplacian of Gaussian, Laws' and wavelet kernels share this.

A kernel, or a cascade of kernels applied one after the other, with the image's continuation beyond its edges, is a
matrix that takes the voxels of a line to the responses that are wanted. So every boundary is exact, only the ROI and
the filter's support are touched, and rotated kernels share the passes they have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import permutations, product

import numpy as np

from ..image import Box, as_box
from ..kernels.convolution import combine_rows

Taps = tuple[float, ...]
Cascade = tuple[Taps, ...]  # kernels of odd length, the first is applied first; empty leaves an axis alone
Axes = tuple[Cascade, Cascade, Cascade]  # for the array axes z, y, x


class Boundary(Enum):
    """How an image goes on beyond its edges (the IBSI's names)."""

    ZERO = "zero"
    NEAREST = "nearest"  # the edge voxel, for ever
    PERIODIC = "periodic"
    MIRROR = "mirror"  # reflected, the edge voxel twice


class Pooling(Enum):
    """How the responses of a rotated kernel are combined."""

    MAX = "max"
    AVERAGE = "average"


def positions_inside(positions: np.ndarray, count: int, boundary: Boundary) -> tuple[np.ndarray, np.ndarray]:
    """Which of a line's `count` voxels continues it at each position, and whether any does (0 or 1)."""
    present = np.ones(positions.shape)
    match boundary:
        case Boundary.ZERO:
            present = ((positions >= 0) & (positions < count)).astype(float)
            return np.clip(positions, 0, count - 1), present
        case Boundary.NEAREST:
            return np.clip(positions, 0, count - 1), present
        case Boundary.PERIODIC:
            return positions % count, present
        case Boundary.MIRROR:
            folded = positions % (2 * count)
            return np.minimum(folded, 2 * count - 1 - folded), present


def line_matrix(cascade: Cascade, boundary: Boundary, count: int, wanted: slice) -> np.ndarray:
    """The matrix (wanted, count) from a line's voxels to its responses at `wanted`; true convolution."""
    used, matrix = np.arange(wanted.start, wanted.stop), None
    for taps in reversed(cascade):
        positions = used[:, None] + len(taps) // 2 - np.arange(len(taps))
        inside, present = positions_inside(positions, count, boundary)
        step = np.zeros((used.size, count))
        np.add.at(step, (np.arange(used.size)[:, None], inside), present * np.asarray(taps))
        matrix = step if matrix is None else matrix[:, used] @ step
        used = np.flatnonzero(matrix.any(axis=0))
    return np.eye(count)[wanted] if matrix is None else matrix


def responses(
    array: np.ndarray, box: Box, kernels: Counter[Axes], boundary: Boundary
) -> Iterator[tuple[int, np.ndarray]]:
    """The responses of several separable kernels inside a box, with how often each kernel occurs.

    Parameters
    ----------
    array : (z, y, x)
    box : where responses are wanted
    kernels : how often each triple of cascades (z, y, x) is asked for

    Yields
    ------
    (count, float64 array of the box's shape); the array is the caller's to change
    """
    matrices, support = _matrices(array.shape, box, kernels, boundary)
    columns = np.ascontiguousarray(array[support].swapaxes(1, 2), np.float64)
    size = tuple(part.stop - part.start for part in box)
    done_x, done_y = None, None
    for z, y, x in sorted(kernels, key=lambda axes: axes[::-1]):
        if x != done_x:
            rows = np.ascontiguousarray(combine_rows(columns, *matrices[2][x]).swapaxes(1, 2))
            done_x, done_y = x, None
        if y != done_y:
            planes = combine_rows(rows, *matrices[1][y])
            done_y = y
        yield kernels[z, y, x], combine_rows(planes.reshape(1, len(planes), -1), *matrices[0][z]).reshape(size)


Sparse = tuple[np.ndarray, np.ndarray, np.ndarray]


def _matrices(
    shape: Sequence[int], box: Box, kernels: Counter[Axes], boundary: Boundary
) -> tuple[list[dict[Cascade, Sparse]], Box]:
    """For each axis the matrices of its cascades, over the voxels that any of them uses; and those voxels."""
    matrices, support = [], []
    for axis in range(3):
        cascades = {axes[axis] for axes in kernels}
        whole = {cascade: line_matrix(cascade, boundary, shape[axis], box[axis]) for cascade in cascades}
        used = np.flatnonzero(np.any([m.any(axis=0) for m in whole.values()], axis=0))
        voxels = slice(int(used[0]), int(used[-1]) + 1)
        matrices.append({cascade: _sparse(m[:, voxels]) for cascade, m in whole.items()})
        support.append(voxels)
    return matrices, as_box(support)


def _sparse(matrix: np.ndarray) -> Sparse:
    """Where each row starts, the columns and the weights of its entries, row by row."""
    rows, columns = np.nonzero(matrix)
    return np.searchsorted(rows, np.arange(len(matrix) + 1)), columns, matrix[rows, columns]


def pooled(array: np.ndarray, box: Box, kernels: Counter[Axes], boundary: Boundary, pooling: Pooling) -> np.ndarray:
    """The largest or the average response of several kernels inside a box."""
    found = responses(array, box, kernels, boundary)
    match pooling:
        case Pooling.MAX:
            _, total = next(found)
            for _, response in found:
                np.maximum(total, response, out=total)
        case Pooling.AVERAGE:
            total = np.zeros([part.stop - part.start for part in box])
            for count, response in found:
                response *= count / kernels.total()
                total += response
    return total


def on_axes(cascades: Sequence[Cascade]) -> Axes:
    """Cascades along x, y (and z), the IBSI's k1, k2 (and k3), as a triple for the array axes z, y, x."""
    z, y, x = ((), *cascades[1::-1]) if len(cascades) == 2 else cascades[::-1]
    return z, y, x


def rotations(cascades: Sequence[Cascade]) -> Counter[Axes]:
    """The kernel turned by right angles: 4 ways in 2D, 24 in 3D; how often each distinct one occurs."""
    found: Counter[Axes] = Counter()
    size = len(cascades)
    for order in permutations(range(size)):
        for flips in product((False, True), repeat=size):
            if _parity(order) != sum(flips) % 2:
                continue
            turned = [_flipped(cascades[i]) if flip else cascades[i] for i, flip in zip(order, flips, strict=True)]
            found[on_axes(turned)] += 1
    return found


def _parity(order: Sequence[int]) -> int:
    return sum(a > b for i, a in enumerate(order) for b in order[i + 1 :]) % 2


def _flipped(cascade: Cascade) -> Cascade:
    return tuple(taps[::-1] for taps in cascade)


def neighbourhood_mean(half_width: int, dimension: int) -> Counter[Axes]:
    """The mean over (2 half_width + 1)^dimension voxels, as a separable kernel."""
    size = 2 * half_width + 1
    return Counter([on_axes([((1 / size,) * size,)] * dimension)])
