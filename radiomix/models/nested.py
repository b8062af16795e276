"""One outer fold of nested cross-validation: tune inside the training part, fit, predict the test part.

Thresholds are chosen on out-of-fold predictions inside the training part; nothing here sees a test outcome.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import ConfigError, unknown
from . import metrics, metrics_calibration, metrics_regression, metrics_survival
from .outcome import Outcome, Task
from .search import Search, Trial, mean_of_known, search
from .validate import Fold, strata, stratified_folds


class Maker(Protocol):
    """Makes a fresh pipeline; `functools.partial` of a catalogue entry's `make`, or anything like it."""

    def __call__(self, random_state: int) -> Pipeline: ...


class Choice(StrEnum):
    """Which candidate tuning takes.

    BEST : of those within one standard error of the best by likelihood, the one that ranks cases best
    SIMPLEST : of those within one standard error of the best by rank and by likelihood, the simplest
    """

    BEST = "best"
    SIMPLEST = "simplest"


@dataclass(frozen=True)
class Learner:
    """What is fitted in every fold: the pipeline and the values searched, from the simplest to the most flexible."""

    make: Maker
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    candidates: int = 8
    inner_folds: int = 5
    choice: str = Choice.BEST
    search: str = Search.RANDOM

    def __post_init__(self) -> None:
        for name, kinds in (("choice", Choice), ("search", Search)):
            if getattr(self, name) not in list(kinds):
                raise ConfigError(unknown(name, getattr(self, name), list(kinds)))


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictions for some rows.

    Attributes
    ----------
    score : shape (n,), what cases are ranked by: the probability of class 1, the risk, the number
    probability : shape (n, K) for classes, else empty
    survival : shape (n, T) at the times asked for, else empty
    survival_at_own_time : shape (n,), else empty
    """

    score: np.ndarray
    probability: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    survival: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    survival_at_own_time: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Tuned:
    """The pipeline fitted on the training part, and how it was arrived at."""

    pipeline: Pipeline | None
    chosen: dict[str, Any]
    search: list[dict[str, Any]]
    thresholds: dict[str, float]
    features: list[str]
    weights: list[float]


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What one outer fold leaves behind: predictions for `rows`, and what was learnt on the way."""

    rows: np.ndarray
    prediction: Prediction
    tuned: Tuned
    seconds: float
    warnings: list[str]


@dataclass(frozen=True, eq=False)
class Part:
    """The training and test cases of an inner fold, and what steps before the model made of them."""

    X: pd.DataFrame
    y: Outcome
    X_test: pd.DataFrame
    y_test: Outcome
    prepared: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict)

    def fitted(self, pipeline: Pipeline, candidate: Mapping[str, Any]) -> tuple[Pipeline, pd.DataFrame]:
        """A pipeline fitted on the training cases, and what to predict with it for the test cases.

        The steps before the model are fitted, and applied to the test cases, once for candidates that differ in the
        model only. Pipelines of imbalanced-learn resample between the steps, and are fitted whole.
        """
        last, model = pipeline.steps[-1]
        if len(pipeline.steps) == 1 or type(pipeline) is not Pipeline:
            return pipeline.fit(self.X, self.y), self.X_test
        key = repr(sorted((k, v) for k, v in candidate.items() if not k.startswith(f"{last}__")))
        if key not in self.prepared:
            front = pipeline[:-1]
            self.prepared[key] = (front.fit_transform(self.X, self.y), front.transform(self.X_test))
        train_inputs, test_inputs = self.prepared[key]
        return Pipeline([(last, model.fit(train_inputs, self.y))]), test_inputs


