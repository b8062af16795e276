"""Sums over pairs of voxels whose weights depend on the offset alone: what stands before and after matrix products.

Along each axis a box falls apart into sums and differences of mirror images about its middle, and these into even and
odd distances from the middle: four quarters that are transformed one by one. Sums make cosines, differences sines. What
even distances make is the same at frequency k and at its mirror image K - k, what odd ones make changes its sign, so
that half of the frequencies are enough.
"""

from __future__ import annotations

import numpy as np

from .jit import kernel, reduction


@kernel
def fold(values, inside, quarters):
    """Fill the quarters, along each axis, of a region, of its values and of their squares.

    values, inside : (y, z, x) numbers and booleans, of odd lengths; values are zero outside
    quarters : (2, 2, y, 2, 2, 2, 2, z, 3, x), for y, x and z: sums or differences, even or odd distances, distance
    """
    y_most, z_most, x_most = values.shape[0] // 2, values.shape[1] // 2, values.shape[2] // 2
    ones, squares = np.empty((2, 2, 2)), np.empty((2, 2, 2))
    images = np.empty((2, 2, 2))
    for y in range(2 * quarters.shape[2]):
        for z in range(2 * quarters.shape[7]):
            if y > y_most or z > z_most:
                quarters[:, y % 2, y // 2, :, :, :, z % 2, z // 2] = 0.0
                continue
            for x in range(x_most + 1):
                for a in range(2):
                    for b in range(2):
                        for c in range(2):
                            place = y_most + (y - 2 * a * y), z_most + (z - 2 * b * z), x_most + (x - 2 * c * x)
                            ones[a, c, b], images[a, c, b] = inside[place], values[place]
                            squares[a, c, b] = values[place] ** 2
                _put(quarters, y, z, x, 0, ones)
                _put(quarters, y, z, x, 1, images)
                _put(quarters, y, z, x, 2, squares)
            for x in range(x_most + 1, 2 * quarters.shape[9]):
                quarters[:, y % 2, y // 2, :, x % 2, :, z % 2, z // 2, :, x // 2] = 0.0


@kernel
def _put(quarters, y, z, x, field, images):
    """Write the sums and differences of eight mirror images (y, x, z)."""
    a, b, c, d = images[0, 0, 0], images[0, 0, 1], images[0, 1, 0], images[0, 1, 1]
    e, f, g, h = images[1, 0, 0], images[1, 0, 1], images[1, 1, 0], images[1, 1, 1]
    for n, part in enumerate(_mix(a, b, c, d, e, f, g, h)):
        quarters[n >> 2, y % 2, y // 2, (n >> 1) & 1, x % 2, n & 1, z % 2, z // 2, field, x // 2] = part


@kernel
def _mix(a, b, c, d, e, f, g, h):
    """Sums and differences of eight numbers (2, 2, 2) along three axes, in the same order."""
    a, b, c, d, e, f, g, h = a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h
    a, b, c, d, e, f, g, h = a + c, b + d, a - c, b - d, e + g, f + h, e - g, f - h
    return a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h


@kernel
def add_products(weights, row, spectra, total):
    """Add to total (3,) the sums over frequencies of w a b, for these a and b: region and region, values and values,
    region and squares.

    weights : (2, z, 2, rows, 2, x) what the weights at even and odd distances make at each frequency, of z, y and x
    row : the frequency along y
    spectra : (2, 2, z, 3, 2, 2, 2, 2, x) for z, y and x: of sums or differences, of even or odd distances, frequency
    """
    signed = np.empty((8, weights.shape[5]))
    for z in range(weights.shape[1]):
        for x in range(weights.shape[5]):
            for n, weight in enumerate(_weights_at(weights, row, z, x)):
                signed[n, x] = weight
        for parts in range(8):
            for k, found in enumerate(_products(signed, spectra, z, parts >> 2, (parts >> 1) & 1, parts & 1)):
                total[k] += found


@reduction
def _products(weights, spectra, z, of_z, of_y, of_x):
    """The sums over one row of frequencies and their mirror images along the axes z, y and x."""
    ones, values, squares = 0.0, 0.0, 0.0
    for x in range(weights.shape[1]):
        one = _at(spectra, of_z, z, 0, of_y, of_x, x)
        value = _at(spectra, of_z, z, 1, of_y, of_x, x)
        square = _at(spectra, of_z, z, 2, of_y, of_x, x)
        for n in range(8):
            weighted = weights[n, x] * one[n]
            ones += weighted * one[n]
            values += weights[n, x] * value[n] * value[n]
            squares += weighted * square[n]
    return ones, values, squares


@kernel
def _at(spectra, of_z, z, field, of_y, of_x, x):
    """A spectrum at one frequency and its mirror images; a view of it would keep the compiler from using vectors."""
    a, b = spectra[of_z, 0, z, field, of_y, 0, of_x, 0, x], spectra[of_z, 0, z, field, of_y, 0, of_x, 1, x]
    c, d = spectra[of_z, 0, z, field, of_y, 1, of_x, 0, x], spectra[of_z, 0, z, field, of_y, 1, of_x, 1, x]
    e, f = spectra[of_z, 1, z, field, of_y, 0, of_x, 0, x], spectra[of_z, 1, z, field, of_y, 0, of_x, 1, x]
    g, h = spectra[of_z, 1, z, field, of_y, 1, of_x, 0, x], spectra[of_z, 1, z, field, of_y, 1, of_x, 1, x]
    return _mix(a, b, c, d, e, f, g, h)


@kernel
def _weights_at(weights, y, z, x):
    """The same for weights."""
    a, b = weights[0, z, 0, y, 0, x], weights[0, z, 0, y, 1, x]
    c, d = weights[0, z, 1, y, 0, x], weights[0, z, 1, y, 1, x]
    e, f = weights[1, z, 0, y, 0, x], weights[1, z, 0, y, 1, x]
    g, h = weights[1, z, 1, y, 0, x], weights[1, z, 1, y, 1, x]
    return _mix(a, b, c, d, e, f, g, h)
