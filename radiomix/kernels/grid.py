"""Where the voxels of a region lie in a flat, padded array."""

from __future__ import annotations

import numpy as np

from .jit import kernel


@kernel
def lay_out(inside, levels, frame, flat, voxels, starts, listed):
    """Lay the levels of a region's voxels out, and list where.

    Parameters
    ----------
    inside : (z, y, x) booleans
    levels : of the voxels inside, in that order, and one number more
    frame : how many voxels wide the frame of zeros is
    flat : zeros, the padded levels; written
    voxels : (as long as `levels`) their positions in `flat`, ascending; written but for the last
    starts : (padded slices + 1,) where those of each slice start; written
    listed : whether voxels and starts are known, so that they are read
    """
    if listed:
        for n in range(levels.size - 1):
            flat[voxels[n]] = levels[n]
        return
    slices, rows, length = inside.shape
    row_size, n = length + 2 * frame, np.uint64(0)  # unsigned: no index counts from the end
    for z in range(slices):
        starts[z + frame] = n
        for y in range(rows):
            row = inside[z, y]
            start = ((z + frame) * (rows + 2 * frame) + y + frame) * row_size + frame
            target = flat[start : start + length]
            for x in range(length):
                target[x] = levels[n] * row[x]
                voxels[n] = start + x
                n += np.uint64(row[x])
    for z in range(slices + frame, starts.size):
        starts[z] = n


@kernel
def largest(values):
    """Of a list that is not empty; np.max takes half a second to compile."""
    found = values[0]
    for value in values:
        found = max(found, value)
    return found
