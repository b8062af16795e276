"""Commands of the table half: evaluate, train, predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConfigError
from .options import (
    TABLES,
    Format,
    Jobs,
    OptionalMask,
    Out,
    Overwrite,
    Seed,
    Source,
    is_table,
    names,
    refuse_existing,
    write,
)

if TYPE_CHECKING:
    from ..study import Evaluation, Study

Table = Annotated[Path, typer.Argument(help="A table of features and outcomes (CSV or Parquet), from any extractor.")]
Outcome = Annotated[str | None, typer.Option(help="The column of the class or the number to predict.")]
Time = Annotated[str | None, typer.Option(help="The column of the time to the event or to the end of follow-up.")]
Event = Annotated[str | None, typer.Option(help="The column that says whether the event happened.")]
Patient = Annotated[str | None, typer.Option(help="The column that names the patient; rows of one are never split.")]
Centre = Annotated[str | None, typer.Option(help="The column of the hospital or scanner.")]
Clinical = Annotated[str, typer.Option(help="Columns of clinical variables, separated by commas.")]
Exclude = Annotated[str, typer.Option(help="Columns to leave alone, separated by commas.")]


def evaluate(
    table: Table,
    outcome: Outcome = None,
    time: Time = None,
    event: Event = None,
    patient: Patient = None,
    centre: Centre = None,
    clinical: Clinical = "",
    exclude: Exclude = "",
    models: Annotated[str, typer.Option(help="Models, separated by commas; `radiomix models` lists them.")] = "",
    external: Annotated[Path | None, typer.Option(help="A table like the first, to be predicted once.")] = None,
    split: Annotated[str, typer.Option(help="patient, centre (leave one out), time or bootstrap.")] = "patient",
    folds: Annotated[int, typer.Option(min=2, help="Of the outer cross-validation.")] = 5,
    repeats: Annotated[int | None, typer.Option(min=1, help="Of the outer cross-validation.")] = None,
    permutations: Annotated[int, typer.Option(min=0, help="Of the outcome, for a p-value.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The report (.html), or numbers (.json, .csv).")
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    resume: Annotated[Path | None, typer.Option(help="A folder that keeps finished folds, to go on from.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Scores one can believe, beside their controls.

    Nested cross-validation, grouped by patient; everything that is fitted is fitted inside the training folds.
    """
    for file in _written(out):
        refuse_existing(file, overwrite)
    study = _study(table, outcome, time, event, patient, centre, clinical, exclude)
    result = study.evaluate(
        names(models) or _default_models(study), seed=seed, split=split, folds=folds, repeats=repeats,
        external=external, workers=jobs, resume=resume, permutations=permutations,
    )  # fmt: skip
    _say_scores(result)
    if out is not None:
        _write_evaluation(result, out)
        typer.echo(f"written to {out}")


def train(
    table: Table,
    out: Annotated[Path, typer.Option("--out", "-o", help="The model file (.rmx).")],
    outcome: Outcome = None,
    time: Time = None,
    event: Event = None,
    patient: Patient = None,
    centre: Centre = None,
    clinical: Clinical = "",
    exclude: Exclude = "",
    model: Annotated[str, typer.Option(help="A model; `radiomix models` lists them.")] = "",
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """Fit a model to a whole table and save it."""
    refuse_existing(out, overwrite)
    study = _study(table, outcome, time, event, patient, centre, clinical, exclude)
    study.fit(model or _default_models(study)[0], seed=seed).save(out)
    typer.echo(f"written to {out}")


def predict(
    model: Annotated[Path, typer.Argument(help="A model file that `radiomix train` wrote.")],
    source: Source,
    mask: OptionalMask = None,
    out: Out = None,
    label: Annotated[int | None, typer.Option("--label", help="The label of the mask.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Apply a saved model to a table, or to an image and its mask."""
    refuse_existing(out, overwrite)
    from ..study import load_model
    from ..table import read_table

    trained = load_model(model)
    if mask is None:
        if not is_table(source):
            raise ConfigError(f"expected a table ({', '.join(TABLES)}), or an image and a mask; found only {source}")
        table = read_table(source)
        predictions = trained.predict(table)
        if "ID" in table:
            predictions.insert(0, "ID", table["ID"])
    else:
        predictions = trained.predict(str(source), str(mask), label=label)
    write(predictions.to_dict("records"), out, Format.CSV if out is None else None, overwrite)


def models() -> None:
    """The models, and what each serves."""
    from ..study import list_models

    typer.echo(list_models().to_string(index=False))


def _say_scores(result: Evaluation) -> None:
    """The main scores beside their controls, and what they mean; every number is in what `--out` writes."""
    from ..report.scores import brief

    for cohort in result.scores["cohort"].unique():
        typer.echo(("" if cohort == "internal" else f"{cohort} cohort:\n") + brief(result.summary(cohort)) + "\n")
    for sentence in result.statements:
        typer.echo(sentence)


def _written(out: Path | None) -> list[Path]:
    """The files that `--out` stands for, so that a wrong name is an error before hours of work."""
    if out is None:
        return []
    match out.suffix.lower():
        case ".json" | ".csv" | ".parquet":
            return [out]
        case ".html" | ".htm":
            return [out, out.with_suffix(".json")]
    raise ConfigError(f"expected a report (.html) or numbers (.json, .csv, .parquet) as --out; found {out.name!r}")


def _write_evaluation(result: Evaluation, out: Path) -> None:
    match out.suffix.lower():
        case ".json":
            result.to_json(out)
        case ".csv" | ".parquet":
            from ..table import write_table

            write_table(result.summary(), out, index=True)
        case _:
            result.report(out)


def _study(
    table: Path, outcome: str | None, time: str | None, event: str | None, patient: str | None, centre: str | None,
    clinical: str, exclude: str,
) -> Study:  # fmt: skip
    from ..study import Study

    return Study(
        table, outcome=outcome, time=time, event=event, patient=patient, centre=centre, clinical=names(clinical),
        exclude=names(exclude),
    )  # fmt: skip


def _default_models(study: Study) -> list[str]:
    """A linear model and trees, where they serve the study's kind of outcome."""
    from ..study import list_models

    wanted = ("elastic-net", "forest", "xgboost", "cox", "xgboost-cox", "cause-specific-cox")
    serves = list_models()["serves"].str.split(", ")
    return [name for name in wanted if study.task.value in serves[name]]
