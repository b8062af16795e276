"""The IBSI's filters that act axis by axis: mean, Laplacian of Gaussian, Laws' kernels, separable wavelets."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from ..errors import RadiomixWarning
from ..image import Box, Image, as_box, widened
from .base import choice, is_positive, is_whole, many, name_number, require, same_names
from .ibsi import IbsiFilter, words
from .separable import Axes, Boundary, Cascade, Pooling, Taps, neighbourhood_mean, on_axes, pooled, responses, rotations
from .wavelet import filter_bank


@dataclass(frozen=True, repr=False)
class Mean(IbsiFilter):
    """The mean over a square or a cube of voxels.

    support : side of the square or cube, voxels, odd; one or several
    """

    support: tuple[int, ...] = (5,)

    KEYS: ClassVar = same_names("support", "dimension", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(support=many(self.support))
        for support in self.support:
            require(is_whole(support, 1) and support % 2 == 1, "Mean", "an odd support of 1 or more voxels", support)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        dimension = self._dimension_for(image)
        for support in self.support:
            kernel = neighbourhood_mean(support // 2, dimension)
            yield f"mean-{support}-{dimension}D", pooled(image.array, box, kernel, self.boundary, Pooling.AVERAGE)


@dataclass(frozen=True, repr=False)
class LoGIBSI(IbsiFilter):
    """The Laplacian of Gaussian as a sampled kernel, not scale-normalised: the IBSI's definition.

    Where voxels are coarse beside sigma the sampled kernel does not sum to zero and a constant image gets a response;
    a warning says so. Resample to finer, cubic voxels first.

    sigma : standard deviations of the Gaussian, mm; one or several
    cutoff : where the kernel ends, in standard deviations
    """

    sigma: tuple[float, ...] = ()
    cutoff: float = 4.0

    KEYS: ClassVar = same_names("sigma", "cutoff", "dimension", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(sigma=many(self.sigma))
        for sigma in self.sigma:
            require(is_positive(sigma), "LoGIBSI", "sigma above 0 mm", sigma)
        require(is_positive(self.cutoff), "LoGIBSI", "cutoff above 0", self.cutoff)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        dimension = self._dimension_for(image)
        for sigma in self.sigma:
            name = f"log-ibsi-sigma-{name_number(sigma)}-mm-{dimension}D"
            kernels = log_kernels(sigma, self.cutoff, image.spacing, dimension)
            _warn_of_a_constant_response(kernels, name)
            yield name, laplacian(image.array, box, kernels, self.boundary)


def log_kernels(sigma: float, cutoff: float, spacing: Sequence[float], dimension: int) -> Counter[Axes]:
    """The sampled Laplacian of Gaussian as a sum of separable kernels, one per second derivative."""
    plain, curved = zip(*(_gaussian_and_curvature(sigma / h, cutoff) for h in spacing[::-1][:dimension]), strict=True)
    return Counter(
        on_axes([(curved[i],) if i == second else (plain[i],) for i in range(dimension)]) for second in range(dimension)
    )


def _warn_of_a_constant_response(kernels: Counter[Axes], name: str) -> None:
    constant = sum(math.prod(sum(taps) for cascade in axes for taps in cascade) for axes in kernels)
    largest = sum(math.prod(sum(map(abs, taps)) for cascade in axes for taps in cascade) for axes in kernels)
    if abs(constant) > 0.01 * largest:
        message = f"{name}: sigma is small beside the voxels, so that the kernel sums to {constant:.3g} instead of 0"
        warnings.warn(f"{message}; resample to smaller, cubic voxels first", RadiomixWarning, stacklevel=2)


def laplacian(array: np.ndarray, box: Box, kernels: Counter[Axes], boundary: Boundary) -> np.ndarray:
    """The sum of the kernels' responses."""
    return np.sum([count * response for count, response in responses(array, box, kernels, boundary)], axis=0)


def _gaussian_and_curvature(sigma: float, cutoff: float) -> tuple[Taps, Taps]:
    half_width = math.floor(cutoff * sigma + 0.5)
    x = np.arange(-half_width, half_width + 1) / sigma
    gaussian = np.exp(-(x**2) / 2) / (math.sqrt(2 * math.pi) * sigma)
    return tuple(gaussian.tolist()), tuple((gaussian * (x**2 - 1) / sigma**2).tolist())


LAWS = {
    "L3": (1, 2, 1),
    "L5": (1, 4, 6, 4, 1),
    "E3": (-1, 0, 1),
    "E5": (-1, -2, 0, 2, 1),
    "S3": (-1, 2, -1),
    "S5": (-1, 0, 2, 0, -1),
    "W5": (-1, 2, 0, -2, 1),
    "R5": (1, -4, 6, -4, 1),
}


