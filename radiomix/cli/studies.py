"""Commands of the table half: evaluate, train, predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import ConfigError
from .options import (
    TABLES,
    Argument,
    Format,
    Jobs,
    Option,
    OptionalMask,
    Out,
    Overwrite,
    Seed,
    Source,
    is_table,
    names,
    refuse_existing,
    tell,
    write,
)

if TYPE_CHECKING:
    from ..study import Evaluation, Study

Table = Annotated[Path, Argument(help="A table of features and outcomes (CSV or Parquet), from any extractor.")]
Outcome = Annotated[str | None, Option(help="The column of the class or the number to predict.")]
Time = Annotated[str | None, Option(help="The column of the time to the event or to the end of follow-up.")]
Event = Annotated[str | None, Option(help="The column that says whether the event happened.")]
Patient = Annotated[str | None, Option(help="The column that names the patient; rows of one are never split.")]
Centre = Annotated[str | None, Option(help="The column of the hospital or scanner.")]
Clinical = Annotated[str, Option(help="Columns of clinical variables, separated by commas.")]
Date = Annotated[str | None, Option(help="The column that orders the cases for --split time.")]
Exclude = Annotated[str, Option(help="Columns to leave alone, separated by commas.")]
Harmonise = Annotated[
    str | None,
    Option(help="combat takes what centres add out of the features, learnt on training cases; needs --centre."),
]
Use = Annotated[str, Option(help="What the models see: radiomics, or both, the clinical variables with the features.")]
Choice = Annotated[str, Option(help="Of the candidate in tuning: best, or simplest (the one-standard-error rule).")]
Models = Annotated[str, Option(help="Models, separated by commas; `radiomix models` lists them.")]
External = Annotated[Path | None, Option(help="A table like the first, to be predicted once.")]
Split = Annotated[
    str,
    Option(
        help="patient, centre (leave one out), time, bootstrap, or folds made elsewhere: a file (.csv, .parquet, "
        ".json), or the column(s) of the table with the number of the fold."
    ),
]
Folds = Annotated[int, Option(min=2, help="Of the outer cross-validation.")]
Repeats = Annotated[int | None, Option(min=1, help="Of the outer cross-validation.")]
Permutations = Annotated[int, Option(min=0, help="Of the outcome, for a p-value.")]
Shuffled = Annotated[
    bool,
    Option(
        "--shuffled",
        help="One control more: features of the images with the voxels inside each ROI shuffled; needs the columns "
        "Image and Mask.",
    ),
]
Report = Annotated[Path | None, Option("--out", "-o", help="The report (.html), or numbers (.json, .csv).")]
Resume = Annotated[Path | None, Option(help="A folder that keeps finished folds, to go on from.")]


def evaluate(
    table: Table,
    outcome: Outcome = None, time: Time = None, event: Event = None, patient: Patient = None, centre: Centre = None,
    date: Date = None, clinical: Clinical = "", exclude: Exclude = "", harmonise: Harmonise = None,
    models: Models = "", use: Use = "radiomics", choice: Choice = "best", external: External = None,
    split: Split = "patient", folds: Folds = 5, repeats: Repeats = None, permutations: Permutations = 20,
    shuffled: Shuffled = False, out: Report = None, seed: Seed = 0, jobs: Jobs = None, resume: Resume = None,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Scores one can believe, beside their controls.

    Nested cross-validation, grouped by patient; everything that is fitted is fitted inside the training folds.
    """
    for file in _written(out):
        refuse_existing(file, overwrite)
    numbers = _fold_columns(split)
    study = _study(
        table, outcome=outcome, time=time, event=event, patient=patient, centre=centre, date=date, harmonise=harmonise,
        clinical=names(clinical), exclude=[*names(exclude), *numbers],
    )  # fmt: skip
    given = bool(numbers) and set(numbers) <= set(study.design.table)
    result = study.evaluate(
        names(models) or _default_models(study), seed=seed, split=numbers if given else split, folds=folds,
        repeats=repeats, external=external, workers=jobs, resume=resume, permutations=permutations, shuffled=shuffled,
        use=use, choice=choice,
    )  # fmt: skip
    _say_scores(result)
    if out is not None:
        _write_evaluation(result, out)
        tell(f"written to {out}")


