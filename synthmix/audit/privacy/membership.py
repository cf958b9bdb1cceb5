"""Whether an attacker who holds the synthetic table can tell who was in the training table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import nothing, number
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.classifier import area
from synthmix.drift.joint.neighbours import neighbours
from synthmix.drift.joint.pool import Floats
from synthmix.drift.marginal.tails import clopper_pearson
from synthmix.drift.noise import Z95

ROWS = 10_000  # of members, and of non-members
FPR = (0.01, 0.001)
_FALSE = 10  # false alarms that a rate must allow for
_OUTLIERS = 0.1
_FEWEST = 20


@dataclass(frozen=True)
class Scores:
    """What the attacker computes of targets: larger means "member".

    Attributes
    ----------
    members, others : array of float64
    """

    members: Floats
    others: Floats


@dataclass(frozen=True)
class Targets:
    """Scores of one list of targets by both attacks, and the outliers among them.

    Attributes
    ----------
    distance, density : Scores
        ``-d(x, S)``, and ``log d(x, R) - log d(x, S)`` with a reference sample R.
    outlying : tuple of arrays of bool
        Which members and others are in the decile that is farthest from R.
    """

    distance: Scores
    density: Scores
    outlying: tuple[NDArray[np.bool_], NDArray[np.bool_]]


def score_targets(
    train: Floats, holdout: Floats, synthetic: Floats, *, rows: int = ROWS, seed: int = 0, threads: int = 1
) -> Targets:
    """Return the attacker's scores.

    Half of the holdout is the attacker's reference sample, the other half are the non-members, and training rows are
    the members, at most `rows` of each. The decile of outliers is decided by the distance from the reference sample,
    which knows nothing of membership.
    """
    order = np.random.Generator(np.random.Philox(key=[seed, 30])).permutation(len(holdout))
    reference = np.ascontiguousarray(holdout[order[: len(holdout) // 2]])
    others = holdout[order[len(holdout) // 2 :]][:rows]
    members = train[chosen(len(train), rows, seed, 31)]
    targets = np.concatenate([members, others])
    near, far = (np.sqrt(neighbours(targets, t, 1, threads=threads).squared[:, 0]) for t in (synthetic, reference))
    floor = max(float(far.max(initial=0.0)), 1.0) * 1e-12  # copies are infinitely dense; so dense is enough
    density = np.log(np.maximum(far, floor)) - np.log(np.maximum(near, floor))
    outlying = far >= np.quantile(far, 1.0 - _OUTLIERS)
    n = len(members)
    return Targets(Scores(-near[:n], -near[n:]), Scores(density[:n], density[n:]), (outlying[:n], outlying[n:]))


def membership(targets: Targets, *, sizes: tuple[int, int] = (0, 0), seed: int = 0) -> list[Finding]:
    """Return how well membership can be told.

    Parameters
    ----------
    targets : Targets
    sizes : (int, int)
        Rows of the training and of the synthetic table, for the record.
    seed : int

    Returns
    -------
    list of Finding
        For each attack ("distance", "density"): metric "membership_auc" (0.5: cannot be told; DeLong's interval), and
        the same among outliers; metric "membership", the share of members that are found at a false positive rate of
        1 % and of 0.1 %, with its interval; metric "membership_epsilon", a lower
        bound of the effective epsilon ``log(TPR / FPR)`` that holds with 95 % confidence for a rate that was chosen
        beforehand (exact limits).

    Notes
    -----
    An average over all people hides the few that can be recognised: the rates at few false alarms are what counts
    (Carlini et al. 2022, arXiv 2112.03570). The density attack is after van Breugel et al. (2023, arXiv 2302.12580).
    Both are weak attackers, who know no more than the file and some rows of the same population: what they find is a
    lower bound of what can be found. The threshold comes from the non-members: with 1,000 of them its true false
    positive rate at 1 % lies between .5 and 1.8 %, which the interval of the share and the bound of epsilon
    count. A score that many targets share is never split: rates use the threshold above it.
    """
    record = {"n_real": sizes[0], "n_synth": sizes[1], "seed": seed}
    found: list[Finding] = []
    for name in ("distance", "density"):
        scores: Scores = getattr(targets, name)
        found += [_area(name, scores, record), _area(f"{name}, outliers", _kept(scores, targets.outlying), record)]
        for rate in FPR:
            found += _rates(name, scores, rate, record)
    return found


def _kept(scores: Scores, rows: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> Scores:
    return Scores(scores.members[rows[0]], scores.others[rows[1]])


def _area(variant: str, scores: Scores, record: dict[str, Any]) -> Finding:
    n, h = scores.members.size, scores.others.size
    if min(n, h) < _FEWEST:
        return nothing(
            "membership_auc", f"{n} members and {h} others: needs {_FEWEST} of each", variant=variant, **record
        )
    auc, p_value, se, null = area(scores.others, scores.members)
    return number(
        "membership_auc", auc, variant=variant, se=se, ci_low=max(0.0, auc - Z95 * se),
        ci_high=min(1.0, auc + Z95 * se), ci_method="95 %, normal (DeLong)", null_kind="closed_form",
        null_center=0.5, null_low=0.5 - Z95 * null, null_high=0.5 + Z95 * null, statistic=auc, p_value=p_value,
        method=f"{n} members, {h} others", **record,
    )  # fmt: skip


def _interval(caught: Rate, scores: Scores, rate: float) -> dict[str, Any]:
    """Return the interval of a true positive rate at a false positive rate that non-members only estimate.

    The exact limits for the threshold that was used, and the shares beyond the two thresholds whose own false positive
    rates are at most and at least `rate` with 97.5 %, are put together as squared distances from the estimate.
    """
    estimate, (low, high) = caught.share, caught.exact
    beyond = [float((scores.members > one).mean()) for one in _thresholds(scores.others, rate)]
    below, above = np.hypot(estimate - low, estimate - beyond[0]), np.hypot(high - estimate, beyond[1] - estimate)
    return {
        "ci_low": max(0.0, estimate - float(below)),
        "ci_high": min(1.0, estimate + float(above)),
        "ci_method": "95 %, exact limits of both rates in squares",
    }


def _thresholds(others: Floats, rate: float) -> tuple[float, float]:
    """Return thresholds with a false positive rate of at most, and of at least `rate`, each with 97.5 %.

    Beyond the (k+1)-th largest of h scores lies a share of the population that is Beta(k + 1, h - k), whatever the law.
    """
    from scipy.stats import beta

    h = others.size
    k = np.arange(h)
    chance = beta.cdf(rate, k + 1, h - k)  # of at most `rate`, falling with k
    descending = np.append(np.sort(others)[::-1], -np.inf)
    strict, loose = int((chance >= 0.975).sum()), int((chance > 0.025).sum())
    return float(descending[strict - 1]) if strict else float("inf"), float(descending[loose])


def _rates(name: str, scores: Scores, rate: float, record: dict[str, Any]) -> list[Finding]:
    """Return the true positive rate at one false positive rate, and the epsilon that it shows."""
    h, variant = scores.others.size, f"{name}, FPR {rate:g}"
    if h * rate < _FALSE:
        note = f"{h} non-members: a false positive rate of {rate:g} needs {round(_FALSE / rate)}"
        return [nothing(metric, note, variant=variant, **record) for metric in ("membership", "membership_epsilon")]
    allowed = int(h * rate)
    threshold = np.partition(scores.others, h - 1 - allowed)[h - 1 - allowed]
    caught = Rate(int((scores.members > threshold).sum()), scores.members.size)
    alarms = int((scores.others > threshold).sum())
    top = clopper_pearson(alarms, h)[1]
    low = caught.exact[0]
    bound = max(0.0, float(np.log(low / top))) if low > 0.0 else 0.0
    record = {**record, "null_kind": "closed_form", "method": f"{caught.trials} members, {h} others"}
    return [
        number(
            "membership", caught.share, variant=variant, null_center=rate, **_interval(caught, scores, rate), **record
        ),
        number("membership_epsilon", bound, variant=variant, ci_low=bound, ci_high=float("inf"),
               ci_method="lower 95 % bound from exact limits of both rates", null_center=0.0, **record),
    ]  # fmt: skip
