"""Filters defined by what they do to frequencies: the IBSI's non-separable wavelets, and the Riesz transforms' ground.

They have no finite support, so the whole image is transformed. The grid of frequencies runs from -1 to 1 (times pi)
with both ends included: the step that the IBSI's manual prints, 2 pi / N, misses its own reference maps. A boundary
other than periodic is laid around the image, PADDING voxels wide.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..image import Box, Image
from .base import many, require, same_names
from .ibsi import IbsiFilter
from .separable import Boundary

PADDING = 32
PAD_MODE = {Boundary.ZERO: "constant", Boundary.NEAREST: "edge", Boundary.MIRROR: "symmetric"}

Transfer = Callable[[np.ndarray], np.ndarray]  # of the distance from frequency 0


def simoncelli_band(level: int) -> Transfer:
    """The band-pass part of Simoncelli's pyramid: two octaves around 2^-level."""
    highest = 2.0 ** (1 - level)

    def transfer(radius: np.ndarray) -> np.ndarray:
        inside = (radius > highest / 4) & (radius <= highest)
        return np.where(inside, np.cos(math.pi / 2 * np.log2(2 * np.where(inside, radius, 1) / highest)), 0)

    return transfer


def shannon_band(level: int) -> Transfer:
    """The octave below 2^(1 - level), cut sharply."""
    highest = 2.0 ** (1 - level)
    return lambda radius: ((radius > highest / 2) & (radius <= highest)).astype(float)


class Spectrum:
    """The Fourier transform of an image, or of each of its slices, and the way back into a box."""

    def __init__(self, image: Image, box: Box, dimension: int, boundary: Boundary) -> None:
        self.axes = tuple(range(3 - dimension, 3))
        pads = [PADDING if a in self.axes and boundary != Boundary.PERIODIC else 0 for a in range(3)]
        array = image.array if dimension == 3 else image.array[box[0]]
        array = array.astype(np.float64)
        if any(pads):
            array = np.pad(array, [(p, p) for p in pads], mode=PAD_MODE[boundary])
        self.array = array
        kept = box if dimension == 3 else (slice(0, len(array)), *box[1:])
        self.box = tuple(slice(s.start + p, s.stop + p) for s, p in zip(kept, pads, strict=True))

    @cached_property
    def transformed(self) -> np.ndarray:
        from scipy import fft  # slow to load

        return fft.fftn(self.array, axes=self.axes)

    @cached_property
    def frequencies(self) -> list[np.ndarray]:
        """One array per array axis, in units of pi, shaped to be broadcast; 0 along an axis that is not transformed."""
        found = []
        for axis, count in enumerate(self.array.shape):
            line = np.fft.ifftshift(np.linspace(-1, 1, count)) if axis in self.axes else np.zeros(1)
            found.append(line.reshape([-1 if a == axis else 1 for a in range(3)]))
        return found

    @cached_property
    def radius(self) -> np.ndarray:
        return np.sqrt(sum(f**2 for f in self.frequencies))

    def back(self, multiplier: np.ndarray) -> np.ndarray:
        """The real part of the image whose frequencies were multiplied, uncut."""
        from scipy import fft  # slow to load

        return fft.ifftn(self.transformed * multiplier, axes=self.axes).real

    def riesz(self, axes: tuple[int, ...]) -> np.ndarray:
        """The multiplier of the Riesz transforms along several array axes, one after the other."""
        radius = np.where(self.radius == 0, 1, self.radius)
        return math.prod((-1j * self.frequencies[axis] / radius for axis in axes), start=np.ones(1))


@dataclass(frozen=True, repr=False)
class BandPass(IbsiFilter):
    """A non-separable wavelet's band-pass image.

    level : of the decomposition; one or several
    """

    level: tuple[int, ...] = (1,)
    boundary: Boundary = field(default=Boundary.PERIODIC, kw_only=True)

    DEFAULT_BOUNDARY = Boundary.PERIODIC
    NAME: ClassVar[str]
    KEYS: ClassVar = same_names("level", "dimension", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(level=many(self.level))
        for level in self.level:
            require(level >= 1, type(self).__name__, "level of 1 or more", level)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        dimension = self._dimension_for(image)
        spectrum = Spectrum(image, box, dimension, self.boundary)
        for level in self.level:
            response = spectrum.back(self.band(level)(spectrum.radius))[spectrum.box]
            yield f"{self.NAME}-level-{level}-{dimension}D", response

    @staticmethod
    @abstractmethod
    def band(level: int) -> Transfer:
        """What the filter lets through."""


@dataclass(frozen=True, repr=False)
class Simoncelli(BandPass):
    """The band-pass images of Simoncelli's non-separable wavelets: a cosine over two octaves.

    level : of the decomposition; one or several
    """

    NAME = "simoncelli"
    band = staticmethod(simoncelli_band)


@dataclass(frozen=True, repr=False)
class Shannon(BandPass):
    """The band-pass images of Shannon's non-separable wavelets: one octave, cut sharply.

    level : of the decomposition; one or several
    """

    NAME = "shannon"
    band = staticmethod(shannon_band)
