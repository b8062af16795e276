from __future__ import annotations

import numpy as np
import pytest

from radiomix.config import Config
from radiomix.features import FAMILIES
from radiomix.features.local_intensity import RADIUS
from radiomix.features.source import Source
from radiomix.image import Roi, bounding_box
from radiomix.kernels import neighbourhood
from radiomix.registry import Dialect
from tests import naive_shape as naive

LOCAL = FAMILIES["localintensity"]
SPACING = (4.0, 2.5, 3.0)


def scene(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    image = random.normal(10, 3, (7, 9, 8))
    inside = np.zeros(image.shape, bool)
    inside[2:5, 3:6, 1:5] = random.random((3, 3, 4)) < 0.6
    return image, inside


def measure(image: np.ndarray, inside: np.ndarray, whole: bool = True) -> dict[str, float]:
    box = bounding_box(inside)
    around, corner = (image, tuple(s.start for s in box)) if whole else (None, (0, 0, 0))
    roi = Roi(image[box], inside[box], inside[box], SPACING, around=around, corner=corner)
    ((_, values),) = LOCAL.compute(Source(roi, None, Config.ibsi()), LOCAL.available(Dialect.IBSI))
    return values


@pytest.mark.parametrize("seed", range(3))
def test_peaks_equal_their_naive_twin(seed: int) -> None:
    image, inside = scene(seed)
    means = {tuple(v): naive.sphere_mean(image, tuple(v), RADIUS, SPACING) for v in np.argwhere(inside)}
    brightest = max(means, key=lambda voxel: image[voxel])
    values = measure(image, inside)
    assert values["GlobalIntensityPeak"] == pytest.approx(max(means.values()), rel=1e-12)
    assert values["LocalIntensityPeak"] == pytest.approx(means[brightest], rel=1e-12)


def test_of_several_brightest_voxels_the_best_neighbourhood_counts() -> None:
    image, inside = scene()
    first, *_, last = np.argwhere(inside)
    image[tuple(first)] = image[tuple(last)] = 100.0
    means = [naive.sphere_mean(image, tuple(v), RADIUS, SPACING) for v in (first, last)]
    assert measure(image, inside)["LocalIntensityPeak"] == pytest.approx(max(means), rel=1e-12)


def test_only_as_much_of_the_image_is_looked_at_as_matters() -> None:
    image, inside = scene()
    expected = measure(image, inside)
    assert measure(np.pad(image, 5, constant_values=1e9)[4:-4, 4:-4, 4:-4], np.pad(inside, 1)) != expected
    far = np.pad(image, 3, constant_values=np.nan)  # what is not known does not count
    assert measure(far, np.pad(inside, 3)) == pytest.approx(expected)


def test_without_surroundings_the_box_is_all_there_is() -> None:
    image, inside = scene()
    box = bounding_box(inside)
    assert measure(image, inside, whole=False) == measure(image[box], inside[box])


def test_a_sphere_has_the_voxels_it_should() -> None:
    reached = neighbourhood.sphere(RADIUS, (1.0, 1.0, 1.0))
    for z, y, x in np.ndindex(8, 8, 8):
        inside = z < reached.shape[0] and y < reached.shape[1] and x <= reached[z, y]
        assert inside == (z * z + y * y + x * x <= RADIUS**2)
    assert neighbourhood.reach(reached) == (6, 6, 6)
    assert neighbourhood.reach(neighbourhood.sphere(RADIUS, (1.0, 3.0, 10.0))) == (6, 2, 0)
