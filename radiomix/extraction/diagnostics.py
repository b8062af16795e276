"""PyRadiomics' `diagnostics_*` columns: what was read, and what each processing step made of it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Any

import numpy as np
import pywt
import scipy.ndimage
import SimpleITK as sitk

from .. import __version__
from ..config import Config
from ..image import Image, LabelMap, Mask, bounding_box
from ..itk import to_sitk
from ..preprocess import Region

PREFIX = "diagnostics_"


def diagnose(
    image: Image, labels: LabelMap, mask: Mask, config: Config, prepared: tuple[Image, Mask], region: Region
) -> dict[str, Any]:
    """The `diagnostics_*` columns of one ROI, in PyRadiomics' order; indices and sizes are (x, y, z) as there.

    Parameters
    ----------
    image, labels : as read
    mask : the ROI on the image's grid
    prepared : image and mask after normalisation and resampling
    region : the ROI after re-segmentation
    """
    columns = dict(_versions(config))
    own = Mask(labels.array == mask.label, labels.geometry, labels.source, labels.dimensions, mask.label)
    columns |= _of_image(image, "original") | _of_mask(own, "original", _hash(labels))
    if config.resample is not None:
        columns |= _of_image(prepared[0], "interpolated")
        columns |= _of_mask(prepared[1], "interpolated") | _of_roi(*prepared, "interpolated")
    elif own.array.shape != mask.array.shape or not own.geometry.matches(mask.geometry):
        columns |= _of_mask(mask, "corrected") | _of_roi(image, mask, "corrected")
    if config.resegment is not None:
        inside = np.zeros(prepared[1].array.shape, dtype=bool)
        inside[region.box] = region.inside
        kept = prepared[1].with_array(inside)
        columns |= _of_mask(kept, "resegmented") | _of_roi(prepared[0], kept, "resegmented")
    return {PREFIX + name: value for name, value in columns.items()}


def _versions(config: Config) -> Iterator[tuple[str, Any]]:
    yield "Versions_PyRadiomics", f"radiomix {__version__}"
    yield "Versions_Numpy", np.__version__
    yield "Versions_SimpleITK", sitk.Version.VersionString()
    yield "Versions_PyWavelet", pywt.__version__
    yield "Versions_Python", platform.python_version()
    yield "Configuration_Settings", repr(config)
    yield "Configuration_EnabledImageTypes", ", ".join(repr(kind.filter) for kind in config.images)


def _of_image(image: Image, step: str) -> dict[str, Any]:
    values = image.array.astype(np.float64)
    first = {"Hash": sitk.Hash(to_sitk(image)), "Dimensionality": f"{image.dimensions}D"} if step == "original" else {}
    return _named(
        f"Image-{step}",
        first | _grid(image) | {"Mean": values.mean(), "Minimum": values.min(), "Maximum": values.max()},
    )


def _of_mask(mask: Mask, step: str, hashed: str | None = None) -> dict[str, Any]:
    box = bounding_box(mask.array)
    kept = 3 - mask.dimensions
    centre = np.array([index.mean() for index in np.nonzero(mask.array)])
    corner, size = [s.start for s in box][kept:], [s.stop - s.start for s in box][kept:]
    columns = {} if hashed is None else {"Hash": hashed}
    columns |= _grid(mask) | {
        "BoundingBox": (*corner[::-1], *size[::-1]),
        "VoxelNum": mask.size,
        "VolumeNum": int(scipy.ndimage.label(mask.array[box], np.ones((3, 3, 3)))[1]),
        "CenterOfMassIndex": tuple(float(v) for v in centre[kept:][::-1]),
        "CenterOfMass": tuple(float(v) for v in mask.geometry.position(tuple(centre))[kept:][::-1]),
    }
    return _named(f"Mask-{step}", columns)


def _of_roi(image: Image, mask: Mask, step: str) -> dict[str, Any]:
    values = image.array[mask.array].astype(np.float64)
    return _named(f"Mask-{step}", {"Mean": values.mean(), "Minimum": values.min(), "Maximum": values.max()})


def _grid(image: Image) -> dict[str, Any]:
    kept = 3 - image.dimensions
    return {"Spacing": image.spacing[kept:][::-1], "Size": image.array.shape[kept:][::-1]}


def _hash(labels: LabelMap) -> str:
    """PyRadiomics hashes the whole segmentation as unsigned 32-bit integers."""
    return sitk.Hash(sitk.Cast(to_sitk(labels), sitk.sitkUInt32))


def _named(prefix: str, columns: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in columns.items()}