def run_fold(
    learner: Learner,
    X: pd.DataFrame,
    y: Outcome,
    task: Task,
    fold: Fold,
    *,
    patients: np.ndarray,
    seed: int,
    times: Sequence[float] = (),
    everybody: int = 0,
) -> FoldResult:
    """Tune and fit on `fold.train`, predict `fold.test`, or the first `everybody` rows (bootstrap)."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuned = tune(learner, X.iloc[fold.train], y[fold.train], task, patients=patients[fold.train], seed=seed)
        rows = np.arange(everybody) if everybody else fold.test
        prediction = predict(tuned.pipeline, X.iloc[rows], task, times, own_time=_own_time(y[rows], task))
    said = list(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught))
    return FoldResult(rows, prediction, replace(tuned, pipeline=None), time.perf_counter() - start, said)


def tune(learner: Learner, X: pd.DataFrame, y: Outcome, task: Task, *, patients: np.ndarray, seed: int) -> Tuned:
    """Search by inner cross-validation, then a fit on everything given.

    `learner.choice` says which candidate is taken, see `Choice`; docs/evaluation.md says why.
    """
    base = learner.make(random_state=seed)
    count = max(2, min(learner.inner_folds, _rarest(y, task, patients)))
    inner = stratified_folds(strata(y, task), patients, folds=count, random_state=seed)
    middle = (float(np.median(y["time"][y["event"].astype(int) == 1])),) if task.has_times else ()
    parts = [Part(X.iloc[fold.train], y[fold.train], X.iloc[fold.test], y[fold.test]) for fold in inner]

    def score(candidate: dict[str, Any]) -> Trial:
        found = [predict(*part.fitted(_with(base, candidate), candidate), task, middle) for part in parts]
        scores = [inner_scores(task, p.y_test, f, *middle) for p, f in zip(parts, found, strict=True)]
        return Trial(candidate, np.array(scores), np.concatenate([f.score for f in found]))

    trials = search(learner.search, learner.space, learner.candidates, seed, score)
    candidates = [t.candidate for t in trials]
    by_criterion = np.array([t.scores for t in trials]).transpose(2, 0, 1)
    best = choose(learner, by_criterion, candidates)
    pipeline = _with(base, candidates[best]).fit(X, y)
    features, weights = used_features(pipeline, X)
    log = [{"candidate": t.candidate, "score": mean_of_known(t.scores[:, 0])} for t in trials]
    rows = np.concatenate([fold.test for fold in inner])
    thresholds = _thresholds(task, y[rows], trials[best].out_of_fold, pipeline, X)
    return Tuned(pipeline, candidates[best], log, thresholds, features, weights)


def predict(
    pipeline: Pipeline, X: pd.DataFrame, task: Task, times: Sequence[float] = (), own_time: np.ndarray | None = None
) -> Prediction:
    """The predictions of a fitted pipeline in one shape for every task."""
    match task:
        case Task.BINARY:
            probability = pipeline.predict_proba(X)
            return Prediction(probability[:, 1], probability)
        case Task.MULTICLASS | Task.ORDINAL:
            probability = pipeline.predict_proba(X)
            return Prediction(probability @ np.arange(probability.shape[1]), probability)
        case Task.CONTINUOUS:
            return Prediction(np.asarray(pipeline.predict(X), float))
        case Task.SURVIVAL | Task.COMPETING:
            risk = np.asarray(pipeline.predict(X), float)
            if not len(times):
                return Prediction(risk)
            return Prediction(risk, np.zeros((0, 0)), *_survival(pipeline, X, task, np.asarray(times, float), own_time))


def inner_scores(task: Task, y: Outcome, prediction: Prediction, horizon: float = np.inf) -> list[float]:
    """What tuning looks at: how well cases are ranked, and how far predictions are off (for times, at `horizon`).

    Ranks alone are blind to how far a model is shrunk; the error alone prefers no model to a weak one.
    """
    match task:
        case Task.BINARY:
            likelihood = metrics_calibration.log_loss(y, prediction.score)
            return [metrics.auc(y, prediction.score).value, -likelihood.value]
        case Task.MULTICLASS:
            likelihood = metrics_calibration.log_loss(y, prediction.probability)
            return [metrics.multiclass_auc(y, prediction.probability).value, -likelihood.value]
        case Task.ORDINAL:
            likelihood = metrics_calibration.log_loss(y, prediction.probability)
            return [metrics_regression.spearman(y, prediction.score).value, -likelihood.value]
        case Task.CONTINUOUS:
            error = metrics_regression.mean_squared_error(y, prediction.score)
            return [metrics_regression.spearman(y, prediction.score).value, -error.value]
        case Task.SURVIVAL:
            ranked = metrics_survival.harrell_c(y["event"], y["time"], prediction.score)
            free = metrics_survival.censoring(y["event"], y["time"])
            off = metrics_survival.brier_at(y["event"], y["time"], prediction.survival[:, 0], horizon, free)
            return [ranked.value, -off.value]
        case Task.COMPETING:
            ranked = metrics_survival.competing_c(y["event"], y["time"], prediction.score)
            free = metrics_survival.censoring(y["event"] > 0, y["time"])
            happened = 1 - prediction.survival[:, 0]
            off = metrics_survival.competing_brier_at(y["event"], y["time"], happened, horizon, free)
            return [ranked.value, -off.value]


def used_features(pipeline: Pipeline, X: pd.DataFrame) -> tuple[list[str], list[float]]:
    """The columns that reach the model with a weight that is not zero, and their weights (NaN where it has none).

    A weight is per SD where columns are scaled, whatever `BlockScale` made of the SD for the penalty's sake.
    """
    names = np.asarray(X.columns, dtype=object)
    for _, step in pipeline.steps[:-1]:
        if hasattr(step, "transform"):  # a sampler changes rows, not columns
            names = np.asarray(step.get_feature_names_out(names), dtype=object)
    weights = _weights(pipeline[-1], len(names))
    if "blocks" in pipeline.named_steps:
        weights = weights * pipeline.named_steps["blocks"].factor_
    used = weights != 0
    return [str(name) for name in names[used]], [float(w) for w in weights[used]]


def _with(base: Pipeline, values: Mapping[str, Any]) -> Pipeline:
    return clone(base).set_params(**values)


def choose(learner: Learner, scores: np.ndarray, candidates: Sequence[Mapping[str, Any]]) -> int:
    """The position of the candidate that the learner's `choice` takes; scores as in `simplest_within_one_error`."""
    match learner.choice:
        case Choice.SIMPLEST:
            return simplest_within_one_error(scores, candidates, learner.space)
        case _:
            return best_ranked_within_one_error(scores)


