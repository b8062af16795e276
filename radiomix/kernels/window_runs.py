"""Runs and zones in a window around every voxel, many windows at once."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel
from .sizes import (
    ENERGY,
    ENTROPY,
    HIGH,
    LARGE,
    LARGE_HIGH,
    LARGE_LOW,
    LEVEL_NON_UNIFORMITY,
    LEVEL_NON_UNIFORMITY_NORMALISED,
    LEVEL_VARIANCE,
    LOW,
    PERCENTAGE,
    SIZE_COLUMNS,
    SIZE_NON_UNIFORMITY,
    SIZE_NON_UNIFORMITY_NORMALISED,
    SIZE_VARIANCE,
    SMALL,
    SMALL_HIGH,
    SMALL_LOW,
)
from .window_lanes import LANES, add_logs, add_squares, at, average, count_equal, fill_lanes, gather_lanes, sort_keys

# Rows of working space: sums over the runs of one matrix, for each window; levels count from the middle one's, so that
# little cancels
(
    _TOTAL, _LEVEL, _LEVEL_SQUARE, _BRIGHT, _DARK, _SHORT, _SHORT_BRIGHT, _SHORT_DARK, _LONG, _LONG_BRIGHT, _LONG_DARK,
    _LENGTH, _VOXELS, _LOGS, _SQUARES, _LEVEL_SQUARES, _LENGTH_SQUARES, _LOG_TOTAL,
) = range(18)  # fmt: skip
_SUMS = 18


def key_units_of_runs(n_levels: int, longest: int, classes: int) -> tuple[tuple[int, int], int]:
    """What level and length count in the key of a run, whose lowest bits are its class; and a bound on keys."""
    by_length = 1 << (classes - 1).bit_length()
    by_level = by_length << longest.bit_length()
    return (by_level, by_length), (n_levels + 1) * by_level


@kernel
def _in_line(codes, lines, direction, voxels, use):
    """Mark the windows of which any line of one direction holds two voxels of the ROI."""
    group, start, places = lines
    one, zero = use.dtype.type(1), use.dtype.type(0)
    for line in range(group[direction], group[direction + 1]):
        for i in range(LANES):
            voxels[i] = zero
        for k in range(start[line], start[line + 1]):
            place = places[k]
            for i in range(LANES):
                voxels[i] += one if codes[place, i] > zero else zero
        for i in range(LANES):
            use[i] = one if voxels[i] > one else use[i]


@kernel
def _choose(codes, inside, lines, direction, drop_lonely, voxels, use):
    """Which windows the direction counts in; returns whether any is left out."""
    size, complete = codes.shape[0], True
    for i in range(LANES):
        whole = not drop_lonely or inside[i] == size
        use[i] = 1 if whole else 0
        complete = complete and whole
    if not complete:
        _in_line(codes, lines, direction, voxels, use)


@kernel
def _measure_line(codes, places, begin, end, use, run, lengths):
    """The length of each run of a line at its last place, 0 at the others; `run` is working space."""
    number = lengths.dtype.type
    zero, one = number(0), number(1)
    for i in range(LANES):
        run[i] = zero
    for k in range(begin, end):
        here, last = places[k], k == end - 1
        after = here if last else places[k + 1]
        for i in range(LANES):
            level = codes[here, i]
            so_far = number(run[i] + one)
            goes_on = (level == codes[after, i]) & (not last)
            lengths[here, i] = zero if goes_on | (level == zero) else number(so_far * use[i])
            run[i] = so_far if goes_on else zero


@kernel
def _make_keys(codes, lengths, units, kind, keys, low):
    number = keys.dtype.type
    zero, nothing, kind = number(0), keys[keys.shape[0] - 1, 0], number(kind)
    by_level, by_length = number(units[0]), number(units[1])
    for s in range(codes.shape[0]):
        row = low + s
        for i in range(LANES):
            length = lengths[s, i]
            key = number(number(codes[s, i] * by_level) + number(number(length * by_length) + kind))
            keys[row, i] = key if length > zero else nothing


@kernel
def _count_lengths(lengths, weight, by_length):
    """Add the weight of each run to those of its length."""
    number = by_length.dtype.type
    weight, zero = number(weight), number(0)
    for s in range(lengths.shape[0]):
        for length in range(1, by_length.shape[0]):
            wanted = lengths.dtype.type(length)
            for i in range(LANES):
                by_length[length, i] += weight if lengths[s, i] == wanted else zero


@kernel
def _add_runs(codes, inverses, lengths, weight, sums):
    middle = codes.shape[0] // 2
    for s in range(codes.shape[0]):
        for i in range(LANES):
            length = float(lengths[s, i])
            level, w = float(codes[s, i]), weight if length > 0 else 0.0
            away = level - float(codes[middle, i])
            bright, dark = w * level * level, w * inverses[s, i]
            long = length * length
            short = 1.0 / max(long, 1.0)  # a table would keep the loop from the processor's vectors
            sums[at(_TOTAL, i)] += w
            sums[at(_LEVEL, i)] += w * away
            sums[at(_LEVEL_SQUARE, i)] += w * away * away
            sums[at(_BRIGHT, i)] += bright
            sums[at(_DARK, i)] += dark
            sums[at(_SHORT_BRIGHT, i)] += bright * short
            sums[at(_SHORT_DARK, i)] += dark * short
            sums[at(_LONG_BRIGHT, i)] += bright * long
            sums[at(_LONG_DARK, i)] += dark * long


@kernel
def _reduce_lengths(by_length, sums):
    """What depends on the runs' lengths alone; the counts are cleared."""
    for length in range(1, by_length.shape[0]):
        square = float(length * length)
        for i in range(LANES):
            count = float(by_length[length, i])
            sums[at(_SHORT, i)] += count / square
            sums[at(_LONG, i)] += count * square
            sums[at(_LENGTH, i)] += count * length
            sums[at(_LENGTH_SQUARES, i)] += count * count
        for i in range(LANES):
            by_length[length, i] = 0


