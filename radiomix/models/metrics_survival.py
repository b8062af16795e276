"""Scores of time-to-event predictions. Arrays in, `Estimate` out.

`event` is True where the event was seen, `time` the follow-up; `risk` is higher for earlier events; `survival` is the
predicted probability to be free of the event. Weights by the inverse probability of censoring (IPCW) come from
`censoring`, which should be fitted on training data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .intervals import Estimate, mean, undefined


@dataclass(frozen=True, eq=False)
class Curve:
    """A right-continuous step function that is 1 before its first time."""

    times: np.ndarray
    values: np.ndarray

    def at(self, t: np.ndarray | float) -> np.ndarray:
        return np.r_[1.0, self.values][np.searchsorted(self.times, t, side="right")]

    def before(self, t: np.ndarray | float) -> np.ndarray:
        """The limit from the left."""
        return np.r_[1.0, self.values][np.searchsorted(self.times, t, side="left")]


@dataclass(frozen=True, eq=False)
class KaplanMeier(Curve):
    """`values` is the survival at `times`, with a log-log interval at 95% and the number at risk just before."""

    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray


def kaplan_meier(event: np.ndarray, time: np.ndarray) -> KaplanMeier:
    """The product-limit estimate with Greenwood's variance."""
    times, events, at_risk = _risk_table(np.asarray(event, bool), np.asarray(time, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / at_risk)
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = 1.959964 * np.sqrt(greenwood) / np.log(survival)
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
    flat = (survival >= 1) | (survival <= 0) | ~np.isfinite(spread)
    return KaplanMeier(times, survival, np.where(flat, survival, low), np.where(flat, survival, high), at_risk)


def censoring(event: np.ndarray, time: np.ndarray) -> Curve:
    """The probability to be still under observation; at tied times events come before censoring."""
    event, time = np.asarray(event, bool), np.asarray(time, float)
    times, censored, at_risk = _risk_table(~event, time)
    events = np.array([np.sum(event & (time == t)) for t in times])
    return Curve(times, np.cumprod(1 - censored / np.maximum(at_risk - events, 1)))


def logrank(event: np.ndarray, time: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Chi-square and p-value of the log-rank test between all groups; NaN with fewer than two."""
    event, time = np.asarray(event, bool), np.asarray(time, float)
    names, codes = np.unique(group, return_inverse=True)
    if len(names) < 2 or not event.any():
        return np.nan, np.nan
    gap, covariance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for t in np.unique(time[event]):
        at_risk = np.bincount(codes[time >= t], minlength=len(names)).astype(float)
        died = np.bincount(codes[(time == t) & event], minlength=len(names)).astype(float)
        n, d = at_risk.sum(), died.sum()
        share = at_risk / n
        gap += died - d * share
        if n > 1:
            covariance += d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
    chi2 = float(gap[1:] @ np.linalg.pinv(covariance[1:, 1:]) @ gap[1:])
    return chi2, float(stats.chi2.sf(chi2, len(names) - 1))


def harrell_c(event: np.ndarray, time: np.ndarray, risk: np.ndarray) -> Estimate:
    """Harrell's C: the share of comparable pairs in which the earlier event had the higher risk; ties one half."""
    return _concordance(np.asarray(event, bool), np.asarray(time, float), np.asarray(risk, float), np.ones(len(time)))


def uno_c(
    event: np.ndarray, time: np.ndarray, risk: np.ndarray, censored: Curve, horizon: float | None = None
) -> Estimate:
    """Uno's C (Stat Med 2011;30:1105): pairs weighted so that the pattern of censoring does not matter.

    Parameters
    ----------
    censored : from `censoring`, of the training data
    horizon : events after it do not count; needed where the training data's censoring reaches zero
    """
    event, time = np.asarray(event, bool), np.asarray(time, float)
    free = censored.before(time)
    counted = event & (free > 0) & (time < (np.inf if horizon is None else horizon))
    weight = np.divide(1.0, free**2, out=np.zeros(len(time)), where=counted)
    return _concordance(event, time, np.asarray(risk, float), weight)


def competing_c(code: np.ndarray, time: np.ndarray, risk: np.ndarray, cause: int = 1) -> Estimate:
    """Harrell's C for one of several events: who had another event is never the earlier one (Wolbers 2014)."""
    code, time = np.asarray(code, int), np.asarray(time, float)
    other = (code != 0) & (code != cause)
    return harrell_c(code == cause, np.where(other, np.inf, time), risk)


def auc_at(event: np.ndarray, time: np.ndarray, risk: np.ndarray, horizon: float, censored: Curve) -> Estimate:
    """Cumulative/dynamic AUC at `horizon` with IPCW (Uno 2007): events until then against those still free."""
    event, time, risk = np.asarray(event, bool), np.asarray(time, float), np.asarray(risk, float)
    case, control = event & (time <= horizon), time > horizon
    free = censored.before(time)
    weight = np.divide(1.0, free, out=np.zeros(len(time)), where=case & (free > 0))[case]
    if weight.sum() == 0 or not control.any():
        return undefined(len(time))
    wins = (risk[case][:, None] > risk[control]) + 0.5 * (risk[case][:, None] == risk[control])
    of_case, of_control = wins.mean(axis=1), weight @ wins / weight.sum()
    value = float(of_control.mean())
    influence = np.zeros(len(time))
    influence[case] = weight * (of_case - value) / weight.sum()
    influence[control] = (of_control - value) / control.sum()
    return Estimate(value, influence)


def brier_at(event: np.ndarray, time: np.ndarray, survival: np.ndarray, horizon: float, censored: Curve) -> Estimate:
    """Brier score at `horizon` with IPCW (Graf 1999). `survival` : shape (n,), the prediction for that time."""
    return mean(_brier_losses(event, time, np.asarray(survival, float)[:, None], np.array([horizon]), censored)[:, 0])


def integrated_brier(
    event: np.ndarray, time: np.ndarray, survival: np.ndarray, times: np.ndarray, censored: Curve
) -> Estimate:
    """The Brier score averaged over `times` (trapezoids). `survival` : shape (n, len(times))."""
    times = np.asarray(times, float)
    losses = _brier_losses(event, time, np.asarray(survival, float), times, censored)
    return mean(np.trapezoid(losses, times, axis=1) / (times[-1] - times[0]))


def competing_brier_at(
    code: np.ndarray, time: np.ndarray, incidence: np.ndarray, horizon: float, censored: Curve, cause: int = 1
) -> Estimate:
    """Brier score of a predicted cumulative incidence, shape (n,), of one of several events at `horizon`, with IPCW."""
    code, time, incidence = np.asarray(code, int), np.asarray(time, float), np.asarray(incidence, float)
    known_by_event = (code != 0) & (time <= horizon)
    weight = _ipcw(known_by_event, time, horizon, censored)
    happened = (code == cause) & (time <= horizon)
    return mean(weight * (happened - incidence) ** 2)


@dataclass(frozen=True)
class HorizonCalibration:
    """Predicted and observed risk at a horizon, all together and in groups of predicted risk.

    `ratio` is observed over expected; `slope` that of a Cox regression on the log cumulative hazard predicted.
    """

    horizon: float
    ratio: float
    slope: float
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cases: tuple[int, ...]


def calibration_at(
    event: np.ndarray, time: np.ndarray, survival: np.ndarray, horizon: float, groups: int = 4
) -> HorizonCalibration:
    """Kaplan-Meier risk against mean predicted risk at `horizon`. `survival` : shape (n,), predicted for that time."""
    event, time, survival = np.asarray(event, bool), np.asarray(time, float), np.asarray(survival, float)
    rows = []
    for part in np.array_split(np.argsort(-survival, kind="stable"), min(groups, len(time))):
        curve = kaplan_meier(event[part], time[part])
        bounds = [1 - Curve(curve.times, limit).at(horizon) for limit in (curve.values, curve.high, curve.low)]
        rows.append((1 - survival[part].mean(), *map(float, bounds), len(part)))
    predicted, observed, low, high, cases = zip(*rows, strict=True)
    hazard = np.log(-np.log(np.clip(survival, 1e-6, 1 - 1e-6)))
    until = time <= horizon
    slope = cox_slope(event & until, np.minimum(time, horizon), hazard)
    ratio = observed_over_expected(event, time, survival, horizon)
    return HorizonCalibration(float(horizon), ratio, slope.value, predicted, observed, low, high, cases)


def observed_over_expected(event: np.ndarray, time: np.ndarray, survival: np.ndarray, horizon: float) -> float:
    """Kaplan-Meier risk at `horizon` over the mean predicted risk; above 1 the risks are too low."""
    expected = 1 - float(np.mean(survival))
    return (1 - float(kaplan_meier(event, time).at(horizon))) / expected if expected > 0 else np.nan


def cox_slope(event: np.ndarray, time: np.ndarray, score: np.ndarray) -> Estimate:
    """Coefficient of one covariate in a Cox regression (Breslow ties), by Newton's method; NaN where not determined."""
    event, time, score = np.asarray(event, bool), np.asarray(time, float), np.asarray(score, float)
    n = len(time)
    if not event.any() or np.ptp(score) == 0:
        return undefined(n)
    order = np.argsort(-time, kind="stable")
    x, died, when = score[order] - score.mean(), event[order], -time[order]
    last = np.searchsorted(when, when, side="right") - 1
    beta = 0.0
    for _ in range(50):
        w = np.exp(np.clip(beta * x, -500, 500))
        s0, s1, s2 = (np.cumsum(w * x**k)[last] for k in range(3))
        average = s1 / s0
        information = float(np.sum((s2 / s0 - average**2)[died]))
        if information <= 1e-12:
            return undefined(n)
        step = float(np.sum((x - average)[died])) / information
        beta += np.clip(step, -2, 2)
        if abs(step) < 1e-9:
            influence = np.zeros(n)
            influence[order] = np.where(died, x - average, 0.0) / information
            return Estimate(beta, influence, bounded=False)
    return undefined(n)


def d_calibration(event: np.ndarray, survival_at_own_time: np.ndarray, bins: int = 10) -> tuple[np.ndarray, float]:
    """Shares of cases per bin of predicted survival at their own time, and the p-value that all are equal.

    Haider et al. (JMLR 2020;21:85): a censored case spreads over the bins below its probability.
    """
    event, p = np.asarray(event, bool), np.clip(np.asarray(survival_at_own_time, float), 0, 1)
    counts = np.zeros(bins)
    index = np.minimum((p * bins).astype(int), bins - 1)
    np.add.at(counts, index[event], 1.0)
    for k, probability in zip(index[~event], p[~event], strict=True):
        if probability <= 0:
            counts[0] += 1
            continue
        counts[k] += 1 - k / bins / probability
        counts[:k] += 1 / bins / probability
    expected = len(p) / bins
    return counts / len(p), float(stats.chi2.sf(np.sum((counts - expected) ** 2 / expected), bins - 1))


def _risk_table(event: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times, codes = np.unique(time, return_inverse=True)
    leaving = np.bincount(codes)
    return times, np.bincount(codes, weights=event), len(time) - np.r_[0, np.cumsum(leaving)[:-1]].astype(float)


def _concordance(event: np.ndarray, time: np.ndarray, risk: np.ndarray, weight: np.ndarray) -> Estimate:
    n = len(time)
    later = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    comparable = (event & (weight > 0))[:, None] & later
    np.fill_diagonal(comparable, False)
    right = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    pairs = comparable * weight[:, None]
    total = float(pairs.sum())
    if total == 0:
        return undefined(n)
    won = pairs * right
    value = float(won.sum()) / total
    gap = won - value * pairs
    return Estimate(value, (gap.sum(axis=0) + gap.sum(axis=1)) / total)


def _ipcw(known_by_event: np.ndarray, time: np.ndarray, horizon: float, censored: Curve) -> np.ndarray:
    free_then, free_at_horizon = censored.before(time), float(censored.at(horizon))
    weight = np.divide(1.0, free_then, out=np.zeros(len(time)), where=known_by_event & (free_then > 0))
    return weight + (time > horizon) * (1 / free_at_horizon if free_at_horizon > 0 else 0.0)


def _brier_losses(
    event: np.ndarray, time: np.ndarray, survival: np.ndarray, times: np.ndarray, censored: Curve
) -> np.ndarray:
    event, time = np.asarray(event, bool), np.asarray(time, float)
    losses = np.empty(survival.shape)
    for k, horizon in enumerate(times):
        weight = _ipcw(event & (time <= horizon), time, float(horizon), censored)
        losses[:, k] = weight * ((time > horizon) - survival[:, k]) ** 2
    return losses
