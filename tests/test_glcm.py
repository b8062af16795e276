"""Co-occurrence: counted against the naive twin, its features against plain formulas, its laws."""

from __future__ import annotations

import numpy as np
import pytest

from radiomix.config import Aggregation, Config, Weighting
from radiomix.errors import TooManyBins
from radiomix.features import glcm
from radiomix.features.aggregate import plans
from radiomix.features.grid import Grid, directions, stack_of_zeros
from radiomix.image import Levels
from radiomix.kernels import cooccurrence as column
from radiomix.kernels.maximal_correlation import TILE
from radiomix.registry import Dialect, family
from tests import naive_texture as naive
from tests.texture import random_levels, source_of, textures, values

EMPTY = ("single voxel",)


@pytest.mark.parametrize("name", textures())
@pytest.mark.parametrize(("distances", "planar"), [((1,), False), ((2,), True), ((1, 3), False)])
def test_counts_equal_the_twin(name, distances, planar):
    levels = textures()[name] % 120  # fewer levels keep the matrices small
    grid = source_of(levels, Config.pyradiomics(distances=distances)).grid
    offsets = directions(distances, planar)
    counts = glcm.count(grid, offsets, by_slice=False)[0]
    for a, offset in enumerate(offsets):
        expected = naive.dense(naive.pairs(levels, offset), counts.shape[1:])
        np.testing.assert_array_equal(counts[a, 1:, 1:], expected[1:, 1:])


@pytest.mark.parametrize(
    ("name", "symmetric"),
    [
        (name, symmetric)
        for name in textures()
        for symmetric in (True, False)
        if name not in EMPTY and (symmetric or name != "many levels")  # uncompiled loops over 300 levels are slow
    ],
)
def test_features_equal_plain_formulas(name, symmetric):
    levels = textures()[name]
    numbers = values(levels, "glcm", Config.pyradiomics(symmetrical_glcm=symmetric))
    shape = (int(levels.max()) + 1,) * 2
    matrices = [naive.dense(naive.pairs(levels, offset), shape) for offset in directions((1,), False)]
    expected = [naive.pair_features(matrix, symmetric) for matrix in matrices if matrix.any()]
    if name == "flat":
        expected = [row | {"MCC": 1.0} for row in expected]
    else:
        expected = [row | {"MCC": naive.maximal_correlation(m[1:, 1:] + m[1:, 1:].T if symmetric else m[1:, 1:])}
                    for row, m in zip(expected, (m for m in matrices if m.any()), strict=True)]  # fmt: skip
    for feature, value in numbers.items():
        mean = np.mean([row[feature] for row in expected])
        assert value == pytest.approx(mean, rel=1e-9, abs=1e-7 if feature in ("MCC", "Imc2") else 1e-12), feature


@pytest.mark.parametrize("name", EMPTY)
def test_a_region_without_pairs_has_no_features(name):
    assert all(np.isnan(value) for value in values(textures()[name], "glcm", Config.pyradiomics()).values())


