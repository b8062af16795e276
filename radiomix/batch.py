"""One case in a process of its own, and many of them: the part of a cohort that a worker loads."""

from __future__ import annotations

import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .config import Config, ImageType
from .errors import InputError, RadiomixError, RadiomixWarning
from .registry import Original

if TYPE_CHECKING:
    from .extraction import Extraction

Row = dict[str, Any]
Label = int | str | None
_THREADS = (
    *(f"{library}_NUM_THREADS" for library in ("NUMBA", "OMP", "OPENBLAS", "MKL")),
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
Submit = Callable[["Task"], "Future[list[Row]]"]


@dataclass(frozen=True)
class Task:
    """One case of a cohort.

    Attributes
    ----------
    position : its row in the table of cases
    image, mask : paths; empty where the table has none
    label : a label of the mask, "all", or None for what the config says
    """

    position: int
    image: str
    mask: str
    label: Label = None


@dataclass(frozen=True)
class Outcome:
    """What came of a case: its rows, or why there are none."""

    position: int
    rows: tuple[Row, ...] = ()
    error: str = ""
    reason: str = ""


def extract_case(task: Task, config: Config) -> list[Row]:
    """Provenance and features, a row per label; what was decided on the way stands in `radiomix_notes`."""
    with _notes() as notes:
        found = _extractions(task, config)
    said = "; ".join(notes)
    return [{"Label": e.label, **e.diagnostics, **e.provenance, "radiomix_notes": said, **e.values} for e in found]


def check_case(task: Task, config: Config) -> list[Row]:
    """What extraction would meet before its features: files, geometry, labels, the ROI, the image's grey levels."""
    with _notes() as notes:
        _extractions(task, config.with_(images=(ImageType(Original()),), features=(("firstorder", ("Mean",)),)))
    return [{"radiomix_notes": "; ".join(notes)}]


def _extractions(task: Task, config: Config) -> list[Extraction]:
    from .extraction import extract_case

    for column, path in (("Image", task.image), ("Mask", task.mask)):
        if not path:
            raise InputError(f"expected a path in the column {column}; found an empty cell in row {task.position}")
    choice = {"labels": "all"} if task.label == "all" else {"label": task.label}
    return list(extract_case(task.image, task.mask, config, **choice))


def outcomes(
    run: Callable[[Task, Config], list[Row]],
    tasks: Sequence[Task],
    config: Config,
    workers: int,
    executor: Executor | None = None,
) -> Iterator[Outcome]:
    """Run every task and yield what came of each as it ends; a task that fails never stops the others."""
    if executor is not None:
        yield from _in_parallel(tasks, lambda task: executor.submit(run, task, config))
    elif workers == 1 or len(tasks) < 2:
        # a thread only so that whatever happens to a case arrives in its future
        with ThreadPoolExecutor(1) as thread:
            for task in tasks:
                yield _outcome(task, thread.submit(run, task, config))
    else:
        with _processes(min(workers, len(tasks))) as schedule:
            yield from _in_parallel(tasks, lambda task: schedule(run, args=(task, config)))


def _in_parallel(tasks: Sequence[Task], submit: Submit) -> Iterator[Outcome]:
    # Cases go one at a time until one succeeds: its process has then compiled every kernel and cached it on disk, and
    # the others load it. Processes that fill Numba's cache at the same moment can leave it inconsistent.
    queue = deque(tasks)
    while queue:
        task = queue.popleft()
        first = _outcome(task, submit(task))
        yield first
        if not first.reason:
            break
    pending = {submit(task): task for task in queue}
    try:
        for future in as_completed(pending):
            yield _outcome(pending.pop(future), future)
    finally:
        for future in pending:
            future.cancel()


def _outcome(task: Task, future: Future[list[Row]]) -> Outcome:
    match future.exception():
        case None:
            return Outcome(task.position, tuple(future.result()))
        case RadiomixError() as error:
            return Outcome(task.position, error=type(error).__name__, reason=str(error))
        case error:
            reason = str(error) or "no message"
            return Outcome(task.position, error=type(error).__name__, reason=f"unexpected: {reason}")


@contextmanager
def _notes() -> Iterator[list[str]]:
    """Collect radiomix's own warnings as texts; others are given again afterwards."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RadiomixWarning)
        yield notes
    for warning in caught:
        if issubclass(warning.category, RadiomixWarning):
            notes.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


class _Process(SpawnProcess):
    """A fresh process of one thread that does not import the caller's script.

    No `if __name__ == "__main__"` is asked of users. Libraries count their threads when they are loaded, which is
    before anything of ours runs there, so that their number must be in the environment the process starts with.
    """

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        script, before = sys.modules["__main__"], {name: os.environ.get(name) for name in _THREADS}
        sys.modules["__main__"] = ModuleType("__main__")
        os.environ.update(dict.fromkeys(_THREADS, "1"))
        try:
            return SpawnProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = script
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def _processes(workers: int) -> Iterator[Callable[..., Future]]:
    """The `schedule` of a pool whose workers have a core each, and whose death is a failed future."""
    from pebble import ProcessPool

    pool = ProcessPool(max_workers=workers, context=_Context(), initializer=_load_extraction)
    try:
        yield pool.schedule
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        if pool.active:
            pool.stop()
        pool.join()


def _load_extraction() -> None:
    """Import what a case needs while the others wait for the first success."""
    from . import extraction  # noqa: F401
