"""The IBSI's interpolation: the new grid shares its centre with the old one, one axis at a time.

Source: IBSI reference manual, image interpolation; what lies beyond the image takes the value at its edge.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy.ndimage
import scipy.sparse

from ..config import Interpolator, Resample
from ..errors import ConfigError, RegionTooSmall
from ..image import Geometry, Image, Mask

ORDERS = {Interpolator.NEAREST: 0, Interpolator.LINEAR: 1, Interpolator.BSPLINE: 3}
SUPPORT = 32  # voxels: beyond it the cubic spline's prefilter (pole 0.268) has died away to 1e-18
ROUNDING = 1e-6  # of a partial volume: a half is a half


def resample_aligned(image: Image, mask: Mask, rule: Resample, reach: float | None = None) -> tuple[Image, Mask]:
    """Interpolate image and mask onto a grid of another spacing with the same centre.

    Parameters
    ----------
    image : (z, y, x)
    mask : on the image's grid
    rule : spacing in mm, (z, y, x), 0 keeps the image's; the mask's interpolated value must reach `partial_volume`
    reach : mm around the ROI that will be looked at, so that the rest need not be made; None makes the whole grid

    Returns
    -------
    Image (float64, rounded to integers where the rule says so) and mask on the new grid.

    Raises
    ------
    RegionTooSmall : no voxel of the ROI is left on the new grid
    ConfigError : the interpolator is none of nearest, linear and cubic spline
    """
    axes = [_Axis.of(n, s, new) for n, s, new in zip(image.array.shape, image.spacing, rule.spacing, strict=True)]
    if reach is not None:
        axes = [axis.around(box, reach) for axis, box in zip(axes, mask.box, strict=True)]
    share = _interpolated(mask.array, axes, _order(rule.mask_interpolator))
    inside = share >= rule.partial_volume - ROUNDING
    if not inside.any():
        raise RegionTooSmall(
            f"interpolation to {tuple(a.new for a in axes)} mm (z, y, x) leaves no voxel of {mask.source} label "
            f"{mask.label}; choose a smaller spacing"
        )
    array = _interpolated(image.array, axes, _order(rule.interpolator))
    if rule.round_intensities:
        np.rint(array, out=array)
    first = tuple(float(axis.positions[0]) for axis in axes)
    origin = tuple(float(v) for v in image.geometry.position(first))
    geometry = Geometry(tuple(axis.new for axis in axes), origin, image.geometry.direction)
    return replace(image, array=array, geometry=geometry), replace(mask, array=inside, geometry=geometry)


class _Axis:
    """One axis: `positions` of the new voxels as fractional indices of the old ones."""

    def __init__(self, size: int, old: float, new: float, positions: np.ndarray) -> None:
        self.size, self.old, self.new, self.positions = size, old, new, positions

    @classmethod
    def of(cls, size: int, old: float, new: float) -> _Axis:
        new = float(new) or old
        count = max(math.ceil(round(size * old / new, 6)), 1)
        return cls(size, old, new, (size - 1) / 2 + (np.arange(count) - (count - 1) / 2) * (new / old))

    def around(self, box: slice, reach: float) -> _Axis:
        """The part of the axis within `reach` mm of a box of old voxels."""
        margin = reach / self.old + max(self.new / self.old, 1.0)
        near = (self.positions >= box.start - margin) & (self.positions <= box.stop - 1 + margin)
        return _Axis(self.size, self.old, self.new, self.positions[near])

    @property
    def unchanged(self) -> bool:
        return self.old == self.new and self.positions.size == self.size

    @property
    def support(self) -> slice:
        """The old voxels that the positions depend on."""
        low, high = math.floor(self.positions[0]) - SUPPORT, math.ceil(self.positions[-1]) + SUPPORT + 1
        return slice(min(max(low, 0), self.size - 1), max(min(high, self.size), 1))


def _order(interpolator: Interpolator) -> int:
    if interpolator not in ORDERS:
        accepted = ", ".join(i.value for i in ORDERS)
        raise ConfigError(f"the IBSI interpolates with one of {accepted}; found {interpolator.value}")
    return ORDERS[interpolator]


def _interpolated(array: np.ndarray, axes: list[_Axis], order: int) -> np.ndarray:
    result = array[tuple(axis.support for axis in axes)].astype(np.float64)
    for number in sorted(range(3), key=lambda i: axes[i].positions.size / axes[i].size):
        axis = axes[number]
        if axis.unchanged:
            continue
        if order == 3 and result.shape[number] > 1:
            result = scipy.ndimage.spline_filter1d(result, 3, axis=number, mode="mirror")
        weights = _weights(axis.positions, axis.support, axis.size, order)
        moved = np.moveaxis(result, number, 0)
        product = weights @ np.ascontiguousarray(moved).reshape(moved.shape[0], -1)
        result = np.moveaxis(product.reshape(-1, *moved.shape[1:]), 0, number)
    return np.ascontiguousarray(result)


def _weights(positions: np.ndarray, support: slice, size: int, order: int) -> scipy.sparse.csr_array:
    """(new, old) weights of a spline of order 0, 1 or 3; positions beyond the edge take the edge's value."""
    x = np.clip(positions, 0, size - 1)
    if order == 0:
        taps, values = np.floor(x + 0.5)[:, None], np.ones((x.size, 1))
    elif order == 1:
        low = np.floor(x)
        taps, values = low[:, None] + [0, 1], np.stack([1 - (x - low), x - low], axis=1)
    else:
        low = np.floor(x)
        taps, values = low[:, None] + [-1, 0, 1, 2], _cubic(x - low)
    taps = _mirrored(taps.astype(int), size) - support.start
    rows = np.repeat(np.arange(x.size), taps.shape[1])
    return scipy.sparse.csr_array((values.ravel(), (rows, taps.ravel())), shape=(x.size, support.stop - support.start))


def _cubic(t: np.ndarray) -> np.ndarray:
    """The cubic B-spline at the four voxels around a fractional position."""
    return np.stack([(1 - t) ** 3, 4 - 6 * t**2 + 3 * t**3, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3], axis=1) / 6


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    if size == 1:
        return np.zeros_like(index)
    period = 2 * (size - 1)
    folded = np.abs(index) % period
    return np.minimum(folded, period - folded)
