"""Who is trained on and who is tested: folds by patient, stratified, by centre, by time, by bootstrap, or given.

A fold is a pair of row numbers. No patient is ever on both sides of one.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MissingColumn, RadiomixWarning, TableError, TooFewCases, unknown
from ..table import read_table
from .frames import as_text
from .outcome import Outcome, Task

FILES = (".csv", ".csv.gz", ".tsv", ".parquet", ".json")


@dataclass(frozen=True, eq=False)
class Fold:
    """One split. `train` may hold a row several times (bootstrap); `name` is the centre or the date held out."""

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    name: str = ""


def strata(y: Outcome, task: Task, groups: int = 4) -> np.ndarray:
    """An integer per case along which folds are balanced: the class, the outcome's quantile, or event and time."""
    match task:
        case Task.BINARY | Task.MULTICLASS | Task.ORDINAL:
            return np.unique(np.asarray(y), return_inverse=True)[1]
        case Task.CONTINUOUS:
            return _quantile_groups(np.asarray(y, float), groups)
        case Task.SURVIVAL | Task.COMPETING:
            event = y["event"].astype(int)
            out = event * groups
            for code in np.unique(event):
                of_code = event == code
                out[of_code] += _quantile_groups(y["time"][of_code], groups)
            return out


def check_enough(y: Outcome, task: Task, patients: np.ndarray, folds: int, classes: Sequence[object] = ()) -> None:
    """Refuse an evaluation in which some fold would lack a class or an event.

    Parameters
    ----------
    classes : what the codes of `y` are called, for the message

    Raises
    ------
    TooFewCases : names the class, its patients and the largest number of folds that would do
    """
    match task:
        case Task.BINARY | Task.MULTICLASS | Task.ORDINAL:
            kinds, what = np.asarray(y), "class"
        case Task.SURVIVAL | Task.COMPETING:
            kinds, what = (y["event"].astype(int) == 1).astype(int), "event ="
        case Task.CONTINUOUS:
            kinds, what = np.zeros(len(y), int), "group"
    if task.has_classes and len(np.unique(kinds)) < 2:
        raise TooFewCases(f"the outcome has one class only ({len(kinds)} cases): there is nothing to predict")
    if task.has_times and not (kinds == 1).any():
        raise TooFewCases(f"nobody of {len(kinds)} has the event: there is nothing to predict")
    for kind in np.unique(kinds):
        count = len(np.unique(patients[kinds == kind]))
        if count < folds:
            remedy = f"use folds={count} or fewer" if count >= 2 else "at least 2 are needed for any split"
            name = repr(classes[kind]) if task.has_classes and len(classes) else kind
            raise TooFewCases(f"{what} {name} has {count} patient(s), {folds} folds need at least {folds}: {remedy}")


def check_training(folds: Sequence[Fold], y: Outcome, task: Task) -> list[Fold]:
    """The folds themselves, when every training part holds at least two cases of every class, or with the event.

    Raises
    ------
    TooFewCases : names the first fold that does not
    """
    if task is Task.CONTINUOUS:
        return list(folds)
    kinds = (y["event"].astype(int) == 1).astype(int) if task.has_times else np.asarray(y)
    needed = [1] if task.has_times else np.unique(kinds)
    for fold in folds:
        for kind in needed:
            count = int(np.sum(kinds[fold.train] == kind))
            if count < 2:
                what = "the event" if task.has_times else f"class {kind}"
                where = f"fold {fold.fold}" + (f" (without {fold.name})" if fold.name else "")
                raise TooFewCases(
                    f"the training part of {where} has {count} case(s) with {what}; at least 2 are needed"
                )
    return list(folds)


def stratified_folds(
    stratum: np.ndarray, patients: np.ndarray, *, folds: int = 5, repeats: int = 1, random_state: int = 0
) -> list[Fold]:
    """Repeated k-fold cross-validation by patient with balanced strata.

    Parameters
    ----------
    stratum : shape (n,), integers; a patient counts for the highest stratum among the rows
    patients : shape (n,); rows of one patient stay together
    """
    if folds < 2:
        raise TooFewCases(f"expected at least 2 folds; found {folds}")
    _, owner = np.unique(patients, return_inverse=True)
    count = owner.max() + 1
    if count < folds:
        raise TooFewCases(f"{count} patients cannot be split into {folds} folds: use fewer folds")
    of_patient = np.full(count, -1)
    np.maximum.at(of_patient, owner, stratum)
    out = []
    for repeat in range(repeats):
        rng = np.random.default_rng([random_state, repeat])
        shuffled = rng.permutation(count)
        in_strata = shuffled[np.argsort(of_patient[shuffled], kind="stable")]
        held_out = np.empty(count, int)
        held_out[in_strata] = (np.arange(count) + rng.integers(folds)) % folds
        of_row = held_out[owner]
        out += [Fold(repeat, k, np.flatnonzero(of_row != k), np.flatnonzero(of_row == k)) for k in range(folds)]
    return out


