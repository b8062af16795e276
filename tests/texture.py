"""Small textures, and how the tests hand them to a family."""

from __future__ import annotations

import numpy as np

from radiomix.config import Aggregation, Config
from radiomix.features.source import Source
from radiomix.image import Levels, Roi
from radiomix.registry import family

PLANAR = (Aggregation.SLICE_AVERAGED, Aggregation.DIRECTION_MERGED)


def source_of(levels: np.ndarray, config: Config, spacing=(1.0, 1.0, 1.0), morphological=None) -> Source:
    """A region from its grey levels, 0 outside."""
    count = int(levels.max())
    array = levels.astype(np.uint8 if count < 255 else np.uint16)
    inside = levels > 0
    roi = Roi(levels.astype(float), inside if morphological is None else morphological, inside, spacing)
    return Source(roi, Levels.of(array, count), config)


def values(levels: np.ndarray, name: str, config: Config, **where) -> dict[str, float]:
    """All features of a family, for the only aggregation."""
    ((_, numbers),) = family(name).compute(source_of(levels, config, **where), family(name).features)
    return numbers


def random_levels(seed: int, shape=(4, 5, 6), count=5, empty=0.3) -> np.ndarray:
    generator = np.random.default_rng(seed)
    levels = generator.integers(1, count + 1, shape)
    levels[generator.random(shape) < empty] = 0
    levels[tuple(n // 2 for n in shape)] = count
    return levels


def textures() -> dict[str, np.ndarray]:
    """What the kernels are compared with their twins on."""
    single, line = np.zeros((3, 3, 3), int), np.zeros((3, 4, 7), int)
    single[1, 1, 1] = 2
    line[1, 1, 1:5] = [1, 2, 2, 1]
    lonely = line.copy()
    lonely[2, 3, 6] = 3
    return {
        "random": random_levels(0),
        "sparse": random_levels(1, empty=0.8),
        "binary": random_levels(2, count=2, empty=0.0),
        "flat": np.ones((3, 4, 2), int),
        "single voxel": single,
        "line": line,
        "lonely voxel": lonely,
        "one slice": random_levels(3, shape=(1, 6, 7), count=3, empty=0.1),
        "checkerboard": np.indices((3, 4, 4)).sum(0) % 2 * 2 + 1,
        "many levels": random_levels(4, count=300, empty=0.1),
        "gaps": random_levels(5, count=3) * 4,
        "gradient": np.indices((3, 4, 6)).sum(0) * 4 + random_levels(6, shape=(3, 4, 6), empty=0.0),
    }
