"""One ROI of one image: prepared, filtered, discretised, and its features collected by column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np

from ..config import Aggregation, Config
from ..errors import NonFiniteVoxels
from ..features.grid import Grid
from ..features.source import Source
from ..image import Box, Image, Mask, Roi, widened, within
from ..preprocess import Region, discretise, discretise_for_histogram, find_region, histogram_bins, prepare
from ..preprocess.region import nonfinite
from ..registry import Dialect, Domain, Family, Feature, Filter, Original, family
from .threads import in_order

NEIGHBOURHOOD = 6.21  # mm around a voxel: the IBSI's sphere of 1 cm3 for local intensity
LEARNT_FROM = 2**25 - 2**14  # bytes: less than the 32 MiB up to which glibc learns from a block that is freed
Wanted = tuple[tuple[Family, tuple[Feature, ...]], ...]


def compute(image: Image, mask: Mask, config: Config) -> dict[str, float]:
    """The features of one ROI, by column name, from a mask on the image's grid."""
    prepared, roi_mask = prepare(image, mask, config)
    return features_of(prepared, find_region(prepared, roi_mask, config), config)


def features_of(prepared: Image, region: Region, config: Config, workers: int = 1) -> dict[str, float]:
    """The features of one region of a prepared image, by column name; derived images are shared out to threads."""
    wanted = wanted_features(config)
    values: dict[str, float] = {}
    shapes = tuple(w for w in wanted if w[0].domain is Domain.MASK)
    if shapes:
        _collect(values, "original", shapes, Source(_roi(prepared, region.box, region), None, config))
    rest = tuple(w for w in wanted if w[0].domain is not Domain.MASK)

    twins: dict[tuple[int, int], Grid] = {}

    def derived(part: Filter, settings: Config) -> Iterator[tuple[str, Image, Box, Config]]:
        for name, image, box in _derived(prepared, part, region, rest):
            yield name, image, box, settings

    def of_one(piece: tuple[str, Image, Box, Config]) -> dict[str, float]:
        name, image, box, settings = piece
        found: dict[str, float] = {}
        _collect(found, name, rest, _source(_roi(image, box, region), name, settings, rest, twins))
        return found

    sources = [
        derived(part, config.for_image(image_type) if image_type.overrides else config)
        for image_type in (config.images if rest else ())
        for part in image_type.filter.parts()
    ]
    if len(sources) > 1:
        _keep_freed_memory()
    for found in in_order(of_one, sources, workers):
        values.update(found)
    return values


@cache
def _keep_freed_memory() -> None:
    """Let the C library keep what one derived image has freed for the next.

    glibc gives memory back to the system where more is free than twice the largest block that it has seen freed, and
    each page costs a fault when it is taken again: a tenth of the time of a filter bank on 490,000 voxels. So it is
    shown a block, which is never touched; it keeps 64 MiB at most then.
    """
    np.empty(LEARNT_FROM, np.uint8)


@lru_cache(maxsize=32)
def wanted_features(config: Config) -> Wanted:
    """The families and features that a configuration asks for, in the order of its columns.

    "All features" of a family stand in the order of PyRadiomics' methods in its dialect, as it writes them, and in
    the order of declaration in the IBSI's.
    """
    wanted = []
    for name, features in config.features:
        found = family(name)
        if features:
            chosen = tuple(found[feature] for feature in features)
        else:
            chosen = tuple(f for f in found.available(config.dialect) if f.default)
            if config.dialect is Dialect.PYRADIOMICS:
                chosen = tuple(sorted(chosen, key=lambda f: f"{f.name}FeatureValue"))
        wanted.append((found, chosen))
    return tuple(wanted)


def _derived(image: Image, make: Filter, region: Region, wanted: Wanted) -> Iterator[tuple[str, Image, Box]]:
    """Derived images, and where the ROI's box lies in each. The original stays whole; filters touch what is needed."""
    if isinstance(make, Original):
        yield "original", image, region.box
        return
    reach = NEIGHBOURHOOD if any(found.name == "localintensity" for found, _ in wanted) else 0.0
    wide = widened(region.box, tuple(math.ceil(reach / s) for s in image.spacing), image.array.shape)
    inner = within(region.box, wide)
    for name, derived in make.images(image, wide):
        yield name, derived, inner


def _roi(image: Image, box: Box, region: Region) -> Roi:
    """The ROI's part of a derived image, whose memory it looks at."""
    corner = tuple(s.start for s in box)
    around, masks = image.array, (region.morphological, region.inside)
    return Roi(around[box], *masks, image.spacing, image.dimensions, around, corner)


def _source(roi: Roi, name: str, config: Config, wanted: Wanted, twins: dict[tuple[int, int], Grid]) -> Source:
    _refuse_nonfinite(roi, name, spread=name != "original" or config.resample is not None)
    needs_levels = config.dialect is Dialect.PYRADIOMICS or any(f.domain is Domain.LEVELS for f, _ in wanted)
    levels = discretise(roi, config, name) if needs_levels else None
    if all(found.name != "ivh" for found, _ in wanted):
        return Source(roi, levels, config, twins=twins)
    config = config.with_(ivh_bins=histogram_bins(roi, config))
    return Source(roi, levels, config, discretise_for_histogram(roi, config, name), twins)


def _refuse_nonfinite(roi: Roi, name: str, spread: bool) -> None:
    if roi.finite:
        return
    hint = " (filters and resampling spread such voxels from outside the ROI into it)" if spread else ""
    raise NonFiniteVoxels(nonfinite(roi.values, f"the image '{name}'{hint}"))


def _collect(values: dict[str, float], image_name: str, wanted: Wanted, source: Source) -> None:
    several = len(source.config.aggregations) > 1
    for found, features in wanted:
        for aggregation, numbers in found.compute(source, features):
            suffix = _suffix(found, aggregation) if several else ""
            columns = _columns(f"{image_name}_{found.name}{suffix}_", tuple(numbers))
            values.update(zip(columns, numbers.values(), strict=True))


@lru_cache(maxsize=1024)
def _columns(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Made once: the same columns come with every case."""
    return tuple(prefix + name for name in names)


def _suffix(found: Family, aggregation: Aggregation | None) -> str:
    if aggregation is None:
        return ""
    return f"-{aggregation.value if found.name in ('glcm', 'glrlm') else aggregation.dimension}"
