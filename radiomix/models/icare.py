"""Sign-only weights, bagged: the model that led the outcome task of HECKTOR 2022."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from .association import ranks, score_of_ranks
from .outcome import Outcome
from .partial_likelihood import Floats, elastic_net
from .selection import rank_correlation
from .survival import ProportionalHazards, refuse_entries, rows_of


class Icare(ProportionalHazards):
    """The mean of standardised columns, each with the sign of its own association, averaged over random bags.

    Each bag draws cases with replacement and a random part of the columns, drops columns in random order that
    correlate with one already in the bag, and gives each column the sign of its Cox score test on ranks (the
    original takes the sign of Harrell's C - 1/2, which needs all pairs) if the test is strong enough. The weights of
    a bag are signs over their number; the model's are the bags' mean. A one-parameter Cox fit of the score gives
    survival probabilities.

    Parameters
    ----------
    bags : number of bags
    columns : the fraction of columns each bag may use
    max_correlation : |Spearman's rho| at which two columns do not share a bag
    min_strength : the least |z| of a column's score test in the bag

    Attributes
    ----------
    coef_ : (p,) mean signed weight per SD
    mean_, sd_ : (p,) of the training cases
    slope_ : log hazard ratio per unit of the score

    Source: Rebaud L et al. Simplicity is all you need: out-of-the-box nnUNet followed by binary-weighted radiomic
    model for segmentation and outcome prediction in head and neck PET/CT. HECKTOR 2022, LNCS 13626:121-134.
    """

    def __init__(
        self,
        bags: int = 100,
        columns: float = 0.5,
        max_correlation: float = 0.8,
        min_strength: float = 1.0,
        random_state: int | None = None,
    ) -> None:
        self.bags = bags
        self.columns = columns
        self.max_correlation = max_correlation
        self.min_strength = min_strength
        self.random_state = random_state

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        random = check_random_state(self.random_state)
        self.mean_, sd = values.mean(axis=0), values.std(axis=0)
        self.sd_ = np.where(sd > 0, sd, 1.0)
        close = np.abs(rank_correlation(values)) > self.max_correlation
        ranked = ranks(values)
        weights = [self._bag(ranked, y, close, random) for _ in range(self.bags)]
        self.coef_ = np.mean(weights, axis=0)
        score = self._score(values)
        found = elastic_net(rows_of(score[:, None], y), penalty=np.full(1, 1e-3), l1_ratio=0.0)
        self.slope_ = float(max(found.beta[0], 0.0))
        self._set_baseline(self._risk(values), y)

    def _bag(
        self, ranked: Floats, y: Outcome, close: NDArray[np.bool_], random: np.random.RandomState
    ) -> NDArray[np.float64]:
        p = ranked.shape[1]
        cases = random.randint(len(ranked), size=len(ranked))
        allowed = random.permutation(p)[: max(1, round(self.columns * p))]
        members = _apart(allowed, close)
        weights = np.zeros(p)
        if not y["event"][cases].any():
            return weights
        z = score_of_ranks(ranked[np.ix_(cases, members)], y[cases])
        strong = np.abs(z) >= min(self.min_strength, np.abs(z).max())
        weights[members[strong]] = np.sign(z[strong]) / strong.sum()
        return weights

    def _score(self, values: Floats) -> Floats:
        standard = np.clip((values - self.mean_) / self.sd_, -5, 5)
        return standard @ self.coef_

    def _risk(self, values: Floats) -> Floats:
        # a score without any association still ranks, only its probabilities are flat
        return self._score(values) * (self.slope_ or 1e-6)


def _apart(order: NDArray[np.intp], close: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The columns, taken in order, that are not close to one taken before."""
    barred = np.zeros(len(close), dtype=bool)
    taken = []
    for column in order:
        if not barred[column]:
            taken.append(column)
            barred |= close[column]
    return np.array(taken)
