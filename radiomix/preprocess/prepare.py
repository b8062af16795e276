"""Normalise, resample or crop: what happens to the whole image before a ROI is cut out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..config import Config, Normalise
from ..errors import InputError, NonFiniteVoxels
from ..image import Image, Mask
from ..itk import to_sitk
from ..registry import Dialect, Original
from .aligned import resample_aligned
from .cornered import resample_cornered

LOCAL = 10.0  # mm: more than the radius of the IBSI's sphere for local intensity


def prepare(image: Image, mask: Mask, config: Config) -> tuple[Image, Mask]:
    """Normalise, then resample or crop, as the configuration says.

    Parameters
    ----------
    image : (z, y, x) intensities, not changed
    mask : (z, y, x) booleans on the image's grid

    Returns
    -------
    The image and the mask that filters and features see. They share one grid, which may be a part of the original's.

    Raises
    ------
    NonFiniteVoxels : the image has NaN or infinite voxels and is to be normalised
    InputError : a constant image cannot be normalised
    RegionTooSmall : nothing of the ROI is left on the new grid
    """
    if config.normalise is not None:
        image = normalise(image, config.normalise)
    if config.resample is not None:
        match config.dialect:
            case Dialect.PYRADIOMICS:
                return resample_cornered(image, mask, config.resample, config.pad_distance, not _alone(config))
            case Dialect.IBSI:
                return resample_aligned(image, mask, config.resample, _reach(config))
    if config.pre_crop:
        return crop(image, mask, config.pad_distance)
    return image, mask


def _reach(config: Config) -> float | None:
    """How far from the ROI, in mm, an interpolated image is looked at; filters and diagnostics look at all of it."""
    return LOCAL if _alone(config) and not config.diagnostics else None


def _alone(config: Config) -> bool:
    """Whether only the image itself is looked at, and so only within the ROI."""
    return all(isinstance(kind.filter, Original) for kind in config.images)


def normalise(image: Image, rule: Normalise) -> Image:
    """(x - mean) / sd over the whole image (sd with N - 1), clipped where asked, times the scale; float64."""
    if image.array.dtype.kind == "f" and not np.isfinite(image.array).all():
        raise NonFiniteVoxels(
            f"{image.source} has {int((~np.isfinite(image.array)).sum())} NaN or infinite voxels, so its mean and "
            "standard deviation for normalisation are undefined; repair the image"
        )
    if image.array.min() == image.array.max():
        raise InputError(f"{image.source} is constant ({image.array.flat[0]:g}) and cannot be normalised")
    import SimpleITK as sitk

    array = sitk.GetArrayFromImage(sitk.Normalize(to_sitk(image))).reshape(image.array.shape)
    if rule.remove_outliers is not None:
        np.clip(array, -rule.remove_outliers, rule.remove_outliers, out=array)
    if rule.scale != 1:
        array *= rule.scale
    return image.with_array(array)


def crop(image: Image, mask: Mask, padding: int) -> tuple[Image, Mask]:
    """Image and mask cut to the ROI's box and `padding` voxels around it."""
    box = mask.bounding_box(padding)
    cut = image.cropped(box)
    return cut, replace(mask, array=mask.array[box], geometry=cut.geometry)
