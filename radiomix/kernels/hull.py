"""The farthest two points of a mesh, from the corners of its convex hull alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel
from .surface import NONE, Trace


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
    dz, dy, dx = (step / 2 for step in spacing)
    across_y = np.ascontiguousarray(found.along_x.transpose(0, 2, 1))
    in_slice = _widest_plane(found.along_x, dy, dx)
    in_column = _widest_plane(across_y, dz, dx)
    in_row = _widest_plane(found.along_y, dz, dy)
    whole = _farthest(corners(found) * (np.array(spacing) / 2))
    return Diameters(in_slice, in_column, in_row, whole)


def corners(found: Trace) -> np.ndarray:
    """(n, 3) mesh vertices, (z, y, x) in half voxels, among which are all corners of the mesh's convex hull."""
    points = np.empty((2 * found.along_x[0].size, 3), np.int32)
    return points[: _plane_corners(found.along_x, points)]


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
def _widest_plane(extremes, across, along):
    planes, lines = extremes.shape[1:]
    chain = np.empty((2 * lines, 2), np.int64)
    widest = 0.0
    for step in range(planes):  # from the middle, where the widest planes tend to lie, outwards
        plane = (planes - 1) // 2 + ((step + 1) // 2 if step % 2 else -(step // 2))
        low, high = extremes[0, plane], extremes[1, plane]
        first, last, least, greatest = lines, 0, np.int64(NONE), np.int64(-1)
        for line in range(lines):
            if high[line] >= 0:
                first, last = min(first, line), line
                least, greatest = min(least, low[line]), max(greatest, high[line])
        if greatest < 0 or ((last - first) * across) ** 2 + ((greatest - least) * along) ** 2 <= widest:
            continue
        n = _plane_hull(low, high, chain)
        for i in range(n):
            for j in range(i):
                u, v = (chain[i, 0] - chain[j, 0]) * across, (chain[i, 1] - chain[j, 1]) * along
                widest = max(widest, u * u + v * v)
    return np.sqrt(widest)


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
    """The point farthest from (z, y, x)."""
    best, end = -1.0, 0
    for i in range(points.shape[0]):
        distance = _distance(points, i, z, y, x)
        if distance > best:
            best, end = distance, i
    return end


@kernel
def _farthest(points):
    """The greatest distance between two points.

    A few hops to the farthest point give a long pair. A longer one must have both ends far from its centre: with all
    points within `radius` of it, only those beyond `longest - radius` are compared.
    """
    longest, a, b = -1.0, 0, 0
    while True:
        c = _hop(points, points[b, 0], points[b, 1], points[b, 2])
        span = _distance(points, c, points[b, 0], points[b, 1], points[b, 2])
        if not span > longest:
            break
        longest, a, b = span, b, c
    z, y, x = (points[a, 0] + points[b, 0]) / 2, (points[a, 1] + points[b, 1]) / 2, (points[a, 2] + points[b, 2]) / 2
    radius = np.sqrt(_distance(points, _hop(points, z, y, x), z, y, x))
    kept, reach = np.empty(points.shape[0], np.int64), np.empty(points.shape[0])
    n = 0
    for i in range(points.shape[0]):
        reach[n] = np.sqrt(_distance(points, i, z, y, x))
        if reach[n] >= np.sqrt(longest) - radius:
            kept[n] = i
            n += 1
    for i in range(n):
        p = kept[i]
        for j in range(i):
            if reach[i] + reach[j] >= np.sqrt(longest):
                longest = max(longest, _distance(points, kept[j], points[p, 0], points[p, 1], points[p, 2]))
    return np.sqrt(longest)