@kernel
def _add_kinds(keys, size, units, kinds, table, counts, sums):
    """What needs the counts of equal runs, and of runs of one level."""
    by_row, mask = sums.reshape((_SUMS, LANES)), units[1] - 1
    ordered, found = sort_keys(keys, size), counts[: size + 1]
    count_equal(ordered, units[1], kinds, mask, found)
    add_logs(found, table, by_row[_LOGS])
    add_squares(found, by_row[_SQUARES])
    count_equal(ordered, units[0], kinds, mask, found)
    add_squares(found, by_row[_LEVEL_SQUARES])
    for i in range(LANES):
        total = sums[at(_TOTAL, i)]
        if table.size == 0:
            sums[at(_LOG_TOTAL, i)] = math.log2(total) if total > 0 else 0.0
        else:
            sums[at(_LOG_TOTAL, i)] = table[np.uint64(total)] / max(total, 1.0)


@kernel
def _add_features(sums, found, filled):
    """Add one matrix's features to those windows in which it counts anything."""
    for i in range(LANES):
        total = sums[at(_TOTAL, i)]
        share = 1.0 / total if total > 0 else 0.0
        shared, voxels = share * share, sums[at(_VOXELS, i)]
        level, length, long = sums[at(_LEVEL, i)] * share, sums[at(_LENGTH, i)] * share, sums[at(_LONG, i)] * share
        level_square = sums[at(_LEVEL_SQUARE, i)] * share
        filled[i] += 1.0 if total > 0 else 0.0
        found[at(SMALL, i)] += sums[at(_SHORT, i)] * share
        found[at(LARGE, i)] += long
        found[at(LOW, i)] += sums[at(_DARK, i)] * share
        found[at(HIGH, i)] += sums[at(_BRIGHT, i)] * share
        found[at(SMALL_LOW, i)] += sums[at(_SHORT_DARK, i)] * share
        found[at(SMALL_HIGH, i)] += sums[at(_SHORT_BRIGHT, i)] * share
        found[at(LARGE_LOW, i)] += sums[at(_LONG_DARK, i)] * share
        found[at(LARGE_HIGH, i)] += sums[at(_LONG_BRIGHT, i)] * share
        found[at(LEVEL_NON_UNIFORMITY, i)] += sums[at(_LEVEL_SQUARES, i)] * share
        found[at(LEVEL_NON_UNIFORMITY_NORMALISED, i)] += sums[at(_LEVEL_SQUARES, i)] * shared
        found[at(SIZE_NON_UNIFORMITY, i)] += sums[at(_LENGTH_SQUARES, i)] * share
        found[at(SIZE_NON_UNIFORMITY_NORMALISED, i)] += sums[at(_LENGTH_SQUARES, i)] * shared
        found[at(PERCENTAGE, i)] += total / voxels if total > 0 else 0.0
        found[at(LEVEL_VARIANCE, i)] += max(level_square - level * level, 0.0)
        found[at(SIZE_VARIANCE, i)] += max(long - length * length, 0.0)
        found[at(ENTROPY, i)] += max(sums[at(_LOG_TOTAL, i)] - sums[at(_LOGS, i)] * share, 0.0)
        found[at(ENERGY, i)] += sums[at(_SQUARES, i)] * shared


