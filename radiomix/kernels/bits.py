"""Rows of voxels as bits: a mask is looked at 63 voxels at a time."""

from __future__ import annotations

import numpy as np

from .jit import kernel

STRIDE = 63  # voxels from word to word: the last bit of a word is the first of the next, so that no pair is cut
NONE, ONE = np.uint64(0), np.uint64(1)


def packed(inside: np.ndarray) -> np.ndarray:
    """(z, y, x) booleans in a frame of one voxel as (z, y, words): bit b of word w is voxel 63 w + b of the row."""
    z, y, x = (n + 2 for n in inside.shape)
    words = -(-(x - 1) // STRIDE)
    padded = np.zeros((z, y, 64 * words), bool)
    padded[1:-1, 1:-1, 1 : x - 1] = inside
    bits = np.packbits(padded.reshape(-1), bitorder="little").view("<u8")
    if words > 1:
        _overlap(bits.reshape(z * y, words))
    return bits.reshape(z, y, words)


@kernel
def _overlap(rows):
    """From words that follow one another to words that share a bit with the next."""
    for row in rows:
        for w in range(row.size - 1, 0, -1):
            row[w] = row[w] << np.uint64(w) | row[w - 1] >> np.uint64(64 - w)


@kernel
def _length(word):
    """How many bits are needed for a number; of this loop the compiler makes one instruction."""
    n = 0
    while word != NONE:
        word >>= ONE
        n += 1
    return n


@kernel
def lowest(word):
    """The place of the first bit that is set; -1 where none is."""
    return _length(word & (~word + ONE)) - 1


@kernel
def highest(word):
    """The place of the last bit that is set; -1 where none is."""
    return _length(word) - 1
