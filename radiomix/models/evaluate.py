"""The evaluation of a design: leaks first, then every model and control in every fold, then what it means."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, ModelError, TableError, unknown
from . import catalogue, leaks, meaning, sample_size, validate
from .catalogue import ModelSpec
from .controls import BOTH, PERMUTED, SHUFFLED, Arm, Kind, control_arms, model_arm, permuted
from .design import Design
from .evaluation import Evaluation
from .gathering import gather, score_all
from .harmonising import check_method, harmonised
from .intervals import permutation_p
from .metrics_survival import censoring
from .nested import Choice
from .outcome import Task
from .running import Job, Plan, run_jobs
from .scoring import Setting, as_predictions, primary_score, score
from .search import Search
from .validate import Fold

SPLITS = ("patient", "centre", "time", "bootstrap")


@dataclass(frozen=True)
class Settings:
    """How to evaluate.

    Attributes
    ----------
    folds, repeats : of cross-validation; `repeats` counts bootstrap samples with split="bootstrap"
    split : "patient" (stratified), "centre" (leave one out), "time" (train on the past), "bootstrap", or folds made
        elsewhere: column names, (train, test) rows, a frame or a file, see `validate.given_folds`
    seed : of everything random
    controls : whether controls stand beside the models
    permutations : of the outcome, for the p-value; 0 leaves them out
    candidates, inner_folds : of tuning
    choice : of the candidate, "best" or "simplest" (the one-standard-error rule); see `nested.Choice`
    search : for candidates, "random" or "bayes" (needs Optuna); see `search.Search`
    horizons : times at which survival is scored; None takes the median event time
    use : the columns of the models: "radiomics", or "both" with the clinical variables
    on_leak : "exclude" leaves out the columns that are the outcome, "refuse" stops, "keep" goes on
    learning_curve : whether to refit the first model on parts of the training data
    harmonise : "combat" takes what centres add out of the features, learnt on training cases; None leaves them
    """

    folds: int = 5
    repeats: int | None = None
    split: object = "patient"
    seed: int = 0
    controls: bool = True
    permutations: int = 20
    candidates: int = 8
    inner_folds: int = 5
    choice: str = Choice.BEST
    search: str = Search.RANDOM
    horizons: tuple[float, ...] | None = None
    use: str = "radiomics"
    on_leak: str = "exclude"
    learning_curve: bool = False
    harmonise: str | None = None

    @classmethod
    def with_options(cls, **options: Any) -> Settings:
        """Settings from keyword arguments; an unknown one is an error that has the nearest spelling."""
        accepted = [f.name for f in fields(cls)]
        for name in options:
            if name not in accepted:
                raise ConfigError(unknown("option of evaluate", name, accepted))
        return cls(**options)

    def __post_init__(self) -> None:
        if isinstance(self.split, str) and self.split not in SPLITS and not self.split.endswith(validate.FILES):
            raise ConfigError(unknown("split", self.split, SPLITS))
        if self.use not in ("radiomics", "both"):
            raise ConfigError(unknown("use", self.use, ("radiomics", "both")))
        if self.on_leak not in ("exclude", "refuse", "keep"):
            raise ConfigError(unknown("on_leak", self.on_leak, ("exclude", "refuse", "keep")))
        check_method(self.harmonise)

    @property
    def tuning(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("candidates", "inner_folds", "choice", "search")}

    @property
    def kind(self) -> str:
        """The split's name; folds made elsewhere have none of their own."""
        return self.split if isinstance(self.split, str) and self.split in SPLITS else "given folds"

    @property
    def repeats_or_default(self) -> int:
        default = 50 if self.kind == "bootstrap" else 3
        return default if self.repeats is None else self.repeats


