"""Grey level zones: connected voxels of equal level, with their size and their distance to the border of the ROI."""

from __future__ import annotations

import numpy as np

from .jit import kernel

FOUR, FOUR_BITS = np.uint32(4), np.uint32(15)
BLOCK = 4096  # voxels whose neighbours are compared at once
MEETINGS = 1024  # of labels, remembered to be joined together: few enough to stay in cache


def representatives(steps_zyx: np.ndarray) -> np.ndarray:
    """For every set of equal earlier neighbours, the few that must be joined.

    Neighbours that touch each other already belong to one zone, so one of each touching group suffices.

    Parameters
    ----------
    steps_zyx : (directions, 3) steps to the earlier neighbours

    Returns
    -------
    (2 ** directions,) uint32; four bits per representative, direction + 1, and 0 after the last
    """
    bits = 1 << np.arange(len(steps_zyx))
    touching = (np.abs(steps_zyx[:, None] - steps_zyx).max(axis=2) <= 1) @ bits
    neighbours, place = np.arange(1 << len(steps_zyx)), 0
    left, codes = neighbours, np.zeros(neighbours.size, np.uint32)
    while left.any():
        group, before = left & -left, np.zeros_like(left)  # from the first of those left
        number = (group[:, None] & bits > 0) @ np.arange(1, bits.size + 1)
        codes |= (number << place).astype(np.uint32)
        while not np.array_equal(group, before):
            before = group
            for bit, others in zip(bits, touching, strict=True):
                group = np.where(group & bit, group | (others & neighbours), group)
        left, place = left & ~group, place + 4
    return codes


@kernel
def _equal_neighbours(flat, low, steps, equal):
    """Set bit a of equal[i] where the voxel at -steps[a] from low + i has the same level."""
    here = flat[low : low + equal.size]
    for i in range(equal.size):
        equal[i] = 0
    for a in range(steps.size):
        there, bit = flat[low - steps[a] : low - steps[a] + equal.size], np.uint16(1 << a)
        for i in range(equal.size):
            equal[i] |= np.uint16(here[i] == there[i]) * bit


@kernel
def _root(parents, label):
    while parents[label] != label:
        parents[label] = parents[parents[label]]
        label = parents[label]
    return label


@kernel
def find_zones(flat, voxels, steps, back, codes, equal, meetings, labels, zones):
    """Find the zones of a padded volume.

    Parameters
    ----------
    flat, voxels : padded levels, and the positions in the ROI, ascending
    steps : distances in `flat` to the earlier neighbours, int64
    back : (16,) uint64, the steps by the four bits of a representative: 0, which is the voxel itself, and the steps
    codes : from `representatives`
    equal, meetings : working space, (BLOCK,) uint16 and (MEETINGS + 8, 2) int32
    labels : like `flat`, int32; filled with a label for each voxel of the ROI
    zones : (4, voxels) int32; the first three rows are filled with level, size and first voxel of each zone, ascending
        in the latter; the last row with the zone of each label

    Returns
    -------
    the number of zones
    """
    size, first, parents = zones[1], zones[2], zones[3]
    found, met, low, high = 0, 0, np.uint64(0), np.uint64(0)
    for n in range(voxels.size):
        voxel = np.uint64(voxels[n])
        if voxel >= high:
            low, high = voxel, min(voxel + np.uint64(BLOCK), np.uint64(flat.size))
            _equal_neighbours(flat, np.int64(low), steps, equal[: high - low])
        code = codes[equal[voxel - low]]
        parents[found], size[found], first[found] = found, 0, n
        labels[voxel] = found
        label = labels[voxel - back[code & FOUR_BITS]]
        found += code == 0
        labels[voxel] = label
        size[label] += 1
        # most voxels have two representatives at most, so that these are looked at without asking
        code >>= FOUR
        other = labels[voxel - back[code & FOUR_BITS]]
        meetings[met, 0], meetings[met, 1] = label, other
        met += label != other
        code >>= FOUR
        while code:
            meetings[met, 0], meetings[met, 1] = label, labels[voxel - back[code & FOUR_BITS]]
            met += 1
            code >>= FOUR
        if met >= MEETINGS:
            _join(meetings[:met], parents)
            met = 0
    _join(meetings[:met], parents)
    return _gather(flat, voxels, zones, found)


@kernel
def _join(meetings, parents):
    """Make one zone of the two labels of each meeting; the earliest label is the root."""
    for one, other in meetings:
        one, other = _root(parents, one), _root(parents, other)
        parents[max(one, other)] = min(one, other)


@kernel
def _gather(flat, voxels, zones, found):
    """Add up what belongs to one root, number the roots, and move them to the front."""
    level, size, first, parents = zones[0], zones[1], zones[2], zones[3]
    kept = 0
    for label in range(found):
        root = parents[label]
        if root == label:
            parents[label] = kept
            level[kept], size[kept], first[kept] = flat[voxels[first[label]]], size[label], first[label]
            kept += 1
        else:
            # a root is the earliest of its labels, so that its entry is the number of its zone already
            zone = parents[root]
            parents[label] = zone
            size[zone] += size[label]
    return kept


@kernel
def least_of_zones(values, voxels, labels, zone_of_label, least):
    """The least of the values (like `labels`) over the voxels of each zone; `least` holds upper bounds."""
    for n in range(voxels.size):
        voxel = np.int64(voxels[n])
        zone = zone_of_label[labels[voxel]]
        least[zone] = min(least[zone], values[voxel])


@kernel
def border_distance(flat, steps, distances):
    """City-block distance of every voxel to the outside: 1 at the border of the region, 0 outside.

    Parameters
    ----------
    flat : padded region, 0 outside
    steps : distances in `flat` to the next voxel along each axis that counts, int64
    distances : like `flat`, int32, filled
    """
    for v in range(flat.size):
        distances[v] = 0
        if flat[v]:
            nearest = 1 << 29
            for a in range(steps.size):
                nearest = min(nearest, distances[v - steps[a]])
            distances[v] = nearest + 1
    for v in range(flat.size - 1, -1, -1):
        if flat[v]:
            nearest = distances[v] - 1
            for a in range(steps.size):
                nearest = min(nearest, distances[v + steps[a]])
            distances[v] = nearest + 1


@kernel
def tabulate(segments, levels, columns, counts):
    """Count (segment, level, column) triples into counts (segments, levels, columns)."""
    width, size = np.uint64(counts.shape[1]), np.uint64(counts.shape[2])
    cells = counts.reshape(counts.size)
    for n in range(levels.size):
        row = np.uint64(segments[n]) * width + np.uint64(levels[n])
        cells[row * size + np.uint64(columns[n])] += np.uint32(1)


@kernel
def rank(values, seen, ranks, distinct):
    """Number the distinct positive integers of `values` in ascending order, and return how many there are.

    `ranks` takes the number of each value, `distinct` the values by their number; `seen` holds zeros, one for each
    integer up to the largest.
    """
    for value in values:
        seen[np.uint64(value)] = 1
    found = 0
    for value in range(seen.size):
        if seen[value]:
            distinct[found] = value
            seen[value] = found
            found += 1
    for n in range(values.size):
        ranks[n] = seen[np.uint64(values[n])]
    return found
