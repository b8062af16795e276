"""Many cases: find them, check them, run them; failures are rows too."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd

from .batch import Outcome, Row, Task, check_case, extract_case, outcomes
from .config import Config, encode
from .errors import InputError, MissingColumn, RadiomixWarning, TableError, unknown
from .journal import Destination, Journal
from .table import is_feature, is_provenance, read_table

Cases: TypeAlias = str | os.PathLike[str] | pd.DataFrame
Settings: TypeAlias = Config | str | os.PathLike[str] | Mapping[str, Any] | None

_CANONICAL = ("Image", "Mask", "Label", "ID")


def read_cases(source: Cases) -> pd.DataFrame:
    """A cohort from a CSV, Parquet file or DataFrame with the columns Image, Mask [, Label, ID].

    Case of the four names does not matter; every other column passes through. Relative paths count from the file's
    own folder (for a DataFrame, from the working folder).

    Raises
    ------
    MissingColumn
        There is no Image or no Mask column.
    TableError
        The table has no rows, a column stands twice, or a label is neither an integer nor "all".

    Examples
    --------
    >>> read_cases(pd.DataFrame({"image": ["ct.nii.gz"], "mask": ["tumour.nii.gz"], "age": [61]})).columns.tolist()
    ['Image', 'Mask', 'age']
    """
    table = read_table(source)
    cases = table.rename(columns=_canonical_names(table)).reset_index(drop=True)
    if cases.empty:
        raise TableError("expected a row per case; the table of cases has none")
    folder = Path() if isinstance(source, pd.DataFrame) else Path(source).parent
    for column in ("Image", "Mask"):
        cases[column] = [_resolved(value, folder) for value in cases[column]]
    if "Label" in cases:
        cases["Label"] = pd.Series([_label(value, row) for row, value in enumerate(cases["Label"])], dtype=object)
    return cases


def find_cases(folder: str | os.PathLike[str], image: str = "*_image*", mask: str = "*_mask*") -> pd.DataFrame:
    """A cohort from a folder: images and masks that lie together and whose names differ only where the patterns do.

    Parameters
    ----------
    image, mask : file name patterns with one or more `*`; what the first `*` stands for must be equal in both, but
        not what a last one at the pattern's end does (`*_image*`, `PET_image*`)

    Returns
    -------
    DataFrame with the columns ID (the folder below `folder`, or what the first `*` stands for), Series (what the
    first `*` stands for, where folders name the cases), Image and Mask; a row per mask.

    Raises
    ------
    InputError
        The folder does not exist, or no pair is found.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"expected a folder of images and masks; found none at {root}")
    images, masks = _matching(root, image), _matching(root, mask)
    _say_unpaired(images, masks, image, mask)
    rows = []
    for (parent, name), paths in sorted(images.items()):
        if len(paths) > 1:
            raise InputError(f"{len(paths)} images match {image!r} as {name!r} in {parent}: narrow the pattern")
        place = parent.relative_to(root).as_posix()
        for found in sorted(masks.get((parent, name), [])):
            identity, series = (name, "") if place == "." else (place, name)
            rows.append({"ID": identity, "Series": series, "Image": str(paths[0]), "Mask": str(found)})
    if not rows:
        raise InputError(f"no image matching {image!r} lies with a mask matching {mask!r} in {root}")
    cases = pd.DataFrame(rows)
    return cases if cases["Series"].any() else cases.drop(columns="Series")


def check_cases(
    cases: Cases, config: Settings = None, *, workers: int = 1, progress: bool | None = None
) -> pd.DataFrame:
    """What would go wrong, before anything is computed.

    Reads every case, brings mask and image together, and prepares the ROI, but computes no feature.

    Returns
    -------
    The cases with three more columns: `error` and `reason` (empty where extraction would work), and `notes` (what
    would be decided without asking, such as a resampled mask).

    Examples
    --------
    >>> check_cases(pd.DataFrame({"Image": ["absent.nii.gz"], "Mask": ["absent.nii.gz"]})).loc[0, "error"]
    'UnreadableFile'
    """
    table, settings = read_cases(cases), _settings(config)
    tasks = _tasks(table, None)
    found = {
        o.position: o for o in _with_progress(outcomes(check_case, tasks, settings, workers), len(tasks), progress)
    }
    ordered = [found[position] for position in range(len(table))]
    return table.assign(
        error=[o.error for o in ordered],
        reason=[o.reason for o in ordered],
        notes=[o.rows[0]["radiomix_notes"] if o.rows else "" for o in ordered],
    )


