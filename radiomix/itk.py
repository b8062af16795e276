"""Between SimpleITK's images and ours: it counts (x, y, z), we count (z, y, x).

SimpleITK takes long to load, and a NIfTI file's default features need none of it: it is imported where it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import UnsupportedImage
from .image import IDENTITY, Geometry, Image, triple

if TYPE_CHECKING:
    import SimpleITK as sitk


class _Shared:
    """Lends an ITK image's memory to numpy and keeps the image alive as long as any array looks at it."""

    def __init__(self, image: sitk.Image, *, writable: bool = False) -> None:
        import SimpleITK as sitk

        self.image = image
        lent = sitk.GetArrayViewFromImage(image).__array_interface__
        address, read_only = lent["data"]
        self.__array_interface__ = {**lent, "data": (address, read_only and not writable)}


def geometry_of(image: sitk.Image) -> Geometry:
    """The grid of a 2D or 3D SimpleITK image; a 2D image lies in the plane z = 0, 1 mm thick."""
    spacing, origin = image.GetSpacing()[::-1], image.GetOrigin()[::-1]
    cosines = np.asarray(image.GetDirection()).reshape(image.GetDimension(), -1)[::-1, ::-1]
    if image.GetDimension() == 2:
        spacing, origin = (1.0, *spacing), (0.0, *origin)
        cosines = np.block([[np.ones((1, 1)), np.zeros((1, 2))], [np.zeros((2, 1)), cosines]])
    z, y, x = (triple(row) for row in cosines)
    return Geometry(spacing, origin, (z, y, x))


def from_sitk(image: sitk.Image, source: str = "SimpleITK image") -> Image:
    """A scalar 2D or 3D SimpleITK image as an `Image` that looks at the same memory.

    Raises
    ------
    UnsupportedImage : neither 2D nor 3D, several components per voxel, complex numbers, or no voxels
    """
    dimensions, components, size = image.GetDimension(), image.GetNumberOfComponentsPerPixel(), image.GetSize()
    refuse_unsupported(size, components, image.GetPixelIDTypeAsString(), source)
    array = np.asarray(_Shared(image))
    return Image(array.reshape((1,) * (3 - dimensions) + array.shape), geometry_of(image), source, dimensions)


def refuse_unsupported(size: tuple[int, ...], components: int, pixels: str, source: str) -> None:
    """Raise UnsupportedImage unless this is one scalar 2D or 3D image."""
    if len(size) not in (2, 3):
        raise UnsupportedImage(
            f"{source} is {len(size)}D with size {size} (x, y, z, ...); radiomics needs one 2D or 3D image: "
            "choose one frame and save it on its own"
        )
    if components != 1:
        raise UnsupportedImage(
            f"{source} has {components} components per voxel ({pixels}); radiomics needs one intensity: "
            "choose one channel or convert to grey"
        )
    if "complex" in pixels:
        raise UnsupportedImage(f"{source} holds complex numbers ({pixels}); take the magnitude first")
    if 0 in size:
        raise UnsupportedImage(f"{source} has no voxels: size {size} (x, y, z)")


def writable(image: sitk.Image) -> np.ndarray:
    """The voxels of an ITK image of our own making, flat in scan order, to be filled where they lie."""
    return np.asarray(_Shared(image, writable=True)).reshape(-1)


def to_sitk(image: Image) -> sitk.Image:
    """An `Image` (or mask, as uint8) as a SimpleITK image of its own dimension; the voxels are copied."""
    import SimpleITK as sitk

    array = image.array[0] if image.dimensions == 2 else image.array
    kept = 3 - image.dimensions
    converted = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    geometry = image.geometry
    converted.SetSpacing(geometry.spacing[kept:][::-1])
    converted.SetOrigin(geometry.origin[kept:][::-1])
    cosines = np.asarray(geometry.direction)[kept:, kept:][::-1, ::-1]
    converted.SetDirection(cosines.ravel().tolist())
    return converted


def as_sitk_direction(geometry: Geometry) -> list[float]:
    """The nine direction cosines in SimpleITK's order."""
    return np.asarray(geometry.direction or IDENTITY)[::-1, ::-1].ravel().tolist()