@kernel
def _describe_levels(codes, inverses, inside):
    """The inverse squares of levels, and how many voxels of the ROI each window has."""
    for i in range(LANES):
        inside[i] = 0.0
    for s in range(codes.shape[0]):
        for i in range(LANES):
            level = float(codes[s, i])
            inverses[s, i] = 1.0 / (level * level) if level > 0 else 0.0
            inside[i] += 1.0 if level > 0 else 0.0


@kernel
def glrlm_windows(
    flat, starts, places, lines, longest, weight, kind, kinds, step, drop_lonely, units, keys, counts, table, out
):
    """GLRLM features of the window around each voxel, averaged over matrices that hold a run.

    Parameters
    ----------
    flat, starts, places : padded levels, flattened; where each window begins; `window_places`
    lines, longest : `window_lines` of the directions, and the longest line
    weight, kind : (A,) of each direction: its weight (float64) and its class
    kinds : the weight of each class, of the type of counts, as many as fit into the bits of a class
    step : how many directions make one matrix
    drop_lonely : whether a direction without two voxels of the ROI in line holds no runs (PyRadiomics)
    units : of `key_units_of_runs`
    keys, counts : `block_of_keys` for the runs of one matrix, and as many counts: whole, or floats where weights are
        not 1
    table : c log2 c of whole counts; empty where weights are not 1
    out : (SIZE_COLUMNS, V), filled
    """
    group, start, line_places = lines
    size, number = places.size, keys.dtype
    here, run, use = np.empty(LANES, np.uint64), np.empty(LANES, number), np.empty(LANES, number)
    codes, lengths = np.empty((size, LANES), number), np.empty((size, LANES), number)
    inside, inverses, by_length = np.empty(LANES), np.empty((size, LANES)), np.zeros((longest + 1, LANES), counts.dtype)
    sums, found, filled = np.zeros(_SUMS * LANES), np.zeros(SIZE_COLUMNS * LANES), np.zeros(LANES)
    for v in range(0, starts.size, LANES):
        windows = fill_lanes(starts, v, here)
        gather_lanes(flat, here, places, codes)
        _describe_levels(codes, inverses, inside)
        for low in range(0, weight.size, step):
            for k in range(sums.size):
                sums[k] = 0.0
            for a in range(low, low + step):
                _choose(codes, inside, lines, a, drop_lonely, run, use)
                for line in range(group[a], group[a + 1]):
                    _measure_line(codes, line_places, start[line], start[line + 1], use, run, lengths)
                _make_keys(codes, lengths, units, kind[a], keys, (a - low) * size)
                _count_lengths(lengths, weight[a], by_length)
                _add_runs(codes, inverses, lengths, weight[a], sums)
                for i in range(LANES):
                    sums[at(_VOXELS, i)] += weight[a] * inside[i] * use[i]
            _reduce_lengths(by_length, sums)
            _add_kinds(keys, step * size, units, kinds, table, counts, sums)
            _add_features(sums, found, filled)
        average(found, filled, windows, v, out)


