"""Grey level against size in one window: counts of the window's own levels, and sums that follow each change.

A window begins as things of size 1, one per voxel, and most of them stay so. Joining the few that belong together
changes a few cells and some sums; the features then need the sums alone, and no walk through a matrix.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel
from .sizes import (
    ENERGY,
    ENTROPY,
    HIGH,
    LARGE,
    LARGE_HIGH,
    LARGE_LOW,
    LEVEL_NON_UNIFORMITY,
    LEVEL_NON_UNIFORMITY_NORMALISED,
    LEVEL_VARIANCE,
    LOW,
    PERCENTAGE,
    SIZE_NON_UNIFORMITY,
    SIZE_NON_UNIFORMITY_NORMALISED,
    SIZE_VARIANCE,
    SMALL,
    SMALL_HIGH,
    SMALL_LOW,
)

# Sums over the things counted: of levels (from the window's first), of sizes, and of squares c^2 and c log2 c of counts
(
    TOTAL, LEVEL, LEVEL_SQUARE, SIZE, LOGS, SQUARES, ROW_SQUARES, SIZE_SQUARES,
    BRIGHT, DARK, SHORT, LONG, SHORT_DARK, SHORT_BRIGHT, LONG_DARK, LONG_BRIGHT,
) = range(16)  # fmt: skip
SUMS = 16


@kernel
def log_table(largest):
    """c log2 c for c = 0, 1, ..., largest."""
    table = np.zeros(largest + 1)
    for k in range(1, table.size):
        table[k] = k * math.log2(k)
    return table


@kernel
def count_log_count(count, table):
    """c log2 c, looked up for a whole number; 0 for what rounding leaves of nothing."""
    whole = int(count)
    if whole == count and 0 <= whole < table.size:
        return table[whole]
    return count * math.log2(count) if count > 0 else 0.0


@kernel
def new_tally(places, largest, table):
    """Working space for windows of so many places whose things reach the size `largest`.

    Returns cells (level, size), counts by level, counts by size, cells in use (the first entry says how many), the
    sums at the start and the sums now, and the table of c log2 c.
    """
    return (
        np.zeros((places, largest + 1)),
        np.zeros(places),
        np.zeros(largest + 1),
        np.zeros(4 * places * places + 1, np.int64),
        np.zeros(SUMS),
        np.zeros(SUMS),
        table,
    )


@kernel
def begin_window(tally, local, values, n_local, frequency):
    """Count the window's levels into `frequency`, and sum up the things of size 1 that it begins as."""
    base, table = tally[4], tally[6]
    base[:] = 0.0
    frequency[:n_local] = 0.0
    for code in local:
        if code >= 0:
            frequency[code] += 1.0
    for code in range(n_local):
        count, away, square = frequency[code], float(values[code] - values[0]), float(values[code]) * values[code]
        base[TOTAL] += count
        base[LEVEL] += count * away
        base[LEVEL_SQUARE] += count * away * away
        base[LOGS] += table[int(count)]
        base[SQUARES] += count * count
        base[BRIGHT] += count * square
        base[DARK] += count / square
    return base[TOTAL]


@kernel
def begin_matrix(tally, frequency, n_local, weight):
    """Every voxel of the window is a thing of size 1, `weight` times; what an earlier matrix left is cleared."""
    cells, rows, by_size, used, base, sums, table = tally
    flat = cells.reshape(cells.size)
    for k in range(1, used[0] + 1):
        flat[used[k]] = 0.0
        by_size[used[k] % cells.shape[1]] = 0.0
    used[0] = 0
    for code in range(n_local):
        cells[code, 1] = weight * frequency[code]
        rows[code] = weight * frequency[code]
    total = weight * base[TOTAL]
    by_size[1] = total
    sums[:] = weight * base
    sums[SIZE] = sums[SHORT] = sums[LONG] = total
    sums[SHORT_DARK] = sums[LONG_DARK] = sums[DARK]
    sums[SHORT_BRIGHT] = sums[LONG_BRIGHT] = sums[BRIGHT]
    sums[SQUARES] = sums[ROW_SQUARES] = weight * weight * base[SQUARES]
    sums[SIZE_SQUARES] = total * total
    if weight != 1:
        sums[LOGS] += base[TOTAL] * weight * math.log2(weight)


