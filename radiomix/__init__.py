"""radiomix: segmentation masks to features to predictions one can believe.

Public names are loaded when first used, so that `import radiomix` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Image": "image",
    "Geometry": "image",
    "Config": "config",
    "Aggregation": "config",
    "FixedBinNumber": "config",
    "FixedBinWidth": "config",
    "NoBins": "config",
    "ImageType": "config",
    "Interpolator": "config",
    "Normalise": "config",
    "RangeMode": "config",
    "Resample": "config",
    "Resegment": "config",
    "Weighting": "config",
    "Dialect": "registry",
    "read_parameters": "parameters",
    "read_image": "io",
    "extract": "extraction",
    "extract_maps": "maps",
    "save_maps": "maps",
    "plot_map": "report.maps",
    "describe": "spellings",
    "terms": "spellings",
    "read_cases": "cohort",
    "find_cases": "cohort",
    "check_cases": "cohort",
    "extract_cases": "cohort",
    "compare": "compat",
    "make_cohort": "datasets",
    "perturb": "perturbations",
    "Study": "study",
    "load_model": "study",
    "list_models": "study",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'radiomix' has no attribute {name!r}")
    value = getattr(import_module(f"radiomix.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
