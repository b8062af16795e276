"""First-order statistics in a window around every voxel."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

# Columns of `statistics_windows`
(
    ENERGY,
    ENTROPY,
    INTERQUARTILE_RANGE,
    KURTOSIS,
    MAXIMUM,
    MEAN,
    MEAN_ABSOLUTE_DEVIATION,
    MEDIAN,
    MINIMUM,
    PERCENTILE_10,
    PERCENTILE_90,
    RANGE,
    ROBUST_MEAN_ABSOLUTE_DEVIATION,
    ROOT_MEAN_SQUARED,
    SKEWNESS,
    UNIFORMITY,
    VARIANCE,
) = range(17)
STATISTIC_COLUMNS = 17


@kernel
def _percentile(ordered, n, percent):
    position = (n - 1) * percent / 100.0
    below = int(position)
    above = min(below + 1, n - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


@kernel
def _intensities_of_window(x, n, shift, out):
    """First-order features of n sorted intensities (Entropy and Uniformity come from the levels)."""
    total, energy = 0.0, 0.0
    for k in range(n):
        total += x[k]
        energy += (x[k] + shift) ** 2
    mean = total / n
    low, high = _percentile(x, n, 10.0), _percentile(x, n, 90.0)
    absolute, second, third, fourth, kept, kept_total = 0.0, 0.0, 0.0, 0.0, 0, 0.0
    for k in range(n):
        away = x[k] - mean
        square = away * away
        absolute += abs(away)
        second += square
        third += square * away
        fourth += square * square
        if low <= x[k] <= high:
            kept += 1
            kept_total += x[k]
    robust = 0.0
    for k in range(n):
        if low <= x[k] <= high:
            robust += abs(x[k] - kept_total / kept)
    variance = second / n
    flat = x[0] == x[n - 1]
    out[ENERGY] = energy
    out[INTERQUARTILE_RANGE] = _percentile(x, n, 75.0) - _percentile(x, n, 25.0)
    out[KURTOSIS] = 0.0 if flat else fourth / n / (variance * variance)
    out[MAXIMUM] = x[n - 1]
    out[MEAN] = mean
    out[MEAN_ABSOLUTE_DEVIATION] = absolute / n
    out[MEDIAN] = _percentile(x, n, 50.0)
    out[MINIMUM] = x[0]
    out[PERCENTILE_10] = low
    out[PERCENTILE_90] = high
    out[RANGE] = x[n - 1] - x[0]
    out[ROBUST_MEAN_ABSOLUTE_DEVIATION] = robust / kept if kept else np.nan
    out[ROOT_MEAN_SQUARED] = math.sqrt(energy / n)
    out[SKEWNESS] = 0.0 if flat else third / n / variance**1.5
    out[VARIANCE] = variance


@kernel
def _sort(values, n):
    for k in range(1, n):
        x = values[k]
        while k > 0 and values[k - 1] > x:
            values[k] = values[k - 1]
            k -= 1
        values[k] = x


@kernel
def _collect(levels, intensities, start, places, values):
    """The sorted intensities of the places that lie in the ROI; returns how many."""
    n = 0
    for s in range(places.size):
        if levels[start + places[s]] > 0:
            values[n] = intensities[start + places[s]]
            n += 1
    _sort(values, n)
    return n


@kernel
def _count_levels(levels, start, places, change, counts, log_table, sums):
    """Add or take away the places' levels; `sums` follows the sum of c log2 c and of c^2 over the levels' counts c."""
    for s in range(places.size):
        level = levels[start + places[s]]
        if level > 0:
            before = counts[level]
            counts[level] = before + change
            sums[0] += log_table[before + change] - log_table[before]
            sums[1] += change * (2 * before + change)


@kernel
def _replace(ordered, n, leaving, n_leaving, entering, n_entering, merged):
    """Merge: the ordered values, less those that leave, with those that enter, all sorted; returns how many."""
    count, out, new = 0, 0, 0
    for k in range(n):
        x = ordered[k]
        if out < n_leaving and leaving[out] == x:
            out += 1
            continue
        while new < n_entering and entering[new] < x:
            merged[count] = entering[new]
            new += 1
            count += 1
        merged[count] = x
        count += 1
    while new < n_entering:
        merged[count] = entering[new]
        new += 1
        count += 1
    return count


@kernel
def statistics_windows(levels, intensities, starts, places, width, n_levels, shift, out):
    """First-order features of the window around each voxel.

    Along a row of voxels the window slides: one face of places leaves, one enters, and the order is kept.

    Parameters
    ----------
    levels, intensities : padded levels (0 outside the ROI) and padded image (float64), flattened alike
    starts : (V,) where each window begins, ascending
    places, width : `window_places`, and how many of them a window has along x
    n_levels, shift : Ng, and what is added before energy and RMS
    out : (V, STATISTIC_COLUMNS), filled. Total energy is energy times the voxel volume.
    """
    size = places.size
    first_face, last_face = places[::width].copy(), places[width - 1 :: width].copy()
    counts = np.zeros(n_levels + 1, np.int64)
    log_table = np.zeros(size + 1)
    for k in range(1, size + 1):
        log_table[k] = k * math.log2(k)
    sums = np.zeros(2)
    ordered, merged = np.empty(size), np.empty(size)
    leaving, entering = np.empty(size), np.empty(size)
    n = 0
    for v in range(starts.size):
        if v > 0 and starts[v] == starts[v - 1] + 1:
            n_leaving = _collect(levels, intensities, starts[v - 1], first_face, leaving)
            n_entering = _collect(levels, intensities, starts[v], last_face, entering)
            n = _replace(ordered, n, leaving, n_leaving, entering, n_entering, merged)
            ordered, merged = merged, ordered
            _count_levels(levels, starts[v - 1], first_face, -1, counts, log_table, sums)
            _count_levels(levels, starts[v], last_face, 1, counts, log_table, sums)
        else:
            n = _collect(levels, intensities, starts[v], places, ordered)
            counts[:] = 0
            sums[:] = 0.0
            _count_levels(levels, starts[v], places, 1, counts, log_table, sums)
        if n == 0:
            out[v] = np.nan
            continue
        _intensities_of_window(ordered, n, shift, out[v])
        out[v, ENTROPY] = math.log2(n) - sums[0] / n
        out[v, UNIFORMITY] = sums[1] / n / n
