"""Which candidate should tuning take? Tables with known truths, scored on new cases: prints the table of evaluation.md.

Run as `python docs/simulate_tuning.py [tables]`; the page's 64 tables take about ten minutes.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from radiomix.models import catalogue, nested
from radiomix.models.metrics_calibration import calibration_slope
from radiomix.models.outcome import Outcome, Task, survival_outcome
from radiomix.models.search import draw as draw_candidates
from radiomix.models.validate import strata, stratified_folds

MODELS = {"ridge": Task.BINARY, "elastic-net": Task.BINARY, "cox": Task.SURVIVAL}
NEW_CASES = 1500
BLOCK = 10  # neighbouring features share a latent variable
FIRST_SEED = 100


@dataclass(frozen=True, eq=False)
class Trial:
    """One model on one table: `inner` (criteria, candidates, folds); `truth` (candidates + untuned, scores)."""

    model: str
    candidates: list[dict]
    inner: np.ndarray
    truth: np.ndarray


def draw(rng: np.random.Generator, task: Task) -> tuple[pd.DataFrame, Outcome, int]:
    """Features, outcomes, and how many of the cases are for training."""
    n, p = int(rng.choice([100, 150, 200, 300])), int(rng.choice([20, 60, 150, 500]))
    sparse, strength = bool(rng.integers(2)), float(rng.choice([0.5, 1.0, 1.6]))
    cases = n + NEW_CASES
    X = correlated(rng, cases, p)
    effect = np.zeros(p)
    if sparse:
        effect[rng.choice(p, 4, replace=False)] = rng.choice([-1, 1], 4) * rng.uniform(0.5, 1.5, 4)
    else:
        effect = rng.normal(size=p)
    score = X @ effect
    score *= strength / score.std()
    skewed = np.where(np.arange(p) % 3 == 0, np.exp(X), X)
    return pd.DataFrame(skewed).rename(columns="f{}".format), outcome(rng, score, task), n


def correlated(rng: np.random.Generator, cases: int, p: int) -> np.ndarray:
    """Normal columns in blocks of neighbours that share a latent variable."""
    latent, shared = rng.normal(size=(cases, -(-p // BLOCK))), rng.uniform(0.3, 0.9, size=-(-p // BLOCK))
    X = np.repeat(np.sqrt(shared) * latent, BLOCK, axis=1)[:, :p]
    return X + np.repeat(np.sqrt(1 - shared), BLOCK)[:p] * rng.normal(size=(cases, p))


def outcome(rng: np.random.Generator, score: np.ndarray, task: Task) -> Outcome:
    if task is Task.BINARY:
        return (rng.random(len(score)) < 1 / (1 + np.exp(rng.choice([0, 1.0]) - score))).astype(int)
    time, lost = rng.exponential(np.exp(-score)), rng.exponential(np.exp(rng.choice([0, 1.0])), len(score))
    return survival_outcome(time <= lost, np.minimum(time, lost) + 1e-6)


def trial(seed: int, model: str) -> Trial:
    """The inner scores of every candidate, and what each of them is worth on new cases."""
    task, spec = MODELS[model], catalogue.get(model)
    X, y, n = draw(np.random.default_rng([seed, 17]), task)
    old, new = slice(n), slice(n, None)
    horizon = (float(np.median(y["time"][old][y["event"][old] == 1])),) if task.has_times else ()
    base, candidates = spec.make(task, seed), draw_candidates(spec.space, 8, seed)
    everything = [*candidates, {}]
    patients = np.arange(n).astype(str)
    folds = stratified_folds(strata(y[old], task), patients, folds=5, random_state=seed)
    inner = []
    for fold in folds:
        fitted = fit_all(base, candidates, nested.Part(*parts(X, y, fold.train, fold.test)))
        inner.append([scores(m, tested, y[fold.test], task, horizon)[:2] for m, tested in fitted])
    fitted = fit_all(base, everything, nested.Part(*parts(X, y, old, new)))
    truth = [scores(m, tested, y[new], task, horizon) for m, tested in fitted]
    return Trial(model, candidates, np.moveaxis(np.array(inner), 0, 2).swapaxes(0, 1), np.array(truth))


def parts(X: pd.DataFrame, y: Outcome, old: object, new: object) -> tuple[pd.DataFrame, Outcome, pd.DataFrame, Outcome]:
    return X.iloc[old], y[old], X.iloc[new], y[new]


def fit_all(base: Pipeline, candidates: list[dict], part: nested.Part) -> list[tuple[Pipeline, pd.DataFrame]]:
    return [part.fitted(clone(base).set_params(**c), c) for c in candidates]


def scores(model: object, X: pd.DataFrame, y: Outcome, task: Task, horizon: tuple[float, ...]) -> list[float]:
    """Rank, likelihood, calibration slope."""
    found = nested.predict(model, X, task, horizon)
    varies = task is Task.BINARY and np.ptp(found.score) > 1e-6
    slope = calibration_slope(y, found.score).value if varies else np.nan
    return [*nested.inner_scores(task, y, found, *horizon), slope]


def simplest(t: Trial, criteria: slice) -> int:
    space = catalogue.get(t.model).space
    return nested.simplest_within_one_error(t.inner[criteria], t.candidates, space)


def within_spread(t: Trial) -> int:
    """The classical rule: the error is that of the best candidate's own folds."""
    means = np.nanmean(t.inner[0], axis=1)
    best = int(np.argmax(means))
    error = np.nanstd(t.inner[0, best], ddof=1) / np.sqrt(t.inner.shape[2])
    return int(np.flatnonzero(means >= means[best] - error)[0])


RULES: dict[str, Callable[[Trial], int]] = {
    "best by rank": lambda t: int(np.nanargmax(np.nanmean(t.inner[0], axis=1))),
    "best by likelihood": lambda t: int(np.nanargmax(np.nanmean(t.inner[1], axis=1))),
    "simplest within one error by rank, error from the spread of the best": within_spread,
    "simplest within one error by rank": lambda t: simplest(t, slice(0, 1)),
    "simplest within one error by likelihood": lambda t: simplest(t, slice(1, 2)),
    'simplest within one error by both (`"simplest"`)': lambda t: simplest(t, slice(0, 2)),
    'best by rank within one error by likelihood (`"best"`)': lambda t: nested.best_ranked_within_one_error(t.inner),
    "no tuning: the catalogue's values": lambda t: len(t.candidates),
    "the truly best ranked": lambda t: int(np.argmax(t.truth[:-1, 0])),
}


def cell(trials: list[Trial], rule: Callable[[Trial], int]) -> str:
    found = np.array([t.truth[rule(t)] for t in trials])
    rank, likelihood = found[:, :2].mean(axis=0)
    slope = "" if np.isnan(found[:, 2]).all() else f"; {np.nanmedian(found[:, 2]):.2f}"
    return f"{rank:.3f}; {likelihood:.3f}{slope}"


def main(tables: int) -> None:
    warnings.simplefilter("ignore")  # fits of hopeless candidates say so
    seeds = range(FIRST_SEED, FIRST_SEED + tables)
    trials = {model: [trial(seed, model) for seed in seeds] for model in MODELS}
    print("| rule | " + " | ".join(MODELS) + " |\n|---" + "|---" * len(MODELS) + "|")
    for title, rule in RULES.items():
        print(f"| {title} | " + " | ".join(cell(trials[model], rule) for model in MODELS) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
