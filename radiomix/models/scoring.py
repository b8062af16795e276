"""From predictions, as they stand in `Evaluation.predictions`, to scores with intervals.

A score "by fold" is computed in every test set and averaged; a pooled one takes the test sets of one repeat together
and is averaged over repeats. Intervals count a patient once, however often predicted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from . import metrics, metrics_calibration, metrics_regression, metrics_survival
from .intervals import Estimate, bootstrap_by_patient, combine, corrected_t_interval
from .nested import FoldResult
from .outcome import Outcome, Task


@dataclass(frozen=True, eq=False)
class Setting:
    """What scoring needs to know beside the predictions.

    Attributes
    ----------
    y : outcomes of all cases, which `row` in the predictions counts
    patients : shape (n,)
    times : of the columns `survival_<k>`
    horizons : times at which scores are given
    censored : the censoring curve of the training cohort
    """

    task: Task
    y: Outcome
    patients: np.ndarray
    times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    horizons: tuple[float, ...] = ()
    censored: metrics_survival.Curve = field(default_factory=lambda: metrics_survival.Curve(np.zeros(0), np.zeros(0)))


@dataclass(frozen=True, eq=False)
class Part:
    """Predictions for one set of cases, as arrays."""

    rows: np.ndarray
    y: Outcome
    score: np.ndarray
    probability: np.ndarray
    survival: np.ndarray
    own: np.ndarray
    thresholds: Mapping[str, np.ndarray]

    def at(self, places: np.ndarray) -> Part:
        """The predictions at some places, which may repeat."""
        drawn = {name: value[places] for name, value in vars(self).items() if name != "thresholds"}
        return Part(**drawn, thresholds={name: cut[places] for name, cut in self.thresholds.items()})

    @property
    def positive(self) -> np.ndarray:
        return self.score >= self.thresholds["threshold"]

    @property
    def sensitive(self) -> np.ndarray:
        return self.score >= self.thresholds["threshold_sensitive"]

    @property
    def grade(self) -> np.ndarray:
        return self.probability.argmax(axis=1)


BOOTSTRAPPED = ("average_precision", "observed_over_expected")
Scorer = Callable[[Part, Setting], Estimate]


@dataclass(frozen=True, eq=False)
class Score:
    """One score of one model. `corrected_*` is the corrected resampled t interval over test sets, where it applies."""

    estimate: Estimate
    by_fold: tuple[float, ...] = ()
    corrected_low: float = np.nan
    corrected_high: float = np.nan
    limits: tuple[float, float] | None = None

    def interval(self, patients: np.ndarray) -> tuple[float, float]:
        """`limits` where another method made them, else by the influence of each patient."""
        return self.limits if self.limits is not None else self.estimate.interval(groups=patients)


def score(predictions: pd.DataFrame, setting: Setting, *, only: Sequence[str] | None = None) -> dict[str, Score]:
    """The scores, or `only` some, of one model's predictions (one cohort, test rows only)."""
    n = len(setting.y)
    folds = [_part(rows, setting) for _, rows in predictions.groupby(["repeat", "fold"], sort=True)]
    repeats = [_part(rows, setting) for _, rows in predictions.groupby("repeat", sort=True)]
    out: dict[str, Score] = {}
    for name, scorer in _chosen(_by_fold(setting.task), only):
        estimates = [scorer(part, setting) for part in folds]
        _, low, high = corrected_t_interval(
            [e.value for e in estimates], float(np.mean([len(p.rows) for p in folds])) / n
        )
        pooled = combine([(e, p.rows) for e, p in zip(estimates, folds, strict=True)], n)
        out[name] = Score(pooled, tuple(e.value for e in estimates), low, high)
    for name, scorer in _chosen(_pooled(setting), only):
        parts = [(scorer(part, setting), part.rows) for part in repeats]
        limits = _bootstrapped(scorer, repeats, setting) if name.startswith(BOOTSTRAPPED) else None
        out[name] = Score(combine(parts, n), limits=limits)
    if setting.task.has_times and only is None:
        out.update(_groups(predictions, setting))
    return out


def _bootstrapped(scorer: Scorer, repeats: Sequence[Part], setting: Setting) -> tuple[float, float]:
    """The interval of a pooled score averaged over repeats, by drawing patients."""
    cases = np.unique(np.concatenate([part.rows for part in repeats]))
    places = np.full((len(repeats), len(setting.y)), -1)
    for place, part in zip(places, repeats, strict=True):
        place[part.rows] = np.arange(len(part.rows))

    def statistic(drawn: np.ndarray) -> float:
        found = [(part, place[cases[drawn]]) for part, place in zip(repeats, places, strict=True)]
        return float(np.mean([scorer(part.at(at[at >= 0]), setting).value for part, at in found]))

    return bootstrap_by_patient(statistic, setting.patients[cases])


