"""Co-occurrence in a window around every voxel, many windows at once.

A direction has few pairs in a window, so that nothing here walks through a matrix: what depends on sums alone is summed
over the pairs, differences are counted, and equal pairs and sums are counted by sorting.
"""

from __future__ import annotations

import math

import numpy as np

from . import window_differences as difference
from .cooccurrence import (
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
    PAIR_COLUMNS,
    ROUNDING,
    SUM_AVERAGE,
    SUM_ENTROPY,
    SUM_SQUARES,
)  # fmt: skip
from .jit import kernel
from .window_differences import count_differences, difference_tables, sum_differences
from .window_lanes import LANES, add_logs, at, average, count_equal, fill_lanes, gather_lanes, sort_keys
from .window_margins import add_margins

# Rows of working space: for each window, sums over the pairs of one direction. Sums of levels count from the first
# pair's, in powers: one of the values is near all of them, so that little cancels
(
    _FIRST, _POWER_0, _POWER_1, _POWER_2, _POWER_3, _POWER_4, _ORDER, _ORDERED_SUM, _SQUARES, _LARGEST,
    _JOINT_LOGS, _SUM_LOGS, _ROW_LOGS, _COLUMN_LOGS, _SHARE, _LOG_TOTAL, _INFORMATION, _ENTROPY_LARGEST, _APART,
) = range(19)  # fmt: skip
_SUMS = _APART + difference.ROWS


def key_units(n_levels: int, symmetrical: bool, classes: int) -> tuple[tuple[int, int, int], int]:
    """How the key of a pair is put together, and a bound on it.

    It holds the pair's sum, its difference, its order (unless a pair counts in both) and its class of weight, the class
    in units of 1, the others in the units returned.
    """
    by_order = 1 << (classes - 1).bit_length()
    by_difference = by_order if symmetrical else 2 * by_order
    by_sum = by_difference << (n_levels - 1).bit_length()
    return (by_sum, by_difference, by_order), (2 * n_levels + 1) * by_sum


@kernel
def _keys_of_cells(codes, one, other, kind, units, symmetrical, keys, p):
    number = keys.dtype.type  # everything in the keys' own type, so that a vector holds as many as it can
    zero, nothing, kind = number(0), keys[keys.shape[0] - 1, 0], number(kind)
    by_sum, by_difference, by_order = number(units[0]), number(units[1]), number(0 if symmetrical else units[2])
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        larger, smaller = a if a > b else b, b if a > b else a
        apart, order = number(larger - smaller), by_order if a > b else zero
        key = number(number(apart * by_difference) + number(number(a + b) * by_sum))
        keys[p, i] = number(key + number(order + kind)) if smaller > zero else nothing


@kernel
def _add_powers(codes, one, other, weight, sums):
    for i in range(LANES):
        a, b = float(codes[one, i]), float(codes[other, i])
        w = weight if (a > 0) & (b > 0) else 0.0
        first = sums[at(_FIRST, i)]
        first = a + b if (first == 0) & (w > 0) else first
        away = a + b - first
        sums[at(_FIRST, i)] = first
        sums[at(_POWER_0, i)] += w
        sums[at(_POWER_1, i)] += w * away
        sums[at(_POWER_2, i)] += w * (away * away)
        sums[at(_POWER_3, i)] += w * (away * away) * away
        sums[at(_POWER_4, i)] += w * (away * away) * (away * away)


@kernel
def _add_order(codes, one, other, weight, sums):
    """What the order of a pair's levels matters to."""
    for i in range(LANES):
        a, b = float(codes[one, i]), float(codes[other, i])
        w = weight if (a > 0) & (b > 0) else 0.0
        sums[at(_ORDER, i)] += w * (a - b)
        sums[at(_ORDERED_SUM, i)] += w * (a - b) * (a + b)


@kernel
def _add_pairs(codes, first, second, weight, symmetrical, sums):
    """What is linear in the counts, summed over one direction's pairs."""
    for k in range(sums.size):
        sums[k] = 0.0
    for p in range(first.size):
        _add_powers(codes, first[p], second[p], weight[p], sums)
    if not symmetrical:
        for p in range(first.size):
            _add_order(codes, first[p], second[p], weight[p], sums)


@kernel
def _add_cells(keys, counts, units, twice, sums):
    """Add squares of the matrix' cells and note the largest; off the diagonal there are `twice` as many."""
    mask, off_diagonal = keys.dtype.type(units[0] - 1), keys.dtype.type(units[1])
    for k in range(counts.shape[0] - 1):
        for i in range(LANES):
            count = float(counts[k, i])
            cell = count * twice if (keys[k, i] & mask) < off_diagonal else count
            sums[at(_SQUARES, i)] += cell * count * twice
            sums[at(_LARGEST, i)] = max(sums[at(_LARGEST, i)], cell)


