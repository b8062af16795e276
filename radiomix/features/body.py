"""A region as a solid, with all that its shape features are read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import nan, pi, prod, sqrt

import numpy as np

from ..image import Roi, Triple, bounding_box
from ..kernels import convex, enclosing, hull, surface
from ..registry import Dialect
from .distribution import ratio


@dataclass(frozen=True, eq=False)
class Body:
    """A region as a solid: each part is computed when a feature first asks for it.

    Attributes
    ----------
    roi : the region
    dialect : PyRadiomics divides the scatter of the voxels by N, the IBSI by N - 1; the IBSI's mesh is closed
    """

    roi: Roi
    dialect: Dialect

    @property
    def spacing(self) -> Triple:
        return self.roi.spacing

    @cached_property
    def trace(self) -> surface.Trace:
        return surface.trace(self.roi.morphological)

    @property
    def size(self) -> int:
        return int(self.trace.sums[0])

    @property
    def voxel_volume(self) -> float:
        return self.size * prod(self.spacing)

    @cached_property
    def mesh(self) -> tuple[float, float]:
        """The area and the volume of the mesh, mm^2 and mm^3."""
        return surface.area_and_volume(self.trace, self.spacing, closed=self.dialect is Dialect.IBSI)

    @property
    def area(self) -> float:
        return self.mesh[0]

    @property
    def volume(self) -> float:
        return self.mesh[1]

    @property
    def equal_sphere_area(self) -> float:
        """The surface of a ball of the same volume."""
        return (36 * pi * self.volume**2) ** (1 / 3)

    @cached_property
    def diameters(self) -> hull.Diameters:
        return hull.diameters(self.trace, self.spacing)

    @cached_property
    def variances(self) -> np.ndarray:
        """The variances of the voxels' centres along their principal axes, mm^2, ascending, (3,)."""
        return principal_variances(self.trace.sums, self.spacing, self.dialect)

    def axis_length(self, which: int) -> float:
        return 4 * sqrt(self.variances[which])

    def axis_ratio(self, shorter: int) -> float:
        return sqrt(ratio(self.variances[shorter], self.variances[2]))

    @cached_property
    def convex_hull(self) -> convex.Solid:
        return convex.enclose(hull.extremes(self.trace), np.array(self.spacing) / 2)

    @cached_property
    def upright_box(self) -> np.ndarray:
        """The edges of the box around the mesh that is aligned with the voxel grid, mm, (3,)."""
        return np.ptp(self.convex_hull.corners, axis=0)

    @cached_property
    def turned_box(self) -> np.ndarray:
        """The edges of the smallest box around the mesh, mm, (3,)."""
        hull = self.convex_hull
        return enclosing.smallest_box(hull.corners, hull.faces, hull.neighbours, hull.normals)

    @cached_property
    def spread_ellipsoid(self) -> np.ndarray:
        """The semi-axes of the ellipsoid with the region's principal axes, mm, descending, (3,)."""
        return 2 * np.sqrt(self.variances[::-1])

    @cached_property
    def outer_ellipsoid(self) -> np.ndarray:
        """The semi-axes of the smallest ellipsoid around the mesh, mm, descending, (3,)."""
        return enclosing.smallest_ellipsoid(self.convex_hull.corners)

    @property
    def mean_intensity(self) -> float:
        return float(self.roi.exact.mean())

    @property
    def centre_shift(self) -> float:
        """The distance in mm from the region's centre to the centre of its intensities."""
        weights = np.where(self.roi.inside, self.roi.intensities, 0.0)
        centre = self.trace.sums[1:4] / self.size - 1  # there, voxels are counted in a frame
        return float(np.linalg.norm((_centre(weights) - centre) * self.spacing))

    @cached_property
    def autocorrelation(self) -> tuple[float, float]:
        """Moran's I and Geary's C."""
        from .autocorrelation import moran_and_geary

        box = bounding_box(self.roi.inside)
        return moran_and_geary(self.roi.intensities[box], self.roi.inside[box], self.spacing)


def _centre(weights: np.ndarray) -> np.ndarray:
    """The centre of mass of a (z, y, x) array, in voxels, (3,); NaN where the weights sum to 0."""
    across = weights.sum(axis=0, dtype=np.float64)
    along = weights.reshape(len(weights), -1).sum(axis=1, dtype=np.float64)
    profiles = (along, across.sum(axis=1), across.sum(axis=0))
    return np.array([ratio(float(profile @ np.arange(profile.size)), float(profile.sum())) for profile in profiles])


def principal_variances(sums: np.ndarray, spacing: Triple, dialect: Dialect) -> np.ndarray:
    """Eigenvalues of the scatter of voxel centres, mm^2, ascending, (3,); NaN where N - 1 is 0.

    `sums` are whole numbers (`surface.Trace`), so N sum(uv) - sum(u) sum(v) is exact.
    """
    n, *rest = sums.tolist()
    first, products = rest[:3], rest[3:]
    match dialect:
        case Dialect.PYRADIOMICS:
            divisor = n * n
        case Dialect.IBSI:
            divisor = n * (n - 1)
    if divisor == 0:
        return np.full(3, nan)
    scatter = np.empty((3, 3))
    for (i, j), product in zip(((0, 0), (1, 1), (2, 2), (1, 0), (2, 0), (2, 1)), products, strict=True):
        scatter[i, j] = scatter[j, i] = (n * product - first[i] * first[j]) / divisor * spacing[i] * spacing[j]
    return np.maximum(surface.eigenvalues(scatter), 0.0)
