"""Grey level against size in one window: counts of the window's own levels, and sums that follow each change.

Features need sums over the counts alone, and a window holds few things: following each change of a count is cheaper
than a walk through a matrix.

A tally is a matrix of counts with its margins, (codes + 1, sizes + 1): row k counts the things of the window's level k
by size, its column 0 all of them; the last row counts things of any level by size. Counts are integers unless
directions are weighted.
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

# Sums over the things counted: of levels (from the window's first), and of squares c^2 and c log2 c of counts c
(
    TOTAL, LEVEL, LEVEL_SQUARE, BRIGHT, DARK, SHORT_DARK, SHORT_BRIGHT, LONG_DARK, LONG_BRIGHT,
    LOGS, SQUARES, ROW_SQUARES,
) = range(12)  # fmt: skip
SUMS = 12

# Of each of a window's levels: its distance to the first, its square, and the inverse of that
AWAY, SQUARE, INVERSE = range(3)


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
def describe_levels(local, values, n_local, frequency, numbers):
    """Fill `frequency` of each of a window's levels and their `numbers` (3, levels); returns the voxels of the ROI."""
    for code in range(n_local):
        frequency[code] = 0
        square = float(values[code]) * values[code]
        numbers[AWAY, code] = values[code] - values[0]
        numbers[SQUARE, code] = square
        numbers[INVERSE, code] = 1.0 / square
    inside = 0
    for code in local:
        if code >= 0:
            frequency[code] += 1
            inside += 1
    return inside


@kernel
def add_level(tally, numbers, sums, code, amount):
    """Change how many things there are of a level."""
    rows = tally[code]
    away, square, inverse = numbers[AWAY, code], numbers[SQUARE, code], numbers[INVERSE, code]
    sums[ROW_SQUARES] += amount * (2 * rows[0] + amount)
    rows[0] += amount
    sums[TOTAL] += amount
    sums[LEVEL] += amount * away
    sums[LEVEL_SQUARE] += amount * away * away
    sums[BRIGHT] += amount * square
    sums[DARK] += amount * inverse


@kernel
def add_size(tally, numbers, sums, table, code, size, amount):
    """Change how many of a level's things have a size."""
    before = tally[code, size]
    after = before + amount
    tally[code, size] = after
    tally[tally.shape[0] - 1, size] += amount
    squared = float(size * size)
    short, long = amount / squared, amount * squared
    square, inverse = numbers[SQUARE, code], numbers[INVERSE, code]
    sums[LOGS] += count_log_count(after, table) - count_log_count(before, table)
    sums[SQUARES] += amount * (before + after)
    sums[SHORT_DARK] += short * inverse
    sums[SHORT_BRIGHT] += short * square
    sums[LONG_DARK] += long * inverse
    sums[LONG_BRIGHT] += long * square


@kernel
def add_features(tally, sums, table, largest, voxels, out):
    """Add one matrix's features to `out`; sizes reach `largest`, percentages refer to `voxels`. Sums are cleared."""
    by_size = tally[tally.shape[0] - 1]
    short, long, linear, squares = 0.0, 0.0, 0.0, 0.0
    for size in range(1, largest + 1):
        count = float(by_size[size])
        by_size[size] = 0
        short += count / (size * size)
        long += count * (size * size)
        linear += count * size
        squares += count * count
    total = sums[TOTAL]
    share = 1.0 / total
    shared = share * share
    out[SMALL] += short * share
    out[LARGE] += long * share
    out[LOW] += sums[DARK] * share
    out[HIGH] += sums[BRIGHT] * share
    out[SMALL_LOW] += sums[SHORT_DARK] * share
    out[SMALL_HIGH] += sums[SHORT_BRIGHT] * share
    out[LARGE_LOW] += sums[LONG_DARK] * share
    out[LARGE_HIGH] += sums[LONG_BRIGHT] * share
    out[LEVEL_NON_UNIFORMITY] += sums[ROW_SQUARES] * share
    out[LEVEL_NON_UNIFORMITY_NORMALISED] += sums[ROW_SQUARES] * shared
    out[SIZE_NON_UNIFORMITY] += squares * share
    out[SIZE_NON_UNIFORMITY_NORMALISED] += squares * shared
    out[PERCENTAGE] += total / voxels
    out[LEVEL_VARIANCE] += max(total * sums[LEVEL_SQUARE] - sums[LEVEL] * sums[LEVEL], 0.0) * shared
    out[SIZE_VARIANCE] += max(total * long - linear * linear, 0.0) * shared
    out[ENTROPY] += max((count_log_count(total, table) - sums[LOGS]) * share, 0.0)
    out[ENERGY] += sums[SQUARES] * shared
    for k in range(SUMS):
        sums[k] = 0.0
