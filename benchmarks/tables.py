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
STAGES = ("scores", "others", "permuted")
LIGHT = {"folds": 3, "repeats": 1, "candidates": 2, "inner_folds": 2}  # for permutations, of which many are needed
Result: TypeAlias = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--tables", type=Path, default=SHARED, help="the folder of tables")
    parser.add_argument(
        "--store", type=Path, default=Path("build/tables.json"), help="results; finished tables are kept"
    )
    parser.add_argument("--page", type=Path, default=HERE / "TABLES.md", help="the page to write")
    parser.add_argument("--only", default="", help="part of the name or the file of a study")
    parser.add_argument("--permutations", type=int, default=20, help="of the outcome on every table")
    parser.add_argument("--stages", default=",".join(STAGES), help="what to do, in this order")
    options = parser.parse_args()
    options.store.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Result] = json.loads(options.store.read_text()) if options.store.exists() else {}
    everything = list(cases(options.tables))
    for stage in options.stages.split(","):
        for case in (c for c in everything if options.only in f"{c.name}, {c.file}"):
            one = found.setdefault(case.name, {})
            if stage in one or (stage == "others" and len(case.models) == 1):
                continue
            start = time.perf_counter()
            match stage:
                case "scores":
                    one[stage] = scored(case, options.tables)
                case "others":
                    one[stage] = others(case, options.tables)
                case "permuted":
                    one[stage] = permuted(case.study(options.tables), options.permutations)
            options.store.write_text(json.dumps(found, indent=1))
            options.page.write_text(page(everything, found), encoding="utf-8")
            print(f"{stage}: {case.name}, {time.perf_counter() - start:.0f} s", flush=True)


def scored(case: Case, folder: Path) -> Result:
    """Scores of the first model and the controls in nested cross-validation, and on the external table."""
    result = evaluated(case, folder, case.models[:1], controls=True)
    return {
        "cases": result.cohort["cases"],
        "features": result.cohort["features"],
        "counts": result.cohort["outcome_counts"],
        "score": result.settings["primary_score"],
        "internal": scores_of(result, "internal"),
        "external": scores_of(result, "external") if case.external else {},
        "added": added(result),
        "leaks": [finding.message for finding in result.findings if finding.severity is Severity.LEAK],
    }


def others(case: Case, folder: Path) -> Result:
    """The same of the other models, in the same folds."""
    result = evaluated(case, folder, case.models[1:], controls=False)
    return {
        "internal": scores_of(result, "internal"),
        "external": scores_of(result, "external") if case.external else {},
    }


def evaluated(case: Case, folder: Path, models: Sequence[str], *, controls: bool) -> Evaluation:
    return case.study(folder).evaluate(
        models, folds=case.folds, repeats=case.repeats, seed=SEED, controls=controls, permutations=0, workers=1,
        external=folder / case.external if case.external else None,
    )  # fmt: skip


def together(result: Result, cohort: str) -> Result:
    """The scores of all models, and after them the controls."""
    first, *controls = result["scores"][cohort].items() or [(None, None)]
    more = result.get("others", {}).get(cohort, {})
    return dict([first, *more.items(), *controls]) if first[0] else {}


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
    about, external = result["scores"], together(result, "external")
    counts = ", ".join(f"{kind}: {count:g}" for kind, count in about["counts"].items())
    times = "once" if case.repeats == 1 else f"{case.repeats} times"
    lines = [
        f"## {case.name[0].upper()}{case.name[1:]}",
        "",
        f"{about['cases']} cases ({counts}), {about['features']} features; {case.folds} folds, {times}. "
        f"Known: {case.known or 'nothing'}.",
        *(f"\nThe search for leaks says: {message}" for message in about["leaks"]),
    ]
    header = ["", {"auc": "AUC", "c_index": "C"}[about["score"]], "pooled", *(["external table"] if external else [])]
    rows = [
        (model, interval(cell), f"{cell['pooled']:.3f}", *([interval(external[model])] if external else []))
        for model, cell in together(result, "internal").items()
        if model != PREVALENCE
    ]
    lines += ["", *table(header, rows)]
    if about["added"]:
        gain, low, high = (f"{about['added'][key]:+.3f}" for key in ("difference", "low", "high"))
        lines += ["", f"Radiomics adds {gain} ({low} to {high}) to clinical variables."]
    return lines


def interval(cell: Result) -> str:
    return f"{cell['value']:.3f} ({cell['low']:.2f} to {cell['high']:.2f})"


def sixteen(results: Sequence[tuple[Case, Result]]) -> list[str]:
    scores = [together(result, "internal") for _, result in results]
    columns = [model for model in (*CLASSIFIERS, VOLUME) if any(model in one for one in scores)]
    header = ["table", "cases", "features", *(name for model in columns for name in (model, "pooled"))]
    rows = []
    for (case, result), one in zip(results, scores, strict=True):
        row = [case.name, str(result["scores"]["cases"]), str(result["scores"]["features"])]
        for model in columns:
            row += [interval(one[model]), f"{one[model]['pooled']:.3f}"] if model in one else ["", ""]
        rows.append(row)
    means: list[str] = []
    for model in columns:
        cells = [one[model] for one in scores if model in one]
        means += [f"{np.mean([c[key] for c in cells]):.3f} of {len(cells)}" for key in ("value", "pooled")]
    return table(header, [*rows, ["mean", "", "", *means]])


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
