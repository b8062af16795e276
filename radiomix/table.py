"""Where the two halves meet: a plain DataFrame, a row per case and ROI, and what its columns are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .config import DEFAULT_FAMILIES, IBSI_FAMILIES, Config, decode
from .errors import MissingColumn, TableError, unknown
from .files import complete

PROVENANCE = ("radiomix_version", "radiomix_config", "radiomix_notes", "image_hash", "mask_hash")
DIAGNOSTICS = "diagnostics_"
FAMILY_NAMES = tuple(dict.fromkeys((*DEFAULT_FAMILIES, *IBSI_FAMILIES, "shape2D")))

_FEATURE = re.compile(rf"(?:.+_)?[^_]+_(?:{'|'.join(FAMILY_NAMES)})(?:-[\w.]+)?_[A-Za-z0-9]+")
_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}


@dataclass(frozen=True, eq=False)
class Parts:
    """A table taken apart; both parts keep its index.

    Attributes
    ----------
    features : numbers, a column per feature
    metadata : everything else: ids, outcomes, clinical variables, provenance
    """

    features: pd.DataFrame
    metadata: pd.DataFrame


def config_path(path: str | os.PathLike[str]) -> Path:
    """Where a table file's extraction settings lie: `features.csv` has `features_config.json` beside it."""
    return Path(path).with_name(f"{Path(path).name.split('.')[0]}_config.json")


def config_of(table: pd.DataFrame) -> Config | None:
    """The settings that a table's features were extracted with; None where it does not know, or knows several.

    Looks at `table.attrs["config"]`, which `extract_cases` and `read_table` fill, and else whether the digest in the
    rows is that of one of the two default configurations.
    """
    if "radiomix_config" not in table or table["radiomix_config"].nunique(dropna=False) != 1:
        return None
    candidates = [Config.pyradiomics(), Config.ibsi()]
    if "config" in table.attrs:
        candidates.insert(0, decode(table.attrs["config"]))
    return next((c for c in candidates if c.digest == table["radiomix_config"].iloc[0]), None)