@dataclass(frozen=True, repr=False)
class Laws(IbsiFilter):
    """Laws' kernels: level, edge, spot, wave and ripple along x, y (and z).

    kernel : such as "E5L5S5", or "L5E5" to filter slice by slice; one or several
    pooling : how the responses of the 24 (in the plane, 4) rotated kernels are combined; None does not rotate
    energy_distance : Chebyshev distance, voxels, over which absolute responses are averaged; None gives the response
    """

    kernel: tuple[str, ...] = ("L5E5E5",)
    pooling: Pooling | None = None
    energy_distance: int | None = None

    KEYS: ClassVar = same_names("kernel", "pooling", "energy_distance", "boundary")

    def __post_init__(self) -> None:
        kernels = many(self.kernel)
        for kernel in kernels:
            require(
                isinstance(kernel, str) and len(kernel) in (4, 6),
                "Laws",
                "two or three kernels, such as 'L5E5E5'",
                kernel,
            )
            words("Laws kernel", _pairs(kernel), tuple(LAWS))
        require(len({len(k) for k in kernels}) == 1, "Laws", "kernels of one dimension at a time", kernels)
        distance = self.energy_distance
        require(distance is None or is_whole(distance, 0), "Laws", "energy_distance in whole voxels", distance)
        pooling = None if self.pooling is None else choice("pooling", self.pooling, Pooling)
        self._set(kernel=kernels, pooling=pooling, dimension=len(kernels[0]) // 2)
        super().__post_init__()

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        self._dimension_for(image)
        for kernel in self.kernel:
            cascades = [(_unit(LAWS[pair]),) for pair in _pairs(kernel)]
            name = f"laws-{kernel}{_pooling_suffix(self.pooling)}"
            if self.energy_distance is None:
                yield name, _rotated(image.array, box, cascades, self.boundary, self.pooling)
            else:
                energy = self._energy(image.array, box, cascades, self.energy_distance)
                yield f"{name}-energy-{self.energy_distance}", energy

    def _energy(self, array: np.ndarray, box: Box, cascades: Sequence[Cascade], distance: int) -> np.ndarray:
        """The mean magnitude of the response around each voxel, the response continued as the image is."""
        mean = neighbourhood_mean(distance, self.dimension)
        around = reach(box, array.shape, distance, self.dimension, self.boundary)
        magnitude = np.zeros(array.shape)
        magnitude[around] = np.abs(_rotated(array, around, cascades, self.boundary, self.pooling))
        return pooled(magnitude, box, mean, self.boundary, Pooling.AVERAGE)


def reach(box: Box, shape: Sequence[int], distance: int, dimension: int, boundary: Boundary) -> Box:
    """The box widened by a distance, cut at the image's edge; the whole axis where a periodic image comes round."""
    margins = [distance if axis >= 3 - dimension else 0 for axis in range(3)]
    wide = widened(box, margins, shape)
    if boundary is not Boundary.PERIODIC:
        return wide
    comes_round = [b.start < m or b.stop + m > n for b, m, n in zip(box, margins, shape, strict=True)]
    return as_box(slice(0, n) if whole else w for whole, n, w in zip(comes_round, shape, wide, strict=True))


def _pairs(kernel: str) -> tuple[str, ...]:
    return tuple(kernel[i : i + 2] for i in range(0, len(kernel), 2))


def _unit(taps: Sequence[float]) -> Taps:
    length = math.sqrt(sum(t * t for t in taps))
    return tuple(t / length for t in taps)


def _pooling_suffix(pooling: Pooling | None) -> str:
    return "" if pooling is None else f"-{pooling.value}"


def _rotated(
    array: np.ndarray, box: Box, cascades: Sequence[Cascade], boundary: Boundary, pooling: Pooling | None
) -> np.ndarray:
    kernels = Counter([on_axes(cascades)]) if pooling is None else rotations(cascades)
    return pooled(array, box, kernels, boundary, pooling or Pooling.AVERAGE)


@dataclass(frozen=True, repr=False)
class SeparableWavelet(IbsiFilter):
    """The IBSI's undecimated separable wavelets.

    wavelet : PyWavelets' name
    subband : letters L and H along x, y (and z); none asks for all
    level : the level of decomposition; the levels below it are low-pass
    pooling : how the responses of the 24 (in the plane, 4) rotated kernels are combined; None does not rotate
    """

    wavelet: str = "db3"
    subband: tuple[str, ...] = ()
    level: int = 1
    pooling: Pooling | None = None

    KEYS: ClassVar = same_names("wavelet", "subband", "level", "pooling", "dimension", "boundary")

    def __post_init__(self) -> None:
        super().__post_init__()
        filter_bank(self.wavelet)
        known = tuple(map("".join, product("LH", repeat=self.dimension)))
        pooling = None if self.pooling is None else choice("pooling", self.pooling, Pooling)
        self._set(subband=words("subband", self.subband, known), pooling=pooling)
        require(is_whole(self.level, 1), "SeparableWavelet", "a whole level of 1 or more", self.level)

    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        dimension = self._dimension_for(image)
        stem = f"{self.wavelet.replace('.', '-')}-level-{self.level}"
        for subband in self.subband or map("".join, product("LH", repeat=dimension)):
            cascades = [wavelet_cascade(self.wavelet, letter, self.level) for letter in subband]
            response = _rotated(image.array, box, cascades, self.boundary, self.pooling)
            yield f"{stem}-{subband}{_pooling_suffix(self.pooling)}", response


def wavelet_cascade(wavelet: str, letter: str, level: int) -> Cascade:
    """The kernels of one axis: low pass at each level below, then low or high pass at the level itself."""
    low, high = filter_bank(wavelet)
    bands = [low] * (level - 1) + [high if letter == "H" else low]
    return tuple(_with_holes(band, 2**i) for i, band in enumerate(bands))


def _with_holes(band: np.ndarray, step: int) -> Taps:
    """The taps `step` voxels apart, and a zero at the end where that makes the length odd."""
    taps = np.zeros(band.size * step + (band.size * step + 1) % 2)
    taps[: band.size * step : step] = band
    return tuple(taps.tolist())