@kernel
def _add(tally, code, level, size, amount):
    """Change one cell, and what is summed over cells, levels' linear sums aside."""
    cells, _, by_size, used, _, sums, table = tally
    if size > 1:
        used[0] += 1
        used[used[0]] = code * cells.shape[1] + size
    before = cells[code, size]
    after = before + amount
    cells[code, size] = after
    sums[LOGS] += count_log_count(after, table) - count_log_count(before, table)
    sums[SQUARES] += amount * (before + after)
    sums[SIZE_SQUARES] += amount * (2 * by_size[size] + amount)
    by_size[size] += amount
    square, bright = float(size) * size, float(level) * level
    short, long = amount / square, amount * square
    sums[SIZE] += amount * size
    sums[SHORT] += short
    sums[LONG] += long
    sums[SHORT_DARK] += short / bright
    sums[SHORT_BRIGHT] += short * bright
    sums[LONG_DARK] += long / bright
    sums[LONG_BRIGHT] += long * bright


@kernel
def grow(tally, code, level, size, weight):
    """A thing of size 1 becomes one of another size."""
    _add(tally, code, level, 1, -weight)
    _add(tally, code, level, size, weight)


@kernel
def join(tally, code, level, first, one, another, weight):
    """Two things of the same level and of the sizes given become one; `first` is the window's first level."""
    _, rows, _, _, _, sums, _ = tally
    _add(tally, code, level, one, -weight)
    _add(tally, code, level, another, -weight)
    _add(tally, code, level, one + another, weight)
    sums[ROW_SQUARES] -= weight * (2 * rows[code] - weight)
    rows[code] -= weight
    away, square = float(level - first), float(level) * level
    sums[TOTAL] -= weight
    sums[LEVEL] -= weight * away
    sums[LEVEL_SQUARE] -= weight * away * away
    sums[BRIGHT] -= weight * square
    sums[DARK] -= weight / square


@kernel
def add_features(tally, voxels, out):
    """Add one matrix's features to `out`; percentages refer to `voxels`."""
    sums, table = tally[5], tally[6]
    total = sums[TOTAL]
    share = 1.0 / total
    out[SMALL] += sums[SHORT] * share
    out[LARGE] += sums[LONG] * share
    out[LOW] += sums[DARK] * share
    out[HIGH] += sums[BRIGHT] * share
    out[SMALL_LOW] += sums[SHORT_DARK] * share
    out[SMALL_HIGH] += sums[SHORT_BRIGHT] * share
    out[LARGE_LOW] += sums[LONG_DARK] * share
    out[LARGE_HIGH] += sums[LONG_BRIGHT] * share
    out[LEVEL_NON_UNIFORMITY] += sums[ROW_SQUARES] * share
    out[LEVEL_NON_UNIFORMITY_NORMALISED] += sums[ROW_SQUARES] * share * share
    out[SIZE_NON_UNIFORMITY] += sums[SIZE_SQUARES] * share
    out[SIZE_NON_UNIFORMITY_NORMALISED] += sums[SIZE_SQUARES] * share * share
    out[PERCENTAGE] += total / voxels
    out[LEVEL_VARIANCE] += max(total * sums[LEVEL_SQUARE] - sums[LEVEL] ** 2, 0.0) * share * share
    out[SIZE_VARIANCE] += max(total * sums[LONG] - sums[SIZE] ** 2, 0.0) * share * share
    out[ENTROPY] += max((count_log_count(total, table) - sums[LOGS]) * share, 0.0)
    out[ENERGY] += sums[SQUARES] * share * share
