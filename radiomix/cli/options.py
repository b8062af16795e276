"""What the commands share: their options, and how arguments become settings, cases and files."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import ConfigError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from ..config import Config


TABLES = (".csv", ".tsv", ".parquet")


class Argument:
    """A value that is known by its place."""

    def __init__(self, help: str) -> None:
        self.help = help


class Option:
    """A value that is known by a name before it, by default the parameter's; a bool has only the name."""

    def __init__(self, *names: str, help: str, min: int | None = None) -> None:
        self.names, self.help, self.min = names, help, min


class Format(StrEnum):
    """How features are written."""

    CSV = "csv"
    JSON = "json"
    TXT = "txt"


Source = Annotated[Path, Argument(help="An image, a table of cases (Image, Mask [, Label, ID, ...]), or a folder.")]
ImageFile = Annotated[Path, Argument(help="An image: NIfTI, NRRD, MHA, ...")]
MaskFile = Annotated[Path, Argument(help="Its segmentation.")]
OptionalMask = Annotated[Path | None, Argument(help="The segmentation, when the first argument is an image.")]
Parameters = Annotated[Path | None, Option("--param", "-p", help="A PyRadiomics parameter file (YAML or JSON).")]
Overrides = Annotated[
    list[str] | None, Option("--setting", "-s", help="A setting over the file's, as name:value; repeat for more.")
]
Out = Annotated[Path | None, Option("--out", "-o", help="Where to write.")]
Jobs = Annotated[int | None, Option("--jobs", "-j", min=1, help="Processes; by default one per core.")]
LabelOption = Annotated[str | None, Option("--label", help='The label of the mask, or "all".')]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace what is there.")]
Seed = Annotated[int, Option(help="The same seed gives the same numbers.")]


def say(text: str) -> None:
    """A word to the user, beside what is printed for the next program."""
    print(f"radiomix: {text}", file=sys.stderr, flush=True)


def tell(text: str, end: str = "\n") -> None:
    """A result on the terminal."""
    print(text, end=end, flush=True)


def read_config(param: Path | None, overrides: list[str] | None) -> Config:
    from ..parameters import read_parameters

    if param is not None and not param.is_file():
        raise ConfigError(f"expected a parameter file; found nothing at {param}")
    return read_parameters(param if param is not None else {}, dict(map(_override, overrides or [])))


def _override(text: str) -> tuple[str, Any]:
    """A setting's name and its value, read as YAML; a list needs no brackets."""
    import yaml

    name, colon, value = text.partition(":")
    if not colon:
        raise ConfigError(f"expected a setting as name:value, such as binWidth:10; found {text!r}")
    listed = f"[{value}]" if "," in value and not value.strip().startswith("[") else value
    try:
        return name.strip(), yaml.safe_load(listed)
    except yaml.YAMLError:
        raise ConfigError(f"cannot parse the value of a setting; found {text!r}") from None


def is_table(source: Path) -> bool:
    """By its name, compressed or not."""
    return any(suffix.lower() in TABLES for suffix in source.suffixes)


def cases_of(source: Path) -> pd.DataFrame:
    from ..cohort import find_cases, read_cases

    if source.is_dir():
        return find_cases(source)
    if is_table(source):
        return read_cases(source)
    raise ConfigError(f"expected a table of cases or a folder, or an image and a mask; found only {source}")


def label_of(text: str) -> int | str:
    if text == "all":
        return text
    if not text.lstrip("-").isdigit():
        raise ConfigError(f'expected an integer or "all" as label; found {text!r}')
    return int(text)


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def write(rows: list[dict[str, Any]], out: Path | None, style: Format | None, overwrite: bool) -> None:
    """Rows as a table, JSON, or lines of `name: value`; to the terminal where no file is named."""
    refuse_existing(out, overwrite)
    match format_of(out, style):
        case Format.JSON:
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            text = json.dumps(plain[0] if len(plain) == 1 else plain, indent=1, allow_nan=False) + "\n"
        case Format.TXT:
            text = "\n".join("".join(f"{name}: {value}\n" for name, value in row.items()) for row in rows)
        case Format.CSV if len(rows) == 1 and (out is None or out.suffix.lower() == ".csv"):
            text = _csv(rows[0])
        case Format.CSV:
            import pandas as pd

            from ..table import write_table

            if out is not None:
                write_table(pd.DataFrame(rows), out)
                return
            text = pd.DataFrame(rows).to_csv(index=False)
    if out is None:
        tell(text, end="")
        return
    from ..files import write_text

    write_text(out, text)


def _csv(row: dict[str, Any]) -> str:
    """A table of one row as pandas writes it, without pandas, which takes longer to load than the row to compute."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(row)
    lines.writerow("" if isinstance(value, float) and math.isnan(value) else value for value in row.values())
    return file.getvalue()


def format_of(out: Path | None, style: Format | None) -> Format:
    """What was asked for, or else what the file's name ends in; lines of text on the terminal."""
    known = {".json": Format.JSON, ".txt": Format.TXT}
    return style or (known.get(out.suffix.lower(), Format.CSV) if out else Format.TXT)


def _plain(value: Any) -> Any:
    """JSON has no NumPy numbers and no NaN."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def refuse_existing(out: Path | None, overwrite: bool) -> None:
    if out is not None and out.exists() and not overwrite:
        raise TableError(f"{out} exists: choose another name, or --overwrite to replace it")
