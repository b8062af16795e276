"""What surrounds a voxel: how many neighbours resemble it, and how far it is from their mean."""

from __future__ import annotations

import numpy as np

from .grid import largest
from .jit import kernel, reduction

# Columns of `tone_features`
BUSYNESS, COARSENESS, COMPLEXITY, CONTRAST, STRENGTH = range(5)
TONE_COLUMNS = 5

# Voxels looked at together, so that what is found stays in cache; no power of two, or what is read and what is written
# would lie 4 kB apart, which a processor takes for the same place
BLOCK = 1536


@kernel
def _add_three(values, side, sums):
    """The sum of three values that lie `side` apart, by the place of the first."""
    middle, last = values[side:], values[2 * side :]
    for i in range(sums.size):
        sums[i] = values[i] + middle[i] + last[i]


@kernel
def _sum_cubes(flat, low, size, row, area, found, sums):
    """For `size` voxels from `low`: neighbours in the ROI and the sum of their levels, in a cube, or in a square.

    Summed across the slices, then across the rows, then along them.
    """
    inside, inside_1, inside_2 = found[1], found[2], found[3]
    total, total_1, total_2 = sums[0], sums[1], sums[2]
    start, wide = low - row - 1, size + 2 * row + 2
    here, above, below = flat[start:], flat[start - area :], flat[start + area :]
    for i in range(wide):
        inside_1[i] = here[i] != 0
    for i in range(wide):
        total_1[i] = here[i]
    if area:
        for beside in (above, below):
            for i in range(wide):
                inside_1[i] += beside[i] != 0
            for i in range(wide):
                total_1[i] += beside[i]
    _add_three(inside_1, row, inside_2[: size + 2])
    _add_three(total_1, row, total_2[: size + 2])
    _add_three(inside_2, 1, inside[:size])
    _add_three(total_2, 1, total[:size])
    here = flat[low:]
    for i in range(size):
        inside[i] -= here[i] != 0
    for i in range(size):
        total[i] -= here[i]


@kernel
def _look_around(flat, low, size, steps, alpha, summed, found, sums):
    """For `size` voxels from `low`: neighbours within alpha of the level and, unless these are summed already, those in
    the ROI and the sum of their levels.

    Three loops for three widths of integer, each as wide as a register.
    """
    similar, inside, total, here = found[0], found[1], sums[0], flat[low : low + size]
    for i in range(size):
        similar[i] = 0
    if not summed:
        inside[:], total[:] = 0, 0
    for step in steps:
        there = flat[low + step : low + size + step]
        if not summed:
            for i in range(size):
                inside[i] += there[i] != 0
            for i in range(size):
                total[i] += there[i]
        if alpha == 0:
            for i in range(size):
                similar[i] += here[i] == there[i]
        else:
            for i in range(size):
                similar[i] += (abs(np.int32(here[i]) - np.int32(there[i])) <= alpha) & (there[i] != 0)


@kernel
def _tally(flat, voxels, n, low, high, found, sums, dependence, difference):
    """Count the voxels from the n-th up to position `high` under what was found around them; return the next n."""
    similar, inside, total = found[0], found[1], sums[0]
    dependences, differences = dependence.reshape(dependence.size), difference.reshape(difference.size)
    columns = np.uint64(difference.shape[1])
    while n < voxels.size and voxels[n] < high:
        voxel = np.uint64(voxels[n])
        level, i = np.uint64(flat[voxel]), voxel - np.uint64(low)
        around = np.uint64(inside[i])
        apart = abs(np.int64(around * level) - np.int64(total[i]))
        differences[level * columns + around] += apart + np.int64(around == 0)
        dependences[level * (columns + np.uint64(1)) + np.uint64(similar[i]) + np.uint64(1)] += np.uint32(1)
        n += 1
    return n


