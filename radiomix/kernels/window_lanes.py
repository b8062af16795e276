"""Many windows side by side: row s of a block holds place s of every window, one window per lane.

A window is too small to fill a processor's vectors, so that each instruction works on several windows instead. Nothing
here branches on what a window holds. Equal things are counted by sorting them: the order of comparisons is the same for
every window.

Keys stand for what is counted, unsigned. The last row of a block of keys holds the largest number of its type: it
stands for nothing, and sorts behind everything.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

LANES = 128


def block_of_keys(rows: int, largest: int) -> np.ndarray:
    """Room for keys up to `largest`, and for counts of them, (rows + 1, LANES)."""
    dtype = np.promote_types(np.uint16, np.min_scalar_type(max(largest, rows) + 1))
    keys = np.empty((rows + 1, LANES), dtype)
    keys[rows] = np.iinfo(dtype).max
    return keys


@kernel
def at(number, lane):
    """Where a number of a window is in flat working space: the compiler sees that different numbers never overlap."""
    return number * LANES + lane


@kernel
def fill_lanes(starts, v, here):
    """Where the windows v, v + 1, ... begin; the last fills lanes that are left over. Returns their number."""
    for i in range(LANES):
        here[i] = np.uint64(starts[min(v + i, starts.size - 1)])
    return min(LANES, starts.size - v)


@kernel
def gather_lanes(flat, here, places, rows):
    for s in range(places.size):
        row, place = rows[s], np.uint64(places[s])
        for i in range(LANES):
            row[i] = flat[here[i] + place]


@kernel
def _exchange(low, high):
    for i in range(LANES):
        a, b = low[i], high[i]
        low[i] = a if a < b else b
        high[i] = b if a < b else a


@kernel
def sort_lanes(rows):
    """Sort every lane: Batcher's merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M)."""
    size = rows.shape[0]
    half = 1
    while 2 * half < size:
        half *= 2
    p = half
    while p > 0:
        q, r, d = half, 0, p
        while True:
            for s in range(size - d):
                if s & p == r:
                    _exchange(rows[s], rows[s + d])
            if q == p:
                break
            q, r, d = q // 2, p, q - p
        p //= 2


@kernel
def sort_keys(keys, size):
    """Sort the first `size` rows; returns them and a row that stands for nothing."""
    for i in range(LANES):
        keys[size, i] = keys[keys.shape[0] - 1, i]
    sort_lanes(keys[:size])
    return keys[: size + 1]


@kernel
def count_equal(keys, unit, kinds, mask, counts):
    """Of sorted keys, the number of equal ones at the last of each kind, elsewhere 0; keys of one `unit` are equal.

    Where there are several `kinds`, the bits of a key under `mask` say which it is, and it counts as much as its kind.
    """
    size = keys.shape[0] - 1
    unit, mask = keys.dtype.type(unit), keys.dtype.type(mask)
    zero = counts.dtype.type(0)  # in the counts' own type, so that a vector holds as many as it can
    each = kinds[0] if kinds.size == 1 else zero
    run = counts[size]  # what has been counted so far
    for i in range(LANES):
        run[i] = zero
    for k in range(size):
        here, after, ends = keys[k], keys[k + 1], counts[k]
        if kinds.size > 1:
            for i in range(LANES):
                run[i] += kinds[here[i] & mask]
        for i in range(LANES):
            so_far = counts.dtype.type(run[i] + each)
            same = (here[i] ^ after[i]) < unit
            ends[i] = zero if same else so_far
            run[i] = so_far if same else zero


@kernel
def add_logs(counts, table, logs):
    """Add c log2 c of each count to its lane of `logs`."""
    for k in range(counts.shape[0] - 1):
        row = counts[k]
        if table.size == 0:
            for i in range(LANES):
                logs[i] += row[i] * math.log2(row[i]) if row[i] > 0 else 0.0
        else:
            for i in range(LANES):
                logs[i] += table[np.uint64(row[i])]


@kernel
def add_squares(counts, squares):
    for k in range(counts.shape[0] - 1):
        row = counts[k]
        for i in range(LANES):
            count = float(row[i])
            squares[i] += count * count


@kernel
def average(found, filled, windows, v, out):
    """Divide sums over matrices by their number, into the columns from v on; `found` and `filled` are cleared."""
    for column in range(out.shape[0]):
        for i in range(windows):
            out[column, v + i] = found[at(column, i)] / filled[i] if filled[i] > 0 else np.nan
        for i in range(LANES):
            found[at(column, i)] = 0.0
    for i in range(LANES):
        filled[i] = 0.0
