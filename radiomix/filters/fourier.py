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
from typing import ClassVar, Literal

import numpy as np

from ..image import Box, Image, as_box
from .base import is_whole, many, require, same_names
from .ibsi import IbsiFilter
from .separable import Boundary

PADDING = 32
PAD_MODE: dict[Boundary, Literal["constant", "edge", "symmetric"]] = {
    Boundary.ZERO: "constant",
    Boundary.NEAREST: "edge",
    Boundary.MIRROR: "symmetric",
}

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


@dataclass(frozen=True)
class Grid:
    """The frequencies of a transformed image, in units of pi.

    frequencies : one array per array axis, shaped to be broadcast; 0 along an axis that is not transformed
    """

    frequencies: tuple[np.ndarray, ...]

    @cached_property
    def radius(self) -> np.ndarray:
        """The distance from frequency 0."""
        return np.sqrt(sum(f**2 for f in self.frequencies))

    def riesz(self, axes: tuple[int, ...]) -> np.ndarray:
        """What the Riesz transforms along several array axes, one after the other, multiply by."""
        radius = np.where(self.radius == 0, 1, self.radius)
        return math.prod((-1j * self.frequencies[axis] / radius for axis in axes), start=np.ones(1))


Multiplier = Callable[[Grid], np.ndarray]


class Spectrum:
    """The Fourier transform of an image, or of each of its slices, and the way back."""

    def __init__(self, array: np.ndarray, axes: tuple[int, ...], box: Box) -> None:
        self.array, self.axes, self.box = array, axes, box

    @classmethod
    def of(cls, image: Image, box: Box, dimension: int, boundary: Boundary) -> Spectrum:
        """The image, or its slices in the box, with the boundary laid around; `box` is where the box lies in that."""
        axes = tuple(range(3 - dimension, 3))
        pads = [PADDING if a in axes and boundary != Boundary.PERIODIC else 0 for a in range(3)]
        array = (image.array if dimension == 3 else image.array[box[0]]).astype(np.float64)
        if any(pads):
            array = np.pad(array, [(p, p) for p in pads], mode=PAD_MODE[boundary])
        kept = box if dimension == 3 else (slice(0, len(array)), *box[1:])
        return cls(array, axes, as_box(slice(s.start + p, s.stop + p) for s, p in zip(kept, pads, strict=True)))

    def with_array(self, array: np.ndarray) -> Spectrum:
        """The same grid and box with other intensities."""
        return Spectrum(array, self.axes, self.box)

    @cached_property
    def transformed(self) -> np.ndarray:
        from scipy import fft  # slow to load

        return fft.rfftn(self.array, axes=self.axes)

    @cached_property
    def grids(self) -> tuple[Grid, Grid]:
        """The frequencies k of the half of the spectrum that is kept, and those at -k.

        An even number of frequencies with both ends included is not symmetric, so the second is not minus the first.
        """
        ahead, behind = [], []
        for axis, count in enumerate(self.array.shape):
            line = np.fft.ifftshift(np.linspace(-1, 1, count)) if axis in self.axes else np.zeros(1)
            kept = slice(0, count // 2 + 1) if axis == 2 else slice(None)
            shape = [-1 if a == axis else 1 for a in range(3)]
            ahead.append(line[kept].reshape(shape))
            behind.append(np.roll(line[::-1], 1)[kept].reshape(shape))
        return Grid(tuple(ahead)), Grid(tuple(behind))

    def back(self, multiplier: Multiplier) -> np.ndarray:
        """The real part of the image whose frequencies were multiplied, uncut."""
        from scipy import fft  # slow to load

        ahead, behind = self.grids
        # the real part of the answer to a real image is the answer to the symmetric half of the multiplier
        symmetric = (multiplier(ahead) + np.conj(multiplier(behind))) / 2
        size = [self.array.shape[axis] for axis in self.axes]
        return fft.irfftn(self.transformed * symmetric, size, axes=self.axes)


def _radial(transfer: Transfer) -> Multiplier:
    return lambda grid: transfer(grid.radius)


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
            require(is_whole(level, 1), type(self).__name__, "a whole level of 1 or more", level)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        dimension = self._dimension_for(image)
        spectrum = Spectrum.of(image, box, dimension, self.boundary)
        for level in self.level:
            response = spectrum.back(_radial(self.band(level)))[spectrum.box]
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
