"""Slow, obvious twins of the compiled filter loops."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np


def recursive_response(signal, n, m, d):
    """A recursive filter of order four on one line that goes on with its edge values far beyond both ends."""
    far = 400
    x = np.concatenate([np.full(far, signal[0]), signal, np.full(far, signal[-1])]).astype(float)
    causal, anticausal = np.zeros(len(x)), np.zeros(len(x))
    for i in range(len(x)):
        causal[i] = sum(n[k] * x[i - k] for k in range(4) if i >= k)
        causal[i] -= sum(d[k] * causal[i - 1 - k] for k in range(4) if i >= 1 + k)
    for i in reversed(range(len(x))):
        anticausal[i] = sum(m[k] * x[i + 1 + k] for k in range(4) if i + 1 + k < len(x))
        anticausal[i] -= sum(d[k] * anticausal[i + 1 + k] for k in range(4) if i + 1 + k < len(x))
    return (causal + anticausal)[far:-far]


def gaussian_laplacian(array, spacing, sigma, margin):
    """sigma^2 times the Laplacian of the Gaussian, sampled and summed directly; edge voxels repeated."""
    padded = np.pad(array.astype(float), margin, mode="edge")
    total = np.zeros(padded.shape)
    for second in range(3):
        part = padded
        for axis in range(3):
            x = np.arange(-margin, margin + 1) * spacing[axis]
            kernel = np.exp(-(x**2) / (2 * sigma**2))
            kernel /= kernel.sum()
            if axis == second:
                kernel = kernel * (x**2 / sigma**2 - 1)
            part = np.apply_along_axis(lambda line, k=kernel: np.convolve(line, k, mode="same"), axis, part)
        total += part
    return total[(slice(margin, -margin),) * 3]


def convolution(source, axis, taps):
    """One axis convolved where the filter fits."""
    return np.apply_along_axis(lambda line: np.convolve(line, taps, mode="valid"), axis, source)


def local_binary_pattern(plane, row, column, radius, samples, method):
    """The pattern around one pixel of a plane."""
    values = []
    for i in range(samples):
        angle = 2 * math.pi * i / samples
        values.append(
            _linear(plane, row - round(radius * math.sin(angle), 5), column + round(radius * math.cos(angle), 5))
        )
    bits = [int(v >= plane[row, column]) for v in values]
    number = sum(bit << i for i, bit in enumerate(bits))
    match method:
        case "default":
            return number
        case "ror":
            return min(sum(bit << i for i, bit in enumerate(bits[k:] + bits[:k])) for k in range(samples))
        case "uniform":
            changes = sum(a != b for a, b in pairwise(bits))
            return sum(bits) if changes <= 2 else samples + 1
        case "var":
            return float(np.var(values))


def _linear(plane, row, column):
    total = 0.0
    for r in (math.floor(row), math.floor(row) + 1):
        for c in (math.floor(column), math.floor(column) + 1):
            weight = (1 - abs(row - r)) * (1 - abs(column - c))
            if 0 <= r < plane.shape[0] and 0 <= c < plane.shape[1] and weight > 0:
                total += weight * plane[r, c]
    return total


def separable_kernel(taps_x, taps_y, taps_z):
    """A (z, y, x) kernel from one along each axis."""
    return np.multiply.outer(np.multiply.outer(np.asarray(taps_z, float), taps_y), taps_x)


def log_kernel(sigma, cutoff, dimension):
    """The IBSI's Laplacian of Gaussian, sigma in voxels, as a (z, y, x) kernel."""
    half = math.floor(cutoff * sigma + 0.5)
    axis = np.arange(-half, half + 1.0)
    z, y, x = np.meshgrid(axis if dimension == 3 else [0.0], axis, axis, indexing="ij")
    square = (x**2 + y**2 + z**2) / sigma**2
    scale = (math.sqrt(2 * math.pi) * sigma) ** -dimension / sigma**2
    return -scale * (dimension - square) * np.exp(-square / 2)


def rotated_kernels(kernel):
    """The 24 right-angle rotations of a three-dimensional kernel."""
    found = []
    for face in range(6):
        turned = np.rot90(kernel, face, (0, 1)) if face < 4 else np.rot90(kernel, 2 * face - 7, (0, 2))
        found += [np.rot90(turned, quarter, (1, 2)) for quarter in range(4)]
    return found


def gabor_response(plane, row, column, sigma, wavelength, gamma, theta):
    """The complex Gabor response at one pixel of a plane that is zero beyond its edges; lengths in pixels."""
    total = 0j
    for r in range(plane.shape[0]):
        for c in range(plane.shape[1]):
            k1, k2 = column - c, row - r
            u = k1 * math.cos(theta) + k2 * math.sin(theta)
            v = k1 * math.sin(theta) - k2 * math.cos(theta)
            envelope = math.exp(-(u * u + gamma * gamma * v * v) / (2 * sigma * sigma))
            total += (
                plane[r, c]
                * envelope
                * complex(math.cos(2 * math.pi * u / wavelength), math.sin(2 * math.pi * u / wavelength))
            )
    return total
