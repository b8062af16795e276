"""Commands of the table half: evaluate, train, predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    Format,
    LabelOption,
    OptionalMask,
    Out,
    Overwrite,
    Seed,
    Source,
    label_of,
    names,
    refuse_existing,
    write,
)

if TYPE_CHECKING:
    from ..study import Study

Table = Annotated[Path, typer.Argument(help="A table of features and outcomes (CSV or Parquet), from any extractor.")]
Outcome = Annotated[str | None, typer.Option(help="The column of the class or the number to predict.")]
Time = Annotated[str | None, typer.Option(help="The column of the time to the event or to the end of follow-up.")]
Event = Annotated[str | None, typer.Option(help="The column that says whether the event happened.")]
Patient = Annotated[str | None, typer.Option(help="The column that names the patient; rows of one are never split.")]
Centre = Annotated[str | None, typer.Option(help="The column of the hospital or scanner.")]
Clinical = Annotated[str, typer.Option(help="Columns of clinical variables, separated by commas.")]


def evaluate(
    table: Table,
    outcome: Outcome = None,
    time: Time = None,
    event: Event = None,
    patient: Patient = None,
    centre: Centre = None,
    clinical: Clinical = "",
    models: Annotated[str, typer.Option(help="Models, separated by commas; `radiomix models` lists them.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The report (.html) or its numbers (.json, .csv).")
    ] = None,
    seed: Seed = 0,
) -> None:
    """An honest evaluation: nested, grouped by patient, with controls beside every score."""
    study = _study(table, outcome, time, event, patient, centre, clinical)
    result = study.evaluate(names(models) or _default_models(time), seed=seed)
    typer.echo(result.summary().round(3).to_string())
    match out.suffix.lower() if out else None:
        case None:
            return
        case ".json":
            result.to_json(out)
        case ".csv" | ".parquet":
            from ..table import write_table

            write_table(result.summary(), out, index=True)
        case _:
            result.report(out)
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
    model: Annotated[str, typer.Option(help="A model; `radiomix models` lists them.")] = "",
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """Fit a model to a whole table and save it."""
    refuse_existing(out, overwrite)
    study = _study(table, outcome, time, event, patient, centre, clinical)
    study.fit(model or _default_models(time)[0], seed=seed).save(out)
    typer.echo(f"written to {out}")


def predict(
    model: Annotated[Path, typer.Argument(help="A model file that `radiomix train` wrote.")],
    source: Source,
    mask: OptionalMask = None,
    out: Out = None,
    label: LabelOption = None,
    overwrite: Overwrite = False,
) -> None:
    """Apply a saved model to a table, or to an image and its mask."""
    from ..study import load_model
    from ..table import read_table

    trained = load_model(model)
    if mask is None:
        predictions = trained.predict(read_table(source))
    else:
        choice = {} if label is None else {"label": label_of(label)}
        predictions = trained.predict(str(source), str(mask), **choice)
    write(predictions.to_dict("records"), out, Format.CSV if out is None else None, overwrite)


def models() -> None:
    """The models, and what each serves."""
    from ..study import list_models

    typer.echo(list_models().to_string(index=False))


def _study(
    table: Path, outcome: str | None, time: str | None, event: str | None, patient: str | None, centre: str | None,
    clinical: str,
) -> Study:  # fmt: skip
    from ..study import Study
    from ..table import read_table

    return Study(
        read_table(table), outcome=outcome, time=time, event=event, patient=patient, centre=centre,
        clinical=names(clinical),
    )  # fmt: skip


def _default_models(time: str | None) -> list[str]:
    return ["cox", "xgboost-cox"] if time else ["elastic-net", "forest", "xgboost"]
