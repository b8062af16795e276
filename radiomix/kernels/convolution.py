"""Convolutions along one axis of a volume."""

from __future__ import annotations

import numpy as np

from .jit import kernel

CHUNK = 256  # voxels of a row that are worked on together, so that they stay in the first cache


@kernel
def convolve_pair(source, axis, low, high):
    """Convolve one axis of a contiguous (z, y, x) volume with two filters of one even length, where they fit.

    out[i] = sum over j of filter[j] * source[i + length - 1 - j], summed in the order of j in the source's own
    precision, along `axis`; the outputs are length - 1 shorter there.
    """
    taps = low.size
    nz, ny, nx = source.shape
    mz, my, mx = nz, ny, nx
    step = 1
    if axis == 0:
        mz, step = nz - taps + 1, ny * nx
    elif axis == 1:
        my, step = ny - taps + 1, nx
    else:
        mx = nx - taps + 1
    flat = source.reshape(-1)
    low_out = np.empty((mz, my, mx), source.dtype)
    high_out = np.empty((mz, my, mx), source.dtype)
    for z in range(mz):
        for y in range(my):
            row = (z * ny + y) * nx + (taps - 1) * step
            low_row, high_row = low_out[z, y], high_out[z, y]
            low_row[:], high_row[:] = 0.0, 0.0
            for j in range(0, taps, 2):
                here, there = flat[row - j * step :], flat[row - (j + 1) * step :]
                accumulate(here, there, low[j], low[j + 1], high[j], high[j + 1], low_row, high_row)
    return low_out, high_out


@kernel
def accumulate(here, there, low_here, low_there, high_here, high_there, low_row, high_row):
    for x in range(low_row.size):
        low_row[x] = low_row[x] + low_here * here[x] + low_there * there[x]
        high_row[x] = high_row[x] + high_here * here[x] + high_there * there[x]


@kernel
def combine_rows(source, starts, columns, weights):
    """A sparse matrix times the middle axis of a contiguous (a, n, b) volume.

    starts, columns, weights : the matrix row by row; row i holds the entries starts[i]..starts[i + 1] - 1
    """
    count, width = source.shape[0], source.shape[2]
    rows = starts.size - 1
    out = np.zeros((count, rows, width))
    for a in range(count):
        for left in range(0, width, CHUNK):
            right = min(left + CHUNK, width)
            for i in range(rows):
                row = out[a, i, left:right]
                for k in range(starts[i], starts[i + 1]):
                    add_scaled(row, source[a, columns[k], left:right], weights[k])
    return out


@kernel
def add_scaled(row, values, weight):
    for b in range(row.size):
        row[b] += weight * values[b]
