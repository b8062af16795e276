"""Means of the intensities within a sphere, from running sums along x."""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import NamedTuple

import numpy as np

from .jit import kernel


def sphere(radius: float, spacing: tuple[float, float, float]) -> np.ndarray:
    """The rows of voxels whose centres lie within `radius` mm of a voxel's centre.

    Returns (n, 3) integers: the row's offsets in z and y, and how many voxels it reaches to either side in x.
    """
    dz, dy, dx = spacing
    rows = []
    for z in range(-floor(radius / dz), floor(radius / dz) + 1):
        for y in range(-floor(radius / dy), floor(radius / dy) + 1):
            rest = radius**2 - (z * dz) ** 2 - (y * dy) ** 2
            if rest >= 0:
                rows.append((z, y, floor(sqrt(rest) / dx)))
    return np.array(rows, np.int64)


def reach(radius: float, spacing: tuple[float, float, float]) -> tuple[int, ...]:
    """How many voxels a sphere of `radius` mm can reach in each direction."""
    return tuple(ceil(radius / step) for step in spacing)


class RunningSums(NamedTuple):
    """The intensities and the voxels summed along x up to each place, from `margin` before a row to as many beyond.

    Voxels that are not finite do not count, nor does what lies beyond the image.
    """

    intensities: np.ndarray
    voxels: np.ndarray
    margin: int


def running_sums(image: np.ndarray, rows: np.ndarray) -> RunningSums:
    """The running sums of a (z, y, x) image, as wide as the `rows` of a sphere need them."""
    known, margin = np.isfinite(image), int(rows[:, 2].max())
    return RunningSums(_running(np.where(known, image, 0.0), margin), _running(known, margin), margin)


def greatest_mean(sums: RunningSums, centres: np.ndarray, rows: np.ndarray) -> float:
    """The greatest mean intensity within a sphere around any of the centres.

    Parameters
    ----------
    sums : of the image, from `running_sums`
    centres : (z, y, x) booleans
    rows : of the sphere, from `sphere`
    """
    return float(_greatest_mean(sums.intensities, sums.voxels, centres, rows, sums.margin))


def _running(values: np.ndarray, margin: int) -> np.ndarray:
    nz, ny, nx = values.shape
    sums = np.zeros((nz, ny, nx + 1 + 2 * margin))
    np.cumsum(values, axis=2, out=sums[..., margin + 1 : margin + 1 + nx])
    sums[..., margin + 1 + nx :] = sums[..., margin + nx, None]
    return sums


@kernel
def _greatest_mean(sums, counts, centres, rows, margin):
    nz, ny, nx = centres.shape
    greatest, total, count = -np.inf, np.empty(nx), np.empty(nx)
    for z in range(nz):
        for y in range(ny):
            first, beyond = 0, nx
            while first < nx and not centres[z, y, first]:
                first += 1
            while beyond > first and not centres[z, y, beyond - 1]:
                beyond -= 1
            if first == nx:
                continue
            total[:], count[:] = 0.0, 0.0
            for k in range(rows.shape[0]):
                near_z, near_y, half = z + rows[k, 0], y + rows[k, 1], rows[k, 2]
                if 0 <= near_z < nz and 0 <= near_y < ny:
                    low, high = first + margin - half, first + margin + half + 1
                    _add_row(sums[near_z, near_y, low:], sums[near_z, near_y, high:], total[first:beyond])
                    _add_row(counts[near_z, near_y, low:], counts[near_z, near_y, high:], count[first:beyond])
            for x in range(first, beyond):
                if centres[z, y, x]:
                    greatest = max(greatest, total[x] / count[x])
    return greatest


@kernel
def _add_row(before, until, total):
    for x in range(total.size):
        total[x] += until[x] - before[x]
