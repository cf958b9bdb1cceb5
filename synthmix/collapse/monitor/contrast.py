"""Chains as the units of a test: endpoint or slope of each, compared over chains on the raw scale."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.arguments import one_of
from synthmix.collapse.monitor.panel import SERIES, Floats, panels
from synthmix.errors import InputError

Kind = Literal["endpoint", "slope"]
FLIPS = 9_999
_AT_BOUND = ("ancestors", "levels", "nearest", "rare_survival", "var_ratio_range")
_EXACT = 12  # units up to which all sign patterns are enumerated
_SAME = 1e-12  # spread over size below which chains count as the same


class Contrast(NamedTuple):
    """The mean of independent differences, tested against 0.

    Attributes
    ----------
    estimate, se, low, high : float
        Mean, standard error and t interval.
    t, p_t : float
        Student's t and its two-sided p-value.
    p_flip : float
        Two-sided sign-flip p-value: exact up to 12 units, else (b + 1)/(B + 1) with B = 9,999 flips.
    units : int
    """

    estimate: float
    se: float
    low: float
    high: float
    t: float
    p_t: float
    p_flip: float
    units: int


def contrast(differences: Floats, level: float = 0.95) -> Contrast:
    """Test the mean of independent differences against 0.

    Parameters
    ----------
    differences : array of float64, shape (R,)
        One a unit: a chain's own change, or its difference between two regimes.
    level : float
        Of the interval.

    Returns
    -------
    Contrast
        NaN where fewer than two units, or one that is not finite, leave nothing to test. Units that are all the same
        have no spread: p is 1 for differences of 0, and 0 (flip: its least value) for others.

    Notes
    -----
    Approximate. For the share of a region on driftless chains the size of the two-sided test at .05 is .05 to .07 for
    shares of .05 and more, from 10 chains; increments are skewed, so one tail rejects more (lower .07, upper .04), and
    a share of .01 reaches .06 to .10, the most with 5 chains. That is skewness: normal chains have the size .05 with 5
    as with 20. Sign flips assume symmetry as well and do no better, and five chains have no p below 1/16. Never on the
    logarithm: the log of a martingale drifts down by itself, and a test of it rejects the more surely the more chains
    there are.
    """
    from scipy.special import stdtr, stdtrit  # of scipy.stats, without its checks of every call

    x = np.asarray(differences, np.float64)
    n = x.size
    nan = float("nan")
    if n < 2 or not np.isfinite(x).all():
        return Contrast(float(x[0]) if n == 1 else nan, nan, nan, nan, nan, nan, nan, n)
    mean, spread = float(x.mean()), float(x.std(ddof=1))
    if spread <= _SAME * float(np.abs(x).max()) or spread == 0.0:
        nothing = mean == 0.0
        return Contrast(mean, 0.0, mean, mean, 0.0 if nothing else np.copysign(np.inf, mean), float(nothing),
                        sign_flip(x), n)  # fmt: skip
    se = spread / np.sqrt(n)
    reach = float(stdtrit(n - 1, 0.5 + level / 2.0)) * se
    t = mean / se
    p = 2.0 * float(stdtr(n - 1, -abs(t)))
    return Contrast(mean, float(se), mean - reach, mean + reach, float(t), p, sign_flip(x), n)


def sign_flip(differences: Floats) -> float:
    """Return the two-sided p-value of the sum under random signs; valid when the differences are symmetric about 0."""
    x = np.asarray(differences, np.float64)
    size = float(np.abs(x).max(initial=0.0))
    if size == 0.0:
        return 1.0
    x = np.sort(x / size)
    sums = np.abs(_signs(x.size) @ x)
    at_least = int((sums >= abs(float(x.sum())) - 1e-9).sum())
    return at_least / sums.size if x.size <= _EXACT else (at_least + 1) / (sums.size + 1)


@lru_cache(maxsize=8)
def _signs(n: int) -> NDArray[np.float64]:
    if n <= _EXACT:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    else:
        bits = np.random.Generator(np.random.Philox(key=n)).integers(0, 2, (FLIPS, n))
    return np.asarray(2.0 * bits - 1.0, np.float64)


def summary(values: Floats, kind: Kind = "endpoint") -> Floats:
    """Return one number a chain: last minus first, or the least-squares slope a generation.

    Parameters
    ----------
    values : array of float64, shape (chains, generations + 1)
    kind : {"endpoint", "slope"}
    """
    if kind == "endpoint":
        return np.asarray(values[:, -1] - values[:, 0], np.float64)
    g = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2.0
    seen = ~np.isnan(values)
    if not seen.all():
        raise InputError("a slope needs every generation of a chain; use kind='endpoint'")
    return np.asarray(values @ g / float(g @ g), np.float64)


def changes(trajectories: pd.DataFrame, kind: Kind = "endpoint") -> pd.DataFrame:
    """Test, for every series of a study, whether its chains change on average from the real table on.

    Parameters
    ----------
    trajectories : pandas.DataFrame
    kind : {"endpoint", "slope"}
        What is taken of each chain. Generations inside a chain are integrated noise: no test may take them as units, so
        there is none of trend (Mann-Kendall, Page) here.

    Returns
    -------
    pandas.DataFrame
        The words of the series, generation (the last), estimate, se, low, high, t, p_t, p_flip, units, note. For a
        fixed number of generations and chains; for looks in between see :func:`alarms`. There is no t and no p where
        the real table stands at the bound of a metric by its definition (no changed association, all levels alive, its
        own nearest rows): any other table differs from it in one direction, and a test would find nothing else.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    OptionError
        For an unknown kind.
    """
    one_of("kind", kind, ("endpoint", "slope"))
    rows = []
    for panel in panels(trajectories):
        whole = panel.whole()
        if not panel.last or not np.isfinite(whole.numbers).all() or not len(whole.numbers):
            continue
        found = contrast(whole.units(summary(whole.numbers, kind)))
        note = panel.note()
        if _starts_at_bound(panel.key):
            found = found._replace(t=np.nan, p_t=np.nan, p_flip=np.nan)
            note = f"starts at its bound, not tested; {note}"
        rows.append({**panel.key, "generation": panel.last, **found._asdict(), "note": note})
    return pd.DataFrame(rows, columns=[*SERIES, "generation", *Contrast._fields, "note"])


def _starts_at_bound(key: dict[str, Any]) -> bool:
    """Return whether the real table has the least or largest value of a metric because it is the real table."""
    largest_change = key["metric"] == "association" and str(key["variant"]).startswith("max_")
    return key["metric"] in _AT_BOUND or largest_change
