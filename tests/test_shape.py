from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial import ConvexHull

from radiomix.config import Config
from radiomix.errors import RadiomixWarning
from radiomix.features import FAMILIES
from radiomix.features.autocorrelation import moran_and_geary
from radiomix.features.body import principal_variances
from radiomix.features.source import Source
from radiomix.image import Roi, bounding_box
from radiomix.kernels import convex, enclosing, hull, surface
from radiomix.registry import Dialect
from tests import naive_shape as naive

SHAPE = FAMILIES["shape"]
SPACING = (2.5, 0.75, 1.0)


def blob(seed: int, shape: tuple[int, int, int] = (4, 5, 6)) -> np.ndarray:
    """A random mask that fills its box, often in several pieces that touch at corners."""
    random = np.random.default_rng(seed)
    inside = random.random(shape) < random.uniform(0.1, 0.9)
    inside[tuple(n // 2 for n in shape)] = True
    return inside[bounding_box(inside)]


def ellipsoid() -> np.ndarray:
    """A solid without voxels that touch only at an edge or a corner: its mesh is closed."""
    z, y, x = np.indices((7, 11, 9))
    return ((z - 3) / 2.6) ** 2 + ((y - 5) / 4.4) ** 2 + ((x - 4) / 3.7) ** 2 <= 1


MASKS = {
    "one voxel": np.ones((1, 1, 1), bool),
    "row": np.ones((1, 1, 5), bool),
    "slice": np.ones((1, 4, 3), bool),
    "corner to corner": np.eye(3, dtype=bool)[:, :, None] & np.eye(3, dtype=bool)[:, None, :],
    "ellipsoid": ellipsoid()[bounding_box(ellipsoid())],
    "wider than a word": blob(12, (2, 3, 64)),
    "wider than two words": blob(13, (2, 2, 133)),
    **{f"random {seed}": blob(seed) for seed in range(12)},
}


def measure(inside: np.ndarray, spacing: tuple[float, float, float] = SPACING, image: np.ndarray | None = None,
            config: Config | None = None) -> dict[str, float]:  # fmt: skip
    """Every shape feature of a dialect."""
    config = Config.ibsi() if config is None else config
    array = np.arange(inside.size, dtype=np.float32).reshape(inside.shape) if image is None else image
    source = Source(Roi(array, inside, inside, spacing), None, config)
    ((_, values),) = SHAPE.compute(source, SHAPE.available(config.dialect))
    return values


@pytest.mark.parametrize("name", MASKS)
def test_mesh_and_diameters_equal_their_naive_twins(name: str) -> None:
    found = surface.trace(MASKS[name])
    found_mesh = surface.area_and_volume(found, SPACING, closed=False)
    assert found_mesh == pytest.approx(naive.mesh(MASKS[name], SPACING), rel=1e-12)
    assert tuple(hull.diameters(found, SPACING)) == pytest.approx(naive.diameters(MASKS[name], SPACING), rel=1e-14)
    assert set(map(tuple, hull.corners(found).tolist())) <= set(naive.vertices(MASKS[name]))


@pytest.mark.parametrize("radii", [(5, 5, 5), (4, 5, 6), (6, 5, 4)], ids=str)
def test_diameters_of_round_bodies_are_not_those_along_a_shorter_axis(radii: tuple[int, int, int]) -> None:
    """All ends of a ball's diameters are alike; from the tip of an ellipsoid's short axis the other tip is farthest."""
    place = np.indices([2 * r + 1 for r in radii]) - np.reshape(radii, (3, 1, 1, 1))
    inside = ((place / np.reshape(radii, (3, 1, 1, 1))) ** 2).sum(axis=0) <= 1
    found = hull.diameters(surface.trace(inside), (1.0, 1.0, 1.0))
    assert tuple(found) == pytest.approx(naive.diameters(inside, (1.0, 1.0, 1.0)), rel=1e-14)


@pytest.mark.parametrize("name", MASKS)
def test_each_side_of_a_closed_mesh_is_shared_by_two_triangles(name: str) -> None:
    sides: Counter[tuple] = Counter()
    for triangle in naive.closed_mesh(MASKS[name]):
        for a, b in zip(triangle, triangle[1:] + triangle[:1], strict=True):
            sides[a, b] += 1
            sides[b, a] -= 1
    assert set(sides.values()) == {0}


@pytest.mark.parametrize("name", MASKS)
def test_a_closed_mesh_has_the_same_volume_from_everywhere(name: str) -> None:
    found = surface.trace(MASKS[name])
    moved = found._replace(positions=found.positions + 20 * found.counts[:, None])
    expected = surface.area_and_volume(found, SPACING, closed=True)
    assert surface.area_and_volume(moved, SPACING, closed=True) == pytest.approx(expected, rel=1e-10)


def test_meshes_are_the_same_where_voxels_share_faces() -> None:
    found = surface.trace(MASKS["ellipsoid"])
    ours, theirs = (surface.area_and_volume(found, SPACING, closed) for closed in (True, False))
    assert ours == pytest.approx(theirs, rel=1e-14)


@pytest.mark.parametrize("name", [name for name in MASKS if name != "one voxel"])
@pytest.mark.parametrize(("dialect", "less"), [(Dialect.PYRADIOMICS, 0), (Dialect.IBSI, 1)])
def test_axes_equal_their_naive_twin(name: str, dialect: Dialect, less: int) -> None:
    found = principal_variances(surface.trace(MASKS[name]).sums, SPACING, dialect)
    assert found == pytest.approx(naive.variances(MASKS[name], SPACING, less), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    "axes", [(1, 1, 1), (2, 1, 1), (3, 2, 1), (1, 0, 0), (1e6, 1, 1), (1, 1 + 1e-12, 1e-9), (0, 0, 0)]
)
def test_eigenvalues_equal_numpys(axes: tuple[float, float, float]) -> None:
    random = np.random.default_rng(3)
    for turn in (np.eye(3), *(np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in range(20))):
        matrix = turn @ np.diag(np.array(axes, float)) @ turn.T
        expected = pytest.approx(np.linalg.eigvalsh(matrix), rel=1e-12, abs=1e-14 * max(axes))
        assert surface.eigenvalues(matrix) == expected


@pytest.mark.agreement
@pytest.mark.parametrize("name", [*MASKS, "large"])
def test_pyradiomics(name: str) -> None:
    inside = MASKS.get(name, blob(99, (9, 14, 17)))
    theirs = of_pyradiomics(inside)
    ours = measure(inside, config=Config.pyradiomics())
    assert set(ours) == set(theirs)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-7, nan_ok=True)


def of_pyradiomics(inside: np.ndarray) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape = pytest.importorskip("radiomics.shape")
        image, mask = (sitk.GetImageFromArray(inside.astype(np.uint8)) for _ in range(2))
        image.SetSpacing(SPACING[::-1])
        mask.SetSpacing(SPACING[::-1])
        reference = shape.RadiomicsShape(image, mask)
        for feature in SHAPE.available(Dialect.PYRADIOMICS):
            reference.enableFeatureByName(feature.name)
        return {feature: float(value) for feature, value in reference.execute().items()}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_changes_with_the_position_in_the_image(seed: int) -> None:
    inside = blob(seed)
    image = np.random.default_rng(seed).normal(size=inside.shape)
    moved = measure(np.pad(inside, ((2, 1), (0, 3), (4, 0))), image=np.pad(image, ((2, 1), (0, 3), (4, 0))))
    assert moved == pytest.approx(measure(inside, image=image), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("axis", range(3))
def test_nothing_changes_in_a_mirror(axis: int) -> None:
    inside = ellipsoid() & (np.arange(9) != 1)
    image = np.random.default_rng(axis).normal(size=inside.shape)
    mirrored = measure(np.flip(inside, axis), image=np.flip(image, axis))
    assert mirrored == pytest.approx(measure(inside, image=image), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("axes", [(0, 1), (0, 2), (1, 2)])
def test_nothing_changes_by_a_quarter_turn(axes: tuple[int, int]) -> None:
    inside = ellipsoid()
    image = np.random.default_rng(1).normal(size=inside.shape)
    spacing = list(SPACING)
    spacing[axes[0]], spacing[axes[1]] = spacing[axes[1]], spacing[axes[0]]
    turned = measure(np.rot90(inside, axes=axes), tuple(spacing), np.rot90(image, axes=axes))
    assert turned == pytest.approx(measure(inside, image=image), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("dialect", Dialect)
def test_lengths_areas_and_volumes_scale_with_the_spacing(dialect: Dialect) -> None:
    config = Config(dialect=dialect)
    once = measure(ellipsoid(), config=config)
    twice = measure(ellipsoid(), tuple(2 * step for step in SPACING), config=config)
    factors = {"mm": 2, "mm^2": 4, "mm^3": 8, "intensity mm^3": 8, "mm^-1": 0.5, "1": 1}
    for feature in SHAPE.available(dialect):
        assert twice[feature.name] == pytest.approx(factors[feature.unit] * once[feature.name], rel=1e-9), feature.name


def test_a_cube_measures_what_geometry_says() -> None:
    values = measure(np.ones((10, 10, 10), bool), (1.0, 1.0, 1.0))
    assert values["VoxelVolume"] == 1000
    assert values["MajorAxisLength"] == pytest.approx(4 * np.sqrt(8.25 * 1000 / 999))
    assert values["VolumeDensityConvexHull"] == pytest.approx(1)
    assert values["AreaDensityConvexHull"] == pytest.approx(1)
    assert values["VolumeDensityOMBB"] == pytest.approx(values["VolumeDensityAABB"])
    assert values["IntegratedIntensity"] == pytest.approx(values["MeshVolume"] * 499.5)


def test_bodies_enclose_in_the_right_order() -> None:
    values = measure(blob(7, (6, 9, 8)))
    assert values["VolumeDensityAABB"] <= values["VolumeDensityOMBB"] * (1 + 1e-12)
    assert values["VolumeDensityOMBB"] <= values["VolumeDensityConvexHull"] <= 1
    assert values["VolumeDensityMVEE"] <= values["VolumeDensityConvexHull"]


@pytest.mark.parametrize("name", MASKS)
def test_the_hull_of_the_mesh_is_that_of_its_vertices(name: str) -> None:
    half = np.array(SPACING) / 2
    expected = ConvexHull(np.array(naive.vertices(MASKS[name])) * half)
    found = convex.enclose(hull.extremes(surface.trace(MASKS[name])), half)
    assert (found.area, found.volume) == pytest.approx((expected.area, expected.volume), rel=1e-12)
    assert set(map(tuple, expected.points[expected.vertices])) <= set(map(tuple, found.corners))


@pytest.mark.parametrize("seed", range(6))
def test_faces_of_a_hull_have_all_points_behind_them_and_their_neighbours_beside_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.integers(0, 3 + 4 * seed, (300, 3))
    found = convex.enclose(points, np.array(SPACING))
    expected = ConvexHull(points * SPACING)
    assert (found.area, found.volume) == pytest.approx((expected.area, expected.volume), rel=1e-12)
    heights = np.einsum("fk,fpk->fp", found.normals, points * SPACING - found.corners[found.faces[:, 0]][:, None])
    assert heights.max() < 1e-9
    for face, corners in enumerate(found.faces):
        for k, beyond in enumerate(found.neighbours[face]):
            assert {*corners} - {corners[k]} <= {*found.faces[beyond]}
            assert face in found.neighbours[beyond]


def smallest_box(
    points: np.ndarray, spacing: tuple[float, float, float] = (1, 1, 1), turn: np.ndarray | None = None
) -> np.ndarray:
    """The edges of the smallest box around points, whole numbers of steps of `spacing`, that are then turned."""
    turn = np.eye(3) if turn is None else turn
    found = convex.enclose(points, np.array(spacing))
    return enclosing.smallest_box(found.corners @ turn, found.faces, found.neighbours, found.normals @ turn)


def test_a_turned_box_is_found() -> None:
    corners = np.array(np.meshgrid([0, 2.0], [0, 3.0], [0, 5.0])).reshape(3, -1).T
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    assert sorted(smallest_box(corners, turn=turn)) == pytest.approx([2, 3, 5])


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_box_equals_its_naive_twin(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = np.rint(random.normal(0, (10, 200, 3000), (30, 3))) if seed % 2 else random.integers(0, 6, (60, 3))
    volume, surface_area = naive.smallest_box(points * SPACING)
    a, b, c = smallest_box(points, SPACING)
    assert (a * b * c, 2 * (a * b + b * c + c * a)) == pytest.approx((volume, surface_area), rel=1e-9)


def test_of_boxes_of_equal_volume_the_one_with_the_least_surface_is_found() -> None:
    triangle = np.array([(0, 0), (3, 0), (0, 4)])  # 3 x 4 around its legs, 5 x 2.4 along its longest side
    prism = np.array([(z, *corner) for z in (0, 10) for corner in triangle], float)
    for angle in np.linspace(0, 3, 20):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
        assert sorted(smallest_box(prism, turn=turn.T)) == pytest.approx([3, 4, 10])


def test_the_smallest_ellipsoid_of_a_stretched_ball_is_that_ellipsoid() -> None:
    random = np.random.default_rng(5)
    points = random.normal(size=(400, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    axes = enclosing.smallest_ellipsoid(points * (4, 2, 1) @ turn + (10, -3, 7))
    assert axes == pytest.approx([4, 2, 1], rel=0.02)
    cube = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    assert enclosing.smallest_ellipsoid(cube) == pytest.approx([np.sqrt(3)] * 3, rel=1e-6)


def test_the_series_of_an_ellipsoids_surface_has_its_limits() -> None:
    assert enclosing.ellipsoid_area(np.array([3.0, 3.0, 3.0])) == pytest.approx(36 * np.pi)
    nearly = enclosing.ellipsoid_area(np.array([3.0, 3.0 - 1e-9, 2.0]))
    assert enclosing.ellipsoid_area(np.array([3.0, 3.0, 2.0])) == pytest.approx(nearly, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_autocorrelation_equals_its_naive_twin(seed: int) -> None:
    inside = blob(seed, (3, 4, 5))
    image = np.random.default_rng(seed).normal(100, 20, inside.shape)
    expected = naive.moran_and_geary(image, inside, SPACING)
    assert moran_and_geary(image, inside, SPACING) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shape", [(1, 1, 2), (1, 7, 1), (2, 1, 5), (8, 3, 6), (5, 5, 5), (6, 2, 9), (3, 18, 4)])
def test_autocorrelation_of_boxes_of_even_and_odd_lengths_equals_its_naive_twin(shape: tuple[int, int, int]) -> None:
    random = np.random.default_rng(5)
    inside, image = random.random(shape) < 0.7, random.normal(100, 20, shape)
    inside[0, 0, 0] = inside[-1, -1, -1] = True
    expected = naive.moran_and_geary(image, inside, SPACING)
    assert moran_and_geary(image, inside, SPACING) == pytest.approx(expected, rel=1e-10)


def test_autocorrelation_of_equal_intensities_is_undefined() -> None:
    inside = np.ones((2, 3, 2), bool)
    assert np.isnan(moran_and_geary(np.full(inside.shape, 0.1), inside, SPACING)).all()
    assert np.isnan(moran_and_geary(np.ones((1, 1, 1)), np.ones((1, 1, 1), bool), SPACING)).all()


def test_the_centre_follows_the_bright_side() -> None:
    inside = np.ones((1, 1, 3), bool)
    values = measure(inside, image=np.array([[[0.0, 0.0, 5.0]]]))
    assert values["CentreOfMassShift"] == pytest.approx(SPACING[2])


def test_a_2d_image_has_no_shape_in_3d() -> None:
    inside = np.ones((1, 4, 4), bool)
    source = Source(Roi(inside.astype(float), inside, inside, SPACING, dimensions=2), None, Config.pyradiomics())
    with pytest.warns(RadiomixWarning, match="shape2D describes 2D regions"):
        assert SHAPE.compute(source, SHAPE.available(Dialect.PYRADIOMICS)) == []


def test_inputs_are_left_alone() -> None:
    inside, image = ellipsoid(), np.ones((7, 11, 9), np.float32)
    inside.flags.writeable = image.flags.writeable = False
    roi = Roi(image, inside, inside, SPACING)
    source = Source(replace(roi, intensities=image), None, Config.ibsi())
    assert len(SHAPE.compute(source, SHAPE.available(Dialect.IBSI))[0][1]) == 29
