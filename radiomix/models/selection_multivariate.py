"""Selection that looks at columns together, or at knowledge from outside the table; transformers with `get_support`.

Columns should be complete and on comparable scales; in a catalogue's pipeline these take the place of the univariate
step: `pipeline.set_params(select=MinimumRedundancy(20))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_feature_names_in

from ..errors import ConfigError, MissingColumn, unknown
from .association import association, task_of
from .frames import Selector, Values
from .linear import PenalisedLinear
from .outcome import Task, only_cause
from .partial_likelihood import elastic_net
from .selection import rank_correlation
from .survival import null_residuals, rows_of


def _task(task: Task | str | None, y: Any) -> Task:
    return Task(task) if task else task_of(y)


class MinimumRedundancy(Selector):
    """mRMR: columns added one at a time, each the one with the highest relevance less redundancy.

    Relevance is the association with the outcome on the scale of a correlation (the root of `association`'s statistic
    over its largest value), redundancy the mean |Spearman's rho| with the columns taken so far.

    Parameters
    ----------
    k : number of columns to keep
    task : kind of outcome, a `Task` or its value; None judges by the array
    keep : columns never dropped; redundancy with them counts

    Attributes
    ----------
    order_ : (k,) positions of the columns in the order in which they were taken

    Source: Ding C, Peng H. Minimum redundancy feature selection from microarray gene expression data. J Bioinform
    Comput Biol 2005;3:185-205 (the difference).
    """

    def __init__(self, k: int = 20, task: Task | str | None = None, keep: tuple[str, ...] = ()) -> None:
        self.k = k
        self.task = task
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        task = _task(self.task, y)
        largest = (y["event"] == 1).sum() if task.has_times else len(values) - 1
        relevance = np.sqrt(association(values, y, task)[0] / largest)
        likeness, taken = np.abs(rank_correlation(values)), self._protected()
        redundancy, count = likeness[:, taken].sum(axis=1), int(taken.sum())
        order = []
        for _ in range(min(self.k, int((~taken).sum()))):
            gain = relevance - redundancy / max(count, 1)
            best = int(np.argmax(np.where(taken, -np.inf, gain)))
            taken[best] = True
            order.append(best)
            redundancy, count = redundancy + likeness[best], count + 1
        self.order_ = np.array(order, dtype=int)
        return taken


def sparse_path(values: Values, y: Any, task: Task, most: int) -> NDArray[np.bool_]:
    """(p,) the columns of the least penalised L1 model on a path that uses at most `most` of them (at least one)."""
    spread = values.std(axis=0)
    standard = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    chosen, coefficients = np.zeros(values.shape[1], dtype=bool), np.zeros(values.shape[1])
    for strength in np.geomspace(1.0, 0.01, 15):
        coefficients = _lasso_coefficients(standard, y, task, strength, coefficients)
        if np.count_nonzero(coefficients) > most:
            break
        chosen = coefficients != 0
    if not chosen.any():
        chosen[np.argmax(association(values, y, task)[0])] = True
    return chosen


def _lasso_coefficients(standard: Values, y: Any, task: Task, strength: float, start: Values) -> Values:
    """(p,) coefficients of the L1 model; `strength` is the penalty per case, `start` where Cox's iterations begin."""
    C = 1 / (strength * len(standard))
    match task:
        case Task.BINARY | Task.MULTICLASS:
            model = LogisticRegression(C=C, l1_ratio=1.0, solver="saga", tol=1e-2, max_iter=2000, random_state=0)
            return np.abs(model.fit(standard, y).coef_).max(axis=0)
        case Task.CONTINUOUS | Task.ORDINAL:
            numbers = np.unique(y, return_inverse=True)[1] if task is Task.ORDINAL else y
            return PenalisedLinear(C=C, l1_ratio=1.0).fit(standard, numbers).coef_
        case Task.SURVIVAL | Task.COMPETING:
            penalty = np.full(len(start), strength)
            return elastic_net(rows_of(standard, only_cause(y)), penalty=penalty, l1_ratio=1.0, start=start).beta


