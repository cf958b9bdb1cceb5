"""Tail exceedance: how much more, or less, often the new table goes beyond the real tails."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.column import Numeric, Pair, pair_of
from synthmix.drift.noise import Noise, absent, noise_factors, null_of

_SHARES = (0.001, 0.005, 0.01, 0.02)
_USUAL = 0.05
_LEAST = 10  # real rows in a tail


def tail_log2(real: Numeric, synthetic: Numeric, *, column: str = "", noise: Noise = "synthetic") -> list[Finding]:
    """Compare both tails of a numeric column: log2 of the share of new rows beyond a real quantile over the real share.

    Parameters
    ----------
    real, synthetic : array of shape (n,) or SortedColumn
        Observed values.
    column : str
        Name of the column.
    noise : {"synthetic", "both"}
        Whose sampling noise interval and null count.

    Returns
    -------
    list of Finding
        `tail_log2` for the smallest u of .001, .005, .01, .02 with ten real rows beyond, and for .05; variants such
        as "upper 0.01". The threshold is the k-th largest (smallest) real value, k = round(n u); rows at or beyond
        it count, in both tables. Where one value holds so many rows that the real tail is more than twice u there is no
        such tail.

    Notes
    -----
    With "synthetic" the number of new rows beyond is binomial(m, K / n) for a perfect generator, K the real rows at or
    beyond, and the interval is Clopper and Pearson's. With "both" it is beta-binomial(m; K, n + 1 - K), exactly where
    nothing is tied, and the interval combines the two Clopper-Pearson intervals by the MOVER rule (Zou and Donner
    2008). The p-value doubles the smaller tail of that law. No new row beyond counts as half a row; its interval has no
    lower end.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    pair = pair_of(real, synthetic, column)
    noise_factors(max(pair.n, 1), max(pair.m, 1), noise)
    if pair.empty:
        return [absent("tail_log2", "marginal", "column", pair.empty, column=column)]
    shares = [share for share in (*_SHARES, _USUAL) if round(pair.n * share) >= _LEAST]
    if not shares:
        note = f"fewer than {_LEAST} real rows beyond the {_USUAL} quantile: {pair.n} rows"
        return [absent("tail_log2", "marginal", "column", note, column=column)]
    shares = list(dict.fromkeys([shares[0], shares[-1]]))
    return [_tail(pair, share, upper, noise) for share in shares for upper in (False, True)]


def _tail(pair: Pair, share: float, upper: bool, noise: Noise) -> Finding:
    variant = f"{'upper' if upper else 'lower'} {share:g}"
    rank = round(pair.n * share)
    threshold = float(pair.real.values[-rank if upper else rank - 1])
    beyond, count = _beyond(pair.real.values, threshold, upper), _beyond(pair.synthetic.values, threshold, upper)
    n, m = pair.n, pair.m
    if beyond > 2 * rank:
        note = f"no such tail: {beyond} of {n} real rows lie at or beyond {threshold:.3g}, one value holds most of them"
        return absent("tail_log2", "marginal", "column", note, column=pair.name, variant=variant)
    real_share = beyond / n
    value = math.log2(max(count, 0.5) / m / real_share)
    low, high = _interval(count, m, beyond, n, noise)
    center, null_low, null_high, p = _null(count, m, beyond, n, noise)
    return Finding(
        metric="tail_log2",
        family="marginal",
        scope="column",
        variant=variant,
        column=pair.name,
        value=value,
        unit="log2",
        better="target",
        target=0.0,
        ci_low=low,
        ci_high=high,
        ci_method="Clopper-Pearson, 95 %" + (", MOVER" if noise == "both" else ""),
        null_kind=null_of(noise),
        null_center=center,
        null_low=null_low,
        null_high=null_high,
        statistic=float(count),
        p_value=p,
        n_real=n,
        n_synth=m,
        method=f"{beyond} real and {count} new rows at or beyond {threshold:.3g}",
        note="" if count else "no new row lies there; half a row is counted, and there is no lower end",
    )


