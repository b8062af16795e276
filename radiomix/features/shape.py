"""Size and form of the region in three dimensions: PyRadiomics' `shape`, the IBSI's morphological features."""

from __future__ import annotations

import warnings
from math import pi, sqrt

from ..errors import RadiomixWarning
from ..registry import Domain, Family, Feature, Values
from .body import Body
from .distribution import ONLY_PYRADIOMICS, evaluate, ratio
from .enclosure import ENCLOSURE
from .source import Source

FEATURES = (
    Feature(
        "MeshVolume",
        "V = sum over the mesh's triangles of a . (b x c) / 6",
        "The volume of the region, its surface smoothed by a triangle mesh.",
        lambda body: body.volume,
        code="RNU0",
        term="Volume (mesh)",
        unit="mm^3",
    ),
    Feature(
        "VoxelVolume",
        "number of voxels times the volume of one",
        "The volume of the region, voxels counted whole.",
        lambda body: body.voxel_volume,
        code="YEKZ",
        term="Volume (voxel counting)",
        unit="mm^3",
    ),
    Feature(
        "SurfaceArea",
        "A = sum over the mesh's triangles of |ab x ac| / 2",
        "The area of the region's surface.",
        lambda body: body.area,
        code="C0JK",
        term="Surface area (mesh)",
        unit="mm^2",
    ),
    Feature(
        "SurfaceVolumeRatio",
        "A / V",
        "How much surface the region has for its volume: low for compact, high for small or ragged regions.",
        lambda body: ratio(body.area, body.volume),
        code="2PR5",
        term="Surface to volume ratio",
        unit="mm^-1",
    ),
    Feature(
        "Sphericity",
        "(36 pi V^2)^(1/3) / A",
        "How close the region comes to a ball: 1 for a ball, less for anything else.",
        lambda body: ratio(body.equal_sphere_area, body.area),
        code="QCFX",
        term="Sphericity",
    ),
    Feature(
        "Compactness1",
        "V / (pi^(1/2) A^(3/2))",
        "Another measure of closeness to a ball, whose value is 0.053.",
        lambda body: ratio(body.volume, sqrt(pi) * body.area**1.5),
        code="SKGS",
        term="Compactness 1",
        default=False,
    ),
    Feature(
        "Compactness2",
        "36 pi V^2 / A^3",
        "Another measure of closeness to a ball, whose value is 1: the cube of sphericity.",
        lambda body: ratio(36 * pi * body.volume**2, body.area**3),
        code="BQWJ",
        term="Compactness 2",
        default=False,
    ),
    Feature(
        "SphericalDisproportion",
        "A / (36 pi V^2)^(1/3)",
        "How many times the surface exceeds that of a ball of the same volume: the inverse of sphericity.",
        lambda body: ratio(body.area, body.equal_sphere_area),
        code="KRCK",
        term="Spherical disproportion",
        default=False,
    ),
    Feature(
        "Maximum3DDiameter",
        "greatest distance between two vertices of the mesh",
        "The longest straight line through the region.",
        lambda body: body.diameters.volume,
        code="L0JK",
        term="Maximum 3D diameter",
        unit="mm",
    ),
    Feature(
        "Maximum2DDiameterSlice",
        "greatest distance between two vertices of the mesh with the same z",
        "The longest straight line within an axial slice.",
        lambda body: body.diameters.slice,
        unit="mm",
        dialects=ONLY_PYRADIOMICS,
    ),
    Feature(
        "Maximum2DDiameterColumn",
        "greatest distance between two vertices of the mesh with the same y",
        "The longest straight line within a coronal plane.",
        lambda body: body.diameters.column,
        unit="mm",
        dialects=ONLY_PYRADIOMICS,
    ),
    Feature(
        "Maximum2DDiameterRow",
        "greatest distance between two vertices of the mesh with the same x",
        "The longest straight line within a sagittal plane.",
        lambda body: body.diameters.row,
        unit="mm",
        dialects=ONLY_PYRADIOMICS,
    ),
    Feature(
        "MajorAxisLength",
        "4 sqrt(l_major), l the eigenvalues of the covariance of voxel centres (over N; IBSI: over N - 1)",
        "The longest axis of an ellipsoid with the region's spread.",
        lambda body: body.axis_length(2),
        code="TDIC",
        term="Major axis length",
        unit="mm",
    ),
    Feature(
        "MinorAxisLength",
        "4 sqrt(l_minor)",
        "The middle axis of an ellipsoid with the region's spread.",
        lambda body: body.axis_length(1),
        code="P9VJ",
        term="Minor axis length",
        unit="mm",
    ),
    Feature(
        "LeastAxisLength",
        "4 sqrt(l_least)",
        "The shortest axis of an ellipsoid with the region's spread.",
        lambda body: body.axis_length(0),
        code="7J51",
        term="Least axis length",
        unit="mm",
    ),
    Feature(
        "Elongation",
        "sqrt(l_minor / l_major)",
        "How long the region is: 1 for one that is round across, near 0 for a needle.",
        lambda body: body.axis_ratio(1),
        code="Q3CK",
        term="Elongation",
    ),
    Feature(
        "Flatness",
        "sqrt(l_least / l_major)",
        "How flat the region is: 1 for a ball, 0 for a single slice.",
        lambda body: body.axis_ratio(0),
        code="N17B",
        term="Flatness",
    ),
    *ENCLOSURE,
)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    if source.roi.dimensions == 2:
        message = "the shape family needs a volume and is left out for a 2D image; shape2D describes 2D regions"
        warnings.warn(message, RadiomixWarning, stacklevel=2)
        return []
    return [(None, evaluate(Body(source.roi, source.config.dialect), features))]


FAMILY = Family(
    name="shape",
    title="Shape and size in 3D",
    domain=Domain.MASK,
    features=FEATURES,
    compute=compute,
    code="HCUG",
)
