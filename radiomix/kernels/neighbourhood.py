"""Means of the intensities within a sphere, from running sums along x."""

from __future__ import annotations

from math import ceil, floor, sqrt

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


def greatest_mean(image: np.ndarray, centres: np.ndarray, rows: np.ndarray) -> float:
    """The greatest mean intensity within a sphere around any of the centres.

    Parameters
    ----------
    image : (z, y, x) numbers; voxels that are not finite do not count, nor does what lies beyond the array
    centres : (n, 3) voxel indices
    rows : of the sphere, from `sphere`
    """
    known = np.isfinite(image)
    sums, counts = (np.zeros((*image.shape[:2], image.shape[2] + 1)) for _ in range(2))
    np.cumsum(np.where(known, image, 0), axis=2, out=sums[..., 1:])
    np.cumsum(known, axis=2, out=counts[..., 1:])
    return float(_greatest_mean(sums, counts, centres, rows))


@kernel
def _greatest_mean(sums, counts, centres, rows):
    nz, ny, nx = sums.shape
    greatest = -np.inf
    for i in range(centres.shape[0]):
        total, count = 0.0, 0.0
        for k in range(rows.shape[0]):
            z, y = centres[i, 0] + rows[k, 0], centres[i, 1] + rows[k, 1]
            if 0 <= z < nz and 0 <= y < ny:
                first = max(centres[i, 2] - rows[k, 2], 0)
                beyond = min(centres[i, 2] + rows[k, 2] + 1, nx - 1)
                total += sums[z, y, beyond] - sums[z, y, first]
                count += counts[z, y, beyond] - counts[z, y, first]
        greatest = max(greatest, total / count)
    return greatest