def extract_cases(
    cases: Cases,
    config: Settings = None,
    out: str | os.PathLike[str] | None = None,
    *,
    labels: Literal["all"] | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Features of a whole cohort: a row per case and ROI.

    Parameters
    ----------
    cases : what `read_cases` reads
    config : as in `extract`
    out : a table file (.csv, .parquet) or a folder (which gets `features.csv`). Finished cases are written at once to
        a journal beside it; failed ones end in `<name>_failures.csv`, or `failures.csv` in a folder.
    labels : "all" for a row per label of each mask; a Label column goes before it
    workers : processes on this machine; by default one per core
    executor : any `concurrent.futures.Executor` instead, such as Dask's `client.get_executor()`
    resume : continue what an interrupted run with the same cases and settings left in `out`
    overwrite : replace what is in `out`
    progress : show a bar; by default in notebooks and terminals

    Returns
    -------
    DataFrame with the columns of `cases`, provenance, and features, in the order of `cases`. `.attrs["failures"]` is
    a list of {column: value}, a failed case each, with `error` and `reason`; `.attrs["config"]` holds the settings
    for `config_of`, and so does `<name>_config.json` beside a written table.

    Raises
    ------
    TableError
        `out` holds finished or interrupted work and neither `resume` nor `overwrite` is given.

    Examples
    --------
    >>> from radiomix.datasets import make_cohort
    >>> cases = make_cohort("cohort", n=2)
    >>> table = extract_cases(cases, {"featureClass": {"firstorder": ["Mean"]}}, "features.csv", workers=1)
    >>> len(table), "original_firstorder_Mean" in table, table.attrs["failures"]
    (2, True, [])
    """
    return run_cases(
        extract_case, cases, config, out, labels=labels, workers=workers, executor=executor, resume=resume,
        overwrite=overwrite, progress=progress,
    )  # fmt: skip


def run_cases(
    run: Callable[[Task, Config], list[Row]],
    cases: Cases,
    config: Settings = None,
    out: str | os.PathLike[str] | None = None,
    *,
    labels: Literal["all"] | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """`extract_cases` for anything that makes rows from a case; `run` must be a function of a module."""
    from .extraction.threads import cores

    table, settings = read_cases(cases), _settings(config)
    _refuse_features(table)
    tasks = _tasks(table, labels)
    with Journal.open(Destination.of(out), _signature(table, settings, labels), resume, overwrite) as journal:
        left = [task for task in tasks if task.position not in journal.done]
        ended = outcomes(run, left, settings, workers or cores(), executor)
        for outcome in _with_progress(ended, len(left), progress):
            journal.add(outcome)
        rows, failures = _tables(table, journal.outcomes)
        rows.attrs["config"] = encode(settings)
        journal.finish(rows, failures)
    rows.attrs["failures"] = failures.astype(object).where(failures.notna(), None).to_dict("records")
    return rows


def _settings(config: Settings) -> Config:
    """The configuration, its feature names looked up: a wrong one is one error, not a failure per case."""
    from .extraction import as_config, wanted_features

    settings = as_config(config)
    wanted_features(settings)
    return settings


def _canonical_names(table: pd.DataFrame) -> dict[str, str]:
    names: dict[str, str] = {}
    for wanted in _CANONICAL:
        found = [column for column in table.columns if str(column).strip().lower() == wanted.lower()]
        if len(found) > 1:
            raise TableError(f"expected one column {wanted}; found {', '.join(map(repr, found))}: rename the others")
        if not found and wanted in ("Image", "Mask"):
            raise MissingColumn(
                f"a table of cases needs the columns Image and Mask: {unknown('column', wanted, table.columns)}"
            )
        names.update(dict.fromkeys(found, wanted))
    return names


def _resolved(value: object, folder: Path) -> str:
    if pd.isna(value) or not str(value).strip():
        return ""
    return os.path.normpath(folder / Path(str(value).strip()).expanduser())


def _label(value: object, row: int) -> int | str | None:
    if pd.isna(value) or str(value).strip() == "":
        return None
    if str(value).strip().lower() == "all":
        return "all"
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if not number.is_integer():
        raise TableError(f'expected an integer, "all" or nothing in the column Label; found {value!r} in row {row}')
    return int(number)


def _matching(root: Path, pattern: str) -> dict[tuple[Path, str], list[Path]]:
    """Files below `root` that match, by their folder and their name: what the first `*` stands for, if not the end."""
    literal = "(.*)".join(re.escape(part) for part in pattern.split("*"))
    named = "*" in pattern[:-1]
    found: dict[tuple[Path, str], list[Path]] = {}
    for path in sorted(root.rglob(pattern)):
        match = re.fullmatch(literal, path.name)
        if match and path.is_file():
            found.setdefault((path.parent, match.group(1) if named else ""), []).append(path)
    return found


def _say_unpaired(images: dict, masks: dict, image: str, mask: str) -> None:
    for ours, theirs, kind, pattern in ((images, masks, "image", mask), (masks, images, "mask", image)):
        alone = sorted(str(path) for key in ours.keys() - theirs.keys() for path in ours[key])
        if alone:
            warnings.warn(
                f"{len(alone)} {kind} file(s) left out, with nothing matching {pattern!r} beside them: {alone[0]} ...",
                RadiomixWarning,
                stacklevel=3,
            )


def _refuse_features(cases: pd.DataFrame) -> None:
    already = [column for column in cases if is_feature(column) or is_provenance(column)]
    if already:
        raise TableError(
            f"the table of cases has {len(already)} columns that extraction makes, such as {already[0]!r}: drop them"
        )


def _tasks(cases: pd.DataFrame, labels: str | None) -> list[Task]:
    chosen = cases["Label"] if "Label" in cases else [None] * len(cases)
    return [
        Task(position, image, mask, labels if label is None else label)
        for position, (image, mask, label) in enumerate(zip(cases["Image"], cases["Mask"], chosen, strict=True))
    ]


def _signature(cases: pd.DataFrame, config: Config, labels: str | None) -> dict[str, str]:
    """What must be equal for a run to be continued."""
    content = cases.to_csv(index=False) + str(labels)
    return {"config": config.digest, "cases": hashlib.sha256(content.encode()).hexdigest()[:12]}


def _with_progress(run: Iterator[Outcome], total: int, progress: bool | None) -> Iterator[Outcome]:
    from tqdm.auto import tqdm

    failed = 0
    with tqdm(total=total, unit="case", disable=None if progress is None else not progress) as bar:
        for outcome in run:
            failed += bool(outcome.reason)
            bar.set_postfix(failed=failed, refresh=False)
            bar.update()
            yield outcome


def _tables(cases: pd.DataFrame, found: list[Outcome]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The feature table and the failures table, in the order of the cases, whatever order they ended in."""
    ordered = sorted(found, key=lambda outcome: outcome.position)
    done = [(outcome.position, row) for outcome in ordered for row in outcome.rows]
    failed = [outcome for outcome in ordered if outcome.reason]
    features = pd.DataFrame([row for _, row in done])
    passed = cases.iloc[[position for position, _ in done]].reset_index(drop=True)
    if "Label" in features:
        passed["Label"] = features.pop("Label")
    reasons: list[Row] = [{"error": outcome.error, "reason": outcome.reason} for outcome in failed]
    stopped = cases.iloc[[outcome.position for outcome in failed]].reset_index(drop=True)
    return (
        pd.concat([passed, features], axis=1),
        pd.concat([stopped, pd.DataFrame(reasons, columns=["error", "reason"])], axis=1),
    )
