"""One image, one mask, one configuration: values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import Config
from ..image import Image, LabelMap, Mask
from ..io import choose_label, masks, read_image, read_labels, reconcile
from ..preprocess import find_region, prepare
from ..registry import Dialect
from .announce import announce_compilation
from .compute import compute, features_of, wanted_features
from .provenance import provenance, version
from .undefined import note_undefined

if TYPE_CHECKING:
    import pandas as pd

    from ..io import Source as Readable

__all__ = ["Extraction", "as_config", "compute", "extract", "extract_case", "read_roi", "wanted_features"]

DEFAULT = Config.pyradiomics()
Settings = Config | str | os.PathLike[str] | Mapping[str, Any] | None


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


def as_config(config: Settings = None, changes: Mapping[str, Any] | None = None) -> Config:
    """A configuration from what a user may give: None, a Config, a parameter file's path, or its content.

    `changes` are settings by PyRadiomics' names that win over it.
    """
    if changes or not (config is None or isinstance(config, Config)):
        from ..parameters import read_parameters, with_settings

        found = config if isinstance(config, Config) else read_parameters(config or {})
        return with_settings(found, changes) if changes else found
    return config or DEFAULT


def extract_case(
    image: Readable,
    mask: Readable,
    config: Settings = None,
    *,
    label: int | None = None,
    labels: str | Sequence[int] | None = None,
    hashes: bool = True,
    workers: int = 1,
) -> Iterator[Extraction]:
    """Extract ROI after ROI of one image; image and mask are read once.

    Parameters
    ----------
    image, mask : a path, a SimpleITK image, a nibabel image or a `radiomix.Image`
    config : None for PyRadiomics' defaults, a `Config`, a parameter file's path or its content
    label : the ROI; None takes the configuration's, else the only one there is
    labels : "all" or a list, instead of `label`
    hashes : hash the content of image and mask into the provenance
    workers : threads that share the derived images of each ROI; values and their order stay the same

    Yields
    ------
    Extraction : one per ROI

    Raises
    ------
    InputError : image or mask cannot be used; the message says what was found and what to do
    ConfigError : a setting is wrong
    """
    announce_compilation()
    settings = as_config(config)
    picture, segmentation, on_grid = _read(image, mask, settings)
    chosen = settings.label if label is None else label
    origin = provenance(picture, segmentation, settings) if hashes else version(settings)
    for roi in masks(on_grid, labels) if labels is not None else [choose_label(on_grid, chosen)]:
        yield _of_roi(picture, segmentation, roi, settings, origin, workers)


def _read(image: Readable, mask: Readable, config: Config) -> tuple[Image, LabelMap, LabelMap]:
    """The image, the labels as read, and the labels where the image needs them."""
    picture = read_image(image)
    segmentation = read_labels(mask, config.label_channel)
    resampling = config.dialect is Dialect.PYRADIOMICS and config.resample is not None
    on_grid = reconcile(picture, segmentation, config.geometry_tolerance, config.correct_mask, resampling)
    return picture, segmentation, on_grid


def read_roi(image: Readable, mask: Readable, config: Config, label: int | None = None) -> tuple[Image, Mask]:
    """An image and one ROI of its mask; `label` goes before the configuration's."""
    picture, _, on_grid = _read(image, mask, config)
    return picture, choose_label(on_grid, config.label if label is None else label)


def _of_roi(
    image: Image, labels: LabelMap, roi: Mask, config: Config, origin: dict[str, str], workers: int
) -> Extraction:
    prepared, prepared_roi = prepare(image, roi, config)
    region = find_region(prepared, prepared_roi, config)
    diagnostics: dict[str, Any] = {}
    if config.diagnostics:
        from .diagnostics import diagnose

        diagnostics = diagnose(image, labels, roi, config, (prepared, prepared_roi), region)
    values = features_of(prepared, region, config, workers)
    note_undefined(values, roi.label)
    return Extraction(roi.label, values, origin, diagnostics)


def extract(
    image: Readable,
    mask: Readable,
    config: Settings = None,
    *,
    label: int | None = None,
    labels: str | Sequence[int] | None = None,
    workers: int = 1,
    **settings: Any,
) -> pd.Series | pd.DataFrame:
    """Extract the features of one image's ROI.

    Parameters
    ----------
    image, mask : a path, a SimpleITK image, a nibabel image or a `radiomix.Image`
    config : None for PyRadiomics' defaults, a `Config`, a parameter file's path or its content
    label : the ROI; None takes the configuration's, else the only one there is
    labels : "all" or a list: a row per label
    workers : threads that share the derived images of each ROI (wavelets, LoG, ...); one large case is sooner done, a
        cohort is better shared out to processes (`radiomix.extract_cases`)
    settings : PyRadiomics' settings by name (`binWidth=10`), which win over `config`

    Returns
    -------
    pandas.Series of features by column name, version and configuration in its `attrs`; with `labels` a
    pandas.DataFrame indexed by label. Diagnostics come first where the configuration asks for them.

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
    (14.0, 123.0)
    """
    import pandas as pd

    whole = as_config(config, settings)
    found = list(extract_case(image, mask, whole, label=label, labels=labels, hashes=False, workers=workers))
    if labels is None:
        diagnostics, values = found[0].diagnostics, found[0].values
        numbers = np.fromiter(values.values(), np.float64, len(values))
        cells = [*diagnostics.values(), *values.values()] if diagnostics else numbers
        result = pd.Series(cells, index=_index((*diagnostics, *values)), name=found[0].label)
    else:
        index = pd.Index([e.label for e in found], name="label")
        result = pd.DataFrame([{**e.diagnostics, **e.values} for e in found], index=index)
    result.attrs.update(found[0].provenance)
    return result


@lru_cache(maxsize=32)
def _index(columns: tuple[str, ...]) -> pd.Index:
    """Of a configuration's columns, made once."""
    import pandas as pd

    return pd.Index(columns)
