"""One walk over the mask: the cases of its marching cubes, the extremes of its mesh, the moments of its voxels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .cubes import triangles
from .jit import kernel

EMPTY, FULL = np.uint64(0), np.uint64(0x0F0F0F0F0F0F0F0F)  # eight columns of four voxels outside, inside
SWEEPS = 30  # of rotations, far more than are needed: each squares what is left
NONE = np.int32(2**31 - 1)  # the least position on a line that the mesh does not meet


class Trace(NamedTuple):
    """What a walk over a mask finds.

    counts : (256,) how often each case of a marching cube occurs
    positions : (256, 3) the sums of the cubes' (z, y, x), counted from the padded bounding box
    along_x : (2, planes z, lines y) the least and greatest x of mesh vertices, all in half voxels
    along_y : (2, planes z, lines x) the least and greatest y of mesh vertices, likewise
    sums : (10,) over the region's voxels: 1, z, y, x, zz, yy, xx, zy, zx, yx, likewise in voxels
    """

    counts: np.ndarray
    positions: np.ndarray
    along_x: np.ndarray
    along_y: np.ndarray
    sums: np.ndarray


def trace(inside: np.ndarray) -> Trace:
    """Walk over a (z, y, x) boolean mask that fills its bounding box."""
    padded = np.zeros([n + 2 for n in inside.shape], np.int8)
    padded[1:-1, 1:-1, 1:-1] = inside
    nz, ny, nx = (2 * n for n in padded.shape)
    along_x, along_y = np.empty((2, nz, ny), np.int32), np.empty((2, nz, nx), np.int32)
    for extremes in (along_x, along_y):
        extremes[0], extremes[1] = NONE, -1
    counts, positions, sums = np.zeros(256, np.int64), np.zeros((256, 3), np.int64), np.zeros(10, np.int64)
    columns = np.zeros(-(-padded.shape[2] // 8) * 8, np.uint8)
    _walk(padded, columns, columns.view(np.uint64), counts, positions, along_x, along_y, sums)
    return Trace(counts, positions, along_x, along_y, sums)


def area_and_volume(found: Trace, spacing: tuple[float, float, float], closed: bool) -> tuple[float, float]:
    """The mesh's surface in mm^2 and its volume in mm^3, for voxels of `spacing` (z, y, x) in mm.

    The mesh is the closed one, or PyRadiomics' (see `cubes`).

    A triangle that occurs `n` times with cube corners that sum to `s` adds n det(a, b, c) + s . (a x b + b x c + c x a)
    to six times the volume: the positions of single cubes are not needed.
    """
    return _total(found.counts, found.positions, *triangles(closed), spacing)


@kernel
def eigenvalues(matrix):
    """Ascending, of a symmetric (3, 3) matrix that is written over: by Jacobi's rotations."""
    for _ in range(SWEEPS):
        if matrix[1, 0] == 0 and matrix[2, 0] == 0 and matrix[2, 1] == 0:
            break
        for p in range(2):
            for q in range(p + 1, 3):
                _rotate(matrix, p, q, 3 - p - q)
    a, b, c = matrix[0, 0], matrix[1, 1], matrix[2, 2]
    low, high = min(a, b), max(a, b)
    return min(low, c), max(low, min(high, c)), max(high, c)


@kernel
def _rotate(matrix, p, q, other):
    """Turn the axes p and q so that the element between them is 0."""
    between = matrix[q, p]
    if between == 0:
        return
    slant = (matrix[q, q] - matrix[p, p]) / (2 * between)
    tangent = math.copysign(1.0, slant) / (abs(slant) + math.hypot(1.0, slant))
    cosine = 1 / math.hypot(1.0, tangent)
    sine = tangent * cosine
    matrix[p, p] -= tangent * between
    matrix[q, q] += tangent * between
    first, second = matrix[max(p, other), min(p, other)], matrix[max(q, other), min(q, other)]
    matrix[q, p] = 0.0
    matrix[max(p, other), min(p, other)] = cosine * first - sine * second
    matrix[max(q, other), min(q, other)] = sine * first + cosine * second


