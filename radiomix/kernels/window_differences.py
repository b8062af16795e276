"""How far apart the levels of a window's pairs are, many windows at once: counted, and what depends on it summed up."""

from __future__ import annotations

import numpy as np

from .jit import kernel
from .window_lanes import LANES, add_logs, at
from .window_tally import count_log_count

# Rows of sums over pairs, of what depends on their difference alone, and over differences, of c log2 c of their counts
LINEAR, SQUARE, EQUAL, PLAIN, MOMENT, NORMED, MOMENT_NORMED, INVERSE, LOGS = range(9)
ROWS = 9
DENSE = 3  # differences for each pair: to look at all of them takes less time for each than to look for one


@kernel
def difference_tables(n_levels):
    """What a difference d adds to each of its sums, (Ng + 1, 8); nothing in the last row, which stands for no pair."""
    tables = np.zeros((n_levels + 1, ROWS - 1))
    for d in range(n_levels):
        tables[d, LINEAR] = d
        tables[d, SQUARE] = d * d
        tables[d, EQUAL] = d == 0
        tables[d, PLAIN] = 1.0 / (1 + d)
        tables[d, MOMENT] = 1.0 / (1 + d * d)
        tables[d, NORMED] = 1.0 / (1 + d / n_levels)
        tables[d, MOMENT_NORMED] = 1.0 / (1 + d * d / (n_levels * n_levels))
        tables[d, INVERSE] = 1.0 / (d * d) if d > 0 else 0.0
    return tables


@kernel
def _differences(codes, one, other, n_levels, apart, p, widest):
    """How far apart levels are; n_levels where there is no pair."""
    number = apart.dtype.type
    zero, none = number(0), number(n_levels)
    for i in range(LANES):
        a, b = codes[one, i], codes[other, i]
        larger, smaller = a if a > b else b, b if a > b else a
        distance = number(larger - smaller)
        apart[p, i] = distance if smaller > zero else none
        widest[i] = distance if (smaller > zero) & (distance > widest[i]) else widest[i]


@kernel
def count_differences(codes, first, second, kind, kinds, apart, widest, histogram):
    """Count pairs by how far apart their levels are, in the last row those that are none; returns the most."""
    n_levels = histogram.shape[0] - 1
    for i in range(LANES):
        widest[i] = 0
    for p in range(first.size):
        _differences(codes, first[p], second[p], n_levels, apart, p, widest)
        weight = kinds[kind[p]]
        for i in range(LANES):
            histogram[np.uint64(apart[p, i]), i] += weight
    return int(widest.max())


@kernel
def _add_difference(counts, table, sums):
    for i in range(LANES):
        count = float(counts[i])
        sums[at(LINEAR, i)] += count * table[LINEAR]
        sums[at(SQUARE, i)] += count * table[SQUARE]
        sums[at(EQUAL, i)] += count * table[EQUAL]
        sums[at(PLAIN, i)] += count * table[PLAIN]
        sums[at(MOMENT, i)] += count * table[MOMENT]
        sums[at(NORMED, i)] += count * table[NORMED]
        sums[at(MOMENT_NORMED, i)] += count * table[MOMENT_NORMED]
        sums[at(INVERSE, i)] += count * table[INVERSE]


@kernel
def _add_dense(histogram, most, tables, table, sums):
    """Add what depends on differences, which reach `most`; their counts are cleared."""
    add_logs(histogram[: most + 2], table, sums[at(LOGS, 0) :])  # whose last row is left out
    for d in range(most + 1):
        _add_difference(histogram[d], tables[d], sums)
        for i in range(LANES):
            histogram[d, i] = 0


@kernel
def _add_sparse(histogram, apart, pairs, tables, table, sums):
    """The same, window by window: a difference counts where it is first met."""
    for i in range(LANES):
        histogram[histogram.shape[0] - 1, i] = 0
        logs = 0.0
        linear, square, equal, plain, moment, normed, moment_normed, inverse = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for p in range(pairs):
            d = np.uint64(apart[p, i])
            count = float(histogram[d, i])
            histogram[d, i] = 0
            logs += count_log_count(count, table)
            linear += count * tables[d, LINEAR]
            square += count * tables[d, SQUARE]
            equal += count * tables[d, EQUAL]
            plain += count * tables[d, PLAIN]
            moment += count * tables[d, MOMENT]
            normed += count * tables[d, NORMED]
            moment_normed += count * tables[d, MOMENT_NORMED]
            inverse += count * tables[d, INVERSE]
        sums[at(LOGS, i)] = logs
        sums[at(LINEAR, i)] = linear
        sums[at(SQUARE, i)] = square
        sums[at(EQUAL, i)] = equal
        sums[at(PLAIN, i)] = plain
        sums[at(MOMENT, i)] = moment
        sums[at(NORMED, i)] = normed
        sums[at(MOMENT_NORMED, i)] = moment_normed
        sums[at(INVERSE, i)] = inverse


@kernel
def sum_differences(histogram, most, apart, pairs, tables, table, sums):
    """Fill the first rows of `sums`, in which there are zeros, and clear the counts.

    Parameters
    ----------
    histogram, most, apart : of `count_differences`
    pairs : their number
    tables : `difference_tables`
    table : c log2 c of whole counts; empty where weights are not 1
    sums : flat, of ROWS rows
    """
    if most < DENSE * pairs:
        _add_dense(histogram, most, tables, table, sums)
    else:
        _add_sparse(histogram, apart, pairs, tables, table, sums)
