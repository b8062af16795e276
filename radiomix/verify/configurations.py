"""The IBSI's configurations A to E on its CT phantom."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..errors import UnreadableFile
from ..extraction import extract
from ..io import read_image, read_labels
from .check import Check, compared, reference_rows

REFERENCE = "reference/ibsi1_reference_values.csv"
IMAGE = "phantoms/ct/image/phantom.nii.gz"
MASK = "phantoms/ct/mask/mask.nii.gz"


def check_configurations(folder: Path) -> list[Check]:
    """Each published value of configurations A to E beside ours.

    Parameters
    ----------
    folder : holds `reference/ibsi1_reference_values.csv` and `phantoms/ct`

    Raises
    ------
    UnreadableFile : a file is missing
    """
    image, mask = read_image(found(folder, IMAGE)), read_labels(found(folder, MASK))
    table = found(folder, REFERENCE)
    checks = []
    for letter in "ABCDE":
        values = extract(image, mask, Config.preset(f"ibsi-{letter}")).to_dict()
        rows = [standardised(row) for row in reference_rows(table, dataset=f"config_{letter}")]
        checks += compared(f"configuration {letter}", rows, values)
    return checks


def standardised(row: dict[str, str]) -> dict[str, str]:
    """A row of the reference tables with this package's names for its columns and aggregations."""
    aggregation = row.get("aggregation", "").replace(", ", "").replace("-", "")
    return {
        "code": row["feature_id"],
        "term": row["feature_name"],
        "aggregation": aggregation,
        "value": row["value"],
        "tolerance": row["tolerance"],
    }


def found(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise UnreadableFile(f"expected {name} in the IBSI's data folder; found nothing at {path}")
    return path
