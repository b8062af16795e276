"""PyRadiomics' resampling: the new grid starts at the corner of the first voxel, and only the ROI's part is made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from ..config import Interpolator, Resample
from ..errors import RegionTooSmall
from ..image import Box, Geometry, Image, Mask
from ..itk import as_sitk_direction, from_sitk, to_sitk

SUPPORT = 32  # voxels: beyond it a cubic spline's prefilter (pole 0.268) has died away to 1e-18


def resample_cornered(image: Image, mask: Mask, rule: Resample, padding: int) -> tuple[Image, Mask]:
    """Resample the ROI's box and `padding` new voxels around it, as PyRadiomics 3.0.1 does.

    Parameters
    ----------
    image : (z, y, x)
    mask : on the image's grid; it is resampled by nearest neighbour
    rule : spacing in mm, (z, y, x), 0 keeps the mask's; an axis along which the ROI spans one voxel is kept as well
    padding : new voxels around the ROI's box

    Returns
    -------
    Image (in the type of the input: integers are cut off as ITK does) and mask, on the new grid.

    Raises
    ------
    RegionTooSmall : no voxel of the ROI is left on the new grid
    """
    box = mask.box
    old = np.asarray(mask.spacing)
    size = np.array([b.stop - b.start for b in box])
    new = np.where(np.asarray(rule.spacing) == 0, old, np.asarray(rule.spacing, dtype=float))
    new = np.where(size == 1, old, new)
    if np.allclose(image.spacing, new):
        wide = mask.bounding_box(padding)
        cut = image.cropped(wide)
        return cut, replace(mask, array=mask.array[wide], geometry=cut.geometry)
    geometry, shape = _grid(mask, box, old, new, padding)
    resampled_mask = _resample(to_sitk(mask), geometry, shape, Interpolator.NEAREST, mask.dimensions)
    inside = resampled_mask.array != 0
    if not inside.any():
        raise RegionTooSmall(
            f"resampling to {tuple(float(v) for v in new)} mm (z, y, x) leaves no voxel of {mask.source} "
            f"label {mask.label}; choose a smaller spacing"
        )
    resampled = _resample(
        to_sitk(_seen(image, geometry, shape, rule)), geometry, shape, rule.interpolator, image.dimensions
    )
    return (
        replace(image, array=resampled.array, geometry=geometry),
        replace(mask, array=inside, geometry=geometry),
    )


def _grid(mask: Mask, box: Box, old: np.ndarray, new: np.ndarray, padding: int) -> tuple[Geometry, tuple[int, ...]]:
    """The part of the corner-aligned grid that covers the padded box, cut at the mask's edges."""
    ratio = old / new
    start = np.array([b.start for b in box])
    stop = np.array([b.stop for b in box])
    first = np.maximum(np.floor((start - 0.5) * ratio - padding), 0)
    last = np.minimum(np.ceil((stop - 0.5) * ratio + padding), np.ceil(np.array(mask.array.shape) * ratio) - 1)
    index = 0.5 * (new - old) / old + first / ratio
    origin = _position(mask.geometry, index)
    geometry = Geometry(tuple(float(v) for v in new), origin, mask.geometry.direction)
    return geometry, tuple(int(v) for v in last - first + 1)


def _position(geometry: Geometry, index: np.ndarray) -> tuple[float, float, float]:
    """The position of a fractional index by ITK's own arithmetic: ties of nearest neighbours hang on the last bit."""
    grid = sitk.Image([1, 1, 1], sitk.sitkUInt8)
    grid.SetSpacing(geometry.spacing[::-1])
    grid.SetOrigin(geometry.origin[::-1])
    grid.SetDirection(as_sitk_direction(geometry))
    z, y, x = grid.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist())[::-1]
    return z, y, x


def _seen(image: Image, geometry: Geometry, shape: tuple[int, ...], rule: Resample) -> Image:
    """The part of the image that the new grid can see.

    Only for the spline, whose prefilter would run over the whole image. Interpolated integers are cut off by ITK, so
    that the last bit, which moves with the origin, could move an intensity by one.
    """
    if rule.interpolator is not Interpolator.BSPLINE:
        return image
    corners = np.array(
        [image.geometry.index(tuple(geometry.position(c))) for c in ((0, 0, 0), tuple(n - 1 for n in shape))]
    )
    low, high = np.floor(corners.min(axis=0)).astype(int) - SUPPORT, np.ceil(corners.max(axis=0)).astype(int) + SUPPORT
    box = tuple(
        slice(int(min(max(a, 0), n - 1)), int(max(min(b + 1, n), 1)))
        for a, b, n in zip(low, high, image.array.shape, strict=True)
    )
    return image.cropped(box)


def _resample(
    image: sitk.Image, geometry: Geometry, shape: tuple[int, ...], interpolator: Interpolator, dimensions: int
) -> Image:
    """ITK's resampling onto a grid given in (z, y, x)."""
    kept = 3 - dimensions
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing(geometry.spacing[kept:][::-1])
    resampler.SetOutputOrigin(geometry.origin[kept:][::-1])
    resampler.SetOutputDirection(np.asarray(geometry.direction)[kept:, kept:][::-1, ::-1].ravel().tolist())
    resampler.SetSize(shape[kept:][::-1])
    resampler.SetOutputPixelType(image.GetPixelID())
    resampler.SetInterpolator(getattr(sitk, interpolator.value))
    return from_sitk(resampler.Execute(image))
