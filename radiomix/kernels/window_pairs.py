"""Co-occurrence in a window around every voxel.

A window holds few pairs, so that nothing here walks through a matrix of all levels: cells are counted in scratch
tables, the touched ones are remembered, read and cleared.
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
    MCC,
    PAIR_COLUMNS,
    SUM_AVERAGE,
    SUM_ENTROPY,
    SUM_SQUARES,
)
from .jit import kernel
from .maximal_correlation import maximal_correlation
from .window import gather, relabel
from .window_tally import count_log_count
from .window_tally import log_table as tabulate


@kernel
def _count(local, values, n_local, begin, end, first, second, weight, symmetrical, scratch):
    """Count one direction's pairs. Returns their total, the sum of products, and how many cells of each table are used.

    `zero`, here and below, has the counts' own type: integers unless directions are weighted.
    """
    joint, sums, differences, row, column, used_joint, used_sums, used_differences = scratch
    total = joint[0] * 0
    product, n_joint, n_sums, n_differences = total, 0, 0, 0
    for p in range(begin, end):
        i, j = local[first[p]], local[second[p]]
        if i < 0 or j < 0:
            continue
        w = weight[p]
        a, b = values[i], values[j]
        total += w
        product += w * a * b
        row[i] += w
        column[j] += w
        # a cell is noted each time, but the note kept only if the cell was empty: there is no branch to mispredict
        s, d = a + b, abs(a - b)
        used_sums[n_sums] = s
        n_sums += sums[s] == 0
        sums[s] += w
        used_differences[n_differences] = d
        n_differences += differences[d] == 0
        differences[d] += w
        cell = min(i, j) * n_local + max(i, j) if symmetrical else i * n_local + j
        used_joint[n_joint] = cell
        n_joint += joint[cell] == 0
        joint[cell] += w
    return total, product, n_joint, n_sums, n_differences


@kernel
def _marginal(counts, values, n_local, norm, log_norm, log_table):
    """Mean, variance, entropy and number of levels of one marginal distribution."""
    zero = counts[0] * 0
    linear, square, logs, kinds = zero, zero, 0.0, 0
    for k in range(n_local):
        if counts[k] > 0:
            linear += counts[k] * values[k]
            square += counts[k] * values[k] * values[k]
            logs += count_log_count(counts[k], log_table)
            kinds += 1
    mean = linear / norm
    return mean, square / norm - mean * mean, log_norm - logs / norm, kinds


@kernel
def _add_joint(joint, used, n_used, n_local, norm, log_norm, symmetrical, log_table, out):
    """Add what depends on pairs of levels; returns the joint entropy."""
    zero = joint[0] * 0
    energy, largest, logs = zero, zero, 0.0
    for t in range(n_used):
        cell = used[t]
        count = joint[cell]
        times = 1
        if symmetrical:
            if cell % (n_local + 1) == 0:  # on the diagonal both orders of the pair fall together
                count *= 2
            else:
                times = 2
        energy += times * count * count
        logs += times * count_log_count(count, log_table)
        largest = max(largest, count)
    entropy = log_norm - logs / norm
    out[JOINT_ENERGY] += energy / norm / norm
    out[JOINT_ENTROPY] += entropy
    out[MAXIMUM_PROBABILITY] += largest / norm
    return entropy


@kernel
def _add_sums(sums, used, n_used, centre, share, log_total, log_table, out):
    """Add what depends on i + j, and clear the table."""
    tendency, shade, prominence, logs, linear = 0.0, 0.0, 0.0, 0.0, sums[0] * 0
    for t in range(n_used):
        s = used[t]
        count = sums[s]
        sums[s] = 0
        away = s - centre
        square = away * away * count
        tendency += square
        shade += square * away
        prominence += square * away * away
        linear += count * s
        logs += count_log_count(count, log_table)
    out[CLUSTER_PROMINENCE] += prominence * share
    out[CLUSTER_SHADE] += shade * share
    out[CLUSTER_TENDENCY] += tendency * share
    out[SUM_AVERAGE] += linear * share
    out[SUM_ENTROPY] += log_total - logs * share


@kernel
def _add_differences(differences, used, n_used, share, log_total, log_table, inverses, out):
    """Add what depends on |i - j|, and clear the table."""
    zero = differences[0] * 0
    linear, contrast, logs = zero, zero, 0.0
    plain, moment, normed, moment_normed, variance = 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(n_used):
        d = used[t]
        count = differences[d]
        differences[d] = 0
        linear += count * d
        contrast += count * d * d
        logs += count_log_count(count, log_table)
        plain += count * inverses[d, 0]
        moment += count * inverses[d, 1]
        normed += count * inverses[d, 2]
        moment_normed += count * inverses[d, 3]
        variance += count * inverses[d, 4]
    average = linear * share
    out[CONTRAST] += contrast * share
    out[DIFFERENCE_AVERAGE] += average
    out[DIFFERENCE_ENTROPY] += log_total - logs * share
    out[DIFFERENCE_VARIANCE] += contrast * share - average * average
    out[ID] += plain * share
    out[IDM] += moment * share
    out[IDN] += normed * share
    out[IDMN] += moment_normed * share
    out[INVERSE_VARIANCE] += variance * share


@kernel
def _correlation(joint, row, column, n_local, symmetrical):
    """MCC of one direction, from the window's own small matrix."""
    matrix = np.zeros((n_local, n_local))
    for i in range(n_local):
        for j in range(n_local):
            matrix[i, j] += joint[i * n_local + j]
            if symmetrical:
                matrix[j, i] += joint[i * n_local + j]
    levels = np.arange(n_local)
    return maximal_correlation(matrix, symmetrical, levels, row[:n_local].copy(), column[:n_local].copy())


