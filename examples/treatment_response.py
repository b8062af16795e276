"""Treatment response: features before and after the first cycle, and their relative change.

Responders' lesions become more homogeneous and a little smaller; the others do not. Run it cell by cell, or whole:
`python examples/treatment_response.py [folder] [patients]`.
"""

# %% Two visits per patient, written as NIfTI files
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import radiomix as rx
from radiomix.datasets import SITES, make_lesion
from radiomix.io import write_image


def write_visits(folder: Path, patients: int, seed: int = 5) -> pd.DataFrame:
    """Baseline and follow-up of every patient; half respond."""
    rng = np.random.default_rng(seed)
    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(patients):
        responds = number % 2
        heterogeneity, fineness, spiculation, size = rng.standard_normal(4)
        for visit, effect in (("pre", 0.0), ("post", -0.7 * responds)):
            now = heterogeneity + effect + 0.5 * rng.standard_normal()  # no lesion looks the same twice
            image, mask = make_lesion(now, fineness, spiculation, size + effect / 4, SITES[0], rng)
            paths = {
                "Image": folder / f"{number:03d}_{visit}.nii.gz",
                "Mask": folder / f"{number:03d}_{visit}_roi.nii.gz",
            }
            write_image(image, paths["Image"])
            write_image(mask, paths["Mask"])
            rows.append({"ID": f"{number:03d}", "visit": visit, "responder": responds, **paths})
    return pd.DataFrame(rows)


def change(table: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: baseline features, and `delta_` columns with the relative change at follow-up."""
    features = [column for column in table if column.startswith("original_")]
    visits = {name: rows.set_index("ID") for name, rows in table.groupby("visit")}
    before, after = visits["pre"][features], visits["post"][features]
    delta = ((after - before) / before.abs().where(before != 0)).add_prefix("delta_")
    return before.join(delta).join(visits["pre"]["responder"]).reset_index()


def main(folder: Path, patients: int) -> None:
    # %% Features of both visits in one table, then their change
    cases = write_visits(folder / "images", patients)
    config = rx.Config.pyradiomics(bins=rx.FixedBinWidth(10))
    table = rx.extract_cases(cases, config, out=folder / "features.csv", workers=1)
    paired = change(table)

    # %% Does the change say more than the baseline? The same patients, the same folds
    options = {"repeats": 1, "permutations": 3, "candidates": 4, "inner_folds": 3, "seed": 0, "workers": 1}
    delta = [column for column in paired if column.startswith("delta_")]
    for name, columns in (("baseline", [c.removeprefix("delta_") for c in delta]), ("change", delta)):
        study = rx.Study(paired, outcome="responder", patient="ID", features=columns)
        result = study.evaluate(["elastic-net"], **options)
        print(
            name, result.summary().loc["elastic-net", ["auc", "auc_low", "auc_high"]].astype(float).round(2).to_dict()
        )
        print(result.report(folder / f"{name}.html"))


if __name__ == "__main__":
    folder, count = (*sys.argv[1:], *("run/treatment-response", "40")[len(sys.argv) - 1 :])
    main(Path(folder), int(count))
