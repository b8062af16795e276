"""Means of the intensities within a sphere: rows are summed to discs, and discs to spheres."""

from __future__ import annotations

from math import floor, sqrt

import numpy as np

from .jit import kernel


def sphere(radius: float, spacing: tuple[float, float, float]) -> np.ndarray:
    """How many voxels a sphere of `radius` mm around a voxel's centre reaches to either side in x.

    Returns (z + 1, y + 1) integers, by the distance of a row from the centre in z and y: -1 where it is outside.
    """
    dz, dy, dx = spacing
    reached = np.full((floor(radius / dz) + 1, floor(radius / dy) + 1), -1, np.int64)
    for z, y in np.ndindex(*reached.shape):
        rest = radius**2 - (z * dz) ** 2 - (y * dy) ** 2
        if rest >= 0:
            reached[z, y] = floor(sqrt(rest) / dx)
    return reached


def reach(reached: np.ndarray) -> tuple[int, int, int]:
    """How many voxels a sphere reaches in each direction."""
    return reached.shape[0] - 1, reached.shape[1] - 1, int(reached[0, 0])


@kernel
def greatest_mean(image, centres, reached):
    """The greatest mean of the finite intensities within a sphere around any of the centres.

    image : (z, y, x) numbers, as much wider on each side than `centres` as the sphere reaches
    centres : (z, y, x) booleans
    reached : from `sphere`
    """
    totals, gaps = np.zeros(centres.shape), np.zeros(centres.shape)
    rows = np.empty((reached[0, 0] + 1, image.shape[1], centres.shape[2]))
    running = np.zeros((image.shape[1], image.shape[2] + 1))
    known, unknown = np.empty(image.shape[1:]), np.empty(image.shape[1:])
    for plane in range(image.shape[0]):
        complete = _split(image[plane], known, unknown)
        _sum_rows(known, running, rows)
        _add_discs(rows, reached, plane, totals)
        if not complete:
            _sum_rows(unknown, running, rows)
            _add_discs(rows, reached, plane, gaps)
    return _greatest(totals, gaps, centres, _size(reached))


@kernel
def _split(plane, known, unknown):
    """The finite intensities of a plane, 0 elsewhere, and a 1 for each other; returns whether all are finite."""
    missing = 0
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            finite = np.isfinite(plane[y, x])
            known[y, x] = plane[y, x] if finite else 0.0
            unknown[y, x] = 0.0 if finite else 1.0
            missing += not finite
    return missing == 0


@kernel
def _sum_rows(plane, running, rows):
    """The sums of a plane over each length of row around each voxel."""
    margin = rows.shape[0] - 1
    for y in range(plane.shape[0]):
        total = 0.0
        for x in range(plane.shape[1]):
            total += plane[y, x]
            running[y, x + 1] = total
    for half in range(margin + 1):
        low = max(margin - half, 0)  # which the compiler then knows to be no place counted from the end
        high = low + 2 * half + 1
        for y in range(plane.shape[0]):
            for x in range(rows.shape[2]):
                rows[half, y, x] = running[y, high + x] - running[y, low + x]


@kernel
def _add_discs(rows, reached, plane, totals):
    """Add a plane's discs to the totals of the spheres that they are a part of."""
    deep, disc = reached.shape[0] - 1, np.empty(totals[0].size)
    for away in range(deep + 1):
        if away == 0 or (reached[away] != reached[away - 1]).any():
            _sum_disc(rows, reached[away], disc)
        below, above = plane - deep - away, plane - deep + away
        if 0 <= below < totals.shape[0]:
            _add(disc, totals[below].reshape(-1))
        if away and 0 <= above < totals.shape[0]:
            _add(disc, totals[above].reshape(-1))


@kernel
def _sum_disc(rows, reached, disc):
    """Sum rows over a disc around each voxel of a plane, whose margins in y are as wide as the disc."""
    margin, width = reached.size - 1, rows.shape[2]
    disc[:] = rows[reached[0]].reshape(-1)[margin * width :][: disc.size]
    for aside in range(1, margin + 1):
        if reached[aside] >= 0:
            here = rows[reached[aside]].reshape(-1)
            _add_both(here[(margin - aside) * width :], here[(margin + aside) * width :], disc)


@kernel
def _add(values, total):
    for x in range(total.size):
        total[x] += values[x]


@kernel
def _add_both(values, others, total):
    for x in range(total.size):
        total[x] += values[x] + others[x]


@kernel
def _size(reached):
    """How many voxels a sphere has."""
    size = 0
    for z in range(reached.shape[0]):
        for y in range(reached.shape[1]):
            if reached[z, y] >= 0:
                size += (2 * reached[z, y] + 1) * (2 if z else 1) * (2 if y else 1)
    return size


@kernel
def _greatest(totals, gaps, centres, size):
    greatest = -np.inf
    for z in range(centres.shape[0]):
        for y in range(centres.shape[1]):
            for x in range(centres.shape[2]):
                if centres[z, y, x]:
                    greatest = max(greatest, totals[z, y, x] / (size - gaps[z, y, x]))
    return greatest
