"""From intensities to grey levels."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel


@kernel
def level_by_edges(values, edges, levels):
    """Level i where edges[i - 1] <= x < edges[i]; writes `levels`, returns whether the edges allow that.

    They do where they are equally spaced to a quarter of a step, the last of them at least so far: of two levels that
    a multiplication leaves, one comparison with an edge chooses. Edges that a product gives to the last bit, as
    `numpy.arange` makes them, are not looked up, so that the processor's vectors can be used.
    """
    last = edges.size - 1
    if last < 1:
        return False
    first, step = edges[0], (edges[max(last - 1, 1)] - edges[0]) / max(last - 1, 1)
    even = step > 0 and edges[last] - edges[0] >= (last - 0.25) * step
    width, exact = edges[1] - first, True
    for i in range(last):
        even &= abs(edges[i] - first - i * step) <= step / 4
        exact &= edges[i + 1] == first + (i + 1) * width
    if not even:
        return False
    scale = 1 / step
    if exact:
        for i in range(values.size):
            near = int(min(max((values[i] - first) * scale + 0.5, 0.0), float(last)))
            levels[i] = near + (values[i] >= first + near * width)
        return True
    for i in range(values.size):
        near = int(min(max((values[i] - first) * scale + 0.5, 0.0), float(last)))
        levels[i] = near + (values[i] >= edges[near])
    return True


@kernel
def level_by_width(values, origin, bins, width, most, levels):
    """Level floor(bins * (x - origin) / width) + 1, at least 1 and at most `most`; writes `levels`.

    `width` is that of all `bins` together: the range for a fixed number of bins, one bin for a fixed width.
    """
    for i in range(values.size):
        levels[i] = min(max(math.floor(bins * (values[i] - origin) / width) + 1, 1), most)


@kernel
def look_up(values, low, table, levels):
    """Write to `levels` what `table` holds for each of some integers, the lowest of which is `low`."""
    for i in range(values.size):
        levels[i] = table[np.uint64(np.int64(values[i]) - low)]
