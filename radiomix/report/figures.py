"""The curves of an evaluation, each drawn from the predictions that the scores are made from.

Every function takes an `Evaluation` and returns a matplotlib Figure. Models are drawn in colour, controls in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import TableError, unknown
from ..models import metrics, metrics_calibration, metrics_survival
from ..models.outcome import Task
from ..models.scoring import risk_groups
from .style import COLOURS, CONTROL_COLOUR, CONTROL_DASHES, drawing

if TYPE_CHECKING:
    from ..models.evaluation import Evaluation

GRID = np.linspace(0, 1, 201)


def roc(evaluation: Evaluation, *, models: Sequence[str] | None = None, cohort: str = "internal") -> Figure:
    """Receiver operating characteristic; repeats are averaged at equal false positive rates."""
    _expect(evaluation, {Task.BINARY}, "a ROC curve")
    with drawing() as (figure, axes):
        axes.plot([0, 1], [0, 1], color="#d0d3d8", linewidth=1)
        for name, style in _styles(evaluation, models, cohort):
            curves = [
                _sensitivity_at(evaluation.y[rows["row"].to_numpy()], rows["score"].to_numpy())
                for _, rows in evaluation.of(name, cohort).groupby("repeat")
            ]
            axes.plot(
                GRID, np.mean(curves, axis=0), label=f"{name}: {_interval(evaluation, name, 'auc', cohort)}", **style
            )
        axes.set(
            xlabel="1 - specificity",
            ylabel="sensitivity",
            xlim=(0, 1),
            ylim=(0, 1.01),
            title="ROC: AUC (95 % interval)",
        )
        axes.set_aspect("equal")
        axes.legend(loc="lower right")
    return figure


def calibration(evaluation: Evaluation, *, models: Sequence[str] | None = None, cohort: str = "internal") -> Figure:
    """Flexible calibration curves with 95 % bands, and where the predictions lie."""
    _expect(evaluation, {Task.BINARY}, "a calibration curve")
    with drawing() as (figure, axes):
        axes.plot([0, 1], [0, 1], color="#d0d3d8", linewidth=1)
        for name, style in _styles(evaluation, models, cohort, controls=False):
            rows, probability = _mean_prediction(evaluation, name, cohort)
            curve = metrics_calibration.calibration_curve(evaluation.y[rows], probability)
            slope = _interval(evaluation, name, "calibration_slope", cohort)
            axes.plot(curve.predicted, curve.observed, label=f"{name}: slope {slope}", **style)
            axes.fill_between(curve.predicted, curve.low, curve.high, color=style["color"], alpha=0.12, linewidth=0)
            axes.plot(
                probability, np.full(len(probability), -0.03), "|", color=style["color"], alpha=0.35, markersize=5
            )
        axes.set(
            xlabel="predicted probability",
            ylabel="observed share",
            xlim=(0, 1),
            ylim=(-0.05, 1.02),
            title="Calibration",
        )
        axes.set_aspect("equal")
        axes.legend(loc="upper left")
    return figure


def decision(evaluation: Evaluation, *, models: Sequence[str] | None = None, cohort: str = "internal") -> Figure:
    """Decision curves (Vickers and Elkin 2006): net benefit against the threshold at which one would act."""
    _expect(evaluation, {Task.BINARY}, "a decision curve")
    thresholds = np.linspace(0.01, 0.99, 99)
    with drawing() as (figure, axes):
        top = 0.0
        for i, (name, style) in enumerate(_styles(evaluation, models, cohort)):
            rows, probability = _mean_prediction(evaluation, name, cohort)
            curve = metrics_calibration.decision_curve(evaluation.y[rows], probability, thresholds)
            if i == 0:
                axes.plot(thresholds, curve["all"], color="#b5651d", linewidth=1, label="treat all")
                axes.axhline(0, color="#d0d3d8", linewidth=1, label="treat none")
            axes.plot(thresholds, curve["model"], label=name, **style)
            top = max(top, float(np.nanmax(curve["model"])), float(curve["all"][0]))
        axes.set(xlabel="threshold probability", ylabel="net benefit", xlim=(0, 1), ylim=(-0.15 * top, 1.1 * top))
        axes.set_title("Decision curves")
        axes.legend(loc="upper right")
    return figure


def kaplan_meier(evaluation: Evaluation, *, model: str | None = None, cohort: str = "internal") -> Figure:
    """Survival of the groups cut at the threshold of the training parts, with 95 % bands and numbers at risk."""
    _expect(evaluation, {Task.SURVIVAL, Task.COMPETING}, "Kaplan-Meier curves")
    name = model or evaluation.best
    high = risk_groups(_known(evaluation, name, cohort))
    outcome = evaluation.y[high.index.to_numpy()]
    event, time = outcome["event"].astype(int) == 1, outcome["time"]
    with drawing(5.2, 4.6) as (figure, axes):
        ticks = [t for t in axes.xaxis.get_major_locator().tick_values(0, float(time.max())) if 0 <= t <= time.max()]
        for place, (label, colour, member) in enumerate(
            (("low risk", COLOURS[0], ~high.to_numpy()), ("high risk", COLOURS[1], high.to_numpy()))
        ):
            if member.any():
                curve = metrics_survival.kaplan_meier(event[member], time[member])
                _steps(axes, curve, colour, f"{label} (n = {member.sum()}, {event[member].sum()} events)")
            _at_risk(axes, ticks, time[member], colour, place)
        p = _value(evaluation, name, "logrank_p", cohort)
        axes.set(xlim=(0, float(time.max())), ylim=(0, 1.02), xticks=ticks)
        axes.set(ylabel="event-free share", title=f"{name}: log-rank p = {p:.2g}")
        axes.set_xlabel("time", labelpad=34)
        axes.annotate(
            "at risk", (0, 0), xytext=(-12, -39), textcoords="offset points", xycoords="axes fraction",
            ha="right", fontsize=8, color="#5b6472", annotation_clip=False,
        )  # fmt: skip
        axes.legend(loc="lower left")
    return figure


def forest(evaluation: Evaluation, score: str | None = None, *, cohort: str = "internal") -> Figure:
    """One score of every model and control with its interval, chance marked."""
    score = score or evaluation.settings["primary_score"]
    summary = evaluation.summary(cohort)
    if score not in summary:
        raise TableError(unknown("score", score, [c for c in summary if not c.endswith(("_low", "_high"))]))
    with drawing(6.4, 0.9 + 0.32 * len(summary)) as (figure, axes):
        for place, (_, row) in enumerate(summary.iterrows()):
            colour = CONTROL_COLOUR if row["kind"] != "model" else COLOURS[0]
            if f"{score}_low" in summary and np.isfinite(row[f"{score}_low"]):
                axes.plot([row[f"{score}_low"], row[f"{score}_high"]], [place, place], color=colour, linewidth=2.2)
            axes.plot(row[score], place, "o", color=colour, markersize=6)
        axes.axvline(0.0 if score in ("spearman", "r2") else 0.5, color="#d0d3d8", linewidth=1, zorder=0)
        axes.set_yticks(range(len(summary)), summary.index)
        axes.invert_yaxis()
        axes.set(xlabel=score.replace("_", " "), title="Models beside controls (95 % interval)")
    return figure


def selection(evaluation: Evaluation, model: str, *, most: int = 15) -> Figure:
    """How often each feature was used over the folds, the most used first."""
    used = evaluation.selection
    used = used[used["model"] == model].sort_values("frequency", ascending=False).head(most)
    with drawing(7.2, 0.8 + 0.24 * max(len(used), 1)) as (figure, axes):
        axes.barh(range(len(used)), used["frequency"], color=COLOURS[0], height=0.62)
        axes.set_yticks(range(len(used)), used["feature"])
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel="share of folds that used it", title=f"{model}: stability of the selection")
    return figure


def _expect(evaluation: Evaluation, tasks: set[Task], what: str) -> None:
    if evaluation.task not in tasks:
        asked = " or ".join(sorted(task.value for task in tasks))
        raise TableError(f"{what} needs a {asked} outcome; this evaluation is of a {evaluation.task.value} one")


def _known(evaluation: Evaluation, name: str, cohort: str) -> Any:
    rows = evaluation.of(name, cohort)
    if rows.empty:
        there = evaluation.predictions
        raise TableError(unknown("model", name, there.loc[there["cohort"] == cohort, "model"].unique()))
    return rows


def _styles(
    evaluation: Evaluation, models: Sequence[str] | None, cohort: str, *, controls: bool = True
) -> list[tuple[str, dict[str, Any]]]:
    """(name, line style) of what to draw: models in colour, controls in grey, without the constant prediction."""
    kinds = evaluation.models.set_index("model")["kind"]
    asked = list(models) if models is not None else [n for n in kinds.index if controls or kinds[n] == "model"]
    styled, in_colour, in_grey = [], 0, 0
    for name in asked:
        if models is None and (name == "prevalence" or evaluation.of(name, cohort).empty):
            continue
        _known(evaluation, name, cohort)
        if kinds[name] == "model":
            styled.append((name, {"color": COLOURS[in_colour % len(COLOURS)], "linewidth": 1.8}))
            in_colour += 1
        else:
            dashes = CONTROL_DASHES[in_grey % len(CONTROL_DASHES)]
            styled.append((name, {"color": CONTROL_COLOUR, "linewidth": 1.1, "dashes": dashes}))
            in_grey += 1
    return styled


def _sensitivity_at(y: np.ndarray, score: np.ndarray) -> np.ndarray:
    false_positive, true_positive, _ = metrics.roc_curve(y, score)
    return np.interp(GRID, false_positive, true_positive)


def _mean_prediction(evaluation: Evaluation, name: str, cohort: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `cases` and their test prediction, averaged over repeats."""
    mean = _known(evaluation, name, cohort).groupby("row")["score"].mean()
    return mean.index.to_numpy(), mean.to_numpy()


