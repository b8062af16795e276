"""The formulas shared by every matrix of grey level against something counted: runs, zones, distances, dependences."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

# Columns of `size_features`; "size" is the length, area, distance or count of the family
(
    SMALL,
    LARGE,
    LOW,
    HIGH,
    SMALL_LOW,
    SMALL_HIGH,
    LARGE_LOW,
    LARGE_HIGH,
    LEVEL_NON_UNIFORMITY,
    LEVEL_NON_UNIFORMITY_NORMALISED,
    SIZE_NON_UNIFORMITY,
    SIZE_NON_UNIFORMITY_NORMALISED,
    PERCENTAGE,
    LEVEL_VARIANCE,
    SIZE_VARIANCE,
    ENTROPY,
    ENERGY,
) = range(17)
SIZE_COLUMNS = 17


@kernel
def _sums(counts, squares, inverses, c_log_c, by_level, by_size, out):
    """Sum what is linear in the counts into `out`, and the counts by level and by size; return the total.

    squares, inverses : of the sizes, and 1 over these
    """
    known, total, energy, logarithms = c_log_c.size, 0.0, 0.0, 0.0
    for level in range(1, counts.shape[0]):
        row = counts[level]
        here, small, large = 0.0, 0.0, 0.0
        for j in range(row.size):
            if row[j] > 0:
                count = float(row[j])
                here += count
                small += count * inverses[j]
                large += count * squares[j]
                by_size[j] += count
                energy += count * count
                logarithms += c_log_c[int(count)] if count < known else count * math.log2(count)
        by_level[level] = here
        if here > 0:
            square = float(level) * level
            inverse = 1.0 / square
            total += here
            out[LOW] += here * inverse
            out[HIGH] += here * square
            out[SMALL] += small
            out[LARGE] += large
            out[SMALL_LOW] += small * inverse
            out[SMALL_HIGH] += small * square
            out[LARGE_LOW] += large * inverse
            out[LARGE_HIGH] += large * square
    out[ENERGY], out[ENTROPY] = energy, logarithms
    return total


@kernel
def _spread(counts, places, total):
    """The sum of the squares of the counts, and the variance of the places under them."""
    squares, mean, variance = 0.0, 0.0, 0.0
    for j in range(counts.size):
        squares += counts[j] * counts[j]
        mean += counts[j] * places[j]
    mean /= total
    for j in range(counts.size):
        apart = places[j] - mean  # a power takes a compiler longer than a product
        variance += counts[j] * (apart * apart)
    return squares, variance / total


@kernel
def size_features(counts, sizes, voxels, c_log_c, features):
    """Reduce a stack of counts to features.

    Parameters
    ----------
    counts : (K, levels + 1, columns); row 0 is ignored
    sizes : (columns,) the size that each column stands for
    voxels : (K,) number of voxels that percentages refer to
    c_log_c : c log2 c for c = 0, 1, ...; empty when counts are not integers
    features : (K, SIZE_COLUMNS), filled; a row of NaN where a matrix is empty
    """
    levels, by_level = np.empty(counts.shape[1]), np.zeros(counts.shape[1])
    for level in range(levels.size):
        levels[level] = level
    squares, inverses, by_size = np.empty(sizes.size), np.empty(sizes.size), np.empty(sizes.size)
    for j in range(sizes.size):
        squares[j] = sizes[j] * sizes[j]
        inverses[j] = 1.0 / squares[j] if sizes[j] > 0 else 0.0  # nothing has no size
    for k in range(counts.shape[0]):
        out = features[k]
        out[:] = 0.0
        by_size[:] = 0.0
        total = _sums(counts[k], squares, inverses, c_log_c, by_level, by_size, out)
        if total == 0:
            out[:] = np.nan
            continue
        for column in range(SMALL, LARGE_HIGH + 1):
            out[column] /= total
        of_levels, out[LEVEL_VARIANCE] = _spread(by_level, levels, total)
        of_sizes, out[SIZE_VARIANCE] = _spread(by_size, sizes, total)
        out[LEVEL_NON_UNIFORMITY] = of_levels / total
        out[LEVEL_NON_UNIFORMITY_NORMALISED] = of_levels / (total * total)
        out[SIZE_NON_UNIFORMITY] = of_sizes / total
        out[SIZE_NON_UNIFORMITY_NORMALISED] = of_sizes / (total * total)
        out[PERCENTAGE] = total / voxels[k]
        out[ENTROPY] = max(math.log2(total) - out[ENTROPY] / total, 0.0)
        out[ENERGY] /= total * total


@kernel
def mean_of_filled(features, mean):
    """The mean over a stack (K, features), without the rows of NaN of empty matrices; NaN where all are empty."""
    mean[:] = 0.0
    filled = 0
    for k in range(features.shape[0]):
        if not math.isnan(features[k, 0]):
            filled += 1
            for column in range(mean.size):
                mean[column] += features[k, column]
    for column in range(mean.size):
        mean[column] = mean[column] / filled if filled else math.nan