@kernel
def _add_group(local, values, n_local, group, first, second, weight, symmetrical, with_mcc, scratch, tables, out):
    """Add one direction's features to `out`; False when no pair lies in the ROI. Scratch is zero before and after."""
    joint, sums, differences, row, column, used_joint, used_sums, used_differences = scratch
    log_table, inverses = tables
    total, product, n_joint, n_sums, n_differences = _count(
        local, values, n_local, group[0], group[1], first, second, weight, symmetrical, scratch
    )
    if total == 0:
        return False
    share = 1.0 / total
    log_total = count_log_count(total, log_table) * share
    norm, log_norm = total, log_total
    if symmetrical:
        norm, log_norm = 2 * total, log_total + 1.0
        for k in range(n_local):
            row[k] += column[k]
            column[k] = row[k]
    mean_x, variance_x, entropy_x, kinds_x = _marginal(row, values, n_local, norm, log_norm, log_table)
    mean_y, variance_y, entropy_y, kinds_y = mean_x, variance_x, entropy_x, kinds_x
    if not symmetrical:
        mean_y, variance_y, entropy_y, kinds_y = _marginal(column, values, n_local, norm, log_norm, log_table)
    entropy = _add_joint(joint, used_joint, n_joint, n_local, norm, log_norm, symmetrical, log_table, out)
    _add_sums(sums, used_sums, n_sums, mean_x + mean_y, share, log_total, log_table, out)
    _add_differences(differences, used_differences, n_differences, share, log_total, log_table, inverses, out)

    flat = kinds_x == 1 or kinds_y == 1
    information = max(entropy_x + entropy_y - entropy, 0.0)
    out[AUTOCORRELATION] += product * share
    out[CORRELATION] += 1.0 if flat else (product * share - mean_x * mean_y) / math.sqrt(variance_x * variance_y)
    out[IMC1] += 0.0 if kinds_x == 1 and kinds_y == 1 else -information / max(entropy_x, entropy_y)
    out[IMC2] += math.sqrt(1.0 - math.exp(-2.0 * information))
    out[JOINT_AVERAGE] += mean_x
    out[SUM_SQUARES] += variance_x
    if with_mcc:
        out[MCC] += _correlation(joint, row, column, n_local, symmetrical)
    for t in range(n_joint):
        joint[used_joint[t]] = 0
    for k in range(n_local):
        row[k] = 0
        column[k] = 0
    return True


@kernel
def _tables(largest_count, n_levels):
    """c log2 c for whole counts, and the five weights that a difference d has, (Ng, 5)."""
    inverses = np.zeros((n_levels, 5))
    for d in range(n_levels):
        inverses[d, 0] = 1.0 / (1 + d)
        inverses[d, 1] = 1.0 / (1 + d * d)
        inverses[d, 2] = 1.0 / (1 + d / n_levels)
        inverses[d, 3] = 1.0 / (1 + d * d / (n_levels * n_levels))
        inverses[d, 4] = 1.0 / (d * d) if d > 0 else 0.0
    return tabulate(largest_count), inverses


@kernel
def glcm_windows(flat, starts, places, group, first, second, weight, n_levels, symmetrical, with_mcc, flat_region, out):
    """GLCM features of the window around each voxel, averaged over directions that hold a pair in the ROI.

    Parameters
    ----------
    flat : padded levels, flattened; 0 outside the ROI
    starts : (V,) where each window begins in `flat`
    places : `window_places`
    group, first, second : `window_pairs`; the pairs of one group make one matrix
    weight : of each pair; integers (ones) or floats
    n_levels : Ng of the whole ROI, which Idn and Idmn are normed by
    symmetrical : whether a pair counts in both directions
    with_mcc, flat_region : whether to compute MCC (else NaN), and whether the ROI has one level, where it is 1
    out : (V, PAIR_COLUMNS), filled; NaN where no direction holds a pair
    """
    size = places.size
    window = np.empty(size, flat.dtype)
    local, values = np.empty(size, np.int64), np.empty(size, np.int64)
    seen = np.full(n_levels + 1, -1, np.int64)
    pairs = 1
    for g in range(group.size - 1):
        pairs = max(pairs, group[g + 1] - group[g])
    zero = weight[:1] * 0
    scratch = (
        np.zeros(size * size, zero.dtype),
        np.zeros(2 * n_levels + 1, zero.dtype),
        np.zeros(n_levels, zero.dtype),
        np.zeros(size, zero.dtype),
        np.zeros(size, zero.dtype),
        np.empty(pairs + 1, np.int64),
        np.empty(pairs + 1, np.int64),
        np.empty(pairs + 1, np.int64),
    )
    tables = _tables(2 * pairs + 1, n_levels)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n_local = relabel(window, seen, v * size, local, values)
        row = out[v]
        row[:] = 0.0
        filled = 0
        for g in range(group.size - 1):
            filled += _add_group(
                local, values, n_local, group[g : g + 2], first, second, weight,
                symmetrical, with_mcc and not flat_region, scratch, tables, row,
            )  # fmt: skip
        for k in range(PAIR_COLUMNS):
            row[k] = row[k] / filled if filled else np.nan
        if not with_mcc:
            row[MCC] = np.nan
        elif flat_region:
            row[MCC] = 1.0
