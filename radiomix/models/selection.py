"""Selection that looks at columns one by one or in pairs; each a transformer with `get_support`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import false_discovery_control

from .association import association, ranks
from .frames import Selector, Values
from .outcome import Task


def rank_correlation(values: Values) -> NDArray[np.float64]:
    """(p, p) Spearman correlations; missing values stand at the middle of their column, a constant has none."""
    centred = ranks(values)
    centred -= centred.mean(axis=0)
    norms = np.sqrt(np.sum(centred**2, axis=0))
    centred /= np.where(norms > 0, norms, 1.0)
    return np.clip(centred.T @ centred, -1, 1)


class CorrelationClusters(Selector):
    """One representative from each cluster of columns that say the same thing.

    Columns are clustered by average linkage on 1 - |Spearman's rho|; a cluster's representative is its medoid, the
    column with the highest mean correlation to the others: no outcome is looked at. A column in `keep` stands for
    its cluster, beside any other such column.

    Parameters
    ----------
    threshold : mean |rho| at which clusters are cut; 1 keeps everything but copies
    keep : columns never dropped

    Attributes
    ----------
    cluster_ : (p,) the number of each column's cluster, from 1
    """

    def __init__(self, threshold: float = 0.9, keep: tuple[str, ...] = ()) -> None:
        self.threshold = threshold
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        p = values.shape[1]
        if p == 1:
            self.cluster_ = np.ones(1, dtype=int)
            return np.ones(1, dtype=bool)
        likeness = np.abs(rank_correlation(values))
        distance = np.maximum(1 - (likeness + likeness.T) / 2, 0)
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(distance, checks=False), method="average")
        self.cluster_ = fcluster(tree, t=1 - self.threshold + 1e-9, criterion="distance")
        return self._medoids(likeness)

    def _medoids(self, likeness: Values) -> NDArray[np.bool_]:
        chosen, kept = np.zeros(len(likeness), dtype=bool), self._protected()
        by_cluster = np.argsort(self.cluster_, kind="stable")
        for members in np.split(by_cluster, np.cumsum(np.bincount(self.cluster_)[1:-1])):
            if kept[members].any():
                continue
            central = np.argmax(likeness[np.ix_(members, members)].sum(axis=0)) if len(members) > 1 else 0
            chosen[members[central]] = True
        return chosen


class Univariate(Selector):
    """The columns that go most strongly with the outcome, one at a time (see `association`).

    Parameters
    ----------
    k : the most columns to keep; None leaves it to `fdr`
    fdr : keep only columns significant at this false discovery rate (Benjamini-Hochberg); None does not test. The
        strongest column is kept when none passes, so that a model can be fitted and found wanting
    task : kind of outcome, a `Task` or its value; None judges by the array
    keep : columns never dropped; they do not count towards k

    Attributes
    ----------
    statistic_, p_value_, q_value_ : (p,) the test's statistic, its p-value, and that adjusted for the number of columns
    """

    def __init__(
        self, k: int | None = 30, fdr: float | None = None, task: Task | str | None = None, keep: tuple[str, ...] = ()
    ) -> None:
        self.k = k
        self.fdr = fdr
        self.task = task
        self.keep = keep

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        self.statistic_, self.p_value_ = association(values, y, Task(self.task) if self.task else None)
        self.q_value_ = false_discovery_control(self.p_value_)
        strength = np.where(self._protected(), -1.0, self.statistic_)
        order = np.argsort(-strength, kind="stable")
        chosen = np.zeros(len(strength), dtype=bool)
        chosen[order[: self.k]] = True
        if self.fdr is not None:
            chosen &= self.q_value_ <= self.fdr
            chosen[order[0]] |= not chosen.any()
        return chosen
