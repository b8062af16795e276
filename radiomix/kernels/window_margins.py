"""How often each grey level takes part in the pairs of a window, along all directions at once.

Several counters share a word of 64 bits, and words come in pairs: what a place adds to all counters of its level is a
few additions. A counter is as wide as it needs to be, so that none runs over into the next.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel
from .window_lanes import LANES

Margin = tuple[np.ndarray, tuple[int, int, int], tuple[np.ndarray, ...]]


def margin_counters(
    n_places: int, group: np.ndarray, first: np.ndarray, second: np.ndarray, kind: np.ndarray, symmetrical: bool
) -> Margin:
    """What the places of a window add to the counters of their levels.

    A counter holds one matrix's pairs of one class of weight: those whose first place has the level, and, where pairs
    count in both directions, those whose second has it; else the second's have counters of their own, behind them. The
    last counter holds the places themselves.

    Parameters
    ----------
    group, first, second : the pairs (`window_pairs`)
    kind : (P,) the class of weight of each pair

    Returns
    -------
    (S, words) what each place adds when all of its partners are there, uint64; the numbers of margins and of classes,
    and the bits of a counter; and for every place start (S + 1,), and there its partners, and the word and the bit
    where each loses one without it
    """
    matrix, classes = np.repeat(np.arange(group.size - 1), np.diff(group)), int(kind.max()) + 1
    n_margins = (1 if symmetrical else 2) * (group.size - 1)
    of_first = matrix * classes + kind
    of_second = of_first if symmetrical else of_first + n_margins // 2 * classes
    places, partners = np.concatenate([first, second]), np.concatenate([second, first])
    own, theirs = np.concatenate([of_first, of_second]), np.concatenate([of_second, of_first])
    most = np.bincount(own).max(initial=n_places)
    bits = next(bits for bits in (8, 16, 32) if most < 1 << bits)
    word, shift = np.divmod(np.arange(n_margins * classes + 1) * bits, 64)
    one = np.uint64(1) << shift.astype(np.uint64)
    degrees = np.zeros((n_places, 2 * (word[-1] // 2 + 1)), np.uint64)
    degrees[:, word[-1]] = one[-1]
    np.add.at(degrees, (places, word[own]), one[own])
    order = np.argsort(places, kind="stable")
    start = np.searchsorted(places[order], np.arange(n_places + 1))
    lost = (array[order].astype(np.uint16) for array in (partners, word[theirs], shift[theirs]))
    return degrees, (n_margins, classes, bits), (start, *lost)


@kernel
def _count(rows, n_levels, degrees, place_word, margins, found):
    """Count the levels of one window as if it were full; returns how many levels are `found`."""
    n_found = 0
    for s in range(rows.size):
        row = np.uint64(rows[s])
        found[n_found] = row
        n_found += (margins[row, place_word] == 0) & (row <= n_levels)
        for w in range(0, degrees.shape[1], 2):
            one, two = degrees[s, w], degrees[s, w + 1]
            margins[row, w] += one
            margins[row, w + 1] += two
    return n_found


@kernel
def _leave_out(rows, n_levels, partners, margins):
    """Take back the pairs of places that are outside the ROI."""
    start, partner, word, shift = partners
    for s in range(rows.size):
        if rows[s] > n_levels:
            for q in range(start[s], start[s + 1]):
                margins[np.uint64(rows[partner[q]]), np.uint64(word[q])] -= np.uint64(1) << np.uint64(shift[q])


@kernel
def _add_whole(margins, level, bits, table, logs, i):
    """Add c log2 c of one level's counts."""
    mask, width = np.uint64((1 << bits) - 1), np.uint64(bits)
    m = 0
    for w in range(margins.shape[1]):
        counters = margins[level, w]
        for _ in range(64 // bits):
            logs[m, i] += table[counters & mask]
            counters >>= width
            m += 1


@kernel
def _add_weighted(margins, level, classes, bits, kinds, logs, i):
    """The same where counts are sums of weights."""
    mask = np.uint64((1 << bits) - 1)
    for m in range(logs.shape[0]):
        count = 0.0
        for k in range(classes):
            position = (m * classes + k) * bits
            count += kinds[k] * float((margins[level, position // 64] >> np.uint64(position % 64)) & mask)
        logs[m, i] += count * math.log2(count) if count > 0 else 0.0


@kernel
def add_margins(codes, margin, kinds, table, margins, rows, found, logs):
    """Fill `logs`: in its first rows, of each margin, the sum over levels of c log2 c of their counts.

    Parameters
    ----------
    codes : (S, LANES) the levels of the windows' places, 0 outside the ROI
    margin : `margin_counters`
    kinds : the weight of each class
    table : c log2 c of whole counts, also of places; empty where weights are not 1
    margins : (Ng + 1 + S, words) zeros, and zeros again but for the last S rows, of which each takes what belongs to a
        place outside the ROI
    rows, found : (S,) working space
    logs : (counters, LANES), as many as there is room for in the words
    """
    degrees, (n_margins, classes, bits), partners = margin
    place_word, n_levels = n_margins * classes * bits // 64, margins.shape[0] - 1 - rows.size
    for m in range(logs.shape[0]):
        for i in range(LANES):
            logs[m, i] = 0.0
    for i in range(LANES):
        for s in range(rows.size):
            rows[s] = codes[s, i] if codes[s, i] > 0 else n_levels + 1 + s
        n_found = _count(rows, n_levels, degrees, place_word, margins, found)
        _leave_out(rows, n_levels, partners, margins)
        for k in range(n_found):
            level = np.uint64(found[k])
            if table.size == 0:
                _add_weighted(margins, level, classes, bits, kinds, logs[:n_margins], i)
            else:
                _add_whole(margins, level, bits, table, logs, i)
            for w in range(margins.shape[1]):
                margins[level, w] = 0