@pytest.mark.parametrize("size", [2, 3, 7, 20])
@pytest.mark.parametrize("symmetric", [True, False])
def test_maximal_correlation_of_any_matrix(size, symmetric):
    generator = np.random.default_rng(size)
    width = 1 + -(-size // TILE) * TILE
    counts = np.zeros((width, 1, width), np.uint32)
    inside = counts[1 : size + 1, 0, 1 : size + 1]
    inside[...] = generator.integers(0, 9, (size, size)) * (generator.random((size, size)) < 0.5)
    inside[0, 0] += 1
    features = np.empty((1, column.PAIR_COLUMNS))
    column.pair_features(counts, size, symmetric, True, False, np.empty(0), features)
    matrix = inside.astype(float)
    expected = naive.maximal_correlation(matrix + matrix.T if symmetric else matrix)
    assert features[0, column.MCC] == pytest.approx(expected, rel=1e-10, abs=1e-7)


def test_maximal_correlation_of_even_and_separated_levels():
    levels = np.array([[[1, 3, 1, 3], [3, 1, 3, 1], [1, 3, 1, 3]]])
    assert values(levels, "glcm", Config.pyradiomics())["MCC"] == pytest.approx(1.0)
    apart = np.zeros((3, 3, 7), int)
    apart[..., :3], apart[..., 4:] = 1, 2
    assert values(apart, "glcm", Config.pyradiomics())["MCC"] == pytest.approx(1.0)


def test_mcc_is_left_out_where_nobody_asks():
    source, found = source_of(random_levels(0), Config.pyradiomics()), family("glcm")
    ((_, numbers),) = found.compute(source, (found["Contrast"], found["JointEntropy"]))
    assert list(numbers) == ["Contrast", "JointEntropy"]


@pytest.mark.parametrize("aggregation", Aggregation)
def test_flips_and_padding_change_nothing(aggregation):
    levels, config = random_levels(7), Config.ibsi(aggregations=(aggregation,))
    expected = values(levels, "glcm", config)
    for changed in (levels[:, ::-1], levels[:, :, ::-1], levels[::-1], np.pad(levels, 2), levels.swapaxes(1, 2)):
        found = values(changed, "glcm", config)
        assert found == pytest.approx({name: pytest.approx(value, rel=1e-9) for name, value in expected.items()})


def test_merged_is_the_sum_of_its_parts():
    source = source_of(random_levels(8), Config.ibsi())
    plane = directions((1,), True)
    by_slice = glcm.count(source.grid, plane, by_slice=True)
    np.testing.assert_array_equal(by_slice.sum(0, keepdims=True), glcm.count(source.grid, plane, by_slice=False))


def test_weights_decay_with_the_distance_in_mm():
    levels, spacing = random_levels(9), (3.0, 0.5, 1.0)
    config = Config.pyradiomics(weighting=Weighting.EUCLIDEAN)
    shape = (int(levels.max()) + 1,) * 2
    matrix = sum(
        np.exp(-np.sum((offset * spacing) ** 2)) * naive.dense(naive.pairs(levels, offset), shape)
        for offset in directions((1,), False)
    )
    expected = naive.pair_features(matrix, symmetric=True)
    for name, value in values(levels, "glcm", config, spacing=spacing).items():
        assert value == pytest.approx(expected[name], rel=1e-9), name


def test_plans_of_both_dialects():
    assert plans(Config.pyradiomics())[0].merging is Aggregation.VOLUME_AVERAGED
    assert plans(Config.pyradiomics(weighting=Weighting.NONE))[0].merging is Aggregation.VOLUME_MERGED
    assert plans(Config.pyradiomics(force_2d=True))[0].reported is Aggregation.DIRECTION_MERGED
    several = Config.ibsi(aggregations=tuple(Aggregation))
    assert [plan.reported for plan in plans(several)] == list(Aggregation)


def test_slices_are_across_the_axis_asked_for():
    levels = random_levels(10)
    expected = values(levels, "glcm", Config.pyradiomics(force_2d=True))
    turned = values(np.moveaxis(levels, 0, 2), "glcm", Config.pyradiomics(force_2d=True, force_2d_axis=2))
    assert turned == pytest.approx(expected)


def test_too_many_levels_are_refused():
    with pytest.raises(TooManyBins, match=r"at most 65535 grey levels; found 70000\. Choose wider"):
        Grid.of(Levels.of(np.ones((2, 2, 2), np.int32), 70_000), frame=1)
    with pytest.raises(TooManyBins, match=r"need 174 GiB; found more than the 4 GiB"):
        stack_of_zeros(1, 13, 60_000, 60_000)


def test_every_feature_of_the_standard_is_there():
    assert len(family("glcm").available(Dialect.IBSI)) == 25
    assert sum(f.default for f in family("glcm").available(Dialect.PYRADIOMICS)) == 24
