"""From settings to fields of `Config`, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from ..config import (
    Aggregation,
    Bins,
    Config,
    FixedBinNumber,
    FixedBinWidth,
    Interpolator,
    NoBins,
    Normalise,
    RangeMode,
    Resample,
    Resegment,
)
from ..errors import ConfigError
from ..image import triple
from ..registry import Dialect
from .settings import INTERPOLATORS, PYRADIOMICS, is_integer

Settings = Mapping[str, Any]


def changes(settings: Settings, base: Config, changed: set[str]) -> dict[str, Any]:
    """The fields of Config that the changed settings fill, grouped settings taken together."""
    fields: dict[str, Any] = {}
    for name in changed:
        rule = PYRADIOMICS.get(name)
        if rule is not None and rule.field:
            value = settings[name]
            fields[rule.field] = getattr(Config(), rule.field) if value is None else rule.convert(value)
    if fields.get("voxel_batch", 1) is not None and fields.get("voxel_batch", 1) < 1:
        fields["voxel_batch"] = None
    if "aggregations" in changed:
        fields["aggregations"] = tuple(Aggregation(a) for a in settings["aggregations"])
    given = {name: value for name, value in settings.items() if value is not None or name == "interpolator"}
    for field, (names, build) in GROUPS.items():
        if changed & names:
            fields[field] = build(given, base)
    return fields


def _bins(settings: Settings, base: Config) -> Bins:
    if "binCount" in settings:
        return FixedBinNumber(settings["binCount"])
    if "binWidth" in settings or base.dialect is Dialect.PYRADIOMICS:
        origin = settings.get("binOrigin")
        return FixedBinWidth(float(settings.get("binWidth", 25)), None if origin is None else float(origin))
    return NoBins()


def _ivh_bins(settings: Settings, base: Config) -> Bins:
    if "ivhBinCount" in settings:
        return FixedBinNumber(settings["ivhBinCount"])
    return FixedBinWidth(float(settings["ivhBinWidth"])) if "ivhBinWidth" in settings else NoBins()


def _normalise(settings: Settings, base: Config) -> Normalise | None:
    if not settings.get("normalize", False):
        return None
    outliers = settings.get("removeOutliers")
    return Normalise(float(settings.get("normalizeScale", 1)), None if outliers is None else float(outliers))


def mask_interpolator(dialect: Dialect) -> Interpolator:
    """How a dialect interpolates masks unless it is told."""
    return Interpolator.LINEAR if dialect is Dialect.IBSI else Interpolator.NEAREST


def _resample(settings: Settings, base: Config) -> Resample | None:
    """PyRadiomics resamples when it has both a spacing and an interpolator; an interpolator of null switches it off."""
    interpolator = settings.get("interpolator", Interpolator.BSPLINE.value)
    if "resampledPixelSpacing" not in settings or interpolator is None:
        return None
    spacing = settings["resampledPixelSpacing"][::-1]
    return Resample(
        triple([0.0] * (3 - len(spacing)) + list(spacing)),
        INTERPOLATORS[interpolator - 1] if is_integer(interpolator) else Interpolator(interpolator),
        Interpolator(settings.get("maskInterpolator", mask_interpolator(base.dialect).value)),
        float(settings.get("partialVolume", 0.5)),
        settings.get("roundIntensities", False),
    )


def _resegment(settings: Settings, base: Config) -> Resegment | None:
    bounds = sorted(settings.get("resegmentRange", ()))
    if not bounds and "outlierSigma" not in settings:
        return None
    return Resegment(
        low=float(bounds[0]) if bounds else None,
        high=float(bounds[1]) if len(bounds) == 2 else None,
        mode=RangeMode(settings.get("resegmentMode", "absolute")),
        outlier_sigma=float(settings["outlierSigma"]) if "outlierSigma" in settings else None,
        shape=settings.get("resegmentShape", False),
    )


GROUPS: dict[str, tuple[set[str], Callable[[Settings, Config], Any]]] = {
    "bins": ({"binWidth", "binCount", "binOrigin"}, _bins),
    "ivh_bins": ({"ivhBinWidth", "ivhBinCount"}, _ivh_bins),
    "normalise": ({"normalize", "normalizeScale", "removeOutliers"}, _normalise),
    "resample": (
        {"resampledPixelSpacing", "interpolator", "maskInterpolator", "partialVolume", "roundIntensities"},
        _resample,
    ),
    "resegment": ({"resegmentRange", "resegmentMode", "resegmentShape", "outlierSigma"}, _resegment),
}


def settings_of(config: Config) -> dict[str, Any]:
    """The settings that differ from the defaults, and `additionalInfo`, whose default differs; as plain values."""
    blank = Config()
    settings: dict[str, Any] = {"additionalInfo": config.diagnostics}
    for name, rule in PYRADIOMICS.items():
        value = getattr(config, rule.field) if rule.field else None
        if rule.field and value != getattr(blank, rule.field):
            settings[name] = _plain(value)
    return {**settings, **_bins_of(config.bins), **_grouped_of(config)}


def _plain(value: Any) -> Any:
    """As a file writes it; PyRadiomics' validator wants whole numbers as integers."""
    match value:
        case tuple():
            return list(value)
        case Enum():
            return value.value
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _bins_of(bins: Bins) -> dict[str, Any]:
    match bins:
        case FixedBinWidth(width=width, origin=origin):
            return {"binWidth": width} if origin is None else {"binWidth": width, "binOrigin": origin}
        case FixedBinNumber(count=count):
            return {"binCount": count}
        case _:
            return {}


def _grouped_of(config: Config) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if config.normalise is not None:
        settings |= {"normalize": True, "normalizeScale": config.normalise.scale}
        settings |= (
            {} if config.normalise.remove_outliers is None else {"removeOutliers": config.normalise.remove_outliers}
        )
    if (grid := config.resample) is not None:
        settings |= {"resampledPixelSpacing": list(grid.spacing[::-1]), "interpolator": grid.interpolator.value}
        settings |= _own_of(grid, config.dialect)
    if (rule := config.resegment) is not None:
        settings |= _resegment_of(rule)
    return settings


def _own_of(grid: Resample, dialect: Dialect) -> dict[str, Any]:
    """What PyRadiomics' settings cannot say of a grid, where it differs from the dialect's default."""
    own = {
        "maskInterpolator": grid.mask_interpolator.value,
        "partialVolume": grid.partial_volume,
        "roundIntensities": grid.round_intensities,
    }
    usual = {"maskInterpolator": mask_interpolator(dialect).value, "partialVolume": 0.5, "roundIntensities": False}
    return {name: value for name, value in own.items() if value != usual[name]}


def _resegment_of(rule: Resegment) -> dict[str, Any]:
    shape = {"resegmentShape": True} if rule.shape else {}
    if rule.low is not None:
        bounds = [rule.low] if rule.high is None else [rule.low, rule.high]
        own = {} if rule.outlier_sigma is None else {"outlierSigma": rule.outlier_sigma}
        return {"resegmentRange": bounds, "resegmentMode": rule.mode.value, **own, **shape}
    if rule.high is not None:
        raise ConfigError("PyRadiomics' resegmentRange needs a lower bound where it has an upper one")
    return {"outlierSigma": rule.outlier_sigma, **shape}
