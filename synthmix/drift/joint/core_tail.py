"""Rows in the middle and rows far out: the signature of mixing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Floats, both, pooled
from synthmix.drift.joint.radius import pooled_radius

TAIL = 0.01
FEWEST = 10  # real rows beyond a threshold
_KOLMOGOROV_MEAN = 0.8687311606361592  # sqrt(pi / 2) log 2
_KOLMOGOROV_BAND = (0.4806, 1.4803)  # quantiles .025 and .975


def radius_metrics(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Return :func:`radius_ks` and :func:`core_tail`, in this order, from radii that are computed once.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers; every row takes part, whatever the size.
    names : sequence of str, optional
    threads : int
        Bits do not depend on it.

    Returns
    -------
    list of Finding
        "radius_ks", "core_tail" core and tail.
    """
    pool = pooled(*both(real, synthetic, names))
    radius = pooled_radius(pool.rows, threads)
    a, b = np.sort(radius[pool.real]), np.sort(radius[~pool.real])
    return [radius_ks(a, b), *core_tail(a, b)]


def radius_ks(a: Floats, b: Floats) -> Finding:
    """Return the Kolmogorov-Smirnov distance between the radii of real and synthetic rows.

    The radius is the squared Mahalanobis length of pooled normal scores, by their pooled covariance. Mixing moves rows
    along it: towards the middle, and far out where weights extrapolate.

    Parameters
    ----------
    a, b : array of float64, shape (n,) and (m,)
        Sorted pooled radii of real and of synthetic rows.

    Returns
    -------
    Finding
        With the p-value of ``scipy.stats.ks_2samp`` (exact or asymptotic by its rule), valid because pooled radii of
        exchangeable rows are exchangeable; ties make it larger than it should be.
    """
    from scipy.stats import ks_2samp

    test = ks_2samp(a, b, method="auto" if max(a.size, b.size) <= 10_000 else "asymp")
    root = float(np.sqrt(1 / a.size + 1 / b.size))
    notes = [_empty(a, b)]
    if np.unique(np.concatenate([a, b])).size < a.size + b.size:
        notes.append("tied radii: the p-value is conservative")
    return Finding(
        metric="radius_ks", family="joint", scope="joint", value=float(test.statistic), null_kind="permutation",
        null_center=_KOLMOGOROV_MEAN * root, null_low=_KOLMOGOROV_BAND[0] * root, null_high=_KOLMOGOROV_BAND[1] * root,
        statistic=float(test.statistic), p_value=float(test.pvalue), n_real=a.size, n_synth=b.size,
        method="pooled normal scores, pooled covariance", note="; ".join(filter(None, notes)),
    )  # fmt: skip


def core_tail(a: Floats, b: Floats) -> list[Finding]:
    """Return the share of synthetic rows inside the real median radius and beyond the real 99 % radius.

    Parameters
    ----------
    a, b : array of float64, shape (n,) and (m,)
        Sorted pooled radii of real and of synthetic rows.

    Returns
    -------
    list of Finding
        "core" and "tail". `value` is the ratio of the synthetic share to the one that is expected of a fresh sample
        (target 1), `statistic` the share itself. Thresholds are the k-th smallest and the k-th largest real radius.
        Null: a share of exchangeable rows is beta-binomial(m; k, n + 1 - k) / m, whatever the law of the rows
        (`null_low`, `null_high`: its central 95 % over its mean k / (n + 1); `p_value` two-sided). Interval: for
        the ratio of the shares that the laws of both tables have beyond the threshold, from the exact limits of each
        (Clopper-Pearson; Beta(k, n + 1 - k)), put together on the log scale (Donner and Zou 2012), for independent
        synthetic rows. Rows on a threshold count half.

    Notes
    -----
    Below 1,000 real rows the tail is the ten farthest of them. With tied radii (discrete tables) the null is only
    approximate and the note says so.
    """
    n = a.size
    far = min(max(FEWEST, round(TAIL * n)), n)
    note = [_empty(a, b)]
    if np.unique(np.concatenate([a, b])).size < n + b.size:
        note.append("tied radii: the null is approximate")
    shallow = f"the {far} farthest of {n} real rows" if n < FEWEST / TAIL else ""
    half = (n + 1) // 2
    return [
        _share("core", a, b, half, note),
        _share("tail", -a[::-1], -b, far, [*note, shallow]),
    ]


def _empty(a: Floats, b: Floats) -> str:
    return "no column varies" if a[-1] == 0.0 and b[-1] == 0.0 else ""


def beta_binomial(m: int, k: float, n: int) -> Floats:
    """Return the chances that at most 0, 1, ..., m of m exchangeable rows lie below the k-th smallest of n others."""
    from scipy.special import betaln, gammaln

    i = np.arange(m + 1)
    choose = gammaln(m + 1) - gammaln(i + 1) - gammaln(m - i + 1)
    chances: Floats = np.cumsum(np.exp(choose + betaln(i + k, m - i + n + 1 - k) - betaln(k, n + 1 - k)))
    return np.minimum(chances, 1.0)


def _share(variant: str, own: Floats, values: Floats, k: float, note: Sequence[str]) -> Finding:
    """Return the finding for the share of `values` below the k-th smallest of `own`, sorted radii of real rows."""
    n, m, limit = own.size, values.size, own[int(k) - 1]
    equal = float((own == limit).sum())
    if equal > 1.0:  # what a table with the same ties has below, rows on the threshold counted half as well
        k = (float((own < limit).sum()) + 0.5 * equal) * (n + 1) / n
    count = float((values < limit).sum()) + 0.5 * float((values == limit).sum())
    expected = k / (n + 1)
    at_most = beta_binomial(m, k, n)
    below, above = at_most[int(count)], 1.0 - (at_most[int(np.ceil(count)) - 1] if count > 0 else 0.0)
    low, high = _ratio_limits(count, m, k, n)
    return Finding(
        metric="core_tail", variant=variant, family="joint", scope="joint", value=count / m / expected, better="target",
        target=1.0, unit="ratio to the expected share", ci_low=low, ci_high=high,
        ci_method="95 %, exact limits of both shares on the log scale (MOVER)",
        se=count / m / expected * float(np.sqrt((1.0 - count / m) / max(count, 0.5) + (1.0 - expected) / k)),
        null_kind="closed_form", null_center=1.0, null_low=int(np.searchsorted(at_most, 0.025)) / m / expected,
        null_high=int(np.searchsorted(at_most, 0.975)) / m / expected, statistic=count / m,
        p_value=float(np.clip(2 * min(below, above), 1e-300, 1.0)), n_real=n, n_synth=m,
        method="pooled normal scores, pooled covariance", note="; ".join(filter(None, note)),
    )  # fmt: skip


def _ratio_limits(count: float, m: int, k: float, n: int) -> tuple[float, float]:
    """Return 95 % limits of the ratio of two shares: `count` of m rows, and that below the k-th of n others."""
    from scipy.stats import beta

    share, base = count / m, k / (n + 1)
    low = beta.ppf(0.025, count, m - count + 1) if count > 0 else 0.0
    high = beta.ppf(0.975, count + 1, m - count) if count < m else 1.0
    under, over = beta.ppf((0.025, 0.975), k, n + 1 - k)
    if count == 0:
        return 0.0, float(high / under)
    below = np.hypot(np.log(share / low), np.log(over / base))
    above = np.hypot(np.log(high / share), np.log(base / under))
    return float(share / base * np.exp(-below)), float(share / base * np.exp(above))