@kernel
def _walk(mask, columns, words, counts, positions, along_x, along_y, sums):
    """`columns` is room for the four voxels (z, y) at every x of a row of cubes; `words` is it again, by eights."""
    nz, ny, nx = mask.shape
    for z in range(nz - 1):
        for y in range(ny - 1):
            for x in range(nx):
                near = mask[z, y, x] | mask[z, y + 1, x] << 1
                columns[x] = near | mask[z + 1, y, x] << 2 | mask[z + 1, y + 1, x] << 3
            before, n, sx, sxx = 0, 0, 0, 0
            for w in range(words.size):
                start = 8 * w
                if before == 0 and words[w] == EMPTY:
                    continue
                if before == 15 and words[w] == FULL:
                    n += 8
                    sx += 8 * start + 28
                    sxx += 8 * start * start + 56 * start + 140
                    continue
                for x in range(start, start + 8):
                    column = np.int64(columns[x])
                    case = before | column << 4
                    before = column
                    n += column & 1
                    sx += (column & 1) * x
                    sxx += (column & 1) * x * x
                    if case != 0 and case != 255:
                        counts[case] += 1
                        positions[case, 0] += z
                        positions[case, 1] += y
                        positions[case, 2] += x - 1
                        _add_vertices(case, z, y, x - 1, along_x, along_y)
            if n:
                _add_row(z, y, n, sx, sxx, sums)


@kernel
def _add_row(z, y, n, sx, sxx, sums):
    terms = (n, n * z, n * y, sx, n * z * z, n * y * y, sxx, n * z * y, z * sx, y * sx)
    for i in range(10):
        sums[i] += terms[i]


@kernel
def _add_vertices(case, z, y, x, along_x, along_y):
    """The mesh vertices on the three edges from the cube's first corner: every edge of the grid has one such cube."""
    corner = case & 1
    _add_vertex(corner ^ (case >> 4 & 1), 2 * z, 2 * y, 2 * x + 1, along_x, along_y)
    _add_vertex(corner ^ (case >> 1 & 1), 2 * z, 2 * y + 1, 2 * x, along_x, along_y)
    _add_vertex(corner ^ (case >> 2 & 1), 2 * z + 1, 2 * y, 2 * x, along_x, along_y)


@kernel
def _add_vertex(there, z, y, x, along_x, along_y):
    """A vertex if `there` is 1; if it is 0, nothing changes. Which it is no processor could foretell: no branches."""
    nowhere = (1 - there) * np.int64(NONE)
    along_x[0, z, y] = min(along_x[0, z, y], x + nowhere)
    along_x[1, z, y] = max(along_x[1, z, y], there * (x + 1) - 1)
    along_y[0, z, x] = min(along_y[0, z, x], y + nowhere)
    along_y[1, z, x] = max(along_y[1, z, x], there * (y + 1) - 1)


@kernel
def _total(counts, positions, cases, vertices, spacing):
    area, volume, scale = 0.0, 0.0, spacing[0] * spacing[1] * spacing[2]
    for t in range(cases.size):
        n = counts[cases[t]]
        if n == 0:
            continue
        p, q, r = vertices[t, 0], vertices[t, 1], vertices[t, 2]
        # the normal (q - p) x (r - p), which is also p x q + q x r + r x p, in voxels
        uz, uy, ux = q[0] - p[0], q[1] - p[1], q[2] - p[2]
        vz, vy, vx = r[0] - p[0], r[1] - p[1], r[2] - p[2]
        normal_z, normal_y, normal_x = uy * vx - ux * vy, ux * vz - uz * vx, uz * vy - uy * vz
        s = positions[cases[t]]
        volume += (n * p[0] + s[0]) * normal_z + (n * p[1] + s[1]) * normal_y + (n * p[2] + s[2]) * normal_x
        az, ay, ax = normal_z / spacing[0], normal_y / spacing[1], normal_x / spacing[2]
        area += n * np.sqrt(az * az + ay * ay + ax * ax)
    return area * scale / 2, volume * scale / 6
