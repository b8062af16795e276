"""Spatial autocorrelation of a region, exact: every pair of voxels, weighted by the inverse of its distance."""

from __future__ import annotations

from math import prod

import numpy as np
from scipy import fft

from ..image import Triple
from ..kernels.autocorrelation import weighted_overlap

ROWS = 8  # of spectra that are summed at a time


def moran_and_geary(intensities: np.ndarray, inside: np.ndarray, spacing: Triple) -> tuple[float, float]:
    """Moran's I and Geary's C of a region; NaN where all intensities are equal.

    Parameters
    ----------
    intensities : (z, y, x) numbers
    inside : (z, y, x) booleans
    spacing : mm, (z, y, x)
    """
    values = intensities[inside].astype(np.float64)
    if values.min() == values.max():
        return np.nan, np.nan
    n, mean = values.size, values.mean()
    scatter = float(np.sum((values - mean) ** 2))
    pairs, products, squares = weighted_sums(np.where(inside, intensities - mean, 0.0), inside, spacing)
    return n / pairs * products / scatter, (n - 1) / pairs * (squares - products) / scatter


def weighted_sums(values: np.ndarray, inside: np.ndarray, spacing: Triple) -> tuple[float, float, float]:
    """sum(w), sum(w x_i x_j) and sum(w x_i^2) over all ordered pairs of voxels i != j, w = 1 / distance.

    `values` are zero outside the region. No pair is visited: the weights depend on the offset alone, so the sums are
    products of spectra (Parseval) on a periodic grid so wide that nothing wraps around.
    """
    shape = tuple(2 * fft.next_fast_len(n, real=True) for n in inside.shape)
    weights = _spectrum_of_weights(shape, spacing)
    region, simple, squared = (_planes(part, shape) for part in (inside.astype(np.float64), values, values * values))
    fold = np.minimum(np.arange(shape[1]), shape[1] - np.arange(shape[1]))
    sums = np.zeros(3)
    for start in range(0, shape[1], ROWS):  # the last axis piece by piece, so that no whole spectrum is held
        rows = slice(start, start + ROWS)
        x, one, square = (fft.fft(part[:, rows], shape[0], axis=0) for part in (simple, region, squared))
        of_rows = np.ascontiguousarray(weights[:, fold[rows]])
        sums += [weighted_overlap(of_rows, a, b) for a, b in ((one, one), (x, x), (square, one))]
    return float(sums[0]), float(sums[1]), float(sums[2])


def _planes(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The half spectrum along y and x of an array in the corner of a larger grid of zeros."""
    return fft.fft(fft.rfft(values, shape[2], axis=2), shape[1], axis=1)


def _spectrum_of_weights(shape: tuple[int, ...], spacing: Triple) -> np.ndarray:
    """An octant of the transform of 1 / distance, over the number of cells; the others are its mirror images."""
    z, y, x = ((np.arange(n // 2 + 1) * step) ** 2 for n, step in zip(shape, spacing, strict=True))
    distance = np.sqrt(z[:, None, None] + y[:, None] + x)
    distance[0, 0, 0] = np.inf
    return fft.dctn(1 / distance, type=1, overwrite_x=True) / prod(shape)
