"""Neighbourhood grey tone differences: counted and reduced against naive twins, in both dialects."""

from __future__ import annotations

import numpy as np
import pytest

from radiomix.config import Aggregation, Config
from radiomix.features.grid import surroundings
from radiomix.kernels import neighbours as column
from radiomix.registry import Dialect
from tests import naive_texture as naive
from tests.texture import random_levels, source_of, textures, values


@pytest.mark.parametrize("name", textures())
@pytest.mark.parametrize(("distances", "planar"), [((1,), False), ((1,), True), ((2,), False)])
@pytest.mark.parametrize("dialect", Dialect)
def test_tones_equal_the_twin(name, distances, planar, dialect):
    levels = textures()[name]
    source = source_of(levels, Config.pyradiomics(dialect=dialect, distances=distances))
    counts, sums = source.surroundings(planar).tones(False, dialect)
    reach = distances if dialect is Dialect.PYRADIOMICS else tuple(range(1, max(distances) + 1))
    expected = naive.tones(levels, surroundings(reach, planar), with_isolated=dialect is Dialect.PYRADIOMICS)
    shape = (int(levels.max()) + 1,)
    np.testing.assert_array_equal(counts[0], naive.dense({(k,): v for k, v in expected[0].items()}, shape))
    np.testing.assert_allclose(sums[0], naive.dense({(k,): v for k, v in expected[1].items()}, shape), atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_formulas_equal_their_twin(seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 9, (3, 7)).astype(float)
    sums = generator.random((3, 7)) * counts
    counts[1], counts[2, 1:], counts[2, 3] = 0, 0, 4
    sums[2] = 0
    features = np.empty((3, column.TONE_COLUMNS))
    column.tone_features(counts, sums, features)
    assert np.isnan(features[1]).all()
    for k in (0, 2):
        np.testing.assert_allclose(features[k], naive.tone_features(counts[k], sums[k]), rtol=1e-12)


def test_an_even_region_is_infinitely_coarse():
    numbers = values(textures()["flat"], "ngtdm", Config.pyradiomics())
    assert numbers == {"Coarseness": 1e6, "Contrast": 0, "Busyness": 0, "Complexity": 0, "Strength": 0}


def test_a_voxel_without_neighbours_counts_in_one_dialect_only():
    lonely = textures()["lonely voxel"]
    together = lonely.copy()
    together[2, 3, 6] = 0
    ibsi, pyradiomics = Config.ibsi(), Config.pyradiomics()
    assert values(lonely, "ngtdm", ibsi) == pytest.approx(values(together, "ngtdm", ibsi))
    assert values(lonely, "ngtdm", pyradiomics)["Contrast"] != values(together, "ngtdm", pyradiomics)["Contrast"]
    assert np.isnan(values(textures()["single voxel"], "ngtdm", ibsi)["Coarseness"])


@pytest.mark.parametrize("aggregation", [Aggregation.SLICE_MERGED, Aggregation.PLANE_MERGED, Aggregation.VOLUME_MERGED])
def test_flips_and_padding_change_nothing(aggregation):
    levels, config = random_levels(7), Config.ibsi(aggregations=(aggregation,))
    expected = values(levels, "ngtdm", config)
    for changed in (levels[:, ::-1], levels[:, :, ::-1], levels[::-1], np.pad(levels, 2), levels.swapaxes(1, 2)):
        assert values(changed, "ngtdm", config) == pytest.approx(expected, rel=1e-9)