def train(
    table: Table,
    out: Annotated[Path, Option("--out", "-o", help="The model file (.rmx).")],
    outcome: Outcome = None, time: Time = None, event: Event = None, patient: Patient = None, centre: Centre = None,
    clinical: Clinical = "", exclude: Exclude = "", harmonise: Harmonise = None,
    model: Annotated[str, Option(help="A model; `radiomix models` lists them.")] = "",
    use: Use = "radiomics", choice: Choice = "best", seed: Seed = 0, overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Fit a model to a whole table and save it."""
    refuse_existing(out, overwrite)
    study = _study(
        table, outcome=outcome, time=time, event=event, patient=patient, centre=centre, harmonise=harmonise,
        clinical=names(clinical), exclude=names(exclude),
    )  # fmt: skip
    study.fit(model or _default_models(study)[0], use=use, choice=choice, seed=seed).save(out)
    tell(f"written to {out}")


def predict(
    model: Annotated[Path, Argument(help="A model file that `radiomix train` wrote.")],
    source: Source,
    mask: OptionalMask = None,
    out: Out = None,
    label: Annotated[int | None, Option("--label", help="The label of the mask.")] = None,
    given: Annotated[
        list[str] | None,
        Option(help="What the model needs beside an image, as column:value (age:61, site:B); repeat for more."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Apply a saved model to a table, or to an image and its mask."""
    refuse_existing(out, overwrite)
    known = dict(map(_given, given or []))
    from ..study import load_model
    from ..table import read_table

    trained = load_model(model)
    if mask is None:
        if not is_table(source):
            raise ConfigError(f"expected a table ({', '.join(TABLES)}), or an image and a mask; found only {source}")
        if known:
            raise ConfigError(f"--given is for one image and its mask; put {', '.join(known)} into the table")
        table = read_table(source)
        predictions = trained.predict(table)
        if "ID" in table:
            predictions.insert(0, "ID", table["ID"])
    else:
        predictions = trained.predict(str(source), str(mask), label=label, given=known)
    write(predictions.to_dict("records"), out, Format.CSV if out is None else None, overwrite)


def models() -> None:
    """The models, and what each serves."""
    from ..study import list_models

    tell(list_models().reset_index().to_string(index=False))


def _say_scores(result: Evaluation) -> None:
    """The main scores beside their controls, and what they mean; every number is in what `--out` writes."""
    from ..report.scores import brief

    for cohort in result.scores["cohort"].unique():
        tell(("" if cohort == "internal" else f"{cohort} cohort:\n") + brief(result.summary(cohort)) + "\n")
    for sentence in result.statements:
        tell(sentence)


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


def _study(table: Path, **columns: Any) -> Study:
    from ..study import Study

    return Study(table, **columns)


def _fold_columns(split: str) -> list[str]:
    """The columns that `--split` may name; they are no features."""
    from ..models.evaluate import SPLITS

    return [] if split in SPLITS else names(split)


def _given(text: str) -> tuple[str, float | str]:
    """A column and its value, a number where it reads as one."""
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not (name and colon and value):
        raise ConfigError(f"expected column:value as --given, such as age:61; found {text!r}")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def _default_models(study: Study) -> list[str]:
    """A linear model and trees, where they serve the study's kind of outcome."""
    from ..study import list_models

    wanted = ("elastic-net", "forest", "xgboost", "cox", "xgboost-cox", "cause-specific-cox")
    serves = list_models()["serves"].str.split(", ")
    return [name for name in wanted if study.task.value in serves[name]]
