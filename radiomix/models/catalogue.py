"""The models by name: what they serve, how they are made, and what is searched when they are tuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ..errors import ModelError, unknown
from .outcome import Task
from .preprocessing import Informative, MedianImputer, SoftScale, Tidy
from .selection import CorrelationClusters, Univariate
from .survival import Cox

__all__ = ["TRUSTED", "ModelSpec", "Task", "get", "list_models"]


class MakePipeline(Protocol):
    def __call__(self, task: Task, random_state: int | None = None, *, clinical: Sequence[str] = ()) -> Pipeline: ...


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalogue.

    Attributes
    ----------
    name, title : for people who type and for people who read
    tasks : the kinds of outcome it serves
    make : `make(task, random_state, clinical=())` gives a fresh pipeline that takes a DataFrame (numbers, text, NaN,
        infinities) and holds everything that learns; selection never drops the columns named in `clinical`
    space : pipeline parameter -> values to draw from, from the simplest model to the most flexible
    cost : the time of one fit, in units of the elastic net's
    """

    name: str
    title: str
    tasks: frozenset[Task]
    make: MakePipeline
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    cost: float = 1.0


def _linear_steps(task: Task, clinical: Sequence[str], k: int = 30) -> list[tuple[str, Any]]:
    keep = tuple(clinical)
    return [
        ("tidy", Tidy()),
        ("informative", Informative(keep=keep)),
        ("impute", MedianImputer()),
        ("scale", SoftScale()),
        ("clusters", CorrelationClusters(keep=keep)),
        ("select", Univariate(k=k, task=task, keep=keep)),
    ]


def _elastic_net(task: Task, random_state: int | None = None, *, clinical: Sequence[str] = ()) -> Pipeline:
    model = LogisticRegression(C=0.1, l1_ratio=0.5, solver="saga", tol=1e-3, max_iter=2000, random_state=random_state)
    return Pipeline([*_linear_steps(task, clinical), ("model", model)])


def _cox(task: Task, random_state: int | None = None, *, clinical: Sequence[str] = ()) -> Pipeline:
    return Pipeline([*_linear_steps(task, clinical), ("model", Cox())])


_ALL: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="elastic-net",
        title="Logistic regression with an elastic net",
        tasks=frozenset({Task.BINARY, Task.MULTICLASS}),
        make=_elastic_net,
        space={"model__C": [0.01, 0.03, 0.1, 0.3, 1.0]},
    ),
    ModelSpec(
        name="cox",
        title="Cox's proportional hazards with an elastic net",
        tasks=frozenset({Task.SURVIVAL}),
        make=_cox,
        space={"model__penalty": [1.0, 0.3, 0.1, 0.03]},
    ),
)

MODELS: Mapping[str, ModelSpec] = {spec.name: spec for spec in _ALL}

TRUSTED: tuple[str, ...] = ()
"""The types that a model file may hold beyond those skops knows: the `trusted` list for `skops.io.loads`."""


def get(name: str) -> ModelSpec:
    """The model of that name.

    Raises
    ------
    ModelError : no such model; the message has the nearest spelling
    """
    if name not in MODELS:
        raise ModelError(unknown("model", name, MODELS))
    return MODELS[name]


def list_models() -> pd.DataFrame:
    """One row per model: its title and the kinds of outcome it serves."""
    rows = [
        {"model": m.name, "title": m.title, "serves": ", ".join(t.value for t in Task if t in m.tasks)} for m in _ALL
    ]
    return pd.DataFrame(rows).set_index("model")
