"""Sums over pairs of voxels whose weights depend on the offset alone, from the spectra of the slices."""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction


@kernel
def weighted_pairs(weights, region, values, squares):
    """Sums over pairs of slices of w a conj(b) at each frequency: (one, one), (values, values), (squares, one).

    region, values, squares : (nz, ny, nx) columns of the spectra of real slices, all frequencies along y
    weights : (nz, ny // 2 + 1, nx), real: by the distance of two slices, even along y; ny is even

    Returns real numbers, (3, nx).
    """
    nz, ny, nx = region.shape
    half, lanes = (nz + 1) // 2, 2 * nx
    apart = np.empty((nz, lanes))
    even, odd = np.empty((half, 3, lanes)), np.empty((half, 3, lanes))
    sums, totals = np.empty((6, lanes)), np.zeros((3, lanes))
    for y in range(ny):
        _twice(weights[:, min(y, ny - y)], apart)
        _fold(region[:, y], even[:, 0], odd[:, 0])
        _fold(values[:, y], even[:, 1], odd[:, 1])
        _fold(squares[:, y], even[:, 2], odd[:, 2])
        for z in range(half):
            sums[:] = 0.0
            for other in range(z):
                _add_slice(apart[z - other], apart[nz - 1 - z - other], even[other], odd[other], sums)
            _close(apart[0], apart[nz - 1 - 2 * z], even[z], odd[z], sums, totals)
    return totals[:, :nx] + totals[:, nx:]


@kernel
def _twice(weights, apart):
    """The same weights for real and for imaginary parts, which lie one after the other."""
    nz, nx = weights.shape
    for z in range(nz):
        for x in range(nx):
            apart[z, x] = apart[z, nx + x] = weights[z, x]


@kernel
def _fold(slices, even, odd):
    """The parts of a line of slices that are even and odd about its middle, by which the sum over pairs falls apart."""
    nz, nx = slices.shape
    for z in range(even.shape[0]):
        share = 0.25 if 2 * z == nz - 1 else 0.5
        for x in range(nx):
            here, there = slices[z, x], slices[nz - 1 - z, x]
            even[z, x], even[z, nx + x] = share * (here.real + there.real), share * (here.imag + there.imag)
            odd[z, x], odd[z, nx + x] = share * (here.real - there.real), share * (here.imag - there.imag)


@reduction
def _add_slice(near, far, even, odd, sums):
    """Add one slice's contribution to what a later slice is multiplied with."""
    for x in range(near.size):
        both, difference = near[x] + far[x], near[x] - far[x]
        sums[0, x] += both * even[0, x]
        sums[1, x] += both * even[1, x]
        sums[2, x] += both * even[2, x]
        sums[3, x] += difference * odd[0, x]
        sums[4, x] += difference * odd[1, x]
        sums[5, x] += difference * odd[2, x]


@reduction
def _close(near, far, even, odd, sums, totals):
    """A slice's pairs with all earlier ones, in both orders, and with itself."""
    for x in range(near.size):
        both, difference = near[x] + far[x], near[x] - far[x]
        for part, w, slices in ((0, both, even), (3, difference, odd)):
            one, value, square = slices[0, x], slices[1, x], slices[2, x]
            totals[0, x] += 2 * one * (2 * sums[part, x] + w * one)
            totals[1, x] += 2 * value * (2 * sums[part + 1, x] + w * value)
            totals[2, x] += 2 * (square * (sums[part, x] + w * one) + one * sums[part + 2, x])
