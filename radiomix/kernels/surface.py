"""One walk over the mask: the cases of its marching cubes, the extremes of its mesh, the moments of its voxels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .bits import NONE, ONE, STRIDE, highest, lowest, packed
from .cubes import triangles
from .jit import kernel

TWO, FOUR, SIX = np.uint64(2), np.uint64(4), np.uint64(6)
PAIR, OWN = np.uint64(3), np.uint64(2**63 - 1)  # two voxels of a row; those that begin a pair in their word
ROTATIONS = 30  # more than are needed: every three of them square what is left
NEGLIGIBLE = 1e-20  # beside the elements on the diagonal: its square is in no eigenvalue's last bit
NOWHERE = np.int32(2**31 - 1)  # the least position on a line that the mesh does not meet


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
    words = packed(inside)
    nz, ny, nx = (2 * (n + 2) for n in inside.shape)
    along_x, along_y = np.empty((2, nz, ny), np.int32), np.empty((2, nz, nx), np.int32)
    for extremes in (along_x, along_y):
        extremes[0], extremes[1] = NOWHERE, -1
    counts, positions, sums = np.zeros(256, np.int64), np.zeros((256, 3), np.int64), np.zeros(10, np.int64)
    _walk(words, counts, positions, along_x, along_y, sums)
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
    """Ascending, of a symmetric (3, 3) matrix that is written over: by Jacobi's rotations.

    Each turns two axes so that the element between them becomes 0.
    """
    for step in range(ROTATIONS):
        p, q, other = step % 3, (step + 1) % 3, (step + 2) % 3
        between = matrix[p, q]
        matrix[p, q] = matrix[q, p] = 0.0
        if abs(between) <= NEGLIGIBLE * (abs(matrix[p, p]) + abs(matrix[q, q])):
            continue
        slant = (matrix[q, q] - matrix[p, p]) / (2 * between)
        tangent = math.copysign(1.0, slant) / (abs(slant) + math.sqrt(1 + slant * slant))
        cosine = 1 / math.sqrt(1 + tangent * tangent)
        matrix[p, p] -= tangent * between
        matrix[q, q] += tangent * between
        first, second = matrix[p, other], matrix[q, other]
        matrix[p, other] = matrix[other, p] = cosine * (first - tangent * second)
        matrix[q, other] = matrix[other, q] = cosine * (second + tangent * first)
    a, b, c = matrix[0, 0], matrix[1, 1], matrix[2, 2]
    low, high = min(a, b), max(a, b)
    return min(low, c), max(low, min(high, c)), max(high, c)


@kernel
def _walk(words, counts, positions, along_x, along_y, sums):
    """Row by row; a cube has its first corner in the row, and so has every edge of the grid that a vertex lies on."""
    slices, rows, width = words.shape
    for z in range(slices - 1):
        for y in range(rows - 1):
            near, far = along_x[:, 2 * z], along_x[:, 2 * z + 1]
            n, sx, sxx, sign = 0, 0, 0, -1
            for w in range(width):
                a, b, c, d = words[z, y, w], words[z, y + 1, w], words[z + 1, y, w], words[z + 1, y + 1, w]
                some, every, start = a | b | c | d, a & b & c & d, STRIDE * w
                if some == NONE:
                    continue
                mixed = (some | some >> ONE) & ~(every & every >> ONE) & OWN
                while mixed != NONE:
                    x = lowest(mixed)
                    _count(_case(a, b, c, d, np.uint64(x)), z, y, start + x, counts, positions)
                    mixed &= mixed - ONE
                turns = (a ^ a >> ONE) & OWN
                _widen(turns, 2 * start + 1, near, 2 * y)
                _widen(a ^ b, 2 * start, near, 2 * y + 1)
                _widen(a ^ c, 2 * start, far, 2 * y)
                while turns != NONE:
                    x = start + lowest(turns) + 1
                    n += sign * x
                    sx += sign * (x * (x - 1) // 2)
                    sxx += sign * ((x - 1) * x * (2 * x - 1) // 6)
                    sign = -sign
                    turns &= turns - ONE
            if n:
                _add_row(z, y, n, sx, sxx, sums)
        _ends_along_y(words, z, along_y[:, 2 * z], along_y[:, 2 * z + 1])


@kernel
def _case(a, b, c, d, x):
    return (a >> x & PAIR) | (b >> x & PAIR) << TWO | (c >> x & PAIR) << FOUR | (d >> x & PAIR) << SIX


@kernel
def _count(case, z, y, x, counts, positions):
    counts[case] += 1
    positions[case, 0] += z
    positions[case, 1] += y
    positions[case, 2] += x


@kernel
def _add_row(z, y, n, sx, sxx, sums):
    terms = (n, n * z, n * y, sx, n * z * z, n * y * y, sxx, n * z * y, z * sx, y * sx)
    for i in range(10):
        sums[i] += terms[i]


@kernel
def _widen(vertices, start, extremes, line):
    """Words come by ascending x: the first that holds a vertex has the least, the last one the greatest."""
    if vertices != NONE:
        if extremes[1, line] < 0:
            extremes[0, line] = start + 2 * lowest(vertices)
        extremes[1, line] = start + 2 * highest(vertices)


@kernel
def _ends_along_y(words, z, plane, between):
    """The same along y: of each x, on the slice's own plane of vertices and on the one half way to the next slice."""
    rows, width = words.shape[1:]
    for w in range(width):
        for side in range(2):
            along, beside, across = NONE, NONE, NONE  # columns in which a vertex has been met
            for step in range(rows - 1):
                y = rows - 2 - step if side else step
                here = words[z, y, w]
                up, right, out = here ^ words[z, y + 1, w], (here ^ here >> ONE) & OWN, here ^ words[z + 1, y, w]
                _note(up & ~along, 2 * y + 1, 2 * STRIDE * w, plane[side])
                _note(right & ~beside, 2 * y, 2 * STRIDE * w + 1, plane[side])
                _note(out & ~across, 2 * y, 2 * STRIDE * w, between[side])
                along, beside, across = along | up, beside | right, across | out


@kernel
def _note(columns, position, start, line):
    while columns != NONE:
        line[start + 2 * lowest(columns)] = position
        columns &= columns - ONE


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
