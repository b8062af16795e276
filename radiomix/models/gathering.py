"""From the results of single folds to the tables of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from .controls import BOTH, CLINICAL, PREVALENCE, Arm, Kind
from .design import Design
from .intervals import difference, holm
from .nested import FoldResult
from .optimism import corrected
from .running import Job
from .scoring import Score, Setting, as_predictions, primary_score, score, scores_frame


@dataclass(frozen=True, eq=False)
class Gathered:
    """The tables that are no more than the folds' results put together; see `Evaluation` for their columns."""

    cases: pd.DataFrame
    predictions: pd.DataFrame
    selection: pd.DataFrame
    tuning: pd.DataFrame
    timings: pd.DataFrame
    messages: pd.DataFrame


def gather(design: Design, external: Design | None, jobs: Sequence[Job], results: Sequence[FoldResult]) -> Gathered:
    """Put the results of all jobs together."""
    cases = _cases(design, external)
    own = [(job, result) for job, result in zip(jobs, results, strict=True) if job.set != "permuted"]
    predictions = pd.concat([_predictions(job, result) for job, result in own], ignore_index=True)
    predictions.insert(7, "case", cases["case"].to_numpy()[predictions["row"].to_numpy()])
    return Gathered(
        cases=cases,
        predictions=predictions,
        selection=_selection([(j, r) for j, r in own if j.set == "internal" and j.fold.repeat >= 0]),
        tuning=_tuning(own),
        timings=_timings(jobs, results),
        messages=_messages(jobs, results),
    )


def score_all(
    predictions: pd.DataFrame, setting: Setting, external: Design | None, arms: Sequence[Arm], bootstrap: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of every arm in every cohort, and the comparisons of arms."""
    frames, by_arm = [], {}
    for arm in arms:
        mine = predictions[predictions["model"] == arm.name]
        internal = mine[mine["cohort"] == "internal"]
        labels = {"model": arm.name, "kind": arm.kind.value}
        tested = internal[(internal["in_training"] == 0) & (internal["repeat"] >= 0)]
        by_arm[arm.name] = score(tested, setting)
        if bootstrap:
            by_arm[arm.name] |= corrected(internal, by_arm[arm.name], setting)
        frames.append(scores_frame(by_arm[arm.name], setting, **labels, cohort="internal"))
        if external is not None and (mine["cohort"] == "external").any():
            locked = _shifted(mine[mine["cohort"] == "external"], len(setting.y))
            elsewhere = replace(setting, y=external.y, patients=external.patients)
            frames.append(scores_frame(score(locked, elsewhere), elsewhere, **labels, cohort="external"))
    return pd.concat(frames, ignore_index=True), compare(by_arm, arms, setting)


def compare(by_arm: dict[str, dict[str, Score]], arms: Sequence[Arm], setting: Setting) -> pd.DataFrame:
    """Models against one another and against the controls, each family with Holm's correction."""
    name = primary_score(setting.task)
    models = [a.name for a in arms if a.kind is Kind.MODEL]
    controls = [a.name for a in arms if a.kind is Kind.CONTROL and a.name not in (PREVALENCE, BOTH)]
    pairs = [("models", a, b) for a, b in combinations(models, 2)]
    pairs += [("controls", a, b) for a in models for b in controls]
    if BOTH in by_arm:
        pairs.append(("added value", BOTH, CLINICAL))
    rows = []
    for family, first, second in pairs:
        d = difference(by_arm[first][name].estimate, by_arm[second][name].estimate, groups=setting.patients)
        rows.append((family, first, second, name, d.value, d.low, d.high, d.p))
    out = pd.DataFrame(rows, columns=["family", "first", "second", "score", "difference", "low", "high", "p"])
    out["p_holm"] = np.nan
    for family in out["family"].unique():
        member = out["family"] == family
        out.loc[member, "p_holm"] = holm(out.loc[member, "p"])
    return out


def outcome_frame(design: Design) -> pd.DataFrame:
    """The outcome's columns of `Evaluation.cases`."""
    if design.task.has_times:
        return pd.DataFrame({"event": design.y["event"].astype(int), "time": design.y["time"]})
    return pd.DataFrame({"outcome": design.y})


def _cases(design: Design, external: Design | None) -> pd.DataFrame:
    parts = []
    for cohort, part in (("internal", design), ("external", external)):
        if part is None:
            continue
        frame = pd.DataFrame({"case": part.X.index.astype(str), "patient": part.patients.astype(str), "cohort": cohort})
        frame["centre"] = part.centres if part.centres is not None else None
        for column in ("Image", "Mask"):  # where they lie, so that a report can show them
            if column in part.table:
                frame[column] = part.table[column].to_numpy()
        parts.append(pd.concat([frame, outcome_frame(part)], axis=1))
    return pd.concat(parts, ignore_index=True)


def _predictions(job: Job, result: FoldResult) -> pd.DataFrame:
    times_drawn = np.bincount(job.fold.train, minlength=int(result.rows.max()) + 1)[result.rows]
    labels = {
        "model": job.arm.name,
        "kind": job.arm.kind.value,
        "cohort": job.set,
        "repeat": job.fold.repeat,
        "fold": job.fold.fold,
        "in_training": times_drawn if job.fold.repeat >= 0 else 1,
    }
    frame = as_predictions(result).assign(**labels)
    return frame[[*labels, *(c for c in frame if c not in labels)]]


def _shifted(predictions: pd.DataFrame, by: int) -> pd.DataFrame:
    return predictions.assign(row=predictions["row"] - by)


def _selection(pairs: Sequence[tuple[Job, FoldResult]]) -> pd.DataFrame:
    folds: dict[str, int] = {}
    weights: dict[tuple[str, str], list[float]] = {}
    for job, result in pairs:
        folds[job.arm.name] = folds.get(job.arm.name, 0) + 1
        for feature, weight in zip(result.tuned.features, result.tuned.weights, strict=True):
            weights.setdefault((job.arm.name, feature), []).append(weight)
    rows = [(arm, feature, len(w) / folds[arm], float(np.mean(w))) for (arm, feature), w in weights.items()]
    out = pd.DataFrame(rows, columns=["model", "feature", "frequency", "weight"])
    order = {arm: k for k, arm in enumerate(folds)}
    out["order"] = out["model"].map(order)
    out = out.sort_values(["order", "frequency", "feature"], ascending=[True, False, True])
    return out.drop(columns="order").reset_index(drop=True)


def _tuning(pairs: Sequence[tuple[Job, FoldResult]]) -> pd.DataFrame:
    rows = [
        (j.arm.name, j.set, j.fold.repeat, j.fold.fold, r.tuned.chosen, r.tuned.search, r.tuned.features)
        for j, r in pairs
    ]
    return pd.DataFrame(rows, columns=["model", "cohort", "repeat", "fold", "chosen", "search", "features"])


def _timings(jobs: Sequence[Job], results: Sequence[FoldResult]) -> pd.DataFrame:
    rows = [(j.arm.name, j.set, j.fold.repeat, j.fold.fold, r.seconds) for j, r in zip(jobs, results, strict=True)]
    return pd.DataFrame(rows, columns=["model", "cohort", "repeat", "fold", "seconds"])


def _messages(jobs: Sequence[Job], results: Sequence[FoldResult]) -> pd.DataFrame:
    rows = [(j.arm.name, message) for j, r in zip(jobs, results, strict=True) for message in r.warnings]
    out = pd.DataFrame(rows, columns=["model", "message"])
    return out.groupby(["model", "message"], sort=False).size().rename("count").reset_index()
