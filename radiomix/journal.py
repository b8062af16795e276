"""What a run over many cases leaves behind while it lasts, and how it ends: nothing finished is lost or overwritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from .batch import Outcome, Row
from .errors import TableError
from .files import write_text
from .table import config_path, write_table

TABLE_SUFFIXES = {".csv", ".tsv", ".parquet", ".gz"}


@dataclass(frozen=True)
class Destination:
    """Where a run writes: the feature table, its settings, the failures, the journal of cases that have ended."""

    features: Path
    failures: Path
    journal: Path

    @property
    def config(self) -> Path:
        return config_path(self.features)

    @classmethod
    def of(cls, out: str | os.PathLike[str] | None) -> Destination | None:
        """From a table file or a folder; None writes nothing."""
        if out is None:
            return None
        path = Path(out)
        if path.suffix.lower() in TABLE_SUFFIXES and not path.is_dir():
            stem = path.name.split(".")[0]
            return cls(path, path.with_name(f"{stem}_failures.csv"), path.with_name(f".{path.name}.journal"))
        return cls(path / "features.csv", path / "failures.csv", path / ".features.csv.journal")


@dataclass(eq=False)
class Journal:
    """The cases of a run that have ended; each is on disk before the next is taken."""

    destination: Destination | None
    outcomes: list[Outcome] = field(default_factory=list)
    file: IO[str] | None = None

    @classmethod
    @contextmanager
    def open(
        cls, destination: Destination | None, signature: dict[str, str], resume: bool, overwrite: bool
    ) -> Iterator[Journal]:
        """Start a run, or continue an interrupted one.

        Raises
        ------
        TableError
            Work lies there that would be lost, or what lies there is another run's.
        """
        if destination is None:
            yield cls(None)
            return
        if not overwrite:
            _refuse_to_lose(destination, resume)
        earlier = _read(destination.journal, signature) if resume and destination.journal.exists() else []
        lines = [_line(record) for record in (signature, *map(vars, earlier))]
        write_text(destination.journal, "".join(lines))
        with open(destination.journal, "a", encoding="utf-8") as file:
            yield cls(destination, earlier, file)

    @property
    def done(self) -> set[int]:
        """Positions of the cases that need not run again; failed ones do."""
        return {outcome.position for outcome in self.outcomes if not outcome.reason}

    def add(self, outcome: Outcome) -> None:
        """Note how a case ended, on disk before anything else happens."""
        self.outcomes.append(outcome)
        if self.file is not None:
            self.file.write(_line(vars(outcome)))
            self.file.flush()

    def finish(self, features: pd.DataFrame, failures: pd.DataFrame) -> None:
        """Write the tables, then drop the journal."""
        if self.destination is None or self.file is None:
            return
        write_text(self.destination.config, json.dumps(features.attrs["config"]))
        write_table(features, self.destination.features)
        if len(failures):
            write_table(failures, self.destination.failures)
        else:
            self.destination.failures.unlink(missing_ok=True)
        self.file.close()
        self.destination.journal.unlink()


def _refuse_to_lose(destination: Destination, resume: bool) -> None:
    if destination.features.exists():
        raise TableError(
            f"{destination.features} exists: choose another name, or overwrite=True (--overwrite) to replace it"
        )
    if destination.journal.exists() and not resume:
        raise TableError(
            f"an interrupted run lies in {destination.journal}: resume=True (--resume) continues it, "
            "overwrite=True (--overwrite) starts again"
        )


def _read(path: Path, signature: dict[str, str]) -> list[Outcome]:
    """The cases that succeeded in an interrupted run; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines[:-1]]
    if not records or records[0] != signature:
        raise TableError(
            f"the interrupted run in {path} had other cases or settings ({records[:1]} instead of {signature}): "
            "overwrite=True (--overwrite) to start again"
        )
    found = [Outcome(r["position"], tuple(map(_row, r["rows"])), r["error"], r["reason"]) for r in records[1:]]
    return [outcome for outcome in found if not outcome.reason]


def _row(read: Row) -> Row:
    """JSON has no tuples, but diagnostics such as a spacing are."""
    return {column: tuple(value) if isinstance(value, list) else value for column, value in read.items()}


def _line(record: dict) -> str:
    return json.dumps(record, default=_plain) + "\n"


def _plain(value: object) -> object:
    """NumPy's numbers as Python's, whose JSON form is exact."""
    match value:
        case np.generic():
            return value.item()
        case np.ndarray():
            return value.tolist()
    raise TypeError(f"a row holds {type(value).__name__}, which a table cannot")