@kernel
def _join(codes, labels, one, other):
    """Where two places have the same level both take the smaller label."""
    for i in range(LANES):
        a, b = labels[one, i], labels[other, i]
        smaller, same = a if a < b else b, codes[one, i] == codes[other, i]
        labels[one, i] = smaller if same else a
        labels[other, i] = smaller if same else b


@kernel
def _keep(labels, before):
    """Copy labels; returns whether any differs from what there was `before`."""
    moved = False
    for s in range(labels.shape[0]):
        row, copy = labels[s], before[s]
        for i in range(LANES):
            moved |= row[i] != copy[i]
            copy[i] = row[i]
    return moved


@kernel
def _label_zones(codes, first, second, labels, before):
    """Label each place with the first of its zone: to and fro until nothing moves in any window."""
    for s in range(codes.shape[0]):
        for i in range(LANES):
            labels[s, i] = s
    _keep(labels, before)
    moved = True
    while moved:
        for p in range(first.size):
            _join(codes, labels, first[p], second[p])
        for p in range(first.size - 1, -1, -1):
            _join(codes, labels, first[p], second[p])
        moved = _keep(labels, before)


@kernel
def _measure_zones(codes, labels, areas, by_area):
    """The area of each zone at its first place, 0 at the others; and how many zones there are of each."""
    one, zero = areas.dtype.type(1), areas.dtype.type(0)
    for s in range(codes.shape[0]):
        for i in range(LANES):
            areas[s, i] = zero
    for s in range(codes.shape[0]):
        for i in range(LANES):
            areas[np.uint64(labels[s, i]), i] += one if codes[s, i] > zero else zero
    for s in range(codes.shape[0]):
        for i in range(LANES):
            by_area[np.uint64(areas[s, i]), i] += one


@kernel
def glszm_windows(flat, starts, places, first, second, units, keys, table, out):
    """GLSZM features of the window around each voxel: those of runs, of which each is a zone.

    Parameters
    ----------
    flat, starts, places : as in `glrlm_windows`
    first, second : (P,) places that touch, in ascending order
    units, keys, table : as in `glrlm_windows`, for zones of up to all places
    out : (SIZE_COLUMNS, V), filled
    """
    size, number = places.size, keys.dtype
    here, one = np.empty(LANES, np.uint64), np.ones(1, number)
    codes, labels = np.empty((size, LANES), number), np.empty((size, LANES), number)
    areas, counts = np.empty((size, LANES), number), np.empty_like(keys)
    inside, inverses, by_area = np.empty(LANES), np.empty((size, LANES)), np.zeros((size + 1, LANES), number)
    sums, found, filled = np.zeros(_SUMS * LANES), np.zeros(SIZE_COLUMNS * LANES), np.zeros(LANES)
    for v in range(0, starts.size, LANES):
        windows = fill_lanes(starts, v, here)
        gather_lanes(flat, here, places, codes)
        _describe_levels(codes, inverses, inside)
        _label_zones(codes, first, second, labels, areas)
        _measure_zones(codes, labels, areas, by_area)
        _make_keys(codes, areas, units, 0, keys, 0)
        for k in range(sums.size):
            sums[k] = 0.0
        for i in range(LANES):
            sums[at(_VOXELS, i)] = inside[i]
        _add_runs(codes, inverses, areas, 1.0, sums)
        _reduce_lengths(by_area, sums)
        _add_kinds(keys, size, units, one, table, counts, sums)
        _add_features(sums, found, filled)
        average(found, filled, windows, v, out)
