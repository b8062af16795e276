"""PyRadiomics' filters of one voxel, or one voxel and its six neighbours.

The pointwise filters scale their result to the range of the image they are given, so the largest magnitude of the
whole image enters; everything else is computed inside the box alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..image import Box, Image
from .base import SettingsFilter


class PointwiseFilter(SettingsFilter):
    """A function of the intensity and of the largest magnitude in the image, in double precision."""

    NAME: ClassVar[str]

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        part = image.cropped(box)
        with np.errstate(over="ignore"):
            filtered = self.response(part.array.astype(np.float64), largest_magnitude(image.array))
        yield self.NAME, part.with_array(filtered)

    @abstractmethod
    def response(self, intensities: np.ndarray, peak: float) -> np.ndarray:
        """The filtered intensities; `peak` is max |x| over the whole image."""


def largest_magnitude(array: np.ndarray) -> float:
    """max |x|, without a temporary of the array's size."""
    return max(abs(float(array.min())), abs(float(array.max())))


@dataclass(frozen=True, repr=False)
class Square(PointwiseFilter):
    """(c x)^2 with c = 1 / sqrt(max |x|)."""

    NAME = "square"

    def response(self, intensities: np.ndarray, peak: float) -> np.ndarray:
        coefficient = 1 / np.sqrt(peak) if peak > 0 else 0.0
        return (coefficient * intensities) ** 2


@dataclass(frozen=True, repr=False)
class SquareRoot(PointwiseFilter):
    """sign(x) sqrt(c |x|) with c = max |x|."""

    NAME = "squareroot"

    def response(self, intensities: np.ndarray, peak: float) -> np.ndarray:
        return np.copysign(np.sqrt(np.abs(intensities) * peak), intensities)


@dataclass(frozen=True, repr=False)
class Logarithm(PointwiseFilter):
    """c sign(x) log(|x| + 1) with c = max |x| / log(max |x| + 1)."""

    NAME = "logarithm"

    def response(self, intensities: np.ndarray, peak: float) -> np.ndarray:
        scale = peak / np.log(peak + 1) if peak > 0 else 0.0
        return np.copysign(np.log(np.abs(intensities) + 1), intensities) * scale


@dataclass(frozen=True, repr=False)
class Exponential(PointwiseFilter):
    """exp(c x) with c = log(max |x|) / max |x|."""

    NAME = "exponential"

    def response(self, intensities: np.ndarray, peak: float) -> np.ndarray:
        coefficient = np.log(peak) / peak if peak > 0 else 0.0
        return np.exp(coefficient * intensities)


@dataclass(frozen=True, repr=False)
class Gradient(SettingsFilter):
    """The magnitude of the gradient by central differences, edge voxels repeated; float32 as ITK gives it.

    use_spacing : per mm rather than per voxel
    """

    use_spacing: bool = True

    KEYS: ClassVar = {"gradientUseSpacing": "use_spacing"}

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        squares = np.zeros([part.stop - part.start for part in box])
        for axis in (2, 1, 0)[: image.dimensions]:
            step = 0.5 / image.spacing[axis] if self.use_spacing else 0.5
            difference = _neighbour(image.array, box, axis, 1) * step - _neighbour(image.array, box, axis, -1) * step
            squares += difference * difference
        yield "gradient", image.cropped(box).with_array(np.sqrt(squares).astype(np.float32))


def _neighbour(array: np.ndarray, box: Box, axis: int, offset: int) -> np.ndarray:
    """The box shifted by `offset` voxels along an axis, edge voxels repeated, in double precision."""
    positions = np.arange(box[axis].start, box[axis].stop) + offset
    lines = array[tuple(slice(None) if a == axis else box[a] for a in range(3))]
    return lines.take(np.clip(positions, 0, array.shape[axis] - 1), axis=axis).astype(np.float64)
