"""What stands beside a score: prevalence, volume, clinical variables, centre, and voxels or outcomes shuffled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from . import catalogue
from .catalogue import ModelSpec
from .metrics_survival import Curve, kaplan_meier
from .nested import Learner
from .outcome import Outcome, Task


class Kind(Enum):
    """Whether a row of the summary was asked for or stands beside it."""

    MODEL = "model"
    CONTROL = "control"


PREVALENCE = "prevalence"
VOLUME = "volume only"
CLINICAL = "clinical only"
BOTH = "clinical + radiomics"
CENTRE = "centre only"
SHUFFLED = "shuffled voxels"
PERMUTED = "permuted outcome"


@dataclass(frozen=True, eq=False)
class Arm:
    """One row of the summary: what is fitted, on which columns."""

    name: str
    kind: Kind
    title: str
    columns: tuple[str, ...]
    learner: Learner
    model: str
    beside: tuple[str, ...] = ()  # columns that prepare the others, such as the centre for harmonisation

    @property
    def needed(self) -> tuple[str, ...]:
        """What a table must hold: the model's columns, and those beside them."""
        return (*self.columns, *(c for c in self.beside if c not in self.columns))


class Prevalence(BaseEstimator):
    """Predicts for everybody what is true on average in the training part: nothing is learnt from the columns."""

    def fit(self, X: pd.DataFrame, y: Outcome) -> Prevalence:
        y = np.asarray(y)
        if y.dtype.names:
            self.times_, self.survival_ = _average_survival(y)
        elif y.dtype.kind in "iub":
            self.classes_, counts = np.unique(y, return_counts=True)
            self.share_ = counts / len(y)
        else:
            self.mean_ = float(y.mean())
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.tile(self.share_, (len(X), 1))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), getattr(self, "mean_", 0.0))

    def predict_survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        return np.tile(Curve(self.times_, self.survival_).at(times), (len(X), 1))

    def predict_incidence(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        return 1 - self.predict_survival(X, times)


def find_volume(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that hold the lesion's volume, by their names; empty where none is recognised."""
    for pattern in _VOLUME_NAMES:
        found = tuple(c for c in columns if pattern.search(str(c)))
        if found:
            return found
    return ()


_VOLUME_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        r"original_shape_MeshVolume$",
        r"original_shape_VoxelVolume$",
        r"(?i)original_shape_volume",
        r"(?i)shape_(?:mesh|voxel)?volume(?![a-z])",
        r"(?i)(?:^|[_\W])(?:tum(?:ou?r)?[_\W]?)?vol(?:ume)?(?:[_\W]|$)",
    )
)


def model_arm(spec: ModelSpec, task: Task, columns: Sequence[str], clinical: Sequence[str], **tuning: Any) -> Arm:
    """The arm of a model asked for."""
    return Arm(
        spec.name, Kind.MODEL, spec.title, tuple(columns), learner(spec, task, columns, clinical, **tuning), spec.name
    )


def control_arms(
    spec: ModelSpec,
    task: Task,
    *,
    features: Sequence[str],
    volume: Sequence[str] = (),
    clinical: Sequence[str] = (),
    centre: str | None = None,
    shuffled: Sequence[str] = (),
    **tuning: Any,
) -> list[Arm]:
    """The controls that this table allows, all but the permuted outcome.

    Volume, clinical variables and centre alone go through the plain linear model of the task; clinical variables and
    radiomics together, and the features of shuffled voxels, go through `spec`, the first model asked for.
    """
    plain = plain_model(task)
    arms = [
        Arm(PREVALENCE, Kind.CONTROL, "The same prediction for everybody", tuple(features[:1]), _NOTHING, PREVALENCE)
    ]
    alone = ((VOLUME, volume, ()), (CLINICAL, clinical, clinical), (CENTRE, (centre,) if centre else (), ()))
    for name, columns, kept in alone:
        if columns:
            title = f"{name.capitalize()}: {', '.join(columns[:4])}{' ...' if len(columns) > 4 else ''}"
            made = learner(plain, task, columns, kept, **tuning)
            arms.append(Arm(name, Kind.CONTROL, title, tuple(columns), made, plain.name))
    if shuffled:
        made = learner(spec, task, shuffled, (), **tuning)
        title = f"{spec.title} on features of voxels shuffled inside the ROI"
        arms.append(Arm(SHUFFLED, Kind.CONTROL, title, tuple(shuffled), made, spec.name))
    if clinical:
        both = (*clinical, *(f for f in features if f not in set(clinical)))
        made = learner(spec, task, both, clinical, **tuning)
        arms.append(Arm(BOTH, Kind.CONTROL, f"{spec.title} on clinical variables and radiomics", both, made, spec.name))
    return arms


def learner(spec: ModelSpec, task: Task, columns: Sequence[str], clinical: Sequence[str], **tuning: Any) -> Learner:
    kept = tuple(c for c in clinical if c in set(columns))
    return Learner(partial(spec.make, task, clinical=kept), spec.searched(kept, columns), **tuning)


def plain_model(task: Task) -> ModelSpec:
    """The linear model that controls are fitted with."""
    return catalogue.get(_PLAIN[task])


_PLAIN = {
    Task.BINARY: "ridge",
    Task.MULTICLASS: "ridge",
    Task.ORDINAL: "proportional-odds",
    Task.CONTINUOUS: "ridge",
    Task.SURVIVAL: "cox",
    Task.COMPETING: "cause-specific-cox",
}


def permuted(y: Outcome, patients: np.ndarray, random_state: int) -> Outcome:
    """The outcomes dealt anew to the patients; a patient's rows keep one outcome where they had one."""
    rng = np.random.default_rng([random_state, 99])
    _, first, owner = np.unique(patients, return_index=True, return_inverse=True)
    if np.array_equal(y[first][owner], y):
        return y[first][rng.permutation(len(first))][owner]
    return y[rng.permutation(len(y))]


def _make_prevalence(random_state: int) -> Pipeline:
    return Pipeline([("model", Prevalence())])


_NOTHING = Learner(_make_prevalence)


def _average_survival(y: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Kaplan-Meier, or with competing events 1 - the cumulative incidence (Aalen-Johansen) of the first."""
    event, time = y["event"].astype(int), y["time"]
    free = kaplan_meier(event > 0, time)
    if event.max() <= 1:
        return free.times, free.values
    of_interest = np.array([np.sum((time == t) & (event == 1)) for t in free.times])
    hazard = of_interest / free.at_risk
    return free.times, 1 - np.cumsum(free.before(free.times) * hazard)
