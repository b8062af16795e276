"""What this many cases can show: chance among many features, detectable effects, stability of what was selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from .controls import Arm, Kind
from .design import Design
from .leaks import Finding, Severity
from .metrics import auc
from .metrics_regression import spearman
from .metrics_survival import competing_c
from .outcome import Task
from .running import Job, Plan, run_jobs
from .scoring import Setting, as_predictions, primary_score, score
from .validate import Fold, strata, stratified_folds

if TYPE_CHECKING:
    from .gathering import Gathered

SHARES = (0.25, 0.5, 0.75, 1.0)
UNSTABLE = 0.4  # below it agreement is poor (Nogueira, Sechidis and Brown, JMLR 2018;18:174)
NO_CURVE = pd.DataFrame(columns=["size", "score", "value", "low", "high"])


@dataclass(frozen=True, eq=False)
class SampleSize:
    """`numbers` by name, and what of them deserves a warning."""

    numbers: dict[str, Any]
    findings: tuple[Finding, ...]


def sample_size(design: Design, gathered: Gathered, scores: pd.DataFrame, arms: Sequence[Arm]) -> SampleSize:
    """Numbers that say how much the scores can mean, from the design and the finished folds."""
    models = [arm for arm in arms if arm.kind is Kind.MODEL]
    events = effective_events(design)
    spread = spread_by_chance(design)
    independent = independent_features(design.X[list(design.features)])
    stable = {arm.name: _stability_of(arm, gathered.tuning, design) for arm in models}
    sizes = {arm.name: _median_size(arm, gathered.tuning) for arm in models}
    numbers = {
        "events": events,
        "features": len(design.features),
        "independent_features": independent,
        "events_per_feature": events / len(design.features),
        "best_noise_feature": 0.5 + spread * np.sqrt(2 * np.log(max(2 * independent, 2))),
        "minimum_detectable": min(0.5 + (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * spread, 1.0),
        "stability": stable,
        "features_used": sizes,
        "simplest_within_one_error": simplest(scores, sizes, [a.name for a in models]),
    }
    return SampleSize(numbers, tuple(_stability_findings(stable)))


def effective_events(design: Design) -> int:
    """Patients in the smaller class, patients with the event, or all patients for a number."""
    match design.task:
        case Task.CONTINUOUS:
            return len(set(design.patients))
        case Task.SURVIVAL | Task.COMPETING:
            return len(set(design.patients[design.y["event"].astype(int) == 1]))
        case _:
            return min(len(set(design.patients[design.y == k])) for k in np.unique(design.y))


def spread_by_chance(design: Design, draws: int = 200) -> float:
    """The standard deviation that the score of a meaningless number has in this cohort, by simulation.

    In units of AUC or C; a rank correlation is halved so that 0.5 plus it reads like one.
    """
    noise = np.random.default_rng(0).normal(size=(draws, len(design.y)))
    match design.task:
        case Task.BINARY:
            return float(np.std([auc(design.y, x).value for x in noise]))
        case Task.SURVIVAL | Task.COMPETING:
            return float(np.std([competing_c(design.y["event"], design.y["time"], x).value for x in noise]))
        case _:
            return float(0.5 * np.std([spearman(design.y, x).value for x in noise]))


def independent_features(X: pd.DataFrame) -> float:
    """How many independent columns would vary as much together: (sum of eigenvalues)^2 / sum of squared ones."""
    values = X.replace([np.inf, -np.inf], np.nan).rank().to_numpy(float)
    spread = np.nanstd(values, axis=0)
    values = values[:, spread > 0]
    if values.shape[1] == 0:
        return 0.0
    standard = np.nan_to_num((values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0))
    gram = standard @ standard.T if len(standard) < standard.shape[1] else standard.T @ standard
    return float(np.trace(gram) ** 2 / np.sum(gram**2))


def stability(selected: np.ndarray) -> tuple[float, float, float]:
    """Nogueira's stability of selected sets and its 95% interval; 1 is always the same set, 0 is chance.

    Parameters
    ----------
    selected : shape (folds, features), booleans

    NaN where nothing or everything is selected always.
    """
    z = np.asarray(selected, float)
    m, d = z.shape
    size = z.sum(axis=1)
    mean_size = size.mean()
    by_chance = mean_size / d * (1 - mean_size / d)
    if m < 2 or by_chance == 0:
        return np.nan, np.nan, np.nan
    frequency = z.mean(axis=0)
    value = 1 - (m / (m - 1) * frequency * (1 - frequency)).mean() / by_chance
    each = (
        (z * frequency).mean(axis=1)
        - size * mean_size / d**2
        + value / 2 * (2 * mean_size * size / d**2 - size / d - mean_size / d + 1)
    ) / by_chance
    error = np.sqrt(4 / m**2 * np.sum((each - each.mean()) ** 2))
    return float(value), float(value - 1.959964 * error), float(value + 1.959964 * error)


def simplest(scores: pd.DataFrame, sizes: dict[str, float], models: Sequence[str]) -> str:
    """The model with the fewest features among those within one standard error of the best."""
    part = scores[(scores["cohort"] == "internal") & scores["model"].isin(models)]
    first = part[part["score"] == part["score"].iloc[0]].set_index("model")
    best = first["value"].idxmax()
    bar = first.loc[best, "value"] - first.loc[best, "standard_error"]
    close = [m for m in models if first.loc[m, "value"] >= bar] or [best]
    return min(close, key=lambda m: (sizes.get(m, np.inf), models.index(m)))


def learning_curve(design: Design, arm: Arm, folds: Sequence[Fold], plan: Plan, workers: int) -> pd.DataFrame:
    """The first score of one model when only a part of each training set is used.

    Parameters
    ----------
    folds : those of the first repeat are used

    Returns
    -------
    size (mean number of training cases), score, value, low, high
    """
    first = [fold for fold in folds if fold.repeat == 0]
    setting = Setting(design.task, design.y, design.patients)
    name, rows = primary_score(design.task), []
    for share in SHARES:
        parts = [replace(fold, train=_part_of(design, fold, share, plan.seed)) for fold in first]
        results = run_jobs([Job(arm, part, design.y, "learning") for part in parts], plan, workers=workers)
        frames = [
            as_predictions(result).assign(repeat=0, fold=part.fold) for part, result in zip(parts, results, strict=True)
        ]
        found = score(pd.concat(frames, ignore_index=True), setting, only=(name,))[name]
        low, high = found.interval(design.patients)
        rows.append((np.mean([len(part.train) for part in parts]), name, found.estimate.value, low, high))
    return pd.DataFrame(rows, columns=list(NO_CURVE))


def _part_of(design: Design, fold: Fold, share: float, seed: int) -> np.ndarray:
    """A stratified part of the training patients' rows."""
    if share == 1:
        return fold.train
    stratum = strata(design.y[fold.train], design.task)
    cut = stratified_folds(
        stratum, design.patients[fold.train], folds=round(1 / min(share, 1 - share)), random_state=seed
    )
    kept = cut[0].test if share <= 0.5 else cut[0].train
    return fold.train[kept]


def _stability_of(arm: Arm, tuning: pd.DataFrame, design: Design) -> dict[str, float]:
    folds = tuning[(tuning["model"] == arm.name) & (tuning["cohort"] == "internal") & (tuning["repeat"] >= 0)]
    known = {c: k for k, c in enumerate(arm.columns)}
    selected = np.zeros((len(folds), len(known)), bool)
    for k, features in enumerate(folds["features"]):
        selected[k, [known[f] for f in features if f in known]] = True
    value, low, high = stability(selected)
    return {"value": value, "low": low, "high": high}


def _median_size(arm: Arm, tuning: pd.DataFrame) -> float:
    folds = tuning[(tuning["model"] == arm.name) & (tuning["cohort"] == "internal") & (tuning["repeat"] >= 0)]
    return float(np.median([len(f) for f in folds["features"]]))


def _stability_findings(stable: dict[str, dict[str, float]]) -> list[Finding]:
    return [
        Finding(
            Severity.WARNING,
            "unstable selection",
            f"{model} chose different features in different folds (stability {s['value']:.2f}, below {UNSTABLE}): "
            "do not read meaning into single features",
            evidence=s["value"],
        )
        for model, s in stable.items()
        if s["value"] < UNSTABLE
    ]
