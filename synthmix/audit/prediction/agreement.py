"""Whether models of both tables would be ranked alike, look at the same columns, and are as well calibrated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.contest import Contest, spread_of
from synthmix.audit.prediction.gaps import FAMILY, sizes_of
from synthmix.audit.prediction.learners import JUDGED, Learned, same_everywhere
from synthmix.audit.prediction.scores import row_losses
from synthmix.audit.prediction.task import Rows
from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import salted
from synthmix.drift.noise import Z95, absent

_ROWS = 4000  # that importances are measured on


def rank_agreement(contest: Contest) -> list[Finding]:
    """Return Kendall's tau between learners' scores, and between importances of columns, of both tables."""
    from scipy.stats import kendalltau

    what, ones = sizes_of(contest), np.ones((1, contest.test.n))
    name = contest.scores[0]
    ranks = [
        [float(contest.score(learner, which, name)(ones)[0]) for learner in contest.learners]
        for which in contest.sources
    ]
    tau = float(kendalltau(*ranks).statistic)
    notes = "; ".join(filter(None, (what["note"], "tied scores: no ranks" if np.isnan(tau) else "")))
    found = [
        Finding(
            metric="rank_agreement", variant="learners", scope="joint", level=name, value=tau, better="high",
            method=f"Kendall's tau of {len(contest.learners)} learners", **{**what, "note": notes},
        )
    ]  # fmt: skip
    columns = len(contest.task.names) + len(contest.task.code_names)
    if columns < 3:
        note = "fewer than three columns to rank"
        return [*found, absent("rank_agreement", FAMILY, "joint", note, variant="importances")]
    return [*found, *(_importances(contest, learner) for learner in JUDGED)]


def _importances(contest: Contest, learner: str) -> Finding:
    """Return tau of how much each column matters: the loss that shuffling it among the test rows adds."""
    test = contest.test.first(_ROWS)
    with same_everywhere():
        real, synthetic = (
            added_losses(contest.learned[learner, which], test, contest.seed) for which in contest.sources
        )
    tau, low, high, unsure = tau_limits(real, synthetic)
    what, pairs = sizes_of(contest), real.shape[1] * (real.shape[1] - 1) // 2
    notes = [what["note"], "no column matters" if np.isnan(tau) else f"{unsure} of {pairs} pairs are not sure"]
    return Finding(
        metric="rank_agreement", variant=f"importances, {learner}", scope="joint", value=tau, better="high",
        ci_low=low, ci_high=high, ci_method="95 %, all pairs of columns at once", seed=contest.seed,
        method=f"Kendall's tau of {real.shape[1]} columns, each shuffled among {test.n} test rows",
        **{**what, "note": "; ".join(filter(None, notes))},
    )  # fmt: skip


def tau_limits(real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> tuple[float, float, float, int]:
    """Return Kendall's tau of the column means of two tables, 95 % limits of it, and the pairs that are not sure.

    Parameters
    ----------
    real, synthetic : array, shape (n, p)

    Notes
    -----
    Resampled taus are lower than tau, since noise mixes up ranks, so their quantiles are no limits. Here each pair of
    columns is compared in each table by the t-interval of its paired differences (Bonferroni over all). A pair whose
    order is sure in both tables counts as it is seen, any other as anything from -1 to 1.
    """
    from scipy.special import stdtrit
    from scipy.stats import kendalltau

    n, p = real.shape
    i, j = np.triu_indices(p, 1)
    wide = float(stdtrit(n - 1, 1.0 - 0.025 / (2 * i.size)))
    order, sure = np.ones(i.size), np.ones(i.size, np.bool_)
    for side in (real, synthetic):
        covariance = np.cov(side, rowvar=False)
        gap = side.mean(axis=0)[i] - side.mean(axis=0)[j]
        error = np.sqrt(np.maximum(covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j], 0.0) / n)
        order, sure = order * np.sign(gap), sure & (np.abs(gap) > wide * error)
    unsure = int((~sure).sum())
    center = float(order[sure].sum())
    tau = float(kendalltau(real.mean(axis=0), synthetic.mean(axis=0)).statistic)
    if np.isnan(tau):
        return tau, np.nan, np.nan, unsure
    low, high = ((center + step * unsure) / i.size for step in (-1.0, 1.0))
    return tau, min(low, tau), max(high, tau), unsure


def added_losses(learned: Learned, test: Rows, seed: int) -> NDArray[np.float64]:
    """Return how much more each row loses when one column is shuffled, shape (n, columns); the shuffle is common."""
    task = learned.task
    name = "r2" if task.kind == "numeric" else "brier"
    order = np.random.Generator(np.random.Philox(key=salted(seed, 23))).permutation(test.n)
    base = row_losses(name, test.y, learned.predict(test))
    parts = []
    for place in range(len(task.names) + len(task.code_names)):
        numbers, codes = test.numbers.copy(), test.codes.copy()
        table, column = (numbers, place) if place < len(task.names) else (codes, place - len(task.names))
        table[:, column] = table[order, column]
        shuffled = replace(test, numbers=numbers, codes=codes)
        parts.append(row_losses(name, test.y, learned.predict(shuffled)) - base)
    added: NDArray[np.float64] = np.stack(parts, axis=1) / spread_of(task, test.y)
    return added


def calibration(contest: Contest) -> list[Finding]:
    """Return the slope of the target on what was predicted, 1 where predictions are as far apart as the target is.

    Binary targets: the logistic slope on the log odds. Below 1: predictions are too extreme.
    """
    what = sizes_of(contest)
    if contest.task.kind == "classes":
        return [absent("calibration_slope", FAMILY, "joint", "more than two classes", column=contest.task.target)]
    found = []
    for learner in JUDGED:
        for which in contest.sources:
            predicted = contest.predicted[learner, which]
            slope, error = _slope(contest.task.kind, contest.test.y, predicted)
            note = "the predictions do not vary, or separate the classes" if np.isnan(slope) else ""
            found.append(
                Finding(
                    metric="calibration_slope", variant=f"{learner}, {which}", scope="joint", value=slope,
                    better="target", target=1.0, se=error, ci_low=slope - Z95 * error,
                    ci_high=slope + Z95 * error, ci_method="95 %, normal (sandwich)",
                    method=f"learned from {which}",
                    **{**what, "note": "; ".join(filter(None, (what["note"], note)))},
                )
            )  # fmt: skip
    return found


def _slope(kind: str, y: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope and its robust standard error; NaN where there is none."""
    from scipy.special import expit

    x = predicted if kind == "numeric" else np.log(predicted[:, 1] / predicted[:, 0])
    if not x.std() > 0.0:
        return float("nan"), float("nan")
    table = np.stack([np.ones_like(x), x], axis=1)
    theta = np.array([0.0, 1.0])
    for _ in range(1 if kind == "numeric" else 50):
        mean = table @ theta if kind == "numeric" else expit(table @ theta)
        curve = np.ones_like(x) if kind == "numeric" else mean * (1.0 - mean)
        bread = table.T @ (table * curve[:, None])
        if not np.linalg.cond(bread) < 1e12:
            return float("nan"), float("nan")
        step = np.linalg.solve(bread, table.T @ (y - mean))
        theta = theta + step
        if np.abs(step).max() < 1e-10:
            break
    mean = table @ theta if kind == "numeric" else expit(table @ theta)
    inverse = np.linalg.inv(bread)
    scores = table * (y - mean)[:, None]
    return float(theta[1]), float(np.sqrt((inverse @ (scores.T @ scores) @ inverse)[1, 1]))
