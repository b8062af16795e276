"""What in a table gives the outcome away, before anything is fitted.

Each check is a function from a design to findings; `find_leaks` runs them all. A finding of severity LEAK that names
columns makes the evaluation leave these columns out, or refuse the study.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..table import FAMILY_NAMES, is_feature
from . import signals
from .outcome import Task

if TYPE_CHECKING:
    from .design import Design
    from .validate import Fold

IS_THE_OUTCOME = 0.99  # an AUC or C that no measurement of an image reaches
TOO_GOOD = 0.95
EXPLAINED = 0.9  # of a class or a time by a pair of columns
EXPLAINED_NUMBER = 0.99  # of a number or a grade, which real measurements can come close to
RARE = 1e-4  # a p-value, after correction for the number of columns
FEWEST = 20  # cases below which nothing can be said
OUTCOME_NAMES = re.compile(
    r"(?i)(?:^|[_\W])(?:status|outcome|label|target|event|death|dead|deceased|died|surviv\w*|recurr?\w*|relaps\w*|"
    r"progress\w*|follow\w*up|time\w*to\w*|pcr)(?:[_\W\d]|$)|^(?:status|timeto)[A-Z]"
)


class Severity(Enum):
    """How grave a finding is."""

    LEAK = "leak"  # scores could not be believed: the columns are left out, or the study refused
    WARNING = "warning"  # scores may be too good, or too uncertain
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was seen.

    Attributes
    ----------
    severity : how grave
    kind : which check saw it
    message : a sentence with the numbers
    columns : the columns concerned
    evidence : the number on which it rests (an AUC, a p-value, a count)
    """

    severity: Severity
    kind: str
    message: str
    columns: tuple[str, ...] = ()
    evidence: float = float("nan")

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity.value}