def centre_folds(centres: np.ndarray, patients: np.ndarray) -> list[Fold]:
    """Leave one centre out; a patient seen in the centre held out is not trained on elsewhere."""
    names = np.asarray(centres, object).astype(str)
    if len(np.unique(names)) < 2:
        raise TooFewCases(f"leaving one centre out needs at least 2 centres; found {np.unique(names).tolist()}")
    return [
        _without_shared(0, k, np.flatnonzero(names == name), patients, str(name))
        for k, name in enumerate(np.unique(names))
    ]


def time_folds(dates: np.ndarray, patients: np.ndarray, *, folds: int = 5) -> list[Fold]:
    """Trained on the past, tested on the next block of time; the first of folds + 1 blocks is only trained on."""
    _, owner = np.unique(patients, return_inverse=True)
    order = np.asarray(pd.Series(dates).rank(method="first"))
    first = np.full(owner.max() + 1, np.inf)
    np.minimum.at(first, owner, order)
    blocks = np.array_split(np.argsort(first, kind="stable"), folds + 1)
    if min(map(len, blocks)) == 0:
        raise TooFewCases(f"{len(first)} patients cannot be split into {folds + 1} blocks of time: use fewer folds")
    out, past = [], blocks[0]
    for k, block in enumerate(blocks[1:]):
        out.append(Fold(0, k, np.flatnonzero(np.isin(owner, past)), np.flatnonzero(np.isin(owner, block))))
        past = np.concatenate([past, block])
    return out


def bootstrap_folds(
    stratum: np.ndarray, patients: np.ndarray, *, repeats: int = 50, random_state: int = 0
) -> list[Fold]:
    """Patients drawn with replacement within strata; those not drawn are tested on.

    The first fold (repeat -1) trains and tests on everybody: the apparent score that .632+ and the correction of
    optimism start from.
    """
    _, owner = np.unique(patients, return_inverse=True)
    rows = [np.flatnonzero(owner == p) for p in range(owner.max() + 1)]
    of_patient = np.array([stratum[r].max() for r in rows])
    everybody = np.arange(len(owner))
    out = [Fold(-1, 0, everybody, everybody, "apparent")]
    for repeat in range(repeats):
        rng = np.random.default_rng([random_state, repeat])
        drawn = np.concatenate([rng.choice(m, len(m)) for m in _members(of_patient)])
        train = np.concatenate([rows[p] for p in np.sort(drawn)])
        out.append(Fold(repeat, 0, train, np.setdiff1d(everybody, train)))
    return out


def given_folds(given: Any, table: pd.DataFrame, patients: np.ndarray) -> list[Fold]:
    """Folds that someone else made.

    Parameters
    ----------
    given : the name(s) of column(s) with the number of the fold in which a row is tested (a column per repeat), or a
        sequence of (train rows, test rows), or a frame: as `folds_frame` makes, or with the columns `fold` [, `repeat`,
        `side`] and one that also names cases in the table, such as ID; without `side` the cases listed are tested and
        all others trained on. Or a file: a frame as CSV or Parquet, a sequence as JSON

    Raises
    ------
    TableError : a patient is on both sides of a split, or a case does not exist
    """
    match given:
        case Path() | str() if str(given).endswith(FILES):
            return given_folds(_read_folds(Path(given)), table, patients)
        case str():
            return given_folds([given], table, patients)
        case pd.DataFrame() if "row" in given:
            folds = _from_frame(given)
        case pd.DataFrame():
            folds = _from_names(given, table)
        case [str(), *_]:
            folds = _from_columns(list(given), table)
        case _:
            folds = [Fold(0, k, np.asarray(a, int), np.asarray(b, int)) for k, (a, b) in enumerate(given)]
    for fold in folds:
        _check(fold, patients)
    return folds


