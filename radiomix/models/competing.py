"""Several kinds of event, of which only the first to come is seen: event codes 1 (of interest), 2, ...; 0 censored.

`predict` is the risk of event 1, `predict_incidence(X, times)` its cumulative incidence, and `predict_survival` one
minus that: the probability not to have had event 1, whatever else happened.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from ..errors import ModelError
from .frames import Table
from .outcome import Outcome, entries, only_cause
from .partial_likelihood import Floats, Rows, baseline_hazard, elastic_net
from .survival import Cox, SurvivalModel, column_scale, refuse_entries, step_function


def cumulative_incidence(y: Outcome, times: ArrayLike, *, cause: int = 1) -> Floats:
    """The Aalen-Johansen estimate of the probability to have had an event of this cause.

    Parameters
    ----------
    y : (n,) outcome with event codes; delayed entries are honoured
    times : (t,) in the outcome's unit
    cause : the code of the event

    Returns
    -------
    (t,) probabilities.

    Source: Aalen O, Johansen S. Scand J Stat 1978;5:141-150.
    """
    known_at, at_risk, counts = _risk_table(y)
    free = np.cumprod(1 - sum(counts.values()) / at_risk)
    just_before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(just_before * counts.get(cause, np.zeros(len(known_at))) / at_risk)
    return step_function(np.atleast_1d(np.asarray(times, dtype=float)), known_at, incidence, 0.0)


def _risk_table(y: Outcome) -> tuple[Floats, Floats, dict[int, Floats]]:
    """The times of any event, how many were at risk at each, and how many had each cause."""
    codes = y["event"].astype(int)
    known_at = np.unique(y["time"][codes > 0])
    followed = np.sort(y["time"]), np.sort(entries(y))
    at_risk = np.searchsorted(followed[1], known_at, side="left") - np.searchsorted(followed[0], known_at, side="left")
    counts = {
        int(cause): np.bincount(np.searchsorted(known_at, y["time"][codes == cause]), minlength=len(known_at)).astype(
            float
        )
        for cause in np.unique(codes[codes > 0])
    }
    return known_at, at_risk.astype(float), counts


class CompetingModel(SurvivalModel):
    """Base of models of competing risks: subclasses write `_learn`, `_risk` and `_incidence`."""

    def predict_incidence(self, X: Table, times: ArrayLike) -> Floats:
        """(n, len(times)) probabilities to have had event 1."""
        check_is_fitted(self)
        return self._incidence(self._checked(X, reset=False), np.atleast_1d(np.asarray(times, dtype=float)))

    def score(self, X: Table, y: Outcome) -> float:
        """Harrell's concordance for event 1, other events counted as censoring."""
        return super().score(X, only_cause(y))

    def _survival(self, values: Floats, times: Floats) -> Floats:
        return 1 - self._incidence(values, times)

    def _incidence(self, values: Floats, times: Floats) -> Floats:
        raise NotImplementedError


class AalenJohansen(CompetingModel):
    """The cumulative incidence of the whole cohort, the same for everybody: what covariates must improve upon."""

    def _learn(self, values: Floats, y: Outcome) -> None:
        self.times_ = np.unique(y["time"])
        self.incidence_ = cumulative_incidence(y, self.times_)

    def _risk(self, values: Floats) -> Floats:
        return np.zeros(len(values))

    def _incidence(self, values: Floats, times: Floats) -> Floats:
        return np.tile(step_function(times, self.times_, self.incidence_, 0.0), (len(values), 1))


class CauseSpecificCox(CompetingModel):
    """A Cox model for each cause, combined to the cumulative incidence of event 1.

    The risk is the log of that incidence at the median time of event 1, so that a covariate which brings the other
    events forward lowers it.

    Parameters
    ----------
    penalty, l1_ratio, standardise : as for `Cox`, the same for each cause

    Attributes
    ----------
    models_ : one `Cox` per cause, that of event 1 first
    coef_ : (p,) of event 1
    """

    def __init__(self, penalty: float = 0.1, l1_ratio: float = 0.0, standardise: bool = True) -> None:
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.standardise = standardise

    def _learn(self, values: Floats, y: Outcome) -> None:
        causes = _causes(y)
        settings = (self.penalty, self.l1_ratio, self.standardise)
        self.models_ = [Cox(*settings).fit(values, only_cause(y, cause)) for cause in causes]
        self.coef_ = self.models_[0].coef_
        self.horizon_ = float(np.median(y["time"][y["event"] == 1]))
        self.times_ = np.unique(y["time"][y["event"] > 0])

    def _risk(self, values: Floats) -> Floats:
        return np.log(np.maximum(self._incidence(values, np.array([self.horizon_]))[:, 0], 1e-12))

    def _incidence(self, values: Floats, times: Floats) -> Floats:
        hazards = [self._cumulative_hazard(model, values) for model in self.models_]
        just_before = np.column_stack([np.ones(len(values)), np.exp(-sum(hazards))[:, :-1]])
        incidence = np.cumsum(just_before * np.diff(hazards[0], axis=1, prepend=0.0), axis=1)
        before = np.column_stack([np.zeros(len(values)), np.minimum(incidence, 1.0)])
        return before[:, np.searchsorted(self.times_, times, side="right")]

    def _cumulative_hazard(self, model: Cox, values: Floats) -> Floats:
        baseline = step_function(self.times_, model.baseline_times_, model.baseline_hazard_, 0.0)
        return np.outer(np.exp(np.clip(model.predict(values), -50, 50)), baseline)


