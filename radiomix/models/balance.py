"""Rare classes, balanced inside the training fold and nowhere else."""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from typing import Any

from sklearn.pipeline import Pipeline

from ..errors import MissingDependency, ModelError
from .outcome import Task


class Balance(Enum):
    """What is done about classes of different size."""

    NONE = ""
    WEIGHTS = "weights"  # each class weighs the same
    OVER = "over"  # cases of small classes are repeated
    UNDER = "under"  # cases of large classes are dropped
    SMOTE = "smote"  # cases of small classes are invented between neighbours


def balanced(
    steps: list[tuple[str, Any]], model: Any, balance: Balance, task: Task, random_state: int | None
) -> Pipeline:
    """The pipeline of these steps and the model, with a sampler between them or weights in the model.

    Raises
    ------
    ModelError : the outcome has no classes, or the model takes no class weights
    MissingDependency : a sampler is asked for and imbalanced-learn is absent
    """
    if balance is not Balance.NONE and not task.has_classes:
        raise ModelError(f"'+{balance.value}' balances classes; a {task.value} outcome has none")
    match balance:
        case Balance.NONE:
            return Pipeline([*steps, ("model", model)])
        case Balance.WEIGHTS:
            return Pipeline([*steps, ("model", _weighted(model))])
        case _:
            sampler = _sampler(balance, random_state)
            return import_module("imblearn.pipeline").Pipeline([*steps, ("balance", sampler), ("model", model)])


def _weighted(model: Any) -> Any:
    settings = [name for name in model.get_params() if name.rpartition("__")[2] == "class_weight"]
    if not settings:
        raise ModelError(f"{type(model).__name__} takes no class weights: use '+over' or '+under'")
    return model.set_params(**dict.fromkeys(settings, "balanced"))


def _sampler(balance: Balance, random_state: int | None) -> Any:
    try:
        over, under = import_module("imblearn.over_sampling"), import_module("imblearn.under_sampling")
    except ImportError as error:
        raise MissingDependency.needed_for(f"'+{balance.value}'", "imbalanced-learn", "imbalance") from error
    match balance:
        case Balance.OVER:
            return over.RandomOverSampler(random_state=random_state)
        case Balance.UNDER:
            return under.RandomUnderSampler(random_state=random_state)
        case _:
            return over.SMOTE(k_neighbors=3, random_state=random_state)
