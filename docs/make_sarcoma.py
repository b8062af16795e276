"""Write docs/sarcoma.md: the IBSI's processing of its sarcoma cohort, on the patients of a folder.

    python docs/make_sarcoma.py SARCOMAS IBSI

SARCOMAS holds a folder per patient with <modality>_image.nii.gz and <modality>_mask.nii.gz; IBSI is the folder that
`radiomix verify --data` takes. CT and MR are computed for the first two patients, PET for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

import radiomix as rx
from radiomix.config import Config, ImageType
from radiomix.filters.published import filter_of_configuration
from radiomix.io import read_labels
from radiomix.registry import Original

PAGE = Path(__file__).with_name("sarcoma.md")
MODALITIES = {"CT": ("CT", 2), "MR_T1": ("MR", 2), "PET": ("PET", None)}  # preset's name, how many patients
INTENSITY_RANGE = {"CT": (-200.0, 200.0), "MR": (0.0, np.inf), "PET": (0.0, np.inf)}
BIN_WIDTH = {"CT": 10.0, "MR": 10.0, "PET": 0.25}
FILTERS = "reference/ibsi2_phase3_configurations.json"

HEAD = """# The IBSI's sarcoma cohort

Written by `docs/make_sarcoma.py`; do not edit. Patients with soft-tissue sarcoma, CT, T1-weighted MR and FDG-PET, with
the processing that the IBSI published for its validation: the presets `ibsi-sarcoma-CT`, `-MR` and `-PET` for all
features of IBSI 1, and the same images and masks with the filters of IBSI 2, phase 3, for the intensity statistics. The
IBSI published no reference values for single patients, so nothing here is a verdict; `radiomix verify` gives those.

```python
features = rx.extract("CT_image.nii.gz", "CT_mask.nii.gz", rx.Config.preset("ibsi-sarcoma-CT"))
```
"""
CHECKED = """
Checked in every case: there are 174 columns, one per feature of the standard, and 18 per filtered image; all numbers
are finite; intensities lie within the re-segmentation range; the mean intensity lies within half a bin of the one that
the mean grey level stands for, bins counted from the lower bound of that range. What did not hold:
"""


@dataclass(frozen=True)
class Case:
    """What one patient's image gave.

    plain, filtered : columns of the unfiltered and the filtered images
    seconds, filtered_seconds : of one core
    """

    patient: str
    modality: str
    plain: Mapping[str, float]
    filtered: Mapping[str, float]
    seconds: float
    filtered_seconds: float

    def __getitem__(self, feature: str) -> float:
        return self.plain[f"original_{feature}"]

    @property
    def complaints(self) -> Iterator[str]:
        images = len({column.split("_")[0] for column in self.filtered})
        if (len(self.plain), len(self.filtered)) != (174, 18 * images):
            yield f"{len(self.plain)} and {len(self.filtered)} columns"
        for column, value in {**self.filtered, **self.plain}.items():
            if not np.isfinite(value):
                yield f"{column} is {value}"
        low, high = INTENSITY_RANGE[self.modality]
        if not low <= self["firstorder_Minimum"] <= self["firstorder_Maximum"] <= high:
            yield "intensities lie outside the range of re-segmentation"
        width = BIN_WIDTH[self.modality]
        if abs(self["firstorder_Mean"] - (low + (self["histogram_Mean"] - 0.5) * width)) > width / 2:
            yield "grey levels do not stand for the intensities"


def measured(image: rx.Image, mask: rx.Image, config: Config) -> tuple[Mapping[str, float], float]:
    start = process_time()
    return rx.extract(image, mask, config).to_dict(), process_time() - start


def case_of(folder: Path, name: str, filters: Mapping[str, Any]) -> Case:
    modality = MODALITIES[name][0]
    image = rx.read_image(folder / f"{name}_image.nii.gz")
    mask = read_labels(folder / f"{name}_mask.nii.gz")
    config = Config.preset(f"ibsi-sarcoma-{modality}")
    made = [Original() if f["filter"] == "none" else filter_of_configuration(f) for f in filters.values()]
    filtered_config = config.with_(images=tuple(map(ImageType, made)), features=(("firstorder", None),))
    plain, seconds = measured(image, mask, config)
    filtered, filtered_seconds = measured(image, mask, filtered_config)
    return Case(folder.name, modality, plain, filtered, seconds, filtered_seconds)


def row(values: list[object]) -> str:
    return f"| {' | '.join(str(value) for value in values)} |"


def spread(values: list[float]) -> str:
    return f"{median(values):.2g} ({min(values):.2g} to {max(values):.2g})"


def overview(cases: list[Case]) -> Iterator[str]:
    head = ["modality", "patients", "features", "seconds", "filtered images", "statistics", "seconds"]
    yield from (row(head), row(["---"] * len(head)))
    for modality in dict.fromkeys(case.modality for case in cases):
        chosen = [case for case in cases if case.modality == modality]
        first = chosen[0]
        images = len({column.split("_")[0] for column in first.filtered})
        times = spread([case.seconds for case in chosen]), spread([case.filtered_seconds for case in chosen])
        yield row([modality, len(chosen), len(first.plain), times[0], images, len(first.filtered), times[1]])


COLUMNS = {
    "volume, ml": lambda case: f"{case['shape_MeshVolume'] / 1000:.1f}",
    "mean": lambda case: f"{case['firstorder_Mean']:.4g}",
    "minimum": lambda case: f"{case['firstorder_Minimum']:.4g}",
    "maximum": lambda case: f"{case['firstorder_Maximum']:.4g}",
    "grey levels": lambda case: f"{case['histogram_Maximum']:.0f}",
    "GLCM joint entropy": lambda case: f"{case['glcm_JointEntropy']:.3f}",
    "GLSZM zone percentage": lambda case: f"{case['glszm_ZonePercentage']:.3f}",
    "Moran's I": lambda case: f"{case['shape_MoransI']:.4f}",
}


def page(cases: list[Case]) -> str:
    wrong = [f"- {case.patient} {case.modality}: {told}" for case in cases for told in case.complaints]
    head = ["patient", "modality", *COLUMNS]
    rows = [row([case.patient, case.modality, *(show(case) for show in COLUMNS.values())]) for case in cases]
    times = "Seconds are of one core, with the image in memory: the median (and the least to the greatest)."
    lines = [HEAD, *overview(cases), "", times, CHECKED, *(wrong or ["- nothing: all of it holds"])]
    return "\n".join([*lines, "", "## Cases", "", row(head), row(["---"] * len(head)), *rows]) + "\n"


def main(sarcomas: Path, ibsi: Path) -> None:
    filters = json.loads((ibsi / FILTERS).read_text(encoding="utf-8"))["filters"]
    patients = sorted(folder for folder in sarcomas.iterdir() if folder.is_dir())
    case_of(patients[0], "PET", filters)  # compiles
    cases = [case_of(folder, name, filters) for name, (_, most) in MODALITIES.items() for folder in patients[:most]]
    PAGE.write_text(page(cases), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
