"""A published value, ours, and the verdict: computed whenever it is asked for, never stored."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..spellings import describe

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Check:
    """One value of the standard.

    Attributes
    ----------
    part : what was measured: "digital phantom", "configuration A", ...
    code, term, aggregation : which feature
    standard, tolerance : as published; both None where the IBSI has not standardised the feature
    ours : this installation's value; None where radiomix does not compute it
    digits : significant digits to which ours is rounded before it is compared, as the standard's values are; 0 for none
    """

    part: str
    code: str
    term: str
    aggregation: str
    standard: float | None
    tolerance: float | None
    ours: float | None
    digits: int = 3

    @property
    def passed(self) -> bool | None:
        """Whether ours lies within the published tolerance; None where there is nothing to compare with."""
        if self.standard is None:
            return None
        if self.ours is None or math.isnan(self.ours):
            return False
        rounded = significant(self.ours, self.digits) if self.digits else self.ours
        slack = 1e-9 * max(1.0, abs(self.standard))  # of binary fractions: 0.23 is not 0.23
        return abs(rounded - self.standard) <= (self.tolerance or 0.0) + slack

    @property
    def verdict(self) -> str:
        return {True: "pass", False: "MISS", None: "not standardised"}[self.passed]


def significant(value: float, digits: int) -> float:
    """A number rounded to so many significant digits.

    >>> significant(0.229729, 3), significant(-1234.5, 3)
    (0.23, -1230.0)
    """
    return float(f"{value:.{digits - 1}e}")


def reference_rows(path: Path, **where: str) -> Iterator[dict[str, str]]:
    """The rows of a reference table whose columns have the given values; lines that start with # are notes."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            if all(row[column] == value for column, value in where.items()):
                yield row


def by_code(values: Mapping[str, float]) -> dict[Key, float]:
    """Feature values by (code, term in lower case, aggregation); columns without a code are left out."""
    found = {}
    for column, value in values.items():
        told = describe(column)
        if told.code:
            found[told.code, told.term.lower(), told.aggregation] = value
    return found


def compared(part: str, rows: Iterable[Mapping[str, str]], values: Mapping[str, float], digits: int = 3) -> list[Check]:
    """A check for each row (code, term, aggregation, value, tolerance) of a reference table."""
    ours = by_code(values)
    return [
        Check(
            part=part,
            code=row["code"],
            term=row["term"],
            aggregation=row["aggregation"],
            standard=_number(row["value"]),
            tolerance=_number(row["tolerance"]),
            ours=ours.get((row["code"], row["term"].lower(), row["aggregation"])),
            digits=digits,
        )
        for row in rows
    ]


def _number(text: str) -> float | None:
    return float(text) if text else None
