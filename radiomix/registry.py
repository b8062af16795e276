"""Declarations that everything else reads: features, their families, and filters.

A feature is declared once, in `radiomix/features/<family>.py`, beside the code that computes it. Column names, the
feature reference, the command line's listing, the tests and the benchmarks read the declarations here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .errors import ConfigError, unknown
from .image import Box, Image

if TYPE_CHECKING:
    from .config import Aggregation


class Dialect(Enum):
    """Whose definitions are followed where PyRadiomics and the IBSI differ."""

    PYRADIOMICS = "pyradiomics"
    IBSI = "ibsi"


class Domain(Enum):
    """What a family looks at, and so how often it is computed."""

    MASK = "mask"  # the morphological mask alone: once per ROI, under the image name `original`
    INTENSITIES = "intensities"  # raw intensities: once per derived image
    LEVELS = "levels"  # discretised intensities: once per derived image


BOTH = frozenset(Dialect)


@dataclass(frozen=True)
class Feature:
    """One number with a name.

    Attributes
    ----------
    name : in PyRadiomics' spelling, the last part of a column's name
    formula : in plain text, with the symbols of the IBSI manual
    meaning : one sentence for a clinician
    code, term : the IBSI's code and term; empty where the IBSI does not define the feature
    unit : "mm", "mm^2", "intensity", ...; "1" for a pure number
    value : takes what the family computed for one aggregation and returns the number
    dialects : where the feature exists
    default : whether "all features of the family" includes it; a deprecated one must be asked for by name
    """

    name: str
    formula: str
    meaning: str
    value: Callable[[Any], float]
    code: str = ""
    term: str = ""
    unit: str = "1"
    dialects: frozenset[Dialect] = BOTH
    default: bool = True


Values = Sequence[tuple["Aggregation | None", dict[str, float]]]


@dataclass(frozen=True)
class Family:
    """Features that are computed together.

    `compute(source, features)` returns, for each aggregation asked for (or once, with None, where the family knows
    none), the value of each of `features` by name. `source` is a `radiomix.features.source.Source`.
    """

    name: str
    title: str
    domain: Domain
    features: tuple[Feature, ...]
    compute: Callable[[Any, tuple[Feature, ...]], Values]
    code: str = ""
    default: bool = True

    def __getitem__(self, name: str) -> Feature:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise ConfigError(unknown(f"{self.name} feature", name, [f.name for f in self.features]))

    def available(self, dialect: Dialect) -> tuple[Feature, ...]:
        """The features that exist in a dialect. Deprecated ones are PyRadiomics' alone: the IBSI's are all default."""
        found = tuple(f for f in self.features if dialect in f.dialects)
        return found if dialect is Dialect.PYRADIOMICS else tuple(replace(f, default=True) for f in found)


@dataclass(frozen=True, repr=False)
class Filter(ABC):
    """What makes derived images from an image. Subclasses are frozen dataclasses; Original is a filter like any other.

    SETTINGS : the keys of a parameter file that the filter reads
    """

    SETTINGS: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The filter that a parameter file's settings describe; keys that are not in `SETTINGS` are left alone."""
        return cls()

    def to_settings(self) -> dict[str, Any]:
        """The settings that make this filter, defaults left out: the inverse of `from_settings`."""
        return {}

    def parts(self) -> tuple[Filter, ...]:
        """Filters that make the same images in the same order, but share no work, so that threads may share them."""
        return (self,)

    @abstractmethod
    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        """Yield (name, derived image) pairs, each covering exactly `box` of `image`.

        The filter sees the whole image but touches only the box and its own support around it. `name` is the first
        part of the columns' names, in PyRadiomics' spelling ("wavelet-LLH", "log-sigma-2-0-mm-3D").
        """

    def __repr__(self) -> str:
        changed = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"{type(self).__name__}({', '.join(changed)})"


@dataclass(frozen=True, repr=False)
class Original(Filter):
    """The image itself."""

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        yield "original", image.cropped(box)


def families() -> Mapping[str, Family]:
    """Every family by name, in the order of a table's columns."""
    return import_module("radiomix.features").FAMILIES


def family(name: str) -> Family:
    known = families()
    if name not in known:
        raise ConfigError(unknown("feature family", name, known))
    return known[name]


def filters() -> Mapping[str, type[Filter]]:
    """Every filter class by the name that parameter files use ("LoG", "Wavelet", ...)."""
    return import_module("radiomix.filters").FILTERS


def filter_class(name: str) -> type[Filter]:
    known = filters()
    if name not in known:
        raise ConfigError(unknown("image type", name, known))
    return known[name]
