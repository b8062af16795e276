"""The command line: parses, calls, exits. Each command loads only what it needs.

Exit codes: 0 all done; 1 done, but cases failed, differences or misses were found; 2 nothing could be done.
"""

from __future__ import annotations

import json
import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import __version__
from .errors import ConfigError, RadiomixError, RadiomixWarning, TableError

if TYPE_CHECKING:
    import pandas as pd

    from .config import Config
    from .study import Study

app = typer.Typer(
    name="radiomix",
    help="Segmentation masks to features to predictions one can believe.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    pass


class Format(StrEnum):
    """How features are written."""

    CSV = "csv"
    JSON = "json"
    TXT = "txt"


Source = Annotated[
    Path, typer.Argument(help="An image, a table of cases (Image, Mask [, Label, ID, ...]), or a folder.")
]
ImageFile = Annotated[Path, typer.Argument(help="An image: NIfTI, NRRD, MHA, ...")]
MaskFile = Annotated[Path, typer.Argument(help="Its segmentation.")]
OptionalMask = Annotated[Path | None, typer.Argument(help="The segmentation, when the first argument is an image.")]
Parameters = Annotated[Path | None, typer.Option("--param", "-p", help="A PyRadiomics parameter file (YAML or JSON).")]
Overrides = Annotated[
    list[str] | None, typer.Option("--setting", "-s", help="A setting over the file's, as name:value; repeat for more.")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; by default one per core.")]
LabelOption = Annotated[str | None, typer.Option("--label", help='The label of the mask, or "all".')]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Table = Annotated[Path, typer.Argument(help="A table of features and outcomes (CSV or Parquet), from any extractor.")]
Outcome = Annotated[str | None, typer.Option(help="The column of the class or the number to predict.")]
Time = Annotated[str | None, typer.Option(help="The column of the time to the event or to the end of follow-up.")]
Event = Annotated[str | None, typer.Option(help="The column that says whether the event happened.")]
Patient = Annotated[str | None, typer.Option(help="The column that names the patient; rows of one are never split.")]
Centre = Annotated[str | None, typer.Option(help="The column of the hospital or scanner.")]
Clinical = Annotated[str, typer.Option(help="Columns of clinical variables, separated by commas.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same numbers.")]


@app.command()
def extract(
    source: Source,
    mask: OptionalMask = None,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    style: Annotated[
        Format | None, typer.Option("--format", "-f", help="By default what --out ends in, or txt.")
    ] = None,
    jobs: Jobs = None,
    label: LabelOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted cohort.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Features of one image and mask, or of a cohort."""
    config = _config(param, setting)
    if mask is not None:
        _write(_one_case(source, mask, config, label), out, style, overwrite)
        return
    from .cohort import extract_cases

    if label is not None:
        raise ConfigError('for a cohort the label stands in the column "Label" of its table')
    whole = out if out is not None and style in (None, Format.CSV) else None
    table = extract_cases(_cases(source), config, whole, workers=jobs, resume=resume, overwrite=overwrite)
    failures = table.attrs["failures"]
    for failure in failures:
        _say(f"{failure.get('ID') or failure['Image']}: {failure['reason']}")
    if whole is None:
        _write(table.to_dict("records"), out, style, overwrite)
    if failures:
        _say(f"{len(failures)} case(s) failed; the others are written")
        raise typer.Exit(1)


@app.command()
def maps(
    image: ImageFile,
    mask: MaskFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the maps.")] = Path("maps"),
    param: Parameters = None,
    setting: Overrides = None,
    radius: Annotated[int, typer.Option(min=1, help="Of the sliding window, in voxels.")] = 1,
    families: Annotated[str, typer.Option(help="Feature families, separated by commas; by default the file's.")] = "",
    features: Annotated[str, typer.Option(help="Features of these families, separated by commas.")] = "",
    suffix: Annotated[str, typer.Option(help="The kind of file.")] = ".nrrd",
) -> None:
    """Features in a sliding window: an image per feature."""
    import SimpleITK as sitk

    from .maps import extract_maps

    chosen: dict[str, Any] = {"families": _names(families) or None, "features": _names(features) or None}
    found = extract_maps(str(image), str(mask), _config(param, setting), radius=radius, **chosen)
    out.mkdir(parents=True, exist_ok=True)
    for column, feature_map in found.items():
        sitk.WriteImage(feature_map, str(out / f"{column}{suffix}"), useCompression=True)
    typer.echo(f"{len(found)} maps in {out}")


@app.command()
def check(
    source: Source,
    mask: OptionalMask = None,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    jobs: Jobs = None,
) -> None:
    """What would go wrong, before anything is computed."""
    import pandas as pd

    from .cohort import check_cases
    from .table import write_table

    cases = _cases(source) if mask is None else pd.DataFrame({"Image": [str(source)], "Mask": [str(mask)]})
    found = check_cases(cases, _config(param, setting), workers=jobs or 1)
    if out is not None:
        write_table(found, out)
    for case in found.to_dict("records"):
        text = case["reason"] or case["notes"]
        if text:
            typer.echo(f"{case.get('ID') or case['Image']}: {case['error'] or 'note'}: {text}")
    bad = int((found["reason"] != "").sum())
    typer.echo(f"{len(found) - bad} of {len(found)} case(s) can be extracted")
    if bad:
        raise typer.Exit(1)


@app.command()
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
    result = study.evaluate(_names(models) or _default_models(time), seed=seed)
    typer.echo(result.summary().round(3).to_string())
    match out.suffix.lower() if out else None:
        case None:
            return
        case ".json":
            result.to_json(out)
        case ".csv" | ".parquet":
            from .table import write_table

            write_table(result.summary(), out, index=True)
        case _:
            result.report(out)
    typer.echo(f"written to {out}")


@app.command()
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
    _refuse_existing(out, overwrite)
    study = _study(table, outcome, time, event, patient, centre, clinical)
    study.fit(model or _default_models(time)[0], seed=seed).save(out)
    typer.echo(f"written to {out}")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="A model file that `radiomix train` wrote.")],
    source: Source,
    mask: OptionalMask = None,
    out: Out = None,
    label: LabelOption = None,
    overwrite: Overwrite = False,
) -> None:
    """Apply a saved model to a table, or to an image and its mask."""
    from .study import load_model
    from .table import read_table

    trained = load_model(model)
    if mask is None:
        predictions = trained.predict(read_table(source))
    else:
        choice = {} if label is None else {"label": _label(label)}
        predictions = trained.predict(str(source), str(mask), **choice)
    _write(predictions.to_dict("records"), out, Format.CSV if out is None else None, overwrite)


@app.command()
def models() -> None:
    """The models, and what each serves."""
    from .study import list_models

    typer.echo(list_models().to_string(index=False))


@app.command()
def compare(
    image: ImageFile,
    mask: MaskFile,
    param: Parameters = None,
    setting: Overrides = None,
    out: Out = None,
    tolerance: Annotated[float, typer.Option(help="The largest relative difference that counts as equal.")] = 1e-6,
) -> None:
    """The same case through PyRadiomics, and the differences."""
    from .compat import compare as compare_with_pyradiomics
    from .table import write_table

    found = compare_with_pyradiomics(str(image), str(mask), _config(param, setting))
    if out is not None:
        write_table(found, out)
    relative = found["relative"].abs()
    differing = found[~(relative <= tolerance)]
    typer.echo((differing if len(differing) else found).to_string(index=False))
    typer.echo(
        f"{len(found) - len(differing)} of {len(found)} features agree to {tolerance:g}; worst {relative.max():.2g}"
    )
    if len(differing):
        raise typer.Exit(1)


@app.command()
def verify(
    data: Annotated[Path | None, typer.Option(help="A folder of the IBSI's images and reference values.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A page of the results (.md).")] = None,
) -> None:
    """This installation against the values of the IBSI standard."""
    from .verify import run

    raise typer.Exit(run(data=data, page=out))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")] = Path("demo-output"),
    cases: Annotated[int, typer.Option(min=30, help="Lesions in the synthetic cohort.")] = 80,
    seed: Seed = 0,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
) -> None:
    """From a synthetic cohort of images to reports, to look at."""
    from .demo import run

    run(out, cases=cases, seed=seed, workers=jobs, overwrite=overwrite)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error made on purpose is one line and exit code 2."""
    warnings.showwarning = _show_warning
    try:
        app(args=arguments)
    except RadiomixError as error:
        _say(str(error))
        sys.exit(2)


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **_: Any) -> None:
    _say(f"note: {message}" if issubclass(category, RadiomixWarning) else f"{category.__name__}: {message}")


def _say(text: str) -> None:
    typer.echo(f"radiomix: {text}", err=True)


def _config(param: Path | None, overrides: list[str] | None) -> Config:
    from .parameters import read_parameters

    if param is not None and not param.is_file():
        raise ConfigError(f"expected a parameter file; found nothing at {param}")
    if not overrides:
        return read_parameters(param if param is not None else {})
    import yaml

    content = yaml.safe_load(param.read_text(encoding="utf-8")) if param is not None else {}
    settings = dict((content or {}).get("setting") or {})
    for override in overrides:
        name, colon, value = override.partition(":")
        if not colon:
            raise ConfigError(f"expected a setting as name:value, such as binWidth:10; found {override!r}")
        listed = f"[{value}]" if "," in value and not value.strip().startswith("[") else value
        settings[name.strip()] = yaml.safe_load(listed)
    return read_parameters({**(content or {}), "setting": settings})


def _cases(source: Path) -> pd.DataFrame:
    from .cohort import find_cases, read_cases

    if source.is_dir():
        return find_cases(source)
    if source.suffix.lower() in (".csv", ".tsv", ".parquet"):
        return read_cases(source)
    raise ConfigError(f"expected a table of cases or a folder, or an image and a mask; found only {source}")


def _label(text: str) -> int | str:
    if text == "all":
        return text
    if not text.lstrip("-").isdigit():
        raise ConfigError(f'expected an integer or "all" as label; found {text!r}')
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _one_case(image: Path, mask: Path, config: Config, label: str | None) -> list[dict[str, Any]]:
    from .batch import Task, extract_case

    rows = extract_case(Task(0, str(image), str(mask), None if label is None else _label(label)), config)
    if rows[0]["radiomix_notes"]:
        _say(f"note: {rows[0]['radiomix_notes']}")
    return [{"Image": str(image), "Mask": str(mask), **row} for row in rows]


def _write(rows: list[dict[str, Any]], out: Path | None, style: Format | None, overwrite: bool) -> None:
    """Rows as a table, JSON, or lines of `name: value`; to the terminal where no file is named."""
    _refuse_existing(out, overwrite)
    known = {".json": Format.JSON, ".txt": Format.TXT}
    chosen = style or (known.get(out.suffix.lower(), Format.CSV) if out else Format.TXT)
    match chosen:
        case Format.JSON:
            text = json.dumps(rows[0] if len(rows) == 1 else rows, indent=1, default=lambda value: value.item()) + "\n"
        case Format.TXT:
            text = "\n".join("".join(f"{name}: {value}\n" for name, value in row.items()) for row in rows)
        case Format.CSV:
            import pandas as pd

            from .table import write_table

            if out is not None:
                write_table(pd.DataFrame(rows), out)
                return
            text = pd.DataFrame(rows).to_csv(index=False)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


def _refuse_existing(out: Path | None, overwrite: bool) -> None:
    if out is not None and out.exists() and not overwrite:
        raise TableError(f"{out} exists: choose another name, or --overwrite to replace it")


def _study(
    table: Path, outcome: str | None, time: str | None, event: str | None, patient: str | None, centre: str | None,
    clinical: str,
) -> Study:  # fmt: skip
    from .study import Study
    from .table import read_table

    return Study(
        read_table(table), outcome=outcome, time=time, event=event, patient=patient, centre=centre,
        clinical=_names(clinical),
    )  # fmt: skip


def _default_models(time: str | None) -> list[str]:
    return ["cox", "xgboost-cox"] if time else ["elastic-net", "forest", "xgboost"]
