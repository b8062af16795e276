"""The jobs of an evaluation: every arm in every fold, in parallel, with a progress bar, resumable."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from ..files import write_text
from .controls import Arm
from .nested import FoldResult, Prediction, Tuned, run_fold
from .outcome import Outcome, Task
from .validate import Fold


@dataclass(frozen=True, eq=False)
class Job:
    """One arm in one fold. `y` may be a permuted outcome; `set` says what the fold belongs to."""

    arm: Arm
    fold: Fold
    y: Outcome
    set: str = "internal"


@dataclass(frozen=True, eq=False)
class Plan:
    """What all jobs share."""

    X: pd.DataFrame
    patients: np.ndarray
    task: Task
    times: tuple[float, ...]
    seed: int
    everybody: bool = False  # predict the training rows too, as the bootstrap's corrections need
    cases: int = 0  # rows of the study itself; external ones follow


def run_jobs(
    jobs: Sequence[Job], plan: Plan, *, workers: int = 1, resume: str | os.PathLike[str] | None = None
) -> list[FoldResult]:
    """Run the jobs and return their results in order. With `resume`, a folder, finished folds are read back from it."""
    folder = Path(resume) if resume is not None else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(plan) if folder else ""
    files = [folder / f"{_key(job, plan, fingerprint)}.json" if folder else None for job in jobs]
    results: list[FoldResult | None] = [_read(file) if file and file.exists() else None for file in files]
    todo = [i for i, result in enumerate(results) if result is None]
    for i, result in zip(todo, _run([jobs[i] for i in todo], plan, workers), strict=True):
        results[i] = result
        if (file := files[i]) is not None:
            _write(file, result)
    return [result for result in results if result is not None]


def _run(jobs: Sequence[Job], plan: Plan, workers: int) -> Iterator[FoldResult]:
    bar = tqdm(total=len(jobs), desc="evaluate", unit="fold", disable=len(jobs) < 2 or None)
    with bar:
        if workers == 1:
            for job in jobs:
                with threadpool_limits(1):
                    yield _one(job, plan.X[list(job.arm.needed)], plan)
                bar.update()
            return
        bare = _without_table(plan)
        tasks = (delayed(_one)(job, plan.X[list(job.arm.needed)], bare) for job in jobs)
        with parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
            for result in Parallel(return_as="generator", pre_dispatch=f"{4 * workers}", max_nbytes=None)(tasks):
                yield result
                bar.update()


def _one(job: Job, X: pd.DataFrame, plan: Plan) -> FoldResult:
    return run_fold(
        job.arm.learner,
        X,
        job.y,
        plan.task,
        job.fold,
        patients=plan.patients,
        seed=fold_seed(plan.seed, job.fold),
        times=plan.times,
        everybody=plan.cases if plan.everybody and job.set == "internal" else 0,
    )


def fold_seed(seed: int, fold: Fold) -> int:
    """The same for every arm, so that models meet the same inner splits."""
    return int(np.random.SeedSequence([seed, fold.repeat + 1, fold.fold]).generate_state(1)[0] >> 1)


def _without_table(plan: Plan) -> Plan:
    return Plan(plan.X.iloc[:0, :0], plan.patients, plan.task, plan.times, plan.seed, plan.everybody, plan.cases)


def _fingerprint(plan: Plan) -> str:
    from .. import __version__

    digest = hashlib.sha256(repr((__version__, plan.task, plan.times, plan.seed, plan.everybody)).encode())
    digest.update(pd.util.hash_pandas_object(plan.X.astype(str), index=False).to_numpy().tobytes())
    digest.update("\0".join(map(str, plan.X.columns)).encode())
    digest.update("\0".join(map(str, plan.patients)).encode())
    return digest.hexdigest()


def _key(job: Job, plan: Plan, fingerprint: str) -> str:
    learner = job.arm.learner
    pipeline = repr(learner.make(random_state=0).get_params(deep=True))
    settings = (fingerprint, job.arm.name, job.arm.columns, pipeline, learner.space, learner.candidates)
    digest = hashlib.sha256(
        repr(
            (
                *settings,
                learner.inner_folds,
                str(learner.choice),
                str(learner.search),
                job.set,
                job.fold.repeat,
                job.fold.fold,
            )
        ).encode()
    )
    for array in (job.fold.train, job.fold.test, job.y):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:24]


def _write(file: Path, result: FoldResult) -> None:
    arrays = {name: values.tolist() for name, values in vars(result.prediction).items()}
    content = {
        "rows": result.rows.tolist(),
        "prediction": arrays,
        "tuned": {k: v for k, v in vars(result.tuned).items() if k != "pipeline"},
        "seconds": result.seconds,
        "warnings": result.warnings,
    }
    write_text(file, json.dumps(content, default=_plain))


def _read(file: Path) -> FoldResult:
    content = json.loads(file.read_text())
    prediction = {name: np.asarray(values, float) for name, values in content["prediction"].items()}
    return FoldResult(
        np.asarray(content["rows"], int),
        Prediction(**prediction),
        Tuned(pipeline=None, **content["tuned"]),
        content["seconds"],
        content["warnings"],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
