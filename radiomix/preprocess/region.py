"""The ROI within the prepared image: where it lies, whether it is large enough, what re-segmentation leaves of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..config import Config, RangeMode, Resegment
from ..errors import NonFiniteVoxels, RegionTooSmall
from ..image import Box, Image, Mask, as_box, bounding_box
from ..registry import Dialect


@dataclass(frozen=True, eq=False)
class Region:
    """One ROI in a prepared image.

    Attributes
    ----------
    box : what features see of the image
    morphological : (z, y, x) booleans, the region as delineated, cut to the box, which it fills
    inside : (z, y, x) booleans, the intensity mask, cut to the box
    """

    box: Box
    morphological: np.ndarray
    inside: np.ndarray


def find_region(image: Image, mask: Mask, config: Config) -> Region:
    """The box of the ROI and its two masks.

    In PyRadiomics' dialect the box is that of the intensity mask, and it cuts the morphological mask too: where
    re-segmentation trims the ROI's outline, PyRadiomics' shape features see the trimmed box. In the IBSI's dialect the
    morphological mask stays whole, unless re-segmentation changes it too. It fills the box either way.

    Parameters
    ----------
    image, mask : as `prepare` returns them

    Raises
    ------
    RegionTooSmall : the ROI, or what re-segmentation leaves of it, is smaller than the configuration asks for
    NonFiniteVoxels : the image is NaN or infinite inside the ROI
    """
    box = mask.box
    _check(mask.array[box], config, mask)
    if config.resegment is None:
        inside = mask.array[box].copy()
        return Region(box, inside, inside)
    whole = mask.array[box]
    kept = _kept(image.array[box], whole, config.resegment, mask)
    _check_kept(kept, whole, config, mask)
    if config.dialect is Dialect.PYRADIOMICS or config.resegment.shape:
        trimmed = bounding_box(kept)
        box = as_box(slice(b.start + t.start, b.start + t.stop) for b, t in zip(box, trimmed, strict=True))
        whole, kept = whole[trimmed], kept[trimmed]
    return Region(box, kept if config.resegment.shape else np.ascontiguousarray(whole), np.ascontiguousarray(kept))


def _check(inside: np.ndarray, config: Config, mask: Mask) -> None:
    """The rules of PyRadiomics' `minimumROIDimensions` and `minimumROISize`, on the ROI's own box."""
    dimensions = 3 - inside.shape.count(1)
    if dimensions >= max(config.minimum_dimensions, 1) and config.minimum_size is None:
        return
    name = f"the ROI of {mask.source} (label {mask.label})"
    if dimensions == 0:
        raise RegionTooSmall(f"{name} has a single voxel; features need at least two")
    if dimensions < config.minimum_dimensions:
        raise RegionTooSmall(
            f"{name} has {dimensions} dimension{'s' if dimensions > 1 else ''} (box {inside.shape}, z, y, x); "
            f"at least {config.minimum_dimensions} are asked for (minimumROIDimensions)"
        )
    if config.minimum_size is not None:
        size = int(np.count_nonzero(inside))
        if size <= config.minimum_size:
            raise RegionTooSmall(
                f"{name} has {size} voxels; more than {config.minimum_size} are asked for (minimumROISize)"
            )


def _check_kept(kept: np.ndarray, whole: np.ndarray, config: Config, mask: Mask) -> None:
    left, before = int(np.count_nonzero(kept)), int(np.count_nonzero(whole))
    if left <= 1:
        raise RegionTooSmall(
            f"re-segmentation with {config.resegment} leaves {left} of {before} voxels of {mask.source} "
            f"(label {mask.label}); widen the range"
        )
    _check(kept[bounding_box(kept)], config, mask)


def _kept(intensities: np.ndarray, inside: np.ndarray, rule: Resegment, mask: Mask) -> np.ndarray:
    """The intensity mask: where the intensities lie in the closed range, and near enough to the mean."""
    values = intensities[inside]
    if not np.isfinite(values).all():
        raise NonFiniteVoxels(nonfinite(values, f"{mask.source} (label {mask.label})"))
    keep = np.ones(values.shape, dtype=bool)
    for bound, compare in ((rule.low, np.greater_equal), (rule.high, np.less_equal)):
        if bound is not None:
            keep &= compare(values, _absolute(bound, values, rule.mode))
    if rule.outlier_sigma is not None:
        mean, sd = np.mean(values, dtype=np.float64), np.std(values, dtype=np.float64)
        keep &= np.abs(values - mean) <= rule.outlier_sigma * sd
    kept = np.zeros(inside.shape, dtype=bool)
    kept[inside] = keep
    return kept


def _absolute(bound: float, values: np.ndarray, mode: RangeMode) -> float | np.floating:
    """A bound as an intensity, in the number type of the image, as PyRadiomics computes it."""
    match mode:
        case RangeMode.ABSOLUTE:
            return bound
        case RangeMode.RELATIVE:
            return values.max() * bound
        case RangeMode.SIGMA:
            return values.mean() + values.std() * bound


def nonfinite(values: np.ndarray, where: str) -> str:
    """The message that counts NaN and infinite intensities."""
    nans, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    return (
        f"{nans} NaN and {infinite} infinite of {values.size} intensities inside the ROI of {where}; "
        "repair the image or exclude these voxels from the mask"
    )
