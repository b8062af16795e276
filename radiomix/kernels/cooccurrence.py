"""Grey level co-occurrence: how often two levels lie a given offset apart, and every feature of such a matrix.

Counts hold one direction of each pair; a symmetric matrix is made where the features are computed. Row and column 0
collect what lies outside the ROI, so that counting never asks about borders.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel, reduction
from .maximal_correlation import maximal_correlation

# Columns of `pair_features`
(
    AUTOCORRELATION,
    CLUSTER_PROMINENCE,
    CLUSTER_SHADE,
    CLUSTER_TENDENCY,
    CONTRAST,
    CORRELATION,
    DIFFERENCE_AVERAGE,
    DIFFERENCE_ENTROPY,
    DIFFERENCE_VARIANCE,
    ID,
    IDM,
    IDMN,
    IDN,
    IMC1,
    IMC2,
    INVERSE_VARIANCE,
    JOINT_AVERAGE,
    JOINT_ENERGY,
    JOINT_ENTROPY,
    MAXIMUM_PROBABILITY,
    MCC,
    SUM_AVERAGE,
    SUM_ENTROPY,
    SUM_SQUARES,
) = range(24)
PAIR_COLUMNS = 24

ROUNDING = 1e-14  # bits: less mutual information than this is none
IN_A_VOLUME, LINES = 13, 4  # directions to the neighbours in space, opposite ones being one; the lines they lie in


@kernel
def count_pairs(flat, voxels, starts, offsets, counts):
    """Count the pairs (level here, level at +offset) into counts (segments, levels + 1, offsets, levels + 1).

    The directions of one level lie side by side: apart by a power of two, as they may well be otherwise, they would
    share the few places of a processor's cache that such distances leave.

    Segment s holds voxels[starts[s]:starts[s + 1]]. Offsets are positive, of type uint64.
    """
    segments, width, directions, _ = counts.shape
    cells = counts.reshape(segments, width * directions * width)
    for s in range(segments):
        inside = voxels[starts[s] : starts[s + 1]]
        if directions == IN_A_VOLUME:
            _count_in_a_volume(flat, inside, offsets[2::3], np.uint64(width), cells[s])
        else:
            _count_along(flat, inside, offsets, np.uint64(width), cells[s])


@kernel
def _count_along(flat, voxels, offsets, width, cells):
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        cell = np.uint64(flat[voxel]) * width * np.uint64(offsets.size)
        for offset in offsets:
            cells[cell + np.uint64(flat[voxel + offset])] += np.uint32(1)
            cell += width


@kernel
def _count_in_a_volume(flat, voxels, lines, width, cells):
    """The same for the 13 neighbours at distance 1: the next voxel, and three in each of four lines."""
    one, next_one = np.uint32(1), np.uint64(1)
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        cell = np.uint64(flat[voxel]) * width * np.uint64(IN_A_VOLUME)
        cells[cell + np.uint64(flat[voxel + next_one])] += one
        for a in range(LINES):
            middle = voxel + lines[a]
            cell += width
            cells[cell + np.uint64(flat[middle - next_one])] += one
            cell += width
            cells[cell + np.uint64(flat[middle])] += one
            cell += width
            cells[cell + np.uint64(flat[middle + next_one])] += one


@kernel
def _c_log_c(count, table):
    """c log2 c, looked up where the count is a small integer."""
    if count < table.size:
        return table[int(count)]
    return count * math.log2(count) if count > 0 else 0.0


@kernel
def _fold(counts, k, levels, matrix):
    """Fill `matrix` with counts + their transpose, for the given levels only, tile by tile to stay in cache."""
    tile = 16
    size = levels.size
    for top in range(0, size, tile):
        for left in range(top, size, tile):
            for r in range(top, min(top + tile, size)):
                i, row, out = np.uint64(levels[r]), counts[levels[r], k], matrix[r]
                for c in range(max(left, r), min(left + tile, size)):
                    j = np.uint64(levels[c])
                    both = row[j] + counts[j, k, i]
                    out[np.uint64(c)] = both
                    matrix[np.uint64(c), np.uint64(r)] = both


@kernel
def _select(counts, k, levels, matrix):
    """Fill `matrix` with the counts of the given levels."""
    for r in range(levels.size):
        for c in range(levels.size):
            matrix[r, c] = counts[levels[r], k, levels[c]]


@reduction
def _sums_of_cells(cells, c_log_c):
    """The sums of c^2 and of c log2 c over the cells of a matrix, and the largest c."""
    squares, entropy, largest = 0.0, 0.0, cells[0]
    for i in range(cells.size):  # three loops of which each can use the processor's vectors
        squares += float(cells[i]) * float(cells[i])
    for i in range(cells.size):
        largest = max(largest, cells[i])
    if largest < c_log_c.size:
        for i in range(cells.size):
            entropy += c_log_c[np.uint64(cells[i])]
    else:
        for i in range(cells.size):
            entropy += _c_log_c(cells[i], c_log_c)
    return squares, entropy, float(largest)


@kernel
def _marginals(counts, k, rows, columns, sums, differences):
    """Fill row sums, column sums, and the counts of i + j and of |j - i| (shifted by the width); return the total."""
    width, everything = counts.shape[0], 0.0
    rows[:] = 0.0
    columns[:] = 0.0
    sums[:] = 0.0
    differences[:] = 0.0
    for i in range(1, width):
        row = counts[i, k]
        shifted_sums = sums[i : i + width]
        shifted_differences = differences[width - i : 2 * width - i]
        total = 0
        for j in range(1, width):
            total += row[j]
        rows[i] = total
        everything += total
        for j in range(1, width):
            count = float(row[j])
            columns[j] += count
            shifted_sums[j] += count
            shifted_differences[j] += count
    for i in range(1, width):
        differences[width + i] += differences[width - i]
    return everything


@kernel
def _entropy(counts, total, c_log_c):
    """-sum p log2 p of a list of counts."""
    result = 0.0
    for count in counts:
        result += _c_log_c(count, c_log_c)
    return max(math.log2(total) - result / total, 0.0)


@kernel
def _moments(counts, total):
    """Mean and central moments 2, 3, 4 of an index under the given counts."""
    mean = 0.0
    for k in range(counts.size):
        mean += k * counts[k]
    mean /= total
    second, third, fourth = 0.0, 0.0, 0.0
    for k in range(counts.size):
        if counts[k] > 0:
            p = counts[k] / total
            deviation = k - mean
            square = deviation * deviation
            second += p * square
            third += p * square * deviation
            fourth += p * square * square
    return mean, second, third, fourth


@kernel
def _difference_features(differences, total, levels, c_log_c, out):
    """What depends on |i - j| alone; differences[k] counts |i - j| = k."""
    contrast, inverse, inverse_square, variance = 0.0, 0.0, 0.0, 0.0
    normalised, normalised_square = 0.0, 0.0
    for k in range(differences.size):
        if differences[k] > 0:
            p = differences[k] / total
            square = float(k) * k
            contrast += p * square
            inverse += p / (1 + k)
            inverse_square += p / (1 + square)
            normalised += p / (1 + k / levels)
            normalised_square += p / (1 + square / (float(levels) * levels))
            if k > 0:
                variance += p / square
    out[CONTRAST] = contrast
    out[ID] = inverse
    out[IDM] = inverse_square
    out[IDN] = normalised
    out[IDMN] = normalised_square
    out[INVERSE_VARIANCE] = variance
    mean, second, _, _ = _moments(differences, total)
    out[DIFFERENCE_AVERAGE] = mean
    out[DIFFERENCE_VARIANCE] = second
    out[DIFFERENCE_ENTROPY] = _entropy(differences, total, c_log_c)


@kernel
def _sum_features(sums, total, c_log_c, out):
    """What depends on i + j alone."""
    mean, second, third, fourth = _moments(sums, total)
    out[SUM_AVERAGE] = mean
    out[CLUSTER_TENDENCY] = second
    out[CLUSTER_SHADE] = third
    out[CLUSTER_PROMINENCE] = fourth
    out[SUM_ENTROPY] = _entropy(sums, total, c_log_c)


@kernel
def _marginal_features(rows, columns, total, c_log_c, out):
    """What needs the two marginal distributions besides the joint ones already in `out`."""
    mean_x, variance_x, _, _ = _moments(rows, total)
    mean_y, variance_y, _, _ = _moments(columns, total)
    out[JOINT_AVERAGE] = mean_x
    out[SUM_SQUARES] = variance_x
    # E[ij] and the covariance from the variance of i + j: every term is positive or central, so nothing cancels
    covariance = 0.5 * (out[CLUSTER_TENDENCY] - variance_x - variance_y)
    out[AUTOCORRELATION] = covariance + mean_x * mean_y
    spread = math.sqrt(variance_x) * math.sqrt(variance_y)
    out[CORRELATION] = 1.0 if spread == 0 else covariance / spread
    entropy_x, entropy_y = _entropy(rows, total, c_log_c), _entropy(columns, total, c_log_c)
    # HXY1 = HXY2 = HX + HY, since the marginals are those of the matrix itself
    information = entropy_x + entropy_y - out[JOINT_ENTROPY]
    if information < ROUNDING:
        information = 0.0
    largest = max(entropy_x, entropy_y)
    out[IMC1] = 0.0 if largest == 0 else -information / largest
    out[IMC2] = math.sqrt(1 - math.exp(-2 * information))


@kernel
def _present(rows, columns, levels):
    """Write the levels that occur in a matrix into `levels`, and return their number."""
    found = 0
    for i in range(1, rows.size):
        if rows[i] + columns[i] > 0:
            levels[found] = i
            found += 1
    return found


@kernel
def pair_features(counts, symmetric, with_correlation, flat_region, c_log_c, features):
    """Reduce a stack of co-occurrence counts to features.

    Parameters
    ----------
    counts : (levels + 1, K, levels + 1) counts of one direction of each pair; row and column 0 are ignored
    symmetric : whether a pair counts in both directions
    with_correlation : whether to compute MCC, the only costly feature; it is NaN otherwise
    flat_region : whether the ROI has a single grey level, where MCC is defined as 1
    c_log_c : c log2 c for c = 0, 1, ...; empty when counts are not integers
    features : (K, PAIR_COLUMNS), filled; a row of NaN where a matrix holds no pair
    """
    width, stack, _ = counts.shape
    rows, columns, sums, differences = np.empty(width), np.empty(width), np.empty(2 * width), np.empty(2 * width)
    levels, cells = np.empty(width, np.int64), np.empty(width * width, counts.dtype)
    for k in range(stack):
        out = features[k]
        total = _marginals(counts, k, rows, columns, sums, differences)
        if total == 0:
            out[:] = np.nan
            continue
        size = _present(rows, columns, levels)
        here = cells[: size * size].reshape((size, size))
        _difference_features(differences[width:], total, width - 1, c_log_c, out)
        _sum_features(sums, total, c_log_c, out)
        if symmetric:
            _fold(counts, k, levels[:size], here)
            for i in range(width):  # an assignment of arrays would take seconds to compile
                rows[i] += columns[i]
                columns[i] = rows[i]
            total *= 2
        else:
            _select(counts, k, levels[:size], here)
        squares, entropy, largest = _sums_of_cells(cells[: size * size], c_log_c)
        out[JOINT_ENERGY] = squares / (total * total)
        out[JOINT_ENTROPY] = max(math.log2(total) - entropy / total, 0.0)
        out[MAXIMUM_PROBABILITY] = largest / total
        _marginal_features(rows, columns, total, c_log_c, out)
        out[MCC] = np.nan
        if with_correlation:
            out[MCC] = 1.0 if flat_region else maximal_correlation(here, symmetric, levels[:size], rows, columns)