def evaluate(
    design: Design,
    models: str | ModelSpec | Sequence[str | ModelSpec],
    settings: Settings,
    *,
    external: Design | None = None,
    workers: int = 1,
    resume: str | os.PathLike[str] | None = None,
) -> Evaluation:
    """Evaluate models on a design; see `Study.evaluate`."""
    start = time.perf_counter()
    specs = choose_models(models, design.task)
    findings = leaks.find_leaks(design)
    design, external = _deal_with_leaks(design, external, findings, settings)
    folds = validate.check_training(make_folds(design, settings), design.y, design.task)
    findings = leaks.sorted_findings([*findings, *leaks.find_in_folds(design, folds)])
    arms = make_arms(design, specs, settings)
    plan, horizons = _plan(design, external, settings)
    jobs = _jobs(design, external, arms, folds, settings)
    results = run_jobs(jobs, plan, workers=workers, resume=resume)
    gathered = gather(design, external, jobs, results)
    setting = _setting(design, plan, horizons)
    scored, comparisons = score_all(gathered.predictions, setting, external, arms, settings.kind == "bootstrap")
    permutations = _permutations(jobs, results, setting)
    scored = _with_permuted(scored, permutations, setting)
    size = sample_size.sample_size(design, gathered, scored, arms)
    curve = sample_size.learning_curve(design, arms[0], folds, plan, workers) if settings.learning_curve else None
    evaluation = Evaluation(
        task=design.task,
        outcome=tuple(design.columns.outcomes),
        settings=_describe(settings, plan, horizons, design, time.perf_counter() - start),
        cohort=describe_cohort(design, external),
        findings=tuple(leaks.sorted_findings([*findings, *size.findings])),
        statements=(),
        models=_models_frame(arms, settings),
        scores=scored,
        comparisons=comparisons,
        permutations=permutations,
        folds=validate.folds_frame(folds),
        learning_curve=sample_size.NO_CURVE if curve is None else curve,
        sample_size=size.numbers,
        **vars(gathered),
    )
    return replace(evaluation, statements=tuple(meaning.statements(evaluation)))


def choose_models(models: str | ModelSpec | Sequence[str | ModelSpec], task: Task) -> list[ModelSpec]:
    """The models by name, or as given, each of which must serve the task."""
    named = [models] if isinstance(models, str | ModelSpec) else list(models)
    if not named:
        raise ModelError("no model was asked for; radiomix.list_models() lists them")
    specs = [catalogue.get(m) if isinstance(m, str) else m for m in named]
    for spec in specs:
        if task not in spec.tasks:
            able = sorted(s.name for s in catalogue.MODELS.values() if task in s.tasks)
            raise ModelError(f"{spec.name} does not serve a {task.value} outcome; these do: {', '.join(able)}")
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise ModelError(f"each model can be asked for once; found {names}")
    return specs


def make_folds(design: Design, settings: Settings) -> list[Fold]:
    """The outer folds that the settings ask for."""
    repeats = settings.repeats_or_default
    if settings.kind == "patient":
        validate.check_enough(design.y, design.task, design.patients, settings.folds, design.classes)
    stratum = validate.strata(design.y, design.task)
    match settings.kind:
        case "patient":
            return validate.stratified_folds(
                stratum, design.patients, folds=settings.folds, repeats=repeats, random_state=settings.seed
            )
        case "centre":
            if design.centres is None:
                raise TableError('split="centre" needs a study with centre=...')
            return validate.centre_folds(design.centres, design.patients)
        case "time":
            if design.dates is None:
                raise TableError('split="time" needs a study with date=...')
            return validate.time_folds(design.dates, design.patients, folds=settings.folds)
        case "bootstrap":
            return validate.bootstrap_folds(stratum, design.patients, repeats=repeats, random_state=settings.seed)
        case _:
            return validate.given_folds(settings.split, design.table, design.patients)


def make_arms(design: Design, specs: Sequence[ModelSpec], settings: Settings) -> list[Arm]:
    """Models first, controls after."""
    both = dict.fromkeys((*design.clinical, *design.features))
    columns = design.features if settings.use == "radiomics" else tuple(both)
    arms = [model_arm(spec, design.task, columns, design.clinical, **settings.tuning) for spec in specs]
    if settings.controls:
        arms += control_arms(
            specs[0],
            design.task,
            features=design.features,
            volume=_varying(design, design.volume),
            clinical=_varying(design, design.clinical),
            centre=design.columns.centre
            if not (isinstance(settings.split, str) and settings.split == "centre")
            else None,
            shuffled=_varying(design, design.shuffled),
            **settings.tuning,
        )
    if settings.harmonise is not None:
        arms = [harmonised(a, design) if a.kind is Kind.MODEL or a.name in (BOTH, SHUFFLED) else a for a in arms]
    return arms


