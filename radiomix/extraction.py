"""One image, one mask, one configuration: values."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .config import Aggregation, Config
from .errors import NonFiniteVoxels
from .features.source import Source
from .image import Box, Image, Mask, Roi
from .io import choose_label, masks, read_image, read_labels, reconcile
from .preprocess import Region, discretise, discretise_for_histogram, find_region, prepare
from .preprocess.region import nonfinite, widened
from .registry import Dialect, Domain, Family, Feature, Filter, Original, family

if TYPE_CHECKING:
    import pandas as pd

    from .io import Source as Readable

Settings = Config | str | os.PathLike[str] | Mapping[str, Any] | None
NEIGHBOURHOOD = 6.21  # mm around a voxel: the IBSI's sphere of 1 cm3 for local intensity
Wanted = tuple[tuple[Family, tuple[Feature, ...]], ...]


@dataclass(frozen=True, eq=False)
class Extraction:
    """What one ROI gave.

    Attributes
    ----------
    label : the ROI's label
    values : column -> feature value
    provenance : column -> version, digest of the configuration, content hashes of image and mask
    diagnostics : PyRadiomics' `diagnostics_*` columns, where the configuration asks for them
    """

    label: int
    values: dict[str, float]
    provenance: dict[str, str]
    diagnostics: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any]:
        """Diagnostics, provenance and values together, as a table's row."""
        return {**self.diagnostics, **self.provenance, **self.values}


def as_config(config: Settings) -> Config:
    """A configuration from what a user may give: None, a Config, a parameter file's path, or its content."""
    match config:
        case None:
            return Config.pyradiomics()
        case Config():
            return config
        case _:
            from .parameters import read_parameters

            return read_parameters(config)


def extract_case(
    image: Readable,
    mask: Readable,
    config: Settings = None,
    *,
    label: int | None = None,
    labels: str | Sequence[int] | None = None,
) -> Iterator[Extraction]:
    """Extract ROI after ROI of one image; image and mask are read once.

    Parameters
    ----------
    image, mask : a path, a SimpleITK image, a nibabel image or a `radiomix.Image`
    config : None for PyRadiomics' defaults, a `Config`, a parameter file's path or its content
    label : the ROI; None takes the configuration's, else the only one there is
    labels : "all" or a list, instead of `label`

    Yields
    ------
    Extraction : one per ROI

    Raises
    ------
    InputError : image or mask cannot be used; the message says what was found and what to do
    ConfigError : a setting is wrong
    """
    settings = as_config(config)
    picture = read_image(image)
    segmentation = read_labels(mask, settings.label_channel)
    on_grid = reconcile(picture, segmentation, settings.geometry_tolerance, settings.correct_mask)
    chosen = settings.label if label is None else label
    for roi in masks(on_grid, labels) if labels is not None else [choose_label(on_grid, chosen)]:
        values = compute(picture, roi, settings)
        yield Extraction(roi.label, values, {"radiomix_version": __version__, "radiomix_config": settings.digest})


def extract(
    image: Readable,
    mask: Readable,
    config: Settings = None,
    *,
    label: int | None = None,
    labels: str | Sequence[int] | None = None,
) -> pd.Series | pd.DataFrame:
    """Extract the features of one image's ROI.

    Parameters
    ----------
    image, mask : a path, a SimpleITK image, a nibabel image or a `radiomix.Image`
    config : None for PyRadiomics' defaults, a `Config`, a parameter file's path or its content
    label : the ROI; None takes the configuration's, else the only one there is
    labels : "all" or a list: a row per label

    Returns
    -------
    pandas.Series of features by column name, the provenance in its `attrs`; with `labels` a pandas.DataFrame indexed by
    label. Diagnostics come first where the configuration asks for them.

    Raises
    ------
    InputError : image or mask cannot be used; the message says what was found and what to do
    ConfigError : a setting is wrong

    Examples
    --------
    >>> import numpy as np, radiomix as rx
    >>> z, y, x = np.indices((8, 8, 8))
    >>> inside = ((z - 4) ** 2 + (y - 4) ** 2 + (x - 4) ** 2 < 10).astype(np.uint8)
    >>> features = rx.extract(rx.Image(10.0 * x + y), rx.Image(inside))
    >>> float(features["original_firstorder_Minimum"]), float(features["original_shape_VoxelVolume"])
    (14.0, 147.0)
    """
    import pandas as pd

    found = list(extract_case(image, mask, config, label=label, labels=labels))
    if labels is None:
        only = found[0]
        result = pd.Series({**only.diagnostics, **only.values}, name=only.label)
    else:
        index = pd.Index([e.label for e in found], name="label")
        result = pd.DataFrame([{**e.diagnostics, **e.values} for e in found], index=index)
    result.attrs.update(found[0].provenance)
    return result


