"""Dependences and tones in a window around every voxel."""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction
from .neighbours import tone_features_of
from .window import gather, relabel
from .window_tally import (
    SUMS,
    add_features,
    add_level,
    add_size,
    describe_levels,
    log_table,
)


@reduction
def _look_around(window, low, high, steps, alpha, similar, inside, total):
    """For the entries low to high: neighbours within alpha of the level, neighbours in the ROI, sum of their levels."""
    similar[:], inside[:], total[:] = 0, 0, 0
    here = window[low:high]
    for a in range(steps.size):
        there = window[low + steps[a] : high + steps[a]]
        for i in range(here.size):
            inside[i] += there[i] != 0
            total[i] += there[i]
        if alpha == 0:
            for i in range(here.size):
                similar[i] += here[i] == there[i]
        else:
            for i in range(here.size):
                similar[i] += (abs(here[i] - there[i]) <= alpha) & (there[i] != 0)


@kernel
def _dependences(local, inner, similar, tally, numbers, sums, table):
    """Count each voxel by its level and 1 + similar neighbours; returns the most of them."""
    most = 0
    for s in range(local.size):
        if local[s] >= 0:
            neighbours = np.int64(similar[inner[s] - inner[0]]) + 1
            add_size(tally, numbers, sums, table, local[s], neighbours, 1)
            most = max(most, neighbours)
    return most


@kernel
def _forget(local, inner, similar, tally):
    for s in range(local.size):
        if local[s] >= 0:
            tally[local[s], np.int64(similar[inner[s] - inner[0]]) + 1] = 0
            tally[local[s], 0] = 0


@kernel
def _tones(local, values, inner, inside, total, with_isolated, frequency, tone):
    """Sum up, by the window's own levels, |level - mean of the neighbours|; isolated voxels may leave `frequency`."""
    for s in range(local.size):
        code = local[s]
        if code < 0:
            continue
        i = inner[s] - inner[0]
        if inside[i] > 0:
            tone[code] += abs(values[code] - total[i] / inside[i])
        elif not with_isolated:
            frequency[code] -= 1


@kernel
def _reduce_tones(values, n_local, frequency, tone, level, p, out):
    """NGTDM features of the levels that count, which are moved to the front."""
    kept, total = 0, 0.0
    for code in range(n_local):
        if frequency[code] > 0:
            level[kept], p[kept], tone[kept] = values[code], frequency[code], tone[code]
            total += frequency[code]
            kept += 1
    for k in range(kept):
        p[k] /= total
    if kept:
        tone_features_of(level[:kept], p[:kept], tone[:kept], total, out)
    else:
        out[:] = np.nan


@kernel
def neighbour_windows(flat, starts, places, inner, steps, alpha, with_isolated, padded, n_levels, sizes, tones):
    """GLDM (or NGLDM) and NGTDM features of the window around each voxel, from one look at its neighbours.

    Parameters
    ----------
    inner, steps : `window_in_frame`, and the distances in it to all neighbours
    alpha : largest difference of level that still counts as dependent
    with_isolated : whether a voxel without neighbours counts for NGTDM (PyRadiomics) or not (IBSI)
    padded : zeros for a window in its frame, of an integer type that holds the sum of a neighbourhood's levels
    sizes, tones : (V, SIZE_COLUMNS) and (V, TONE_COLUMNS), filled
    """
    size = places.size
    low, high = inner[0], inner[-1] + 1
    window, seen = np.empty(size, flat.dtype), np.full(n_levels + 1, -1, np.int64)
    local, values = np.empty(size, np.int64), np.empty(size, np.int64)
    look = np.zeros((3, high - low), padded.dtype)
    similar, found, total = look[0], look[1], look[2]
    frequency, numbers = np.empty(size, np.int64), np.empty((3, size))
    level, p, tone = np.empty(size), np.empty(size), np.empty(size)
    tally, sums, table = np.zeros((size + 1, steps.size + 2), np.int64), np.zeros(SUMS), log_table(size)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n_local = relabel(window, seen, v * size, local, values)
        inside = describe_levels(local, values, n_local, frequency, numbers)
        if inside == 0:
            sizes[v], tones[v] = np.nan, np.nan
            continue
        for s in range(size):
            padded[inner[s]] = window[s]
        _look_around(padded, low, high, steps, alpha, similar, found, total)
        for code in range(n_local):
            add_level(tally, numbers, sums, code, frequency[code])
            tone[code] = 0.0
        most = _dependences(local, inner, similar, tally, numbers, sums, table)
        sizes[v] = 0.0
        add_features(tally, sums, table, most, inside, sizes[v])
        _forget(local, inner, similar, tally)
        _tones(local, values, inner, found, total, with_isolated, frequency, tone)
        _reduce_tones(values, n_local, frequency, tone, level, p, tones[v])
