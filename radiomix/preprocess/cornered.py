"""PyRadiomics' resampling: the new grid starts at the corner of the first voxel, and only the ROI's part is made.

ITK decides ties and cuts interpolated integers off, so that its last bit can matter. Where it cannot, the same values
come from a separable spline, many times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..config import Interpolator, Resample
from ..errors import RegionTooSmall
from ..image import Box, Geometry, Image, Mask, as_box, triple
from ..itk import as_sitk_direction, from_sitk, to_sitk
from .separable import SUPPORT, Axis, interpolate

TIE = 1e-6  # of a voxel: closer calls are ITK's
WHOLE = 1e-9  # of an intensity: closer to an integer, ITK decides which


@dataclass(frozen=True, eq=False)
class _Grid:
    """The new grid: where it lies, how large it is, and (per axis) its voxels as fractional indices of the mask's."""

    geometry: Geometry
    shape: tuple[int, ...]
    positions: tuple[np.ndarray, ...]


def resample_cornered(
    image: Image, mask: Mask, rule: Resample, padding: int, looked_at: bool = True
) -> tuple[Image, Mask]:
    """Resample the ROI's box and `padding` new voxels around it, as PyRadiomics 3.0.1 does.

    Parameters
    ----------
    image : (z, y, x)
    mask : it is resampled by nearest neighbour; the new grid is laid along its axes, from its corner
    rule : spacing in mm, (z, y, x), 0 keeps the mask's; an axis along which the ROI spans one voxel is kept as well
    padding : new voxels around the ROI's box
    looked_at : whether filters will look at the voxels around the ROI too

    Returns
    -------
    Image (in the type of the input: integers are cut off as ITK does) and mask, on the new grid.

    Raises
    ------
    RegionTooSmall : no voxel of the ROI is left on the new grid
    """
    old = np.asarray(mask.spacing)
    size = np.array([b.stop - b.start for b in mask.box])
    new = np.where(np.asarray(rule.spacing) == 0, old, np.asarray(rule.spacing, dtype=float))
    new = np.where(size == 1, old, new)
    if np.allclose(image.spacing, new):
        return _cropped(image, mask, padding)
    grid = _grid(mask, old, new, padding)
    inside = _nearest(mask, grid)
    if not inside.any():
        raise RegionTooSmall(
            f"resampling to {tuple(float(v) for v in new)} mm (z, y, x) leaves no voxel of {mask.source} "
            f"label {mask.label}; choose a smaller spacing"
        )
    same = mask.geometry == image.geometry and mask.array.shape == image.array.shape
    array = _spline(image, grid, None if looked_at else inside) if same and _is_cubic(rule) else None
    if array is None:
        array = _by_itk(_seen(image, grid, rule), grid, rule.interpolator)
    return replace(image, array=array, geometry=grid.geometry), replace(mask, array=inside, geometry=grid.geometry)


def _is_cubic(rule: Resample) -> bool:
    return rule.interpolator is Interpolator.BSPLINE


def _cropped(image: Image, mask: Mask, padding: int) -> tuple[Image, Mask]:
    """The spacing is the image's own: only the mask may have to move, onto the image's grid."""
    if mask.geometry != image.geometry or mask.array.shape != image.array.shape:
        onto = _Grid(image.geometry, image.array.shape, ())
        mask = replace(mask, array=_by_itk(mask, onto, Interpolator.NEAREST) != 0, geometry=image.geometry)
    box = mask.bounding_box(padding)
    cut = image.cropped(box)
    return cut, replace(mask, array=mask.array[box], geometry=cut.geometry)


def _grid(mask: Mask, old: np.ndarray, new: np.ndarray, padding: int) -> _Grid:
    """The part of the corner-aligned grid that covers the padded box, cut at the mask's edges."""
    ratio = old / new
    start = np.array([b.start for b in mask.box])
    stop = np.array([b.stop for b in mask.box])
    first = np.maximum(np.floor((start - 0.5) * ratio - padding), 0)
    last = np.minimum(np.ceil((stop - 0.5) * ratio + padding), np.ceil(np.array(mask.array.shape) * ratio) - 1)
    index = 0.5 * (new - old) / old + first / ratio
    shape = tuple(int(v) for v in last - first + 1)
    geometry = Geometry(triple(new), _position(mask.geometry, index), mask.geometry.direction)
    return _Grid(geometry, shape, tuple(i + np.arange(n) / r for i, n, r in zip(index, shape, ratio, strict=True)))


