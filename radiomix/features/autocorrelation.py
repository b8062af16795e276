"""Spatial autocorrelation of a region, exact: every pair of voxels, weighted by the inverse of its distance."""

from __future__ import annotations

import numpy as np
from scipy import fft

from ..image import Triple
from ..kernels.autocorrelation import weighted_pairs

COLUMNS = 32  # of spectra that are summed at a time


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
    """
    ny, nx = (2 * fft.next_fast_len(n) for n in inside.shape[1:])
    weights = _spectra_of_weights((inside.shape[0], ny, nx), spacing)
    rows = [fft.rfft(part, nx, axis=2) for part in (inside.astype(np.float64), values, values * values)]
    sums = np.zeros(3)
    for start in range(0, nx // 2 + 1, COLUMNS):  # piece by piece, so that no whole spectrum is held
        piece = slice(start, start + COLUMNS)
        spectra = (fft.fft(part[:, :, piece], ny, axis=1) for part in rows)
        sums += weighted_pairs(np.ascontiguousarray(weights[:, :, piece]), *spectra)
    pairs, products, squares = (float(total) for total in sums)
    return pairs, products, squares


def _spectra_of_weights(shape: tuple[int, int, int], spacing: Triple) -> np.ndarray:
    """A quadrant of the transforms of 1 / distance, by slice, over the number of cells; the others mirror it.

    Along x frequencies between zero and the highest count twice, since half spectra lack their mirror images.
    """
    nz, ny, nx = shape
    z, y, x = ((np.arange(n) * step) ** 2 for n, step in zip((nz, ny // 2 + 1, nx // 2 + 1), spacing, strict=True))
    distance = np.sqrt(z[:, None, None] + y[:, None] + x)
    distance[0, 0, 0] = np.inf
    weights = fft.dctn(1 / distance, type=1, axes=(1, 2), overwrite_x=True) / (ny * nx)
    weights[:, :, 1:-1] *= 2
    return weights
