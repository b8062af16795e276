"""Co-occurrence in a window around every voxel, many windows at once.

A direction has few pairs in a window, so that nothing here walks through a matrix: what is linear in the counts is
summed over the pairs, and equal pairs, sums, differences and levels are counted by sorting.
"""

from __future__ import annotations

import math

import numpy as np

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
)
from .jit import kernel
from .window_lanes import LANES, add_logs, at, average, count_equal, fill_lanes, gather_lanes, sort_keys

# Rows of working space: for each window, sums over the pairs of one direction. Sums of levels count from the first
# pair's, in powers: one of the values is near all of them, so that little cancels
(
    _FIRST, _POWER_0, _POWER_1, _POWER_2, _POWER_3, _POWER_4, _ORDER, _ORDERED_SUM, _SQUARES, _LARGEST,
    _JOINT_LOGS, _SUM_LOGS, _DIFFERENCE_LOGS, _ROW_LOGS, _COLUMN_LOGS, _SHARE, _LOG_TOTAL, _INFORMATION,
    _ENTROPY_LARGEST, _APART,
) = range(20)  # fmt: skip
_SUMS = 28

# What depends on the difference of a pair alone, from _APART on
_LINEAR, _SQUARE, _EQUAL, _PLAIN, _MOMENT, _NORMED, _MOMENT_NORMED, _INVERSE = range(8)
_APARTS = 8


def key_units(n_levels: int, symmetrical: bool, classes: int) -> tuple[tuple[int, int, int], int]:
    """How keys are put together, and a bound on them.

    The key of a pair holds its difference, its sum, its order (unless a pair counts in both) and its class of weight,
    the class in units of 1, the others in the units returned. That of a sum or of a level holds it and the class, in
    the last unit and 1.
    """
    by_order = 1 << (classes - 1).bit_length()
    by_sum = by_order if symmetrical else 2 * by_order
    by_difference = by_sum << (2 * n_levels).bit_length()
    return (by_difference, by_sum, by_order), n_levels * by_difference


@kernel
def _keys_of_cells(codes, one, other, kind, units, symmetrical, keys, p):
    number = keys.dtype.type  # everything in the keys' own type, so that a vector holds as many as it can
    zero, nothing, kind = number(0), keys[keys.shape[0] - 1, 0], number(kind)
    by_difference, by_sum, by_order = number(units[0]), number(units[1]), number(0 if symmetrical else units[2])
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        larger, smaller = a if a > b else b, b if a > b else a
        apart, order = number(larger - smaller), by_order if a > b else zero
        key = number(number(apart * by_difference) + number(number(a + b) * by_sum))
        keys[p, i] = number(key + number(order + kind)) if smaller > zero else nothing


@kernel
def _keys_of_sums(codes, one, other, kind, unit, keys, p):
    number = keys.dtype.type
    zero, nothing, kind, unit = number(0), keys[keys.shape[0] - 1, 0], number(kind), number(unit)
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        smaller = b if a > b else a
        keys[p, i] = number(number(number(a + b) * unit) + kind) if smaller > zero else nothing


@kernel
def _keys_of_levels(codes, one, other, kind, unit, keys, p):
    """Those of `one`, where there is an `other`."""
    number = keys.dtype.type
    zero, nothing, kind, unit = number(0), keys[keys.shape[0] - 1, 0], number(kind), number(unit)
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        smaller = b if a > b else a
        keys[p, i] = number(number(a * unit) + kind) if smaller > zero else nothing


@kernel
def _differences(codes, one, other, n_levels, apart, p):
    """How far apart levels are; n_levels where there is no pair."""
    number = apart.dtype.type
    zero, none = number(0), number(n_levels)
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        larger, smaller = a if a > b else b, b if a > b else a
        apart[p, i] = number(larger - smaller) if smaller > zero else none