class Lasso(Selector):
    """The columns that an L1-penalised model of the outcome uses, at the weakest penalty that uses at most k.

    Parameters
    ----------
    k : the most columns
    screen : only the columns most strongly associated one by one are offered to the model
    task : kind of outcome, a `Task` or its value; None judges by the array
    keep : columns never dropped
    """

    _gaps = False

    def __init__(
        self, k: int = 20, screen: int = 200, task: Task | str | None = None, keep: tuple[str, ...] = ()
    ) -> None:
        self.k = k
        self.screen = screen
        self.task = task
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        return _screened_path(values, y, _task(self.task, y), self.screen, self.k)


def _screened_path(values: Values, y: Any, task: Task, screen: int, most: int) -> NDArray[np.bool_]:
    strongest = np.argsort(-association(values, y, task)[0], kind="stable")[:screen]
    chosen = np.zeros(values.shape[1], dtype=bool)
    chosen[strongest] = sparse_path(values[:, strongest], y, task, most)
    return chosen


class StabilitySelection(Selector):
    """The columns that the lasso takes again and again on random halves of the cases (complementary pairs).

    Parameters
    ----------
    k : the most columns taken on each half
    threshold : the least share of halves; the most frequent column is kept when none reaches it
    pairs : number of pairs of halves
    screen : as for `Lasso`, on each half
    task : kind of outcome, a `Task` or its value; None judges by the array
    keep : columns never dropped

    Attributes
    ----------
    frequency_ : (p,) the share of halves in which each column was taken
    false_bound_ : the expected number of columns kept by chance is at most this, for `threshold` > 1/2

    Source: Meinshausen N, Bühlmann P. Stability selection. J R Stat Soc B 2010;72:417-473. Shah RD, Samworth RJ.
    Variable selection with error control. J R Stat Soc B 2013;75:55-80.
    """

    _gaps = False

    def __init__(
        self,
        k: int = 10,
        threshold: float = 0.6,
        pairs: int = 25,
        screen: int = 50,
        task: Task | str | None = None,
        keep: tuple[str, ...] = (),
        random_state: int | None = None,
    ) -> None:
        self.k = k
        self.threshold = threshold
        self.pairs = pairs
        self.screen = screen
        self.task = task
        self.keep = keep
        self.random_state = random_state

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        random, task = check_random_state(self.random_state), _task(self.task, y)
        taken = [
            _screened_path(values[half], y[half], task, self.screen, self.k)
            for _ in range(self.pairs)
            for half in _halves(np.asarray(y), task, random)
        ]
        self.frequency_ = np.mean(taken, axis=0)
        mean_taken = float(np.sum(taken, axis=1).mean())
        self.false_bound_ = (
            mean_taken**2 / ((2 * self.threshold - 1) * values.shape[1]) if self.threshold > 0.5 else np.inf
        )
        return self.frequency_ >= min(self.threshold, self.frequency_.max())


def _halves(y: Any, task: Task, random: np.random.RandomState) -> list[NDArray[np.intp]]:
    """Two halves of the cases, each with its share of every class or of the events."""
    match task:
        case Task.CONTINUOUS:
            groups = np.zeros(len(y), dtype=int)
        case Task.SURVIVAL | Task.COMPETING:
            groups = y["event"].astype(int)
        case _:
            groups = np.unique(y, return_inverse=True)[1]
    order = random.permutation(len(y))
    order = order[np.argsort(groups[order], kind="stable")]
    return [np.sort(order[0::2]), np.sort(order[1::2])]


