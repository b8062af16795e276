"""What surrounds a voxel: how many neighbours resemble it, and how far it is from their mean."""

from __future__ import annotations

import numpy as np

from .grid import largest
from .jit import kernel, reduction

# Columns of `tone_features`
BUSYNESS, COARSENESS, COMPLEXITY, CONTRAST, STRENGTH = range(5)
TONE_COLUMNS = 5


@kernel
def _look_around(flat, low, high, steps, alpha, similar, inside, total):
    """For the voxels low to high: neighbours within alpha of the level, neighbours in the ROI, and their sum.

    Three loops for three widths of integer, each as wide as a register.
    """
    similar[:], inside[:], total[:] = 0, 0, 0
    here = flat[low:high]
    for a in range(steps.size):
        there = flat[low + steps[a] : high + steps[a]]
        for i in range(here.size):
            inside[i] += there[i] != 0
        for i in range(here.size):
            total[i] += there[i]
        if alpha == 0:
            for i in range(here.size):
                similar[i] += here[i] == there[i]
        else:
            for i in range(here.size):
                similar[i] += (abs(np.int32(here[i]) - np.int32(there[i])) <= alpha) & (there[i] != 0)


@kernel
def count_neighbours(flat, voxels, starts, steps, alpha, found, sums, dependence, tone, difference):
    """Count dependences and tone differences of every voxel in one pass, in integers.

    Parameters
    ----------
    flat, voxels : padded levels, and the positions in the ROI, ascending
    starts : segment s holds voxels[starts[s]:starts[s + 1]]
    steps : distances in `flat` to all neighbours, int64
    alpha : largest difference of level that still counts as dependent
    found, sums : (2, block) and (block,) working space, unsigned, wide enough for the number of neighbours and for the
        sum of their levels
    dependence : (segments, levels + 1, neighbours + 2), counts by level and 1 + dependent neighbours
    tone : (segments, levels + 1, neighbours + 1), counts by level and neighbours in the ROI
    difference : like tone, sums of |neighbours * level - sum of the neighbours' levels|
    """
    margin = largest(steps)
    similar, inside = found
    for s in range(starts.size - 1):
        n = starts[s]
        while n < starts[s + 1]:
            low = np.int64(voxels[n])
            high = min(low + sums.size, flat.size - margin)
            size = high - low
            _look_around(flat, low, high, steps, alpha, similar[:size], inside[:size], sums[:size])
            first = n
            while n < starts[s + 1] and voxels[n] < high:
                n += 1
            _tally(flat, voxels[first:n], low, similar, inside, sums, dependence[s], tone[s], difference[s])


@kernel
def _tally(flat, voxels, low, similar, inside, sums, dependence, tone, difference):
    """Count each voxel under what was found around it."""
    dependences, tones, differences = dependence.reshape(-1), tone.reshape(-1), difference.reshape(-1)
    neighbours = tone.shape[1]
    for voxel in voxels:
        level, i = np.int64(flat[np.uint64(voxel)]), np.uint64(voxel) - np.uint64(low)
        around = np.int64(inside[i])
        cell = np.uint64(level * neighbours + around)
        tones[cell] += np.uint32(1)
        differences[cell] += abs(around * level - np.int64(sums[i]))
        dependences[np.uint64(level * (neighbours + 1) + np.int64(similar[i]) + 1)] += np.uint32(1)


@kernel
def sum_tones(tone, difference, with_isolated, counts, sums):
    """Counts n_i and summed differences s_i by segment and level; voxels without neighbours count where asked for."""
    segments, width, columns = tone.shape
    for s in range(segments):
        for level in range(1, width):
            counts[s, level] = tone[s, level, 0] if with_isolated else 0
            sums[s, level] = 0.0
            for neighbours in range(1, columns):
                counts[s, level] += tone[s, level, neighbours]
                sums[s, level] += difference[s, level, neighbours] / neighbours


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
