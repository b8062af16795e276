"""The settings of a parameter file: their names, and what each accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..config import Aggregation, Interpolator, RangeMode, Weighting
from ..registry import Dialect


@dataclass(frozen=True)
class Setting:
    """What a setting accepts; `field` of Config where one setting fills one field, `convert` on the way."""

    expected: str
    accepts: Callable[[Any], bool]
    field: str = ""
    convert: Callable[[Any], Any] = lambda value: value


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(field: str = "", low: int | None = None, high: int | None = None) -> Setting:
    def accepts(value: Any) -> bool:
        return is_integer(value) and (low is None or value >= low) and (high is None or value <= high)

    bounds = "" if low is None else f" of at least {low}" if high is None else f" from {low} to {high}"
    return Setting(f"an integer{bounds}", accepts, field)


def _positive(field: str = "") -> Setting:
    return Setting("a number above 0", lambda v: is_number(v) and v > 0, field, float)


def _number(field: str = "") -> Setting:
    return Setting("a number", is_number, field, float)


def _switch(field: str = "") -> Setting:
    return Setting("true or false", lambda v: isinstance(v, bool), field)


def _list(what: str, accepts: Callable[[Any], bool], sizes: range, field: str = "") -> Setting:
    def fits(value: Any) -> bool:
        return isinstance(value, list | tuple) and len(value) in sizes and all(accepts(v) for v in value)

    return Setting(f"a list of {what}", fits, field, tuple)


def _name(kind: type[Any], field: str = "") -> Setting:
    names = [member.value for member in kind]
    return Setting(f"one of {', '.join(names)}", lambda v: v in names, field, kind)


INTERPOLATORS = tuple(Interpolator)  # PyRadiomics also numbers them, from 1
PYRADIOMICS: dict[str, Setting] = {
    "label": Setting("an integer other than 0", lambda v: is_integer(v) and v != 0, "label"),
    "label_channel": _integer("label_channel", 0),
    "minimumROIDimensions": _integer("minimum_dimensions", 1, 3),
    "minimumROISize": _integer("minimum_size", 1),
    "geometryTolerance": _positive("geometry_tolerance"),
    "correctMask": _switch("correct_mask"),
    "additionalInfo": _switch("diagnostics"),
    "binWidth": _positive(),
    "binCount": _integer("", 1),
    "normalize": _switch(),
    "normalizeScale": _positive(),
    "removeOutliers": _positive(),
    "resampledPixelSpacing": _list(
        "2 or 3 numbers (x, y, z) of at least 0", lambda v: is_number(v) and v >= 0, range(2, 4)
    ),
    "interpolator": Setting(
        f"one of {', '.join(i.value for i in Interpolator)}, or its number from 1 to 10",
        lambda v: v in range(1, 11) if is_integer(v) else v in [i.value for i in Interpolator],
    ),
    "padDistance": _integer("pad_distance", 0),
    "preCrop": _switch("pre_crop"),
    "resegmentRange": _list("1 or 2 numbers", is_number, range(1, 3)),
    "resegmentMode": _name(RangeMode),
    "resegmentShape": _switch(),
    "distances": _list("integers above 0", lambda v: is_integer(v) and v > 0, range(1, 1000), "distances"),
    "force2D": _switch("force_2d"),
    "force2Ddimension": _integer("force_2d_axis", 0, 2),
    "voxelArrayShift": _number("voxel_shift"),
    "symmetricalGLCM": _switch("symmetrical_glcm"),
    "weightingNorm": _name(Weighting, "weighting"),
    "gldm_a": Setting("a number of at least 0", lambda v: is_number(v) and v >= 0, "gldm_alpha", float),
    "kernelRadius": _integer("kernel_radius", 1),
    "maskedKernel": _switch("masked_kernel"),
    "initValue": Setting("a number or nan", lambda v: is_number(v) or v == "nan", "initial_value", float),
    "voxelBatch": _integer("voxel_batch"),
}
OWN: dict[str, Setting] = {
    "dialect": _name(Dialect),
    "aggregations": _list(
        f"{', '.join(a.value for a in Aggregation)}", lambda v: v in [a.value for a in Aggregation], range(1, 7)
    ),
    "binOrigin": _number(),
    "ivhBinWidth": _positive(),
    "ivhBinCount": _integer("", 1),
    "maskInterpolator": _name(Interpolator),
    "partialVolume": _positive(),
    "roundIntensities": _switch(),
    "outlierSigma": _positive(),
}
PER_IMAGE = frozenset(
    {"binWidth", "binCount", "binOrigin", "distances", "force2D", "force2Ddimension", "voxelArrayShift"}
    | {"symmetricalGLCM", "weightingNorm", "gldm_a"}
)