def _position(geometry: Geometry, index: np.ndarray) -> tuple[float, float, float]:
    """The position of a fractional index by ITK's own arithmetic: ties of nearest neighbours hang on the last bit."""
    import SimpleITK as sitk

    grid = sitk.Image([1, 1, 1], sitk.sitkUInt8)
    grid.SetSpacing(geometry.spacing[::-1])
    grid.SetOrigin(geometry.origin[::-1])
    grid.SetDirection(as_sitk_direction(geometry))
    z, y, x = grid.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist())[::-1]
    return z, y, x


def _nearest(mask: Mask, grid: _Grid) -> np.ndarray:
    """The nearest voxel of the mask; a position half way between two, or at its very edge, is left to ITK."""
    shifted = [p + 0.5 for p in grid.positions]
    if any((np.abs(s - np.rint(s)) < TIE).any() for s in shifted):
        return _by_itk(mask, grid, Interpolator.NEAREST) != 0
    indices = [np.floor(s).astype(np.intp) for s in shifted]
    seen = [(i >= 0) & (i < n) for i, n in zip(indices, mask.array.shape, strict=True)]
    inside = np.zeros(grid.shape, dtype=bool)
    inside[np.ix_(*seen)] = mask.array[np.ix_(*(i[s] for i, s in zip(indices, seen, strict=True)))]
    return inside


def _spline(image: Image, grid: _Grid, inside: np.ndarray | None) -> np.ndarray | None:
    """The cubic spline, 0 beyond the image's edge; None where ITK's last bit would decide.

    `inside` are the voxels whose values matter; None where all do.
    """
    edges = [(p + 0.5, n - 0.5 - p) for p, n in zip(grid.positions, image.array.shape, strict=True)]
    if any((np.abs(distance) < TIE).any() for pair in edges for distance in pair):
        return None
    made = interpolate(image.array, [Axis(n, p) for n, p in zip(image.array.shape, grid.positions, strict=True)], 3)
    for axis, (below, above) in enumerate(edges):
        beyond = (below < 0) | (above < 0)
        if beyond.any():
            made[(slice(None),) * axis + (beyond,)] = 0
    if image.array.dtype.kind == "f":
        return made.astype(image.array.dtype, copy=False)
    mattering = made if inside is None else made[inside]
    if (np.abs(mattering - np.rint(mattering)) < WHOLE).any():
        return None
    limits = np.iinfo(image.array.dtype)
    return np.trunc(np.clip(made, limits.min, limits.max)).astype(image.array.dtype)


def _seen(image: Image, grid: _Grid, rule: Resample) -> Image:
    """The part of the image that the new grid can see.

    Only for the spline, whose prefilter would run over the whole image. Interpolated integers are cut off by ITK, so
    that the last bit, which moves with the origin, could move an intensity by one.
    """
    if not _is_cubic(rule):
        return image
    corners = [grid.geometry.position((0, 0, 0)), grid.geometry.position([n - 1 for n in grid.shape])]
    found = np.array([image.geometry.index(corner) for corner in corners])
    low, high = np.floor(found.min(axis=0)).astype(int) - SUPPORT, np.ceil(found.max(axis=0)).astype(int) + SUPPORT
    return image.cropped(_cut(low, high, image.array.shape))


def _cut(low: np.ndarray, high: np.ndarray, shape: tuple[int, ...]) -> Box:
    return as_box(
        slice(int(min(max(a, 0), n - 1)), int(max(min(b + 1, n), 1))) for a, b, n in zip(low, high, shape, strict=True)
    )


def _by_itk(image: Image, grid: _Grid, interpolator: Interpolator) -> np.ndarray:
    """ITK's resampling onto a grid."""
    import SimpleITK as sitk

    kept = 3 - image.dimensions
    made = to_sitk(image)
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing(grid.geometry.spacing[kept:][::-1])
    resampler.SetOutputOrigin(grid.geometry.origin[kept:][::-1])
    resampler.SetOutputDirection(np.asarray(grid.geometry.direction)[kept:, kept:][::-1, ::-1].ravel().tolist())
    resampler.SetSize(grid.shape[kept:][::-1])
    resampler.SetOutputPixelType(made.GetPixelID())
    resampler.SetInterpolator(getattr(sitk, interpolator.value))
    return from_sitk(resampler.Execute(made)).array
