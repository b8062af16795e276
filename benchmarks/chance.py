"""What every model, every selector and every sampler finds in pure noise: nothing, if nothing leaks.

    python -m benchmarks.chance [--store FILE] [--page FILE]

A hundred cases with a thousand columns of independent normal numbers, an outcome that has nothing to do with them,
two stratified folds; everything that learns is fitted inside the training folds. Finished trials are kept in the
store and not repeated. Two trials are wrong on purpose: what they find is what a leak looks like.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline, make_pipeline
from tqdm.auto import tqdm

from radiomix.models.catalogue import MODELS, ModelSpec, get
from radiomix.models.controls import learner, plain_model
from radiomix.models.harmonising import Harmonise, Harmonised
from radiomix.models.nested import inner_scores, predict, tune
from radiomix.models.outcome import Outcome, Task, survival_outcome
from radiomix.models.preprocessing import Informative, MedianImputer, PowerScale, SoftScale, Tidy
from radiomix.models.selection import CorrelationClusters, Univariate
from radiomix.models.selection_multivariate import (
    Boruta,
    Lasso,
    MinimumRedundancy,
    NotVolume,
    Robust,
    StabilitySelection,
)
from radiomix.models.validate import strata, stratified_folds

from .markdown import table

HERE = Path(__file__).parent
CASES, COLUMNS, FOLDS, SEEDS = 100, 1000, 2, 20
FEWER = {"n_estimators": 60, "trees": 60}  # of forests: enough for noise
BAND = (0.45, 0.55)
WRONG = "wrong on purpose"
NAMES = [f"f{i}" for i in range(COLUMNS)]
DIFFERENT = (Task.BINARY, Task.CONTINUOUS, Task.SURVIVAL)  # classes, numbers and times; grades and causes are like them

Fit: TypeAlias = Callable[[pd.DataFrame, Outcome, int], Pipeline]
Before: TypeAlias = Callable[[pd.DataFrame, Outcome, int], tuple[pd.DataFrame, Outcome]]


@dataclass(frozen=True)
class Trial:
    """One way to make a model.

    Attributes
    ----------
    part : the section of the page
    fit : `fit(X, y, seed)` gives a fitted pipeline
    before : what is done to all cases before the folds; to look at the outcome there is a leak
    rare : the share of the second of two classes
    """

    part: str
    name: str
    task: Task
    fit: Fit
    before: Before | None = None
    rare: float = 0.5

    @property
    def key(self) -> str:
        return f"{self.part}: {self.name}, {self.task.value}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chance", description=__doc__)
    parser.add_argument(
        "--store", type=Path, default=Path("build/chance.json"), help="results; finished trials are kept"
    )
    parser.add_argument("--page", type=Path, default=HERE / "CHANCE.md", help="the page to write")
    options = parser.parse_args()
    options.store.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[float]] = json.loads(options.store.read_text()) if options.store.exists() else {}
    everything = list(trials())
    for trial in tqdm(everything, unit="trial"):
        if trial.key not in found:
            found[trial.key] = [score(trial, seed) for seed in range(SEEDS)]
            options.store.write_text(json.dumps(found, indent=1))
    options.page.write_text(page(everything, found), encoding="utf-8")


def score(trial: Trial, seed: int) -> float:
    """The mean over test folds: AUC, C, or Spearman's rho as (1 + rho) / 2, so that 1/2 is chance everywhere."""
    X, y = noise(trial, seed)
    if trial.before is not None:
        X, y = trial.before(X, y, seed)
    horizon = (float(np.median(y["time"][y["event"].astype(int) == 1])),) if trial.task.has_times else ()
    found = []
    folds = stratified_folds(strata(y, trial.task), np.arange(len(y)), folds=FOLDS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of models that find nothing, which is what is wanted
        for fold in folds:
            pipeline = trial.fit(X.iloc[fold.train], y[fold.train], seed)
            prediction = predict(pipeline, X.iloc[fold.test], trial.task, horizon)
            found.append(inner_scores(trial.task, y[fold.test], prediction, *horizon)[0])
    mean = float(np.nanmean(found))
    return (1 + mean) / 2 if trial.task in (Task.ORDINAL, Task.CONTINUOUS) else mean


def noise(trial: Trial, seed: int) -> tuple[pd.DataFrame, Outcome]:
    """Columns and an outcome that know nothing of each other; every trial has its own."""
    rng = np.random.default_rng([seed, crc32(trial.key.encode())])
    X = pd.DataFrame(rng.normal(size=(CASES, COLUMNS)), columns=NAMES)
    match trial.task:
        case Task.BINARY:
            return X, (rng.random(CASES) < trial.rare).astype(int)
        case Task.MULTICLASS | Task.ORDINAL:
            return X, rng.choice(3, CASES, p=[0.3, 0.4, 0.3])
        case Task.CONTINUOUS:
            return X, rng.normal(size=CASES)
        case Task.SURVIVAL:
            return X, survival_outcome(rng.random(CASES) < 0.6, rng.exponential(size=CASES))
        case Task.COMPETING:
            return X, survival_outcome(rng.choice(3, CASES, p=[0.3, 0.4, 0.3]), rng.exponential(size=CASES))


def trials() -> Iterator[Trial]:
    """Everything that is tried, cheap parts first."""
    yield from leaks()
    yield from selectors()
    yield from samplers()
    yield from tuned()
    for name, spec in MODELS.items():
        for task in (task for task in Task if task in spec.tasks):
            yield Trial("model", name, task, partial(untuned, spec, task))


def untuned(spec: ModelSpec, task: Task, X: pd.DataFrame, y: Outcome, seed: int) -> Pipeline:
    """With the catalogue's values, but for the number of trees."""
    pipeline = spec.make(task, seed)
    known = pipeline[-1].get_params()
    return pipeline.set_params(**{f"model__{k}": v for k, v in FEWER.items() if k in known}).fit(X, y)


def tuned() -> Iterator[Trial]:
    for task in (Task.BINARY, Task.SURVIVAL):
        spec = plain_model(task)
        yield Trial("model, tuned", spec.name, task, partial(with_tuning, spec, task, ()))
    spec, known = plain_model(Task.BINARY), NAMES[:5]
    yield Trial(
        "model, tuned", f"{spec.name}, five of the columns clinical", Task.BINARY,
        partial(with_tuning, spec, Task.BINARY, known),
    )  # fmt: skip


def with_tuning(
    spec: ModelSpec, task: Task, clinical: Sequence[str], X: pd.DataFrame, y: Outcome, seed: int
) -> Pipeline:
    """As an evaluation tunes: eight candidates at most, five inner folds."""
    pipeline = tune(learner(spec, task, NAMES, clinical), X, y, task, patients=np.arange(len(y)), seed=seed).pipeline
    assert pipeline is not None
    return pipeline


def selectors() -> Iterator[Trial]:
    """Each in front of the plain linear model of the task; those that do not look at the outcome are followed by the
    50 strongest columns."""
    icc = dict(zip(NAMES, np.random.default_rng(0).random(COLUMNS), strict=True))
    blind = (Informative(), CorrelationClusters(0.3), Robust(icc), NotVolume("f0", 0.2), PowerScale())
    looking = (Univariate(20), Univariate(None, fdr=0.2), MinimumRedundancy(20), Lasso(20))
    slow = (StabilitySelection(pairs=10), Boruta(rounds=8, trees=30))
    for step in (*blind, *looking, *slow):
        steps = (step, Univariate(50)) if step in blind else (step,)
        for task in (Task.BINARY, Task.SURVIVAL) if step in slow else DIFFERENT:
            yield Trial("selection", _named(step), task, partial(selected, steps, task))
    combat = partial(harmonised, Task.BINARY)
    yield Trial("selection", "ComBat between two centres", Task.BINARY, combat, with_centres)


def selected(steps: tuple[BaseEstimator, ...], task: Task, X: pd.DataFrame, y: Outcome, seed: int) -> Pipeline:
    own = {"task": task.value, "random_state": seed}
    chosen = [clone(s).set_params(**{k: v for k, v in own.items() if k in s.get_params()}) for s in steps]
    model = plain_model(task).estimator(task, seed)
    return make_pipeline(Tidy(), MedianImputer(), SoftScale(), *chosen, model).fit(X, y)


def harmonised(task: Task, X: pd.DataFrame, y: Outcome, seed: int) -> Pipeline:
    make = Harmonised(partial(plain_model(task).make, task), Harmonise("centre"))
    return make(random_state=seed).fit(X, y)


def with_centres(X: pd.DataFrame, y: Outcome, seed: int) -> tuple[pd.DataFrame, Outcome]:
    return X.assign(centre=np.random.default_rng(seed).choice(["A", "B"], len(X))), y


def samplers() -> Iterator[Trial]:
    """One class in four, or three classes; each sampler in front of models that do not mind, and two that do."""
    for model in ("ridge", "knn", "forest"):
        for balance in ("weights", "over", "under", "smote"):
            if (model, balance) == ("knn", "weights"):
                continue
            for task in (Task.BINARY, Task.MULTICLASS) if model == "ridge" else (Task.BINARY,):
                spec = get(f"{model}+{balance}")
                rare = 0.4 if model == "knn" else 0.25  # 15 neighbours must be left when cases are dropped
                yield Trial("sampling", spec.name, task, partial(untuned, spec, task), rare=rare)


def leaks() -> Iterator[Trial]:
    """Wrong on purpose: what the others would look like if they leaked."""
    ridge, trees = (partial(bare, name) for name in ("ridge", "extra-trees"))
    yield Trial(WRONG, "the 20 best columns chosen before the folds", Task.BINARY, ridge, choose_first)
    yield Trial(WRONG, "small class repeated before the folds", Task.BINARY, trees, repeat_first, rare=0.25)


def bare(name: str, X: pd.DataFrame, y: Outcome, seed: int) -> Pipeline:
    """The model alone, on whatever columns are left."""
    return Pipeline([("model", get(name).estimator(Task.BINARY, seed))]).fit(X, y)


def choose_first(X: pd.DataFrame, y: Outcome, seed: int) -> tuple[pd.DataFrame, Outcome]:
    selector = Univariate(20, task="binary").fit(X, y)
    return X.loc[:, selector.get_support()], y


def repeat_first(X: pd.DataFrame, y: Outcome, seed: int) -> tuple[pd.DataFrame, Outcome]:
    rng = np.random.default_rng(seed)
    short = int((y == 0).sum() - (y == 1).sum())
    rows = np.r_[np.arange(len(y)), rng.choice(np.flatnonzero(y == 1), short)]
    return X.iloc[rows], y[rows]


def _named(step: BaseEstimator) -> str:
    hidden = ("icc", "task", "keep")
    shown = {k: v for k, v in step.get_params().items() if k not in hidden and v != _default(step, k)}
    return type(step).__name__ + (f"({', '.join(f'{k}={v}' for k, v in shown.items())})" if shown else "")


def _default(step: BaseEstimator, name: str) -> Any:
    return type(step)().get_params()[name]


def page(everything: list[Trial], found: dict[str, list[float]]) -> str:
    """The table, a section per part."""
    honest = np.array([found[t.key] for t in everything if t.part != WRONG])
    means = honest.mean(axis=1)
    inside = int(np.sum((means >= BAND[0]) & (means <= BAND[1])))
    lines = [
        "# What is found in noise",
        "",
        "Written by `make bench-chance`.",
        "",
        f"{CASES} cases with {COLUMNS:,} columns of noise, an outcome that has nothing to do with them, {FOLDS} folds,",
        f"{SEEDS} seeds, other noise for every line. The score is the mean over test folds of AUC or C, or for grades",
        "and numbers (1 + Spearman's rho) / 2: chance is 0.5 everywhere. Models have the catalogue's values (forests",
        "60 trees), but for those tuned as an evaluation tunes them; the steps of selection stand in front of the",
        "plain linear model of the outcome; with samplers one of two classes is rare (0.25; 0.4 for neighbours).",
        "",
        f"Means within {BAND[0]} to {BAND[1]}: {inside} of {len(means)}. The mean of all is {means.mean():.4f} with a "
        f"standard error of {means.std(ddof=1) / np.sqrt(len(means)):.4f}.",
    ]
    for part in dict.fromkeys(t.part for t in everything):
        rows = [(t.name, t.task.value, *_cells(np.array(found[t.key]))) for t in everything if t.part == part]
        header = ("what", "outcome", "mean", "SD over seeds", "lowest and highest")
        lines += ["", f"## {part.capitalize()}", "", *table(header, rows)]
    return "\n".join(lines) + "\n"


def _cells(values: np.ndarray) -> tuple[str, str, str]:
    return f"{values.mean():.3f}", f"{values.std(ddof=1):.3f}", f"{values.min():.2f} to {values.max():.2f}"


if __name__ == "__main__":
    main()