class Boruta(Selector):
    """The columns that a forest finds more important than shuffled columns, more often than chance would.

    Each round fits a forest to the columns beside shuffled copies of them; a column hits when its importance exceeds
    that of every copy. Kept are the columns with more hits than a fair coin would give (one-sided binomial test,
    Benjamini-Hochberg over columns); the one with the most hits when none is. Times to an event enter as the
    martingale residuals of the model without covariates.

    Parameters
    ----------
    rounds : number of forests
    trees : in each
    level : false discovery rate
    task : kind of outcome, a `Task` or its value; None judges by the array
    keep : columns never dropped

    Attributes
    ----------
    hits_ : (p,) number of rounds in which the column beat every copy

    Source: Kursa MB, Rudnicki WR. Feature selection with the Boruta package. J Stat Softw 2010;36(11).
    """

    _gaps = False

    def __init__(
        self,
        rounds: int = 20,
        trees: int = 60,
        level: float = 0.05,
        task: Task | str | None = None,
        keep: tuple[str, ...] = (),
        random_state: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.trees = trees
        self.level = level
        self.task = task
        self.keep = keep
        self.random_state = random_state

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        random, p = check_random_state(self.random_state), values.shape[1]
        target, kind = _for_a_forest(y, _task(self.task, y))
        hits, importance = np.zeros(p), np.zeros(p)
        for _ in range(self.rounds):
            copies = np.column_stack([random.permutation(column) for column in values.T])
            forest = kind(self.trees, max_features="sqrt", max_depth=5, random_state=random.randint(2**31 - 1))
            found = forest.fit(np.hstack([values, copies]), target).feature_importances_
            hits += found[:p] > found[p:].max()
            importance += found[:p]
        self.hits_ = hits
        by_chance = stats.binom.sf(hits - 1, self.rounds, 0.5)
        chosen = stats.false_discovery_control(by_chance) <= self.level
        chosen[np.lexsort([importance, hits])[-1]] |= not chosen.any()
        return chosen


def _for_a_forest(y: Any, task: Task) -> tuple[Any, Any]:
    match task:
        case Task.BINARY | Task.MULTICLASS:
            return y, RandomForestClassifier
        case Task.CONTINUOUS:
            return y, RandomForestRegressor
        case Task.ORDINAL:
            return np.unique(y, return_inverse=True)[1], RandomForestRegressor
        case Task.SURVIVAL | Task.COMPETING:
            return null_residuals(only_cause(y)), RandomForestRegressor


class Robust(Selector):
    """The columns that repeat themselves when the segmentation does.

    Parameters
    ----------
    icc : column -> intraclass correlation from perturbed or repeated segmentations (of other patients, or of training
        patients); such as `feature_robustness(...)["icc2"].to_dict()`
    threshold : the least ICC; an undefined one (NaN) does not reach it
    keep : columns never dropped. Columns that the mapping lacks (clinical ones) are kept as well

    Raises
    ------
    ConfigError : none of the columns has an ICC: the names do not match
    """

    def __init__(
        self, icc: Mapping[str, float] | None = None, threshold: float = 0.75, keep: tuple[str, ...] = ()
    ) -> None:
        self.icc = icc
        self.threshold = threshold
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        names, known = [str(name) for name in _check_feature_names_in(self)], dict(self.icc or {})
        if not any(name in known for name in names):
            raise ConfigError(
                f"none of the {len(names)} columns ({names[0]!r}, ...) has an ICC among the {len(known)} given "
                f"({next(iter(known), None)!r}, ...): use the same column names"
            )
        return np.array([known.get(name, np.inf) >= self.threshold for name in names])


class NotVolume(Selector):
    """The columns that are not the lesion's volume in disguise, and the volume itself.

    Parameters
    ----------
    volume : the column of the volume
    threshold : |Spearman's rho| with the volume at and above which a column is dropped
    keep : columns never dropped

    Raises
    ------
    MissingColumn : the volume is not among the columns
    """

    def __init__(
        self, volume: str = "original_shape_MeshVolume", threshold: float = 0.8, keep: tuple[str, ...] = ()
    ) -> None:
        self.volume = volume
        self.threshold = threshold
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        names = [str(name) for name in _check_feature_names_in(self)]
        if self.volume not in names:
            raise MissingColumn(unknown("volume column", self.volume, names[:20]))
        at = names.index(self.volume)
        chosen = np.abs(rank_correlation(values)[at]) < self.threshold
        chosen[at] = True
        return chosen
