"""Grey level co-occurrence: how often two levels lie a given offset apart, and every feature of such a matrix.

Counts hold one direction of each pair; a symmetric matrix is made where the features are computed. Row and column 0
collect what lies outside the ROI, so that counting never asks about borders.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel, reduction
from .maximal_correlation import TILE, maximal_correlation

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
FEW_CELLS = 2**16  # counters of which those in use stay in a processor's nearest cache


@kernel
def count_pairs(flat, voxels, starts, offsets, counts):
    """Count the pairs (level here, level at +offset) into counts (segments, width, offsets, width), width > levels.

    The directions of one level lie side by side: apart by a power of two, as they may well be otherwise, they would
    share the few places of a processor's cache that such distances leave.

    Segment s holds voxels[starts[s]:starts[s + 1]]. Offsets are positive, of type uint64.
    """
    segments, width, directions, _ = counts.shape
    row = np.uint64(width * directions)
    cells = counts.reshape(segments, width * directions * width)
    for s in range(segments):
        inside, here = voxels[starts[s] : starts[s + 1]], cells[s]
        if directions == IN_A_VOLUME and here.size <= FEW_CELLS:
            _count_in_a_volume(flat, inside, offsets[2::3], np.uint64(width), here)
            continue
        for a in range(2, directions, 3):
            _count_three(flat, inside, offsets[a - 2 : a + 1], np.uint64(width), row, here[(a - 2) * width :])
        for a in range(directions - directions % 3, directions):
            _count_one(flat, inside, offsets[a], row, here[a * width :])


@kernel
def _count_one(flat, voxels, offset, row, cells):
    one = np.uint32(1)
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        cells[np.uint64(flat[voxel]) * row + np.uint64(flat[voxel + offset])] += one


@kernel
def _count_three(flat, voxels, offsets, width, row, cells):
    """Few enough directions for their counters to stay in cache where levels are many, unrolled."""
    one, second, third = np.uint32(1), width, width + width
    offset_1, offset_2, offset_3 = offsets[0], offsets[1], offsets[2]
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        cell = np.uint64(flat[voxel]) * row
        cells[cell + np.uint64(flat[voxel + offset_1])] += one
        cells[cell + second + np.uint64(flat[voxel + offset_2])] += one
        cells[cell + third + np.uint64(flat[voxel + offset_3])] += one


@kernel
def _count_in_a_volume(flat, voxels, lines, width, cells):
    """For the 13 neighbours at distance 1: the next voxel, and three in each of four lines."""
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
def _add_tiles(counts, k, first, sums):
    """Add up a TILE of rows, all at once, and then every TILE of columns behind the first, into the front of `sums`."""
    row_0, row_1, row_2, row_3 = counts[first, k], counts[first + 1, k], counts[first + 2, k], counts[first + 3, k]
    row_4, row_5, row_6, row_7 = counts[first + 4, k], counts[first + 5, k], counts[first + 6, k], counts[first + 7, k]
    for j in range(sums.size):
        sums[j] = row_0[j] + row_1[j] + row_2[j] + row_3[j] + row_4[j] + row_5[j] + row_6[j] + row_7[j]
    for t in range(sums.size // TILE):
        total = sums[t * TILE + 1]
        for j in range(t * TILE + 2, t * TILE + TILE + 1):
            total += sums[j]
        sums[t] = total


@kernel
def _find_bands(counts, k, symmetric, sums, bands):
    """Find the columns between which each TILE of rows holds pairs, in whole tiles; level 1 is column 0.

    Those of a symmetric matrix begin at the diagonal. Returns how many cells there are in all.
    """
    tiles = bands.shape[0]
    for t in range(tiles):
        _add_tiles(counts, k, t * TILE + 1, sums)
        begin, end = 0, tiles
        while begin < end and sums[end - 1] == 0:
            end -= 1
        while begin < end and sums[begin] == 0:
            begin += 1
        bands[t, 0], bands[t, 1] = begin * TILE, end * TILE
        if symmetric:
            for above in range(begin, t):
                bands[above, 1] = max(bands[above, 1], (t + 1) * TILE)
            bands[t, 0], bands[t, 1] = t * TILE, max(end, t) * TILE
    start = 0
    for t in range(tiles):
        bands[t, 2] = start
        start += TILE * (bands[t, 1] - bands[t, 0])
    return start


@kernel
def _fold(counts, k, symmetric, bands, cells):
    """Copy the bands of the counts into `cells`, those of a symmetric matrix with their transpose, by tiles.

    Only what lies on and above the diagonal of a symmetric one is left, and the diagonal counts once.
    """
    tile, one = np.uint64(TILE), np.uint64(1)
    for t in range(bands.shape[0]):
        top, begin, length = np.uint64(t * TILE), np.uint64(bands[t, 0]), np.uint64(bands[t, 1] - bands[t, 0])
        band = cells[bands[t, 2] :]
        for left in range(np.uint64(0), length, tile):
            for r in range(tile):
                row, column, out = (
                    counts[top + r + one, k, begin + left + one :],
                    top + r + one,
                    band[r * length + left :],
                )
                for c in range(tile):
                    out[c] = row[c] + (counts[begin + left + c + one, k, column] if symmetric else 0)
        if symmetric and length > 0:
            for r in range(TILE):
                band[r * length : r * length + r] = 0
                band[r * (length + 1)] = counts[t * TILE + r + 1, k, t * TILE + r + 1]


@kernel
def _marginals(cells, bands, symmetric, lists):
    """Fill the `lists` of counts by the first level, by the second, by their sum and by their distance."""
    size = bands.shape[0] * TILE
    rows, columns, sums, differences, signed = lists[0], lists[1], lists[2], lists[3], lists[4]
    for i in range(rows.size):
        rows[i], columns[i], sums[i], differences[i], signed[i] = 0, 0, 0, 0, 0
    for t in range(bands.shape[0]):
        begin, length = bands[t, 0], np.uint64(bands[t, 1] - bands[t, 0])
        first, second = np.uint64(bands[t, 2]), columns[begin + 1 :]
        for r in range(t * TILE, (t + 1) * TILE):
            shifted_sums, shifted = sums[begin + r + 2 :], signed[size + begin - r :]
            here = rows[r + 1]
            for c in range(length):
                here += cells[first + c]
                second[c] += cells[first + c]
                shifted_sums[c] += cells[first + c]
                shifted[c] += cells[first + c]
            rows[r + 1] = here
            first += length
    differences[0] = signed[size]
    for i in range(1, size):
        differences[i] = signed[size + i] + signed[size - i]
    if symmetric:
        for i in range(1, size + 1):
            rows[i] += columns[i]
            columns[i] = rows[i]


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
def _joint(cells, bands, symmetric, c_log_c, out):
    """What depends on the cells alone; a pair of different levels fills two cells of a symmetric matrix."""
    total, squares, logarithms, largest = _sums(cells, c_log_c)
    if symmetric:
        on_diagonal = 0.0
        for t in range(bands.shape[0]):
            if bands[t, 0] < bands[t, 1]:
                for r in range(TILE):
                    equal = float(cells[bands[t, 2] + r * (bands[t, 1] - bands[t, 0] + 1)])
                    on_diagonal += equal
                    squares += equal * equal
                    largest = max(largest, 2 * equal)
        total, squares, logarithms = 2 * total, 2 * squares, 2 * (logarithms + on_diagonal)
    out[JOINT_ENERGY] = squares / (total * total)
    out[JOINT_ENTROPY] = max(math.log2(total) - logarithms / total, 0.0)
    out[MAXIMUM_PROBABILITY] = largest / total


@kernel
def _describe(counts, c_log_c, summary):
    """The moments and the entropy of an index; returns the sum of its counts."""
    total, _, logarithms, _ = _sums(counts, c_log_c)
    _summarise(counts, total, summary)
    summary[ENTROPY] = max(math.log2(total) - logarithms / total, 0.0)
    return total


@kernel
def pair_features(counts, levels, symmetric, with_correlation, flat_region, c_log_c, features):
    """Reduce a stack of co-occurrence counts to features.

    Parameters
    ----------
    counts : (width, K, width) counts of one direction of each pair, where width is 1 + the levels, filled up to a
        multiple of TILE; row and column 0 are ignored
    levels : how many there are
    symmetric : whether a pair counts in both directions
    with_correlation : whether to compute MCC, the only costly feature; it is NaN otherwise
    flat_region : whether the ROI has a single grey level, where MCC is defined as 1
    c_log_c : c log2 c for c = 0, 1, ...; empty when counts are not integers
    features : (K, PAIR_COLUMNS), filled; a row of NaN where a matrix holds no pair
    """
    width, stack, _ = counts.shape
    lists, summaries = np.empty((5, 2 * width), counts.dtype), np.empty((4, 5))
    bands, cells = np.empty((width // TILE, 3), np.int64), np.empty((width - 1) * (width - 1), counts.dtype)
    for k in range(stack):
        out = features[k]
        size = _find_bands(counts, k, symmetric, lists[0, :width], bands)
        if size == 0:
            out[:] = np.nan
            continue
        _fold(counts, k, symmetric, bands, cells)
        _marginals(cells, bands, symmetric, lists)
        rows, columns, sums, differences = lists[0, :width], lists[1, :width], lists[2], lists[3, :width]
        _describe(rows, c_log_c, summaries[0])
        _describe(columns, c_log_c, summaries[1])
        _describe(sums, c_log_c, summaries[2])
        total = _describe(differences, c_log_c, summaries[3])
        _distance_features(differences, total, levels, out)
        _joint(cells[:size], bands, symmetric, c_log_c, out)
        _combine(summaries, out)
        out[MCC] = np.nan
        if with_correlation:
            out[MCC] = 1.0 if flat_region else maximal_correlation(cells, bands, symmetric, rows[1:], columns[1:])