def folds_frame(folds: Sequence[Fold]) -> pd.DataFrame:
    """The folds as a table (repeat, fold, name, side, row) that can be saved and given back to `given_folds`."""
    parts = [
        pd.DataFrame({"repeat": f.repeat, "fold": f.fold, "name": f.name, "side": side, "row": rows})
        for f in folds
        for side, rows in (("train", f.train), ("test", f.test))
    ]
    return pd.concat(parts, ignore_index=True)


def _from_frame(frame: pd.DataFrame) -> list[Fold]:
    out = []
    for (repeat, fold), part in frame.groupby(["repeat", "fold"], sort=True):
        rows = {side: part.loc[part["side"] == side, "row"].to_numpy(int) for side in ("train", "test")}
        name = part["name"].iloc[0] if "name" in part and isinstance(part["name"].iloc[0], str) else ""
        out.append(Fold(int(repeat), int(fold), rows["train"], rows["test"], name))
    return out


def _read_folds(path: Path) -> Any:
    """A frame, or pairs of row numbers; in JSON a pair may be {"train": rows, "test": rows}."""
    if path.suffix != ".json":
        return read_table(path)
    if not path.is_file():
        raise TableError(f"expected a file of folds; found nothing at {path}")
    folds = json.loads(path.read_text(encoding="utf-8"))
    return [(fold["train"], fold["test"]) if isinstance(fold, dict) else fold for fold in folds]


def _from_names(frame: pd.DataFrame, table: pd.DataFrame) -> list[Fold]:
    """Folds whose cases are named by a column that the study's table has too."""
    if "fold" not in frame:
        raise MissingColumn(unknown("column of folds", "fold", frame.columns))
    column = next((c for c in frame if c not in ("repeat", "fold", "side", "name") and c in table), None)
    if column is None:
        raise TableError(
            f"folds need `row`, or a column of the study's table that names cases; found {list(frame.columns)}"
        )
    own, named = as_text(table[column]), pd.Series(as_text(frame[column]), index=frame.index)
    strange = sorted(set(named) - set(own))
    if len(strange) == named.nunique():
        raise TableError(f"none of the {len(strange)} {column} of the folds is in the table, e.g. {strange[0]!r}")
    if strange:
        message = f"{len(strange)} {column} of the folds are not among the study's cases, e.g. {strange[0]!r}"
        warnings.warn(message, RadiomixWarning, stacklevel=5)
    labelled = frame.assign(repeat=frame.get("repeat", 0), side=frame.get("side", "test"))
    out: list[Fold] = []
    for (repeat, name), part in labelled.groupby(["repeat", "fold"], sort=True):
        tested = np.isin(own, named[part.index[part["side"] == "test"]])
        trained = np.isin(own, named[part.index[part["side"] == "train"]]) if "side" in frame else ~tested
        fold = sum(f.repeat == repeat for f in out)
        out.append(Fold(int(repeat), fold, np.flatnonzero(trained), np.flatnonzero(tested), str(name)))
    return out


def _from_columns(columns: list[str], table: pd.DataFrame) -> list[Fold]:
    out = []
    for repeat, column in enumerate(columns):
        if column not in table:
            raise MissingColumn(unknown("fold column", column, table.columns))
        numbers = table[column]
        for k, number in enumerate(sorted(numbers.dropna().unique())):
            tested = (numbers == number).to_numpy()
            trained = (numbers.notna() & (numbers != number)).to_numpy()
            out.append(Fold(repeat, k, np.flatnonzero(trained), np.flatnonzero(tested), str(number)))
    return out


def _check(fold: Fold, patients: np.ndarray) -> None:
    where = f"fold {fold.fold} of repeat {fold.repeat}"
    for rows in (fold.train, fold.test):
        if len(rows) == 0 or rows.min() < 0 or rows.max() >= len(patients):
            raise TableError(f"{where} needs row numbers from 0 to {len(patients) - 1} on both sides")
    both = set(patients[fold.train].tolist()) & set(patients[fold.test].tolist())
    if both:
        example = sorted(map(str, both))[0]
        raise TableError(f"{where} trains and tests on the same {len(both)} patient(s), e.g. {example!r}")


def _without_shared(repeat: int, fold: int, test: np.ndarray, patients: np.ndarray, name: str) -> Fold:
    train = np.setdiff1d(np.arange(len(patients)), test)
    return Fold(repeat, fold, train[~np.isin(patients[train], patients[test])], test, name)


def _members(labels: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _quantile_groups(values: np.ndarray, groups: int) -> np.ndarray:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, groups + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")