def best_ranked_within_one_error(scores: np.ndarray) -> int:
    """The position of the best candidate by the first criterion among those close to the best by every other.

    Parameters
    ----------
    scores : shape (criteria, candidates, inner folds), more is better; NaN where a fold does not define it
    """
    others = [_within_one_error(of_criterion) for of_criterion in scores[1:]]
    close = np.all(others, axis=0) if others and np.all(others, axis=0).any() else np.ones(scores.shape[1], bool)
    means = [np.nan_to_num(mean_of_known(row), nan=-np.inf) for row in scores[0]]
    return max(np.flatnonzero(close).tolist(), key=lambda i: (means[i], -i))


def simplest_within_one_error(
    scores: np.ndarray, candidates: Sequence[Mapping[str, Any]], space: Mapping[str, Sequence[Any]]
) -> int:
    """The position of the simplest candidate close to the best by every criterion, or else by the first one.

    Parameters
    ----------
    scores : shape (criteria, candidates, inner folds), more is better; NaN where a fold does not define it
    """
    close = np.array([_within_one_error(of_criterion) for of_criterion in scores])
    eligible = close.all(axis=0) if close.all(axis=0).any() else close[0]
    flexibility = [sum(_position(space[name], value) for name, value in c.items()) for c in candidates]
    means = [np.nan_to_num(mean_of_known(row), nan=-np.inf) for row in scores[0]]
    return min(np.flatnonzero(eligible).tolist(), key=lambda i: (flexibility[i], -means[i], i))


def _within_one_error(scores: np.ndarray) -> np.ndarray:
    """Which rows lie within one standard error of the best row; all of them where none is defined."""
    means = np.array([mean_of_known(row) for row in scores])
    if np.isnan(means).all():
        return np.ones(len(means), bool)
    best = int(np.nanargmax(means))
    gaps = scores[best] - scores
    known = np.isfinite(gaps)
    counts = np.maximum(known.sum(axis=1), 1)
    centre = np.where(known, gaps, 0.0).sum(axis=1) / counts
    spread = np.where(known, gaps - centre[:, None], 0.0)
    errors = np.sqrt((spread**2).sum(axis=1) / np.maximum(counts - 1, 1) / counts)
    return np.isfinite(means) & (centre <= errors + 1e-12)


def _position(values: Sequence[Any], value: Any) -> float:
    return next(i for i, known in enumerate(values) if known is value or known == value) / max(len(values) - 1, 1)


def _thresholds(
    task: Task, y: Outcome, out_of_fold: np.ndarray, pipeline: Pipeline, X: pd.DataFrame
) -> dict[str, float]:
    match task:
        case Task.BINARY:
            cuts = (metrics.youden_threshold(y, out_of_fold), metrics.sensitivity_threshold(y, out_of_fold, 0.9))
            return {"threshold": cuts[0].value, "threshold_sensitive": cuts[1].value}
        case Task.SURVIVAL | Task.COMPETING:
            return {"threshold": float(np.median(predict(pipeline, X, task).score))}
        case _:
            return {}


def _survival(
    pipeline: Pipeline, X: pd.DataFrame, task: Task, times: np.ndarray, own_time: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Survival for one event; for competing events 1 - the cumulative incidence of the first."""
    model, inputs = pipeline[-1], _transformed(pipeline, X)
    if task is Task.COMPETING:
        return 1 - np.asarray(model.predict_incidence(inputs, times), float), np.zeros(0)
    if own_time is None:
        return np.asarray(model.predict_survival(inputs, times), float), np.zeros(0)
    everything = np.unique(np.r_[times, own_time])
    curves = np.asarray(model.predict_survival(inputs, everything), float)
    own = curves[np.arange(len(X)), np.searchsorted(everything, own_time)]
    return curves[:, np.searchsorted(everything, times)], own


def _transformed(pipeline: Pipeline, X: pd.DataFrame) -> pd.DataFrame:
    for _, step in pipeline.steps[:-1]:
        if hasattr(step, "transform"):
            X = step.transform(X)
    return X


def _own_time(y: Outcome, task: Task) -> np.ndarray | None:
    return y["time"] if task is Task.SURVIVAL else None


def _rarest(y: Outcome, task: Task, patients: np.ndarray) -> int:
    """Patients in the rarest class, or with the event."""
    match task:
        case Task.CONTINUOUS:
            return len(np.unique(patients))
        case Task.SURVIVAL | Task.COMPETING:
            return len(np.unique(patients[y["event"].astype(int) == 1]))
        case _:
            return min(len(np.unique(patients[y == kind])) for kind in np.unique(y))


def _weights(model: Any, count: int) -> np.ndarray:
    for attribute in ("coef_", "feature_importances_"):
        values = getattr(model, attribute, None)
        if values is not None and np.size(values) % max(count, 1) == 0 and np.size(values):
            stacked = np.reshape(np.asarray(values, float), (-1, count))
            return stacked[0] if len(stacked) == 1 else np.abs(stacked).max(axis=0)
    return np.full(count, np.nan)
