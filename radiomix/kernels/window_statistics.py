"""First-order statistics in a window around every voxel."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel, reduction
from .window_tally import log_table as tabulate

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


@reduction
def _moments(x, shift, mean):
    """Energy of the shifted intensities, and the sums of the powers 2, 3 and 4 of x - mean."""
    energy, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    for k in range(x.size):
        away = x[k] - mean
        square = away * away
        energy += (x[k] + shift) * (x[k] + shift)
        second += square
        third += square * away
        fourth += square * square
    return energy, second, third, fourth


@reduction
def _mean_and_deviation(x):
    """Mean, and mean absolute deviation from it."""
    total, absolute = 0.0, 0.0
    for k in range(x.size):
        total += x[k]
    mean = total / x.size
    for k in range(x.size):
        absolute += abs(x[k] - mean)
    return mean, absolute / x.size


@kernel
def _between(x, n, low, high):
    """The part of n sorted intensities that lies between two of their percentiles."""
    first, last = n // 10, n - 1 - n // 10
    while first > 0 and x[first - 1] >= low:
        first -= 1
    while first < n and x[first] < low:
        first += 1
    while last < n - 1 and x[last + 1] <= high:
        last += 1
    while last >= 0 and x[last] > high:
        last -= 1
    return x[first : last + 1]


@kernel
def _intensities_of_window(x, n, shift, out):
    """First-order features of n sorted intensities (Entropy and Uniformity come from the levels)."""
    low, high = _percentile(x, n, 10.0), _percentile(x, n, 90.0)
    kept = _between(x, n, low, high)
    mean, absolute = _mean_and_deviation(x[:n])
    energy, second, third, fourth = _moments(x[:n], shift, mean)
    variance = second / n
    flat = x[0] == x[n - 1]
    out[ENERGY] = energy
    out[INTERQUARTILE_RANGE] = _percentile(x, n, 75.0) - _percentile(x, n, 25.0)
    out[KURTOSIS] = 0.0 if flat else fourth / n / (variance * variance)
    out[MAXIMUM] = x[n - 1]
    out[MEAN] = mean
    out[MEAN_ABSOLUTE_DEVIATION] = absolute
    out[MEDIAN] = _percentile(x, n, 50.0)
    out[MINIMUM] = x[0]
    out[PERCENTILE_10] = low
    out[PERCENTILE_90] = high
    out[RANGE] = x[n - 1] - x[0]
    out[ROBUST_MEAN_ABSOLUTE_DEVIATION] = _mean_and_deviation(kept)[1] if kept.size else np.nan
    out[ROOT_MEAN_SQUARED] = math.sqrt(energy / n)
    out[SKEWNESS] = 0.0 if flat else third / n / (variance * math.sqrt(variance))
    out[VARIANCE] = variance


@kernel
def _sort(values, n, ordered):
    """Put each value where its rank says, which takes no branch to guess; equal ones stay in their order."""
    for k in range(n):
        rank = 0
        for j in range(k):
            rank += values[j] <= values[k]
        for j in range(k + 1, n):
            rank += values[j] < values[k]
        ordered[rank] = values[k]


@kernel
def _collect(levels, intensities, start, places, values, ordered):
    """Fill `ordered` with the sorted intensities of the places that lie in the ROI; returns how many."""
    n = 0
    for s in range(places.size):
        if levels[start + places[s]] > 0:
            values[n] = intensities[start + places[s]]
            n += 1
    _sort(values, n, ordered)
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

    Along a row of voxels the window slides: one face of places leaves, one enters, and the order is kept. A face is
    sorted once, when it enters.

    Parameters
    ----------
    levels, intensities : padded levels (0 outside the ROI) and padded image (float64), flattened alike
    starts : (V,) where each window begins, ascending
    places, width : `window_places`, and how many of them a window has along x
    n_levels, shift : Ng, and what is added before energy and RMS
    out : (V, STATISTIC_COLUMNS), filled. Total energy is energy times the voxel volume.
    """
    size = places.size
    faces = places.reshape((size // width, width)).T.copy()
    counts = np.zeros(n_levels + 1, np.int64)
    log_table = tabulate(size)
    sums = np.zeros(2)
    ordered, merged = np.empty(size), np.empty(size)
    sorted_faces, sizes = np.empty((width + 1, size // width)), np.zeros(width + 1, np.int64)  # a ring
    scratch = np.empty(size // width)
    n, oldest = 0, 0
    for v in range(starts.size):
        slides = v > 0 and starts[v] == starts[v - 1] + 1
        if slides:
            _count_levels(levels, starts[v - 1], faces[0], -1, counts, log_table, sums)
        else:
            n, oldest = 0, 0
            counts[:] = 0
            sums[:] = 0.0
            sizes[:] = 0
        for f in range(width - 1 if slides else 0, width):
            newest = (oldest + width) % (width + 1)
            entering = sorted_faces[newest]
            sizes[newest] = _collect(levels, intensities, starts[v], faces[f], scratch, entering)
            n = _replace(ordered, n, sorted_faces[oldest], sizes[oldest], entering, sizes[newest], merged)
            ordered, merged = merged, ordered
            oldest = (oldest + 1) % (width + 1)
            _count_levels(levels, starts[v], faces[f], 1, counts, log_table, sums)
        if n == 0:
            out[v] = np.nan
            continue
        _intensities_of_window(ordered, n, shift, out[v])
        out[v, ENTROPY] = (log_table[n] - sums[0]) / n
        out[v, UNIFORMITY] = sums[1] / n / n
