"""How a filter is made from a parameter file's settings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import Enum
from numbers import Integral, Real
from typing import Any, ClassVar, Self, TypeVar

from ..errors import ConfigError, unknown
from ..registry import Filter

Choice = TypeVar("Choice", bound=Enum)


class SettingsFilter(Filter):
    """A filter that parameter files can ask for.

    Attributes
    ----------
    KEYS : a setting of a parameter file -> the field it fills; `SETTINGS` are its keys
    """

    KEYS: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.SETTINGS = frozenset(cls.KEYS)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The filter that a file's settings describe.

        Parameters
        ----------
        settings : the file's settings, global and those of this image type together; keys that are not in `SETTINGS`
            belong to someone else and are left alone

        Raises
        ------
        ConfigError : a value is not one the filter can use
        """
        return cls(**{field: _frozen(settings[key]) for key, field in cls.KEYS.items() if key in settings})

    def to_settings(self) -> dict[str, Any]:
        """The settings that make this filter, fields at their default left out."""
        key = {field: key for key, field in self.KEYS.items()}
        values = {f.name: (getattr(self, f.name), f.default) for f in fields(self) if f.name in key}  # type: ignore[arg-type]
        return {key[name]: _plain(value) for name, (value, default) in values.items() if value != default}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case tuple():
            return [_plain(v) for v in value]
        case _:
            return value


def many(value: Any) -> tuple[Any, ...]:
    """A setting that may be one value or several, as several."""
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


def choice(kind: str, value: Any, accepted: type[Choice]) -> Choice:
    """A member of an enumeration, given as such or by its value; an unknown one is a ConfigError."""
    try:
        return accepted(value)
    except ValueError:
        raise ConfigError(unknown(kind, value, [member.value for member in accepted])) from None


def require(holds: bool, filter_name: str, expected: str, found: object) -> None:
    """Refuse a filter's setting that it cannot work with."""
    if not holds:
        raise ConfigError(f"{filter_name} expects {expected}; found {found!r}")


def is_whole(value: object, least: int) -> bool:
    """Whether a setting is a whole number, and at least so large."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: object) -> bool:
    """Whether a setting is a finite number."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_positive(value: object) -> bool:
    """Whether a setting is a number above 0."""
    return is_number(value) and value > 0  # type: ignore[operator]


def name_number(value: float) -> str:
    """A number as it stands in a column's name, the same whether 2 or 2.0 was asked for: 1.5 -> "1-5", 2.0 -> "2"."""
    return f"{value:g}".replace(".", "-")


def same_names(*fields: str) -> dict[str, str]:
    """`KEYS` of a filter whose settings are called as its fields are."""
    return {name: name for name in fields}
