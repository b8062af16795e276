"""A table read as a study: who is a patient, what is predicted, from which columns, and who was left out and why."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import RadiomixWarning, TableError, TooFewCases
from ..table import is_provenance, require_columns, split_features
from .controls import find_volume
from .frames import as_text
from .outcome import Outcome, Task, survival_outcome

YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "event", "dead", "deceased", "died", "progressed", "recurred"})
NO = frozenset({"0", "0.0", "false", "f", "no", "n", "censored", "alive", "none", "free"})


@dataclass(frozen=True)
class Columns:
    """Which column means what. `outcome`, or `time` and `event`, must be given.

    Attributes
    ----------
    outcome : class, grade or number
    time, event : follow-up, and whether (or, as an integer code, which) event ended it
    patient : rows of one patient are never separated; without it every row is a patient
    centre : site, scanner or cohort
    date : orders the cases for a split by time
    clinical : variables that stand beside the images
    features : the radiomic features; None takes what is named like one, or else every numeric column left
    exclude : columns to leave alone
    volume : of the lesion; None looks for it among the features
    entry, stratum : left truncation and stratified baseline hazards
    """

    outcome: str | None = None
    time: str | None = None
    event: str | None = None
    patient: str | None = None
    centre: str | None = None
    date: str | None = None
    clinical: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    volume: tuple[str, ...] | None = None
    entry: str | None = None
    stratum: str | None = None

    @property
    def outcomes(self) -> list[str]:
        """The column(s) of what is predicted."""
        return [name for name in (self.outcome, self.time, self.event) if name is not None]

    @property
    def single(self) -> list[str]:
        named = (self.outcome, self.time, self.event, self.patient, self.centre, self.date, self.entry, self.stratum)
        return [name for name in named if name is not None]


@dataclass(frozen=True, eq=False)
class Design:
    """A study ready to be evaluated; rows are cases with a known outcome.

    Attributes
    ----------
    table : as it came, less cases without an outcome
    X : features and clinical variables, and the centre where known
    y, task, classes : outcomes as estimators take them; `classes[k]` is the label of class k
    patients, centres, dates : shape (n,), None where not given
    flow : (step, cases left, patients left)
    shuffled : columns of X with the features of images whose voxels are shuffled inside the ROI; see `with_shuffled`
    """

    table: pd.DataFrame
    X: pd.DataFrame
    y: Outcome
    task: Task
    classes: tuple[Any, ...]
    columns: Columns
    features: tuple[str, ...]
    clinical: tuple[str, ...]
    volume: tuple[str, ...]
    patients: np.ndarray
    centres: np.ndarray | None
    dates: np.ndarray | None
    flow: tuple[tuple[str, int, int], ...]
    shuffled: tuple[str, ...] = ()

    def with_shuffled(self, values: pd.DataFrame) -> Design:
        """The same study with the features of shuffled voxels, a row per case, for the control of that name."""
        named = values.set_axis([f"shuffled {c}" for c in values.columns], axis=1).set_axis(self.X.index)
        return replace(self, X=pd.concat([self.X, named], axis=1), shuffled=tuple(named.columns))

    def without(self, dropped: Sequence[str]) -> Design:
        """The same study with some columns not used."""
        gone = set(dropped)
        features, clinical, volume = (
            tuple(c for c in names if c not in gone) for names in (self.features, self.clinical, self.volume)
        )
        if not features:
            raise TableError(f"no feature is left after leaving out {len(gone)} column(s) that give the outcome away")
        shuffled = tuple(c for c in self.shuffled if c.removeprefix("shuffled ") not in gone)
        return replace(self, features=features, clinical=clinical, volume=volume, shuffled=shuffled)


def make_design(
    table: pd.DataFrame,
    columns: Columns,
    *,
    task: Task | None = None,
    positive: Any = None,
    cause: Any = None,
    classes: tuple[Any, ...] = (),
) -> Design:
    """Read a table as a study.

    Parameters
    ----------
    task : decided from the outcome where None: two values are two classes, text several, few integers grades
    positive : the outcome's value that is class 1; the last in order where None
    cause : the event code of interest among competing ones; the smallest but 0 where None
    classes : of a study already read, so that an external table is read in the same way

    Raises
    ------
    MissingColumn, TableError, TooFewCases
    """
    table = _unique_columns(table)
    require_columns(table, [*columns.single, *columns.clinical, *(columns.features or ()), *(columns.volume or ())])
    table, flow = _with_outcome(table, columns)
    if columns.time is not None:
        y, task, classes = _times(table, columns, cause)
    else:
        y, task, classes = _classes_or_numbers(table[columns.outcome], task, positive, classes)
    features = _features(table, columns)
    volume = columns.volume if columns.volume is not None else find_volume(features)
    used = dict.fromkeys((*features, *columns.clinical, *volume, *([columns.centre] if columns.centre else [])))
    return Design(
        table=table,
        X=table[list(used)],
        y=y,
        task=task,
        classes=classes,
        columns=columns,
        features=features,
        clinical=columns.clinical,
        volume=tuple(volume),
        patients=_patients(table, columns.patient, say=True),
        centres=None if columns.centre is None else as_text(table[columns.centre]),
        dates=None if columns.date is None else _dates(table[columns.date]),
        flow=tuple(flow),
    )


def _with_outcome(table: pd.DataFrame, columns: Columns) -> tuple[pd.DataFrame, list[tuple[str, int, int]]]:
    """The cases whose outcome is known, and how many of how many they are."""
    known = _known_outcome(table, columns)
    patients = _patients(table, columns.patient, say=False)
    flow = [("in the table", len(table), len(set(patients)))]
    if known.all() and len(table):
        return table, flow
    if not known.any():
        raise TooFewCases(f"none of {len(known)} cases has a known outcome: check {columns.single}")
    _say(f"{int((~known).sum())} of {len(known)} cases have no outcome and are left out")
    return table.loc[known], [*flow, ("with a known outcome", int(known.sum()), len(set(patients[known])))]


def _unique_columns(table: pd.DataFrame) -> pd.DataFrame:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise TableError(f"column names must be unique; found twice: {', '.join(map(repr, twice[:5]))}")
    return table.rename(columns=str)


def _features(table: pd.DataFrame, columns: Columns) -> tuple[str, ...]:
    if columns.features is not None:
        return tuple(columns.features)
    apart = {*columns.single, *columns.clinical, *(c for c in columns.exclude if c in table)}
    candidates = table.drop(columns=[c for c in table.columns if c in columns.exclude])
    found = split_features(candidates, metadata=[c for c in candidates.columns if c in apart]).features.columns
    return tuple(c for c in found if not is_provenance(c))


def _known_outcome(table: pd.DataFrame, columns: Columns) -> np.ndarray:
    if columns.time is None and columns.outcome is None:
        raise TableError("a study needs outcome=..., or time=... and event=...")
    if (columns.time is None) != (columns.event is None):
        raise TableError("time to event needs both time=... and event=...; found only one of them")
    if columns.time is not None and columns.outcome is not None:
        raise TableError("a study has one outcome: give outcome=..., or time=... and event=..., not both")
    needed = [columns.outcome] if columns.outcome else [columns.time, columns.event]
    return table[needed].notna().all(axis=1).to_numpy()


def _patients(table: pd.DataFrame, column: str | None, *, say: bool) -> np.ndarray:
    """Patients as text. A blank id is a patient of its own, as nothing says otherwise."""
    own = np.array([f"row {i}" for i in range(len(table))], dtype=object)
    if column is None:
        return own
    blank = table[column].isna().to_numpy()
    if blank.any() and say:
        _say(f"{int(blank.sum())} of {len(table)} cases have no {column}: each counts as a patient of its own")
    return np.where(blank, own, as_text(table[column]))


def _classes_or_numbers(
    outcome: pd.Series, task: Task | None, positive: Any, classes: tuple[Any, ...]
) -> tuple[Outcome, Task, tuple[Any, ...]]:
    values = _clean(outcome)
    found = _ordered_levels(outcome, values)
    task = task or _guess_task(outcome, found)
    if task is Task.CONTINUOUS:
        return pd.to_numeric(values).to_numpy(float), task, ()
    if task.has_times:
        raise TableError(f"{task.value} needs time=... and event=...; found outcome={outcome.name!r}")
    levels = list(classes) or found
    if positive is not None:
        if positive not in levels:
            raise TableError(f"positive={positive!r} is not among the values of {outcome.name}: {levels}")
        levels = [level for level in levels if level != positive] + [positive]
    strange = [level for level in found if level not in levels]
    if strange:
        raise TableError(f"{outcome.name} holds {strange}; the study knows {levels}")
    if len(levels) < 2:
        raise TooFewCases(f"{outcome.name} is {levels[0]!r} for all {len(values)} cases: there is nothing to predict")
    if task is Task.BINARY and len(levels) > 2:
        raise TableError(f"{outcome.name} has {len(levels)} values, a binary outcome two: {levels}")
    code = {level: k for k, level in enumerate(levels)}
    return values.map(code).to_numpy(int), task, tuple(levels)


def _clean(outcome: pd.Series) -> pd.Series:
    """Booleans as 0/1; text without surrounding blanks, its case ignored where only the case differs."""
    if pd.api.types.is_bool_dtype(outcome):
        return outcome.astype(int)
    if pd.api.types.is_numeric_dtype(outcome):
        return outcome
    text = outcome.astype(str).str.strip()
    first_spelling = text.groupby(text.str.casefold()).transform("first")
    numbers = pd.to_numeric(first_spelling, errors="coerce")
    return first_spelling if numbers.isna().any() else numbers


def _ordered_levels(outcome: pd.Series, values: pd.Series) -> list[Any]:
    present = [v.item() if isinstance(v, np.generic) else v for v in values.unique()]
    if isinstance(outcome.dtype, pd.CategoricalDtype) and outcome.cat.ordered:
        return [str(level) for level in outcome.cat.categories if str(level) in set(map(str, present))]
    return sorted(present)


def _guess_task(outcome: pd.Series, levels: list[Any]) -> Task:
    if len(levels) <= 2:
        return Task.BINARY
    if isinstance(outcome.dtype, pd.CategoricalDtype) and outcome.cat.ordered:
        return Task.ORDINAL
    if not all(isinstance(level, int | float) for level in levels):
        return Task.MULTICLASS
    whole = all(float(level).is_integer() for level in levels)
    return Task.ORDINAL if whole and len(levels) <= 10 else Task.CONTINUOUS


def _times(table: pd.DataFrame, columns: Columns, cause: Any) -> tuple[Outcome, Task, tuple[Any, ...]]:
    code, kinds = _event_codes(table[columns.event], cause)
    time = pd.to_numeric(table[columns.time], errors="coerce").to_numpy(float)
    bad = ~(time > 0) | ~np.isfinite(time)
    if bad.any():
        example = table[columns.time].iloc[int(np.argmax(bad))]
        raise TableError(f"{columns.time} must be positive numbers; found {int(bad.sum())} others, e.g. {example}")
    extra = {name: table[getattr(columns, name)].to_numpy() for name in ("entry", "stratum") if getattr(columns, name)}
    competing = code.max() > 1
    y = survival_outcome(code if competing else code == 1, time, **extra)
    return y, Task.COMPETING if competing else Task.SURVIVAL, kinds


def _event_codes(event: pd.Series, cause: Any) -> tuple[np.ndarray, tuple[Any, ...]]:
    """0 censored, 1 the event of interest, 2, ... others; and what each code was in the table."""
    values = _clean(event)
    if not pd.api.types.is_numeric_dtype(values):
        text = values.str.casefold()
        strange = sorted(set(text) - YES - NO)
        if strange:
            accepted = f"{', '.join(sorted(YES))}; {', '.join(sorted(NO))}"
            raise TableError(f"{event.name} says {strange[:3]}: use 0/1, True/False, event codes, or one of {accepted}")
        values = text.isin(YES).astype(int)
    kinds = sorted({v for v in values.unique().tolist() if v != 0})
    if any(v < 0 or v != int(v) for v in kinds):
        raise TableError(f"{event.name} must hold 0 for censored and integers for events; found {kinds[:5]}")
    if cause is not None and cause not in kinds:
        raise TableError(f"cause={cause!r} is not among the events of {event.name}: {kinds}")
    first = cause if cause is not None else (kinds[0] if kinds else 1)
    ordered = [first, *(v for v in kinds if v != first)]
    code = {0: 0} | {v: k + 1 for k, v in enumerate(ordered)}
    return values.map(code).to_numpy(int), (0, *ordered)


def _dates(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float)
    parsed = pd.to_datetime(column, errors="coerce")
    if parsed.isna().any():
        bad = column[parsed.isna()].iloc[0]
        raise TableError(f"{column.name} must hold dates or numbers; {int(parsed.isna().sum())} do not, e.g. {bad!r}")
    return parsed.astype("int64").to_numpy(float)


def _say(message: str) -> None:
    warnings.warn(message, RadiomixWarning, stacklevel=5)