def _value(evaluation: Evaluation, model: str, score: str, cohort: str, part: str = "value") -> float:
    s = evaluation.scores
    found = s[(s["model"] == model) & (s["score"] == score) & (s["cohort"] == cohort)]
    return float(found[part].iloc[0]) if len(found) else float("nan")


def _interval(evaluation: Evaluation, model: str, score: str, cohort: str) -> str:
    value, low, high = (_value(evaluation, model, score, cohort, part) for part in ("value", "low", "high"))
    return f"{value:.2f} ({low:.2f}-{high:.2f})" if np.isfinite(low) else f"{value:.2f}"


def _steps(axes: Axes, curve: metrics_survival.KaplanMeier, colour: str, label: str) -> None:
    times = np.r_[0.0, curve.times]
    axes.step(times, np.r_[1.0, curve.values], where="post", color=colour, linewidth=1.8, label=label)
    low, high = np.r_[1.0, curve.low], np.r_[1.0, curve.high]
    axes.fill_between(times, low, high, step="post", color=colour, alpha=0.12, linewidth=0)


def _at_risk(axes: Axes, ticks: Sequence[float], time: np.ndarray, colour: str, place: int) -> None:
    for tick in ticks:
        axes.annotate(
            str(int((time >= tick).sum())), (tick, 0), xytext=(0, -34 - 11 * place), textcoords="offset points",
            xycoords=("data", "axes fraction"), ha="center", color=colour, fontsize=8, annotation_clip=False,
        )  # fmt: skip
