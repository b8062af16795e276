"""PyRadiomics' parameter files (YAML, JSON), read unchanged, and written back.

A file has the sections `setting`, `imageType`, `featureClass` and `voxelSetting`, with PyRadiomics' names and meanings.
A section `radiomix` of our own says what those names cannot: the dialect, aggregations, and the IBSI's processing:

    radiomix:
      dialect: ibsi                       # or pyradiomics
      aggregations: [3Dmerged, 3Daveraged]
      binOrigin: -1000                    # lower edge of the first bin
      ivhBinWidth: 2.5                    # or ivhBinCount: 1000; the intensity-volume histogram's own bins
      maskInterpolator: sitkLinear
      partialVolume: 0.5
      roundIntensities: true
      outlierSigma: 3
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config import DEFAULT_FAMILIES, Config, ImageType
from ..errors import ConfigError, RadiomixWarning, unknown
from ..registry import Dialect, Original, family, filter_class, filters
from .fields import Settings, changes, settings_of
from .settings import OWN, PER_IMAGE, PYRADIOMICS, Setting

SECTIONS = ("setting", "imageType", "featureClass", "voxelSetting", "radiomix")


def read_parameters(source: str | os.PathLike[str] | Settings, overrides: Settings | None = None) -> Config:
    """A configuration from a PyRadiomics parameter file, unchanged, or from its content.

    Parameters
    ----------
    source : path of a YAML or JSON file, or the mapping that such a file holds
    overrides : settings by PyRadiomics' names that win over the file's

    Raises
    ------
    ConfigError : the file is missing or cannot be parsed; a section, setting, image type, feature class or feature is
        unknown (the message gives the nearest spelling); a value is not what the setting accepts

    Examples
    --------
    >>> read_parameters({"setting": {"binWidth": 10}, "featureClass": {"firstorder": ["Mean"]}}).bins
    FixedBinWidth(width=10.0, origin=None)
    """
    content = _load(source)
    for section in content:
        if section not in SECTIONS:
            raise ConfigError(unknown("section of a parameter file", section, SECTIONS))
    own = _checked(_section(content, "radiomix"), "radiomix", OWN)
    settings = {**_section(content, "setting"), **_section(content, "voxelSetting"), **(overrides or {})}
    settings = {**_checked(settings, "setting", _accepted_settings(settings)), **own}
    base = Config.ibsi() if own.get("dialect") == Dialect.IBSI.value else Config.pyradiomics()
    config = base.with_(**changes(settings, base, set(settings)))
    images = _image_types(_section(content, "imageType"), settings, config)
    return config.with_(features=_features(_section(content, "featureClass"), config), images=images)


def with_settings(config: Config, overrides: Settings) -> Config:
    """A configuration with some settings, by PyRadiomics' names, changed.

    >>> with_settings(Config.pyradiomics(), {"binWidth": 10}).bins
    FixedBinWidth(width=10.0, origin=None)
    """
    changed = _checked(overrides, "setting", _accepted_settings(overrides) | OWN)
    merged = {**settings_of(config), **changed}
    images = tuple(
        replace(kind, filter=kind.filter.from_settings({**kind.filter.to_settings(), **changed}))
        if kind.filter.SETTINGS & set(changed)
        else kind
        for kind in config.images
    )
    return config.with_(**changes(merged, config, set(changed)), images=images)


def to_pyradiomics(config: Config) -> dict[str, Any]:
    """The content of a PyRadiomics parameter file that means what `config` means: the inverse of `read_parameters`.

    Raises
    ------
    ConfigError : PyRadiomics has no words for it (the IBSI's dialect, one filter with two settings, ...)
    """
    if config.dialect is not Dialect.PYRADIOMICS:
        raise ConfigError("PyRadiomics knows only its own dialect; this configuration is in the IBSI's")
    whole = settings_of(config)
    if set(whole) & set(OWN):
        raise ConfigError(f"PyRadiomics has no setting for {', '.join(sorted(set(whole) & set(OWN)))}")
    names = {kind: name for name, kind in filters().items()}
    images: dict[str, dict[str, Any]] = {}
    for image_type in config.images:
        name = names[type(image_type.filter)]
        if name in images:
            raise ConfigError(f"PyRadiomics takes the image type {name} once; this configuration has it twice")
        alone = settings_of(config.for_image(image_type))
        overrides = {key: alone.get(key) for key in alone if alone.get(key) != whole.get(key)}
        of_filter = {
            key: v for key, v in image_type.filter.to_settings().items() if key not in whole or whole[key] != v
        }
        images[name] = {**of_filter, **overrides}
    features = {name: None if chosen is None else list(chosen) for name, chosen in config.features}
    return {"setting": whole, "imageType": images, "featureClass": features}


def _load(source: str | os.PathLike[str] | Settings) -> Settings:
    if isinstance(source, Mapping):
        return source
    if not isinstance(source, str | os.PathLike):
        raise ConfigError(f"a parameter file is a path or a mapping; found {type(source)}")
    path = Path(source)
    if not path.is_file():
        raise ConfigError(f"there is no parameter file {path}")
    import yaml

    text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot parse the parameter file {path}: {error}") from None
    if content is not None and not isinstance(content, Mapping):
        raise ConfigError(
            f"{path} is no parameter file: expected sections {', '.join(SECTIONS)}; found {type(content)}"
        )
    return content or {}


def _section(content: Settings, name: str) -> Settings:
    section = content.get(name)
    if section is not None and not isinstance(section, Mapping):
        raise ConfigError(f"section '{name}' of a parameter file holds names and values; found {section!r}")
    return section or {}


def _accepted_settings(asked: Settings) -> dict[str, Setting | None]:
    """The settings there are; the filters are looked up only for names that are not general."""
    if all(name in PYRADIOMICS for name in asked):
        return dict(PYRADIOMICS)
    of_filters = {name for kind in filters().values() for name in kind.SETTINGS}
    return {**dict.fromkeys(of_filters), **PYRADIOMICS}


def _checked(settings: Settings, where: str, accepted: Mapping[str, Setting | None]) -> dict[str, Any]:
    """The settings, each known and of the kind it should be; None stands for the default."""
    for name, value in settings.items():
        if name not in accepted:
            raise ConfigError(unknown(where if where == "setting" else f"setting of {where}", name, accepted))
        rule = accepted[name]
        if rule is not None and value is not None and not rule.accepts(value):
            raise ConfigError(f"setting '{name}' expects {rule.expected}; found {value!r} ({type(value).__name__})")
    return dict(settings)


def _features(asked: Settings, config: Config) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
    """The families and features; a file without `featureClass` asks for all, shape2D where it can be computed."""
    if not asked:
        if config.dialect is Dialect.IBSI:
            return config.features
        flat = ("shape2D",) if config.force_2d else ()
        return tuple((name, None) for name in ("shape", *flat, *DEFAULT_FAMILIES[1:]))
    chosen = []
    for name, features in asked.items():
        known = family(name)
        if features is not None and not isinstance(features, list | tuple):
            raise ConfigError(f"feature class '{name}' expects a list of features or nothing; found {features!r}")
        for feature in features or ():
            known[feature]
        chosen.append((name, tuple(features) if features else None))
    return tuple(chosen)


def _image_types(asked: Settings, settings: Settings, config: Config) -> tuple[ImageType, ...]:
    return tuple(_image_type(name, custom or {}, settings, config) for name, custom in asked.items()) or (
        ImageType(Original()),
    )


def _image_type(name: str, custom: Settings, settings: Settings, config: Config) -> ImageType:
    """A filter from the global settings and its own; its own settings hold for its images only."""
    kind = filter_class(name)
    if not isinstance(custom, Mapping):
        raise ConfigError(f"image type '{name}' expects settings by name or nothing; found {custom!r}")
    _checked(custom, f"image type '{name}'", {**dict.fromkeys(kind.SETTINGS), **_accepted_settings(custom)})
    idle = sorted(set(custom) - PER_IMAGE - kind.SETTINGS)
    if idle:
        warnings.warn(
            f"image type '{name}': {', '.join(idle)} cannot differ between image types and is ignored here; "
            "give it in the section 'setting'",
            RadiomixWarning,
            stacklevel=2,
        )
    merged = {**settings, **custom}
    fields = changes(merged, config, set(custom) & PER_IMAGE)
    overrides = sorted((name, value) for name, value in fields.items() if value != getattr(config, name))
    return ImageType(kind.from_settings(merged), tuple(overrides))
