"""Spatial autocorrelation of a region, exact: every pair of voxels, weighted by the inverse of its distance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..image import Triple
from ..kernels.autocorrelation import weighted_pairs


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

    `values` are zero outside the region. No pair of voxels is visited: the weights depend on the offset alone, so that
    the sum over two slices is a product of spectra (Parseval) on a periodic grid so wide that nothing wraps around.
    The weights are even along y and x, so a spectrum's cosine and sine parts contribute one by one.
    """
    weights = _spectra_of_weights(inside.shape, spacing)
    tables = [_cosines_and_sines(n) for n in inside.shape[1:]]
    parts = (inside.astype(np.float64), values, values * values)
    sums = sum(
        weighted_pairs(weights.reshape(len(inside), -1), *spectra)
        for spectra in zip(*(_spectra(p, *tables) for p in parts), strict=True)
    )
    pairs, products, squares = (float(total) for total in sums)
    return pairs, products, squares


def _spectra_of_weights(shape: tuple[int, ...], spacing: Triple) -> np.ndarray:
    """The transforms of 1 / distance in the slices 0, 1, ... below, at no negative frequency, over the number of cells.

    The grid is twice as wide as the region; a frequency between zero and the highest counts twice, for its negative.
    """
    depth, ny, nx = shape
    z, y, x = ((np.arange(n) * step) ** 2 for n, step in zip((depth, ny + 1, nx + 1), spacing, strict=True))
    distance = np.sqrt(z[:, None, None] + y[:, None] + x)
    distance[0, 0, 0] = np.inf
    return _cosine_transform(ny) @ (1 / distance @ _cosine_transform(nx).T)


def _cosine_transform(half: int) -> np.ndarray:
    """For samples 0..half of an even, periodic line: (frequencies, samples), each end's share counted once."""
    ends = np.full(half + 1, 2.0)
    ends[[0, -1]] = 1.0
    waves = np.cos(np.outer(np.arange(half + 1), np.arange(half + 1)) % (2 * half) * (np.pi / half))
    return ends[:, None] * waves * ends / (2 * half)


def _cosines_and_sines(count: int) -> tuple[np.ndarray, np.ndarray]:
    """What the even and the odd half of `count` samples are multiplied by, (half of count, frequencies) each.

    Angles are counted from the middle of the samples, of a period of twice as many.
    """
    twice_from_middle = count - 1 - 2 * np.arange((count + 1) // 2)
    angles = np.outer(twice_from_middle, np.arange(count + 1)) % (4 * count) * (np.pi / (2 * count))
    cosines = np.cos(angles)
    cosines[twice_from_middle == 0] /= 2  # the middle sample is its own mirror image
    return cosines, np.sin(angles)


def _spectra(values: np.ndarray, of_y: tuple[np.ndarray, ...], of_x: tuple[np.ndarray, ...]) -> Iterator[np.ndarray]:
    """The slices' transforms by cosines and by sines along y and x, by matrix products: each of the four."""
    for half, table in zip(_halves(values, 2), of_x, strict=True):
        rows = half @ table
        for columns, table_y in zip(_halves(rows, 1), of_y, strict=True):
            yield (table_y.T @ columns).reshape(len(values), -1)


def _halves(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The sums and the differences of mirror images about the middle of an axis."""
    half = (slice(None),) * axis + (slice((values.shape[axis] + 1) // 2),)
    here, there = values[half], np.flip(values, axis)[half]
    return here + there, here - there
