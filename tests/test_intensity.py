from __future__ import annotations

import warnings

import numpy as np
import pytest
import SimpleITK as sitk

from radiomix.config import Config
from radiomix.features import FAMILIES
from radiomix.features.distribution import ratio
from radiomix.features.source import Source
from radiomix.image import Levels, Roi
from radiomix.kernels import statistics
from radiomix.registry import Dialect
from tests import naive_shape as naive

FIRSTORDER = FAMILIES["firstorder"]
SPACING = (2.0, 0.75, 1.5)
FRACTIONS = (0.1, 0.25, 0.5, 0.75, 0.9)


def samples() -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    return {
        "one": np.array([3.25]),
        "two": np.array([-1.0, 4.0]),
        "normal": random.normal(50, 20, 501),
        "integers": random.integers(-3, 4, 400).astype(float),
        "equal": np.full(37, 0.1),
        "nearly equal": 1e6 + random.normal(size=200) * 1e-2,
        "wide": np.exp(random.normal(size=300) * 9),
        "one far away": np.append(random.normal(size=300), 1e12),
        "descending": -np.arange(100.0),
    }


SAMPLES = samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_moments_equal_numpys(name: str) -> None:
    x = SAMPLES[name]
    found, d = statistics.moments(x, None, x.min(), x.max(), 2.5), x - x.mean()
    scale = np.ptp(x)
    assert (found.minimum, found.maximum) == (x.min(), x.max())
    assert found.mean == pytest.approx(x.mean(), rel=1e-14)
    assert found.energy == pytest.approx(np.sum((x + 2.5) ** 2), rel=1e-12)
    assert found.deviation == pytest.approx(np.mean(abs(d)), rel=1e-7, abs=1e-15 * abs(x).max())
    for power, moment in ((2, found.second), (3, found.third), (4, found.fourth)):
        assert moment == pytest.approx(np.mean(d**power), rel=1e-7, abs=1e-9 * scale**power + 1e-30)


@pytest.mark.parametrize("name", SAMPLES)
def test_percentiles_equal_numpys(name: str) -> None:
    x = SAMPLES[name]
    found = statistics.percentiles(x, None, FRACTIONS, x.min(), x.max())
    assert found == pytest.approx(np.percentile(x, [10, 25, 50, 75, 90]), rel=1e-12)


@pytest.mark.parametrize("size", [2, 3, 11, 97, 5000])
def test_percentiles_of_any_size_and_with_many_ties(size: int) -> None:
    for seed in range(3):
        x = np.round(np.random.default_rng(seed).normal(size=size) * 10**seed)
        found = statistics.percentiles(x, None, FRACTIONS, x.min(), x.max())
        assert found == pytest.approx(np.percentile(x, [10, 25, 50, 75, 90]), rel=1e-12)


@pytest.mark.parametrize("name", SAMPLES)
def test_deviations_equal_their_naive_twins(name: str) -> None:
    x = SAMPLES[name]
    low, high = np.percentile(x, [10, 90])
    expected = naive.robust_deviation(x)
    assert statistics.robust_deviation(x, None, low, high) == pytest.approx(expected, rel=1e-7, abs=1e-16, nan_ok=True)
    assert statistics.mean_deviation(x, None, 1.5) == pytest.approx(np.mean(abs(x - 1.5)))


