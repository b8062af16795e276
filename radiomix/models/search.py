"""Which candidates tuning tries: a random part of the grid, or where earlier ones did well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np

from ..errors import MissingDependency

Space = Mapping[str, Sequence[Any]]


class Search(StrEnum):
    """How candidates are found.

    RANDOM : a random part of the grid
    BAYES : one after the other, by a model of the scores so far (Optuna's TPE)
    """

    RANDOM = "random"
    BAYES = "bayes"


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate, and how it did.

    Attributes
    ----------
    candidate : pipeline parameter -> value
    scores : shape (inner folds, criteria), more is better; NaN where a fold does not define it
    out_of_fold : its predicted scores, inner fold after inner fold
    """

    candidate: dict[str, Any]
    scores: np.ndarray
    out_of_fold: np.ndarray


def search(kind: str, space: Space, most: int, seed: int, score: Callable[[dict[str, Any]], Trial]) -> list[Trial]:
    """Try at most `most` candidates, all of them when there are no more. Trials come in the grid's order."""
    if kind == Search.BAYES and np.prod([len(values) for values in space.values()]) > most:
        return _bayes(space, most, seed, score)
    return [score(candidate) for candidate in draw(space, most, seed)]


def draw(space: Space, most: int, seed: int) -> list[dict[str, Any]]:
    """The whole grid in its order when it is small, else a random part of it in its order."""
    grid = [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    if len(grid) <= most:
        return grid
    chosen = np.sort(np.random.default_rng([seed, 7]).choice(len(grid), most, replace=False))
    return [grid[i] for i in chosen]


def _bayes(space: Space, most: int, seed: int, score: Callable[[dict[str, Any]], Trial]) -> list[Trial]:
    """Tree-structured Parzen estimators over positions in the grid, for all criteria at once.

    Source: Bergstra J et al. Algorithms for hyper-parameter optimization. NIPS 2011.
    """
    optuna = _optuna()
    positions = {name: optuna.distributions.IntDistribution(0, len(values) - 1) for name, values in space.items()}
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(2, most // 3))
    tried: dict[tuple[int, ...], Trial] = {}
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it announces every study
    try:
        study = optuna.create_study(directions=["maximize", "maximize"], sampler=sampler)
        for _ in range(10 * most):  # a position may be proposed again
            if len(tried) == most:
                break
            asked = study.ask(positions)
            where = tuple(asked.params[name] for name in space)
            if where not in tried:
                tried[where] = score({name: space[name][i] for name, i in zip(space, where, strict=True)})
            reached = [mean_of_known(of_criterion) for of_criterion in tried[where].scores.T]
            study.tell(asked, [value if np.isfinite(value) else -1e9 for value in reached])
    finally:
        optuna.logging.set_verbosity(before)
    return [tried[where] for where in sorted(tried)]


def mean_of_known(scores: np.ndarray) -> float:
    """NaN where none is known."""
    known = scores[np.isfinite(scores)]
    return float(known.mean()) if len(known) else np.nan


def _optuna() -> Any:
    try:
        return import_module("optuna")
    except ImportError as error:
        raise MissingDependency.needed_for("search='bayes'", "optuna", "bayes") from error
