"""The Laplacian of Gaussian as PyRadiomics has it: ITK's recursive filter.

ITK approximates the Gaussian and its second derivative by Deriche's recursive filters and rounds to single precision
after each of its nine passes, whatever the image's own type. The same passes are made here in the same order with the
same rounding, over the ROI and RUN_IN standard deviations around it: by then the filters have forgotten where they
started to one part in 10^9.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from ..errors import RadiomixWarning
from ..image import Box, Image, widened, within
from ..kernels.convolution import add_scaled
from ..kernels.recursive import filter_lines
from .base import SettingsFilter, is_positive, many, require

RUN_IN = 16


@dataclass(frozen=True, repr=False)
class LoG(SettingsFilter):
    """The Laplacian of Gaussian, scale-normalised (times sigma^2), one image per sigma.

    A sigma too large for the image is left out, with a warning, where PyRadiomics leaves it out.

    sigma : standard deviations of the Gaussian, mm
    """

    sigma: tuple[float, ...] = ()

    KEYS: ClassVar = {"sigma": "sigma"}

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", many(self.sigma))
        for sigma in self.sigma:
            require(is_positive(sigma), "LoG", "sigma above 0 mm", sigma)

    def parts(self) -> tuple[LoG, ...]:
        return tuple(LoG((sigma,)) for sigma in self.sigma)

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        for sigma in self.sigma:
            lacking = _too_small(image, sigma)
            if lacking:
                warnings.warn(f"no LoG image for sigma {sigma} mm: {lacking}", RadiomixWarning, stacklevel=2)
                continue
            filtered = laplacian_of_gaussian(image, box, sigma)
            number = str(sigma).replace(".", "-")
            yield f"log-sigma-{number}-mm-3D", image.cropped(box).with_array(filtered)


def _too_small(image: Image, sigma: float) -> str:
    """Why PyRadiomics makes no LoG image of this size; empty where it does."""
    axes = range(3 - image.dimensions, 3)
    shape = [image.array.shape[a] for a in axes]
    needed = [max(4, math.ceil(sigma / image.spacing[a]) + 1) for a in axes]
    if all(found >= least for found, least in zip(shape, needed, strict=True)):
        return ""
    return f"the image must have at least {needed} voxels along its axes; it has {shape}"


def laplacian_of_gaussian(image: Image, box: Box, sigma: float) -> np.ndarray:
    """ITK's scale-normalised recursive Laplacian of Gaussian inside a box.

    Parameters
    ----------
    image : intensities
    box : where the response is wanted
    sigma : mm

    Returns
    -------
    float32 array of the box's shape, in intensity units

    References
    ----------
    R. Deriche, Recursively implementing the Gaussian and its derivatives, INRIA RR-1893 (1993); ITK's
    LaplacianRecursiveGaussianImageFilter.
    """
    support, inner = _support(image, box, sigma)
    source = np.require(image.array[support], np.result_type(image.array, np.float32), ["C", "W"])
    axes = (2, 1, 0)[: image.dimensions]
    smooth = {axis: _gaussian(sigma, image.spacing[axis]) for axis in axes}
    total = np.zeros(tuple(s.stop - s.start for s in box), np.float32)
    for axis in axes:
        part = _filtered(source, axis, _second_derivative(sigma, image.spacing[axis]), inner[axis])
        for other in axes:
            if other != axis:
                part = _filtered(part, other, smooth[other], inner[other])
        add_scaled(total.reshape(-1), part.reshape(-1), 1.0 / image.spacing[axis] ** 2)
    return total


def _support(image: Image, box: Box, sigma: float) -> tuple[Box, Box]:
    """The box widened by the filters' memory and cut at the image's edge, and where the box lies in it."""
    margins = [math.ceil(RUN_IN * sigma / spacing) for spacing in image.spacing]
    if image.dimensions == 2:
        margins[0] = 0
    support = widened(box, margins, image.array.shape)
    return support, within(box, support)


class Recursion(NamedTuple):
    """Coefficients of a recursive filter, four each."""

    causal: np.ndarray
    anticausal: np.ndarray
    recursive: np.ndarray


def _filtered(source: np.ndarray, axis: int, recursion: Recursion, wanted: slice) -> np.ndarray:
    """The source filtered along one axis, cut to `wanted` along it."""
    count = wanted.stop - wanted.start
    target = np.empty(tuple(count if a == axis else n for a, n in enumerate(source.shape)), np.float32)
    order = {2: (0, 2, 1), 1: (0, 1, 2), 0: (1, 0, 2)}[axis]
    lines, responses = source.transpose(order), target.transpose(order)
    filter_lines(
        source.reshape(-1),
        _steps(lines),
        lines.shape,
        *recursion,
        wanted.start,
        target.reshape(-1),
        _steps(responses),
        count,
    )
    return target


def _steps(array: np.ndarray) -> tuple[int, ...]:
    """Elements from one entry to the next along each axis."""
    return tuple(stride // array.itemsize for stride in array.strides)


# Deriche's fit: each of two damped oscillations has a frequency, a decay, and amplitudes of cosine and sine, for the
# Gaussian and for its second derivative.
FREQUENCY = (0.6681, 2.0787)
DECAY = (-1.3932, -1.3732)
GAUSSIAN_FIT = ((1.3530, -0.3531), (1.8151, 0.0902))
SECOND_DERIVATIVE_FIT = ((-1.3563, 0.3446), (5.2318, -2.2355))

Fit = tuple[tuple[float, float], tuple[float, float]]


def _gaussian(sigma: float, spacing: float) -> Recursion:
    scale = sigma / spacing
    n, d = _numerator(scale, GAUSSIAN_FIT), _denominator(scale)
    gain = 2 * n.sum() / (1 + d.sum()) - n[0]
    return _symmetric(n * (1.0 / gain), d)


def _second_derivative(sigma: float, spacing: float) -> Recursion:
    scale = sigma / spacing
    smooth, n, d = _numerator(scale, GAUSSIAN_FIT), _numerator(scale, SECOND_DERIVATIVE_FIT), _denominator(scale)
    sum_d, slope_d, curve_d = 1 + d.sum(), d @ [1, 2, 3, 4], d @ [1, 4, 9, 16]
    flat = -(2 * n.sum() - sum_d * n[0]) / (2 * smooth.sum() - sum_d * smooth[0])
    n = n + flat * smooth
    slope_n, curve_n = n @ [0, 1, 2, 3], n @ [0, 1, 4, 9]
    curvature = curve_n * sum_d**2 - curve_d * n.sum() * sum_d - 2 * slope_n * slope_d * sum_d
    curvature = (curvature + 2 * slope_d**2 * n.sum()) / sum_d**3
    return _symmetric(n * (sigma**2 / curvature), d)


def _numerator(scale: float, fit: Fit) -> np.ndarray:
    (a1, a2), (b1, b2) = fit
    (w1, w2), (l1, l2) = FREQUENCY, DECAY
    s1, c1, e1 = math.sin(w1 / scale), math.cos(w1 / scale), math.exp(l1 / scale)
    s2, c2, e2 = math.sin(w2 / scale), math.cos(w2 / scale), math.exp(l2 / scale)
    n1 = e2 * (b2 * s2 - (a2 + 2 * a1) * c2) + e1 * (b1 * s1 - (a1 + 2 * a2) * c1)
    n2 = ((a1 + a2) * c2 * c1 - (b1 * c2 * s1 + b2 * c1 * s2)) * 2 * e1 * e2 + a2 * e1 * e1 + a1 * e2 * e2
    n3 = e2 * e1 * e1 * (b2 * s2 - a2 * c2) + e1 * e2 * e2 * (b1 * s1 - a1 * c1)
    return np.array([a1 + a2, n1, n2, n3])


def _denominator(scale: float) -> np.ndarray:
    (w1, w2), (l1, l2) = FREQUENCY, DECAY
    c1, e1 = math.cos(w1 / scale), math.exp(l1 / scale)
    c2, e2 = math.cos(w2 / scale), math.exp(l2 / scale)
    d2 = 4 * c2 * c1 * e1 * e2 + e1 * e1 + e2 * e2
    d3 = -2 * c1 * e1 * e2 * e2 - 2 * c2 * e2 * e1 * e1
    return np.array([-2 * (e2 * c2 + e1 * c1), d2, d3, e1 * e1 * e2 * e2])


def _symmetric(n: np.ndarray, d: np.ndarray) -> Recursion:
    return Recursion(n, np.append(n[1:], 0.0) - d * n[0], d)
