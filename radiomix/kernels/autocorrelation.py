"""Sums over pairs of voxels whose weights depend on the offset alone, from the spectra of the slices."""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction


@kernel
def weighted_pairs(weights, region, values, squares):
    """Sums over frequencies and over pairs of slices of w Re(a conj(b)), for these a and b: region and region, values
    and values, squares and region.

    region, values, squares : (nz, ny, nx) columns of the spectra of real slices, all frequencies along y
    weights : (nz, ny // 2 + 1, nx), real: by the distance of two slices, even along y; ny is even

    A sum over pairs whose weights depend on the distance alone falls apart into one over the halves that are even
    about the middle slice and one over those that are odd, each of half as many slices.
    """
    nz, ny, nx = region.shape
    half, lanes = (nz + 1) // 2, 2 * nx
    apart = np.empty((nz, lanes))
    even, odd = np.empty((half, 3, lanes)), np.empty((half, 3, lanes))
    total = np.zeros(3)
    for y in range(ny):
        _lay_twice(weights[:, min(y, ny - y)], apart)
        _fold(region[:, y], even[:, 0], odd[:, 0])
        _fold(values[:, y], even[:, 1], odd[:, 1])
        _fold(squares[:, y], even[:, 2], odd[:, 2])
        for z in range(half):
            for k, found in enumerate(_pairs_below(apart, even, odd, z)):
                total[k] += found
    return total


@kernel
def _lay_twice(weights, apart):
    """The same weights for real and for imaginary parts, which lie one after the other."""
    nz, nx = weights.shape
    for z in range(nz):
        for x in range(nx):
            apart[z, x] = apart[z, nx + x] = weights[z, x]


@kernel
def _fold(slices, even, odd):
    """The halves of a row of slices that are even and odd about its middle."""
    nz, nx = slices.shape
    for z in range(even.shape[0]):
        share = 0.25 if 2 * z == nz - 1 else 0.5
        for x in range(nx):
            here, there = slices[z, x], slices[nz - 1 - z, x]
            even[z, x], even[z, nx + x] = share * (here.real + there.real), share * (here.imag + there.imag)
            odd[z, x], odd[z, nx + x] = share * (here.real - there.real), share * (here.imag - there.imag)


@reduction
def _pairs_below(apart, even, odd, z):
    """What slice z makes with those before it, and in both orders, and with itself."""
    nz, lanes = apart.shape
    ones, values, squares = 0.0, 0.0, 0.0
    for other in range(z + 1):
        times = 2.0 if other == z else 4.0
        for x in range(lanes):
            near, far = apart[z - other, x], apart[nz - 1 - z - other, x]
            p, q = times * (near + far), times * (near - far)
            one, odd_one = even[other, 0, x], odd[other, 0, x]
            ones += p * (even[z, 0, x] * one) + q * (odd[z, 0, x] * odd_one)
            values += p * (even[z, 1, x] * even[other, 1, x]) + q * (odd[z, 1, x] * odd[other, 1, x])
            squares += p * (even[z, 2, x] * one + even[z, 0, x] * even[other, 2, x]) / 2
            squares += q * (odd[z, 2, x] * odd_one + odd[z, 0, x] * odd[other, 2, x]) / 2
    return ones, values, squares
