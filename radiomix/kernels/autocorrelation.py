"""Sums over pairs of voxels whose weights depend on the offset alone, from the transforms of the slices."""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction

LANES = 64  # frequencies that are worked on together, so that they stay in the nearest caches


@kernel
def weighted_pairs(weights, region, values, squares):
    """Sums over frequencies and over pairs of slices of w a b, for these a and b: region and region, values and
    values, squares and region.

    region, values, squares : (nz, n) real transforms of slices
    weights : (nz, n) by the distance of two slices

    A sum over pairs whose weights depend on the distance alone falls apart into one over the halves that are even
    about the middle slice and one over those that are odd, each of half as many slices.
    """
    nz, n = region.shape
    half = (nz + 1) // 2
    apart = np.zeros((nz, LANES))
    even, odd = np.empty((half, 3, LANES)), np.empty((half, 3, LANES))
    total = np.zeros(3)
    for start in range(0, n, LANES):
        piece = slice(start, min(start + LANES, n))
        apart[:, : piece.stop - start] = weights[:, piece]
        apart[:, piece.stop - start :] = 0.0  # of the last piece
        _fold(region[:, piece], even[:, 0], odd[:, 0])
        _fold(values[:, piece], even[:, 1], odd[:, 1])
        _fold(squares[:, piece], even[:, 2], odd[:, 2])
        for z in range(half):
            for k, found in enumerate(_pairs_until(apart, even, odd, z)):
                total[k] += found
    return total


@kernel
def _fold(slices, even, odd):
    """The halves of a row of slices that are even and odd about its middle."""
    nz, n = slices.shape
    even[:, n:], odd[:, n:] = 0.0, 0.0
    for z in range(even.shape[0]):
        share = 0.25 if 2 * z == nz - 1 else 0.5
        for x in range(n):
            even[z, x] = share * (slices[z, x] + slices[nz - 1 - z, x])
            odd[z, x] = share * (slices[z, x] - slices[nz - 1 - z, x])


@reduction
def _pairs_until(apart, even, odd, z):
    """What slice z makes with those before it, in both orders, and with itself."""
    nz = apart.shape[0]
    ones, values, squares = 0.0, 0.0, 0.0
    for other in range(z + 1):
        times = 2.0 if other == z else 4.0
        for x in range(LANES):
            near, far = apart[z - other, x], apart[nz - 1 - z - other, x]
            p, q = times * (near + far), times * (near - far)
            one, odd_one = even[other, 0, x], odd[other, 0, x]
            ones += p * (even[z, 0, x] * one) + q * (odd[z, 0, x] * odd_one)
            values += p * (even[z, 1, x] * even[other, 1, x]) + q * (odd[z, 1, x] * odd[other, 1, x])
            squares += p * (even[z, 2, x] * one + even[z, 0, x] * even[other, 2, x]) / 2
            squares += q * (odd[z, 2, x] * odd_one + odd[z, 0, x] * odd[other, 2, x]) / 2
    return ones, values, squares
