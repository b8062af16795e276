"""What a list of numbers is described by: moments in two passes, percentiles without sorting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel, reduction

BUCKETS = 4096


class Moments(NamedTuple):
    """Of n numbers x with mean m.

    minimum, maximum, mean
    second, third, fourth : the central moments, sum (x - m)^k / n
    deviation : sum |x - m| / n
    energy : sum (x + shift)^2
    """

    minimum: float
    maximum: float
    mean: float
    second: float
    third: float
    fourth: float
    deviation: float
    energy: float


def moments(values: np.ndarray, shift: float = 0.0) -> Moments:
    """The moments of a 1-D float64 array; `shift` is added before the energy is summed."""
    minimum, maximum = float(values.min()), float(values.max())
    # the mean of equal numbers is that number, and their moments are exactly zero
    mean = _mean(values) if minimum < maximum else minimum
    return Moments(minimum, maximum, mean, *_about(values, mean, shift))


def percentiles(values: np.ndarray, fractions: tuple[float, ...], minimum: float, maximum: float) -> np.ndarray:
    """Percentiles of a 1-D float64 array between whose `minimum` and `maximum` all its numbers lie.

    Linear between the two nearest order statistics, as in `numpy.percentile`. The numbers are counted in equal
    buckets; only buckets that hold a wanted order statistic are looked into.
    """
    at = (values.size - 1) * np.array(fractions)
    below = np.floor(at).astype(np.int64)
    ranks = np.concatenate([below, np.minimum(below + 1, values.size - 1)])
    low, high = _order_statistics(values, ranks, minimum, maximum).reshape(2, -1)
    return low + (high - low) * (at - below)


@reduction
def mean_deviation(values, centre):
    """sum |x - centre| / n."""
    total = 0.0
    for i in range(values.size):
        total += abs(values[i] - centre)
    return total / values.size


@reduction
def robust_deviation(values, low, high):
    """The mean absolute deviation from the mean of those numbers that lie in [low, high]; NaN if none does."""
    n, total = 0, 0.0
    for i in range(values.size):
        within = (values[i] >= low) & (values[i] <= high)
        n += within
        total += values[i] if within else 0.0
    if n == 0:
        return np.nan
    mean, total = total / n, 0.0
    for i in range(values.size):
        within = (values[i] >= low) & (values[i] <= high)
        total += abs(values[i] - mean) if within else 0.0
    return total / n


@reduction
def _mean(values):
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total / values.size


@reduction
def _about(values, mean, shift):
    second, third, fourth, deviation, energy = 0.0, 0.0, 0.0, 0.0, 0.0
    n = values.size
    for i in range(n):
        d = values[i] - mean
        square = d * d
        shifted = values[i] + shift
        second += square
        third += square * d
        fourth += square * square
        deviation += abs(d)
        energy += shifted * shifted
    return second / n, third / n, fourth / n, deviation / n, energy


@kernel
def _order_statistics(values, ranks, minimum, maximum):
    """The numbers that would stand at `ranks` if the values were sorted."""
    found = np.full(ranks.size, minimum)
    if not minimum < maximum:
        return found
    scale = BUCKETS / (maximum - minimum)
    bucket = np.empty(values.size, np.uint16)
    before = np.zeros(BUCKETS + 1, np.int64)
    for i in range(values.size):
        bucket[i] = max(0, min(BUCKETS - 1, int((values[i] - minimum) * scale)))
        before[bucket[i] + 1] += 1
    for b in range(BUCKETS):
        before[b + 1] += before[b]
    home = np.searchsorted(before, ranks, side="right") - 1
    start = np.full(BUCKETS, -1, np.int64)  # where the wanted buckets begin in `members`
    size = 0
    for b in home:
        if start[b] < 0:
            start[b] = size
            size += before[b + 1] - before[b]
    members, filled = np.empty(size), start.copy()
    for i in range(values.size):
        b = bucket[i]
        if filled[b] >= 0:
            members[filled[b]] = values[i]
            filled[b] += 1
    for r in range(ranks.size):
        b = home[r]
        found[r] = _select(members[start[b] : filled[b]], ranks[r] - before[b])
    return found


@kernel
def _select(members, rank):
    """The number at `rank` of the sorted members, which are put partly into order."""
    low, high = 0, members.size
    while True:
        pivot = members[(low + high) // 2]
        less, i, greater = low, low, high
        while i < greater:
            x = members[i]
            if x < pivot:
                members[i], members[less] = members[less], x
                less += 1
                i += 1
            elif x > pivot:
                greater -= 1
                members[i], members[greater] = members[greater], x
            else:
                i += 1
        if rank < less:
            high = less
        elif rank >= greater:
            low = greater
        else:
            return pivot


@kernel
def level_counts(levels, count):
    """How often each of the levels 1..count occurs in a 1-D array of unsigned integers; zeros are skipped."""
    found = np.zeros(count + 1, np.int64)
    for i in range(levels.size):
        found[levels[i]] += 1
    return found[1:]
