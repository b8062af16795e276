"""The farthest two points of a mesh, from the corners of its convex hull alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel
from .surface import NOWHERE, Trace

GROUP = 16  # corners that are compared with others together


class Diameters(NamedTuple):
    """The greatest distances in mm between mesh vertices that share their z, their y or their x, and of all."""

    slice: float
    column: float
    row: float
    volume: float


def diameters(found: Trace, spacing: tuple[float, float, float]) -> Diameters:
    """The diameters of a traced mesh, for voxels of `spacing` (z, y, x) in mm.

    The mesh's vertices lie in planes half a voxel apart. In each plane the outermost vertices of every line of voxels
    give the plane's convex hull, and only its corners can be an end of a diameter.
    """
    widest = _widest_planes(*_by_axis(found), spacing)
    return Diameters(*widest, _farthest(corners(found), found.sums, spacing))


def corners(found: Trace) -> np.ndarray:
    """(n, 3) mesh vertices, (z, y, x) in half voxels, among which are all corners of the mesh's convex hull."""
    points = np.empty((2 * found.along_x[0].size, 3), np.int32)
    return points[: _plane_corners(found.along_x, points)]


def extremes(found: Trace) -> np.ndarray:
    """Fewer such vertices: those that are corners of the hulls of all three planes through them."""
    in_slice, in_column, in_row = map(_marked, _by_axis(found))
    side, z, y = np.nonzero(in_slice & in_column.transpose(0, 2, 1))
    x = found.along_x[side, z, y]
    in_all = ((found.along_y[:, z, x] == y) & in_row[:, x, z]).any(axis=0)
    return np.column_stack([z, y, x])[in_all]


