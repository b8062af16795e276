"""Volumes from files (NIfTI, NRRD, MHA, whatever ITK reads) and from the objects of other libraries."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from ..errors import InputError, LabelError, RadiomixWarning, UnreadableFile
from ..image import Geometry, Image, LabelMap, triple
from ..itk import from_sitk, refuse_unsupported, to_sitk
from .nifti import ENDINGS, read_nifti

if TYPE_CHECKING:
    import nibabel
    import SimpleITK as sitk

    Source = str | os.PathLike[str] | sitk.Image | nibabel.spatialimages.SpatialImage | Image
else:
    Source = Any

ROUNDING = 0.01  # how far a float label may lie from an integer before it is no label at all


def read_image(source: Source) -> Image:
    """Read an image.

    Parameters
    ----------
    source : a path to anything SimpleITK reads, a SimpleITK image, a nibabel image, or an `Image`

    Returns
    -------
    Image : (z, y, x), in the file's own number type. Of in-memory images the voxels are shared, not copied.

    Raises
    ------
    UnreadableFile, UnsupportedImage
    """
    match source:
        case Image():
            return source
        case str() | os.PathLike():
            return _read_file(Path(source))
        case _ if _is_itk(source):
            return from_sitk(source)
        case _ if hasattr(source, "affine") and hasattr(source, "dataobj"):
            return _from_nibabel(source)
        case _:
            raise InputError(
                f"an image is a path, a SimpleITK image, a nibabel image or a radiomix.Image; found {type(source)}"
            )


def read_labels(source: Source, channel: int = 0) -> LabelMap:
    """Read a segmentation.

    Parameters
    ----------
    source : as for `read_image`; a vector-valued image holds one segmentation per channel
    channel : which channel to take

    Returns
    -------
    LabelMap : (z, y, x) integers. Labels stored as floats (0.9999) are rounded, with a warning.

    Raises
    ------
    UnreadableFile, UnsupportedImage
    LabelError : the channel does not exist, or the values are no labels (a probability map)
    """
    match source:
        case LabelMap():
            return source
        case str() | os.PathLike():
            image = _read_file(Path(source), channel)
        case _ if _is_itk(source) and source.GetNumberOfComponentsPerPixel() > 1:
            from .by_itk import channel_of

            image = from_sitk(channel_of(source, channel, "SimpleITK image"), "mask")
        case _:
            image = read_image(source)
    return LabelMap(_as_labels(image), image.geometry, image.source, image.dimensions)


def write_image(image: Image, path: str | os.PathLike[str]) -> None:
    """Write an image or a mask; the file name's ending chooses the format.

    Raises
    ------
    ConfigError : no format has this ending
    """
    from .by_itk import write_by_itk

    write_by_itk(to_sitk(image), os.fspath(path))


def _read_file(path: Path, channel: int | None = None) -> Image:
    """A volume from a file; of one with several components the channel, where one is asked for."""
    if not path.exists():
        raise UnreadableFile(f"there is no file {path}")
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name an image file")
    found = read_nifti(path) if path.name.lower().endswith(ENDINGS) else None
    if found is not None:
        return found
    from .by_itk import read_by_itk

    return read_by_itk(path, channel)


def _is_itk(source: object) -> TypeGuard[sitk.Image]:
    """Without SimpleITK, which takes long to load: where nobody has loaded it, there are no images of its."""
    loaded = sys.modules.get("SimpleITK")
    return loaded is not None and isinstance(source, loaded.Image)


def _from_nibabel(image: Any) -> Image:
    """Of nibabel's (x, y, z), right-anterior-superior world to (z, y, x), left-posterior-superior."""
    shape = image.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    refuse_unsupported(tuple(shape), 1 if image.get_data_dtype().names is None else 3, "RGB", "nibabel image")
    array = _native(np.asanyarray(image.dataobj).reshape(shape).T)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    cosines = (affine[:3, :3] / spacing)[::-1, ::-1]
    z, y, x = (triple(row) for row in cosines)
    geometry = Geometry(triple(spacing[::-1]), triple(affine[:3, 3][::-1]), (z, y, x))
    name = image.get_filename() or "nibabel image"
    return Image(array.reshape((1,) * (3 - len(shape)) + array.shape), geometry, name, len(shape))


def _native(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _as_labels(image: Image) -> np.ndarray:
    array = image.array
    if array.dtype == bool:
        return array.view(np.uint8)
    if np.issubdtype(array.dtype, np.integer):
        return array
    if not np.isfinite(array).all():
        raise LabelError(f"{image.source} holds NaN or infinite values; a mask holds integer labels")
    rounded = np.rint(array)
    distance = float(np.abs(array - rounded).max(initial=0.0))
    if distance > ROUNDING:
        example = float(array[np.unravel_index(np.abs(array - rounded).argmax(), array.shape)])
        raise LabelError(
            f"{image.source} is no segmentation: it holds {example:g}, and labels are integers; "
            "threshold a probability map first"
        )
    if distance > 0:
        warnings.warn(
            f"{image.source}: labels are stored as floats up to {distance:g} away from an integer; rounded",
            RadiomixWarning,
            stacklevel=2,
        )
    return rounded.astype(np.int32)
