"""A fast, non-cryptographic fingerprint of an array's bytes."""

from __future__ import annotations

import numpy as np

from .jit import kernel

PRIMES = np.array([0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64)


@kernel
def fingerprint(words: np.ndarray, primes: np.ndarray) -> tuple[np.uint64, np.uint64]:
    """Two 64-bit numbers from 64-bit words: four independent lanes of multiply and fold, mixed at the end."""
    shift = np.uint64(29)
    a, b, c, d = primes[0], primes[1], primes[2], primes[3]
    p, q = primes[0], primes[1]
    blocks = words.size // 4
    for i in range(blocks):
        a = (a ^ words[4 * i]) * p
        b = (b ^ words[4 * i + 1]) * q
        c = (c ^ words[4 * i + 2]) * p
        d = (d ^ words[4 * i + 3]) * q
        a ^= a >> shift
        b ^= b >> shift
        c ^= c >> shift
        d ^= d >> shift
    for i in range(4 * blocks, words.size):
        a = (a ^ words[i]) * p
        a ^= a >> shift
    first = ((a * q + b) ^ (b >> shift)) * p
    second = ((c * q + d) ^ (d >> shift)) * p
    return first ^ (second >> shift), second + first * q
