"""The IBSI's interpolation: the new grid shares its centre with the old one, one axis at a time.

Source: IBSI reference manual, image interpolation; what lies beyond the image takes the value at its edge.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..config import Interpolator, Resample
from ..errors import ConfigError, RegionTooSmall
from ..image import Geometry, Image, Mask, triple
from .separable import Axis, interpolate

ORDERS = {Interpolator.NEAREST: 0, Interpolator.LINEAR: 1, Interpolator.BSPLINE: 3}
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
    spacing = triple(new or old for new, old in zip(rule.spacing, image.spacing, strict=True))
    axes = [_centred(*along) for along in zip(image.array.shape, image.spacing, spacing, strict=True)]
    if reach is not None:
        around = zip(axes, mask.box, image.spacing, spacing, strict=True)
        axes = [_near(axis, box, reach / old + max(new / old, 1.0)) for axis, box, old, new in around]
    within = [replace(axis, positions=np.clip(axis.positions, 0, axis.size - 1)) for axis in axes]
    inside = interpolate(mask.array, within, _order(rule.mask_interpolator)) >= rule.partial_volume - ROUNDING
    if not inside.any():
        raise RegionTooSmall(
            f"interpolation to {spacing} mm (z, y, x) leaves no voxel of {mask.source} label {mask.label}; "
            "choose a smaller spacing"
        )
    array = interpolate(image.array, within, _order(rule.interpolator))
    if rule.round_intensities:
        np.rint(array, out=array)
    origin = image.geometry.position([float(axis.positions[0]) for axis in axes])
    geometry = Geometry(spacing, triple(origin), image.geometry.direction)
    return replace(image, array=array, geometry=geometry), replace(mask, array=inside, geometry=geometry)


def _centred(size: int, old: float, new: float) -> Axis:
    count = max(math.ceil(round(size * old / new, 6)), 1)
    return Axis(size, (size - 1) / 2 + (np.arange(count) - (count - 1) / 2) * (new / old))


def _near(axis: Axis, box: slice, margin: float) -> Axis:
    """The part of the axis within `margin` old voxels of a box of old voxels."""
    near = (axis.positions >= box.start - margin) & (axis.positions <= box.stop - 1 + margin)
    return replace(axis, positions=axis.positions[near])


def _order(interpolator: Interpolator) -> int:
    if interpolator not in ORDERS:
        accepted = ", ".join(i.value for i in ORDERS)
        raise ConfigError(f"the IBSI interpolates with one of {accepted}; found {interpolator.value}")
    return ORDERS[interpolator]