@kernel
def _add_kinds(keys, pairs, units, symmetrical, kinds, table, counts, sums):
    """What needs the counts of equal sums and equal pairs."""
    by_sum, _, by_order = units
    logs = sums.reshape((_SUMS, LANES))
    ordered, found = sort_keys(keys, pairs), counts[: pairs + 1]
    count_equal(ordered, by_sum, kinds, by_order - 1, found)
    add_logs(found, table, logs[_SUM_LOGS])
    count_equal(ordered, by_order, kinds, by_order - 1, found)
    add_logs(found, table, logs[_JOINT_LOGS])
    _add_cells(ordered, found, units, 2.0 if symmetrical else 1.0, sums)


@kernel
def _entropy(log_total, mean_log):
    entropy = log_total - mean_log
    return entropy if entropy > ROUNDING else 0.0


@kernel
def _divide(sums, table, filled):
    """Note what totals are divided by, which is 1 where there is no pair, and the directions that hold one."""
    for i in range(LANES):
        total = sums[at(_POWER_0, i)]
        sums[at(_SHARE, i)] = 1.0 / total if total > 0 else 1.0
        filled[i] += 1.0 if total > 0 else 0.0
    for i in range(LANES):
        total, share = sums[at(_POWER_0, i)], sums[at(_SHARE, i)]
        if table.size == 0:
            sums[at(_LOG_TOTAL, i)] = math.log2(total) if total > 0 else 0.0
        else:
            sums[at(_LOG_TOTAL, i)] = table[np.uint64(total)] * share


@kernel
def _add_sums(sums, found):
    """Add to `found` what depends on the sums of pairs alone."""
    for i in range(LANES):
        share = sums[at(_SHARE, i)]
        away, square = sums[at(_POWER_1, i)] * share, sums[at(_POWER_2, i)] * share
        cube, fourth = sums[at(_POWER_3, i)] * share, sums[at(_POWER_4, i)] * share
        variance, away_squared = square - away * away, away * away
        found[at(CLUSTER_TENDENCY, i)] += variance
        found[at(CLUSTER_SHADE, i)] += cube - away * (3.0 * square - 2.0 * away_squared)
        found[at(CLUSTER_PROMINENCE, i)] += (
            fourth - 4.0 * away * cube + away_squared * (6.0 * square - 3.0 * away_squared)
        )
        found[at(SUM_AVERAGE, i)] += sums[at(_FIRST, i)] + away
        found[at(SUM_ENTROPY, i)] += _entropy(sums[at(_LOG_TOTAL, i)], sums[at(_SUM_LOGS, i)] * share)


@kernel
def _add_differences(sums, found):
    for i in range(LANES):
        share = sums[at(_SHARE, i)]
        average = sums[at(_APART + difference.LINEAR, i)] * share
        contrast = sums[at(_APART + difference.SQUARE, i)] * share
        found[at(CONTRAST, i)] += contrast
        found[at(DIFFERENCE_AVERAGE, i)] += average
        found[at(DIFFERENCE_ENTROPY, i)] += _entropy(
            sums[at(_LOG_TOTAL, i)], sums[at(_APART + difference.LOGS, i)] * share
        )
        found[at(DIFFERENCE_VARIANCE, i)] += contrast - average * average
        found[at(ID, i)] += sums[at(_APART + difference.PLAIN, i)] * share
        found[at(IDM, i)] += sums[at(_APART + difference.MOMENT, i)] * share
        found[at(IDN, i)] += sums[at(_APART + difference.NORMED, i)] * share
        found[at(IDMN, i)] += sums[at(_APART + difference.MOMENT_NORMED, i)] * share
        found[at(INVERSE_VARIANCE, i)] += sums[at(_APART + difference.INVERSE, i)] * share


@kernel
def _add_margins(sums, twice, found):
    """What needs the two marginal distributions; `twice` is how often a pair counts."""
    for i in range(LANES):
        share, there = sums[at(_SHARE, i)], 1.0 if sums[at(_POWER_0, i)] > 0 else 0.0
        # of x + y and x - y: their means and variances, and what they have in common, give those of x and y
        away, order = sums[at(_POWER_1, i)] * share, sums[at(_ORDER, i)] * share
        mean = sums[at(_FIRST, i)] + away
        spread = sums[at(_POWER_2, i)] * share - away * away
        apart = sums[at(_APART + difference.SQUARE, i)] * share - order * order
        common = sums[at(_ORDERED_SUM, i)] * share - order * mean
        product, variance = 0.25 * (spread - apart), 0.25 * (spread + apart)
        mean_x, mean_y = 0.5 * (mean + order), 0.5 * (mean - order)
        variance_x, variance_y = variance + 0.5 * common, variance - 0.5 * common
        norm, log_norm = share / twice, sums[at(_LOG_TOTAL, i)] + (twice - 1.0) * there
        entropy_x = _entropy(log_norm, sums[at(_ROW_LOGS, i)] * norm)
        entropy_y = _entropy(log_norm, sums[at(_COLUMN_LOGS, i)] * norm)
        entropy = _entropy(log_norm, sums[at(_JOINT_LOGS, i)] * norm)
        flat = (entropy_x == 0) | (entropy_y == 0)
        found[at(AUTOCORRELATION, i)] += product + mean_x * mean_y
        found[at(CORRELATION, i)] += there if flat else product / math.sqrt(variance_x * variance_y)
        found[at(JOINT_AVERAGE, i)] += mean_x
        found[at(JOINT_ENERGY, i)] += sums[at(_SQUARES, i)] * norm * norm
        found[at(JOINT_ENTROPY, i)] += entropy
        found[at(MAXIMUM_PROBABILITY, i)] += sums[at(_LARGEST, i)] * norm
        found[at(SUM_SQUARES, i)] += variance_x
        sums[at(_INFORMATION, i)] = entropy_x + entropy_y - entropy
        sums[at(_ENTROPY_LARGEST, i)] = max(entropy_x, entropy_y)