def _chosen(scorers: dict[str, Scorer], only: Sequence[str] | None) -> list[tuple[str, Scorer]]:
    return [(name, scorer) for name, scorer in scorers.items() if only is None or name in only]


def scores_frame(scores: Mapping[str, Score], setting: Setting, **labels: Any) -> pd.DataFrame:
    """A row per score: value, interval and how it came about."""
    rows = []
    for name, one in scores.items():
        low, high = one.interval(setting.patients)
        rows.append(
            {
                **labels,
                "score": name,
                "value": one.estimate.value,
                "low": low,
                "high": high,
                "standard_error": one.estimate.standard_error(setting.patients),
                "corrected_low": one.corrected_low,
                "corrected_high": one.corrected_high,
                "by_fold": list(one.by_fold),
            }
        )
    return pd.DataFrame(rows)


def primary_score(task: Task) -> str:
    """The score by which models are compared."""
    return next(iter(_by_fold(task)))


def as_predictions(result: FoldResult) -> pd.DataFrame:
    """What one fold predicted, as a frame that `score` takes."""
    p = result.prediction
    columns: dict[str, Any] = {"repeat": 0, "fold": 0, "row": result.rows, "score": p.score, **result.tuned.thresholds}
    if p.probability.size:
        columns |= {f"probability_{k}": column for k, column in enumerate(p.probability.T)}
    if p.survival.size:
        columns |= {f"survival_{k}": column for k, column in enumerate(p.survival.T)}
    if p.survival_at_own_time.size:
        columns["own_survival"] = p.survival_at_own_time
    return pd.DataFrame(columns)


def _by_fold(task: Task) -> dict[str, Scorer]:
    match task:
        case Task.BINARY:
            return {"auc": lambda p, s: metrics.auc(p.y, p.score)}
        case Task.MULTICLASS:
            return {"auc": lambda p, s: metrics.multiclass_auc(p.y, p.probability)}
        case Task.ORDINAL | Task.CONTINUOUS:
            return {"spearman": lambda p, s: metrics_regression.spearman(p.y, p.score)}
        case Task.SURVIVAL:
            return {"c_index": lambda p, s: metrics_survival.harrell_c(p.y["event"], p.y["time"], p.score)}
        case Task.COMPETING:
            return {"c_index": lambda p, s: metrics_survival.competing_c(p.y["event"], p.y["time"], p.score)}


def _pooled(setting: Setting) -> dict[str, Scorer]:
    match setting.task:
        case Task.BINARY:
            return _BINARY
        case Task.MULTICLASS:
            return _CLASSES
        case Task.ORDINAL:
            return _CLASSES | {"kappa_quadratic": lambda p, s: metrics.quadratic_kappa(p.y, p.grade)}
        case Task.CONTINUOUS:
            return _NUMBERS
        case Task.SURVIVAL:
            return _survival_scores(setting)
        case Task.COMPETING:
            return _competing_scores(setting)


_BINARY: dict[str, Scorer] = {
    "auc_pooled": lambda p, s: metrics.auc(p.y, p.score),
    "average_precision": lambda p, s: metrics.average_precision(p.y, p.score),
    "balanced_accuracy": lambda p, s: metrics.balanced_accuracy(p.y, p.positive.astype(int)),
    "sensitivity": lambda p, s: metrics.sensitivity(p.y, p.positive),
    "specificity": lambda p, s: metrics.specificity(p.y, p.positive),
    "ppv": lambda p, s: metrics.positive_predictive_value(p.y, p.positive),
    "npv": lambda p, s: metrics.negative_predictive_value(p.y, p.positive),
    "sensitivity_at_90": lambda p, s: metrics.sensitivity(p.y, p.sensitive),
    "specificity_at_90": lambda p, s: metrics.specificity(p.y, p.sensitive),
    "brier": lambda p, s: metrics_calibration.brier(p.y, p.score),
    "brier_reliability": lambda p, s: _bare(metrics_calibration.brier_parts(p.y, p.score).reliability, p),
    "brier_resolution": lambda p, s: _bare(metrics_calibration.brier_parts(p.y, p.score).resolution, p),
    "log_loss": lambda p, s: metrics_calibration.log_loss(p.y, p.score),
    "calibration_intercept": lambda p, s: metrics_calibration.calibration_intercept(p.y, p.score),
    "calibration_slope": lambda p, s: metrics_calibration.calibration_slope(p.y, p.score),
    "eci": lambda p, s: _bare(metrics_calibration.calibration_errors(p.y, p.score)[0], p),
    "ici": lambda p, s: _bare(metrics_calibration.calibration_errors(p.y, p.score)[1], p),
    "net_benefit": lambda p, s: metrics_calibration.net_benefit(p.y, p.score, float(np.mean(s.y))),
}

