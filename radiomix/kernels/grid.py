"""Where the voxels of a region lie in a flat, padded array."""

from __future__ import annotations

from .jit import kernel


@kernel
def lay_out(inside, levels, frame, flat, voxels, starts):
    """Lay the levels of a region's voxels out, and list where; return how many are not 0.

    Parameters
    ----------
    inside : (z, y, x) booleans
    levels : of the voxels inside, in that order
    frame : how many voxels wide the frame of zeros is
    flat : zeros, the padded levels; written
    voxels : (at least one more than there are levels) positions in `flat` of all levels but 0, ascending; written
    starts : (padded slices + 1,) where those of each slice start; written
    """
    slices, rows, length = inside.shape
    row_size, found, n, last = length + 2 * frame, 0, 0, levels.size - 1
    for z in range(slices):
        starts[z + frame] = found
        for y in range(rows):
            row = inside[z, y]
            start = ((z + frame) * (rows + 2 * frame) + y + frame) * row_size + frame
            for x in range(length):
                level = levels[min(n, last)] * row[x]
                flat[start + x] = level
                voxels[found] = start + x
                n += row[x]
                found += level != 0
    for z in range(slices + frame, starts.size):
        starts[z] = found
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
