"""Runs, zones, dependences and tones in a window around every voxel."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel
from .neighbours import tone_features
from .sizes import SIZE_COLUMNS, size_features
from .window import gather


@kernel
def _c_log_c(largest):
    table = np.zeros(largest + 1)
    for k in range(1, table.size):
        table[k] = k * math.log2(k)
    return table


@kernel
def _clear(counts, window):
    """Set the rows of the window's levels to zero."""
    for k in range(counts.shape[0]):
        for level in window:
            for j in range(counts.shape[2]):
                counts[k, level, j] = 0


@kernel
def _average(stack, out):
    """The mean over the rows of a stack that are not NaN."""
    filled = 0
    out[:] = 0.0
    for k in range(stack.shape[0]):
        if not math.isnan(stack[k, 0]):
            filled += 1
            for column in range(out.size):
                out[column] += stack[k, column]
    for column in range(out.size):
        out[column] = out[column] / filled if filled else np.nan


@kernel
def _count_runs(window, begin, end, line_start, line_places, weight, counts):
    """Count the runs of one direction's lines; whether any line holds two voxels of the ROI."""
    several = False
    for line in range(begin, end):
        level, length, voxels = 0, 0, 0
        for k in range(line_start[line], line_start[line + 1]):
            here = window[line_places[k]]
            voxels += here > 0
            if here == level:
                length += 1
                continue
            if level > 0:
                counts[level, length - 1] += weight
            level, length = here, 1
        if level > 0:
            counts[level, length - 1] += weight
        several |= voxels > 1
    return several


@kernel
def glrlm_windows(flat, starts, places, group, line_start, line_places, weight, merged, drop_lonely, n_levels, out):
    """GLRLM features of the window around each voxel.

    Parameters
    ----------
    flat, starts, places : padded levels, flattened; where each window begins; `window_places`
    group, line_start, line_places : `window_lines`
    weight : (A,) of each direction; integers (ones) or floats
    merged : whether directions make one matrix; else features are averaged over them
    drop_lonely : whether a direction without two voxels of the ROI in line holds no runs (PyRadiomics)
    out : (V, SIZE_COLUMNS), filled
    """
    directions = group.size - 1
    longest = 0
    for line in range(line_start.size - 1):
        longest = max(longest, line_start[line + 1] - line_start[line])
    window = np.empty(places.size, flat.dtype)
    matrices = 1 if merged else directions
    counts = np.zeros((matrices, n_levels + 1, longest), weight.dtype)
    sizes, voxels = np.arange(1.0, longest + 1), np.empty(matrices)
    table = _c_log_c(places.size * matrices)
    features = np.empty((matrices, SIZE_COLUMNS))
    whole = np.all(weight == 1)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        inside = np.sum(window > 0)
        voxels[:] = 0.0
        for a in range(directions):
            matrix = 0 if merged else a
            several = _count_runs(
                window, group[a], group[a + 1], line_start, line_places, weight[a], counts[matrix]
            )  # fmt: skip
            voxels[matrix] += weight[a] * inside
            if drop_lonely and not several:
                voxels[matrix] -= weight[a] * inside
                for level in window:
                    counts[matrix, level, 0] -= weight[a] * (level > 0)
        size_features(counts, sizes, voxels, table if whole else table[:0], features)
        _average(features, out[v])
        _clear(counts, window)


@kernel
def glszm_windows(flat, starts, places, neighbour_start, neighbours, n_levels, out):
    """GLSZM features of the window around each voxel; `neighbour_start`, `neighbours` are `window_neighbours`."""
    size = places.size
    window, taken, stack = np.empty(size, flat.dtype), np.zeros(size, np.bool_), np.empty(size, np.int64)
    counts = np.zeros((1, n_levels + 1, size), np.int64)
    sizes, voxels = np.arange(1.0, size + 1), np.empty(1)
    table = _c_log_c(size)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        voxels[0] = np.sum(window > 0)
        taken[:] = False
        for s in range(size):
            if taken[s] or window[s] == 0:
                continue
            taken[s] = True
            stack[0] = s
            top, reached = 1, 0
            while top:
                top -= 1
                here = stack[top]
                reached += 1
                for k in range(neighbour_start[here], neighbour_start[here + 1]):
                    there = neighbours[k]
                    if not taken[there] and window[there] == window[s]:
                        taken[there] = True
                        stack[top] = there
                        top += 1
            counts[0, window[s], reached - 1] += 1
        size_features(counts, sizes, voxels, table, out[v : v + 1])
        _clear(counts, window)


@kernel
def neighbour_windows(flat, starts, places, neighbour_start, neighbours, alpha, with_isolated, n_levels, sizes, tones):
    """GLDM (or NGLDM) and NGTDM features of the window around each voxel, from one look at its neighbours.

    Parameters
    ----------
    neighbour_start, neighbours : `window_neighbours`
    alpha : largest difference of level that still counts as dependent
    with_isolated : whether a voxel without neighbours counts for NGTDM (PyRadiomics) or not (IBSI)
    sizes, tones : (V, SIZE_COLUMNS) and (V, TONE_COLUMNS), filled
    """
    size = places.size
    most = 0
    for s in range(size):
        most = max(most, neighbour_start[s + 1] - neighbour_start[s])
    window = np.empty(size, flat.dtype)
    counts = np.zeros((1, n_levels + 1, most + 1), np.int64)
    n_i, s_i = np.zeros((1, n_levels + 1)), np.zeros((1, n_levels + 1))
    columns, voxels = np.arange(1.0, most + 2), np.empty(1)
    table = _c_log_c(size)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        voxels[0] = np.sum(window > 0)
        for s in range(size):
            level = np.int64(window[s])  # int() of an unsigned number stays unsigned
            if level == 0:
                continue
            similar, inside, total = 0, 0, 0
            for k in range(neighbour_start[s], neighbour_start[s + 1]):
                there = np.int64(window[neighbours[k]])
                inside += there > 0
                total += there
                similar += there > 0 and abs(there - level) <= alpha
            counts[0, level, similar] += 1
            if inside > 0:
                s_i[0, level] += abs(level - total / inside)
            n_i[0, level] += inside > 0 or with_isolated
        size_features(counts, columns, voxels, table, sizes[v : v + 1])
        tone_features(n_i, s_i, tones[v : v + 1])
        _clear(counts, window)
        for level in window:
            n_i[0, level] = 0.0
            s_i[0, level] = 0.0
