"""What an evaluation found, as plain tables: enough to recompute every number and figure of its report."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import write_text
from .leaks import Finding, Severity
from .outcome import Outcome, Task, survival_outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TABLES = (
    "cases", "models", "predictions", "scores", "comparisons", "permutations", "selection", "tuning", "folds",
    "timings", "messages", "learning_curve",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of `Study.evaluate`.

    Attributes
    ----------
    task : the kind of outcome
    outcome : its name(s) in the table
    settings : how it was evaluated
    cohort : counts, the flow of patients, columns used, classes
    findings : what the leak detector saw, gravest first
    statements : plain sentences that say what the comparisons mean
    cases : a row per case: case, patient, cohort, centre, and outcome (or event and time); `row` elsewhere counts here
    models : a row per model and control: model, kind, title, n_columns, learner
    predictions : model, kind, cohort, repeat, fold, in_training, row, case, score, thresholds, probability_<k> or
        survival_<k> (at `settings["times"]`) and own_survival
    scores : model, kind, cohort, score, value, low, high, standard_error, corrected_low, corrected_high, by_fold
    comparisons : first, second, score, difference, low, high, p, p_holm, family
    permutations : permutation, score, value
    selection : model, feature, frequency, weight (mean over the folds that used it)
    tuning : model, cohort, repeat, fold, chosen, search
    folds : repeat, fold, name, side, row
    timings : model, repeat, fold, seconds
    messages : model, message, count: warnings raised while fitting
    learning_curve : size, score, low, high; empty unless asked for
    sample_size : events per variable, expected optimism, minimum detectable effect, stability of the selection
    """

    task: Task
    outcome: tuple[str, ...]
    settings: dict[str, Any]
    cohort: dict[str, Any]
    findings: tuple[Finding, ...]
    statements: tuple[str, ...]
    cases: pd.DataFrame
    models: pd.DataFrame
    predictions: pd.DataFrame
    scores: pd.DataFrame
    comparisons: pd.DataFrame
    permutations: pd.DataFrame
    selection: pd.DataFrame
    tuning: pd.DataFrame
    folds: pd.DataFrame
    timings: pd.DataFrame
    messages: pd.DataFrame
    learning_curve: pd.DataFrame
    sample_size: dict[str, Any]

    def summary(self, cohort: str = "internal") -> pd.DataFrame:
        """A row per model and control, a column per score with its `_low` and `_high`.

        Parameters
        ----------
        cohort : "internal" for the resampled cohort, "external" for the locked one
        """
        part = self.scores[self.scores["cohort"] == cohort]
        if part.empty:
            raise TableError(f"no scores for the cohort {cohort!r}; there are {sorted(self.scores['cohort'].unique())}")
        wide = {}
        for name in part["score"].unique():
            of_score = part[part["score"] == name].set_index("model")
            for suffix in ("value", "low", "high"):
                if suffix == "value" or of_score[suffix].notna().any():
                    wide[name if suffix == "value" else f"{name}_{suffix}"] = of_score[suffix]
        order = [m for m in self.models["model"] if m in set(part["model"])]
        out = pd.DataFrame(wide).reindex(order)
        out.insert(0, "kind", self.models.set_index("model")["kind"].reindex(order))
        return out.rename_axis("model")

    @property
    def y(self) -> Outcome:
        """The outcomes of `cases`, as the scores take them."""
        if self.task.has_times:
            event = self.cases["event"].to_numpy(int)
            return survival_outcome(
                event if self.task is Task.COMPETING else event == 1, self.cases["time"].to_numpy(float)
            )
        return self.cases["outcome"].to_numpy(float if self.task is Task.CONTINUOUS else int)

    @property
    def best(self) -> str:
        """The model (not a control) with the highest first score."""
        first = self.scores[(self.scores["kind"] == "model") & (self.scores["cohort"] == "internal")]
        primary = first[first["score"] == self.settings["primary_score"]]
        return str(primary.loc[primary["value"].idxmax(), "model"])

    def of(self, model: str, cohort: str = "internal") -> pd.DataFrame:
        """The test predictions of one model: what the scores are made from."""
        p = self.predictions
        return p[(p["model"] == model) & (p["cohort"] == cohort) & (p["in_training"] == 0)]

    def plot_roc(self, **options: Any) -> Figure:
        """ROC curves of the models, with their intervals."""
        from ..report import figures

        return figures.roc(self, **options)

    def plot_calibration(self, **options: Any) -> Figure:
        """Flexible calibration curves."""
        from ..report import figures

        return figures.calibration(self, **options)

    def plot_kaplan_meier(self, **options: Any) -> Figure:
        """Survival of the groups cut at the training threshold, with the numbers at risk."""
        from ..report import figures

        return figures.kaplan_meier(self, **options)

    def plot_decision(self, **options: Any) -> Figure:
        """Decision curves: net benefit against the threshold."""
        from ..report import figures

        return figures.decision(self, **options)

    def report(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the report as one self-contained HTML page."""
        from ..report import write_report

        return write_report(self, path, **options)

    def to_json(self, path: str | os.PathLike[str]) -> Path:
        """Write everything as JSON, from which `Evaluation.from_json` makes the same evaluation."""
        content: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in _TABLES:
                value = {"columns": list(value.columns), "data": value.astype(object).to_numpy().tolist()}
            elif isinstance(value, Task):
                value = value.value
            elif f.name == "findings":
                value = [finding.as_dict() for finding in value]
            content[f.name] = value
        return write_text(path, json.dumps(_without_nan(content), default=_plain, allow_nan=False))

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> Evaluation:
        """Read what `to_json` wrote."""
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in _TABLES:
            content[name] = pd.DataFrame(content[name]["data"], columns=content[name]["columns"])
        content["task"] = Task(content["task"])
        content["outcome"] = tuple(content["outcome"])
        content["statements"] = tuple(content["statements"])
        content["findings"] = tuple(
            Finding(**{**f, "severity": Severity(f["severity"]), "columns": tuple(f["columns"])})
            for f in content["findings"]
        )
        return cls(**content)


def _without_nan(value: Any) -> Any:
    """JSON has no NaN and no infinity: null stands for them."""
    match value:
        case dict():
            return {str(key): _without_nan(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_nan(item) for item in value]
        case float() | np.floating():
            return float(value) if np.isfinite(value) else None
        case _:
            return value


def _plain(value: Any) -> Any:
    match value:
        case np.generic():
            return value.item()
        case np.ndarray() | set() | frozenset():
            return list(value)
        case _:
            return str(value)