def find_leaks(design: Design) -> list[Finding]:
    """Every check on a design, gravest findings first; an evaluation begins with it."""
    if len(design.y) < FEWEST:
        return [Finding(Severity.WARNING, "few cases", f"with {len(design.y)} cases no leak can be told from chance")]
    checks = (outcome_among_columns, outcome_in_a_pair, order_and_ids, duplicates, selected_before,
              missing_with_outcome, batch_with_outcome, events_per_variable)  # fmt: skip
    return sorted_findings(finding for check in checks for finding in check(design))


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Gravest first, otherwise in their order."""
    order = list(Severity)
    return sorted(findings, key=lambda f: order.index(f.severity))


def outcome_among_columns(design: Design) -> list[Finding]:
    """A column that is the outcome, nearly is, or is named like one."""
    found = signals.associations(design)
    out = [*_text_that_is_the_outcome(design), *_copies_of_time(design)]
    known = {column for finding in out for column in finding.columns}
    for column, strength, p in zip(found.columns, found.strength, found.p * len(found.columns), strict=True):
        if column in known:
            continue
        if strength >= IS_THE_OUTCOME:
            message = f"{column} gives the outcome away: on its own it reaches {strength:.3f}"
            out.append(Finding(Severity.LEAK, "outcome among columns", message, (column,), strength))
        elif column not in design.clinical and OUTCOME_NAMES.search(column) and not is_feature(column):
            grave = p < RARE
            message = f"{column} is named like an outcome" + (f" and goes with it ({strength:.2f})" if grave else "")
            advice = "" if grave else ": exclude it, or name it clinical if it was known beforehand"
            severity = Severity.LEAK if grave else Severity.WARNING
            out.append(Finding(severity, "named like an outcome", message + advice, (column,), strength))
        elif strength >= TOO_GOOD:
            message = (
                f"{column} alone reaches {strength:.3f}: hardly a measurement of an image; look where it comes from"
            )
            out.append(Finding(Severity.WARNING, "too good", message, (column,), strength))
    return out


def outcome_in_a_pair(design: Design) -> list[Finding]:
    """Two columns whose sum, difference or product is the outcome."""
    singles = {c for f in outcome_among_columns(design) if f.severity is Severity.LEAK for c in f.columns}
    pair = signals.best_pair(design, leave_out=singles)
    graded = design.task in (Task.CONTINUOUS, Task.ORDINAL)
    if pair is None or pair.explained < (EXPLAINED_NUMBER if graded else EXPLAINED):
        return []
    message = f"{pair.first} and {pair.second} together ({pair.how}) explain {pair.explained:.0%} of the outcome"
    return [Finding(Severity.LEAK, "outcome in a pair", message, (pair.first, pair.second), pair.explained)]


def order_and_ids(design: Design) -> list[Finding]:
    """Row order, numbers in ids and dates that go with the outcome, and features that merely count."""
    out = []
    sources = {"the order of rows": np.arange(len(design.y), dtype=float)}
    if design.columns.patient:
        sources[f"the number in {design.columns.patient}"] = _numbers_in(design.patients)
    if design.dates is not None:
        sources[f"the date {design.columns.date}"] = design.dates
    for what, values in sources.items():
        if np.isfinite(values).mean() < 0.9:
            continue
        strength, p = signals.association(design, values)
        if p < RARE:
            message = (
                f"{what} predicts the outcome ({strength:.2f}, p = {p:.1g}): cases may come from different sources"
            )
            out.append(Finding(Severity.WARNING, "order and ids", message, (), strength))
    for column in signals.counting_columns(design.X[list(design.features)]):
        message = f"{column} counts the cases one by one: it is an id, not a measurement"
        out.append(Finding(Severity.LEAK, "order and ids", message, (column,)))
    return out


def duplicates(design: Design) -> list[Finding]:
    """Different patients with the same, or nearly the same, features."""
    pairs = signals.duplicates(design)
    if not pairs:
        return []
    names = design.X.index.astype(str)
    examples = "; ".join(f"{names[a]} = {names[b]}" for a, b, _ in pairs[:3])
    exact = [pair for pair in pairs if pair[2] == 0]
    severity = Severity.LEAK if exact else Severity.WARNING
    how = "identical" if exact else "nearly identical"
    message = f"{len(pairs)} pair(s) of patients have {how} features ({examples}): give patient=... or drop one of each"
    return [Finding(severity, "duplicates", message, (), float(len(pairs)))]


def selected_before(design: Design) -> list[Finding]:
    """Features that look chosen with the outcome in view, or are far from all that their extractor gives."""
    out = []
    features = list(design.features)
    if len(features) >= 10:
        found = signals.associations(design, features)
        share = float(np.mean(found.p < 0.05))
        if share >= 0.9:
            message = (
                f"{share:.0%} of {len(features)} features go with the outcome on their own: they were selected before"
            )
            out.append(Finding(Severity.WARNING, "selected before", message, (), share))
    missing = _families_in_part(features)
    if missing is not None and missing > 0.5:
        message = f"{missing:.0%} of what the extractor gives for these images is not in the table: selected before?"
        out.append(Finding(Severity.NOTE, "selected before", message, (), missing))
    return out


def missing_with_outcome(design: Design) -> list[Finding]:
    """Values that are missing more often with one outcome."""
    absent = signals.missing_patterns(design.X)
    out = []
    for columns, mask in absent:
        strength, p = signals.association(design, mask.astype(float))
        if p * len(absent) >= RARE:
            continue
        grave = strength >= IS_THE_OUTCOME
        who = columns[0] if len(columns) == 1 else f"{columns[0]} and {len(columns) - 1} more"
        message = f"whether {who} is missing goes with the outcome ({strength:.2f}, p = {p:.1g})"
        severity = Severity.LEAK if grave else Severity.WARNING
        out.append(Finding(severity, "missing with outcome", message, columns, strength))
    return out


def batch_with_outcome(design: Design) -> list[Finding]:
    """Centres with different outcomes: what tells the centre then tells the outcome."""
    if design.centres is None or len(set(design.centres)) < 2:
        return []
    p = signals.between_groups(design, design.centres)
    if p >= RARE:
        return []
    message = (
        f"the outcome differs between centres (p = {p:.1g}): look at the control 'centre only' and split by centre"
    )
    return [Finding(Severity.WARNING, "batch with outcome", message, (str(design.columns.centre),), p)]


def events_per_variable(design: Design) -> list[Finding]:
    """Too few events for the variables that are offered."""
    from .sample_size import effective_events

    events, out = effective_events(design), []
    if design.clinical and events < 10 * len(design.clinical):
        message = f"{events} events for {len(design.clinical)} clinical variables: fewer than 10 each"
        out.append(Finding(Severity.WARNING, "events per variable", message, (), events / len(design.clinical)))
    if events < 10 * len(design.features):
        most = max(events // 10, 1)
        message = f"{events} events for {len(design.features)} features: they carry a model of about {most} feature(s)"
        severity = Severity.WARNING if events < 30 else Severity.NOTE
        out.append(Finding(severity, "events per variable", message, (), events / len(design.features)))
    return out


def find_in_folds(design: Design, folds: Sequence[Fold]) -> list[Finding]:
    """Duplicated patients of whom one is trained on while the other is tested."""
    pairs = signals.duplicates(design)
    apart = sum(
        (a in test) != (b in test)
        for fold in folds
        if fold.repeat >= 0
        for test in [set(fold.test)]
        for a, b, _ in pairs
    )
    if not apart:
        return []
    message = f"near-duplicates are split between training and test {apart} time(s): scores are too good"
    return [Finding(Severity.WARNING, "duplicates", message, (), float(apart))]


def _text_that_is_the_outcome(design: Design) -> list[Finding]:
    """Text columns each of whose frequent levels has one outcome only."""
    if not design.task.has_classes:
        return []
    out = []
    for column in design.X.columns:
        values = design.X[column]
        if pd.api.types.is_numeric_dtype(values) or column == design.columns.centre:
            continue
        per_level = pd.Series(design.y).groupby(values.astype(str).str.casefold().to_numpy()).agg(["nunique", "size"])
        if len(per_level) <= max(len(design.y) // 10, 2) and (per_level["nunique"] == 1).all():
            message = f"{column} gives the outcome away: each of its values has one outcome"
            out.append(Finding(Severity.LEAK, "outcome among columns", message, (column,), 1.0))
    return out


def _copies_of_time(design: Design) -> list[Finding]:
    """Numbers that equal the follow-up for many cases: the time of another end point."""
    if not design.task.has_times:
        return []
    numbers, time, out = design.X.select_dtypes("number"), design.y["time"], []
    ranks = np.abs(signals.rank_correlations(numbers, time))
    equal = (numbers.to_numpy(float) == time[:, None]).mean(axis=0)
    for column, share, rank in zip(numbers.columns, equal, ranks, strict=True):
        if share >= 0.25 or rank > EXPLAINED:
            message = (
                f"{column} is the follow-up time of this or another end point ({share:.0%} of the values are equal)"
            )
            out.append(Finding(Severity.LEAK, "outcome among columns", message, (str(column),), float(share)))
    return out


def _numbers_in(ids: np.ndarray) -> np.ndarray:
    digits = pd.Series(ids).astype(str).str.extract(r"(\d+)\D*$", expand=False)
    return pd.to_numeric(digits, errors="coerce").to_numpy(float)


_SIZES = {"firstorder": 18, "shape": 14, "glcm": 24, "gldm": 14, "glrlm": 16, "glszm": 16, "ngtdm": 5}
_PARTS = re.compile(rf"(?P<image>.+)_(?P<family>{'|'.join(FAMILY_NAMES)})(?:-[\w.]+)?_")


def _families_in_part(features: Sequence[str]) -> float | None:
    """The share that is missing of the families and images that are there at all; None for other extractors' names."""
    there: dict[tuple[str, str], int] = {}
    for feature in features:
        match = _PARTS.match(feature)
        if match and match["family"] in _SIZES:
            key = (match["image"], match["family"])
            there[key] = there.get(key, 0) + 1
    if len(features) == 0 or sum(there.values()) < 0.9 * len(features):
        return None
    expected = sum(_SIZES[family] for _, family in there)
    return max(0.0, 1 - sum(there.values()) / expected)