@kernel
def _make_keys(codes, first, second, kind, units, symmetrical, keys, apart, n_levels):
    """The keys of one direction's pairs, and how far apart their levels are."""
    joint, summed, rows, columns = keys
    unit, pairs = units[2], first.size
    for p in range(pairs):
        one, other = first[p], second[p]
        _keys_of_cells(codes, one, other, kind[p], units, symmetrical, joint, p)
        _keys_of_sums(codes, one, other, kind[p], unit, summed, p)
        _keys_of_levels(codes, one, other, kind[p], unit, rows, p)
        if symmetrical:
            _keys_of_levels(codes, other, one, kind[p], unit, rows, pairs + p)
        else:
            _keys_of_levels(codes, other, one, kind[p], unit, columns, p)
        _differences(codes, one, other, n_levels, apart, p)


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
def _add_apart(apart, weight, tables, sums):
    """Window by window, so that all sums stay in registers."""
    for i in range(LANES):
        linear, square, equal, plain, moment, normed, moment_normed, inverse = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for p in range(weight.size):
            d, w = np.uint64(apart[p, i]), weight[p]
            linear += w * tables[d, _LINEAR]
            square += w * tables[d, _SQUARE]
            equal += w * tables[d, _EQUAL]
            plain += w * tables[d, _PLAIN]
            moment += w * tables[d, _MOMENT]
            normed += w * tables[d, _NORMED]
            moment_normed += w * tables[d, _MOMENT_NORMED]
            inverse += w * tables[d, _INVERSE]
        sums[at(_APART + _LINEAR, i)] = linear
        sums[at(_APART + _SQUARE, i)] = square
        sums[at(_APART + _EQUAL, i)] = equal
        sums[at(_APART + _PLAIN, i)] = plain
        sums[at(_APART + _MOMENT, i)] = moment
        sums[at(_APART + _NORMED, i)] = normed
        sums[at(_APART + _MOMENT_NORMED, i)] = moment_normed
        sums[at(_APART + _INVERSE, i)] = inverse


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
def _add_cells(keys, counts, diagonal, twice, sums):
    """Add squares of the matrix' cells and note the largest; off the diagonal there are `twice` as many."""
    diagonal = keys.dtype.type(diagonal)
    for k in range(counts.shape[0] - 1):
        for i in range(LANES):
            count = float(counts[k, i])
            cell = count * twice if keys[k, i] < diagonal else count
            sums[at(_SQUARES, i)] += cell * count * twice
            sums[at(_LARGEST, i)] = max(sums[at(_LARGEST, i)], cell)


@kernel
def _add_kinds(keys, pairs, units, symmetrical, kinds, table, counts, sums):
    """What needs the counts of equal pairs, differences, sums and levels."""
    joint, summed, rows, columns = keys
    by_difference, unit = units[0], units[2]
    logs = sums.reshape((_SUMS, LANES))
    mask = unit - 1
    ordered, found = sort_keys(joint, pairs), counts[: pairs + 1]
    count_equal(ordered, by_difference, kinds, mask, found)
    add_logs(found, table, logs[_DIFFERENCE_LOGS])
    count_equal(ordered, unit, kinds, mask, found)
    add_logs(found, table, logs[_JOINT_LOGS])
    _add_cells(ordered, found, by_difference, 2.0 if symmetrical else 1.0, sums)
    count_equal(sort_keys(summed, pairs), unit, kinds, mask, found)
    add_logs(found, table, logs[_SUM_LOGS])
    if symmetrical:
        found = counts[: 2 * pairs + 1]
    count_equal(sort_keys(rows, found.shape[0] - 1), unit, kinds, mask, found)
    add_logs(found, table, logs[_ROW_LOGS])
    if not symmetrical:
        count_equal(sort_keys(columns, pairs), unit, kinds, mask, found)
        add_logs(found, table, logs[_COLUMN_LOGS])


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
        average, contrast = sums[at(_APART + _LINEAR, i)] * share, sums[at(_APART + _SQUARE, i)] * share
        found[at(CONTRAST, i)] += contrast
        found[at(DIFFERENCE_AVERAGE, i)] += average
        found[at(DIFFERENCE_ENTROPY, i)] += _entropy(sums[at(_LOG_TOTAL, i)], sums[at(_DIFFERENCE_LOGS, i)] * share)
        found[at(DIFFERENCE_VARIANCE, i)] += contrast - average * average
        found[at(ID, i)] += sums[at(_APART + _PLAIN, i)] * share
        found[at(IDM, i)] += sums[at(_APART + _MOMENT, i)] * share
        found[at(IDN, i)] += sums[at(_APART + _NORMED, i)] * share
        found[at(IDMN, i)] += sums[at(_APART + _MOMENT_NORMED, i)] * share
        found[at(INVERSE_VARIANCE, i)] += sums[at(_APART + _INVERSE, i)] * share