def read_table(source: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    """A table from a CSV (also compressed) or Parquet file, by suffix; a DataFrame is returned as it is.

    Raises
    ------
    TableError
        The file is missing, empty, cannot be parsed, or has a suffix that is not known.
    """
    if isinstance(source, pd.DataFrame):
        return source
    path = Path(source)
    if not path.is_file():
        raise TableError(f"expected a table file; found nothing at {path}")
    read = _by_suffix(path, {".csv": _read_csv, ".tsv": _read_tsv, ".parquet": pd.read_parquet})
    try:
        table = read(path)
    except (ValueError, OSError) as error:
        raise TableError(f"{path} cannot be read as a {_suffix(path)} table: {error}") from error
    if config_path(path).is_file():
        table.attrs["config"] = json.loads(config_path(path).read_text(encoding="utf-8"))
    return table


def write_table(table: pd.DataFrame, path: str | os.PathLike[str], *, index: bool = False) -> Path:
    """Write a CSV or Parquet file, by suffix: complete, or not at all.

    Numbers are written so that they are read back exactly.
    """
    target = Path(path)
    write = _by_suffix(target, {".csv": pd.DataFrame.to_csv, ".tsv": _to_tsv, ".parquet": pd.DataFrame.to_parquet})
    with complete(target) as unfinished:
        write(table, unfinished, index=index)
    return target


def is_feature(column: object) -> bool:
    """Whether a column is named like a feature: `<image>_<family>_<Feature>`, with or without something before it.

    >>> is_feature("wavelet-LLH_glcm-3Dmerged_Contrast"), is_feature("diagnostics_Mask-original_VoxelNum")
    (True, False)
    """
    name = str(column)
    return not name.startswith(DIAGNOSTICS) and _FEATURE.fullmatch(name) is not None


def is_provenance(column: object) -> bool:
    """Whether a column says how the row came about: provenance and PyRadiomics' `diagnostics_*`."""
    return column in PROVENANCE or str(column).startswith(DIAGNOSTICS)


def split_features(table: pd.DataFrame, *, metadata: Iterable[str] = ()) -> Parts:
    """Take features and metadata apart.

    Where any column is named like a feature of PyRadiomics or radiomix, those are the features. Otherwise, as in
    tables of other extractors, every numeric column is one that is neither provenance nor named in `metadata`.

    Parameters
    ----------
    metadata : columns that are no features whatever they look like: outcome, patient, centre, clinical variables

    Raises
    ------
    MissingColumn
        A column of `metadata` is not in the table.
    TableError
        No feature is left, or a feature column does not hold numbers.
    """
    kept_apart = set(require_columns(table, metadata))
    candidates = [column for column in table.columns if column not in kept_apart and not is_provenance(column)]
    named = [column for column in candidates if is_feature(column)]
    chosen = named or [column for column in candidates if pd.api.types.is_numeric_dtype(table[column])]
    if not chosen:
        raise TableError(f"no feature columns among the {table.shape[1]} columns of the table: {_some(table.columns)}")
    _refuse_text(table, chosen)
    return Parts(table[chosen], table[[column for column in table.columns if column not in set(chosen)]])


def require_columns(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """The names as a list when each is a column of the table; MissingColumn with the nearest spelling otherwise."""
    wanted = list(names)
    for name in wanted:
        if name not in table.columns:
            raise MissingColumn(unknown("column", name, [c for c in table.columns if not is_feature(c)]))
    return wanted


def join_outcomes(
    table: pd.DataFrame, outcomes: pd.DataFrame, on: str, *, outcome_key: str | None = None
) -> pd.DataFrame:
    """Add a clinical table's columns to every row of a feature table.

    Parameters
    ----------
    on : the feature table's column that names the patient or the case
    outcome_key : the clinical table's column with the same names; `on` where not given

    Raises
    ------
    TableError
        A key stands twice in `outcomes`, no key is in both, or a column is in both tables.
    """
    key = outcome_key or on
    require_columns(table, [on])
    require_columns(outcomes, [key])
    keys = outcomes[key].astype(str)
    if keys.duplicated().any():
        raise TableError(f"{key} must be unique among the outcomes; found twice: {_some(keys[keys.duplicated()])}")
    shared = [column for column in outcomes.columns if column != key and column in table.columns]
    if shared:
        raise TableError(f"both tables have the columns {_some(shared)}: rename or drop them in one")
    rows = table[on].astype(str)
    if not rows.isin(keys).any():
        raise TableError(f"no {on} of the table is among the outcomes: {_some(rows)} against {_some(keys)}")
    found = outcomes.drop(columns=key).set_axis(pd.Index(keys), axis=0).reindex(rows)
    return pd.concat([found.set_axis(table.index, axis=0), table], axis=1)


def _by_suffix(path: Path, known: dict[str, Callable]) -> Callable:
    suffix = _suffix(path)
    if suffix not in known:
        raise TableError(unknown("table format", suffix or path.name, known))
    return known[suffix]


def _suffix(path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    while suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, low_memory=False, float_precision="round_trip", encoding="utf-8-sig")


def _read_tsv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", low_memory=False, float_precision="round_trip", encoding="utf-8-sig")


def _to_tsv(table: pd.DataFrame, path: Path, *, index: bool) -> None:
    table.to_csv(path, sep="\t", index=index)


def _refuse_text(table: pd.DataFrame, columns: list[str]) -> None:
    text = [column for column in columns if not pd.api.types.is_numeric_dtype(table[column])]
    if not text:
        return
    values = pd.to_numeric(table[text[0]], errors="coerce")
    odd = table.loc[values.isna() & table[text[0]].notna(), text[0]]
    raise TableError(
        f"feature {text[0]!r} must hold numbers; found {_some(odd)} (and {len(text) - 1} more such columns)"
    )


def _some(names: Iterable[object], most: int = 5) -> str:
    found = [repr(name) for name in dict.fromkeys(names)]
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")
