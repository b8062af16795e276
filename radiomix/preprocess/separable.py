"""Interpolation on a grid whose axes run along the image's: one axis at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.spline import along_last, along_middle

SUPPORT = 32  # voxels: beyond it the cubic spline's prefilter (pole 0.268) has died away to 1e-18


@dataclass(frozen=True, eq=False)
class Axis:
    """New voxels along one axis.

    Attributes
    ----------
    size : the number of old voxels
    positions : (n,) of the new voxels, as fractional indices of the old ones
    """

    size: int
    positions: np.ndarray

    @property
    def unchanged(self) -> bool:
        return np.array_equal(self.positions, np.arange(self.size))

    @property
    def support(self) -> slice:
        """The old voxels that the new ones depend on."""
        low, high = math.floor(self.positions.min()) - SUPPORT, math.ceil(self.positions.max()) + SUPPORT + 1
        return slice(min(max(low, 0), self.size - 1), max(min(high, self.size), 1))


def interpolate(array: np.ndarray, axes: Sequence[Axis], order: int) -> np.ndarray:
    """Values of a spline of order 0, 1 or 3 through a (z, y, x) array, mirrored at its ends, on the axes' grid.

    Returns
    -------
    (len(z), len(y), len(x)) float64
    """
    made = np.array(array[tuple(axis.support for axis in axes)], dtype=np.float64, order="C")
    for number in sorted(range(3), key=lambda i: axes[i].positions.size / axes[i].size):
        axis = axes[number]
        if axis.unchanged:
            continue
        taps, weights = _weights(axis, order)
        z, y, x = made.shape
        match number:
            case 0:
                made = along_middle(made.reshape(1, z, y * x), taps, weights, order == 3).reshape(-1, y, x)
            case 1:
                made = along_middle(made, taps, weights, order == 3)
            case _:
                made = along_last(made, taps, weights, order == 3)
    return made


def _weights(axis: Axis, order: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, taps) indices into the support, and their weights."""
    x = axis.positions
    low = np.floor(x + 0.5 if order == 0 else x)
    match order:
        case 0:
            offsets, weights = [0], np.ones((x.size, 1))
        case 1:
            offsets, weights = [0, 1], np.stack([1 - (x - low), x - low], axis=1)
        case _:
            offsets, weights = [-1, 0, 1, 2], _cubic(x - low)
    taps = _mirrored(low[:, None].astype(np.intp) + offsets, axis.size)
    return taps - axis.support.start, np.ascontiguousarray(weights)


def _cubic(t: np.ndarray) -> np.ndarray:
    """The cubic B-spline at the four voxels around a fractional position."""
    return np.stack([(1 - t) ** 3, 4 - 6 * t**2 + 3 * t**3, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3], axis=1) / 6


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    if size == 1:
        return np.zeros_like(index)
    period = 2 * (size - 1)
    folded = np.abs(index) % period
    return np.minimum(folded, period - folded)
