"""What a list of numbers is described by: moments in two passes, percentiles without sorting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel, reduction

FEW_BUCKETS, BUCKETS = 256, 4096


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


def moments(values: np.ndarray, minimum: float, maximum: float, shift: float = 0.0) -> Moments:
    """The moments of a 1-D float64 array, whose extremes are known; `shift` is added before the energy is summed."""
    # the mean of equal numbers is that number, and their moments are exactly zero
    mean = _mean(values) if minimum < maximum else minimum
    return Moments(minimum, maximum, mean, *_about(values, mean, shift))


def percentiles(values: np.ndarray, fractions: tuple[float, ...], minimum: float, maximum: float) -> tuple[float, ...]:
    """Percentiles of a 1-D float64 array between whose `minimum` and `maximum` all its numbers lie.

    Linear between the two nearest order statistics, as in `numpy.percentile`. The numbers are counted in equal
    buckets; only buckets that hold a wanted order statistic are looked into.
    """
    if not minimum < maximum:
        return (minimum,) * len(fractions)
    last = values.size - 1
    at = [last * fraction for fraction in fractions]
    ranks = np.array([rank for place in at for rank in (int(place), min(int(place) + 1, last))])
    buckets = FEW_BUCKETS if values.size < 16 * BUCKETS else BUCKETS
    bucket, before = np.empty(values.size, np.uint16), np.zeros(buckets + 1, np.int64)
    start, found = np.full(buckets, -1), np.empty(ranks.size)
    _order_statistics(values, ranks, minimum, maximum, bucket, before, start, found)
    pairs = zip(at, found[::2].tolist(), found[1::2].tolist(), strict=True)
    return tuple(low + (high - low) * (place - int(place)) for place, low, high in pairs)


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
def _order_statistics(values, ranks, minimum, maximum, bucket, before, start, found):
    """The numbers that would stand at `ranks` if the values were sorted, into `found`.

    Room for the work: each value's bucket, the number of values in lower buckets, and where a bucket's members begin
    (-1 everywhere at first).
    """
    last = before.size - 2
    scale = (last + 1) / (maximum - minimum)
    for i in range(values.size):
        b = max(0, min(last, int((values[i] - minimum) * scale)))
        bucket[i] = b
        before[b + 1] += 1
    for b in range(last + 1):
        before[b + 1] += before[b]
    members = _members(values, ranks, bucket, before, start)
    for r in range(ranks.size):
        home = _home(ranks[r], before)
        end = start[home]
        found[r] = _select(members[end - (before[home + 1] - before[home]) : end], ranks[r] - before[home])


@kernel
def _home(rank, before):
    """The bucket that holds a rank."""
    home = 0
    while rank >= before[home + 1]:
        home += 1
    return home


@kernel
def _members(values, ranks, bucket, before, start):
    """The values of all buckets that hold a rank, bucket by bucket; leaves each bucket's end in `start`."""
    size = 0
    for r in range(ranks.size):
        home = _home(ranks[r], before)
        if start[home] < 0:
            start[home] = size
            size += before[home + 1] - before[home]
    members = np.empty(size)
    for i in range(values.size):
        at = start[bucket[i]]
        if at >= 0:
            members[at] = values[i]
            start[bucket[i]] = at + 1
    return members


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
    # two tables, so that an increment seldom waits for the one before
    even, odd = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    for i in range(0, levels.size - 1, 2):
        even[levels[i]] += 1
        odd[levels[i + 1]] += 1
    if levels.size % 2:
        even[levels[levels.size - 1]] += 1
    for level in range(count + 1):
        even[level] += odd[level]
    return even[1:]
