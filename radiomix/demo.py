"""From a synthetic cohort of images to reports: the whole path in one call, with a truth to compare it with."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pandas as pd

from .cohort import extract_cases
from .datasets import make_cohort
from .errors import InputError
from .study import Evaluation, Study


def run(
    out: Path, *, cases: int = 80, seed: int = 0, workers: int | None = None, overwrite: bool = False
) -> list[Path]:
    """Make a cohort, extract, evaluate a classifier and a survival model beside their controls, write the reports.

    Parameters
    ----------
    out : a folder; gets `cohort/`, `features.csv`, `malignant.html` and `progression.html`
    cases : lesions in the cohort
    overwrite : whether an earlier demonstration in `out` may be replaced

    Returns
    -------
    The two reports.

    Raises
    ------
    InputError
        `out` holds something already.
    """
    start = time.perf_counter()
    _clear(out, overwrite)
    _tell(
        f"1. A synthetic cohort of {cases} lesions whose outcomes depend on texture and spiculation: {out / 'cohort'}"
    )
    make_cohort(out / "cohort", n=cases, seed=seed)
    _tell("2. Features of every lesion (the first one ever compiles the kernels, which takes a while)")
    table = extract_cases(out / "cohort" / "cohort.csv", out=out / "features.csv", workers=workers, progress=True)
    _tell("3. Benign or malignant: nested cross-validation, with controls")
    malignant = _evaluate(table, {"outcome": "malignant"}, ["elastic-net", "forest"], seed, workers)
    _show(malignant, "auc")
    _tell("4. Time to progression, likewise")
    progression = _evaluate(table, {"time": "months", "event": "progressed"}, ["cox"], seed, workers)
    _show(progression, "c_index")
    _say_truth(out / "cohort" / "truth.json")
    reports = [out / "malignant.html", out / "progression.html"]
    for evaluation, report in zip((malignant, progression), reports, strict=True):
        evaluation.report(report)
    _tell(
        f"Reports, after {time.perf_counter() - start:.0f} s:\n" + "\n".join(f"   {path.resolve()}" for path in reports)
    )
    return reports


def _clear(out: Path, overwrite: bool) -> None:
    """Remove an earlier demonstration, and nothing else."""
    pages = [f"{name}.{kind}" for name in ("malignant", "progression") for kind in ("html", "json")]
    ours = ("cohort/truth.json", "features.csv", "features_config.json", *pages)
    if not any(out.glob("*")):
        return
    if not overwrite or not (out / ours[0]).is_file():
        raise InputError(f"{out} is not empty: choose another folder, or overwrite an earlier demonstration there")
    shutil.rmtree(out / "cohort")
    for name in ours[1:]:
        (out / name).unlink(missing_ok=True)


def _evaluate(
    table: pd.DataFrame, outcome: dict[str, str], models: list[str], seed: int, workers: int | None
) -> Evaluation:
    study = Study(table, patient="ID", centre="site", clinical=["age", "sex"], **outcome)  # type: ignore[arg-type]
    # one repeat and a small search, so that it is over while one watches; a real study leaves these four out
    return study.evaluate(models, seed=seed, workers=workers, repeats=1, permutations=10, candidates=4, inner_folds=3)


def _show(evaluation: Evaluation, score: str) -> None:
    found = evaluation.summary()
    columns = [column for column in ("kind", score, f"{score}_low", f"{score}_high") if column in found]
    with pd.option_context("display.width", 120):
        print(found[columns].round(3).to_string(), flush=True)
    for sentence in evaluation.statements:
        _tell(f"   {sentence}")


def _say_truth(path: Path) -> None:
    truth = json.loads(path.read_text(encoding="utf-8"))
    effects = {name: truth[name] for name in ("malignant_logit", "log_hazard")}
    _tell("The truth that was put in, per standard deviation:")
    for name, values in effects.items():
        _tell(f"   {name}: " + ", ".join(f"{cause} {effect:g}" for cause, effect in values.items()))


def _tell(text: str) -> None:
    print(text, flush=True)