def _varying(design: Design, columns: tuple[str, ...]) -> tuple[str, ...]:
    return columns if any(design.X[c].nunique() > 1 for c in columns) else ()


def _plan(design: Design, external: Design | None, settings: Settings) -> tuple[Plan, tuple[float, ...]]:
    """What the jobs share; external cases stand below the study's own."""
    times, horizons = _times(design, settings)
    everybody = settings.kind == "bootstrap"
    X, patients = design.X, design.patients
    if external is not None:
        X = pd.concat([X, external.X], ignore_index=True)
        patients = np.r_[patients, np.array([f"external {p}" for p in external.patients], dtype=object)]
    return Plan(X, patients, design.task, times, settings.seed, everybody, len(design.X)), horizons


def _times(design: Design, settings: Settings) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The times at which survival is predicted, and those of them at which it is scored."""
    if not design.task.has_times:
        return (), ()
    of_events = design.y["time"][design.y["event"].astype(int) == 1]
    horizons = settings.horizons or (float(np.median(of_events)),)
    last = float(np.max(design.y["time"]))
    if max(horizons) >= last or min(horizons) <= 0:
        raise ConfigError(f"horizons must lie between 0 and the longest follow-up, {last:g}; found {horizons}")
    grid = np.quantile(of_events, np.linspace(0.1, 0.8, 10))
    return tuple(np.unique(np.r_[grid, horizons]).tolist()), tuple(sorted(map(float, horizons)))


def _jobs(
    design: Design, external: Design | None, arms: Sequence[Arm], folds: Sequence[Fold], settings: Settings
) -> list[Job]:
    y = design.y if external is None else np.concatenate([design.y, external.y.astype(design.y.dtype)])
    jobs = [Job(arm, fold, y) for arm in arms for fold in folds]
    if settings.controls and settings.permutations and arms[0].kind is Kind.MODEL:
        jobs += _permuted_jobs(design, arms[0], folds, settings, y)
    if external is not None:
        n = len(design.y)
        locked = Fold(0, 0, np.arange(n), np.arange(n, len(y)), "external")
        jobs += [Job(arm, locked, y, "external") for arm in arms if arm.name != SHUFFLED]
    return jobs


def _permuted_jobs(design: Design, arm: Arm, folds: Sequence[Fold], settings: Settings, y: np.ndarray) -> list[Job]:
    """The first model on outcomes dealt anew, in as many fresh folds as one repeat has."""
    out = []
    once = replace(arm, name=PERMUTED, kind=Kind.CONTROL)
    for p in range(settings.permutations):
        shuffled = permuted(design.y, design.patients, settings.seed * 1000 + p)
        everyone = np.concatenate([shuffled, y[len(shuffled) :]])
        if settings.kind == "patient":
            stratum = validate.strata(shuffled, design.task)
            fresh = validate.stratified_folds(
                stratum, design.patients, folds=settings.folds, random_state=settings.seed + 1000 + p
            )
        else:
            first = max(min(f.repeat for f in folds), 0)
            fresh = [f for f in folds if f.repeat == first]
        out += [Job(once, replace(f, repeat=p), everyone, "permuted") for f in fresh]
    return out


def _permutations(jobs: Sequence[Job], results: Sequence[Any], setting: Setting) -> pd.DataFrame:
    name = primary_score(setting.task)
    rows: dict[int, list[float]] = {}
    for job, result in zip(jobs, results, strict=True):
        if job.set != "permuted":
            continue
        found = score(as_predictions(result), replace(setting, y=job.y[: len(setting.y)]), only=(name,))
        rows.setdefault(job.fold.repeat, []).append(found[name].estimate.value)
    values = [float(np.nanmean(v)) if np.isfinite(v).any() else np.nan for v in rows.values()]
    return pd.DataFrame({"permutation": list(rows), "score": name, "value": values})


def _with_permuted(scores: pd.DataFrame, permutations: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """The permuted outcome as a row of scores: mean, 2.5th and 97.5th percentile; p beside the first model."""
    values = permutations["value"].dropna()
    if values.empty:
        return scores
    name = primary_score(setting.task)
    low, high = np.quantile(values, [0.025, 0.975])
    row = {
        "model": PERMUTED, "kind": "control", "cohort": "internal", "score": name, "value": values.mean(),
        "low": low, "high": high, "standard_error": values.std(), "by_fold": values.tolist(),
    }  # fmt: skip
    first = scores[(scores["score"] == name) & (scores["cohort"] == "internal")].iloc[0]
    p = {
        "model": first["model"], "kind": "model", "cohort": "internal", "score": "permutation_p",
        "value": permutation_p(first["value"], values), "by_fold": [],
    }  # fmt: skip
    return pd.concat([scores, pd.DataFrame([row, p])], ignore_index=True)


def _setting(design: Design, plan: Plan, horizons: tuple[float, ...]) -> Setting:
    """What scoring needs to know; censoring is that of the whole cohort, which no outcome of a model enters."""
    setting = Setting(design.task, design.y, design.patients, np.array(plan.times), horizons)
    if not design.task.has_times:
        return setting
    return replace(setting, censored=censoring(design.y["event"].astype(int) > 0, design.y["time"]))


def _deal_with_leaks(
    design: Design, external: Design | None, findings: Sequence[leaks.Finding], settings: Settings
) -> tuple[Design, Design | None]:
    giving_away = [f for f in findings if f.severity is leaks.Severity.LEAK and f.columns]
    columns = list(dict.fromkeys(c for f in giving_away for c in f.columns))
    if not columns or settings.on_leak == "keep":
        return design, external
    if settings.on_leak == "refuse":
        raise TableError(f"the table gives the outcome away: {giving_away[0].message}")
    return design.without(columns), None if external is None else external.without(columns)


def _models_frame(arms: Sequence[Arm], settings: Settings) -> pd.DataFrame:
    rows = [(a.name, a.kind.value, a.title, len(a.columns), a.model) for a in arms]
    if settings.controls and settings.permutations:
        title = f"{arms[0].title} on {settings.permutations} permuted outcomes"
        rows.append((PERMUTED, "control", title, len(arms[0].columns), arms[0].model))
    return pd.DataFrame(rows, columns=["model", "kind", "title", "n_columns", "learner"])


def _describe(
    settings: Settings, plan: Plan, horizons: tuple[float, ...], design: Design, seconds: float
) -> dict[str, Any]:
    from .. import __version__

    return {
        **vars(settings),
        "split": settings.kind,
        "repeats": settings.repeats_or_default,
        "horizons": list(horizons),
        "shuffled": bool(design.shuffled),
        "times": list(plan.times),
        "primary_score": primary_score(design.task),
        "radiomix": __version__,
        "seconds": round(seconds, 1),
    }


def describe_cohort(design: Design, external: Design | None) -> dict[str, Any]:
    """Counts and columns, as the report's first table shows them."""
    out: dict[str, Any] = {
        "cases": len(design.y),
        "patients": len(set(design.patients)),
        "flow": [list(step) for step in design.flow],
        "features": len(design.features),
        "clinical": list(design.clinical),
        "volume": list(design.volume),
        "classes": [str(c) for c in design.classes],
        "outcome_counts": outcome_counts(design),
        "missing_share": float(design.X.isna().to_numpy().mean()),
    }
    if design.centres is not None:
        out["centres"] = {str(k): int(v) for k, v in pd.Series(design.centres).value_counts().items()}
    if design.task.has_times:
        out["follow_up_median"] = float(np.median(design.y["time"]))
    if external is not None:
        out["external"] = {
            "cases": len(external.y),
            "patients": len(set(external.patients)),
            "outcome_counts": outcome_counts(external),
        }
    return out


def outcome_counts(design: Design) -> dict[str, float]:
    """Cases per class or event code; mean and standard deviation of a number."""
    match design.task:
        case Task.CONTINUOUS:
            return {"mean": float(design.y.mean()), "sd": float(design.y.std())}
        case Task.SURVIVAL | Task.COMPETING:
            codes, counts = np.unique(design.y["event"].astype(int), return_counts=True)
            return {("censored" if c == 0 else f"event {c}"): int(k) for c, k in zip(codes, counts, strict=True)}
        case _:
            counts = np.bincount(design.y, minlength=len(design.classes))
            return {str(label): int(k) for label, k in zip(design.classes, counts, strict=True)}