@pytest.mark.parametrize("seed", range(3))
def test_counted_values_are_described_as_if_each_stood_for_itself(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.arange(-20.0, 30)
    counts = random.integers(0, 4, values.size)
    x = np.repeat(values, counts)
    extremes = x.min(), x.max()
    low, high = np.percentile(x, [10, 90])
    found = statistics.moments(values, counts, *extremes, 2.5)
    assert found == pytest.approx(statistics.moments(x, None, *extremes, 2.5), rel=1e-12)
    for fractions in (FRACTIONS, FRACTIONS[::-1]):
        assert statistics.percentiles(values, counts, fractions, *extremes) == pytest.approx(
            np.percentile(x, np.multiply(fractions, 100)), rel=1e-12
        )
    for describe, bounds in ((statistics.robust_deviation, (low, high)), (statistics.mean_deviation, (1.5,))):
        assert describe(values, counts, *bounds) == pytest.approx(describe(x, None, *bounds), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
def test_integers_are_counted(dtype: type) -> None:
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).min + 9
    values = np.array([low, high, low + 3, high, low + 3, low, high], dtype)
    assert statistics.tally(values, int(low), 10).tolist() == [2, 0, 0, 2, 0, 0, 0, 0, 0, 3]


@pytest.mark.parametrize("dialect", [Config.pyradiomics(), Config.ibsi()], ids=["pyradiomics", "ibsi"])
def test_integers_and_the_same_numbers_as_floats_give_the_same(dialect: Config) -> None:
    """Few integers are counted first; a voxel's number type makes no difference."""
    image = np.random.default_rng(1).integers(-40, 60, (5, 6, 7))
    inside = np.ones(image.shape, bool)
    counted, listed = (measure(image.astype(dtype), inside, dialect) for dtype in (np.int16, np.float64))
    assert counted == pytest.approx(listed, rel=1e-12)


def volume(dtype: type, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return (random.normal(20, 60, (5, 6, 7))).astype(dtype), random.random((5, 6, 7)) < 0.6


def measure(image: np.ndarray, inside: np.ndarray, config: Config, width: float = 25.0) -> dict[str, float]:
    """Every first-order feature of a dialect."""
    levels = np.where(inside, np.floor(image / width) - np.floor(image[inside].min() / width) + 1, 0).astype(np.uint8)
    source = Source(Roi(image, inside, inside, SPACING), Levels.of(levels, int(levels.max())), config)
    ((_, values),) = FIRSTORDER.compute(source, FIRSTORDER.available(config.dialect))
    return values


@pytest.mark.agreement
@pytest.mark.parametrize("shift", [0, 1000])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_pyradiomics(dtype: type, shift: int) -> None:
    image, inside = volume(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        firstorder = pytest.importorskip("radiomics.firstorder")
        picture, mask = sitk.GetImageFromArray(image), sitk.GetImageFromArray(inside.astype(np.uint8))
        picture.SetSpacing(SPACING[::-1])
        reference = firstorder.RadiomicsFirstOrder(picture, mask, voxelArrayShift=shift, binWidth=25)
        for feature in FIRSTORDER.available(Dialect.PYRADIOMICS):
            reference.enableFeatureByName(feature.name)
        theirs = {feature: float(value) for feature, value in reference.execute().items()}
    ours = measure(image, inside, Config.pyradiomics(voxel_shift=shift))
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_flat_region_has_no_spread_and_no_form(dialect: Dialect) -> None:
    values = measure(np.full((3, 3, 3), 0.1), np.ones((3, 3, 3), bool), Config(dialect=dialect))
    assert values["Mean"] == 0.1
    for name in ("Variance", "Skewness", "Kurtosis", "MeanAbsoluteDeviation", "InterquartileRange", "Range"):
        assert values[name] == 0, name
    if dialect is Dialect.PYRADIOMICS:
        assert (values["Entropy"], values["Uniformity"]) == (0, 1)


def test_kurtosis_differs_by_three() -> None:
    image, inside = volume(np.float64)
    ours, standard = (measure(image, inside, Config(dialect=dialect)) for dialect in Dialect)
    assert ours["Kurtosis"] == pytest.approx(standard["Kurtosis"] + 3)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_shift_of_intensities_moves_what_it_should(dialect: Dialect) -> None:
    image, inside = volume(np.float64)
    config = Config(dialect=dialect)
    once, moved = measure(image, inside, config), measure(image + 50, inside, config)
    for name in ("Mean", "Median", "Minimum", "Maximum", "10Percentile", "90Percentile"):
        assert moved[name] == pytest.approx(once[name] + 50), name
    for name in ("Variance", "Skewness", "Kurtosis", "Range", "InterquartileRange", "RobustMeanAbsoluteDeviation"):
        assert moved[name] == pytest.approx(once[name]), name


def test_order_and_surroundings_do_not_matter() -> None:
    image, inside = volume(np.float32)
    expected = pytest.approx(measure(image, inside, Config.pyradiomics()), rel=1e-12)
    assert measure(image[::-1, :, ::-1], inside[::-1, :, ::-1], Config.pyradiomics()) == expected
    assert measure(np.where(inside, image, 1e30), inside, Config.pyradiomics()) == expected


def test_a_quotient_by_zero_is_infinite_or_undefined() -> None:
    assert ratio(2, 0) == np.inf
    assert ratio(-2, 0) == -np.inf
    assert np.isnan(ratio(0, 0))
