"""Where the voxels of a region lie in a flat, padded array."""

from __future__ import annotations

import numpy as np

from .jit import kernel


@kernel
def locate(flat, area, voxels, starts):
    """Write the positions of all levels but 0, ascending, and where those of each slice start; return their number.

    Parameters
    ----------
    flat : padded levels
    area : voxels in a slice
    voxels : as long as `flat`, uint32
    starts : (slices + 1,) int64
    """
    found = 0
    for z in range(starts.size - 1):
        starts[z] = found
        for v in range(z * area, (z + 1) * area):
            voxels[found] = v
            found += np.int64(flat[v] != 0)
    starts[starts.size - 1] = found
    return found


@kernel
def largest(values):
    """Of a list that is not empty; np.max takes half a second to compile."""
    found = values[0]
    for value in values:
        found = max(found, value)
    return found


@kernel
def is_flat(flat, voxels):
    """Whether all voxels have the same level."""
    n = 1
    while n < voxels.size and flat[voxels[n]] == flat[voxels[0]]:
        n += 1
    return n >= voxels.size