@kernel
def count_neighbours(flat, voxels, starts, steps, cube, alpha, found, sums, dependence, difference):
    """Count dependences and tone differences of every voxel in one pass, in integers.

    Parameters
    ----------
    flat, voxels : padded levels, and the positions in the ROI, ascending
    starts : segment s holds voxels[starts[s]:starts[s + 1]]
    steps : distances in `flat` to all neighbours, int64
    cube : (row, area) where the neighbours are those in a cube of three voxels, (row, 0) where in a square, else (0, 0)
    alpha : largest difference of level that still counts as dependent
    found, sums : (4, BLOCK + margins) and (3, BLOCK + margins) working space, unsigned, wide enough for the number of
        voxels in a neighbourhood and for the sum of their levels; margins are row + 1 on either side
    dependence : (segments, levels + 1, neighbours + 2), counts by level and 1 + dependent neighbours
    difference : (segments, levels + 1, neighbours + 1), sums of |neighbours * level - sum of the neighbours' levels| by
        level and neighbours in the ROI; column 0, where the sum would be 0, counts the voxels
    """
    row, area = cube
    end = flat.size - largest(steps)
    for s in range(starts.size - 1):
        inside, n = voxels[: starts[s + 1]], starts[s]
        while n < inside.size:
            low = np.int64(inside[n])
            high = min(low + BLOCK, end)
            if row:
                _sum_cubes(flat, low, high - low, row, area, found, sums)
            _look_around(flat, low, high - low, steps, alpha, row > 0, found, sums)
            n = _tally(flat, inside, n, low, high, found, sums, dependence[s], difference[s])


@kernel
def sum_tones(dependence, difference, with_isolated, counts, sums):
    """Counts n_i and summed differences s_i by segment and level; voxels without neighbours count where asked for."""
    segments, width, columns = difference.shape
    for s in range(segments):
        for level in range(1, width):
            voxels, apart = 0, 0.0
            for neighbours in range(1, columns + 1):
                voxels += dependence[s, level, neighbours]
            for neighbours in range(1, columns):
                apart += difference[s, level, neighbours] / neighbours
            counts[s, level] = voxels if with_isolated else voxels - difference[s, level, 0]
            sums[s, level] = apart


@kernel
def tone_features(counts, sums, features):
    """Reduce a stack of n_i (K, levels + 1) and s_i to features (K, TONE_COLUMNS); NaN where no voxel counts."""
    stack, width = counts.shape
    levels, p, tones = np.empty(width), np.empty(width), np.empty(width)
    for k in range(stack):
        total = 0.0
        size = 0
        for level in range(1, width):
            if counts[k, level] > 0:
                total += counts[k, level]
                levels[size], p[size], tones[size] = level, counts[k, level], sums[k, level]
                size += 1
        if size == 0:
            features[k] = np.nan
            continue
        for i in range(size):
            p[i] /= total
        tone_features_of(levels[:size], p[:size], tones[:size], total, features[k])


@reduction
def tone_features_of(levels, p, tones, voxels, out):
    """Features of one list of levels, in any order, with their probabilities p_i and tones s_i."""
    weighted, tone = 0.0, 0.0
    spread, busy, complexity, strength = 0.0, 0.0, 0.0, 0.0
    for a in range(levels.size):
        weighted += p[a] * tones[a]
        tone += tones[a]
        for b in range(a):
            apart = abs(levels[a] - levels[b])
            together = p[a] + p[b]
            spread += p[a] * p[b] * apart * apart
            busy += abs(levels[a] * p[a] - levels[b] * p[b])
            complexity += apart * (p[a] * tones[a] + p[b] * tones[b]) / together
            strength += together * apart * apart
    pairs = levels.size * (levels.size - 1)
    out[COARSENESS] = 1e6 if weighted == 0 else 1 / weighted
    out[CONTRAST] = 0.0 if pairs == 0 else 2 * spread / pairs * tone / voxels
    out[BUSYNESS] = 0.0 if busy == 0 else weighted / (2 * busy)
    out[COMPLEXITY] = 2 * complexity / voxels
    out[STRENGTH] = 0.0 if tone == 0 else 2 * strength / tone
