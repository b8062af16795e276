"""Gabor filters: a wave under a Gaussian envelope, in the plane."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np

from ..image import Box, Image
from .base import choice, is_number, is_positive, name_number, require, same_names
from .ibsi import IbsiFilter
from .separable import Boundary, Pooling, positions_inside

NEGLIGIBLE = 7.0  # standard deviations from the centre, where a Gaussian is below 10^-10


class ComplexPart(Enum):
    """What is taken of a complex response."""

    MODULUS = "modulus"
    REAL = "real"
    IMAGINARY = "imaginary"
    ANGLE = "angle"

    def of(self, response: np.ndarray) -> np.ndarray:
        match self:
            case ComplexPart.MODULUS:
                return np.abs(response)
            case ComplexPart.REAL:
                return response.real
            case ComplexPart.IMAGINARY:
                return response.imag
            case ComplexPart.ANGLE:
                return np.angle(response)


@dataclass(frozen=True, repr=False)
class Gabor(IbsiFilter):
    """The IBSI's two-dimensional Gabor filter.

    sigma : standard deviation of the envelope along the wave, mm
    wavelength : mm
    gamma : the envelope's standard deviation along the wave, divided by that across it
    theta : direction of the wave, radians from the first axis of the plane
    theta_step : angle between directions over the whole circle, whose responses are combined, radians; None uses theta
    pooling : how the responses of several directions are combined
    response : what is taken of the complex response, before anything is combined
    dimension : 2 filters the (x, y) planes, 3 averages over the three orthogonal planes
    """

    sigma: float = 3.0
    wavelength: float = 3.0
    gamma: float = 1.0
    theta: float = 0.0
    theta_step: float | None = None
    pooling: Pooling = Pooling.AVERAGE
    response: ComplexPart = ComplexPart.MODULUS

    KEYS: ClassVar = same_names(
        "sigma", "wavelength", "gamma", "theta", "theta_step", "pooling", "response", "dimension", "boundary"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("sigma", "wavelength", "gamma"):
            require(is_positive(getattr(self, name)), "Gabor", f"{name} above 0", getattr(self, name))
        self._set(
            pooling=choice("pooling", self.pooling, Pooling), response=choice("response", self.response, ComplexPart)
        )
        require(is_number(self.theta), "Gabor", "theta in radians", self.theta)
        if self.theta_step is not None:
            turns = 2 * math.pi / self.theta_step if is_positive(self.theta_step) else 0.5
            whole = math.isclose(turns, round(turns), rel_tol=1e-6)
            require(whole, "Gabor", "theta_step that divides a full turn, radians", self.theta_step)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        planes = ((2, 1), (2, 0), (1, 0)) if self._dimension_for(image) == 3 else ((2, 1),)
        yield self._name, np.mean([self._plane_response(image, box, *plane) for plane in planes], axis=0)

    @property
    def _name(self) -> str:
        lengths = f"sigma-{name_number(self.sigma)}-mm-lambda-{name_number(self.wavelength)}-mm"
        angle = self.theta % (2 * math.pi) if self.theta_step is None else self.theta_step
        degrees = name_number(round(math.degrees(angle), 2))
        turned = f"theta-{degrees}" if self.theta_step is None else f"{self.pooling.value}-every-{degrees}"
        part = "" if self.response == ComplexPart.MODULUS else f"-{self.response.value}"
        return f"gabor-{lengths}-gamma-{name_number(self.gamma)}-{turned}{part}-{self.dimension}D"

    @property
    def _angles(self) -> list[float]:
        if self.theta_step is None:
            return [self.theta]
        count = round(2 * math.pi / self.theta_step)
        if self.response == ComplexPart.MODULUS and count % 2 == 0:
            count //= 2  # half a turn gives the complex conjugate
        return [i * self.theta_step for i in range(count)]

    def _plane_response(self, image: Image, box: Box, first: int, second: int) -> np.ndarray:
        """The pooled response in the planes of two array axes, the wave's angle counted from the first."""
        from scipy import fft  # slow to load

        across = 3 - first - second
        width, height = (self._half_width(image, axis) for axis in (first, second))
        slices = np.moveaxis(image.array, (across, second, first), (0, 1, 2))[box[across]]
        # what wraps around falls outside `inner`
        size = [fft.next_fast_len(box[a].stop - box[a].start + 2 * h) for a, h in ((second, height), (first, width))]
        kernels = [fft.fft2(self._kernel(image, first, second, width, height, t), size) for t in self._angles]
        out = np.empty(tuple(s.stop - s.start for s in box))
        target = np.moveaxis(out, (across, second, first), (0, 1, 2))
        inner = tuple(slice(2 * h, 2 * h + n) for h, n in zip((height, width), target.shape[1:], strict=True))
        for source, place in zip(slices, target, strict=True):
            spectrum = fft.fft2(_continued(source, box[second], box[first], height, width, self.boundary), size)
            found = np.stack([self.response.of(fft.ifft2(spectrum * kernel)[inner]) for kernel in kernels])
            place[...] = found.max(axis=0) if self.pooling == Pooling.MAX else found.mean(axis=0)
        return out

    def _half_width(self, image: Image, axis: int) -> int:
        """Half the image's size, as the IBSI has it, or less where nothing is left of the envelope."""
        widest = max(self.sigma, self.sigma / self.gamma) / image.spacing[axis]
        return min(image.array.shape[axis] // 2, math.ceil(NEGLIGIBLE * widest))

    def _kernel(self, image: Image, first: int, second: int, width: int, height: int, theta: float) -> np.ndarray:
        k1 = np.arange(-width, width + 1) * image.spacing[first]
        k2 = np.arange(-height, height + 1)[:, None] * image.spacing[second]
        along, across = k1 * math.cos(theta) + k2 * math.sin(theta), k1 * math.sin(theta) - k2 * math.cos(theta)
        envelope = np.exp(-(along**2 + (self.gamma * across) ** 2) / (2 * self.sigma**2))
        return envelope * np.exp(2j * math.pi * along / self.wavelength)


def _continued(
    plane: np.ndarray, rows: slice, columns: slice, height: int, width: int, boundary: Boundary
) -> np.ndarray:
    """The part of a plane and its surroundings, continued beyond the plane's edges."""
    places = (
        np.arange(rows.start - height, rows.stop + height),
        np.arange(columns.start - width, columns.stop + width),
    )
    (r, r_present), (c, c_present) = (
        positions_inside(p, n, boundary) for p, n in zip(places, plane.shape, strict=True)
    )
    return plane[np.ix_(r, c)] * (r_present[:, None] * c_present)
