"""From intensities to grey levels: one pass for the range, one for the levels."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel


@kernel
def span(intensities: np.ndarray, inside: np.ndarray) -> tuple[float, float, int, bool]:
    """Smallest and largest intensity inside, the number of voxels, and whether all are finite."""
    low, high, count, finite = math.inf, -math.inf, 0, True
    for z in range(inside.shape[0]):
        for y in range(inside.shape[1]):
            for x in range(inside.shape[2]):
                if inside[z, y, x]:
                    value = np.float64(intensities[z, y, x])
                    count += 1
                    finite &= math.isfinite(value)
                    low = min(low, value)
                    high = max(high, value)
    return low, high, count, finite


@kernel
def level_by_edges(intensities: np.ndarray, inside: np.ndarray, edges: np.ndarray, levels: np.ndarray) -> int:
    """Level i where edges[i - 1] <= x < edges[i]; writes `levels`, returns the highest.

    The edges are equally spaced but for rounding: a division finds the bin, comparisons with the edges settle it.
    """
    last = edges.size - 1
    first, step = edges[0], edges[1] - edges[0]
    highest = 0
    for z in range(inside.shape[0]):
        for y in range(inside.shape[1]):
            for x in range(inside.shape[2]):
                if inside[z, y, x]:
                    value = np.float64(intensities[z, y, x])
                    level = min(max(int((value - first) / step), 0), last)
                    while level <= last and value >= edges[level]:
                        level += 1
                    while level > 0 and value < edges[level - 1]:
                        level -= 1
                    levels[z, y, x] = level
                    highest = max(highest, level)
    return highest


@kernel
def level_by_width(
    intensities: np.ndarray,
    inside: np.ndarray,
    origin: float,
    bins: float,
    width: float,
    most: int,
    levels: np.ndarray,
) -> int:
    """Level floor(bins * (x - origin) / width) + 1, at least 1 and at most `most`; returns the highest.

    `width` is that of all `bins` together: the range for a fixed number of bins, one bin for a fixed width.
    """
    highest = 0
    for z in range(inside.shape[0]):
        for y in range(inside.shape[1]):
            for x in range(inside.shape[2]):
                if inside[z, y, x]:
                    level = math.floor(bins * (np.float64(intensities[z, y, x]) - origin) / width) + 1
                    level = min(max(level, 1), most)
                    levels[z, y, x] = level
                    highest = max(highest, level)
    return highest