def _beyond(values: NDArray[np.float64], threshold: float, upper: bool) -> int:
    if upper:
        return int(values.size - np.searchsorted(values, threshold, side="left"))
    return int(np.searchsorted(values, threshold, side="right"))


def clopper_pearson(count: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a binomial share."""
    from scipy.stats import beta

    tail = (1.0 - level) / 2.0
    low = float(beta.ppf(tail, count, trials - count + 1)) if count else 0.0
    high = float(beta.ppf(1.0 - tail, count + 1, trials - count)) if count < trials else 1.0
    return low, high


def _interval(count: int, m: int, beyond: int, n: int, noise: Noise) -> tuple[float, float]:
    low, high = clopper_pearson(count, m)
    real_share = beyond / n
    log_low = math.log2(low / real_share) if count else -math.inf
    log_high = math.log2(high / real_share)
    if noise == "synthetic":
        return log_low, log_high
    center = math.log2(max(count, 0.5) / m / real_share)
    real_low, real_high = (math.log2(end / real_share) for end in clopper_pearson(beyond, n))
    return center - math.hypot(center - log_low, real_high), center + math.hypot(log_high - center, real_low)


def _null(count: int, m: int, beyond: int, n: int, noise: Noise) -> tuple[float, float, float, float]:
    """Return median and central 95 % of the null law of the count, as log2 ratios, and the two-sided p-value."""
    counts, law = _null_law(m, beyond, n, noise)
    below = np.cumsum(law)
    low, middle, high = (float(counts[np.searchsorted(below, q * below[-1])]) for q in (0.025, 0.5, 0.975))
    center, null_low, null_high = (math.log2(max(c, 0.5) / m * n / beyond) for c in (middle, low, high))
    if not counts[0] < count < counts[-1]:
        return center, null_low, null_high, _far_p(count, m, beyond, n, noise)
    at_most, at_least = float(law[counts <= count].sum()), float(law[counts >= count].sum())
    return center, null_low, null_high, min(1.0, 2.0 * min(at_most, at_least))


def _null_law(m: int, beyond: int, n: int, noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the counts within a dozen standard deviations of the mean, and their probabilities."""
    from scipy.special import betaln, gammaln

    share, factor = beyond / n, 1.0
    if noise == "both":
        share, factor = beyond / (n + 1.0), (n + 1.0 + m) / (n + 2.0)
    reach = 12.0 * math.sqrt(m * share * (1.0 - share) * factor) + 12.0
    c = np.arange(max(0.0, math.floor(m * share - reach)), min(float(m), m * share + reach) + 1.0)
    ways = gammaln(m + 1.0) - gammaln(c + 1.0) - gammaln(m - c + 1.0)
    if noise == "both":
        return c, np.exp(ways + betaln(c + beyond, m - c + n + 1 - beyond) - betaln(beyond, n + 1 - beyond))
    if beyond == n:
        return c, (c == m).astype(np.float64)
    return c, np.exp(ways + c * math.log(share) + (m - c) * math.log1p(-share))


def _far_p(count: int, m: int, beyond: int, n: int, noise: Noise) -> float:
    """Return the two-sided p-value where the count is at an end of the law or far away from it."""
    from scipy.stats import binom, hypergeom

    if noise == "synthetic":
        at_most, at_least = float(binom.cdf(count, m, beyond / n)), float(binom.sf(count - 1, m, beyond / n))
    else:  # the k-th of n real rows has c new ones beyond: fewer than k of the first k + c - 1 rows are real
        at_least = float(hypergeom.cdf(beyond - 1, n + m, n, beyond - 1 + count))
        at_most = float(hypergeom.sf(beyond - 1, n + m, n, beyond + count))
    return min(1.0, 2.0 * min(at_most, at_least))
