"""Riesz transforms of the Laplacian of Gaussian and of Simoncelli's wavelets, as they stand or aligned with the image.

A Riesz transform of order L is the L-th derivative of an image with its frequencies' magnitudes left as they are: edges
for L = 1, ridges for L = 2, at whatever scale the filter under it lets through. The IBSI found no consensus on
alignment; here the structure tensor of the first-order transforms gives, voxel by voxel, the axes along which the
transform is taken, the axis of strongest change first.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import ClassVar

import numpy as np

from ..image import Box, Image, as_box
from .base import is_positive, is_whole, many, name_number, require, same_names
from .fourier import Spectrum, Transfer, simoncelli_band
from .ibsi import IbsiFilter
from .separable import Boundary
from .spatial import laplacian, log_kernels


@dataclass(frozen=True, repr=False)
class Riesz(IbsiFilter):
    """A Riesz transform of a filtered image.

    order : how often along x, y (and z); two numbers filter slice by slice
    alignment_sigma : standard deviation of the Gaussian over which the structure tensor is averaged, mm; None keeps
        the image's own axes
    """

    order: tuple[int, ...] = (1, 0, 0)
    alignment_sigma: float | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        counts = many(self.order)
        require(len(counts) in (2, 3), name, "an order of two or three numbers, such as (0, 2, 0)", self.order)
        whole = all(is_whole(times, 0) for times in counts)
        require(whole and sum(counts) >= 1, name, "whole orders of 0 or more, not all 0", self.order)
        sigma = self.alignment_sigma
        require(sigma is None or is_positive(sigma), name, "alignment_sigma above 0 mm", sigma)
        self._set(dimension=len(self.order))
        super().__post_init__()

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        spectrum, band = self._filtered(Spectrum.of(image, box, self._dimension_for(image), self.boundary), image)
        turned = "" if self.alignment_sigma is None else f"-aligned-{name_number(self.alignment_sigma)}-mm"
        name = f"riesz-{'-'.join(map(str, self.order))}{turned}-{self._base_name}"
        norm = math.sqrt(math.factorial(sum(self.order)) / math.prod(map(math.factorial, self.order)))
        # the order counts along x, y, z: the array axes backwards
        steps = tuple(spectrum.axes[::-1][i] for i, times in enumerate(self.order) for _ in range(times))
        if self.alignment_sigma is None:
            yield name, norm * _transformed(spectrum, steps, band)[spectrum.box]
        else:
            directions = _directions(spectrum, band, image.spacing, self.alignment_sigma)
            chosen = [directions[i] for i, times in enumerate(self.order) for _ in range(times)]
            yield name, norm * _along(spectrum, band, chosen)

    @abstractmethod
    def _filtered(self, spectrum: Spectrum, image: Image) -> tuple[Spectrum, Transfer]:
        """The filter under the transform: the spectrum to take it of, and what is let through of that."""

    @property
    @abstractmethod
    def _base_name(self) -> str:
        """The name of the filter under the transform."""


def _transformed(spectrum: Spectrum, axes: tuple[int, ...], band: Transfer) -> np.ndarray:
    """The Riesz transform along array axes of what the band lets through, uncut."""
    return spectrum.back(lambda grid: grid.riesz(axes) * band(grid.radius))


def _along(spectrum: Spectrum, band: Transfer, directions: Sequence[tuple[np.ndarray, ...]]) -> np.ndarray:
    """The transform along directions that change from voxel to voxel, inside the box: the tensor of all transforms of
    that order, contracted with the directions."""
    along = {
        axes: _transformed(spectrum, axes, band)[spectrum.box]
        for axes in combinations_with_replacement(spectrum.axes, len(directions))
    }
    total = np.zeros(directions[0][0].shape)
    for choice in product(range(len(spectrum.axes)), repeat=len(directions)):
        weight = math.prod(direction[i] for direction, i in zip(directions, choice, strict=True))
        total += weight * along[tuple(sorted(spectrum.axes[i] for i in choice))]
    return total


def _directions(
    spectrum: Spectrum, band: Transfer, spacing: tuple[float, ...], sigma: float
) -> list[tuple[np.ndarray, ...]]:
    """Unit vectors at every voxel of the box, strongest change first; each with one array per transformed axis.

    A direction points to where the first-order transform is positive.
    """
    from scipy.ndimage import gaussian_filter  # slow to load

    first = [_transformed(spectrum, (axis,), band) for axis in spectrum.axes]
    width = [sigma / spacing[axis] if axis in spectrum.axes else 0 for axis in range(3)]
    tensor = np.empty((*(s.stop - s.start for s in spectrum.box), len(first), len(first)))
    for i, j in combinations_with_replacement(range(len(first)), 2):
        tensor[..., i, j] = tensor[..., j, i] = gaussian_filter(first[i] * first[j], width)[spectrum.box]
    _, vectors = np.linalg.eigh(tensor)
    slopes = np.stack([f[spectrum.box] for f in first], axis=-1)
    forward = np.where(np.einsum("...a,...ak->...k", slopes, vectors) < 0, -1.0, 1.0)
    vectors = (vectors * forward[..., None, :])[..., ::-1]
    return [tuple(np.moveaxis(vectors[..., k], -1, 0)) for k in range(len(first))]


@dataclass(frozen=True, repr=False)
class RieszLoG(Riesz):
    """A Riesz transform of the IBSI's Laplacian of Gaussian.

    order : how often along x, y (and z); two numbers filter slice by slice
    alignment_sigma : standard deviation of the structure tensor's Gaussian, mm; None keeps the image's own axes
    sigma : standard deviation of the Laplacian's Gaussian, mm
    cutoff : where the kernel ends, in standard deviations
    """

    sigma: float = 3.0
    cutoff: float = 4.0

    KEYS: ClassVar = same_names("order", "alignment_sigma", "sigma", "cutoff", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(is_positive(self.sigma), "RieszLoG", "sigma above 0 mm", self.sigma)
        require(is_positive(self.cutoff), "RieszLoG", "cutoff above 0", self.cutoff)

    def _filtered(self, spectrum: Spectrum, image: Image) -> tuple[Spectrum, Transfer]:
        whole = as_box(slice(0, n) for n in spectrum.array.shape)
        kernels = log_kernels(self.sigma, self.cutoff, image.spacing, self.dimension)
        return spectrum.with_array(laplacian(spectrum.array, whole, kernels, self.boundary)), np.ones_like

    @property
    def _base_name(self) -> str:
        return f"log-ibsi-sigma-{name_number(self.sigma)}-mm-{self.dimension}D"


@dataclass(frozen=True, repr=False)
class RieszSimoncelli(Riesz):
    """A Riesz transform of Simoncelli's band-pass image.

    order : how often along x, y (and z); two numbers filter slice by slice
    alignment_sigma : standard deviation of the structure tensor's Gaussian, mm; None keeps the image's own axes
    level : of the decomposition
    """

    level: int = 1
    boundary: Boundary = field(default=Boundary.PERIODIC, kw_only=True)

    DEFAULT_BOUNDARY = Boundary.PERIODIC
    KEYS: ClassVar = same_names("order", "alignment_sigma", "level", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(is_whole(self.level, 1), "RieszSimoncelli", "a whole level of 1 or more", self.level)

    def _filtered(self, spectrum: Spectrum, image: Image) -> tuple[Spectrum, Transfer]:
        return spectrum, simoncelli_band(self.level)

    @property
    def _base_name(self) -> str:
        return f"simoncelli-level-{self.level}-{self.dimension}D"
