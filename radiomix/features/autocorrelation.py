"""Spatial autocorrelation of a region, exact: every pair of voxels, weighted by the inverse of its distance."""

from __future__ import annotations

import numpy as np

from ..image import Triple
from ..kernels.autocorrelation import add_products, fold

ROWS = 12  # frequencies along y that are transformed at once: enough for a matrix product, and little memory


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
    n, values = values.size, values - values.mean()
    scatter = float(values @ values)
    pairs, products, squares = weighted_sums(values, inside, spacing)
    return n / pairs * products / scatter, (n - 1) / pairs * (squares - products) / scatter


def weighted_sums(values: np.ndarray, inside: np.ndarray, spacing: Triple) -> tuple[float, float, float]:
    """sum(w), sum(w x_i x_j) and sum(w x_i^2) over all ordered pairs of voxels i != j, w = 1 / distance.

    `values` are those of the region's voxels. No pair of voxels is visited: the weights depend on the offset alone, so
    that the sums are those of products of spectra (Parseval) on a periodic grid so wide that nothing wraps around. The
    weights are even along each axis, so a spectrum's cosine and sine parts contribute one by one. The transforms are
    matrix products, along the shortest axis last, where there is most to transform.
    """
    short = int(np.argmin(inside.shape))
    order = np.insert(np.delete(np.arange(3), short), 1, short)
    ny, nz, nx = (inside.shape[axis] for axis in order)
    of_y, of_z, of_x = (_waves(n // 2 + 1, n) for n in (ny, nz, nx))
    across_y, across_z = of_y.swapaxes(2, 3), of_z.swapaxes(2, 3)
    (my, ky), (mz, kz), (mx, kx) = (waves.shape[2:] for waves in (of_y, of_z, of_x))
    quarters = np.empty((2, 2, my, 2, 2, 2, 2, mz, 3, mx))
    fold(*_laid_out(values, inside, order), quarters)
    quarters = quarters.reshape(2, 2, my, -1)
    weights = _spectra_of_weights((nz, ny, nx), tuple(spacing[axis] for axis in order[[1, 0, 2]]))
    along_y = np.empty((2, 2, min(ROWS, ky), quarters.shape[3]))
    along_x, spectra = np.empty((2, 2, mz, 3, 2, 2, 2, 2, kx)), np.empty((2, 2, kz, 3, 2, 2, 2, 2, kx))
    by_y_and_x = along_x.reshape(-1, 2, 2, 2, 2, kx).transpose(1, 2, 3, 4, 0, 5)
    total = np.zeros(3)
    for start in range(0, ky, ROWS):
        rows = along_y[:, :, : min(ROWS, ky - start)]
        np.matmul(across_y[:, :, start : start + ROWS], quarters, out=rows)
        for row in range(rows.shape[2]):
            np.matmul(rows[:, :, row].reshape(2, 2, 2, 2, -1, mx), of_x, out=by_y_and_x)
            np.matmul(across_z, along_x.reshape(2, 2, mz, -1), out=spectra.reshape(2, 2, kz, -1))
            add_products(weights, start + row, spectra, total)
    pairs, products, squares = (float(part) for part in total)
    return pairs, products, squares


def _laid_out(values: np.ndarray, inside: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values in their places, 0 elsewhere, and the region, with axes in that order and of odd lengths."""
    here = tuple(slice(inside.shape[axis]) for axis in order)
    odd = [inside.shape[axis] | 1 for axis in order]
    laid_out, region = np.zeros(odd), np.zeros(odd, np.bool_)
    back = np.argsort(order)
    laid_out[here].transpose(back)[inside] = values
    region[here] = inside.transpose(order)
    return laid_out, region


def _spectra_of_weights(shape: tuple[int, ...], spacing: tuple[float, ...]) -> np.ndarray:
    """The transforms of 1 / distance, by even and odd offsets along each axis: (2, frequencies) for each.

    Divided by the number of cells of the grid, which is twice as wide as the region; a frequency counts twice where
    its negative is another.
    """
    z, y, x = ((_places(n) * step) ** 2 for n, step in zip(shape, spacing, strict=True))
    of_z, of_y, of_x = (_waves(n, n)[0] * np.where(np.arange(n // 2 + 1) % (n / 2), 2 / n, 1 / n) for n in shape)
    in_slice = y[:, :, None, None] + x
    slices = np.empty((z.size, *of_y.shape[::2], *of_x.shape[::2]))
    for k, away in enumerate(z.ravel()):
        distance = np.sqrt(in_slice + away)
        if k == 0:
            distance[0, 0, 0, 0] = np.inf
        along_x = (1 / distance).swapaxes(1, 2) @ of_x
        np.matmul(of_y.swapaxes(1, 2)[:, None], along_x, out=slices[k].swapaxes(1, 2))
    return (of_z.swapaxes(1, 2) @ slices.reshape(*z.shape, -1)).reshape(*of_z.shape[::2], *slices.shape[1:])


def _places(count: int) -> np.ndarray:
    """0, 2, 4, ... and 1, 3, 5, ... up to `count` places, or one more."""
    return np.arange(count + count % 2).reshape(-1, 2).T


def _waves(count: int, half: int) -> np.ndarray:
    """Cosines and sines of a period of twice `half`, (2, 2, places, frequencies), of even and odd places below `count`.

    Frequencies up to half of the highest; at its mirror image, a wave differs only in sign. Place 0, which is its own
    mirror image, counts half.
    """
    places = _places(count)
    angles = places[:, :, None] * np.arange(half // 2 + 1) % (2 * half) * (np.pi / half)
    shares = np.where(places < count, 1.0, 0.0)
    shares[0, 0] = 0.5
    return np.stack([np.cos(angles), np.sin(angles)]) * shares[:, :, None]
