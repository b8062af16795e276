"""Local binary patterns of a plane."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

DEFAULT, ROTATION_INVARIANT, UNIFORM, VARIANCE = 0, 1, 2, 3


@kernel
def local_binary_patterns(plane, rows, columns, row_offsets, column_offsets, method):
    """The pattern of the voxels at rows[0]..rows[1]-1, columns[0]..columns[1]-1 of a plane.

    Neighbours lie at the offsets and are interpolated linearly, with 0 outside the plane; those at least as large as
    the centre set a bit.
    """
    samples = row_offsets.size
    values = np.empty(samples)
    bits = np.empty(samples, np.int64)
    out = np.empty((rows[1] - rows[0], columns[1] - columns[0]))
    for r in range(rows[0], rows[1]):
        for c in range(columns[0], columns[1]):
            for i in range(samples):
                values[i] = interpolate(plane, r + row_offsets[i], c + column_offsets[i])
                bits[i] = values[i] - plane[r, c] >= 0
            out[r - rows[0], c - columns[0]] = pattern(values, bits, method)
    return out


@kernel
def interpolate(plane, row, column):
    """Linear between the four neighbours."""
    top, left = math.floor(row), math.floor(column)
    bottom, right = math.ceil(row), math.ceil(column)
    down, across = row - top, column - left
    above = (1 - across) * value_at(plane, top, left) + across * value_at(plane, top, right)
    below = (1 - across) * value_at(plane, bottom, left) + across * value_at(plane, bottom, right)
    return (1 - down) * above + down * below


@kernel
def value_at(plane, row, column):
    if row < 0 or row >= plane.shape[0] or column < 0 or column >= plane.shape[1]:
        return 0.0
    return plane[row, column]


@kernel
def pattern(values, bits, method):
    samples = bits.size
    if method in (DEFAULT, ROTATION_INVARIANT):
        code = 0
        for i in range(samples):
            code += bits[i] << i
        if method == DEFAULT:
            return float(code)
        smallest = code
        for _ in range(samples - 1):
            code = (code >> 1) | ((code & 1) << (samples - 1))
            smallest = min(smallest, code)
        return float(smallest)
    if method == VARIANCE:
        return np.mean((values - np.mean(values)) ** 2)
    changes = 0
    for i in range(samples - 1):
        changes += bits[i] != bits[i + 1]
    return float(bits.sum()) if changes <= 2 else samples + 1.0