def compute(image: Image, mask: Mask, config: Config) -> dict[str, float]:
    """The features of one ROI, by column name."""
    prepared, roi_mask = prepare(image, mask, config)
    region = find_region(prepared, roi_mask, config)
    wanted = wanted_features(config)
    values: dict[str, float] = {}
    shapes = tuple(w for w in wanted if w[0].domain is Domain.MASK)
    if shapes:
        source = Source(_roi(prepared, region.box, region), None, config)
        _collect(values, "original", shapes, source)
    rest = tuple(w for w in wanted if w[0].domain is not Domain.MASK)
    for image_type in config.images if rest else ():
        settings = config.for_image(image_type) if image_type.overrides else config
        for name, derived, box in _derived(prepared, image_type.filter, region, rest):
            _collect(values, name, rest, _source(_roi(derived, box, region), name, settings, rest))
    return values


@lru_cache(maxsize=32)
def wanted_features(config: Config) -> Wanted:
    """The families and features that a configuration asks for, in the order of its columns.

    "All features" of a family are in alphabetical order in PyRadiomics' dialect, as PyRadiomics writes them, and in
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
                chosen = tuple(sorted(chosen, key=lambda f: f.name))
        wanted.append((found, chosen))
    return tuple(wanted)


def _derived(image: Image, make: Filter, region: Region, wanted: Wanted) -> Iterator[tuple[str, Image, Box]]:
    """Derived images, and where the ROI's box lies in each. The original stays whole; filters touch what is needed."""
    if isinstance(make, Original):
        yield "original", image, region.box
        return
    reach = NEIGHBOURHOOD if any(found.name == "localintensity" for found, _ in wanted) else 0.0
    wide = widened(region.box, tuple(math.ceil(reach / s) for s in image.spacing), image.array.shape)
    inner = tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(region.box, wide, strict=True))
    for name, derived in make.images(image, wide):
        yield name, derived, inner


def _roi(image: Image, box: Box, region: Region) -> Roi:
    corner = tuple(s.start for s in box)
    cut = image.array[box]
    return Roi(cut, region.morphological, region.inside, image.spacing, image.dimensions, image.array, corner)


def _source(roi: Roi, name: str, config: Config, wanted: Wanted) -> Source:
    _refuse_nonfinite(roi, name)
    needs_levels = config.dialect is Dialect.PYRADIOMICS or any(f.domain is Domain.LEVELS for f, _ in wanted)
    levels = discretise(roi, config, name) if needs_levels else None
    histogram = discretise_for_histogram(roi, config, name) if any(f.name == "ivh" for f, _ in wanted) else None
    return Source(roi, levels, config, histogram)


def _refuse_nonfinite(roi: Roi, name: str) -> None:
    """A sum over the box is finite wherever all intensities are: only else it is worth looking closer."""
    if roi.intensities.dtype.kind != "f" or np.isfinite(roi.intensities.sum(dtype=np.float64)):
        return
    if np.isfinite(roi.values).all():
        return
    hint = "" if name == "original" else " (a filter or resampling spreads such voxels from outside the ROI into it)"
    raise NonFiniteVoxels(nonfinite(roi.values, f"the image '{name}'{hint}"))


def _collect(values: dict[str, float], image_name: str, wanted: Wanted, source: Source) -> None:
    several = len(source.config.aggregations) > 1
    for found, features in wanted:
        for aggregation, numbers in found.compute(source, features):
            prefix = f"{image_name}_{found.name}{_suffix(found, aggregation) if several else ''}_"
            values.update((prefix + name, number) for name, number in numbers.items())


def _suffix(found: Family, aggregation: Aggregation | None) -> str:
    if aggregation is None:
        return ""
    return f"-{aggregation.value if found.name in ('glcm', 'glrlm') else aggregation.dimension}"
