"""Size and form of a region that lies in one plane: PyRadiomics' `shape2D`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, pi, sqrt

import numpy as np

from ..errors import RadiomixWarning, UnsupportedImage
from ..kernels import hull, surface
from ..registry import Dialect, Domain, Family, Feature, Values
from .body import principal_variances
from .distribution import ONLY_PYRADIOMICS, evaluate, ratio
from .source import Source

# Of the squares between four pixels, numbered by which of them lie inside (bits: here, right, below right, below):
# the part inside the mesh, and the numbers of cut corners, of lines along x, of lines along y that the mesh has there.
# Pixels that touch at a corner only are kept apart.
PART_INSIDE = np.array([0, 1, 1, 4, 1, 2, 4, 7, 1, 4, 2, 7, 4, 7, 7, 8]) / 8
CUT_CORNERS = np.array([0, 1, 1, 0, 1, 2, 0, 1, 1, 0, 2, 1, 0, 1, 1, 0])
LINES_ALONG_X = np.array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
LINES_ALONG_Y = np.array([0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])


@dataclass(frozen=True, eq=False)
class Plate:
    """A region in a plane: each part is computed when a feature first asks for it.

    Attributes
    ----------
    inside : (y, x) booleans that fill their box
    spacing : mm, (y, x)
    """

    inside: np.ndarray
    spacing: tuple[float, float]

    @cached_property
    def trace(self) -> surface.Trace:
        return surface.trace(self.inside[None])

    @cached_property
    def squares(self) -> np.ndarray:
        """(16,) how often each case of a marching square occurs."""
        p = np.pad(self.inside, 1).astype(np.uint8)
        return np.bincount((p[:-1, :-1] | p[:-1, 1:] << 1 | p[1:, 1:] << 2 | p[1:, :-1] << 3).ravel(), minlength=16)

    @property
    def pixel(self) -> float:
        return self.spacing[0] * self.spacing[1]

    @property
    def size(self) -> int:
        return int(self.trace.sums[0])

    @property
    def area(self) -> float:
        return float(self.squares @ PART_INSIDE) * self.pixel

    @property
    def perimeter(self) -> float:
        dy, dx = self.spacing
        straight = float(self.squares @ LINES_ALONG_X) * dx + float(self.squares @ LINES_ALONG_Y) * dy
        return straight + float(self.squares @ CUT_CORNERS) * hypot(dy, dx) / 2

    @property
    def sphericity(self) -> float:
        return 2 * sqrt(pi * self.area) / self.perimeter

    @property
    def diameter(self) -> float:
        return hull.diameters(self.trace, (1.0, *self.spacing)).slice

    @cached_property
    def variances(self) -> np.ndarray:
        """The variances of the pixels' centres along their principal axes, mm^2, ascending, (2,)."""
        return principal_variances(self.trace.sums, (0.0, *self.spacing), Dialect.PYRADIOMICS)[1:]


FEATURES: tuple[Feature, ...] = (
    Feature(
        "MeshSurface",
        "A = area within the outline of the mesh",
        "The area of the region, its outline smoothed.",
        lambda plate: plate.area,
        unit="mm^2",
    ),
    Feature(
        "PixelSurface",
        "number of pixels times the area of one",
        "The area of the region, pixels counted whole.",
        lambda plate: plate.size * plate.pixel,
        unit="mm^2",
    ),
    Feature(
        "Perimeter",
        "P = summed length of the mesh's lines",
        "The length of the region's outline.",
        lambda plate: plate.perimeter,
        unit="mm",
    ),
    Feature(
        "PerimeterSurfaceRatio",
        "P / A",
        "How much outline the region has for its area: low for compact, high for small or ragged regions.",
        lambda plate: ratio(plate.perimeter, plate.area),
        unit="mm^-1",
    ),
    Feature(
        "Sphericity",
        "2 sqrt(pi A) / P",
        "How close the region comes to a disc: 1 for a disc, less for anything else.",
        lambda plate: plate.sphericity,
    ),
    Feature(
        "SphericalDisproportion",
        "P / (2 sqrt(pi A))",
        "How many times the outline exceeds that of a disc of the same area: the inverse of sphericity.",
        lambda plate: ratio(1.0, plate.sphericity),
        default=False,
    ),
    Feature(
        "MaximumDiameter",
        "greatest distance between two vertices of the mesh",
        "The longest straight line through the region.",
        lambda plate: plate.diameter,
        unit="mm",
    ),
    Feature(
        "MajorAxisLength",
        "4 sqrt(l_major), l the eigenvalues of the covariance (over N) of pixel centres",
        "The longer axis of an ellipse with the region's spread.",
        lambda plate: 4 * sqrt(plate.variances[1]),
        unit="mm",
    ),
    Feature(
        "MinorAxisLength",
        "4 sqrt(l_minor)",
        "The shorter axis of an ellipse with the region's spread.",
        lambda plate: 4 * sqrt(plate.variances[0]),
        unit="mm",
    ),
    Feature(
        "Elongation",
        "sqrt(l_minor / l_major)",
        "How long the region is: 1 for a round one, near 0 for a line.",
        lambda plate: sqrt(ratio(plate.variances[0], plate.variances[1])),
    ),
)
FEATURES = tuple(replace(feature, dialects=ONLY_PYRADIOMICS) for feature in FEATURES)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    plate = _plate(source)
    return [] if plate is None else [(None, evaluate(plate, features))]


def _plate(source: Source) -> Plate | None:
    """The region in its plane; None, and a warning, where the settings say that the image is a volume."""
    roi, config = source.roi, source.config
    if roi.dimensions != 2 and not config.force_2d:
        message = "the shape2D family is left out for a volume; set force_2d (force2D) for regions of a single slice"
        warnings.warn(message, RadiomixWarning, stacklevel=3)
        return None
    axis = 0 if roi.dimensions == 2 else config.force_2d_axis
    inside = roi.morphological
    if inside.shape[axis] != 1:
        raise UnsupportedImage(
            f"shape2D needs a region of one slice along array axis {axis} ({'zyx'[axis]}); found {inside.shape[axis]} "
            "slices: choose another force_2d_axis (force2Ddimension), or use the shape family"
        )
    dy, dx = (step for a, step in enumerate(roi.spacing) if a != axis)
    return Plate(inside.squeeze(axis), (dy, dx))


FAMILY = Family(
    name="shape2D",
    title="Shape and size in 2D",
    domain=Domain.MASK,
    features=FEATURES,
    compute=compute,
    default=False,
)
