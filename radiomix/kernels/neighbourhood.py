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
    nz, ny, nx = centres.shape
    spans = _spans(centres)
    totals, gaps = np.zeros((nz, ny, nx)), np.zeros((nz, ny, nx))
    rows = np.empty((reached[0, 0] + 1, image.shape[1], nx))
    running = np.empty(image.shape[2] + 1)
    deep = reached.shape[0] - 1
    for plane in range(image.shape[0]):
        near = spans[max(plane - 2 * deep, 0) : plane + 1]
        if not (near[..., 0] < near[..., 1]).any():
            continue
        complete = _sum_rows(image[plane], False, running, rows)
        for away in range(deep + 1):
            _add_disc(rows, reached[away], spans, plane - deep - away, plane - deep + away, totals)
        if complete:
            continue
        _sum_rows(image[plane], True, running, rows)
        for away in range(deep + 1):
            _add_disc(rows, reached[away], spans, plane - deep - away, plane - deep + away, gaps)
    return _greatest(totals, gaps, centres, _size(reached))


@kernel
def _spans(centres):
    """Where the centres of each row begin and end, (z, y, 2)."""
    nz, ny, nx = centres.shape
    spans = np.empty((nz, ny, 2), np.int64)
    for z in range(nz):
        for y in range(ny):
            first, beyond = 0, nx
            while first < nx and not centres[z, y, first]:
                first += 1
            while beyond > first and not centres[z, y, beyond - 1]:
                beyond -= 1
            spans[z, y] = first, beyond
    return spans


@kernel
def _sum_rows(plane, of_gaps, running, rows):
    """Sums of a plane's intensities, or its number of unknown ones, over each length of row around each voxel.

    Returns whether all intensities are known.
    """
    margin, complete = rows.shape[0] - 1, True
    running[0] = 0.0
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            known = np.isfinite(plane[y, x])
            complete &= known
            if of_gaps:
                running[x + 1] = running[x] + (0.0 if known else 1.0)
            else:
                running[x + 1] = running[x] + (plane[y, x] if known else 0.0)
        for half in range(margin + 1):
            _subtract(running[margin + half + 1 :], running[margin - half :], rows[half, y])
    return complete


@kernel
def _add_disc(rows, reached, spans, below, above, totals):
    """Add a disc's sums to those of the spheres whose centres lie that far below and above its plane."""
    nz, ny, nx = totals.shape
    margin, disc = reached.size - 1, np.empty(nx)
    for y in range(ny):
        first, beyond = nx, 0
        for z in (below, above):
            if 0 <= z < nz and spans[z, y, 0] < spans[z, y, 1]:
                first, beyond = min(first, spans[z, y, 0]), max(beyond, spans[z, y, 1])
        if first >= beyond:
            continue
        disc[:] = 0.0
        sums, row = disc[first:beyond], y + margin
        _add(rows[reached[0], row, first:beyond], sums)
        for away in range(1, margin + 1):
            if reached[away] >= 0:
                here = rows[reached[away]]
                _add_both(here[row - away, first:beyond], here[row + away, first:beyond], sums)
        if 0 <= below < nz:
            _add(sums, totals[below, y, first:beyond])
        if above != below and 0 <= above < nz:
            _add(sums, totals[above, y, first:beyond])


@kernel
def _subtract(until, before, difference):
    for x in range(difference.size):
        difference[x] = until[x] - before[x]


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
