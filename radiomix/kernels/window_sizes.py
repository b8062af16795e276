"""Runs, zones, dependences and tones in a window around every voxel."""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction
from .neighbours import tone_features_of
from .window import gather, relabel
from .window_tally import add_features, begin_matrix, begin_window, grow, join, log_table, new_tally


@kernel
def _in_line(local, lines, direction):
    """Whether any line of one direction holds two voxels of the ROI."""
    group, start, places = lines
    for line in range(group[direction], group[direction + 1]):
        voxels = 0
        for k in range(start[line], start[line + 1]):
            voxels += local[places[k]] >= 0
        if voxels > 1:
            return True
    return False


@kernel
def _join_runs(tally, local, values, pairs, direction, length, weight):
    """Join each voxel to the run that ends before it; pairs are in scan order, so that runs grow from their start."""
    group, first, second = pairs
    length[:] = 1
    for p in range(group[direction], group[direction + 1]):
        code = local[first[p]]
        if code == local[second[p]] and code >= 0:
            before = length[first[p]]
            join(tally, code, values[code], values[0], before, 1, weight)
            length[second[p]] = before + 1


@kernel
def glrlm_windows(flat, starts, places, pairs, lines, weight, merged, drop_lonely, n_levels, out):
    """GLRLM features of the window around each voxel.

    Parameters
    ----------
    flat, starts, places : padded levels, flattened; where each window begins; `window_places`
    pairs, lines : `window_pairs` and `window_lines` of the directions
    weight : (A,) of each direction
    merged : whether directions make one matrix; else features are averaged over them
    drop_lonely : whether a direction without two voxels of the ROI in line holds no runs (PyRadiomics)
    out : (V, SIZE_COLUMNS), filled
    """
    size, directions = places.size, weight.size
    window, seen = np.empty(size, flat.dtype), np.full(n_levels + 1, -1, np.int64)
    local, values, length = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    frequency, counted = np.empty(size), np.empty(directions)
    tally = new_tally(size, size, log_table(size * directions))
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n_local = relabel(window, seen, v * size, local, values)
        inside = begin_window(tally, local, values, n_local, frequency)
        for a in range(directions):
            lonely = drop_lonely and inside < size and not _in_line(local, lines, a)
            counted[a] = 0.0 if lonely else weight[a]
        row = out[v]
        row[:] = 0.0
        filled = 0
        for matrix in range(1 if merged else directions):
            low, high = (0, directions) if merged else (matrix, matrix + 1)
            whole = np.sum(counted[low:high])
            if whole == 0:
                continue
            begin_matrix(tally, frequency, n_local, whole)
            for a in range(low, high):
                if counted[a] > 0:
                    _join_runs(tally, local, values, pairs, a, length, weight[a])
            add_features(tally, whole * inside, row)
            filled += 1
        for column in range(row.size):
            row[column] = row[column] / filled if filled else np.nan


@kernel
def _root(parent, place):
    while parent[place] != place:
        place = parent[place]
    return place


@kernel
def glszm_windows(flat, starts, places, first, second, n_levels, out):
    """GLSZM features of the window around each voxel; `first`, `second` are the places that touch (`window_pairs`)."""
    size = places.size
    window, seen = np.empty(size, flat.dtype), np.full(n_levels + 1, -1, np.int64)
    local, values = np.empty(size, np.int64), np.empty(size, np.int64)
    parent, area = np.empty(size, np.int64), np.empty(size, np.int64)
    frequency = np.empty(size)
    tally = new_tally(size, size, log_table(size))
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n_local = relabel(window, seen, v * size, local, values)
        inside = begin_window(tally, local, values, n_local, frequency)
        if inside == 0:
            out[v] = np.nan
            continue
        begin_matrix(tally, frequency, n_local, 1.0)
        for s in range(size):
            parent[s] = s
            area[s] = 1
        for p in range(first.size):
            code = local[first[p]]
            if code != local[second[p]] or code < 0:
                continue
            one, another = _root(parent, first[p]), _root(parent, second[p])
            if one != another:
                join(tally, code, values[code], values[0], area[one], area[another], 1.0)
                parent[another] = one
                area[one] += area[another]
        out[v] = 0.0
        add_features(tally, inside, out[v])


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
def _tones(local, values, inner, found, with_isolated, tones, frequency):
    """Sum up, by the window's own levels, |level - mean of the neighbours|, and count the voxels."""
    inside, total = found[1], found[2]
    for s in range(local.size):
        code = local[s]
        if code < 0:
            continue
        i = inner[s] - inner[0]
        if inside[i] > 0:
            tones[code] += abs(values[code] - total[i] / inside[i])
        elif not with_isolated:
            frequency[code] -= 1.0


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
    found = np.zeros((3, high - low), padded.dtype)
    frequency, level, p, tone = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    tally = new_tally(size, steps.size + 1, log_table(size))
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n_local = relabel(window, seen, v * size, local, values)
        for s in range(size):
            padded[inner[s]] = window[s]
        _look_around(padded, low, high, steps, alpha, found[0], found[1], found[2])
        inside = begin_window(tally, local, values, n_local, frequency)
        if inside == 0:
            sizes[v], tones[v] = np.nan, np.nan
            continue
        begin_matrix(tally, frequency, n_local, 1.0)
        for s in range(size):
            similar = found[0, inner[s] - low]
            if local[s] >= 0 and similar > 0:
                grow(tally, local[s], values[local[s]], similar + 1, 1.0)
        sizes[v] = 0.0
        add_features(tally, inside, sizes[v])
        tone[:n_local] = 0.0
        _tones(local, values, inner, found, with_isolated, tone, frequency)
        kept, total = 0, 0.0
        for code in range(n_local):
            if frequency[code] > 0:
                level[kept], p[kept], tone[kept] = values[code], frequency[code], tone[code]
                total += frequency[code]
                kept += 1
        if kept == 0:
            tones[v] = np.nan
            continue
        for k in range(kept):
            p[k] /= total
        tone_features_of(level[:kept], p[:kept], tone[:kept], total, tones[v])