class FineGray(CompetingModel):
    """Proportional hazards of the subdistribution of event 1.

    Cases with another event stay at risk with the weight G(t-) / G(s-), where s is when that event came and G the
    Kaplan-Meier estimate of remaining uncensored. Penalised as `Cox`.

    Parameters
    ----------
    penalty, l1_ratio, standardise : as for `Cox`

    Attributes
    ----------
    coef_ : (p,) log subdistribution hazard ratios
    baseline_times_, baseline_hazard_ : cumulative subdistribution hazard of the average case

    Source: Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a competing risk. JASA
    1999;94:496-509.
    """

    def __init__(self, penalty: float = 0.1, l1_ratio: float = 0.0, standardise: bool = True) -> None:
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.standardise = standardise

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        _causes(y)
        self.mean_, sd = values.mean(axis=0), column_scale(values, self.standardise)
        rows, scale = subdistribution_rows((values - self.mean_) / sd, y), len(y)
        # the penalty is per case, and a case may be spread over many rows
        penalty = np.full(values.shape[1], float(self.penalty)) * scale / rows.weight.sum()
        found = elastic_net([rows], penalty=penalty, l1_ratio=self.l1_ratio)
        if not found.converged:
            warnings.warn(
                "Fine-Gray: the likelihood has no maximum near; raise the penalty", ConvergenceWarning, stacklevel=3
            )
        self.coef_ = found.beta / sd
        self.baseline_times_, self.baseline_hazard_ = baseline_hazard(rows, found.beta)

    def _risk(self, values: Floats) -> Floats:
        return (values - self.mean_) @ self.coef_

    def _incidence(self, values: Floats, times: Floats) -> Floats:
        hazard = step_function(times, self.baseline_times_, self.baseline_hazard_, 0.0)
        return -np.expm1(-np.outer(np.exp(np.clip(self._risk(values), -50, 50)), hazard))


def _causes(y: Outcome) -> list[int]:
    causes = [int(cause) for cause in np.unique(y["event"].astype(int)) if cause > 0]
    if causes[0] != 1:
        raise ModelError(f"event 1 is the event of interest, and nobody has it; found the codes {causes}")
    return causes


def subdistribution_rows(x: Floats, y: Outcome) -> Rows:
    """The cases as rows of the weighted partial likelihood of Fine and Gray: one for each case, and for each case with
    another event one more for every interval between later times of event 1."""
    codes, time = y["event"].astype(int), y["time"]
    of_interest = np.unique(time[codes == 1])
    others = np.flatnonzero(codes > 1)
    first = np.searchsorted(of_interest, time[others], side="right")
    case = np.repeat(others, len(of_interest) - first)
    step = np.concatenate([np.arange(f, len(of_interest)) for f in first]) if len(case) else np.zeros(0, dtype=int)
    begin = np.maximum(np.concatenate([[0.0], of_interest])[step], time[case])
    weight = _uncensored(y, of_interest[step]) / _uncensored(y, time[case])
    return Rows(
        x=np.concatenate([x, x[case]]),
        start=np.concatenate([np.zeros(len(x)), begin]),
        stop=np.concatenate([time, of_interest[step]]),
        event=np.concatenate([codes == 1, np.zeros(len(case), dtype=bool)]),
        weight=np.concatenate([np.ones(len(x)), weight]),
    )


def _uncensored(y: Outcome, times: Floats) -> Floats:
    """Kaplan-Meier's probability to be uncensored just before each time; events come before censorings at a tie."""
    censored = y["event"].astype(int) == 0
    known_at = np.unique(y["time"][censored])
    at_risk = (y["time"][None, :] >= known_at[:, None]).sum(axis=1)
    at_risk -= ((y["time"][None, :] == known_at[:, None]) & ~censored).sum(axis=1)
    lost = (y["time"][censored][None, :] == known_at[:, None]).sum(axis=1)
    free = np.concatenate([[1.0], np.cumprod(1 - lost / at_risk)])
    return free[np.searchsorted(known_at, times, side="left")]