def _by_axis(found: Trace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ends of lines, (2, planes, lines), of the planes across z, y and x."""
    return found.along_x, found.along_x.transpose(0, 2, 1).copy(), found.along_y.transpose(0, 2, 1).copy()


def _marked(lines: np.ndarray) -> np.ndarray:
    """Which ends of lines of voxels, (2, planes, lines), are corners of their plane's hull."""
    marks = np.zeros(lines.shape, np.bool_)
    _mark_corners(lines, marks)
    return marks


@kernel
def _mark_corners(extremes, marks):
    chain = np.empty((2 * extremes.shape[2], 2), np.int64)
    for plane in range(extremes.shape[1]):
        for i in range(_plane_hull(extremes[0, plane], extremes[1, plane], chain)):
            line, position = chain[i]
            for side in range(2):
                marks[side, plane, line] |= extremes[side, plane, line] == position


@kernel
def _plane_hull(low, high, chain):
    """The corners of a plane's hull: (n, 2) of (line, position) into `chain`, and n.

    First the chain through the least positions, then the one through the greatest, both by ascending line.
    """
    n = 0
    for side in range(2):
        start = n
        sign = 1 - 2 * side
        for line in range(low.size):
            if high[line] < 0:
                continue
            position = np.int64(high[line]) if side else np.int64(low[line])
            while n - start >= 2:
                run, rise = chain[n - 1, 0] - chain[n - 2, 0], chain[n - 1, 1] - chain[n - 2, 1]
                if sign * (run * (position - chain[n - 2, 1]) - rise * (line - chain[n - 2, 0])) > 0:
                    break
                n -= 1
            chain[n, 0], chain[n, 1] = line, position
            n += 1
    return n


@kernel
def _widest_planes(in_slice, in_column, in_row, spacing):
    """The greatest distance between two vertices in one plane, for the planes across each of the axes."""
    dz, dy, dx = spacing[0] / 2, spacing[1] / 2, spacing[2] / 2
    widest = (0.0, 0.0, 0.0)
    for axis in range(3):
        extremes, across, along = (in_slice, in_column, in_row)[axis], (dy, dz, dz)[axis], (dx, dx, dy)[axis]
        planes, lines = extremes.shape[1:]
        chain, reach, longest = np.empty((2 * lines, 2), np.int64), np.empty(2 * lines), 0.0
        for step in range(planes):  # from the middle, where the widest planes tend to lie, outwards
            plane = (planes - 1) // 2 + ((step + 1) // 2 if step % 2 else -(step // 2))
            low, high = extremes[0, plane], extremes[1, plane]
            line, position, radius = _circle(low, high, across, along)
            if 2 * radius <= longest:
                continue
            n = _plane_hull(low, high, chain)
            for i in range(n):
                u, v = (chain[i, 0] - line) * across, (chain[i, 1] - position) * along
                reach[i] = np.sqrt(u * u + v * v)
                for j in range(i):
                    if reach[i] + reach[j] > longest:
                        u, v = (chain[i, 0] - chain[j, 0]) * across, (chain[i, 1] - chain[j, 1]) * along
                        longest = max(longest, np.sqrt(u * u + v * v))
        widest = (widest[1], widest[2], longest)
    return widest


@kernel
def _circle(low, high, across, along):
    """A circle around a plane's vertices: its centre as (line, position), and its radius, 0 where there are none."""
    first, last, least, greatest = low.size, 0, np.int64(NOWHERE), np.int64(-1)
    for line in range(low.size):
        if high[line] >= 0:
            first, last = min(first, line), line
            least, greatest = min(least, low[line]), max(greatest, high[line])
    line, position, farthest = (first + last) / 2, (least + greatest) / 2, 0.0
    for i in range(first, last + 1):
        if high[i] >= 0:
            u, v = (i - line) * across, max(position - low[i], high[i] - position) * along
            farthest = max(farthest, u * u + v * v)
    return line, position, np.sqrt(farthest)


@kernel
def _plane_corners(extremes, points):
    planes, lines = extremes.shape[1:]
    chain = np.empty((2 * lines, 2), np.int64)
    found = 0
    for plane in range(planes):
        for i in range(_plane_hull(extremes[0, plane], extremes[1, plane], chain)):
            points[found, 0], points[found, 1], points[found, 2] = plane, chain[i, 0], chain[i, 1]
            found += 1
    return found


@kernel
def _distance(points, i, z, y, x):
    dz, dy, dx = points[i, 0] - z, points[i, 1] - y, points[i, 2] - x
    return dz * dz + dy * dy + dx * dx


@kernel
def _hop(points, z, y, x):
    """The point farthest from (z, y, x), and its squared distance."""
    best, end = -1.0, 0
    for i in range(points.shape[0]):
        distance = _distance(points, i, z, y, x)
        if distance > best:
            best, end = distance, i
    return end, best


@kernel
def _farthest(corners, sums, spacing):
    """The greatest distance in mm between two of the corners, given in half voxels.

    Hops to the farthest point, the first of them from the centre, give a long pair. A longer one must have both ends
    far from its middle: with all points within `radius` of it, only those beyond `longest - radius` are compared.
    """
    dz, dy, dx = spacing[0] / 2, spacing[1] / 2, spacing[2] / 2
    points = np.empty(corners.shape)
    for i in range(points.shape[0]):
        points[i, 0], points[i, 1], points[i, 2] = corners[i, 0] * dz, corners[i, 1] * dy, corners[i, 2] * dx
    n = sums[0] / 2
    longest, a, b = -1.0, 0, _hop(points, sums[1] / n * dz, sums[2] / n * dy, sums[3] / n * dx)[0]
    while True:
        c, distance = _hop(points, points[b, 0], points[b, 1], points[b, 2])
        if not distance > longest:
            break
        longest, a, b = distance, b, c
    z, y, x = (points[a, 0] + points[b, 0]) / 2, (points[a, 1] + points[b, 1]) / 2, (points[a, 2] + points[b, 2]) / 2
    least = np.sqrt(longest) - np.sqrt(_hop(points, z, y, x)[1])
    kept, n = np.empty((points.shape[0] + 1, 3)), 0
    for i in range(points.shape[0]):
        kept[n, 0], kept[n, 1], kept[n, 2] = points[i, 0], points[i, 1], points[i, 2]
        n += np.sqrt(_distance(points, i, z, y, x)) >= least
    return np.sqrt(_farthest_of_groups(kept[:n], longest))


@kernel
def _farthest_of_groups(points, longest):
    """The greatest squared distance between two points, at least `longest`.

    Points that follow one another lie near one another: where the boxes around two groups of them allow no longer
    distance, their points are not compared. However round the mesh, few groups lie opposite to each other.
    """
    groups = (points.shape[0] + GROUP - 1) // GROUP
    boxes = np.empty((groups, 6))
    for g in range(groups):
        _enclose(points[g * GROUP : (g + 1) * GROUP], boxes[g])
        for h in range(g + 1):
            if _reach(boxes[g], boxes[h]) > longest:
                for i in range(g * GROUP, min((g + 1) * GROUP, points.shape[0])):
                    z, y, x = points[i, 0], points[i, 1], points[i, 2]
                    for j in range(h * GROUP, min((h + 1) * GROUP, points.shape[0])):
                        longest = max(longest, _distance(points, j, z, y, x))
    return longest


@kernel
def _enclose(points, box):
    """Write the least coordinates of some points, then the greatest, into `box`."""
    for axis in range(3):
        box[axis] = box[3 + axis] = points[0, axis]
        for i in range(points.shape[0]):
            box[axis], box[3 + axis] = min(box[axis], points[i, axis]), max(box[3 + axis], points[i, axis])


@kernel
def _reach(a, b):
    """The greatest squared distance that two points in two boxes can have."""
    total = 0.0
    for axis in range(3):
        side = max(a[3 + axis] - b[axis], b[3 + axis] - a[axis])
        total += side * side
    return total
