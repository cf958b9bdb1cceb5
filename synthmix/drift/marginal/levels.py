"""The levels of a discrete column in two tables: counts, total variation, levels that were lost or invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import NAN, Finding
from synthmix.drift.marginal.folded import ROOT_2_OVER_PI, folded_bias, gamma_band, spread_of_sum
from synthmix.drift.noise import POWER80_ONE_SIDED, Z95, Noise, absent, noise_factors, null_of
from synthmix.errors import InputError

_SHOWN = 10  # levels that a note names
_DENSE = 512  # levels up to which the correlation of their counts enters the spread of the floor


@dataclass(frozen=True, eq=False)
class LevelCounts:
    """How many rows of two tables each level has.

    Attributes
    ----------
    real, synthetic : array of shape (K,)
    labels : tuple of str
        Names of the levels, in the order of the counts.
    name : str
        The column.
    """

    real: NDArray[np.int64]
    synthetic: NDArray[np.int64]
    labels: tuple[str, ...]
    name: str = ""

    @property
    def n(self) -> int:
        """Rows of the real table."""
        return int(self.real.sum())

    @property
    def m(self) -> int:
        """Rows of the new table."""
        return int(self.synthetic.sum())

    @property
    def empty(self) -> str:
        """Why nothing can be compared, "" where something can."""
        return "" if self.n and self.m else f"no rows in the {'real' if not self.n else 'new'} table"


def level_counts_of(
    real: NDArray[np.int32], synthetic: NDArray[np.int32], *, labels: Sequence[object] | None = None, column: str = ""
) -> LevelCounts:
    """Count the levels of a discrete column.

    Parameters
    ----------
    real, synthetic : int32 arrays of shape (n,)
        Codes from 0 on, the same code for the same level in both tables; missing is a level of its own.
    labels : sequence, optional
        The levels that the codes stand for; their numbers by default.
    column : str
        Name of the column.

    Raises
    ------
    InputError
        For negative codes and codes without a label.
    """
    of = f"column {column!r}" if column else "the column"
    least = min(int(codes.min(initial=0)) for codes in (real, synthetic))
    if least < 0:
        raise InputError(f"{of} has the code {least}; codes start at 0, and missing is a level of its own")
    size = 1 + max(int(codes.max(initial=-1)) for codes in (real, synthetic))
    if labels is not None and len(labels) < size:
        raise InputError(f"{of} has the code {size - 1}, but only {len(labels)} labels")
    size = size if labels is None else len(labels)
    names = tuple(str(label) for label in (range(size) if labels is None else labels))
    return LevelCounts(np.bincount(real, minlength=size), np.bincount(synthetic, minlength=size), names, column)


def tvd(counts: LevelCounts, *, noise: Noise = "synthetic") -> list[Finding]:
    """Compare a discrete column by the total variation distance: the share of rows that carry the wrong label.

    Parameters
    ----------
    counts : LevelCounts
    noise : {"synthetic", "both"}
        Whose sampling noise floor and interval count.

    Returns
    -------
    list of Finding
        `tvd`, variant "excess" (less the floor ``1/2 sum sqrt(2 v p (1 - p) / pi)``, v = 1/m or 1/n + 1/m, which tables
        without a difference show on average) and "raw".

    Notes
    -----
    The interval is one for the distance between the laws: multinomial delta method, less the whole floor below and less
    the bias of a folded normal difference of the observed size above, as in
    :func:`synthmix.drift.marginal.wasserstein.w1`.
    """
    if counts.empty:
        return [absent("tvd", "marginal", "column", counts.empty, variant="excess", column=counts.name)]
    noise_p, noise_q = noise_factors(counts.n, counts.m, noise)
    p, q = counts.real / counts.n, counts.synthetic / counts.m
    distance = 0.5 * float(np.abs(q - p).sum())
    variance = p * (1.0 - p) * noise_p + q * (1.0 - q) * noise_q
    bias = 0.5 * float(folded_bias(q - p, np.sqrt(variance)).sum())
    sign = np.sign(q - p)
    se = 0.5 * float(np.sqrt(_sign_variance(p, sign) * noise_p + _sign_variance(q, sign) * noise_q))
    floor, spread = tvd_floor(p, noise_p + noise_q)
    low, high = gamma_band(floor, spread)
    shared: dict[str, Any] = {
        "metric": "tvd",
        "family": "marginal",
        "scope": "column",
        "column": counts.name,
        "se": se,
        "ci_low": max(0.0, distance - floor - Z95 * se),
        "ci_high": max(0.0, distance - bias + Z95 * se),
        "ci_method": "multinomial delta method around the folded bias, 95 %",
        "null_kind": null_of(noise),
        "n_real": counts.n,
        "n_synth": counts.m,
        "margin_certifiable": 0.6 * floor + Z95 * 0.5 * np.sqrt(noise_p + noise_q) + POWER80_ONE_SIDED * spread,
        "method": f"half the summed differences of {p.size} levels",
    }
    ends: dict[str, Any] = {"null_low": low - floor, "null_high": high - floor}
    excess = Finding(value=distance - floor, variant="excess", statistic=distance, null_center=0.0, **ends, **shared)
    raw = Finding(value=distance, variant="raw", null_center=floor, null_low=low, null_high=high, **shared)
    return [excess, raw]


def _sign_variance(p: NDArray[np.float64], sign: NDArray[np.float64]) -> float:
    """Return the variance of the sign of the level that a row has."""
    return max(0.0, float(p @ (sign * sign)) - float(p @ sign) ** 2)


def tvd_floor(p: NDArray[np.float64], noise: float) -> tuple[float, float]:
    """Return mean and standard deviation of the distance of two samples with level shares p, noise 1/m or 1/n + 1/m."""
    p = p[p > 0.0]
    deviation = np.sqrt(p * (1.0 - p) * noise)
    floor = 0.5 * ROOT_2_OVER_PI * float(deviation.sum())
    if p.size > _DENSE:  # among so many levels the counts are nearly independent
        return floor, 0.5 * float(np.sqrt((1.0 - 2.0 / np.pi) * float(deviation @ deviation)))
    odds = np.sqrt(p / np.maximum(1.0 - p, 1e-300))
    correlation = -np.outer(odds, odds)
    np.fill_diagonal(correlation, 1.0)
    return floor, 0.5 * spread_of_sum(deviation, correlation)


def lost_and_invented(counts: LevelCounts, *, noise: Noise = "synthetic") -> list[Finding]:
    """Count the levels that only one of two tables has.

    Parameters
    ----------
    counts : LevelCounts
    noise : {"synthetic", "both"}
        Whose sampling noise the null counts.

    Returns
    -------
    list of Finding
        `levels_lost`: real levels that the new table lacks; the note names them. With "synthetic" a level of r real
        rows is absent from an ideal resample of m rows with probability (1 - r/n)^m; with "both" the t rows that a
        level has in both tables are all in the real one with probability ``C(n, t) / C(n + m, t)``. The null is the
        Poisson-binomial law of those. The p-value is twice the smaller of two: as many lost levels, or more; and, since
        rare levels are lost easily, a lost level that is as unlikely as the least likely of those, or less.
        `levels_invented`: levels that the real table lacks; no resample has any, and with "both" the null is the same
        with the tables exchanged.
    """
    noise_factors(max(counts.n, 1), max(counts.m, 1), noise)
    if counts.empty:
        why, name = counts.empty, counts.name
        return [absent(metric, "marginal", "column", why, column=name) for metric in ("levels_lost", "levels_invented")]
    there = counts.real > 0
    chances = (1.0 - counts.real / counts.n) ** counts.m * there, np.zeros(there.size)
    if noise == "both":
        totals = counts.real + counts.synthetic
        chances = _all_in_one(totals, counts.n, counts.m), _all_in_one(totals, counts.m, counts.n)
    methods = ("(1 - r/n)^m for a level of r rows, Poisson-binomial", "levels without a real row")
    if noise == "both":
        methods = ("hypergeometric for each level, Poisson-binomial",) * 2
    only = np.flatnonzero(there & (counts.synthetic == 0)), np.flatnonzero(~there & (counts.synthetic > 0))
    rows = (counts.real, counts.synthetic)
    return [
        _only_in_one(counts, metric, only[k], rows[k], chances[k], method=methods[k], null_kind=null_of(noise))
        for k, metric in enumerate(("levels_lost", "levels_invented"))
    ]


def _only_in_one(
    counts: LevelCounts,
    metric: str,
    only: NDArray[np.intp],
    rows: NDArray[np.int64],
    chances: NDArray[np.float64],
    **what: Any,
) -> Finding:
    law = _poisson_binomial(chances)
    below = np.cumsum(law)
    return Finding(
        metric=metric,
        family="marginal",
        scope="column",
        column=counts.name,
        unit="levels",
        value=float(only.size),
        null_center=float(law @ np.arange(law.size)),
        null_low=float(np.searchsorted(below, 0.025)),
        null_high=float(np.searchsorted(below, 0.975)),
        p_value=_p_of_lost(only, chances, law) if chances.any() else NAN,
        n_real=counts.n,
        n_synth=counts.m,
        note=_listed(counts, only, rows, "real" if metric == "levels_lost" else "new"),
        **what,
    )


def _p_of_lost(only: NDArray[np.intp], chances: NDArray[np.float64], law: NDArray[np.float64]) -> float:
    if not only.size:
        return 1.0
    as_many = min(1.0, max(0.0, float(law[only.size :].sum())))
    least = chances[chances <= float(chances[only].min())]
    as_unlikely = float(-np.expm1(np.log1p(-least[least < 1.0]).sum()))
    return min(1.0, 2.0 * min(as_many, as_unlikely))


def _all_in_one(totals: NDArray[np.int64], n: int, m: int) -> NDArray[np.float64]:
    """Return the chance that all rows of a level are among the n of n + m rows."""
    from scipy.special import gammaln

    rest = np.maximum(n - totals, 0)
    chance = np.exp(gammaln(n + 1.0) - gammaln(rest + 1.0) + gammaln(n + m - totals + 1.0) - gammaln(n + m + 1.0))
    return np.asarray(np.where((totals > 0) & (totals <= n), chance, 0.0), np.float64)


def _poisson_binomial(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the law of the number of events, one after another; events that nearly never happen are left out."""
    law = np.ones(1)
    for chance in np.sort(chances[chances > 1e-12]):
        grown = np.zeros(law.size + 1)
        grown[:-1] = law * (1.0 - chance)
        grown[1:] += law * chance
        law = grown
    return np.concatenate([law, np.zeros(chances.size + 1 - law.size)])


def _listed(counts: LevelCounts, places: NDArray[np.intp], rows: NDArray[np.int64], where: str) -> str:
    if not places.size:
        return ""
    most = places[np.argsort(-rows[places], kind="stable")]
    shown = ", ".join(f"{counts.labels[place]!r} ({rows[place]} {where} rows)" for place in most[:_SHOWN])
    return shown + (f", and {most.size - _SHOWN} more" if most.size > _SHOWN else "")
