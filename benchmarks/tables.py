"""Honest scores on the shared tables, each beside its controls, and what permuted outcomes score on all of them.

    python -m benchmarks.tables [--tables FOLDER] [--store FILE] [--page FILE] [--only TEXT] [--permutations N]

Finished tables are kept in the store and not evaluated again. One seed, one default for all tables.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from radiomix.models.controls import PREVALENCE, VOLUME, plain_model
from radiomix.models.evaluation import Evaluation
from radiomix.models.leaks import Severity
from radiomix.study import Study

from .markdown import table
from .studies import CLASSIFIERS, Case, cases

HERE = Path(__file__).parent
SHARED = HERE.resolve().parents[1] / "shared" / "tables"
SEED = 0
LIGHT = {"folds": 3, "repeats": 1, "candidates": 2, "inner_folds": 2}  # for permutations, of which many are needed
Result: TypeAlias = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--tables", type=Path, default=SHARED, help="the folder of tables")
    parser.add_argument(
        "--store", type=Path, default=Path("build/tables.json"), help="results; finished tables are kept"
    )
    parser.add_argument("--page", type=Path, default=HERE / "TABLES.md", help="the page to write")
    parser.add_argument("--only", default="", help="part of a study's name")
    parser.add_argument("--skip-scores", action="store_true", help="only permuted outcomes")
    parser.add_argument("--permutations", type=int, default=20, help="of the outcome on every table; 0 leaves them out")
    options = parser.parse_args()
    options.store.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Result] = json.loads(options.store.read_text()) if options.store.exists() else {}
    everything = list(cases(options.tables))
    for case in (c for c in everything if options.only in c.name):
        one = found.setdefault(case.name, {})
        if "scores" not in one and not options.skip_scores:
            one |= scored(case, options.tables)
            options.store.write_text(json.dumps(found, indent=1))
        if "permuted" not in one and options.permutations:
            one["permuted"] = permuted(case.study(options.tables), options.permutations)
            options.store.write_text(json.dumps(found, indent=1))
        print(case.name, flush=True)
    options.page.write_text(page(everything, found), encoding="utf-8")


def scored(case: Case, folder: Path) -> Result:
    """Scores of models and controls in nested cross-validation, and on the external table."""
    start = time.perf_counter()
    study = case.study(folder)
    result = study.evaluate(
        case.models, folds=case.folds, repeats=case.repeats, seed=SEED, permutations=0, workers=1,
        external=folder / case.external if case.external else None,
    )  # fmt: skip
    return {
        "cases": result.cohort["cases"],
        "features": result.cohort["features"],
        "counts": result.cohort["outcome_counts"],
        "folds": case.folds,
        "repeats": case.repeats,
        "score": result.settings["primary_score"],
        "scores": scores_of(result, "internal"),
        "external": scores_of(result, "external") if case.external else {},
        "added": added(result),
        "leaks": [finding.message for finding in result.findings if finding.severity is Severity.LEAK],
        "seconds": round(time.perf_counter() - start, 1),
    }


def scores_of(result: Evaluation, cohort: str) -> Result:
    """Model or control -> the mean over test folds with its interval, and the pooled score."""
    summary, name = result.summary(cohort), str(result.settings["primary_score"])
    pooled = f"{name}_pooled" if f"{name}_pooled" in summary else name
    columns = {"value": name, "low": f"{name}_low", "high": f"{name}_high", "pooled": pooled}
    return {model: {key: float(row[column]) for key, column in columns.items()} for model, row in summary.iterrows()}


def added(result: Evaluation) -> Result:
    """What radiomics adds to clinical variables."""
    rows = result.comparisons[result.comparisons["family"] == "added value"]
    return {} if rows.empty else rows.iloc[0][["difference", "low", "high", "p"]].astype(float).to_dict()


def permuted(study: Study, count: int) -> Result:
    """What the plain linear model of the outcome scores on outcomes dealt anew."""
    model = plain_model(study.task).name
    result = study.evaluate(model, seed=SEED, permutations=count, workers=1, on_leak="keep", **LIGHT)
    values = result.permutations["value"].dropna()
    return {"model": model, "values": [round(float(v), 4) for v in values]}


def page(everything: Sequence[Case], found: dict[str, Result]) -> str:
    done = [case for case in everything if "scores" in found.get(case.name, {})]
    ten = [case for case in done if case.file.startswith("binary/")]
    lines = [
        "# What is found in the shared tables",
        "",
        "Written by `make bench-tables`. Nested cross-validation, one default for all tables. Scores are means over",
        "test folds, with 95 % intervals that count a patient once; pooled ones take a repeat's predictions together.",
    ]
    for case in done:
        if case not in ten:
            lines += ["", *one_study(case, found[case.name])]
    if ten:
        lines += ["", "## Sixteen tables of radMLBench", "", *sixteen([(c, found[c.name]) for c in ten])]
    lines += [
        "",
        "## Permuted outcomes",
        "",
        *chance([(c, found[c.name]) for c in done if "permuted" in found[c.name]]),
    ]
    return "\n".join(lines) + "\n"


def one_study(case: Case, result: Result) -> list[str]:
    name = {"auc": "AUC", "c_index": "C"}[result["score"]]
    counts = ", ".join(f"{kind}: {count:g}" for kind, count in result["counts"].items())
    lines = [f"## {case.name[0].upper()}{case.name[1:]}", ""]
    lines += [
        f"{result['cases']} cases ({counts}), {result['features']} features; {result['folds']} folds, repeated "
        f"{result['repeats']} time(s). Known: {case.known or 'nothing'}."
    ]
    lines += [f"\nLeft out as a leak: {message}" for message in result["leaks"]]
    header = ["", name, "pooled", *(["on the external table"] if result["external"] else [])]
    rows = [
        (
            model,
            interval(cell),
            f"{cell['pooled']:.3f}",
            *([interval(result["external"][model])] if result["external"] else []),
        )
        for model, cell in result["scores"].items()
        if model != PREVALENCE
    ]
    lines += ["", *table(header, rows)]
    if result["added"]:
        gain, low, high = (f"{result['added'][key]:+.3f}" for key in ("difference", "low", "high"))
        lines += ["", f"Radiomics adds {gain} ({low} to {high}) to clinical variables."]
    return lines


def interval(cell: Result) -> str:
    return f"{cell['value']:.3f} ({cell['low']:.2f} to {cell['high']:.2f})"


def sixteen(results: Sequence[tuple[Case, Result]]) -> list[str]:
    header = ["table", "cases", "features"]
    for model in (*CLASSIFIERS, VOLUME):
        header += [model, "pooled"]
    rows = []
    for case, result in results:
        row = [case.name, str(result["cases"]), str(result["features"])]
        for model in (*CLASSIFIERS, VOLUME):
            cell = result["scores"].get(model)
            row += ["", ""] if cell is None else [interval(cell), f"{cell['pooled']:.3f}"]
        rows.append(row)
    means: list[str] = []
    for model in (*CLASSIFIERS, VOLUME):
        present = [result["scores"][model] for _, result in results if model in result["scores"]]
        means += [f"{np.mean([cell[key] for cell in present]):.3f}" for key in ("value", "pooled")]
    return table(header, [*rows, [f"mean of {len(results)}", "", "", *means]])


def chance(results: Sequence[tuple[Case, Result]]) -> list[str]:
    rows = []
    for case, result in results:
        values = np.array(result["permuted"]["values"])
        spread = values.std(ddof=1)
        error = spread / np.sqrt(len(values))
        rows.append((case.name, f"{values.mean():.3f}", f"{error:.3f}", f"{spread:.3f}", str(len(values))))
    header = ("table", "mean", "its standard error", "SD", "permutations")
    text = "The plain linear model of the outcome, {folds} folds, {candidates} candidates by {inner_folds} inner folds."
    means = np.array([np.mean(result["permuted"]["values"]) for _, result in results])
    mean = f"The mean over {len(means)} tables is {means.mean():.3f}." if len(means) else ""
    return [f"{text.format(**LIGHT)} {mean}", "", *table(header, rows)]


if __name__ == "__main__":
    main()
