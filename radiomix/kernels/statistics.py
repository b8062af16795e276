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


def moments(
    values: np.ndarray, counts: np.ndarray | None, minimum: float, maximum: float, shift: float = 0.0
) -> Moments:
    """The moments of a 1-D float64 array, whose extremes are known; `shift` is added before the energy is summed.

    Each value occurs as often as `counts` says; without counts, once.
    """
    # the mean of equal numbers is that number, and their moments are exactly zero
    mean = _mean(values, counts) if minimum < maximum else minimum
    return Moments(minimum, maximum, mean, *_about(values, counts, mean, shift))


def percentiles(
    values: np.ndarray, counts: np.ndarray | None, fractions: tuple[float, ...], minimum: float, maximum: float
) -> tuple[float, ...]:
    """Percentiles of a 1-D float64 array between whose `minimum` and `maximum` all its numbers lie.

    Linear between the two nearest order statistics, as in `numpy.percentile`. Each value occurs as often as `counts`
    says, and values are ascending then; without counts, once.
    """
    if not minimum < maximum:
        return (minimum,) * len(fractions)
    if counts is not None:
        return tuple(_counted_percentiles(values, counts, fractions).tolist())
    at = [(values.size - 1) * fraction for fraction in fractions]
    below = [int(place) for place in at]
    ranks = np.array(below + [min(rank + 1, values.size - 1) for rank in below])
    lows, highs = _sorted_at(values, ranks, minimum, maximum).reshape(2, -1).tolist()
    nearest = zip(at, below, lows, highs, strict=True)
    return tuple(low + (high - low) * (place - rank) for place, rank, low, high in nearest)


@kernel
def _counted_percentiles(values, counts, fractions):
    last = -1
    for often in counts:
        last += often
    found, at, before = np.empty(len(fractions)), 0, 0  # `before` numbers lie below the value at `at`
    for k in range(len(fractions)):
        place = last * fractions[k]
        rank = int(place)
        if rank < before:
            at, before = 0, 0
        while before + counts[at] <= rank:
            before += counts[at]
            at += 1
        above = at
        if rank < last and rank + 1 == before + counts[at]:
            above += 1
            while counts[above] == 0:
                above += 1
        found[k] = values[at] + (values[above] - values[at]) * (place - rank)
    return found


def _sorted_at(values: np.ndarray, ranks: np.ndarray, minimum: float, maximum: float) -> np.ndarray:
    """The numbers that would stand at `ranks` if the values were sorted.

    They are counted in equal buckets; only buckets that hold a wanted number are looked into.
    """
    buckets = FEW_BUCKETS if values.size < 16 * BUCKETS else BUCKETS
    bucket, before = np.empty(values.size, np.uint16), np.zeros(buckets + 1, np.int64)
    start, found = np.full(buckets, -1), np.empty(ranks.size)
    _order_statistics(values, ranks, minimum, maximum, bucket, before, start, found)
    return found


# In what follows each value occurs as often as `counts` says, once where that is None.


@reduction
def mean_deviation(values, counts, centre):
    """sum |x - centre| / n."""
    n, total = 0.0, 0.0
    for i in range(values.size):
        often = 1.0 if counts is None else float(counts[i])
        n += often
        total += often * abs(values[i] - centre)
    return total / n


@reduction
def robust_deviation(values, counts, low, high):
    """The mean absolute deviation from the mean of those numbers that lie in [low, high]; NaN if none does."""
    n, total = 0.0, 0.0
    for i in range(values.size):
        often = 1.0 if counts is None else float(counts[i])
        within = (values[i] >= low) & (values[i] <= high)
        taken = often if within else 0.0
        n += taken
        total += taken * values[i]
    if n == 0:
        return np.nan
    mean, total = total / n, 0.0
    for i in range(values.size):
        often = 1.0 if counts is None else float(counts[i])
        within = (values[i] >= low) & (values[i] <= high)
        taken = often if within else 0.0
        total += taken * abs(values[i] - mean)
    return total / n


@reduction
def _mean(values, counts):
    n, total = 0.0, 0.0
    for i in range(values.size):
        often = 1.0 if counts is None else float(counts[i])
        n += often
        total += often * values[i]
    return total / n


@reduction
def _about(values, counts, mean, shift):
    n, second, third, fourth, deviation, energy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(values.size):
        often = 1.0 if counts is None else float(counts[i])
        d = values[i] - mean
        square = often * (d * d)
        shifted = values[i] + shift
        n += often
        second += square
        third += square * d
        fourth += square * (d * d)
        deviation += often * abs(d)
        energy += often * (shifted * shifted)
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


def tally(values: np.ndarray, low: int, count: int) -> np.ndarray:
    """How often each of the `count` integers from `low` occurs in a 1-D array that holds no others."""
    # two tables, so that an increment seldom waits for the one before
    tables = np.zeros((2, count), np.int64)
    _tally(values, low, tables[0], tables[1])
    return tables[0] + tables[1]


@kernel
def _tally(values, low, even, odd):
    for i in range(0, values.size - 1, 2):
        even[np.uint64(np.int64(values[i]) - low)] += 1
        odd[np.uint64(np.int64(values[i + 1]) - low)] += 1
    if values.size % 2:
        even[np.int64(values[-1]) - low] += 1
