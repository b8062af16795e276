"""What a column means: its formula, its IBSI code and term; and tables renamed between spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import pandas as pd

from .errors import ConfigError, unknown
from .registry import Family, Feature, families, family

Table = TypeVar("Table", pd.DataFrame, pd.Series)


class Spelling(Enum):
    """How a feature is called in the last part of a column's name."""

    PYRADIOMICS = "pyradiomics"  # JointEnergy
    IBSI = "ibsi"  # AngularSecondMoment
    CODE = "code"  # 8ZQL


@dataclass(frozen=True)
class Description:
    """One column in words.

    Attributes
    ----------
    column, image, family, aggregation, feature : the name and its parts; aggregation is empty where the column has none
    title : of the family
    formula, meaning, unit : as declared in the registry
    code, term : the IBSI's, empty where the IBSI does not define the feature
    """

    column: str
    image: str
    family: str
    aggregation: str
    feature: str
    title: str
    formula: str
    meaning: str
    unit: str
    code: str
    term: str

    def __str__(self) -> str:
        standard = f"{self.code} {self.term}".strip() or "not defined by the IBSI"
        lines = {
            "family": self.title + (f", {self.aggregation}" if self.aggregation else ""),
            "image": self.image,
            "meaning": self.meaning,
            "formula": self.formula,
            "IBSI": standard,
            "unit": self.unit,
        }
        return "\n".join([self.column, *(f"  {name:8s} {text}" for name, text in lines.items())])


def describe(column: str) -> Description:
    """What a column of a feature table means.

    Parameters
    ----------
    column : `<image>_<family>_<Feature>`, the family with or without an aggregation

    Raises
    ------
    ConfigError : no family or no feature of that name

    Examples
    --------
    >>> import radiomix as rx
    >>> rx.describe("original_glszm_ZonePercentage").code
    'P30P'
    """
    parts = column.rsplit("_", 2)
    if len(parts) != 3:
        raise ConfigError(
            f"{column!r} is not a feature column: expected <image>_<family>_<Feature>, as in original_glcm_JointEnergy"
        )
    image, family_part, name = parts
    family_name, _, aggregation = family_part.partition("-")
    its_family = family(family_name)
    feature = its_family[name]
    return Description(
        column=column,
        image=image,
        family=family_name,
        aggregation=aggregation,
        feature=name,
        title=its_family.title,
        formula=feature.formula,
        meaning=feature.meaning,
        unit=feature.unit,
        code=feature.code,
        term=feature.term,
    )


def terms(table: Table, to: str) -> Table:
    """A table whose columns are spelt otherwise; the values are untouched.

    The image and the family stay, the feature's name changes: `original_glcm_JointEnergy` is
    `original_glcm_AngularSecondMoment` in the IBSI's terms and `original_glcm_8ZQL` in its codes. Columns that are
    no features, and features that the IBSI does not define, keep their names. Every spelling is understood, so that
    each can be turned into each.

    Parameters
    ----------
    table : a DataFrame of features, or the Series of one ROI
    to : "ibsi", "code" or "pyradiomics"

    Raises
    ------
    ConfigError : another spelling is asked for
    """
    accepted = {spelling.value: spelling for spelling in Spelling}
    if to not in accepted:
        raise ConfigError(unknown("spelling", to, accepted))
    known = {name: _spellings(its_family, accepted[to]) for name, its_family in families().items()}
    labels = table.index if isinstance(table, pd.Series) else table.columns
    renamed = {label: _respelt(label, known) for label in labels}
    return table.rename(renamed) if isinstance(table, pd.Series) else table.rename(columns=renamed)


def _spellings(its_family: Family, to: Spelling) -> dict[str, str]:
    """Every spelling of every feature of a family, and what it becomes."""
    return {_spelt(feature, given): _spelt(feature, to) for feature in its_family.features for given in Spelling}


def _spelt(feature: Feature, spelling: Spelling) -> str:
    match spelling:
        case Spelling.PYRADIOMICS:
            return feature.name
        case Spelling.IBSI:
            return _one_word(feature.term) or feature.name
        case Spelling.CODE:
            return _told_apart(feature)


def _told_apart(feature: Feature) -> str:
    """The code; the IBSI gives one code to features that differ in a number, which follows: BC2M10, BC2M90."""
    number = re.search(r"(?<=Fraction)\d+$", feature.name)
    return feature.code + number.group() if feature.code and number else feature.code or feature.name


def _one_word(term: str) -> str:
    """A term as the last part of a column's name, which holds letters and digits only."""
    words = re.findall(r"[A-Za-z0-9]+", term)
    return "".join(word[0].upper() + word[1:] for word in words)


def _respelt(label: object, known: dict[str, dict[str, str]]) -> object:
    if not isinstance(label, str) or label.count("_") < 2:
        return label
    image, family_part, name = label.rsplit("_", 2)
    spellings = known.get(family_part.partition("-")[0], {})
    return f"{image}_{family_part}_{spellings[name]}" if name in spellings else label
