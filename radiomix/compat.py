"""PyRadiomics as the reference: its engine run in process, and its values beside ours."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from .errors import MissingDependency

if TYPE_CHECKING:
    import pandas as pd
    import SimpleITK as sitk

    from .extraction import Settings
    from .io import Source


def compare(image: Source, mask: Source, config: Settings = None) -> pd.DataFrame:
    """One case through radiomix and through PyRadiomics, in this process.

    Parameters
    ----------
    image, mask : a path, a SimpleITK image, a nibabel image or a `radiomix.Image`
    config : a `Config` in PyRadiomics' dialect, a parameter file's path or its content; None for the defaults

    Returns
    -------
    A row per feature: column, ours, pyradiomics, absolute (the difference), relative (to PyRadiomics' value; 0 where
    both are equal or both undefined). A value that only one of the two has is NaN in the other.

    Raises
    ------
    MissingDependency : PyRadiomics is not installed
    ConfigError : the configuration is not in PyRadiomics' dialect
    """
    import pandas as pd

    from .extraction import as_config, extract
    from .parameters import to_pyradiomics

    settings = as_config(config).with_(diagnostics=False)
    _extractor_class()
    parameters = to_pyradiomics(settings)
    ours = extract(image, mask, settings)
    parameters["setting"]["label"] = int(ours.name)
    theirs = pd.Series(run_pyradiomics(_as_sitk(image), _as_sitk(mask), parameters), dtype=float)
    both = pd.DataFrame({"ours": ours.astype(float), "pyradiomics": theirs})
    both = both.reindex([*theirs.index, *(c for c in ours.index if c not in theirs.index)])
    difference = both["ours"] - both["pyradiomics"]
    equal = (difference == 0) | both.isna().all(axis=1)
    both["absolute"] = difference.abs().mask(equal, 0.0)
    both["relative"] = (difference / both["pyradiomics"]).abs().mask(equal, 0.0)
    return both.rename_axis("column").reset_index()


def _as_sitk(source: Source) -> sitk.Image:
    """What PyRadiomics takes: a file is read by SimpleITK alone, as PyRadiomics would."""
    import SimpleITK as sitk

    from .io import read_image, to_sitk

    match source:
        case sitk.Image():
            return source
        case str() | os.PathLike():
            return sitk.ReadImage(os.fspath(source))
        case _:
            return to_sitk(read_image(source))


def run_pyradiomics(image: sitk.Image, mask: sitk.Image, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """PyRadiomics' own result for one image and mask.

    Parameters
    ----------
    image, mask : SimpleITK images
    parameters : the content of a PyRadiomics parameter file

    Returns
    -------
    The value of every column in PyRadiomics' order; features are floats, `diagnostics_*` are as PyRadiomics made them.

    Raises
    ------
    MissingDependency : PyRadiomics is not installed
    ValueError : PyRadiomics refuses the input
    """
    with _quiet(), _tolerance_restored():
        extractor = _extractor_class()(deepcopy(dict(parameters)))
        values = extractor.execute(image, mask)
    return {name: value if name.startswith("diagnostics_") else float(value) for name, value in values.items()}


def _extractor_class() -> type:
    try:
        from radiomics.featureextractor import RadiomicsFeatureExtractor
    except ImportError as missing:
        raise MissingDependency(
            "the comparison needs PyRadiomics 3.0.1, which is not installed and builds on Python 3.9 to 3.11 only: "
            "pip install numpy setuptools wheel versioneer && pip install --no-build-isolation pyradiomics==3.0.1"
        ) from missing
    return RadiomicsFeatureExtractor


@contextmanager
def _quiet() -> Iterator[None]:
    """Without PyRadiomics' log lines on stderr, and without the warnings of its old code under new libraries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _extractor_class()  # its import sets the level
        logger = logging.getLogger("radiomics")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)


@contextmanager
def _tolerance_restored() -> Iterator[None]:
    """PyRadiomics sets SimpleITK's tolerance for the whole process."""
    import SimpleITK as sitk

    coordinate = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    direction = sitk.ProcessObject.GetGlobalDefaultDirectionTolerance()
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultCoordinateTolerance(coordinate)
        sitk.ProcessObject.SetGlobalDefaultDirectionTolerance(direction)
