"""Grey level runs: how many stretches of equal level, of which length, lie along each direction."""

from __future__ import annotations

import numpy as np

from .jit import kernel


@kernel
def _extend(here, before, previous, running):
    """Length of the run that ends at each voxel, from the lengths one step back along the direction."""
    one = np.uint16(1)
    for i in range(here.size):
        running[i] = previous[i] * np.uint16(here[i] == before[i]) + one


@kernel
def _extend_slice(flat, start, row, steps, before, now):
    """Fill now (directions, slice) with the lengths of the runs that end in the slice beginning at `start`.

    `before` holds those of the slice below. Every step is at least 1; steps of one row and more look at finished rows.
    """
    size = now.shape[1]
    for a in range(steps.size):
        step = steps[a]
        running = now[a]
        if step > row + 1:
            shift = step - size
            low, high = row + 1, size - row - 1
            here, there = flat[start + low : start + high], flat[start + low - step : start + high - step]
            _extend(here, there, before[a, low - shift : high - shift], running[low:high])
        elif step > 1:
            for low in range(row + 1, size - row, row):
                here, there = flat[start + low : start + low + row], flat[start + low - step : start + low + row - step]
                # the frame is one voxel wide, so that a row never reads what it writes
                width = row - 1
                _extend(
                    here[:width], there[:width], running[low - step : low - step + width], running[low : low + width]
                )
        else:
            for i in range(row, size - row):
                equal = flat[start + i] == flat[start + i - 1]
                running[i] = running[i - 1] * np.uint16(equal) + np.uint16(1)


@kernel
def count_runs(flat, row, area, voxels, starts, steps, by_slice, counts):
    """Count runs into counts (segments, directions, levels + 1, longest + 2), column j for runs of length j.

    Parameters
    ----------
    flat, row, area : padded levels, with the lengths of a row and of a slice
    voxels, starts : positions in the ROI; voxels[starts[z]:starts[z + 1]] lie in padded slice z
    steps : distances in `flat` to the previous voxel along each direction, int64
    by_slice : whether slice z is counted into segment z; else all into segment 0
    """
    slices = starts.size - 1
    _, directions, width, columns = counts.shape
    running = np.ones((2, directions, area), np.uint16)
    one = np.uint32(1)
    for z in range(slices):
        if starts[z] == starts[z + 1]:
            running[z % 2] = 1
            continue
        now = running[z % 2]
        _extend_slice(flat, z * area, row, steps, running[(z + 1) % 2], now)
        lengths = now.reshape(directions * area)
        cell = counts[z if by_slice else 0].reshape(directions * width * columns)
        first = np.uint64(z * area)
        for n in range(starts[z], starts[z + 1]):
            voxel = np.uint64(voxels[n])
            column = np.uint64(flat[voxel]) * np.uint64(columns)
            place = voxel - first
            for _ in range(directions):
                cell[column + np.uint64(lengths[place])] += one
                column += np.uint64(width * columns)
                place += np.uint64(area)
    _difference(counts.reshape(counts.size // columns, columns))


@kernel
def _difference(reached):
    """Turn counts of voxels whose run has reached length j into counts of runs of length j."""
    for r in range(reached.shape[0]):
        row = reached[r]
        for j in range(1, row.size - 1):
            row[j] -= row[j + 1]
