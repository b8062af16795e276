"""What the IBSI's morphological features add to PyRadiomics' shape: enclosing bodies and the place of intensities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..kernels.enclosing import ellipsoid_area, ellipsoid_volume
from ..registry import Feature
from .distribution import ONLY_IBSI, ratio


def _box_volume(edges: np.ndarray) -> float:
    return float(np.prod(edges))


def _box_area(edges: np.ndarray) -> float:
    return 2 * float(edges[0] * edges[1] + edges[1] * edges[2] + edges[2] * edges[0])


ENCLOSURE: tuple[Feature, ...] = (
    Feature(
        "Asphericity",
        "(A^3 / (36 pi V^2))^(1/3) - 1",
        "How much the surface exceeds that of a ball of the same volume: 0 for a ball.",
        lambda body: ratio(body.area, body.equal_sphere_area) - 1,
        code="25C7",
        term="Asphericity",
    ),
    Feature(
        "CentreOfMassShift",
        "distance from the mean voxel position to the mean weighted with intensity",
        "How far the bright part of the region lies from its centre.",
        lambda body: body.centre_shift,
        code="KLMA",
        term="Centre of mass shift",
        unit="mm",
    ),
    Feature(
        "VolumeDensityAABB",
        "V / volume of the box along the voxel grid around the mesh",
        "How much of a surrounding box the region fills.",
        lambda body: ratio(body.volume, _box_volume(body.upright_box)),
        code="PBX1",
        term="Volume density (axis-aligned bounding box)",
    ),
    Feature(
        "AreaDensityAABB",
        "A / surface of the box along the voxel grid around the mesh",
        "How large the region's surface is beside that of a surrounding box.",
        lambda body: ratio(body.area, _box_area(body.upright_box)),
        code="R59B",
        term="Area density (axis-aligned bounding box)",
    ),
    Feature(
        "VolumeDensityOMBB",
        "V / volume of the smallest box around the mesh, however turned (not standardised by the IBSI)",
        "How much of a surrounding box the region fills.",
        lambda body: ratio(body.volume, _box_volume(body.turned_box)),
        code="ZH1A",
        term="Volume density (oriented minimum bounding box)",
    ),
    Feature(
        "AreaDensityOMBB",
        "A / surface of the smallest box around the mesh, however turned (not standardised by the IBSI)",
        "How large the region's surface is beside that of a surrounding box.",
        lambda body: ratio(body.area, _box_area(body.turned_box)),
        code="IQYR",
        term="Area density (oriented minimum bounding box)",
    ),
    Feature(
        "VolumeDensityAEE",
        "V / volume of the ellipsoid with the region's principal axes",
        "How much of a matching ellipsoid the region fills.",
        lambda body: ratio(body.volume, ellipsoid_volume(body.spread_ellipsoid)),
        code="6BDE",
        term="Volume density (approximate enclosing ellipsoid)",
    ),
    Feature(
        "AreaDensityAEE",
        "A / surface of the ellipsoid with the region's principal axes",
        "How large the region's surface is beside that of a matching ellipsoid.",
        lambda body: ratio(body.area, ellipsoid_area(body.spread_ellipsoid)),
        code="RDD2",
        term="Area density (approximate enclosing ellipsoid)",
    ),
    Feature(
        "VolumeDensityMVEE",
        "V / volume of the smallest ellipsoid around the mesh (not standardised by the IBSI)",
        "How much of a matching ellipsoid the region fills.",
        lambda body: ratio(body.volume, ellipsoid_volume(body.outer_ellipsoid)),
        code="SWZ1",
        term="Volume density (minimum volume enclosing ellipsoid)",
    ),
    Feature(
        "AreaDensityMVEE",
        "A / surface of the smallest ellipsoid around the mesh (not standardised by the IBSI)",
        "How large the region's surface is beside that of a matching ellipsoid.",
        lambda body: ratio(body.area, ellipsoid_area(body.outer_ellipsoid)),
        code="BRI8",
        term="Area density (minimum volume enclosing ellipsoid)",
    ),
    Feature(
        "VolumeDensityConvexHull",
        "V / volume of the mesh's convex hull",
        "How free of dents the region is: 1 for a convex one.",
        lambda body: ratio(body.volume, body.convex_hull.volume),
        code="R3ER",
        term="Volume density (convex hull)",
    ),
    Feature(
        "AreaDensityConvexHull",
        "A / surface of the mesh's convex hull",
        "How rough the region's surface is beside that of its convex hull.",
        lambda body: ratio(body.area, body.convex_hull.area),
        code="7T7F",
        term="Area density (convex hull)",
    ),
    Feature(
        "IntegratedIntensity",
        "V times the mean intensity",
        "The sum of intensity over the volume (PET: total lesion glycolysis).",
        lambda body: body.volume * body.mean_intensity,
        code="99N0",
        term="Integrated intensity",
        unit="intensity mm^3",
    ),
    Feature(
        "MoransI",
        "N / sum(w) * sum(w (x_i - m)(x_j - m)) / sum((x_i - m)^2) over pairs, w = 1 / distance",
        "Whether near voxels are alike: above 0 where they are, about 0 for noise.",
        lambda body: body.autocorrelation[0],
        code="N365",
        term="Moran's I index",
    ),
    Feature(
        "GearysC",
        "(N - 1) / (2 sum(w)) * sum(w (x_i - x_j)^2) / sum((x_i - m)^2) over pairs, w = 1 / distance",
        "Whether near voxels differ: below 1 where they are alike, about 1 for noise.",
        lambda body: body.autocorrelation[1],
        code="NPT7",
        term="Geary's C measure",
    ),
)
ENCLOSURE = tuple(replace(feature, dialects=ONLY_IBSI) for feature in ENCLOSURE)
