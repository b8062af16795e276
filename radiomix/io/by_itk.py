"""Volumes through ITK: every format but plain NIfTI. A module of its own, as SimpleITK is loaded where it is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import ConfigError, LabelError, UnreadableFile
from ..image import Geometry, Image
from ..itk import from_sitk, geometry_of, refuse_unsupported
from .nifti import ENDINGS, read_header, read_voxels


def read_by_itk(path: Path, channel: int | None) -> Image:
    """A volume from an existing file; of one with several components the channel, where one is asked for.

    Raises
    ------
    UnreadableFile, UnsupportedImage, LabelError
    """
    reader = _reader(path)
    if channel is not None and reader.GetNumberOfComponents() > 1:
        return from_sitk(channel_of(_execute(reader), channel, str(path)), str(path))
    size, pixels = _size(reader), sitk.GetPixelIDValueAsString(reader.GetPixelID())
    refuse_unsupported(size, reader.GetNumberOfComponents(), pixels, str(path))
    if not path.name.lower().endswith(ENDINGS):
        return from_sitk(_execute(reader), str(path))
    header = read_header(path)
    if header is None:
        raise UnreadableFile(f"cannot read {path}: the file is damaged or cut short (no NIfTI header)")
    number = header.number
    if number is None or header.scaled:
        return from_sitk(_execute(reader), str(path))
    # of NIfTI the grid alone: ITK turns NaN and infinity into 0, and reads half a file without a word
    return Image(read_voxels(header, number, size), _grid(reader, len(size)), str(path), len(size))


def write_by_itk(image: sitk.Image, path: str) -> None:
    """Write an image or a mask; the file name's ending chooses the format."""
    try:
        sitk.WriteImage(image, path, useCompression=True)
    except RuntimeError as error:
        raise ConfigError(
            f"cannot write {path}: use an ending such as .nii.gz, .nrrd or .mha ({_last(error)})"
        ) from None


def channel_of(image: sitk.Image, channel: int, source: str) -> sitk.Image:
    """One component of a vector-valued image."""
    count = image.GetNumberOfComponentsPerPixel()
    if not 0 <= channel < count:
        raise LabelError(
            f"{source} holds {count} segmentations, channels 0 to {count - 1}; found label_channel {channel}"
        )
    return sitk.VectorIndexSelectionCast(image, channel)


def _reader(path: Path) -> sitk.ImageFileReader:
    """An ITK reader that has read the header."""
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


def _size(reader: sitk.ImageFileReader) -> tuple[int, ...]:
    return tuple(int(v) for v in reader.GetSize())


def _grid(reader: sitk.ImageFileReader, dimensions: int) -> Geometry:
    """The grid that a reader has found."""
    grid = sitk.Image([1] * dimensions, sitk.sitkUInt8)
    cosines = np.asarray(reader.GetDirection()).reshape(reader.GetDimension(), -1)[:dimensions, :dimensions]
    try:
        grid.SetSpacing(reader.GetSpacing()[:dimensions])
        grid.SetOrigin(reader.GetOrigin()[:dimensions])
        grid.SetDirection(cosines.ravel().tolist())
    except RuntimeError:
        raise UnreadableFile(
            f"cannot read {reader.GetFileName()}: its header describes no grid: expected spacings above 0 and axes "
            f"that span space; found spacing {reader.GetSpacing()}, direction {cosines.tolist()} (x, y, z)"
        ) from None
    return geometry_of(grid)


def _last(error: RuntimeError) -> str:
    """The line of an ITK error that says what happened."""
    return str(error).strip().splitlines()[-1].strip()
