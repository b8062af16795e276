"""Spatial autocorrelation of a region, exact: every pair of voxels, weighted by the inverse of its distance."""

from __future__ import annotations

import numpy as np

AXES = (0, 1, 2)


def weighted_sums(
    intensities: np.ndarray, inside: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[float, ...]:
    """Sums over all ordered pairs of voxels i != j of a region, with w the inverse of their distance in mm.

    Parameters
    ----------
    intensities : (z, y, x) numbers, best centred at their mean
    inside : (z, y, x) booleans
    spacing : mm, (z, y, x)

    Returns
    -------
    sum(w), sum(w x_i x_j), sum(w x_i^2). No pair is visited: the weights depend on the offset alone, so that the sums
    are products of spectra (Parseval) on a grid wide enough that nothing wraps around.
    """
    shape = tuple(fast_length(2 * n - 1) for n in inside.shape)
    x = np.where(inside, intensities, 0.0)
    weights = np.fft.rfftn(_inverse_distances(shape, spacing)).real
    weights[..., 1 : (shape[2] + 1) // 2] *= 2  # the half of the spectrum that rfftn leaves out
    region, values = np.fft.rfftn(inside, shape, AXES), np.fft.rfftn(x, shape, AXES)
    pairs = np.sum(weights * _power(region))
    products = np.sum(weights * _power(values))
    squares = np.fft.rfftn(x * x, shape, AXES)
    of_squares = np.sum(weights * (squares.real * region.real + squares.imag * region.imag))
    cells = float(np.prod(shape))
    return pairs / cells, products / cells, of_squares / cells


def moran_and_geary(
    intensities: np.ndarray, inside: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[float, float]:
    """Moran's I and Geary's C of a region; NaN where all intensities are equal or there are fewer than two voxels."""
    values = intensities[inside].astype(np.float64)
    n, mean = values.size, values.mean()
    scatter = float(np.sum((values - mean) ** 2))
    if n < 2 or values.min() == values.max():
        return np.nan, np.nan
    pairs, products, squares = weighted_sums(intensities - mean, inside, spacing)
    return n / pairs * products / scatter, (n - 1) / pairs * (squares - products) / scatter


def fast_length(n: int) -> int:
    """The least number >= n without prime factors above 5."""
    powers = [2**i * 3**j * 5**k for i in range(16) for j in range(10) for k in range(7)]
    return min(p for p in powers if p >= n)


def _inverse_distances(shape: tuple[int, ...], spacing: tuple[float, float, float]) -> np.ndarray:
    """1 / distance for every offset of a periodic grid, 0 for none."""
    squares = [(np.minimum(np.arange(n), n - np.arange(n)) * step) ** 2 for n, step in zip(shape, spacing, strict=True)]
    distance = np.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2])
    distance[0, 0, 0] = np.inf
    return 1 / distance


def _power(spectrum: np.ndarray) -> np.ndarray:
    return spectrum.real**2 + spectrum.imag**2
