"""The shared tables with known outcomes as studies: which column means what, and what others reached on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radiomix.study import Study
from radiomix.table import read_table

CLASSIFIERS = ("elastic-net", "forest")
SURVIVAL = ("cox",)
COMPETING = ("cause-specific-cox", "fine-gray")


@dataclass(frozen=True)
class Case:
    """A study, the models for it, and how it is evaluated.

    Attributes
    ----------
    file : in the folder of tables
    columns : for `Study`
    known : what an honest evaluation elsewhere reached
    external : a table to be predicted once
    change : what is made of the table first
    """

    name: str
    file: str
    columns: Mapping[str, Any]
    models: tuple[str, ...]
    known: str = ""
    external: str = ""
    change: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    folds: int = 5
    repeats: int = 3

    def study(self, folder: Path) -> Study:
        table = read_table(folder / self.file)
        return Study(table if self.change is None else self.change(table), **self._columns(table))

    def _columns(self, table: pd.DataFrame) -> dict[str, Any]:
        """The columns; clinical ones may be given by how their names begin."""
        clinical = self.columns.get("clinical", ())
        if isinstance(clinical, str):
            clinical = [c for c in table if c.startswith(clinical)]
        return {**self.columns, "clinical": clinical}


def cases(folder: Path) -> Iterator[Case]:
    """All of them, those with a question of their own first."""
    yield from lung()
    yield from brain_and_breast()
    yield from head_and_neck()
    yield from small(folder)


def lung() -> Iterator[Case]:
    yield Case(
        "lung cancer, two centres: survival", "nsclc_os_two_centres.csv",
        {"time": "SurvivalTime", "event": "Event", "patient": "PatientID", "centre": "SourceDataset",
         "clinical": ["Tstage", "Nstage", "Mstage", "age", "Histology"]},
        SURVIVAL, "C: radiomics 0.68, clinical 0.66, both 0.69, volume 0.66, centre 0.64",
    )  # fmt: skip
    yield Case(
        "lung cancer, Harvard to Maastro: two-year survival", "nsclc_2y_harvard.csv.gz",
        {"outcome": "surv2yr", "exclude": ["id"]}, CLASSIFIERS, "external AUC 0.56 to 0.68",
        external="nsclc_2y_maastro.csv.gz", repeats=1,
    )  # fmt: skip
    yield Case(
        "lung cancer, Lung1: survival", "nsclc_os_lung1.csv.gz",
        {"time": "Survival.time", "event": "deadstatus.event", "patient": "id", "exclude": ["surv2yr"],
         "clinical": ["age", "gender", "clinical.T.Stage", "Clinical.N.Stage", "Clinical.M.Stage", "Overall.Stage",
                      "Histology"]},
        SURVIVAL, "C 0.56 to 0.59",
    )  # fmt: skip
    yield Case(
        "lung cancer, PET: survival", "nsclc_pet_os.csv",
        {"time": "Survival", "event": "Status", "exclude": ["row"], "volume": "Volume"}, SURVIVAL, "C 0.59",
    )  # fmt: skip


def brain_and_breast() -> Iterator[Case]:
    yield Case(
        "glioma, MRI: progression-free survival", "glioma_pfs_discovery.csv.gz",
        {"time": "Progression Free Survival", "event": "Censorship", "patient": "SubjectID", "clinical": "clin_",
         "exclude": ["Cohort"]},
        SURVIVAL, "C: clinical 0.74, radiomics 0.50 to 0.59",
    )  # fmt: skip
    yield Case(
        "breast cancer, MRI: complete response", "breast_pcr_mri.csv.gz",
        {"outcome": "pCR", "patient": "ID", "clinical": "clin_", "volume": "clin_tum_vol"},
        CLASSIFIERS, "AUC: radiomics 0.45 to 0.51, clinical 0.78",
    )  # fmt: skip
    yield Case(
        "breast cancer, clinical variables of two trials: complete response", "breast_pcr_clinical.csv",
        {"outcome": "pCR", "patient": "pid", "centre": "dataset", "volume": "tum_vol",
         "features": ["age", "HR", "HER2", "HR_HER2_STATUS", "menopause", "race_white", "race_black", "tum_vol"]},
        CLASSIFIERS, "AUC 0.70", repeats=1,
    )  # fmt: skip


def head_and_neck() -> Iterator[Case]:
    clinical = ["Sex_E1_C1", "WHO_E1_C1", "TsiteGen_E1_C1", "CTNMT_E1_C1", "CTNMN_E1_C1", "Packyears_E1_C1"]
    followed = [
        "StatusDeath", "TimeToDeathOrLastFU", "StatusLocoregiolRecurrence", "TimeToLocoRegiolRecurrence",
        "StatusDistantMetastasis", "TimeToDistantMetastasis",
    ]  # fmt: skip
    columns = {
        "patient": "StudySubjectID", "centre": "Hospital_E1_C1", "clinical": clinical, "volume": "Shape_volume",
        "exclude": followed,
    }  # fmt: skip
    yield Case(
        "head and neck cancer: locoregional recurrence, metastasis and death competing",
        "headneck_os_recurrence_design.csv.gz", columns | {"time": "time", "event": "event"}, COMPETING,
        change=first_event,
    )  # fmt: skip
    yield Case(
        "head and neck cancer: survival", "headneck_os_recurrence_design.csv.gz",
        columns | {"time": "TimeToDeathOrLastFU", "event": "StatusDeath"}, SURVIVAL, "C 0.60",
    )  # fmt: skip
    expected = {"pre": "AUC: pre 0.71 to 0.73, clinical 0.70", "post": "", "delta": "", "all": "AUC 0.72 to 0.77"}
    for when, known in expected.items():
        yield Case(
            f"head and neck cancer, CT and PET, {when}: recurrence", "headneck_delta_recurrence.csv.gz",
            {"outcome": "LRR", "patient": "ID", "clinical": "clin_"}, CLASSIFIERS, known,
            change=partial(of_time, when=when), repeats=1,
        )  # fmt: skip
    yield Case(
        "head and neck cancer, the outcome among the features: recurrence", "trap_label_among_features.csv.gz",
        {"outcome": "LRR", "patient": "ID"}, CLASSIFIERS, "a leak: about 0.98 where it goes unnoticed",
        repeats=1,
    )  # fmt: skip


def small(folder: Path) -> Iterator[Case]:
    """The tables of radMLBench, ten folds each."""
    for path in sorted((folder / "binary").glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        columns = {"outcome": "Target", "patient": "ID"}
        yield Case(name, f"binary/{path.name}", columns, CLASSIFIERS, folds=10, repeats=1)


def first_event(table: pd.DataFrame) -> pd.DataFrame:
    """Which came first: 1 locoregional recurrence, 2 distant metastasis, 3 death, 0 none."""
    pairs = [
        ("StatusLocoregiolRecurrence", "TimeToLocoRegiolRecurrence"),
        ("StatusDistantMetastasis", "TimeToDistantMetastasis"),
        ("StatusDeath", "TimeToDeathOrLastFU"),
    ]
    times = np.column_stack([np.where(table[status] == 1, table[time], np.inf) for status, time in pairs])
    happened = np.isfinite(times).any(axis=1)
    event = np.where(happened, times.argmin(axis=1) + 1, 0)
    time = np.where(happened, times.min(axis=1), table["TimeToDeathOrLastFU"])
    return table.assign(event=event, time=time)


def of_time(table: pd.DataFrame, when: str) -> pd.DataFrame:
    """The features before treatment, after it, their differences, or those before and after."""
    before, after = ([c for c in table if f"_{part}_" in c] for part in ("pre", "post"))
    rest = table.drop(columns=[*before, *after])
    match when:
        case "pre":
            return pd.concat([rest, table[before]], axis=1)
        case "post":
            return pd.concat([rest, table[after]], axis=1)
        case "delta":
            pairs = [(c, c.replace("_pre_", "_post_")) for c in before if c.replace("_pre_", "_post_") in table]
            change = {a.replace("_pre_", "_delta_"): table[b] - table[a] for a, b in pairs}
            return pd.concat([rest, pd.DataFrame(change)], axis=1)
        case _:
            return table
