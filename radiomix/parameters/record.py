"""A configuration as plain lists and dicts, complete in every dialect, for files that must give it back exactly."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from .. import config as settings
from .. import registry
from ..errors import ConfigError, unknown


def to_record(value: Any) -> Any:
    """What `from_record` makes the same configuration from.

    >>> from_record(to_record(settings.Config.ibsi())) == settings.Config.ibsi()
    True
    """
    match value:
        case Enum():
            return {"enum": type(value).__name__, "member": value.name}
        case tuple() | list():
            return [to_record(item) for item in value]
        case _ if is_dataclass(value):
            content = {f.name: to_record(getattr(value, f.name)) for f in fields(value)}
            return {"class": type(value).__name__, "fields": content}
        case _:
            return value


def from_record(record: Any) -> Any:
    """The configuration. Only classes of `radiomix.config`, `radiomix.registry` and registered filters are made.

    Raises
    ------
    ConfigError : the record names something else
    """
    match record:
        case {"enum": name, "member": member}:
            return _known(name)[member]
        case {"class": name, "fields": content}:
            return _known(name)(**{key: from_record(item) for key, item in content.items()})
        case list():
            return tuple(from_record(item) for item in record)
        case _:
            return record


def _known(name: str) -> Any:
    ours = (settings, registry)
    kinds = {n: kind for module in ours for n, kind in vars(module).items() if isinstance(kind, type)}
    kinds |= {kind.__name__: kind for kind in registry.filters().values()}
    if name not in kinds or not kinds[name].__module__.startswith("radiomix."):
        raise ConfigError(unknown("class in a stored configuration", name, kinds))
    return kinds[name]
