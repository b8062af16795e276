from __future__ import annotations

import warnings
from itertools import combinations
from math import dist, hypot

import numpy as np
import pytest
import SimpleITK as sitk

from radiomix.config import Config
from radiomix.errors import RadiomixWarning, UnsupportedImage
from radiomix.features import FAMILIES
from radiomix.features.source import Source
from radiomix.image import Image, Mask, Roi, bounding_box
from radiomix.preprocess import find_region
from radiomix.registry import Dialect
from tests import naive_shape as naive

SHAPE2D = FAMILIES["shape2D"]
SPACING = (2.5, 0.75, 1.0)
WANTED = SHAPE2D.available(Dialect.PYRADIOMICS)


def blob(seed: int, axis: int = 0) -> np.ndarray:
    """A random mask of one slice across `axis` that fills its box."""
    random = np.random.default_rng(seed)
    inside = random.random((5, 6)) < random.uniform(0.2, 0.9)
    inside[2, 3] = inside[2, 4] = True
    inside = np.expand_dims(inside, axis)
    return inside[bounding_box(inside)]


def measure(inside: np.ndarray, axis: int = 0, spacing: tuple[float, float, float] = SPACING) -> dict[str, float]:
    config = Config.pyradiomics(force_2d=True, force_2d_axis=axis)
    ((_, values),) = SHAPE2D.compute(Source(Roi(np.zeros(inside.shape), inside, inside, spacing), None, config), WANTED)
    return values


@pytest.mark.agreement
@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("seed", range(6))
def test_pyradiomics(axis: int, seed: int) -> None:
    inside = blob(seed, axis)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape2d = pytest.importorskip("radiomics.shape2D")
        image, mask = (sitk.GetImageFromArray(inside.astype(np.uint8)) for _ in range(2))
        image.SetSpacing(SPACING[::-1])
        mask.SetSpacing(SPACING[::-1])
        reference = shape2d.RadiomicsShape2D(image, mask, force2D=True, force2Ddimension=axis)
        for feature in WANTED:
            reference.enableFeatureByName(feature.name)
        theirs = {feature: float(value) for feature, value in reference.execute().items()}
    assert measure(inside, axis) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_diameter_equals_its_naive_twin(seed: int) -> None:
    inside = blob(seed)
    in_plane = [vertex for vertex in naive.vertices(inside) if vertex[0] == 2]
    lengths = (dist(np.multiply(a, SPACING) / 2, np.multiply(b, SPACING) / 2) for a, b in combinations(in_plane, 2))
    assert measure(inside)["MaximumDiameter"] == pytest.approx(max(lengths))


def test_a_rectangle_measures_what_geometry_says() -> None:
    values = measure(np.ones((1, 4, 6), bool))
    dy, dx = SPACING[1:]
    assert values["PixelSurface"] == pytest.approx(24 * dy * dx)
    assert values["MeshSurface"] == pytest.approx(23.5 * dy * dx)  # four corners cut
    assert values["Perimeter"] == pytest.approx(2 * 3 * dy + 2 * 5 * dx + 2 * hypot(dy, dx))
    assert values["MajorAxisLength"] == pytest.approx(4 * dx * np.sqrt(35 / 12))


def test_one_pixel() -> None:
    values = measure(np.ones((1, 1, 1), bool))
    assert values["MeshSurface"] == pytest.approx(SPACING[1] * SPACING[2] / 2)
    assert values["MajorAxisLength"] == 0
    assert np.isnan(values["Elongation"])


@pytest.mark.parametrize("axis", [1, 2])
def test_nothing_changes_in_a_mirror_or_with_the_position(axis: int) -> None:
    inside = blob(8)
    expected = pytest.approx(measure(inside), rel=1e-12)
    assert measure(np.flip(inside, axis)) == expected
    wide = np.pad(inside, ((1, 2), (3, 0), (0, 4)))
    region = find_region(Image(np.zeros(wide.shape)), Mask(wide), Config.pyradiomics())
    assert measure(region.morphological) == expected


def test_a_region_of_several_slices_is_refused() -> None:
    with pytest.raises(UnsupportedImage, match=r"one slice along array axis 1 \(y\); found 4 slices"):
        measure(np.ones((1, 4, 6), bool), axis=1)


def test_a_2d_image_needs_no_setting() -> None:
    inside = blob(2)
    roi = Roi(np.zeros(inside.shape), inside, inside, SPACING, dimensions=2)
    ((_, values),) = SHAPE2D.compute(Source(roi, None, Config.pyradiomics()), WANTED)
    assert values == measure(inside)


def test_a_volume_without_force_2d_is_left_out_and_said() -> None:
    inside = blob(2)
    source = Source(Roi(np.zeros(inside.shape), inside, inside, SPACING), None, Config.pyradiomics())
    with pytest.warns(RadiomixWarning, match="set force_2d"):
        assert SHAPE2D.compute(source, WANTED) == []
