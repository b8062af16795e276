"""How often each grey level takes part in the pairs of a window, along all directions at once.

Several counters share a word of 64 bits, and words come in fours: what a place adds to all counters of its level is a
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
    and the bits of a counter; and for every place start (S + 1,), and there its partners, and the word and the number
    that each loses without it
    """
    matrix, classes = np.repeat(np.arange(group.size - 1), np.diff(group)), int(kind.max()) + 1
    n_margins = (1 if symmetrical else 2) * (group.size - 1)
    of_first = matrix * classes + kind
    of_second = of_first if symmetrical else of_first + n_margins // 2 * classes
    places, partners = np.concatenate([first, second]), np.concatenate([second, first])
    own, theirs = np.concatenate([of_first, of_second]), np.concatenate([of_second, of_first])
    bits = 16 if np.bincount(own).max(initial=n_places) < 1 << 16 else 32
    word, shift = np.divmod(np.arange(n_margins * classes + 1) * bits, 64)
    one = np.uint64(1) << shift.astype(np.uint64)
    degrees = np.zeros((n_places, 4 * (word[-1] // 4 + 1)), np.uint64)
    degrees[:, word[-1]] = one[-1]
    np.add.at(degrees, (places, word[own]), one[own])
    order = np.argsort(places, kind="stable")
    start, theirs = np.searchsorted(places[order], np.arange(n_places + 1)), theirs[order]
    return degrees, (n_margins, classes, bits), (start, partners[order], word[theirs], one[theirs])


@kernel
def _count(codes, i, degrees, place_word, margins, levels, absent):
    """Count the levels of one window as if it were full; returns how many `levels` and `absent` places it has."""
    n_levels, n_absent = 0, 0
    for s in range(codes.shape[0]):
        level = np.uint64(codes[s, i])
        levels[n_levels], absent[n_absent] = level, s
        n_levels += margins[level, place_word] == 0
        n_absent += level == 0
        for w in range(0, degrees.shape[1], 4):
            one, two, three, four = degrees[s, w], degrees[s, w + 1], degrees[s, w + 2], degrees[s, w + 3]
            margins[level, w] += one
            margins[level, w + 1] += two
            margins[level, w + 2] += three
            margins[level, w + 3] += four
    return n_levels, n_absent


@kernel
def _leave_out(codes, i, partners, absent, n_absent, margins):
    """Take back the pairs of places that are outside the ROI."""
    start, partner, word, one = partners
    for k in range(n_absent):
        s = absent[k]
        for q in range(start[s], start[s + 1]):
            margins[np.uint64(codes[partner[q], i]), word[q]] -= one[q]


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
def add_margins(codes, margin, kinds, table, margins, levels, absent, logs):
    """Fill `logs`: in its first rows, of each margin, the sum over levels of c log2 c of their counts.

    Parameters
    ----------
    codes : (S, LANES) the levels of the windows' places, 0 outside the ROI
    margin : `margin_counters`
    kinds : the weight of each class
    table : c log2 c of whole counts, also of places; empty where weights are not 1
    margins : (Ng + 1, words) zeros, and zeros again
    levels, absent : (S,) working space
    logs : (counters, LANES), as many as there is room for in the words
    """
    degrees, (n_margins, classes, bits), partners = margin
    place_word = n_margins * classes * bits // 64
    for m in range(logs.shape[0]):
        for i in range(LANES):
            logs[m, i] = 0.0
    for i in range(LANES):
        n_levels, n_absent = _count(codes, i, degrees, place_word, margins, levels, absent)
        _leave_out(codes, i, partners, absent, n_absent, margins)
        for w in range(margins.shape[1]):
            margins[0, w] = 0
        for k in range(n_levels):
            level = np.uint64(levels[k])
            if table.size == 0:
                _add_weighted(margins, level, classes, bits, kinds, logs[:n_margins], i)
            else:
                _add_whole(margins, level, bits, table, logs, i)
            for w in range(margins.shape[1]):
                margins[level, w] = 0
