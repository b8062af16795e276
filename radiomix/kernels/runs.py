"""Grey level runs: how many stretches of equal level, of which length, lie along each direction."""

from __future__ import annotations

import numpy as np

from .jit import kernel

# loops over so many directions are unrolled, which takes a third off the time
IN_PLANE, ACROSS = 4, 9
# counters of one level and length lie side by side, one for each direction: a line of a processor's cache in a volume
PLACES, PLACES_IN_PLANE = 16, 4


@kernel
def _extend(here, before, previous, running):
    """Length of the run that ends at each voxel, from the lengths one step back along the direction."""
    for i in range(here.size):
        running[i] = previous[i] * (here[i] == before[i]) + 1


@kernel
def count_runs(flat, row, area, voxels, starts, steps, by_slice, running, counts):
    """Count runs into counts (segments, levels + 1, longest + 2, places), column j for runs of length j.

    The lengths of runs from slice to slice are found for whole slices at a time, those within the slice voxel by voxel.

    Parameters
    ----------
    flat, row, area : padded levels, with the lengths of a row and of a slice
    voxels, starts : positions in the ROI; voxels[starts[z]:starts[z + 1]] lie in padded slice z
    steps : distances in `flat` to the previous voxel along each direction, int64: 4 in the plane, then 9 or none across
    by_slice : whether slice z is counted into segment z; else all into segment 0
    running : (2, directions, area) ones, unsigned and wide enough for the longest run: the lengths in two slices

    Returns
    -------
    the length of the longest run
    """
    _, width, columns, places = counts.shape
    directions = steps.size
    low, high = row + 1, area - row - 1
    for z in range(1, starts.size - 1):
        now, below, start = running[z % 2], running[(z + 1) % 2], z * area
        here = flat[start + low : start + high]
        for a in range(IN_PLANE, directions):
            before, shift = flat[start + low - steps[a] : start + high - steps[a]], steps[a] - area
            _extend(here, before, below[a, low - shift : high - shift], now[a, low:high])
        cells = counts[z if by_slice else 0].reshape(width * columns * places)
        inside, lengths = voxels[starts[z] : starts[z + 1]], now.reshape(now.size)
        _count(flat, start, row, area, inside, columns, directions > IN_PLANE, lengths, cells)
    return _difference(counts.reshape(counts.size // (columns * places), columns, places))


@kernel
def _count(flat, start, row, area, voxels, columns, across, lengths, cells):
    """Extend the runs within the slice at `start`, and count every voxel under the lengths reached there."""
    one, places = np.uint64(1), np.uint64(PLACES if across else PLACES_IN_PLANE)
    along = np.uint64(0)  # the length along the row
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        level, column, place = flat[voxel], np.uint64(flat[voxel]) * np.uint64(columns), voxel - np.uint64(start)
        along = along * np.uint64(level == flat[voxel - one]) + one
        cells[(column + along) * places] += np.uint32(1)
        step = np.uint64(row) - one
        for a in range(1, IN_PLANE):
            place += np.uint64(area)
            length = np.uint64(lengths[place - step]) * np.uint64(level == flat[voxel - step]) + one
            lengths[place] = length
            cells[(column + length) * places + np.uint64(a)] += np.uint32(1)
            step += one
        if across:
            for a in range(IN_PLANE, IN_PLANE + ACROSS):
                place += np.uint64(area)
                cells[(column + np.uint64(lengths[place])) * places + np.uint64(a)] += np.uint32(1)


@kernel
def _difference(reached):
    """Turn counts of voxels whose run has reached length j into counts of runs of length j; return the longest.

    A run that has reached a length has reached all below it: the first length without voxels ends a level.
    """
    longest = 0
    for r in range(reached.shape[0]):
        j, found = 0, True
        while found:
            j, found = j + 1, False
            here, beyond = reached[r, j], reached[r, j + 1]
            for a in range(here.size):
                found |= here[a] > 0
                here[a] -= beyond[a]
        longest = max(longest, j - 1)
    return longest