_CLASSES: dict[str, Scorer] = {
    "auc_pooled": lambda p, s: metrics.multiclass_auc(p.y, p.probability),
    "accuracy": lambda p, s: metrics.accuracy(p.y, p.grade),
    "balanced_accuracy": lambda p, s: metrics.balanced_accuracy(p.y, p.grade),
    "brier": lambda p, s: metrics_calibration.brier(p.y, p.probability),
    "log_loss": lambda p, s: metrics_calibration.log_loss(p.y, p.probability),
}

_NUMBERS: dict[str, Scorer] = {
    "r2": lambda p, s: metrics_regression.r_squared(p.y, p.score),
    "mae": lambda p, s: metrics_regression.mean_absolute_error(p.y, p.score),
}


def _survival_scores(setting: Setting) -> dict[str, Scorer]:
    last = float(setting.times[-1]) if len(setting.times) else None
    out: dict[str, Scorer] = {
        "c_index_pooled": lambda p, s: metrics_survival.harrell_c(p.y["event"], p.y["time"], p.score),
        "c_uno": lambda p, s: metrics_survival.uno_c(p.y["event"], p.y["time"], p.score, s.censored, last),
    }
    for horizon in setting.horizons:
        at = int(np.searchsorted(setting.times, horizon))
        out |= _at_horizon(horizon, at)
    out["brier_integrated"] = lambda p, s: metrics_survival.integrated_brier(
        p.y["event"], p.y["time"], p.survival, s.times, s.censored
    )
    out["d_calibration_p"] = lambda p, s: _bare(metrics_survival.d_calibration(p.y["event"], p.own)[1], p)
    return out


def _at_horizon(horizon: float, at: int) -> dict[str, Scorer]:
    def calibration(p: Part) -> metrics_survival.HorizonCalibration:
        return metrics_survival.calibration_at(p.y["event"], p.y["time"], p.survival[:, at], horizon)

    return {
        f"auc_at_{horizon:g}": lambda p, s: metrics_survival.auc_at(
            p.y["event"], p.y["time"], p.score, horizon, s.censored
        ),
        f"brier_at_{horizon:g}": lambda p, s: metrics_survival.brier_at(
            p.y["event"], p.y["time"], p.survival[:, at], horizon, s.censored
        ),
        f"observed_over_expected_at_{horizon:g}": lambda p, s: _bare(
            metrics_survival.observed_over_expected(p.y["event"], p.y["time"], p.survival[:, at], horizon), p
        ),
        f"calibration_slope_at_{horizon:g}": lambda p, s: _bare(calibration(p).slope, p),
    }


def _competing_scores(setting: Setting) -> dict[str, Scorer]:
    out: dict[str, Scorer] = {
        "c_index_pooled": lambda p, s: metrics_survival.competing_c(p.y["event"], p.y["time"], p.score)
    }
    for horizon in setting.horizons:
        out[f"brier_at_{horizon:g}"] = _competing_brier(horizon, int(np.searchsorted(setting.times, horizon)))
    return out


def _competing_brier(horizon: float, at: int) -> Scorer:
    return lambda p, s: metrics_survival.competing_brier_at(
        p.y["event"], p.y["time"], 1 - p.survival[:, at], horizon, s.censored
    )


def risk_groups(predictions: pd.DataFrame) -> pd.Series:
    """Row -> True where a case is called high risk in most repeats, by thresholds from training data."""
    high = (predictions["score"] >= predictions["threshold"]).groupby(predictions["row"]).mean()
    return high >= 0.5


def _groups(predictions: pd.DataFrame, setting: Setting) -> dict[str, Score]:
    """High against low risk: log-rank test and hazard ratio, on the cause of interest."""
    high = risk_groups(predictions)
    rows, is_high = high.index.to_numpy(), high.to_numpy()
    event, time = setting.y["event"][rows].astype(int) == 1, setting.y["time"][rows]
    _, p = metrics_survival.logrank(event, time, is_high)
    slope = metrics_survival.cox_slope(event, time, is_high.astype(float))
    nothing = np.zeros(len(setting.y))
    influence = nothing.copy()
    influence[rows] = slope.influence
    return {
        "logrank_p": Score(Estimate(p, nothing, bounded=False)),
        "log_hazard_ratio": Score(Estimate(slope.value, influence, bounded=False)),
    }


def _part(frame: pd.DataFrame, setting: Setting) -> Part:
    rows = frame["row"].to_numpy()
    columns = {kind: [c for c in frame.columns if c.startswith(kind)] for kind in ("probability_", "survival_")}
    thresholds = {c: frame[c].to_numpy() for c in frame.columns if c.startswith("threshold")}
    own = frame["own_survival"].to_numpy() if "own_survival" in frame else np.full(len(rows), np.nan)
    return Part(
        rows,
        setting.y[rows],
        frame["score"].to_numpy(),
        frame[columns["probability_"]].to_numpy(),
        frame[columns["survival_"]].to_numpy(),
        own,
        thresholds,
    )


def _bare(value: float, part: Part) -> Estimate:
    """A number without an interval."""
    return Estimate(float(value), np.zeros(len(part.rows)), bounded=False)
