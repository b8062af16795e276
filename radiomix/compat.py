"""PyRadiomics as the reference: its engine run in process, and its values beside ours."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from .errors import MissingDependency

if TYPE_CHECKING:
    import SimpleITK as sitk


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
    with _quiet():
        extractor = _extractor_class()(deepcopy(dict(parameters)))
        with _tolerance_restored():
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