@kernel
def _add_margins(sums, twice, found):
    """What needs the two marginal distributions; `twice` is how often a pair counts."""
    for i in range(LANES):
        share, there = sums[at(_SHARE, i)], 1.0 if sums[at(_POWER_0, i)] > 0 else 0.0
        # of x + y and x - y: their means and variances, and what they have in common, give those of x and y
        away, order = sums[at(_POWER_1, i)] * share, sums[at(_ORDER, i)] * share
        mean = sums[at(_FIRST, i)] + away
        spread = sums[at(_POWER_2, i)] * share - away * away
        apart = sums[at(_APART + _SQUARE, i)] * share - order * order
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
def _add_direction(sums, symmetrical, table, found, filled):
    """Add one direction's features."""
    _divide(sums, table, filled)
    if symmetrical:
        for i in range(LANES):
            sums[at(_COLUMN_LOGS, i)] = sums[at(_ROW_LOGS, i)]
            # a cell on the diagonal holds 2c: 2c log2 2c = 2 (c log2 c + c); the others come twice
            sums[at(_JOINT_LOGS, i)] = 2.0 * (sums[at(_JOINT_LOGS, i)] + sums[at(_APART + _EQUAL, i)])
    _add_sums(sums, found)
    _add_differences(sums, found)
    _add_margins(sums, 2.0 if symmetrical else 1.0, found)
    _add_information(sums, found)


@kernel
def difference_tables(n_levels):
    """What a difference d adds to each of its sums, (Ng + 1, 8); nothing in the last row, which stands for no pair."""
    tables = np.zeros((n_levels + 1, _APARTS))
    for d in range(n_levels):
        tables[d, _LINEAR] = d
        tables[d, _SQUARE] = d * d
        tables[d, _EQUAL] = d == 0
        tables[d, _PLAIN] = 1.0 / (1 + d)
        tables[d, _MOMENT] = 1.0 / (1 + d * d)
        tables[d, _NORMED] = 1.0 / (1 + d / n_levels)
        tables[d, _MOMENT_NORMED] = 1.0 / (1 + d * d / (n_levels * n_levels))
        tables[d, _INVERSE] = 1.0 / (d * d) if d > 0 else 0.0
    return tables


@kernel
def glcm_windows(flat, starts, places, pairs, kinds, n_levels, symmetrical, units, keys, counts, table, out):
    """GLCM features of the window around each voxel, averaged over directions that hold a pair in the ROI.

    Parameters
    ----------
    flat : padded levels, flattened; 0 outside the ROI
    starts : (V,) where each window begins in `flat`
    places : `window_places`
    pairs : group, first and second of `window_pairs`, the pairs of one group making one matrix; of each pair, its
        class of weight, and its weight (float64)
    kinds : the weight of each class, of the type of counts, as many as fit into the bits of a class
    n_levels : Ng of the whole ROI, which Idn and Idmn are normed by
    symmetrical : whether a pair counts in both directions
    units : of `key_units`
    keys : four `block_of_keys`: for the pairs of a group, for their sums, and for the levels in rows and columns; where
        pairs count in both directions the third is twice as long and the fourth is not used
    counts : as many rows as the longest; whole numbers, or floats where weights are not 1
    table : c log2 c of whole counts; empty where weights are not 1
    out : (PAIR_COLUMNS, V), filled but for MCC; NaN where no direction holds a pair
    """
    group, first, second, kind, weight = pairs
    here, codes = np.empty(LANES, np.uint64), np.empty((places.size, LANES), keys[0].dtype)
    apart = np.empty((keys[0].shape[0], LANES), keys[0].dtype)
    sums, found, filled = np.empty(_SUMS * LANES), np.zeros(PAIR_COLUMNS * LANES), np.zeros(LANES)
    tables = difference_tables(n_levels)
    for v in range(0, starts.size, LANES):
        windows = fill_lanes(starts, v, here)
        gather_lanes(flat, here, places, codes)
        for g in range(group.size - 1):
            begin, end = group[g], group[g + 1]
            one, other, w = first[begin:end], second[begin:end], weight[begin:end]
            _make_keys(codes, one, other, kind[begin:end], units, symmetrical, keys, apart, n_levels)
            _add_pairs(codes, one, other, w, symmetrical, sums)
            _add_apart(apart, w, tables, sums)
            _add_kinds(keys, end - begin, units, symmetrical, kinds, table, counts, sums)
            _add_direction(sums, symmetrical, table, found, filled)
        average(found, filled, windows, v, out)
