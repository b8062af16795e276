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

MEAN, VARIANCE, THIRD, FOURTH, ENTROPY = range(5)  # of a list of counts: central moments of its index, and its entropy

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
def _marginals(counts, k, symmetric, lists):
    """Fill the `lists` of counts by the first level, by the second, by their sum and by their distance."""
    width = counts.shape[0]
    rows, columns, sums, differences, signed = lists[0], lists[1], lists[2], lists[3], lists[4]
    for i in range(2 * width):
        rows[i], columns[i], sums[i], differences[i], signed[i] = 0, 0, 0, 0, 0
    for i in range(1, width):
        row, shifted_sums, shifted = counts[i, k], sums[i:], signed[width - i :]
        here = rows[i]
        for j in range(1, width):
            here += row[j]
        rows[i] = here
        for j in range(1, width):
            columns[j] += row[j]
            shifted_sums[j] += row[j]
            shifted[j] += row[j]
    differences[0] = signed[width]
    for i in range(1, width):
        differences[i] = signed[width + i] + signed[width - i]
        if symmetric:
            rows[i] += columns[i]
            columns[i] = rows[i]


@kernel
def _gather(counts, k, symmetric, levels, matrix):
    """Fill `matrix` with the counts of the given levels, or these + their transpose; by tiles, to stay in cache."""
    tile = 16
    size = levels.size
    for top in range(0, size, tile):
        for left in range(top, size, tile):
            for r in range(top, min(top + tile, size)):
                i, row, out = np.uint64(levels[r]), counts[levels[r], k], matrix[r]
                for c in range(max(left, r), min(left + tile, size)):
                    j = np.uint64(levels[c])
                    there, back = row[j], counts[j, k, i]
                    if symmetric:
                        there += back
                        back = there
                    out[np.uint64(c)] = there
                    matrix[np.uint64(c), np.uint64(r)] = back


@reduction
def _sums(counts, c_log_c):
    """The sums of c, of c^2 and of c log2 c, and the largest c."""
    total, squares, logarithms, largest = 0.0, 0.0, 0.0, counts[0]
    for i in range(counts.size):
        total += float(counts[i])
        squares += float(counts[i]) * float(counts[i])
    for i in range(counts.size):
        largest = max(largest, counts[i])
    if largest < c_log_c.size:
        for i in range(counts.size):
            logarithms += c_log_c[np.uint64(counts[i])]
    else:
        for i in range(counts.size):
            if counts[i] < c_log_c.size:
                logarithms += c_log_c[np.uint64(counts[i])]
            elif counts[i] > 0:
                logarithms += counts[i] * math.log2(counts[i])
    return total, squares, logarithms, float(largest)


@reduction
def _summarise(counts, total, out):
    """Mean and central moments 2, 3, 4 of an index under the given counts."""
    mean, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    for k in range(counts.size):
        mean += k * float(counts[k])
    mean /= total
    for k in range(counts.size):
        deviation = k - mean
        weighted = counts[k] * (deviation * deviation)
        second += weighted
        third += weighted * deviation
        fourth += weighted * (deviation * deviation)
    out[MEAN], out[VARIANCE], out[THIRD], out[FOURTH] = mean, second / total, third / total, fourth / total


@reduction
def _distance_features(differences, total, levels, out):
    """What depends on |i - j| alone; differences[k] counts |i - j| = k."""
    contrast, variance = 0.0, 0.0
    inverse, inverse_square = float(differences[0]), float(differences[0])
    normalised, normalised_square = inverse, inverse
    for k in range(1, levels):
        count, square = float(differences[k]), float(k) * k
        contrast += count * square
        inverse += count / (1 + k)
        inverse_square += count / (1 + square)
        normalised += count / (1 + k / float(levels))
        normalised_square += count / (1 + square / (float(levels) * levels))
        variance += count / square
    out[CONTRAST], out[INVERSE_VARIANCE] = contrast / total, variance / total
    out[ID], out[IDM] = inverse / total, inverse_square / total
    out[IDN], out[IDMN] = normalised / total, normalised_square / total


@kernel
def _combine(summaries, out):
    """What follows from the moments and entropies of the lists, and from the joint entropy."""
    of_rows, of_columns, of_sums, of_differences = summaries
    out[DIFFERENCE_AVERAGE], out[DIFFERENCE_VARIANCE] = of_differences[MEAN], of_differences[VARIANCE]
    out[DIFFERENCE_ENTROPY] = of_differences[ENTROPY]
    out[SUM_AVERAGE], out[SUM_ENTROPY] = of_sums[MEAN], of_sums[ENTROPY]
    out[CLUSTER_TENDENCY], out[CLUSTER_SHADE] = of_sums[VARIANCE], of_sums[THIRD]
    out[CLUSTER_PROMINENCE] = of_sums[FOURTH]
    out[JOINT_AVERAGE], out[SUM_SQUARES] = of_rows[MEAN], of_rows[VARIANCE]
    # E[ij] and the covariance from the variance of i + j: every term is positive or central, so nothing cancels
    covariance = 0.5 * (of_sums[VARIANCE] - of_rows[VARIANCE] - of_columns[VARIANCE])
    out[AUTOCORRELATION] = covariance + of_rows[MEAN] * of_columns[MEAN]
    spread = math.sqrt(of_rows[VARIANCE]) * math.sqrt(of_columns[VARIANCE])
    out[CORRELATION] = 1.0 if spread == 0 else covariance / spread
    # HXY1 = HXY2 = HX + HY, since the marginals are those of the matrix itself
    information = of_rows[ENTROPY] + of_columns[ENTROPY] - out[JOINT_ENTROPY]
    if information < ROUNDING:
        information = 0.0
    largest = max(of_rows[ENTROPY], of_columns[ENTROPY])
    out[IMC1] = 0.0 if largest == 0 else -information / largest
    out[IMC2] = math.sqrt(1 - math.exp(-2 * information))


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
    lists, summaries = np.empty((5, 2 * width), counts.dtype), np.empty((4, 5))
    levels, cells = np.empty(width, np.int64), np.empty(width * width, counts.dtype)
    for k in range(stack):
        out = features[k]
        _marginals(counts, k, symmetric, lists)
        size = 0
        for i in range(1, width):
            if lists[0, i] + lists[1, i] > 0:
                levels[size] = i
                size += 1
        if size == 0:
            out[:] = np.nan
            continue
        here = cells[: size * size].reshape((size, size))
        _gather(counts, k, symmetric, levels[:size], here)
        for part in range(4):
            total, _, logarithms, _ = _sums(lists[part], c_log_c)
            _summarise(lists[part], total, summaries[part])
            summaries[part, ENTROPY] = max(math.log2(total) - logarithms / total, 0.0)
        _distance_features(lists[3], total, width - 1, out)
        total, squares, logarithms, largest = _sums(cells[: size * size], c_log_c)
        out[JOINT_ENERGY] = squares / (total * total)
        out[JOINT_ENTROPY] = max(math.log2(total) - logarithms / total, 0.0)
        out[MAXIMUM_PROBABILITY] = largest / total
        _combine(summaries, out)
        out[MCC] = np.nan
        if with_correlation:
            out[MCC] = 1.0 if flat_region else maximal_correlation(here, symmetric, levels[:size], lists[0], lists[1])
