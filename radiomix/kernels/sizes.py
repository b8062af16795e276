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
def _sums(counts, sizes, c_log_c, by_size, out):
    """Sum what is linear in the counts into `out`; fill by_size; return the total and three sums over levels."""
    known = c_log_c.size
    total, squares, mean, mean_square = 0.0, 0.0, 0.0, 0.0
    for level in range(1, counts.shape[0]):
        row = counts[level]
        here, small, large = 0.0, 0.0, 0.0
        for j in range(row.size):
            if row[j] > 0:
                count = float(row[j])
                square = sizes[j] * sizes[j]
                here += count
                small += count / square
                large += count * square
                by_size[j] += count
                out[ENERGY] += count * count
                out[ENTROPY] += c_log_c[int(count)] if count < known else count * math.log2(count)
        if here > 0:
            square = float(level) * level
            total += here
            squares += here * here
            mean += here * level
            mean_square += here * square
            out[LOW] += here / square
            out[SMALL] += small
            out[LARGE] += large
            out[SMALL_LOW] += small / square
            out[SMALL_HIGH] += small * square
            out[LARGE_LOW] += large / square
            out[LARGE_HIGH] += large * square
    out[HIGH] = mean_square
    return total, squares, mean


@kernel
def _level_variance(counts, total, mean):
    result = 0.0
    for level in range(1, counts.shape[0]):
        here = 0.0
        for count in counts[level]:
            here += count
        apart = level - mean  # a power takes a compiler longer than a product
        result += here * (apart * apart)
    return result / total


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
    by_size = np.empty(sizes.size)
    for k in range(counts.shape[0]):
        out = features[k]
        out[:] = 0.0
        by_size[:] = 0.0
        total, squares, mean = _sums(counts[k], sizes, c_log_c, by_size, out)
        if total == 0:
            out[:] = np.nan
            continue
        size_squares, size_mean, size_variance = 0.0, 0.0, 0.0
        for j in range(sizes.size):
            size_squares += by_size[j] * by_size[j]
            size_mean += by_size[j] * sizes[j]
        size_mean /= total
        for j in range(sizes.size):
            apart = sizes[j] - size_mean
            size_variance += by_size[j] * (apart * apart)
        for column in range(SMALL, LARGE_HIGH + 1):
            out[column] /= total
        out[LEVEL_NON_UNIFORMITY] = squares / total
        out[LEVEL_NON_UNIFORMITY_NORMALISED] = squares / (total * total)
        out[SIZE_NON_UNIFORMITY] = size_squares / total
        out[SIZE_NON_UNIFORMITY_NORMALISED] = size_squares / (total * total)
        out[PERCENTAGE] = total / voxels[k]
        out[LEVEL_VARIANCE] = _level_variance(counts[k], total, mean / total)
        out[SIZE_VARIANCE] = size_variance / total
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
