"""Volumes from files (NIfTI, NRRD, MHA, whatever ITK reads) and from the objects of other libraries."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ..errors import ConfigError, InputError, LabelError, RadiomixWarning, UnreadableFile
from ..image import Geometry, Image, LabelMap, triple
from ..itk import from_sitk, geometry_of, refuse_unsupported, to_sitk
from .nifti import read_stored

if TYPE_CHECKING:
    import nibabel

    Source = str | os.PathLike[str] | sitk.Image | nibabel.spatialimages.SpatialImage | Image
else:
    Source = Any

NIFTI = (".nii", ".nii.gz")
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
        case sitk.Image():
            return from_sitk(source)
        case str() | os.PathLike():
            return _read_file(Path(source), _reader(Path(source)))
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
        case sitk.Image() if source.GetNumberOfComponentsPerPixel() > 1:
            image = from_sitk(_channel(source, channel, "SimpleITK image"), "mask")
        case str() | os.PathLike():
            image = _read_segmentation(Path(source), channel)
        case _:
            image = read_image(source)
    return LabelMap(_as_labels(image), image.geometry, image.source, image.dimensions)


def write_image(image: Image, path: str | os.PathLike[str]) -> None:
    """Write an image or a mask; the file name's ending chooses the format.

    Raises
    ------
    ConfigError : no format has this ending
    """
    try:
        sitk.WriteImage(to_sitk(image), os.fspath(path), useCompression=True)
    except RuntimeError as error:
        raise ConfigError(
            f"cannot write {path}: use an ending such as .nii.gz, .nrrd or .mha ({_last(error)})"
        ) from None


def _read_segmentation(path: Path, channel: int) -> Image:
    reader = _reader(path)
    if reader.GetNumberOfComponents() > 1:
        return from_sitk(_channel(_execute(reader), channel, str(path)), str(path))
    return _read_file(path, reader)


def _read_file(path: Path, reader: sitk.ImageFileReader) -> Image:
    size, source = _size(reader), str(path)
    refuse_unsupported(size, reader.GetNumberOfComponents(), sitk.GetPixelIDValueAsString(reader.GetPixelID()), source)
    if path.name.lower().endswith(NIFTI):
        return _read_nifti(path, reader, len(size))
    return from_sitk(_execute(reader), source)


def _read_nifti(path: Path, reader: sitk.ImageFileReader, dimensions: int) -> Image:
    """Numbers as stored, grid from ITK, which turns NaN and infinity into 0 and reads half a file without a word."""
    stored = read_stored(path)
    if stored is None:
        return from_sitk(_execute(reader), str(path))
    size = _size(reader)[:dimensions]
    if stored.size < math.prod(size):
        raise UnreadableFile(
            f"cannot read {path}: the file is damaged or cut short ({stored.size} of {math.prod(size)} voxels)"
        )
    array = _native(stored[: math.prod(size)].reshape(size[::-1]))
    grid = sitk.Image([1] * dimensions, sitk.sitkUInt8)
    grid.SetSpacing(reader.GetSpacing()[:dimensions])
    grid.SetOrigin(reader.GetOrigin()[:dimensions])
    cosines = np.asarray(reader.GetDirection()).reshape(reader.GetDimension(), -1)[:dimensions, :dimensions]
    grid.SetDirection(cosines.ravel().tolist())
    return Image(array.reshape((1,) * (3 - dimensions) + array.shape), geometry_of(grid), str(path), dimensions)


def _from_nibabel(image: nibabel.spatialimages.SpatialImage) -> Image:
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


def _reader(path: Path) -> sitk.ImageFileReader:
    """An ITK reader that has read the header."""
    if not path.exists():
        raise UnreadableFile(f"there is no file {path}")
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name an image file")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise UnreadableFile(f"cannot read {path}: not an image, or damaged ({_last(error)})") from None
    return reader


def _execute(reader: sitk.ImageFileReader) -> sitk.Image:
    try:
        return reader.Execute()
    except RuntimeError as error:
        raise UnreadableFile(f"cannot read {reader.GetFileName()}: the file is damaged ({_last(error)})") from None


def _last(error: RuntimeError) -> str:
    """The line of an ITK error that says what happened."""
    return str(error).strip().splitlines()[-1].strip()


def _size(reader: sitk.ImageFileReader) -> tuple[int, ...]:
    return tuple(int(v) for v in reader.GetSize())


def _channel(image: sitk.Image, channel: int, source: str) -> sitk.Image:
    count = image.GetNumberOfComponentsPerPixel()
    if not 0 <= channel < count:
        raise LabelError(
            f"{source} holds {count} segmentations, channels 0 to {count - 1}; found label_channel {channel}"
        )
    return sitk.VectorIndexSelectionCast(image, channel)


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