@kernel
def _add_information(sums, found):
    for i in range(LANES):
        information, largest = sums[at(_INFORMATION, i)], sums[at(_ENTROPY_LARGEST, i)]
        if information > ROUNDING:
            found[at(IMC1, i)] -= information / largest
            found[at(IMC2, i)] += math.sqrt(1.0 - math.exp(-2.0 * information))


@kernel
def _add_direction(sums, row_logs, column_logs, symmetrical, table, found, filled):
    """Add one direction's features."""
    _divide(sums, table, filled)
    for i in range(LANES):
        sums[at(_ROW_LOGS, i)] = row_logs[i]
        sums[at(_COLUMN_LOGS, i)] = column_logs[i]
    if symmetrical:
        for i in range(LANES):
            # a cell on the diagonal holds 2c: 2c log2 2c = 2 (c log2 c + c); the others come twice
            sums[at(_JOINT_LOGS, i)] = 2.0 * (sums[at(_JOINT_LOGS, i)] + sums[at(_APART + difference.EQUAL, i)])
    _add_sums(sums, found)
    _add_differences(sums, found)
    _add_margins(sums, 2.0 if symmetrical else 1.0, found)
    _add_information(sums, found)


@kernel
def glcm_windows(flat, starts, places, pairs, margin, kinds, n_levels, symmetrical, units, keys, counts, table, out):
    """GLCM features of the window around each voxel, averaged over directions that hold a pair in the ROI.

    Parameters
    ----------
    flat : padded levels, flattened; 0 outside the ROI
    starts : (V,) where each window begins in `flat`
    places : `window_places`
    pairs : group, first and second of `window_pairs`, the pairs of one group making one matrix; of each pair, its
        class of weight, and its weight (float64)
    margin : `margin_counters` of these pairs
    kinds : the weight of each class, of the type of counts, as many as fit into the bits of a class
    n_levels : Ng of the whole ROI, which Idn and Idmn are normed by
    symmetrical : whether a pair counts in both directions
    units : of `key_units`
    keys : `block_of_keys` for the pairs of a group
    counts : as many rows; whole numbers, or floats where weights are not 1
    table : c log2 c of whole counts, also of places; empty where weights are not 1
    out : (PAIR_COLUMNS, V), filled but for MCC; NaN where no direction holds a pair
    """
    group, first, second, kind, weight = pairs
    groups, n_margins = group.size - 1, margin[1][0]
    here, codes = np.empty(LANES, np.uint64), np.empty((places.size, LANES), keys.dtype)
    apart, widest = np.empty((keys.shape[0], LANES), keys.dtype), np.empty(LANES, keys.dtype)
    histogram = np.zeros((n_levels + 1, LANES), counts.dtype)
    rows, words = np.empty((2, places.size), np.int64), margin[0].shape[1]
    margins = np.zeros((n_levels + 1 + places.size, words), np.uint64)
    logs = np.empty((words * (64 // margin[1][2]), LANES))
    sums, found, filled = np.empty(_SUMS * LANES), np.zeros(PAIR_COLUMNS * LANES), np.zeros(LANES)
    tables = difference_tables(n_levels)
    for v in range(0, starts.size, LANES):
        windows = fill_lanes(starts, v, here)
        gather_lanes(flat, here, places, codes)
        add_margins(codes, margin, kinds, table, margins, rows[0], rows[1], logs)
        for g in range(groups):
            begin, end = group[g], group[g + 1]
            one, other, which = first[begin:end], second[begin:end], kind[begin:end]
            _add_pairs(codes, one, other, weight[begin:end], symmetrical, sums)
            most = count_differences(codes, one, other, which, kinds, apart, widest, histogram)
            sum_differences(histogram, most, apart, one.size, tables, table, sums[at(_APART, 0) :])
            for p in range(end - begin):
                _keys_of_cells(codes, one[p], other[p], which[p], units, symmetrical, keys, p)
            _add_kinds(keys, end - begin, units, symmetrical, kinds, table, counts, sums)
            _add_direction(sums, logs[g], logs[n_margins - groups + g], symmetrical, table, found, filled)
        average(found, filled, windows, v, out)
