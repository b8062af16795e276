"""The intensity histogram and the intensity-volume histogram."""

from __future__ import annotations

import numpy as np
import pytest

from radiomix.config import Config, FixedBinNumber, FixedBinWidth, NoBins, Resegment
from radiomix.errors import ConfigError
from radiomix.features import FAMILIES
from radiomix.features.source import Source
from radiomix.features.volume_histogram import VolumeHistogram, histogram_of
from radiomix.image import Levels, Roi
from radiomix.registry import Dialect

HISTOGRAM, IVH = FAMILIES["histogram"], FAMILIES["ivh"]


def measure(*levels: int) -> dict[str, float]:
    """Every histogram feature of these grey levels, one voxel each."""
    array = np.array(levels, np.uint8).reshape(1, 1, -1)
    inside = array > 0
    source = Source(Roi(array, inside, inside, (1.0,) * 3), Levels.of(array, max(levels)), Config.ibsi())
    ((_, values),) = HISTOGRAM.compute(source, HISTOGRAM.available(Dialect.IBSI))
    return values


def test_counts_and_gradient() -> None:
    values = measure(1, 1, 2, 4, 4, 4, 4, 5)  # counts 2 1 0 4 1, gradient -1 -1 1.5 0.5 -3
    assert values["Mode"] == 4
    assert (values["MaximumGradient"], values["MaximumGradientLevel"]) == (1.5, 3)
    assert (values["MinimumGradient"], values["MinimumGradientLevel"]) == (-3, 5)
    assert values["Uniformity"] == pytest.approx(22 / 64)
    assert values["Entropy"] == pytest.approx(0.5 + 2 * 3 / 8 + 0.5)


def test_of_several_modes_the_one_nearest_to_the_mean_counts() -> None:
    assert measure(1, 1, 3, 3, 9)["Mode"] == 3
    assert measure(2, 2, 4, 4)["Mode"] == 2  # equally near: the lower


def test_voxels_outside_do_not_count() -> None:
    assert measure(0, 3, 5, 4, 0) == measure(3, 5, 4)


def test_one_level_has_no_gradient() -> None:
    values = measure(1, 1, 1)
    assert values["Entropy"] == 0
    undefined = {name for name, value in values.items() if np.isnan(value)}
    assert undefined == {"MaximumGradient", "MaximumGradientLevel", "MinimumGradient", "MinimumGradientLevel"}


def naive_volume_histogram(
    intensities: np.ndarray, low: float, width: float, steps: int
) -> tuple[float, float, float, float]:
    """V10, V90, I10, I90 from the definitions, for intensities that lie on the steps."""
    grid = low + width * np.arange(steps + 2)
    share = [np.mean(intensities >= i - 1e-9) for i in grid]
    fraction = (grid - low) / ((steps - 1) * width) if steps > 1 else np.arange(3.0)
    volumes = [next(s for s, f in zip(share, fraction, strict=True) if f >= p - 1e-12) for p in (0.1, 0.9)]
    lowest = [next(i for i, s in zip(grid, share, strict=True) if s <= p + 1e-12) for p in (0.1, 0.9)]
    return (*volumes, *lowest)


@pytest.mark.parametrize("seed", range(6))
def test_volume_histogram_equals_its_naive_twin(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps, low, width = int(random.integers(1, 40)), float(random.integers(-50, 50)), 2.5
    at = random.integers(0, steps, 60)
    histogram = VolumeHistogram(np.bincount(at), low, width, steps)
    expected = naive_volume_histogram(low + width * at, low, width, steps)
    found = [
        histogram.volume_fraction(10),
        histogram.volume_fraction(90),
        histogram.intensity(10),
        histogram.intensity(90),
    ]
    assert found == pytest.approx(expected)


def levels_of(*levels: int, edges: np.ndarray | None = None) -> Levels:
    array = np.array(levels, np.uint16).reshape(1, 1, -1)
    return Levels.of(array, max(levels), np.empty(0) if edges is None else edges)


def test_intensities_as_they_are_run_over_the_resegmentation_range() -> None:
    config = Config.ibsi(ivh_bins=NoBins(), resegment=Resegment(low=-10, high=20))
    found = histogram_of(levels_of(1, 3, 6, edges=np.arange(-4.0, 3.0)), config)  # -4, -2, 1
    assert (found.low, found.width, found.steps) == (-10, 1, 31)
    assert found.counts.tolist() == [0] * 6 + [1, 0, 1, 0, 0, 1]


def test_without_a_range_the_regions_own_counts() -> None:
    found = histogram_of(levels_of(3, 5, 5), Config.ibsi(ivh_bins=NoBins()))
    assert (found.low, found.steps, found.counts.tolist()) == (3, 3, [1, 0, 2])


def test_a_range_that_intensities_exceed_is_that_of_another_image() -> None:
    config = Config.ibsi(ivh_bins=NoBins(), resegment=Resegment(low=4, high=4))
    found = histogram_of(levels_of(3, 5, 5), config)
    assert (found.low, found.steps) == (3, 3)


def test_bins_of_a_width_are_known_by_their_centres() -> None:
    config = Config.ibsi(ivh_bins=FixedBinWidth(2.5), resegment=Resegment(low=-1000, high=400))
    edges = -1000 + 2.5 * np.arange(562)
    found = histogram_of(levels_of(1, 7, 561, edges=edges), config)  # 561: an intensity of exactly 400
    assert (found.low, found.width, found.steps) == (-998.75, 2.5, 560)
    assert found.at_least[[0, 1, 6, 7, 560, 561]].tolist() == [3, 2, 2, 1, 1, 0]
    assert found.volume_fraction(90) == pytest.approx(1 / 3)


def test_a_number_of_bins_is_known_by_their_numbers() -> None:
    found = histogram_of(levels_of(1, 500, 1000), Config.ibsi(ivh_bins=FixedBinNumber(1000)))
    assert (found.low, found.width, found.steps) == (1, 1, 1000)
    assert found.intensity(90) == 2


def test_area_of_a_uniform_and_of_a_flat_region() -> None:
    uniform = VolumeHistogram(np.ones(101, int), 0.0, 1.0, 101)
    assert uniform.area == pytest.approx(np.trapezoid(1 - np.arange(101) / 101, dx=0.01))
    assert VolumeHistogram(np.array([5]), 3.0, 1.0, 1).area == 0
    assert VolumeHistogram(np.array([5]), 1.0, 1.0, 1000).area == pytest.approx(0.5 / 999)


def test_the_volume_histogram_needs_bins_of_its_own() -> None:
    inside = np.ones((1, 1, 3), bool)
    source = Source(Roi(inside, inside, inside, (1.0,) * 3), None, Config.ibsi(ivh_bins=None))
    with pytest.raises(ConfigError, match="ivh_bins is None: set ivh_bins"):
        IVH.compute(source, IVH.features)
