"""First-order statistics in a window around every voxel, many windows at once."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel
from .window_lanes import LANES, add_logs, add_squares, count_equal, fill_lanes, gather_lanes, sort_lanes
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


# Rows of working space: numbers of each window
_INSIDE, _AVERAGE, _LOW, _HIGH, _KEPT, _KEPT_MEAN, _KEPT_DEVIATION, _THIRD, _FOURTH, _LOGS, _SQUARES = range(11)
_NUMBERS = 11


@kernel
def _collect(levels, values, keys, numbers):
    """Keep what lies in the ROI, the rest goes to the end: count it in `numbers`, fill `keys` with the levels."""
    size = values.shape[0]
    nothing, inside = keys[size, 0], numbers[_INSIDE]
    for s in range(size):
        level, key, value = levels[s], keys[s], values[s]
        for i in range(LANES):
            key[i] = level[i] if level[i] > 0 else nothing
        for i in range(LANES):
            value[i] = value[i] if level[i] > 0 else np.inf
            inside[i] += 1.0 if level[i] > 0 else 0.0


@kernel
def _percentile(ordered, i, n, percent):
    position = (n - 1) * percent / 100.0
    below = int(position)
    above = min(below + 1, n - 1)
    return ordered[below, i] + (position - below) * (ordered[above, i] - ordered[below, i])


@kernel
def _ranks(ordered, numbers, out):
    """What the order gives."""
    for i in range(LANES):
        n = max(int(numbers[_INSIDE, i]), 1)
        low, high = _percentile(ordered, i, n, 10.0), _percentile(ordered, i, n, 90.0)
        numbers[_LOW, i] = low
        numbers[_HIGH, i] = high
        out[PERCENTILE_10, i] = low
        out[PERCENTILE_90, i] = high
        out[MEDIAN, i] = _percentile(ordered, i, n, 50.0)
        out[INTERQUARTILE_RANGE, i] = _percentile(ordered, i, n, 75.0) - _percentile(ordered, i, n, 25.0)
        out[MINIMUM, i] = ordered[0, i]
        out[MAXIMUM, i] = ordered[n - 1, i]
        out[RANGE, i] = ordered[n - 1, i] - ordered[0, i]


@kernel
def _means(ordered, numbers):
    """Mean of all, and of those between the 10th and the 90th percentile."""
    inside, average, low, high = numbers[_INSIDE], numbers[_AVERAGE], numbers[_LOW], numbers[_HIGH]
    kept, kept_mean = numbers[_KEPT], numbers[_KEPT_MEAN]
    for k in range(ordered.shape[0]):
        row, rank = ordered[k], float(k)
        for i in range(LANES):
            x = row[i]
            between = (x >= low[i]) & (x <= high[i])
            average[i] += x if rank < inside[i] else 0.0
            kept[i] += 1.0 if between else 0.0
            kept_mean[i] += x if between else 0.0
    for i in range(LANES):
        average[i] /= inside[i]
        kept_mean[i] /= kept[i]


@kernel
def _deviations(ordered, shift, numbers, energy, second, absolute):
    """Sums of powers, and of absolute deviations."""
    inside, average, low, high = numbers[_INSIDE], numbers[_AVERAGE], numbers[_LOW], numbers[_HIGH]
    kept_mean, kept_absolute = numbers[_KEPT_MEAN], numbers[_KEPT_DEVIATION]
    third, fourth = numbers[_THIRD], numbers[_FOURTH]
    for k in range(ordered.shape[0]):
        row, rank = ordered[k], float(k)
        for i in range(LANES):
            x = row[i]
            away = x - average[i] if rank < inside[i] else 0.0
            shifted = x + shift if rank < inside[i] else 0.0
            energy[i] += shifted * shifted
            absolute[i] += abs(away)
            second[i] += away * away
            third[i] += away * away * away
            fourth[i] += (away * away) * (away * away)
            kept_absolute[i] += abs(x - kept_mean[i]) if (x >= low[i]) & (x <= high[i]) else 0.0


@kernel
def _finish(numbers, log_table, out):
    for i in range(LANES):
        n = numbers[_INSIDE, i]
        variance = out[VARIANCE, i] / n
        flat = out[RANGE, i] == 0
        out[MEAN, i] = numbers[_AVERAGE, i]
        out[VARIANCE, i] = variance
        out[MEAN_ABSOLUTE_DEVIATION, i] /= n
        out[ROBUST_MEAN_ABSOLUTE_DEVIATION, i] = numbers[_KEPT_DEVIATION, i] / numbers[_KEPT, i]
        out[ROOT_MEAN_SQUARED, i] = math.sqrt(out[ENERGY, i] / n)
        out[SKEWNESS, i] = 0.0 if flat else numbers[_THIRD, i] / n / (variance * math.sqrt(variance))
        out[KURTOSIS, i] = 0.0 if flat else numbers[_FOURTH, i] / n / (variance * variance)
        out[ENTROPY, i] = (log_table[np.uint64(n)] - numbers[_LOGS, i]) / n
        out[UNIFORMITY, i] = numbers[_SQUARES, i] / n / n
        if n == 0:
            out[:, i] = np.nan


@kernel
def statistics_windows(levels, intensities, starts, places, shift, keys, out):
    """First-order features of the window around each voxel.

    Parameters
    ----------
    levels, intensities : padded levels (0 outside the ROI) and padded image (float64), flattened alike
    starts : (V,) where each window begins
    places : `window_places`
    shift : what is added before energy and RMS
    keys : `block_of_keys` for the window's levels
    out : (STATISTIC_COLUMNS, V), filled. Total energy is energy times the voxel volume.
    """
    size = places.size
    here, codes, values = np.empty(LANES, np.uint64), np.empty((size, LANES), levels.dtype), np.empty((size, LANES))
    counts, one, log_table = np.empty_like(keys), np.ones(1, keys.dtype), tabulate(size)
    numbers, found = np.empty((_NUMBERS, LANES)), np.empty((STATISTIC_COLUMNS, LANES))
    for v in range(0, starts.size, LANES):
        filled = fill_lanes(starts, v, here)
        gather_lanes(levels, here, places, codes)
        gather_lanes(intensities, here, places, values)
        numbers[:], found[:] = 0.0, 0.0
        _collect(codes, values, keys, numbers)
        sort_lanes(values)
        _ranks(values, numbers, found)
        _means(values, numbers)
        _deviations(values, shift, numbers, found[ENERGY], found[VARIANCE], found[MEAN_ABSOLUTE_DEVIATION])
        sort_lanes(keys[:size])
        count_equal(keys, 1, one, 0, counts)
        add_logs(counts, log_table, numbers[_LOGS])
        add_squares(counts, numbers[_SQUARES])
        _finish(numbers, log_table, found)
        for column in range(STATISTIC_COLUMNS):
            out[column, v : v + filled] = found[column, :filled]
